"""What each statement of an example reads, binds and may change, and which ones a use needs."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from functools import lru_cache

from recode_data.adapters import fitting
from recode_data.usage.example import Statement

_ASSERTING = re.compile(r"assert|(^|\.)(check|ok_|eq_)")


@dataclass
class Line:
    """A parsed statement with the names that it reads, binds and may change."""

    node: ast.stmt
    source: str
    shown: bool
    prose: str
    given: bool = False
    reads: set[str] = field(default_factory=set)
    binds: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)


@lru_cache(maxsize=200_000)
def line_of(statement: Statement) -> Line:
    """Parse a statement once, however many examples and recipes look at it."""
    try:
        body = ast.parse(statement.source).body
    except (SyntaxError, ValueError):
        body = []
    if len(body) != 1:
        return Line(ast.Pass(), "", False, "")
    shown = statement.shown and not _is_fit(body[0])
    line = Line(body[0], statement.source, shown, statement.prose, statement.given)
    _dependences(line)
    return line


def _is_fit(node: ast.stmt) -> bool:
    """Tell whether a statement fits an estimator: documentation shows what that returns,
    which is the estimator itself and says nothing."""
    call = node.value if isinstance(node, ast.Expr) else None
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.attr in fitting()
    )


def _dependences(line: Line) -> None:
    hidden: set[str] = set()
    for node in ast.walk(line.node):
        if isinstance(node, ast.Name):
            (line.reads if isinstance(node.ctx, ast.Load) else line.binds).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            line.binds.add(node.name)
        elif isinstance(node, ast.arg):
            hidden.add(node.arg)
        elif isinstance(node, ast.comprehension):
            hidden |= {name.id for name in ast.walk(node.target) if isinstance(name, ast.Name)}
        elif isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            line.changes.add(root(node))
    if isinstance(line.node, ast.FunctionDef | ast.ClassDef):
        line.reads -= (line.binds - {line.node.name}) | hidden
        line.binds = {line.node.name}
        # ``@app.command()`` makes the function known to ``app``, which does something else then.
        line.changes |= {root(each) for each in line.node.decorator_list if _is_part(each)}
    else:
        line.reads -= hidden
        line.binds -= hidden
    if isinstance(line.node, ast.AugAssign):
        line.changes.add(root(line.node.target))
    if isinstance(line.node, ast.Expr) and isinstance(line.node.value, ast.Call):
        call = line.node.value
        if not asserts(call) and not line.shown:
            line.changes.add(root(call.func))
            line.changes |= {root(arg) for arg in call.args}
    line.changes.discard("")


def _is_part(decorator: ast.expr) -> bool:
    """Tell whether a decorator is a part of an object, or made by one."""
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(called, ast.Attribute)


def root(node: ast.expr) -> str:
    """Return the name that an expression starts from: ``a`` of ``a.b[0].c()``; else empty."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call | ast.Starred):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def asserts(call: ast.Call) -> bool:
    """Tell whether a call checks a result, as ``assert_equal`` does."""
    return bool(_ASSERTING.search(ast.unparse(call.func)))


def names_in(node: ast.AST) -> set[str]:
    """Return the names that a piece of code mentions."""
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def needed_lines(lines: list[Line], index: int, needed: set[str], imported: set[str]) -> list[int]:
    """Return the numbers of the earlier lines that ``needed`` names depend on."""
    kept: list[int] = []
    for number in range(index - 1, -1, -1):
        line = lines[number]
        if isinstance(line.node, ast.Assert | ast.Pass) or (line.shown and not line.binds):
            continue
        binds, changes = line.binds & needed, (line.changes - imported) & needed
        if not binds and not changes:
            continue
        kept.append(number)
        if binds and not isinstance(line.node, ast.AugAssign | ast.If | ast.For) and not changes:
            needed -= binds
        needed |= line.reads | (line.changes - imported)
    return kept[::-1]
