"""Names of a sentence in groups, and what each group is to it: old, new, or an owner."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from recode_data.api.references import Reference
from recode_data.notes.extract import words

Relation: TypeAlias = Literal["old", "new", "owner", "weak", "aside"]

OF_SUPPORT = re.compile(r"\s+(?:has|have) (?:deprecated|removed|dropped) (?:the )?support\b", re.I)
"""After a name: something about it ends."""


@dataclass
class Group:
    """Names that stand together (``A``, ``B`` and ``C``) and what they are to the sentence."""

    references: list[Reference]
    relation: Relation
    keyword: bool
    value: bool
    start: int
    end: int
    owners: list[Reference] = field(default_factory=list)
    weak: bool = False
    """Would it own nothing, unless a name stands just before it?"""


def groups_of(sentence: str, names: list[list[Reference]]) -> list[Group]:
    """Find the groups of names in a marked sentence and relate each to it."""
    found: list[Group] = []
    for match in words.GROUP.finditer(sentence):
        for start, end in _pieces(sentence, match.start(), match.end(), names):
            group = _group(sentence, start, end, names, found)
            found.append(group)
            if _owns_next(sentence, group, end, match.end(), names):
                group.relation = "owner"
    return _with_owners(sentence, found)


def _group(
    sentence: str, start: int, end: int, names: list[list[Reference]], before: list[Group]
) -> Group:
    text, left, right = sentence[start:end], sentence[:start], sentence[end:]
    filler = words.FILLED.search(left)
    fillers = filler[1] if filler else ""
    bare_left = left[: len(left) - len(fillers)]
    after = words.NOUN_AFTER.match(right)
    nouns = f"{fillers} {after[1] if after else ''} {text}"
    references = _references(text, names)
    relation = _relation(bare_left, right, before)
    gap = sentence[before[-1].end : start] if before else ""
    if (gap and words.BECOMES.fullmatch(gap) and words.BECOMING.search(left)) or (
        gap and words.RENAMED_AS.fullmatch(gap) and before[-1].relation == "old"
    ):
        relation = "new"
    elif re.fullmatch(r"\s+and\s+", gap) and before[-1].relation == "new":
        relation = "old"  # `a` to `b` and `c` to `d`
    keyword = bool(words.KEYWORDS.search(nouns)) or any(m.kind == "keyword" for m in references)
    group = Group(references, relation, keyword, bool(words.VALUES.search(nouns)), start, end)
    if relation == "owner" and not re.search(rf"\b{words.NOUN}\s+\w+\s*$", bare_left, re.I):
        group.weak = True
    return group


def _references(text: str, names: list[list[Reference]]) -> list[Reference]:
    return [m for n in re.findall(r"⟦(\d+)⟧", text) for m in names[int(n)]]


def _pieces(
    sentence: str, start: int, end: int, names: list[list[Reference]]
) -> list[tuple[int, int]]:
    """Cut a run of names where what stands between them tells that two groups meet."""
    marks = [(m.start(), m.end()) for m in re.finditer(words.C, sentence[start:end])]
    marks = [(start + a, start + b) for a, b in marks]
    tail = words.NOUN_AFTER.match(sentence[end:])
    cuts = []
    for (_, left), (right, _) in itertools.pairwise(marks):
        between = sentence[left:right]
        own = re.match(rf"\s+{words.NOUN}\b", between, re.I)
        if own and tail and _is_keyword(own[0]) != _is_keyword(tail[1]):
            cuts.append(right)  # "the `a` parameter and `b` attribute"
        elif words.ENDS_HERE.search(between) and words.ADDED.search(sentence[:start]):
            cuts.append(right)  # "added `a` and deprecated `b`"
        elif _classes_end(sentence[start:left], sentence[right:end], between, tail, names) or (
            re.fullmatch(r"\s*,\s+(?:the|its|their)\s+(?:\w+\s+)?", between)
            and words.CONCERNING.search(sentence[:start])
        ):
            cuts.append(right)  # "for `A` and `B`, the `a` attributes"
    if len(marks) > 1 and not cuts and _from_and_from(sentence, start, marks, end):
        cuts.append(marks[-1][0])  # "`x` from `f`, and `y` from `g`"
    if len(marks) > 1 and not cuts and words.AND_NEXT.match(sentence[end:]):
        cuts += [marks[-1][0]] if words.LEFT["new"].search(sentence[:start]) else []
    starts = [start, *cuts]
    ends = [max(b for _, b in marks if b <= cut) for cut in cuts] + [end]
    return list(zip(starts, ends, strict=True))


def _from_and_from(sentence: str, start: int, marks: list[tuple[int, int]], end: int) -> bool:
    """Does the last name begin another pair with the same preposition?"""
    left = re.search(r"\b(from|of|in|to)\s*$", sentence[:start])
    between = sentence[marks[-2][1] : marks[-1][0]]
    right = re.match(r"\s+(from|of|in|to)\s", sentence[end:])
    return bool(left and right and left[1] == right[1] and re.search(r"\band\b", between))


def _is_keyword(noun: str) -> bool:
    return bool(words.KEYWORDS.search(noun))


def _classes_end(
    left: str, right: str, between: str, tail: re.Match[str] | None, names: list[list[Reference]]
) -> bool:
    """Do the names of classes end here and the names of what they have begin?"""
    nouns = f"{between} {tail[1] if tail else ''}"
    if not words.MEMBERS.search(nouns):
        return False
    before, after = _references(left, names), _references(right, names)
    return all(m.leaf[:1].isupper() for m in before) and not any(
        m.leaf[:1].isupper() or "." in m.path for m in after
    )


def _owns_next(
    sentence: str, group: Group, end: int, last: int, names: list[list[Reference]]
) -> bool:
    """Is it a class, or several, that the next piece of its run belongs to?"""
    following = _references(sentence[end:last], names)
    if not following or group.relation == "new":
        return False
    classes = all(m.leaf[:1].isupper() for m in group.references)
    concerned = bool(words.CONCERNING.search(sentence[: group.start]))
    return (classes or concerned) and not any(m.leaf[:1].isupper() for m in following)


def _with_owners(sentence: str, groups: list[Group]) -> list[Group]:
    """Give the names that own others to the groups that they belong to."""
    found: list[Group] = []
    for group in groups:
        if found and group.relation in ("old", "owner"):
            gap = sentence[found[-1].end : group.start]
            # "`DataFrame` methods `append` and `lookup`", "`read_csv` has dropped the `x` keyword"
            if found[-1].relation == "old" and (
                words.OWNS.fullmatch(gap) or words.LOSES.fullmatch(gap)
            ):
                found[-1].relation = "owner"
                group.relation = "old"
                group.owners += found[-1].references
            elif found[-1].relation == "owner" and re.fullmatch(
                r"(?:\s+\w+)?\s*,\s*(?:(?:the|its|their)\s+)?(?:\w+\s+)?|\s+", gap
            ):
                group.relation = "old"
                group.owners += found[-1].references
        if group.relation == "owner":
            head = found[-1] if found and _near(sentence, found[-1], group.start) else None
            if head is not None:
                head.owners += group.references
            elif group.weak:
                group.relation = "weak"
        found.append(group)
    return found


def _near(sentence: str, head: Group, start: int) -> bool:
    """Does only a noun and a preposition stand between the head and the name it belongs to?"""
    between = sentence[head.end : start]
    return not re.search(r"[.;:]|\b(?:use|instead|which|that|when|if)\b", between, re.I) and (
        len(between.split()) <= 9
    )


def _relation(left: str, right: str, before: list[Group]) -> Relation:
    if words.LEFT["old"].search(left) or words.CALLING.fullmatch(left):
        return "old"
    owns = bool(words.LEFT["of"].search(left) or OF_SUPPORT.match(right))
    if words.LEFT["new"].search(left) or (words.NEW_AFTER.match(right) and not owns):
        return "new"
    if owns:
        return "owner"
    if words.LEFT["aside"].search(left) and not words.WHILE_GONE.fullmatch(left[-7:] + right[:60]):
        return "aside"
    if words.THEN_ENDS.match(right) and re.search(rf"{words.ADDED.pattern}\s*$", left, re.I):
        return "aside"
    if words.LEFT["among"].search(left) and before and before[-1].relation == "new":
        return "new"
    return "old"
