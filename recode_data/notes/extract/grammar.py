"""Sentences to claims: which names a note says are old, which new, and what became of them.

Nothing here knows a library. A claim holds names as they are written, with the names that
own them; `recode_data.api.written` makes import paths of them.
"""

from __future__ import annotations

import re
from dataclasses import replace

from recode_data.api.references import Reference, mark, read_code
from recode_data.notes.extract import words
from recode_data.notes.extract.candidate import Claim, Verb
from recode_data.notes.extract.groups import Group, groups_of
from recode_data.notes.extract.shapes import (
    OR_ALSO,
    added_for,
    arrow_at_end,
    in_pairs,
    lone_word,
    made_up_calls,
    said_before,
    the_same,
    title_words,
    with_plain_keywords,
)
from recode_data.notes.markup.items import LONGEST_ITEM, Item


def verb_of(sentence: str) -> Verb:
    """Tell what the sentence says happened; a removal yet to come is a deprecation."""
    if words.NOT_DEPRECATED.search(sentence):
        return ""
    present = words.FUTURE.sub(" ", sentence)
    ends = {match[0].lower() for match in words.REMOVED.finditer(present)}
    if ends and not (words.DEPRECATED.search(sentence) and all("priva" in end for end in ends)):
        return "removed"
    if words.DEPRECATED.search(sentence) or words.FUTURE.search(sentence):
        return "positional" if words.BY_POSITION.search(sentence) else "deprecated"
    if words.RENAMED.search(sentence):
        return "renamed"
    if words.MOVED.search(sentence):
        return "moved"
    if words.REPLACED.search(sentence):
        return "replaced"
    if words.POSITIONAL.search(sentence):
        return "positional"
    return "default" if words.DEFAULT.search(sentence) else ""


def read_item(item: Item) -> list[Claim]:
    """Return what an item claims, in the order of its text; nothing when it claims nothing."""
    if item.cells:
        return _row(item)
    claims: list[Claim] = []
    lead_verb, lead_groups = _lead(item.lead)
    last_verb: Verb = ""
    last_groups: list[Group] = []
    named: list[Group] = []
    for number, part in enumerate(item.parts):
        marked, names = mark(words.TOPIC.sub("", part[:LONGEST_ITEM]))
        marked = OR_ALSO.sub(r"\1 or \2", marked)
        for sentence in words.sentences(marked):
            becoming = arrow_at_end(sentence, names)
            if becoming:
                claims += becoming
                continue
            own = verb_of(sentence)
            groups = groups_of(sentence, names)
            verb = own
            listed = sentence if lead_verb else re.split(r" - (?=[A-Z])", sentence)[0]
            stays = words.NOT_DEPRECATED.search(sentence)
            if not own and not stays and number == 0 and not claims and _bare(listed):
                verb = lead_verb or _section_verb(item)
                groups = _under_lead(groups, lead_groups, item.lead if lead_verb else "")
            elif own and words.PRONOUN.search(sentence):
                groups = _with_subject(sentence, groups, named)
            if own:
                groups = groups + said_before(sentence, groups, named)
            if words.SAME.match(sentence):
                claims += the_same(claims, groups)
                continue
            named = groups or named
            context = lead_groups if not own else []
            if not verb and last_verb and words.CARRIES_ON.match(sentence):
                verb, context = last_verb, last_groups
            last_verb, last_groups = (own, groups) if own else ("", [])
            if verb and not (own == "default" and claims):
                made = made_up_calls(verb, sentence, groups)
                made = made or _claims(verb, sentence, groups, context)
                made = made or lone_word(verb, sentence)
                made = with_plain_keywords(made, title_words(verb, sentence, names))
                claims += made or []
                if made:
                    continue
            claims = in_pairs(sentence, names, claims) or _attach(claims, groups)
    return claims


def _with_subject(sentence: str, groups: list[Group], named: list[Group]) -> list[Group]:
    """ "…, and this property is deprecated in `A`": the subject is of the sentence before."""
    if any(group.relation == "old" for group in groups):
        return groups
    olds = [group for group in named if group.relation == "old"]
    keyword = bool(words.KEYWORDS.search(sentence))
    subject = next((g for g in olds if g.keyword or not keyword), olds[0] if olds else None)
    if subject is None:
        return groups
    owners = [m for g in groups if g.relation in ("owner", "weak") for m in g.references]
    kept = [group for group in groups if group.relation not in ("owner", "weak")]
    return [replace(subject, owners=owners or subject.owners), *kept]


def _under_lead(groups: list[Group], lead_groups: list[Group], lead: str) -> list[Group]:
    """Below "the `x` parameter was removed from these functions:" stand the functions, below
    "the following arguments were removed:" the arguments."""
    keywords = [g for g in lead_groups if g.keyword and g.relation == "old"]
    olds = [group for group in groups if group.relation == "old"]
    if keywords and olds and not any(group.keyword for group in olds):
        owners = [m for group in olds for m in group.references]
        rest = [group for group in groups if group.relation == "new"]
        return [*(replace(g, owners=owners) for g in keywords), *rest]
    if not lead_groups and words.KEYWORDS.search(lead) and not words.SYMBOLS.search(lead):
        return [replace(g, keyword=g.keyword or g.relation == "old") for g in groups]
    if not any(group.relation == "new" for group in groups):
        return groups + [group for group in lead_groups if group.relation == "new"]
    return groups


def _lead(lead: str) -> tuple[Verb, list[Group]]:
    marked, names = mark(lead[:LONGEST_ITEM])
    for sentence in reversed(words.sentences(marked)):
        verb = verb_of(sentence)
        if verb:
            return verb, groups_of(sentence, names)
    return "", []


def _section_verb(item: Item) -> Verb:
    return item.section if item.section in ("removed", "deprecated") else ""


def _bare(sentence: str) -> bool:
    """Is this an entry of a list of names, with hardly a word of its own?"""
    bare = re.sub(r"\([^()]*\)", " ", sentence)
    head = re.split(r"[,;:.]| use | in favou?r | instead", bare)[0]
    rest = re.sub(
        rf"{words.C}|\b(?:{words.NOUN}|{words.DETERMINER}|and|or|of|in|from|to)\b", " ", head
    )
    return len(re.findall(r"\w+", rest)) <= 2 and "⟦" in head[:60]


def _claims(verb: Verb, sentence: str, groups: list[Group], lead: list[Group]) -> list[Claim]:
    olds = [group for group in groups if group.relation == "old"]
    news = [group for group in groups if group.relation == "new"]
    aside = bool(words.GERUND.match(sentence))
    support = bool(words.SUPPORT.match(sentence))
    keyword = bool(words.SUBJECT_KEYWORDS.match(sentence))
    news = news or added_for(sentence, olds, groups)
    olds = [group for group in olds if group not in news]
    if not olds:
        olds = [group for group in groups if group.relation in ("owner", "weak")]
        aside = True
    context = [m for group in lead for m in group.references if group.relation != "new"]
    claims: list[Claim] = []
    for group in olds:
        near = _news_for(group, olds, news)
        for position, reference in enumerate(group.references):
            if reference.kind == "value" and not group.keyword and not group.value:
                continue
            claims.append(
                Claim(
                    verb,
                    reference,
                    group.keyword or keyword or reference.kind == "keyword",
                    group.value or reference.kind == "value",
                    tuple([*group.owners, *_others(groups, group)] or context),
                    _partner(near, position, group.references),
                    not aside or (support and reference.kind == "keyword"),
                    sentence,
                )
            )
    return claims


def _others(groups: list[Group], group: Group) -> list[Reference]:
    """The other names of the sentence, any of which may own a keyword."""
    kept = [g for g in groups if g is not group and g.relation != "new" and not g.keyword]
    return [m for g in kept for m in g.references if m.kind in ("symbol", "call")]


def _news_for(group: Group, olds: list[Group], news: list[Group]) -> Group | None:
    """The group of new names that belongs to a group of old ones: the next one after it,
    unless another old group stands between and has it, or else the only one there is."""
    after = [new for new in news if new.start > group.start]
    if after:
        between = [old for old in olds if group.start < old.start < after[0].start]
        if not between or between[0].keyword != group.keyword or len(after) < 2:
            return after[0]
        return after[0]
    return news[-1] if news else None


def _partner(group: Group | None, position: int, olds: list[Reference]) -> Reference | None:
    """The new name for the old one at ``position``: the one of the same class where the
    numbers differ, else the first."""
    if group is None or not group.references:
        return None
    if len(group.references) == len(olds):
        return group.references[position]
    parent = olds[position].path.rpartition(".")[0]
    same = [m for m in group.references if parent and m.path.rpartition(".")[0] == parent]
    return (same or group.references)[0]


def _attach(claims: list[Claim], groups: list[Group]) -> list[Claim]:
    """Give the replacement that a later sentence names to the claims that have none."""
    news = next((group for group in groups if group.relation == "new"), None)
    if news is None or not claims or claims[-1].new is not None:
        return claims
    waiting = [i for i, claim in enumerate(claims) if claim.new is None]
    before = [g for g in groups if g.relation == "old" and g.start < news.start]
    named = [m for g in before for m in g.references if m.path]
    olds = [claims[i].old or news.references[0] for i in waiting]
    for position, i in enumerate(waiting):
        if named and not any(m.leaf == olds[position].leaf for m in named):
            continue
        new = _partner(news, position, olds)
        claims[i] = replace(claims[i], new=new)
    return claims


def _row(item: Item) -> list[Claim]:
    """A table's row: old names in the first column, what to use in the others."""
    heading = " ".join([*item.header, item.lead, *item.path])
    verb = verb_of(heading) or (
        "removed" if re.search(r"\b(?:old|before)\b", heading, re.I) else ""
    )
    if verb not in ("removed", "deprecated", "renamed", "moved", "replaced"):
        return []
    cells = [mark(cell)[1] for cell in item.cells]
    olds = [m for group in cells[0] for m in group if m.path]
    if not olds and re.fullmatch(r"[A-Za-z_][\w.]*(?:\s*,\s*[A-Za-z_][\w.]*)*", item.cells[0]):
        olds = [m for name in item.cells[0].split(",") for m in read_code(name)]
    news = [m for cell in cells[1:] for group in cell for m in group if m.path]
    owners = tuple(m for group in mark(item.lead)[1] for m in group if m.path)
    new = news[0] if news else None
    return [Claim(verb, old, owners=owners, new=new, text=item.text) for old in olds[:20]]
