"""From a change and what the libraries say of its symbols to recipes, or why there are none."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from recode_data.library import Library
from recode_data.records import Change
from recode_data.synthesize.rules import recipes as make
from recode_data.synthesize.rules.facts import Fact, Facts
from recode_data.synthesize.rules.notes import (
    by_position,
    labelled_members,
    left_to_a_writer,
    stated_value,
    successor,
    unfit,
)
from recode_data.synthesize.rules.recipes import Recipe
from recode_data.synthesize.rules.spellings import spellings
from recode_data.synthesize.rules.templates import KNOWN, TEMPLATES
from recode_data.synthesize.rules.values import is_placeholder


@dataclass(frozen=True)
class Plan:
    """A change that the rules can do, and how."""

    change: Change
    recipes: tuple[Recipe, ...]
    old_symbol: str
    old_keyword: str = ""
    new_symbol: str = ""
    new_keyword: str = ""
    old_fact: Fact | None = None
    by_name: tuple[str, ...] = ()
    """Parameters that must be given by name now."""


def symbols_of(change: Change, library: Library) -> list[str]:
    """Return the symbols to ask the libraries about; none when rules cannot do the change."""
    if left_to_a_writer(change) or not change.old_symbol:
        return []
    found = [*spellings(change.old_symbol, library), *spellings(change.new_symbol, library)]
    found += [f"{owner}.{leaf}" for owner, leaf in labelled_members(change)]
    found += [symbol for symbol in (successor(change),) if symbol]
    known = [t.replacement for t in TEMPLATES if t.symbol.split("(")[0] in found]
    known += [KNOWN[symbol] for symbol in found if symbol in KNOWN]
    return [*found, *(symbol for symbol in known if "." in symbol)]


def plan(
    change: Change, library: Library, facts: dict[str, Facts], stated: dict[str, str]
) -> Plan | str:
    """Return the plan for a change, or the reason why rules have none.

    ``facts`` by version, oldest first; ``stated`` maps old symbols to the replacement that
    another note of the library states.
    """
    if left_to_a_writer(change):
        return f"{change.kind}: left to a writer"
    if not change.old_symbol:
        return "no symbol told"
    old_symbol = _plain(change.old_symbol)
    if any(part.startswith("_") for part in old_symbol.split(".")):
        return "private"
    old = _newest(facts, old_symbol)
    if old is None:
        return "old symbol in no version"
    about = _about_value(change, old, facts) or _about_keyword(change, old, facts)
    if why := unfit(about):
        return why
    if by_position(change) and (templated := _template_plan(change, old, facts)):
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
    keyword = _keyword_plan(about, old, facts)
    if isinstance(keyword, Plan):
        return replace(keyword, change=change)
    if keyword is not None:
        return keyword
    return _symbol_plan(change, library, old, facts, stated)


_REPLACED = re.compile(
    r"\b(?:replac|renam(?!ing of \d)|instead\b|in favou?r of|please (?:use|refer)\b)", re.IGNORECASE
)
"""Words of a note that says what takes a keyword's place: leaving it out is not the answer."""
_TAKES_PLACE = re.compile(rf"{_REPLACED.pattern}|\b(?:use|alias)\b", re.IGNORECASE)


def _about_keyword(change: Change, old: Fact, facts: dict[str, Facts]) -> Change:
    """Return the change with the keyword that it is about, where a note names a function that
    stays and, in its text, one keyword that left the function's signature; and with the one
    that came for it, where the text names a single keyword that the function had not before."""
    newest = list(facts.values())[-1].get(old.path)
    answered = change.old_keyword and (change.new_keyword or change.new_symbol)
    if answered or newest is None or not newest.known_signature:
        return change
    now = {parameter.name for parameter in newest.parameters}
    before = {
        p.name for told in facts.values() if old.path in told for p in told[old.path].parameters
    }
    told = set(re.findall(r"`+([A-Za-z_]\w*)=?[^`]*`+", change.text))
    told |= set(re.findall(r"['\"]([A-Za-z_]\w*)=?['\"]", change.text))
    told |= set(re.findall(r"`+[\w.]+\.([A-Za-z_]\w*)`+", change.text))  # `update.values`
    gone = {change.old_keyword} if change.old_keyword else (before - now) & told
    come = (now & told) - {old.path.rpartition(".")[2]}
    oldest = _oldest(facts, old.path)
    come -= {p.name for p in oldest.parameters} if oldest else set()
    if len(gone) != 1:
        return change
    taken = bool(_TAKES_PLACE.search(change.text))
    new = come.pop() if len(come) == 1 and taken else ""
    symbol = old.path if new else ""
    return replace(change, old_keyword=gone.pop(), new_keyword=new, new_symbol=symbol)


def _about_value(change: Change, old: Fact, facts: dict[str, Facts]) -> Change | None:
    """Return the change with the value of a keyword that its text says is another one now."""
    stated = stated_value(change.text)
    if change.old_value or stated is None or old.kind not in ("callable", "class"):
        return None
    keyword, value, new_value = stated
    if change.old_keyword not in ("", keyword) or not _having(facts, old.path, keyword):
        return None
    return replace(
        change,
        old_keyword=keyword,
        old_value=value,
        new_value=new_value,
        new_symbol="",
        new_keyword="",
    )


def _keyword_plan(change: Change, old: Fact, facts: dict[str, Facts]) -> Plan | str | None:
    if not change.old_keyword and not change.old_value:
        return None
    if change.old_keyword and (templated := _template_plan(change, old, facts)):
        return templated
    new_symbol = _plain(change.new_symbol) or (old.path if change.new_keyword else "")
    new = _newest(facts, new_symbol or old.path) or old
    if old.kind not in ("callable", "class"):
        return "keyword of something that is not called"
    if change.old_value and change.new_value:
        found = make.changed_value(
            old.path, change.old_keyword, change.old_value, change.new_value, old.member
        )
        return Plan(change, tuple(found), old.path, change.old_keyword, "", "", old)
    if change.new_keyword and new_symbol == old.path and not _beside(change, old, facts):
        with_old = _having(facts, old.path, change.old_keyword) or old
        if _takes_another_type(change, old.path, facts):
            return "the new keyword takes something else"
        found = make.renamed_keyword(
            with_old, new, change.old_keyword, change.new_keyword, old.member
        )
        return Plan(
            change, tuple(found), old.path, change.old_keyword, new_symbol, change.new_keyword, old
        )
    if _REPLACED.search(change.text):
        return "no replacement told for the keyword"
    with_old = _having(facts, old.path, change.old_keyword) or old
    found = make.removed_keyword(with_old, change.old_keyword, old.member, change.text)
    return Plan(change, tuple(found), old.path, change.old_keyword, "", "", old)


def _takes_another_type(change: Change, symbol: str, facts: dict[str, Facts]) -> bool:
    """Tell whether the defaults of a keyword and of what replaces it are of two types, as
    -1 and True are: their values are no longer the same.

    The newest plain default counts: one that is deprecated often has a sentinel for default.
    A note that makes an object for the new one, ``times=Coder(calendar=True)``, says so too.
    """
    if re.search(rf"\b{re.escape(change.new_keyword)}\s*=\s*(?:\w+\.)*[A-Z]\w*\(", change.text):
        return True
    types = []
    for keyword in (change.old_keyword, change.new_keyword):
        given = (
            parameter.default
            for told in reversed(list(facts.values()))
            if symbol in told and (parameter := told[symbol].parameter(keyword)) is not None
        )
        plain = (source for source in given if not is_placeholder(source))
        default = next((source for source in plain if source not in ("", "None")), "")
        try:
            types.append(type(ast.literal_eval(default)))
        except (ValueError, SyntaxError):
            return False
    return types[0] is not types[1] and not set(types) <= {int, float}


def _beside(change: Change, old: Fact, facts: dict[str, Facts]) -> bool:
    """Tell whether the new keyword always stood beside the old one, and so means something
    else, unless the text says that it takes the old one's place."""
    oldest = _oldest(facts, old.path)
    if oldest is None or oldest.parameter(change.new_keyword) is None:
        return False
    word = re.escape(change.new_keyword)
    instead = (
        rf"(?:\buse|favou?r of|renamed to|replaced by|alias (?:for|of))\W[^.;]{{0,60}}\b{word}\b"
        rf"|\b{word}\b[^.;]{{0,40}}\binstead"
    )
    return not re.search(instead, change.text, re.IGNORECASE)


def _symbol_plan(
    change: Change,
    library: Library,
    old: Fact,
    facts: dict[str, Facts],
    stated: dict[str, str],
) -> Plan | str:
    if templated := _template_plan(change, old, facts):
        return templated
    alias = _alias(old, facts)
    builtin = old.home == "builtins" and alias == old.name
    told = KNOWN.get(old.path) or _plain(change.new_symbol) or _plain(stated.get(old.path, ""))
    new_symbol = alias if builtin else told or alias
    if not new_symbol:
        return "no replacement told"
    if "." not in new_symbol and old.kind == "class" and not builtin:
        return "replacement is another class"
    if "." not in new_symbol:
        found = make.renamed(old.path, new_symbol, facts)
        return Plan(change, tuple(found), old.path, "", new_symbol, "", old)
    new = _newest(facts, new_symbol)
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


def _template_plan(change: Change, old: Fact, facts: dict[str, Facts]) -> Plan | None:
    """Return the plan of the templates for a symbol, or for the keyword that is about."""
    key = f"{old.path}({change.old_keyword}=)" if change.old_keyword else old.path
    fitting = [template for template in TEMPLATES if template.symbol == key]
    if not fitting:
        return None
    found: list[Recipe] = []
    for template in fitting:
        new = _newest(facts, template.replacement)
        # An attribute that only instances have is no fact; beside a member it is one.
        beside = template.replacement.rpartition(".")[0] == old.path.rpartition(".")[0]
        member = new.member if new else old.member and beside
        found += make.templated(template, old.path, old.member, member)
    named = {template.replacement for template in fitting if template.replacement}
    replacement = named.pop() if len(named) == 1 else ""
    return Plan(change, tuple(found), old.path, change.old_keyword, replacement, "", old)


def _other_class(change: Change, old: Fact, new: Fact, facts: dict[str, Facts]) -> bool:
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


def _alias(old: Fact, facts: dict[str, Facts]) -> str:
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
            key = f"{_plain(change.old_symbol)}({change.old_keyword}=)"
            found.setdefault(key, change.new_keyword)
        if change.new_symbol and not change.old_keyword and change.kind != "added":
            found.setdefault(_plain(change.old_symbol), change.new_symbol)
    return found


def _wider(old: Fact, facts: dict[str, Facts]) -> Fact | None:
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


def _plain(symbol: str) -> str:
    return symbol.removeprefix("builtins.")


def _newest(facts: dict[str, Facts], symbol: str) -> Fact | None:
    return next((told[symbol] for told in reversed(list(facts.values())) if symbol in told), None)


def _oldest(facts: dict[str, Facts], symbol: str) -> Fact | None:
    return next((told[symbol] for told in facts.values() if symbol in told), None)


def _having(facts: dict[str, Facts], symbol: str, keyword: str) -> Fact | None:
    """Return the newest fact of a callable whose signature has the keyword, with a default
    that is not only there while it is deprecated, if there is one."""
    having = [
        (fact, parameter.default)
        for told in reversed(list(facts.values()))
        if (fact := told.get(symbol)) is not None
        and (parameter := fact.parameter(keyword)) is not None
    ]
    proper = [fact for fact, default in having if default and not is_placeholder(default)]
    return next(iter([*proper, *(fact for fact, _ in having)]), None)
