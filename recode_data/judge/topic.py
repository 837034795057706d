"""What a note speaks of, for rows that name no symbol.

Many rows of foreign data sets are about a rule, not a name ("creating an array from
ragged sequences is deprecated"). A message is about the same if it shares enough of the
note's telling words; words that every such note has do not count.
"""

from __future__ import annotations

import re

ENOUGH = 3
"""Telling words that a message has to share with a note, or two that are half of them."""

_COMMON = frozenset(
    """
    about added after alias all also and any are argument arguments array arrays based been
    before being but call called can change changed class code deprecated deprecation does
    error exception false for from function functions future has have import instead into its
    longer make may method methods module more must name named new not now numpy object old
    only option other pandas parameter parameters passing previous previously python raise
    raised raises release removed replaced return returned returns scipy set should silently
    some support supported than that the their then there these they this true type types use
    used user users using value values version versions was were when which will with without
    would you your matplotlib sklearn seaborn scrapy torch jax frame series dataframe data
    """.split()  # noqa: SIM905
)
_WORD = re.compile(r"[a-z_]{3,}")


def topic_of(text: str) -> frozenset[str]:
    """Return the telling words of ``text``, cut to their stems.

    >>> sorted(topic_of("Creating arrays from ragged sequences is deprecated."))
    ['creat', 'ragg', 'sequen']
    """
    words = (word for word in _WORD.findall(text.lower()) if word not in _COMMON)
    return frozenset(_stem(word) for word in words)


def same_topic(topic: frozenset[str], message: str) -> bool:
    """Return whether ``message`` speaks of ``topic``."""
    shared = len(topic & topic_of(message))
    return shared >= ENOUGH or (shared == 2 and len(topic) <= 4)


def _stem(word: str) -> str:
    for ending in ("ing", "ed", "es", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            word = word[: -len(ending)]
            break
    return word[:6]
