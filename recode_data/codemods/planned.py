"""A plan for a change, and what the versions say of the symbols that it needs."""

from __future__ import annotations

from dataclasses import dataclass

from recode_data.api.snapshot import ApiSymbol
from recode_data.api.symbols import Symbols
from recode_data.codemods import recipes as make
from recode_data.codemods.recipes import Recipe
from recode_data.codemods.templates import TEMPLATES
from recode_data.codemods.values import is_placeholder
from recode_data.records import Change


@dataclass(frozen=True)
class Plan:
    """A change that the rules can do, and how."""

    change: Change
    recipes: tuple[Recipe, ...]
    old_symbol: str
    old_keyword: str = ""
    new_symbol: str = ""
    new_keyword: str = ""
    old_fact: ApiSymbol | None = None
    by_name: tuple[str, ...] = ()
    """Parameters that must be given by name now."""


def template_plan(change: Change, old: ApiSymbol, facts: dict[str, Symbols]) -> Plan | None:
    """Return the plan of the templates for a symbol, or for the keyword that is about."""
    key = f"{old.path}({change.old_keyword}=)" if change.old_keyword else old.path
    fitting = [template for template in TEMPLATES if template.symbol == key]
    if not fitting:
        return None
    found: list[Recipe] = []
    for template in fitting:
        new = newest_fact(facts, template.replacement)
        # An attribute that only instances have is no fact; beside a member it is one.
        beside = template.replacement.rpartition(".")[0] == old.path.rpartition(".")[0]
        member = new.member if new else old.member and beside
        found += make.templated(template, old.path, old.member, member)
    named = {template.replacement for template in fitting if template.replacement}
    replacement = named.pop() if len(named) == 1 else ""
    return Plan(change, tuple(found), old.path, change.old_keyword, replacement, "", old)


def plain_path(symbol: str) -> str:
    """Return a symbol as a program writes it: builtins stand without their module."""
    return symbol.removeprefix("builtins.")


def newest_fact(facts: dict[str, Symbols], symbol: str) -> ApiSymbol | None:
    """Return what the newest version that has the symbol says of it."""
    return next((told[symbol] for told in reversed(list(facts.values())) if symbol in told), None)


def oldest_fact(facts: dict[str, Symbols], symbol: str) -> ApiSymbol | None:
    """Return what the oldest version that has the symbol says of it."""
    return next((told[symbol] for told in facts.values() if symbol in told), None)


def fact_having(facts: dict[str, Symbols], symbol: str, keyword: str) -> ApiSymbol | None:
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
