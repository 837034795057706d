"""From a change and what the libraries say of its symbols to recipes, or why there are none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from recode_data.api.snapshot import ApiSymbol
from recode_data.api.symbols import Symbols
from recode_data.codemods import recipes as make
from recode_data.codemods.keyword_plan import about_keyword, about_value, keyword_plan
from recode_data.codemods.notes import (
    by_position,
    labelled_members,
    left_to_a_writer,
    successor,
    unfit,
)
from recode_data.codemods.planned import Plan, newest_fact, plain_path, template_plan
from recode_data.codemods.subject import alternatives
from recode_data.codemods.templates import KNOWN, TEMPLATES
from recode_data.library import Library
from recode_data.records import Change


def symbols_to_look_up(change: Change, library: Library) -> list[str]:
    """Return the symbols to ask the libraries about; none when rules cannot do the change."""
    if left_to_a_writer(change) or not change.old_symbol:
        return []
    found = [*alternatives(change.old_symbol, library), *alternatives(change.new_symbol, library)]
    found += [f"{owner}.{leaf}" for owner, leaf in labelled_members(change)]
    found += [symbol for symbol in (successor(change),) if symbol]
    known = [t.replacement for t in TEMPLATES if t.symbol.split("(")[0] in found]
    known += [KNOWN[symbol] for symbol in found if symbol in KNOWN]
    return [*found, *(symbol for symbol in known if "." in symbol)]


def plan(
    change: Change, library: Library, facts: dict[str, Symbols], stated: dict[str, str]
) -> Plan | str:
    """Return the plan for a change, or the reason why rules have none.

    ``facts`` by version, oldest first; ``stated`` maps old symbols to the replacement that
    another note of the library states.
    """
    if left_to_a_writer(change):
        return f"{change.kind}: left to a writer"
    if not change.old_symbol:
        return "no symbol told"
    old_symbol = plain_path(change.old_symbol)
    if any(part.startswith("_") for part in old_symbol.split(".")):
        return "private"
    old = newest_fact(facts, old_symbol)
    if old is None:
        return "old symbol in no version"
    about = about_value(change, old, facts) or about_keyword(change, old, facts)
    if why := unfit(about):
        return why
    if by_position(change) and (templated := template_plan(change, old, facts)):
        return templated  # items of a list stand by position now
    if by_position(change) and (wider := _wider(old, facts)):
        newest = list(facts.values())[-1][old.path]
        recipes = make.keyword_only(wider, newest, old.member)
        beyond = wider.positional[len(newest.positional) :]
        return Plan(change, tuple(recipes), old.path, old_fact=wider, by_name=beyond)
    if change.kind == "behaviour":
        return "behaviour: left to a writer"
    key = f"{old.path}({about.old_keyword}=)"
    if about.old_keyword and (not about.new_keyword or key in KNOWN):
        known = stated.get(key, "")
        about = replace(about, new_keyword=known, new_symbol=old.path if known else "")
    keyword = keyword_plan(about, old, facts)
    if isinstance(keyword, Plan):
        return replace(keyword, change=change)
    if keyword is not None:
        return keyword
    return _symbol_plan(change, library, old, facts, stated)


def _symbol_plan(
    change: Change,
    library: Library,
    old: ApiSymbol,
    facts: dict[str, Symbols],
    stated: dict[str, str],
) -> Plan | str:
    if templated := template_plan(change, old, facts):
        return templated
    alias = _alias(old, facts)
    builtin = old.home == "builtins" and alias == old.name
    told = (
        KNOWN.get(old.path) or plain_path(change.new_symbol) or plain_path(stated.get(old.path, ""))
    )
    new_symbol = alias if builtin else told or alias
    if not new_symbol:
        return "no replacement told"
    if "." not in new_symbol and old.kind == "class" and not builtin:
        return "replacement is another class"
    if "." not in new_symbol:
        found = make.renamed(old.path, new_symbol, facts)
        return Plan(change, tuple(found), old.path, "", new_symbol, "", old)
    new = newest_fact(facts, new_symbol)
    beside = new_symbol.rpartition(".")[0] == old.path.rpartition(".")[0]
    if new is None and old.member and old.kind == "property" and beside:
        new = replace(old, path=new_symbol)  # an attribute that only instances have
    if new is None and new_symbol.startswith(library.package):
        return "replacement in no version"
    if new is not None and _other_class(change, old, new, facts):
        return "replacement is another class"
    if old.member:
        if new is None or not new.member:
            return "no codemod for this shape"
        moved = make.renamed_member(old, new, facts)
        return Plan(change, tuple(moved), old.path, "", new_symbol, "", old)
    if new is not None and new.member:
        return "no codemod for this shape"
    found = make.renamed(old.path, new_symbol, facts)
    return Plan(change, tuple(found), old.path, "", new_symbol, "", old)


def _other_class(change: Change, old: ApiSymbol, new: ApiSymbol, facts: dict[str, Symbols]) -> bool:
    """Tell whether a class is replaced by one that stood beside it and is not the same."""
    if old.kind != "class" or new.kind != "class" or change.kind in ("renamed", "moved"):
        return False
    leaf = re.escape(new.path.rpartition(".")[2])
    if re.search(rf"\brenamed (?:to|as|into)\b[^;]*\b{leaf}\b", change.text):
        return False
    together = [t for t in facts.values() if old.path in t and new.path in t]
    leaf = new.path.rpartition(".")[2]
    return bool(together) and not any(
        leaf in told[old.path].same or told[old.path].name == told[new.path].name
        for told in together
    )


def _alias(old: ApiSymbol, facts: dict[str, Symbols]) -> str:
    """Return the name that the library itself gives to the very same object, if it stays.

    ``numpy.float_`` is ``numpy.float64``, and ``numpy.int`` was the builtin ``int``.
    """
    parent, _, leaf = old.path.rpartition(".")
    if old.home == "builtins" and old.kind == "class":
        return old.name
    newest = list(facts.values())[-1]
    staying = [
        name
        for name in old.same
        if name != leaf and not name.startswith("_") and f"{parent}.{name}" in newest
    ]
    if old.name in staying:
        return f"{parent}.{old.name}"
    return f"{parent}.{min(staying, key=lambda n: (n.lower() != n, len(n), n))}" if staying else ""


def stated_replacements(changes: Sequence[Change]) -> dict[str, str]:
    """Return the replacements that the notes of a library state, by old symbol; those of
    keywords by ``symbol(keyword=)``. What is `KNOWN` comes first."""
    found = dict(KNOWN)
    for change in sorted(changes, key=lambda change: change.id):
        if change.new_keyword and change.old_keyword and change.new_symbol == change.old_symbol:
            key = f"{plain_path(change.old_symbol)}({change.old_keyword}=)"
            found.setdefault(key, change.new_keyword)
        if change.new_symbol and not change.old_keyword and change.kind != "added":
            found.setdefault(plain_path(change.old_symbol), change.new_symbol)
    return found


def _wider(old: ApiSymbol, facts: dict[str, Symbols]) -> ApiSymbol | None:
    """Return the newest fact of a callable that takes more arguments by position than it does
    now, the same ones first; None where it always took what it takes."""
    newest = list(facts.values())[-1].get(old.path)
    if newest is None or not newest.known_signature:
        return None
    now = newest.positional
    return next(
        (
            fact
            for told in reversed(list(facts.values()))
            if (fact := told.get(old.path)) is not None
            and len(fact.positional) > len(now)
            and fact.positional[: len(now)] == now
        ),
        None,
    )
