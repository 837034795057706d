"""One spelling for all codes that differ only in what does not matter.

Comments, docstrings, whitespace, quote style and local names are ignored: the code is
parsed, every name that the program itself binds gets a number in the order of its first
appearance, names bound by an import become the path they stand for, and the tree is
written out again. The renaming maps different names to different numbers, so two codes
of one normal form are the same program up to its own names.
"""

from __future__ import annotations

import ast
import re
import warnings

VERSION = "1"
"""Changes whenever a normal form changes: what was normalised before is done again."""

MARK = ">"
"""Stands between the words of an old and of a new code; no word is written like this."""

_LOCAL = re.compile(r"\b_\d+\b")
_COMMENT = re.compile(r"#.*")
_WORD = re.compile(r"\w+")
_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def normalise(code: str) -> str:
    """Return the normal form of ``code``; of a code that does not parse, its tokens."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes are the code's own affair
            tree = ast.parse(code)
        paths, bound = _names(tree)
        return ast.unparse(_Renamed(paths, bound).visit(tree))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return " ".join(_COMMENT.sub("", code).replace("'", '"').split())


def code_words(normal: str) -> list[str]:
    """Return the words of one normal form.

    Local names are all alike here: one more local shifts the numbers of those after it,
    and that must not make two codes look different.
    """
    return _WORD.findall(_LOCAL.sub("_", normal))


def _names(tree: ast.Module) -> tuple[dict[str, str], set[str]]:
    """Return what imports bind, name to path, and what else the program binds."""
    paths: dict[str, str] = {}
    bound: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            paths |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found = {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
            paths |= found
        else:
            bound |= _binds(node)
    return {name: path for name, path in paths.items() if name not in bound}, bound


def _binds(node: ast.AST) -> set[str]:
    """Return the names that one node other than an import binds."""
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        return {node.id}
    if isinstance(node, ast.arg):
        return {node.arg}
    if isinstance(node, _NAMED):
        return {node.name}
    if isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
        return {node.name}
    if isinstance(node, ast.MatchMapping) and node.rest:
        return {node.rest}
    return set()


class _Renamed(ast.NodeTransformer):
    """Writes paths for imported names and numbers for the program's own."""

    def __init__(self, paths: dict[str, str], bound: set[str]) -> None:
        self.paths = paths
        self.bound = bound
        self.numbers: dict[str, str] = {}

    def _number(self, name: str) -> str:
        return self.numbers.setdefault(name, f"_{len(self.numbers)}")

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [part for part in node.body if not _is_text(part)] or [ast.Pass()]
        for field in ("name", "rest", "arg"):
            self._rename_field(node, field)
        if isinstance(node, ast.Global | ast.Nonlocal):
            node.names = [self._number(name) for name in node.names]
        if isinstance(node, ast.alias):
            self._rename_alias(node)
        if isinstance(node, ast.Name):
            return self._renamed_name(node)
        return self.generic_visit(node)

    def _rename_field(self, node: ast.AST, field: str) -> None:
        name = getattr(node, field, None)
        is_own = not isinstance(node, ast.alias | ast.keyword)
        if is_own and isinstance(name, str) and name in self.bound:
            setattr(node, field, self._number(name))

    def _renamed_name(self, node: ast.Name) -> ast.AST:
        if node.id in self.paths:
            return ast.Name(self.paths[node.id], node.ctx)
        if node.id in self.bound:
            return ast.Name(self._number(node.id), node.ctx)
        return node

    def _rename_alias(self, alias: ast.alias) -> None:
        name = alias.asname or alias.name
        if name in self.bound:
            alias.asname = self._number(name)
        elif name in self.paths:
            alias.asname = None


def _is_text(node: ast.stmt) -> bool:
    """Tell whether a statement is a bare string: a docstring, or a comment in disguise."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
