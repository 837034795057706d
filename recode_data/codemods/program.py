"""A parsed program whose names are resolved through imports.

A `Use` says which nodes of a program a change is about. A symbol at module level is found
by its qualified name (``np.in1d``, ``from numpy import in1d as f``); a member of a class
only at the sites where a run of the program showed a receiver of that class.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider, QualifiedNameProvider

from recode_data.usage.example import Import
from recode_data.usage.imports import conventions, merged, spelled

Site = tuple[int, int]
"""Line and column at which an attribute ends: ``x.append`` in ``x.append(y)``."""


@dataclass(frozen=True)
class Use:
    """The symbol whose uses a codemod changes, and its sites when it is a class's member."""

    symbol: str
    sites: frozenset[Site] | None = None

    @property
    def leaf(self) -> str:
        return self.symbol.rpartition(".")[2]


@lru_cache(maxsize=64)
def _parsed(code: str) -> MetadataWrapper:
    """Return a program's tree, which nothing changes: a search tries many changes of it."""
    return MetadataWrapper(cst.parse_module(code), unsafe_skip_copy=True)


class Program:
    """A program that a codemod changes: its tree and what its names stand for."""

    def __init__(self, code: str) -> None:
        wrapper = _parsed(code)
        self.module = wrapper.module
        self._names = wrapper.resolve(QualifiedNameProvider)
        self._positions = wrapper.resolve(PositionProvider)

    def path(self, node: cst.CSTNode) -> str:
        """Return the full path of an imported or built-in name, or an empty string."""
        found = self._names.get(node, ())
        names = found() if callable(found) else found
        for name in names:
            if name.source.name == "IMPORT":
                return str(name.name)
            if name.source.name == "BUILTIN":
                return str(name.name).removeprefix("builtins.")
        return ""

    def is_use(self, node: cst.CSTNode, use: Use) -> bool:
        """Tell whether ``node`` (a name or an attribute) is a use of ``use.symbol``."""
        if use.sites is None:
            return self.path(node) == use.symbol
        if not isinstance(node, cst.Attribute) or node.attr.value != use.leaf:
            return False
        end = self._positions[node].end
        return (end.line, end.column) in use.sites

    def changed(self, transformer: cst.CSTTransformer, imports: Iterable[str] = ()) -> str:
        """Return the code after ``transformer``, with ``imports`` added and unused ones gone."""
        code = self.module.visit(transformer).code
        return tidy(code, imports)


def spelling(path: str) -> tuple[str, str]:
    """Return how a program writes a symbol and the import that it needs (empty: none)."""
    parts = path.split(".")
    known = conventions()
    aliases = known.aliases
    if path in aliases:
        return aliases[path], f"import {path} as {aliases[path]}"
    if len(parts) == 1:
        return path, ""
    for length in range(len(parts) - 1, 0, -1):
        prefix = ".".join(parts[:length])
        if prefix in aliases and (prefix not in known.shallow or length == len(parts) - 1):
            alias = aliases[prefix]
            return ".".join([alias, *parts[length:]]), f"import {prefix} as {alias}"
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
