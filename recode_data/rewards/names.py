"""What a name in a program stands for: a variable, something imported, or a builtin."""

from __future__ import annotations

import ast
from typing import Any, TypeAlias

Label: TypeAlias = tuple[Any, ...]
"""``("local", (scope, name), number of the assignment)`` or ``("path", "numpy.isin")``."""


class Names:
    """The scopes of a program that is read from top to bottom."""

    def __init__(self) -> None:
        self.scopes: list[tuple[int, dict[str, int]]] = [(0, {})]
        self.count = 0
        self.imported: dict[str, str] = {}
        self.idle: set[str] = set()

    def enter(self) -> None:
        self.count += 1
        self.scopes.append((self.count, {}))

    def leave(self) -> None:
        self.scopes.pop()

    def announce(self, name: str) -> None:
        """Know a function or class of this scope before its definition is read."""
        self.scopes[-1][1].setdefault(name, 1)

    def define(self, name: str) -> Label:
        """Return a new number of a variable of this scope."""
        number, names = self.scopes[-1]
        names[name] = names.get(name, 0) + 1
        return ("local", (number, name), names[name])

    def resolve(self, name: str) -> Label:
        """Return the variable as last assigned, or the path of what is imported or built in."""
        for number, names in reversed(self.scopes):
            if name in names:
                return ("local", (number, name), names[name])
        self.idle.discard(name)
        return ("path", self.imported.get(name, name))

    def bind(self, node: ast.Import | ast.ImportFrom) -> None:
        """Take note of an import; ``import a.b`` binds ``a``."""
        module = "." * getattr(node, "level", 0) + (getattr(node, "module", "") or "")
        for alias in node.names:
            full = f"{module}.{alias.name}" if isinstance(node, ast.ImportFrom) else alias.name
            name = alias.asname or alias.name
            if isinstance(node, ast.Import) and not alias.asname:
                name = full = alias.name.partition(".")[0]
            self.scopes[-1][1].pop(name, None)
            self.imported[name] = full
            self.idle.add(name)

    def unused(self) -> list[str]:
        """Return the paths that were imported and never named."""
        return [self.imported[name] for name in sorted(self.idle)]
