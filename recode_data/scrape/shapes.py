"""Shapes of sentences that name an old thing or a new one elsewhere than in their subject."""

from __future__ import annotations

import re
from dataclasses import replace

from recode_data.scrape import words
from recode_data.scrape.claim import Claim, Verb
from recode_data.scrape.groups import Group
from recode_data.scrape.names import Mention


def said_before(sentence: str, groups: list[Group], named: list[Group]) -> list[Group]:
    """ "Added `B`. `A` is deprecated in favor of this": what is new is of the sentence before."""
    match = words.BY_THAT.search(sentence)
    if any(group.relation == "new" for group in groups):
        return []
    if words.CONSEQUENCE.match(sentence):
        return [group for group in named if group.relation == "new"]
    if match is None:
        return []
    told = [group for group in named if group not in groups and not group.value]
    several = [group for group in told if len(group.mentions) > 1]
    chosen = several if match["many"] else told
    return [replace(chosen[0], relation="new", start=match.start(), owners=[])] if chosen else []


def added_for(sentence: str, olds: list[Group], groups: list[Group]) -> list[Group]:
    """ "Introduced `B`, which is the merger of `A` and `C`", "added `new_a` and deprecated `a`":
    what comes takes the place of what goes, where the sentence or its name tells."""
    coming = [group for group in groups if words.ADDS.search(sentence[: group.start])]
    if not coming or len(coming) == len([*olds, *(g for g in coming if g not in olds)]):
        return []
    if re.search(r"\b(?:merger of|replac|supersed|instead of)", sentence):
        return coming
    gone = [m for group in olds if group not in coming for m in group.mentions]
    alike = [m for g in coming for m in g.mentions if any(_alike(m.leaf, old.leaf) for old in gone)]
    return [replace(coming[0], relation="new", mentions=alike)] if alike else []


def _alike(new: str, old: str) -> bool:
    """Is one the other with a word more, or one word changed?"""
    first, second = set(new.lower().split("_")), set(old.lower().split("_"))
    return new != old and len(first & second) * 2 > min(len(first), len(second))


def the_same(claims: list[Claim], groups: list[Group]) -> list[Claim]:
    """ "Same for `B`, `C`": what was said last, of other names or of other callables."""
    others = [m for group in groups for m in group.mentions if m.path]
    if not claims or not others:
        return []
    last = claims[-1]
    if last.is_keyword:
        return [replace(last, owners=tuple(others))]
    return [replace(last, old=mention, new=None) for mention in others]


def made_up_calls(verb: Verb, sentence: str, groups: list[Group]) -> list[Claim]:
    """ "Calling `a` and `b` with `f(x, y=out)` is deprecated": a keyword of ``a`` and ``b``."""
    calls = [(group, m) for group in groups for m in group.mentions if _is_made_up(m)]
    owners = tuple(m for group in groups for m in group.mentions if not _is_made_up(m) and m.path)
    if not calls or not owners:
        return []
    old = calls[0][1]
    new = next((m for _, m in calls[1:] if m.keyword != old.keyword), None)
    return [Claim(verb, _keyword(old), True, False, owners, new and _keyword(new), text=sentence)]


def _is_made_up(mention: Mention) -> bool:
    """Is it a call of some function that stands for others: ``f(x, y=out)``?"""
    return mention.kind == "call" and bool(mention.keyword) and mention.path in ("f", "func", "fn")


def _keyword(mention: Mention) -> Mention:
    return replace(mention, kind="keyword", path="")


def title_words(verb: Verb, sentence: str, names: list[list[Mention]]) -> list[Claim]:
    """ "Remove deprecated maxcardinality parameter from f": plain words, for the library to
    confirm."""
    match = words.OF_KEYWORD.search(sentence)
    if match is None:
        return []
    number = re.fullmatch(r"⟦(\d+)⟧", match["owner"])
    plain = Mention("symbol", match["owner"], match["owner"])
    owners = names[int(number[1])] if number else [plain]
    keyword = Mention("symbol", match["name"], match["name"])
    return [Claim(verb, keyword, True, False, tuple(owners), strong=False, text=sentence)]
