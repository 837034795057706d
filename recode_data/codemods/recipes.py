"""What the shapes of change share: what they look at, and what they give.

A shape is tried on a `Subject`, a change with what the versions say of its symbols. It gives a
`Plan`, which holds `Recipe`s: what usage to look for, and how to make both codes of it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from recode_data.api.snapshot import ApiSymbol
from recode_data.api.symbols import Symbols
from recode_data.codemods.patterns import Patterns
from recode_data.codemods.program import Use
from recode_data.codemods.values import is_placeholder
from recode_data.library import Library
from recode_data.reasons import Reason
from recode_data.records import Change
from recode_data.usage.example import Import
from recode_data.usage.imports import public, qualified

Pair: TypeAlias = "tuple[str, str]"
"""``(old_code, new_code)``."""
Rewrite: TypeAlias = Callable[[str, Use], "list[Pair]"]


class Refused(Exception):
    """No entry can be written for a change, for the ``reason``."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Recipe:
    """One way to make entries for a change."""

    rule: str
    symbol: str
    """Usage of this symbol is looked for."""
    side: Literal["old", "new", "both"]
    """Which code the found one is; ``both``: neither, both are derived from it."""
    rewrite: Rewrite
    member: bool = False
    keyword: str = ""
    """Only calls that give this keyword."""
    last: bool = False
    """Only when the others made too little."""
    others: frozenset[str] = frozenset()
    """Further paths of the same object: ``attr.ib`` for ``attr.attrib``."""
    elsewhere: frozenset[str] = frozenset()
    """Paths of the same object in other modules, whose usage is taken where there is no other,
    respelt to the symbol."""

    @property
    def leaf(self) -> str:
        return self.symbol.rpartition(".")[2]

    @property
    def leaves(self) -> list[str]:
        """The last parts of all paths of the symbol, its own first."""
        leaves = [self.leaf, *sorted(path.rpartition(".")[2] for path in self.others)]
        return list(dict.fromkeys(leaves))

    def hit(self, node: ast.AST, imports: dict[str, Import]) -> bool:
        """Tell whether a node of an example uses the symbol (a member: may use it)."""
        if self.keyword or self.rule.startswith("keyword"):
            if not isinstance(node, ast.Call):
                return False
            given = {word.arg for word in node.keywords}
            return (not self.keyword or self.keyword in given) and self._names(node.func, imports)
        return self._names(node, imports)

    def _names(self, node: ast.AST, imports: dict[str, Import]) -> bool:
        if not isinstance(node, ast.Attribute | ast.Name) or not isinstance(node.ctx, ast.Load):
            return False
        path = qualified(node, imports)
        if self.member:
            return isinstance(node, ast.Attribute) and node.attr == self.leaf and not path
        if "." not in self.symbol:
            return isinstance(node, ast.Name) and node.id == self.symbol and not path
        if path == self.symbol or path in self.others:
            return True
        parent, _, leaf = path.rpartition(".")
        return (
            bool(parent) and leaf == self.leaf and public(Import(parent, leaf)).path == self.symbol
        )


@dataclass(frozen=True)
class Plan:
    """A change that codemods can do, and how."""

    change: Change
    recipes: tuple[Recipe, ...]
    old_symbol: str
    old_keyword: str = ""
    new_symbol: str = ""
    new_keyword: str = ""
    old_fact: ApiSymbol | None = None
    by_name: tuple[str, ...] = ()
    """Parameters that must be given by name now."""
    value: tuple[str, str] = ("", "")
    """Sources of a value that is spelled otherwise now, and of what is given instead."""


@dataclass(frozen=True)
class Subject:
    """A change, and what the versions of its library say of its symbols."""

    noted: Change
    """As it was extracted, its symbols as the versions know them."""
    change: Change
    """The same with the keyword or value that its text turns out to be about."""
    old: ApiSymbol
    """The old symbol in the newest version that has it, as the change means it."""
    facts: Mapping[str, Symbols]
    """By version, oldest first."""
    library: Library
    patterns: Patterns
    replacements: Mapping[str, str]
    """New symbol by old symbol, new keyword by ``symbol(keyword=)``: what the pattern files
    and the other notes of the library state."""

    @property
    def about_keyword(self) -> bool:
        return bool(self.change.old_keyword or self.change.old_value)

    @property
    def is_called(self) -> bool:
        return self.old.kind in ("callable", "class")

    @property
    def latest(self) -> Symbols:
        """What the newest version of all says."""
        return list(self.facts.values())[-1]

    def newest(self, symbol: str) -> ApiSymbol | None:
        """Return what the newest version that has the symbol says of it."""
        return next((told[symbol] for told in self.newest_first if symbol in told), None)

    def oldest(self, symbol: str) -> ApiSymbol | None:
        """Return what the oldest version that has the symbol says of it."""
        return next((told[symbol] for told in self.facts.values() if symbol in told), None)

    def having(self, keyword: str) -> ApiSymbol | None:
        """Return the newest fact of the old symbol whose signature has the keyword, with a
        default that is not only there while it is deprecated, if there is one."""
        having = [
            (fact, parameter.default)
            for told in self.newest_first
            if (fact := told.get(self.old.path)) is not None
            and (parameter := fact.parameter(keyword)) is not None
        ]
        proper = [fact for fact, default in having if default and not is_placeholder(default)]
        return next(iter([*proper, *(fact for fact, _ in having)]), None)

    @property
    def newest_first(self) -> list[Symbols]:
        return list(self.facts.values())[::-1]

    def plan(
        self,
        recipes: list[Recipe],
        new_symbol: str = "",
        *,
        keyword: bool = True,
        new_keyword: str = "",
        old: ApiSymbol | None = None,
        by_name: tuple[str, ...] = (),
    ) -> Plan:
        """Return a plan for the change; ``keyword`` tells whether it is about its keyword."""
        old_keyword = self.change.old_keyword if keyword else ""
        return Plan(
            self.noted,
            tuple(recipes),
            self.old.path,
            old_keyword,
            new_symbol,
            new_keyword,
            old or self.old,
            by_name,
            (self.change.old_value, self.change.new_value),
        )


@dataclass(frozen=True)
class Shape:
    """A shape of change. Shapes are tried in their ``order`` until one gives a plan."""

    order: int
    plan: Callable[[Subject], Plan | None]
    """Returns None for what has another shape, and raises `Refused`."""


def plain_path(symbol: str) -> str:
    """Return a symbol as a program writes it: builtins stand without their module."""
    return symbol.removeprefix("builtins.")


def complete(*found: tuple[str | None, str | None]) -> list[Pair]:
    """Keep the pairs of which both codes are there and differ."""
    return list(_complete(found))


def _complete(found: tuple[tuple[str | None, str | None], ...]) -> Iterator[Pair]:
    for old, new in found:
        if old and new and old != new:
            yield old, new
