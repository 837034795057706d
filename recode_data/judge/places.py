"""Where a program uses the changed API: the nodes that a mutant wraps or alters."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection

Wrap = Callable[[ast.expr], ast.expr]


class Places(ast.NodeTransformer):
    """Rewrites every use of ``names`` (a call, or a bare reference) with ``wrap``.

    With a ``keyword`` only calls that pass it count. ``found`` counts the uses;
    ``unused`` those whose result is thrown away, as of a function that works in place.
    """

    def __init__(self, names: Collection[str], keyword: str, wrap: Wrap, drop: bool = False):
        self.names, self.keyword = set(names), keyword
        self.wrap, self.drop = wrap, drop
        self.found = 0

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom:
        for alias in node.names:
            if alias.name in self.names and alias.asname:
                self.names.add(alias.asname)
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        if self.drop and isinstance(node.value, ast.Call) and self._matches(node.value):
            self.found += 1
            arguments: list[ast.expr] = [*node.value.args, *(k.value for k in node.value.keywords)]
            plain = [part for part in arguments if not isinstance(part, ast.Starred)]
            return ast.Expr(ast.Tuple(plain, ast.Load()))
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        matched = self._matches(node)
        if matched:  # the callee itself stays, only what it returns is wrapped
            node.args = [self.visit(part) for part in node.args]
            node.keywords = [self.visit(part) for part in node.keywords]
            if isinstance(node.func, ast.Attribute):
                node.func.value = self.visit(node.func.value)
            self.found += 1
            return self.wrap(node)
        self.generic_visit(node)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        return self._reference(node, node.attr)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._reference(node, node.id)

    def _reference(self, node: ast.Attribute | ast.Name, name: str) -> ast.expr:
        if self.keyword or name not in self.names or not isinstance(node.ctx, ast.Load):
            return node
        self.found += 1
        return self.wrap(node)

    def _matches(self, node: ast.Call) -> bool:
        if callee(node) not in self.names:
            return False
        return not self.keyword or any(part.arg == self.keyword for part in node.keywords)


def callee(node: ast.Call) -> str:
    """Return the last name of what ``node`` calls, empty when it has none."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def last_part(path: str) -> str:
    """Return the last name of a traced path: ``mean`` of ``pkg.mean(axis=)``."""
    return path.partition("(")[0].rstrip("=").rpartition(".")[2]


def with_prelude(tree: ast.AST, prelude: str) -> str:
    """Return the source of ``tree`` with ``prelude`` after its docstring and futures.

    The prelude is joined as text: to parse it and write it again for each program takes
    longer than the program itself.
    """
    assert isinstance(tree, ast.Module)
    at = 0
    for index, node in enumerate(tree.body):
        docstring = (
            index == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        )
        if docstring or (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
            at = index + 1
    parts = tree.body[:at], tree.body[at:]
    head, rest = (ast.unparse(ast.Module(body, [])) for body in parts)
    return "\n".join(part for part in (head, prelude.strip(), rest) if part)
