"""What the names of a program are at a point of it, as far as every way there agrees."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

Value: TypeAlias = "tuple[str, str] | None"
"""``("name", path)`` of what is imported, ``("of", class)`` of an object,
``("class", class)`` of a class that is the program's own or not known, but derived from that one;
None: not known."""

NONE: Value = ("of", "builtins.NoneType")
"""None of a program, which has no use that is looked for."""


@dataclass
class Scope:
    """The names of a module, a class's body or a function."""

    outer: Scope | None
    state: dict[str, Value] = field(default_factory=dict)
    """What each name is at the point that was reached."""
    bound: dict[str, list[Value]] = field(default_factory=dict)
    """All that each name was bound to: what a function sees that is called at any time."""
    own: frozenset[str] | None = None
    """Names that are a function's own; None where every name that is bound is."""
    shared: frozenset[str] = frozenset()
    """Names that functions inside bind, at any time."""
    starred: bool = False
    """Names are bound that are not written."""

    def look(self, name: str) -> Value:
        if name in self.shared:
            return None
        if name in self.state:
            return self.state[name]
        if self.own is not None and name in self.own:
            return None
        scope = self.outer
        while scope is not None:
            if name in scope.shared:
                return None
            if name in scope.bound:
                return agreed(scope.bound[name])
            scope = scope.outer
        return ("name", f"builtins.{name}")

    def bind(self, name: str, value: Value) -> None:
        self.state[name] = value
        self.bound.setdefault(name, []).append(value)

    def merge(self, states: Sequence[dict[str, Value]]) -> None:
        """Go on with what is known after any one of several ways."""
        names = set().union(*states)
        self.state = {
            name: agreed([s[name] if name in s else self.unbound(name) for s in states])
            for name in names
        }

    def mark(self) -> dict[str, int]:
        """Return a mark for `join`."""
        return {name: len(values) for name, values in self.bound.items()}

    def join(self, before: dict[str, Value], mark: Mapping[str, int]) -> None:
        """Go on with what is known when a part of the program may have been left at any point of
        it: the state ``before`` it, or any of the values that were bound since the ``mark``."""
        self.state = dict(before)
        for name, values in self.bound.items():
            if new := values[mark.get(name, 0) :]:
                old = before[name] if name in before else self.unbound(name)
                self.state[name] = agreed([old, *new])

    def unbound(self, name: str) -> Value:
        """Return what a name is that is not bound: it fails as None does where nothing else has
        it, and is not known where something may."""
        elsewhere = self.own is None and (
            self.outer is not None or self.starred or hasattr(builtins, name)
        )
        return None if elsewhere else NONE


def agreed(values: Sequence[Value]) -> Value:
    """Return what several values have in common: the one that all are, None left out, which has
    no use that is looked for."""
    first, *others = [value for value in values if value != NONE] or [NONE]
    return first if all(value == first for value in others) else None


def declared_in(node: ast.AST, kind: type[ast.Global] | type[ast.Nonlocal]) -> frozenset[str]:
    """Return the names that functions inside a program or a function declare as not their own."""
    inner = (part for child in ast.iter_child_nodes(node) for part in ast.walk(child))
    return frozenset(name for part in inner if isinstance(part, kind) for name in part.names)


def own_names(node: ast.FunctionDef | ast.AsyncFunctionDef) -> frozenset[str]:
    """Return the names that a function binds, those that it declares as others' left out."""
    found: set[str] = set()
    foreign: set[str] = set()
    waiting: list[ast.AST] = list(node.body)
    while waiting:
        part = waiting.pop()
        if isinstance(part, ast.Global | ast.Nonlocal):
            foreign |= set(part.names)
        elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store | ast.Del):
            found.add(part.id)
        elif isinstance(part, ast.Import | ast.ImportFrom):
            found |= {a.asname or a.name.partition(".")[0] for a in part.names}
        elif isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(part.name)
            continue
        elif isinstance(part, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and part.name:
            found.add(part.name)
        elif isinstance(part, ast.MatchMapping) and part.rest:
            found.add(part.rest)
        waiting += ast.iter_child_nodes(part)
    return frozenset(found - foreign)
