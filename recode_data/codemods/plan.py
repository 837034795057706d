"""From a change and what the versions say of its symbols to a plan, or why there is none."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import groupby, pairwise

from packaging.version import InvalidVersion, Version

from recode_data.api.snapshot import ApiSymbol
from recode_data.api.symbols import Symbols, VersionSymbols
from recode_data.codemods.notes import (
    labelled_members,
    left_to_a_writer,
    stated_value,
    successor,
    takes_the_place,
    unfit,
)
from recode_data.codemods.patterns import Patterns
from recode_data.codemods.recipes import Plan, Recipe, Refused, Subject, plain_path
from recode_data.codemods.shapes import shapes
from recode_data.codemods.subject import alternatives
from recode_data.library import Library
from recode_data.reasons import Reason
from recode_data.records import Change


def symbols_to_look_up(change: Change, library: Library, patterns: Patterns) -> list[str]:
    """Return the symbols to ask the libraries about; none when rules cannot do the change, or
    when its symbols are known from the snapshots already."""
    if left_to_a_writer(change) or not change.old_symbol or change.source == "snapshot":
        return []
    found = [*alternatives(change.old_symbol, library), *alternatives(change.new_symbol, library)]
    found += [f"{owner}.{leaf}" for owner, leaf in labelled_members(change)]
    found += [symbol for symbol in (successor(change),) if symbol]
    known = [
        one.replacement
        for key, fitting in patterns.by_symbol.items()
        if key.split("(")[0] in found
        for one in fitting
    ]
    known += [patterns.replacements.get(symbol, "") for symbol in found]
    return [*found, *(symbol for symbol in known if "." in symbol)]


def plan(
    change: Change,
    library: Library,
    facts: Mapping[str, Symbols],
    patterns: Patterns,
    replacements: Mapping[str, str],
) -> Plan:
    """Return the plan of the first shape that fits a change.

    Args:
        change: The change, its symbols as the versions know them.
        library: The library that it is of.
        facts: What each version says of the symbols, oldest version first.
        patterns: What the pattern files hold.
        replacements: New symbol by old symbol, as `stated_replacements` gives them.

    Raises:
        Refused: No shape fits, or one does and no entry can be written; with the reason.
    """
    if kind := left_to_a_writer(change):
        raise Refused(kind)
    if not change.old_symbol:
        raise Refused(Reason.NO_SYMBOL)
    old_symbol = plain_path(change.old_symbol)
    if any(part.startswith("_") for part in old_symbol.split(".")):
        raise Refused(Reason.PRIVATE)
    old = _as_meant(change, old_symbol, facts)
    if old is None:
        raise Refused(Reason.OLD_IN_NO_VERSION)
    subject = Subject(change, change, old, facts, library, patterns, replacements)
    about = about_value(subject) or about_keyword(subject)
    if why := unfit(about):
        raise Refused(why)
    subject = replace(subject, change=_with_known(about, subject))
    for shape in shapes():
        if (found := shape.plan(subject)) is not None:
            return found
    raise Refused(Reason.NO_CODEMOD)


def _as_meant(change: Change, path: str, facts: Mapping[str, Symbols]) -> ApiSymbol | None:
    """Return what the newest version that has a path says of it; where the name went and came
    back, as ``numpy.bool`` did, what it was before the change."""
    spans = [
        list(span)
        for there, span in groupby(facts, lambda version: path in facts[version])
        if there
    ]
    if len(spans) > 1:
        with suppress(InvalidVersion):
            at = Version(change.version)
            spans = [span for span in spans if Version(span[0]) < at] or spans
    return facts[spans[-1][-1]][path] if spans else None


def with_other_paths(plan: Plan, facts: Mapping[str, Symbols]) -> Plan:
    """Return the plan with recipes that know every path that their object has: programs may
    reach it by another one than the change names."""

    def known(recipe: Recipe) -> Recipe:
        if recipe.member:
            return recipe
        paths = {
            path
            for told in facts.values()
            if isinstance(told, VersionSymbols)
            for path in told.snapshot.other_paths(recipe.symbol)
        }
        if recipe.rule.startswith("keyword"):
            return replace(recipe, others=frozenset(paths))
        paths -= {plan.old_symbol, plan.new_symbol}
        alike = (path for path in paths if path.rpartition(".")[2] == recipe.leaf)
        return replace(recipe, elsewhere=frozenset(alike))

    return replace(plan, recipes=tuple(known(recipe) for recipe in plan.recipes))


def _with_known(about: Change, subject: Subject) -> Change:
    """Return the change with the new keyword that is known where its own text gives none; a
    pattern file counts for more than the text."""
    path = subject.old.path
    key = f"{path}({about.old_keyword}=)"
    if not about.old_keyword or (about.new_keyword and key not in subject.patterns.replacements):
        return about
    known = subject.replacements.get(key, "")
    return replace(about, new_keyword=known, new_symbol=path if known else "")


def about_keyword(subject: Subject) -> Change:
    """Return the change with the keyword that it is about, where a note names a function that
    stays and, in its text, one keyword that left the function's signature; and with the one
    that came for it, where the text names a single keyword that the function had not before."""
    change, path = subject.noted, subject.old.path
    newest = subject.latest.get(path)
    answered = change.old_keyword and (change.new_keyword or change.new_symbol)
    if answered or newest is None or not newest.known_signature:
        return change
    now = {parameter.name for parameter in newest.parameters}
    before = {p.name for f in subject.facts.values() if path in f for p in f[path].parameters}
    told = set(re.findall(r"`+([A-Za-z_]\w*)=?[^`]*`+", change.text))
    told |= set(re.findall(r"['\"]([A-Za-z_]\w*)=?['\"]", change.text))
    told |= set(re.findall(r"`+[\w.]+\.([A-Za-z_]\w*)`+", change.text))  # `update.values`
    gone = {change.old_keyword} if change.old_keyword else (before - now) & told
    come = (now & told) - {path.rpartition(".")[2]}
    oldest = subject.oldest(path)
    come -= {p.name for p in oldest.parameters} if oldest else set()
    if len(gone) != 1:
        return change
    new = come.pop() if len(come) == 1 and takes_the_place(change) else ""
    return replace(change, old_keyword=gone.pop(), new_keyword=new, new_symbol=path if new else "")


def about_value(subject: Subject) -> Change | None:
    """Return the change with the value of a keyword that its text says is another one now."""
    change = subject.noted
    stated = stated_value(change.text)
    if change.old_value or stated is None or not subject.is_called:
        return None
    keyword, value, new_value = stated
    if change.old_keyword not in ("", keyword) or not subject.having(keyword):
        return None
    return replace(
        change,
        old_keyword=keyword,
        old_value=value,
        new_value=new_value,
        new_symbol="",
        new_keyword="",
    )


def pairs_to_try(
    plan: Plan, matrix: Sequence[str], facts: Mapping[str, Symbols]
) -> list[tuple[str, str]]:
    """Return the pairs of versions where the update may be seen, the claimed one first."""
    found: list[tuple[str, str]] = []
    try:
        claimed = Version(plan.change.version)
    except InvalidVersion:
        claimed = None
    if claimed is not None:
        if claimed <= Version(matrix[0]):
            return []  # announced before the oldest version: it is warned of everywhere
        index = min(bisect_left([Version(v) for v in matrix], claimed), len(matrix) - 1)
        found.append((matrix[index - 1], matrix[index]))
        whole = not plan.old_keyword and all(r.rule != "keyword_only" for r in plan.recipes)
        stays = whole and plan.old_symbol in facts[matrix[index]]
        if plan.change.kind == "removed" and stays:
            return found  # what goes later is no proof of this note
    there = [number for number, version in enumerate(matrix) if plan.old_symbol in facts[version]]
    if there and there[-1] + 1 < len(matrix):
        found.append((matrix[there[-1]], matrix[there[-1] + 1]))
    keyword_there = [n for n in there if _has_keyword(facts[matrix[n]], plan)]
    if plan.old_keyword and keyword_there and keyword_there[-1] + 1 < len(matrix):
        found.append((matrix[keyword_there[-1]], matrix[keyword_there[-1] + 1]))
    if plan.recipes and plan.recipes[0].rule == "keyword_only":
        found += [pair for pair in pairwise(matrix) if _narrows(plan.old_symbol, facts, *pair)]
    if there and found and there[0] < matrix.index(found[0][1]):
        # What was announced long before it went is clean only in the oldest versions.
        found.append((matrix[there[0]], found[0][1]))
    came = [number for number, version in enumerate(matrix) if plan.new_symbol in facts[version]]
    if plan.new_symbol != plan.old_symbol and came and came[0]:
        # What a library says in its warnings is found in a later version than it began with.
        found.append((matrix[came[0] - 1], matrix[came[0]]))
    # A property that is there to warn was an attribute of the instances before.
    anywhere = plan.old_fact is not None and plan.old_fact.kind == "property"
    present = [pair for pair in found if anywhere or plan.old_symbol in facts[pair[0]]]
    return list(dict.fromkeys(present))


def _narrows(symbol: str, facts: Mapping[str, Symbols], old: str, new: str) -> bool:
    """Tell whether a callable takes fewer arguments by position in the newer version."""
    before, after = facts[old].get(symbol), facts[new].get(symbol)
    return (
        before is not None
        and after is not None
        and len(before.positional) > len(after.positional)
        and after.known_signature
    )


def _has_keyword(facts: Symbols, plan: Plan) -> bool:
    fact = facts.get(plan.old_symbol)
    return fact is not None and fact.parameter(plan.old_keyword) is not None
