"""What the titles of release notes tell: of which kind the items below them are."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

Section: TypeAlias = Literal[
    "removed", "deprecated", "incompatible", "added", "fixed", "skipped", "neutral", "title"
]

# Ordered: the first that matches a title counts.
_TITLES: tuple[tuple[Section, str], ...] = (
    (
        "skipped",
        r"\b(contribut|authors?\b|pull requests?|issues? closed|issues closed|acknowledg|"
        r"code and documentation|thanks|credits|people|merged|backport|documentation|docs\b|"
        r"maintenance|testing|installation|development|internal|packag|checksums?|md5|sha256|"
        r"download|install|c.?api|build|wheels?|governance|talks|website|ci\b|sponsor|dependenc)",
    ),
    ("removed", r"\b(expired?|removals?|removed|remove|dropped|expiration)\b"),
    ("removed", r"prior (version )?deprecations"),
    ("deprecated", r"\bdeprecat|\bfuture (changes|warnings?)"),
    (
        "incompatible",
        r"\b(incompatib|breaking|backwards?|compatibility|api changes?|api\b|changes to|"
        r"changed models|behaviou?r|changes?$|notable|migrat|upgrad)",
    ),
    ("fixed", r"\b(bug|fixe?s|fixed|regression|performance|efficien|speed)"),
    (
        "added",
        r"\b(new|features?|enhancements?|improve|additions?|added|highlights?|what'?s new)\b",
    ),
)
_CATEGORY_WORDS = 7
"""A longer title is a sentence about a change, not the name of a group."""


def section_of(title: str) -> Section:
    """Classify a title; ``title`` means that it is an item's own headline."""
    plain = re.sub(r"[`*|]", "", title).strip().lower()
    if (
        re.fullmatch(r"(version |release |v)?[\w .-]*\d+\.\d+[\w. ()/,:-]*", plain)
        and len(plain) < 60
    ):
        return "neutral"
    if "`" in title and not re.fullmatch(r"`[\w.]+`( \w+)?", title.strip()):
        return "title"
    words = plain.split()
    if len(words) > _CATEGORY_WORDS:
        return "title"
    for section, pattern in _TITLES:
        if re.search(pattern, plain):
            sentence = re.search(r"\b(is|are|was|were|has|have|now|no longer|can)\b", plain)
            return "title" if sentence and len(words) > 3 else section
    return "neutral" if len(words) <= 3 else "title"
