"""A parsed program whose names are resolved through imports.

A `Use` says which nodes of a program a change is about. A symbol at module level is found
by its qualified name (``np.in1d``, ``from numpy import in1d as f``); a member of a class
only at the sites where a run of the program showed a receiver of that class.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import libcst as cst
from libcst.metadata import (
    CodeRange,
    MetadataWrapper,
    ParentNodeProvider,
    PositionProvider,
    QualifiedNameProvider,
)

from recode_data.codemods import in_place
from recode_data.usage.example import Import
from recode_data.usage.imports import conventions, imported, merged, spelled

Site = tuple[int, int]
"""Line and column at which an attribute ends: ``x.append`` in ``x.append(y)``."""


@dataclass(frozen=True)
class Use:
    """The symbol whose uses a codemod changes, and its sites when it is a class's member."""

    symbol: str
    sites: frozenset[Site] | None = None
    in_place: bool = False
    """The code is a person's file and no example: a use that cannot be changed stays as it is
    and costs no other, imports are edited where they stand, and what is not certain stays."""
    kept: frozenset[int] = frozenset()
    """Lines where uses end that stay as they are."""
    shown: frozenset[str] = frozenset()
    """Sources of values that executed examples have shown to do nothing."""
    others: frozenset[str] = frozenset()
    """Further paths of the same object."""

    @property
    def leaf(self) -> str:
        return self.symbol.rpartition(".")[2]


@lru_cache(maxsize=64)
def _parsed(code: str) -> MetadataWrapper:
    """Return a program's tree, which nothing changes: a search tries many changes of it."""
    return MetadataWrapper(cst.parse_module(code), unsafe_skip_copy=True)


class Program:
    """A program that a codemod changes: its tree and what its names stand for."""

    def __init__(self, code: str, use: Use) -> None:
        wrapper = _parsed(code)
        self.code = code
        self.module = wrapper.module
        self.in_place = use.in_place
        self._kept = use.kept
        self._wrapper = wrapper

    # Both cost more than all else, and many changes need only one of them.

    @cached_property
    def _names(self) -> Mapping[cst.CSTNode, Any]:
        return self._wrapper.resolve(QualifiedNameProvider)

    @cached_property
    def _positions(self) -> Mapping[cst.CSTNode, CodeRange]:
        return self._wrapper.resolve(PositionProvider)

    def path(self, node: cst.CSTNode) -> str:
        """Return the full path of an imported or built-in name, or an empty string."""
        found = self._names.get(node, ())
        names = found() if callable(found) else found
        if self.in_place and (len(names) > 1 or self._is_kept(node)):
            return ""
        for name in names:
            if name.source.name == "IMPORT":
                return str(name.name)
            if name.source.name == "BUILTIN":
                return str(name.name).removeprefix("builtins.")
        return ""

    def is_use(self, node: cst.CSTNode, use: Use) -> bool:
        """Tell whether ``node`` (a name or an attribute) is a use of ``use.symbol``."""
        if use.sites is None:
            path = self.path(node)
            return path == use.symbol or path in use.others
        if not isinstance(node, cst.Attribute) or node.attr.value != use.leaf:
            return False
        end = self._positions[node].end
        return (end.line, end.column) in use.sites

    def _is_kept(self, node: cst.CSTNode) -> bool:
        place = self._positions.get(node) if self._kept else None
        return place is not None and place.end.line in self._kept

    def holder(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """Return the node that ``node`` stands in; None for the module."""
        return self._wrapper.resolve(ParentNodeProvider).get(node)

    def changed(self, transformer: cst.CSTTransformer, imports: Iterable[str] = ()) -> str:
        """Return the code after ``transformer``, as `tidied` does."""
        return self.tidied(self.module.visit(transformer).code, imports)

    def tidied(self, code: str, imports: Iterable[str] = (), gone: str = "") -> str:
        """Return ``code``, which was made of the program, with ``imports`` added and unused ones
        gone, that of the symbol ``gone`` in any case. Raises `in_place.Conflict` where a person's
        file has another use for a name that an import binds."""
        if not self.in_place:
            return tidy(code, imports)
        return in_place.tidied(self.code, code, list(imports), gone)

    def spelling(self, path: str) -> tuple[str, str]:
        """Return how the program writes a symbol, and the import that it lacks for that."""
        there = in_place.spelling(self.code, path) if self.in_place else ""
        return (there, "") if there else spelling(path)


def spelling(path: str) -> tuple[str, str]:
    """Return how a program writes a symbol and the import that it needs (empty: none)."""
    parts = path.split(".")
    known = conventions()
    aliases = known.aliases
    if path in aliases:
        return aliases[path], imported(path, aliases[path])
    if len(parts) == 1:
        return path, "" if hasattr(builtins, path) else imported(path, path)
    for length in range(len(parts) - 1, 0, -1):
        prefix = ".".join(parts[:length])
        if prefix in aliases and (prefix not in known.shallow or length == len(parts) - 1):
            alias = aliases[prefix]
            return ".".join([alias, *parts[length:]]), imported(prefix, alias)
    return spelled(parts[-1], Import(".".join(parts[:-1]), parts[-1]))


def tidy(code: str, imports: Iterable[str] = ()) -> str:
    """Add import lines that are missing and take away those that nothing uses."""
    missing = [line for line in imports if line and line not in code.split("\n")]
    if missing:
        code = "\n".join(missing) + "\n" + code
    tree = ast.parse(code)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    lines = code.split("\n")
    head: list[str] = []
    gone: set[int] = set()
    for node in tree.body:
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        gone |= set(range(node.lineno - 1, node.end_lineno or node.lineno))
        kept = [a for a in node.names if _bound(a) in used]
        if kept:
            head.append(ast.unparse(_with_names(node, kept)))
    body = "\n".join(line for number, line in enumerate(lines) if number not in gone).strip("\n")
    head = merged(head)
    body = re.sub(r"\n{3,}", "\n\n", body)
    return ("\n".join(head) + "\n\n" if head else "") + body + "\n"


def _bound(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _with_names(node: ast.Import | ast.ImportFrom, names: list[ast.alias]) -> ast.stmt:
    if isinstance(node, ast.Import):
        return ast.Import(names=names)
    return ast.ImportFrom(module=node.module, names=names, level=node.level)
