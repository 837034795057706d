"""Shapes of sentences that name an old thing or a new one elsewhere than in their subject."""

from __future__ import annotations

import re
from dataclasses import replace

from recode_data.api.references import Reference
from recode_data.notes.extract import words
from recode_data.notes.extract.candidate import Claim, Verb
from recode_data.notes.extract.groups import Group

CONSEQUENCE = re.compile(
    r"^\W*(?:as a (?:consequence|result)|therefore|consequently|thus|hence)\b", re.I
)
OR_ALSO = re.compile(rf"({words.C}) \((?:or|also) ({words.C})\)")
"""Another spelling of a name, beside it: `linestyle` (or `ls`)."""
FOR_OLD = re.compile(rf"({words.C}) (?:instead of|rather than|in place of) (?:the )?({words.C})")
ARROW = re.compile(rf":\s*({words.C})\s*(?:->|→|=>|⇒)\s*({words.C})\W*$")
"""What becomes what, after the names of those that it concerns."""


def said_before(sentence: str, groups: list[Group], named: list[Group]) -> list[Group]:
    """ "Added `B`. `A` is deprecated in favor of this": what is new is of the sentence before."""
    match = words.BY_THAT.search(sentence)
    if any(group.relation == "new" for group in groups):
        return []
    if CONSEQUENCE.match(sentence):
        return [group for group in named if group.relation == "new"]
    if match is None:
        return []
    told = [group for group in named if group not in groups and not group.value]
    several = [group for group in told if len(group.references) > 1]
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
    gone = [m for group in olds if group not in coming for m in group.references]
    alike = [
        m for g in coming for m in g.references if any(_alike(m.leaf, old.leaf) for old in gone)
    ]
    return [replace(coming[0], relation="new", references=alike)] if alike else []


def with_plain_keywords(claims: list[Claim], keywords: list[Claim]) -> list[Claim]:
    """Add what a title's plain words claim; whose keyword it is does not end itself."""
    owners = {owner.path for claim in keywords for owner in claim.owners}
    kept = [
        claim for claim in claims if claim.strong or not claim.old or claim.old.path not in owners
    ]
    return [*kept, *keywords]


def _alike(new: str, old: str) -> bool:
    """Is one the other with a word more, or one word changed?"""
    first, second = set(new.lower().split("_")), set(old.lower().split("_"))
    return new != old and len(first & second) * 2 > min(len(first), len(second))


def the_same(claims: list[Claim], groups: list[Group]) -> list[Claim]:
    """ "Same for `B`, `C`": what was said last, of other names or of other callables."""
    others = [m for group in groups for m in group.references if m.path]
    if not claims or not others:
        return []
    last = claims[-1]
    if last.is_keyword:
        return [replace(last, owners=tuple(others))]
    return [replace(last, old=reference, new=None) for reference in others]


def made_up_calls(verb: Verb, sentence: str, groups: list[Group]) -> list[Claim]:
    """ "Calling `a` and `b` with `f(x, y=out)` is deprecated": a keyword of ``a`` and ``b``."""
    calls = [(group, m) for group in groups for m in group.references if _is_made_up(m)]
    owners = tuple(m for group in groups for m in group.references if not _is_made_up(m) and m.path)
    if not calls or not owners:
        return []
    old = calls[0][1]
    new = next((m for _, m in calls[1:] if m.keyword != old.keyword), None)
    return [Claim(verb, _keyword(old), True, False, owners, new and _keyword(new), text=sentence)]


def _is_made_up(reference: Reference) -> bool:
    """Is it a call of some function that stands for others: ``f(x, y=out)``?"""
    return (
        reference.kind == "call"
        and bool(reference.keyword)
        and reference.path in ("f", "func", "fn")
    )


def _keyword(reference: Reference) -> Reference:
    return replace(reference, kind="keyword", path="")


def title_words(verb: Verb, sentence: str, names: list[list[Reference]]) -> list[Claim]:
    """ "Remove deprecated maxcardinality parameter from f": plain words, for the library to
    confirm."""
    match = words.OF_KEYWORD.search(sentence)
    if match is None:
        return []
    number = re.fullmatch(r"⟦(\d+)⟧", match["owner"])
    plain = Reference("symbol", match["owner"], match["owner"])
    owners = names[int(number[1])] if number else [plain]
    keyword = Reference("symbol", match["name"], match["name"])
    return [Claim(verb, keyword, True, False, tuple(owners), strong=False, text=sentence)]


def lone_word(verb: Verb, sentence: str) -> list[Claim]:
    """``Remove deprecated function gpickle``: a weak claim, for the library to confirm."""
    match = words.AFTER_VERB.match(sentence)
    if match is None:
        return []
    return [
        Claim(verb, Reference("symbol", match[1], match[1].strip(".")), strong=False, text=sentence)
    ]


def arrow_at_end(sentence: str, names: list[list[Reference]]) -> list[Claim]:
    """ "Simulation (`A.plot`, `B.draw`): `seed` -> `rng`": a keyword of those before it."""
    match = ARROW.search(sentence)
    if match is None:
        return []
    old, new = (names[int(each[1:-1])][0] for each in match.groups())
    before = [int(number) for number in re.findall(r"⟦(\d+)⟧", sentence[: match.start()])]
    owners = tuple(m for number in before for m in names[number] if m.path and m != old)
    if not owners or not old.path.isidentifier():
        return []
    return [Claim("renamed", old, True, False, owners, new, strong=False, text=sentence)]


def in_pairs(sentence: str, names: list[list[Reference]], claims: list[Claim]) -> list[Claim]:
    """ "Use `b` instead of `a` and `d` instead of `c`": each has its own; nothing where fewer
    than two pairs stand there, or nothing was claimed of them."""
    pairs = {
        names[int(old[1:-1])][0].path: names[int(new[1:-1])][0]
        for new, old in FOR_OLD.findall(sentence)
    }
    if len(pairs) < 2 or not any(claim.old and claim.old.path in pairs for claim in claims):
        return []
    return [
        replace(claim, new=pairs[claim.old.path])
        if claim.old and claim.new is None and claim.old.path in pairs
        else claim
        for claim in claims
    ]
