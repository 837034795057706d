"""Which class each receiver of ``x.name`` really has, seen by running the program once."""

from __future__ import annotations

import ast

from recode_data.codemods.source import Site
from recode_data.records import Run

MARK = "@@receiver"
_PRELUDE = f"""
def _seen(line, column, receiver):
    kind = receiver if isinstance(receiver, type) else type(receiver)
    names = [c.__module__ + "." + c.__name__ for c in kind.__mro__]
    print("\\n{MARK}", line, column, *names)
    return receiver
"""


def instrumented(code: str, name: str) -> str:
    """Return ``code`` that prints, for every attribute ``name`` it takes, of what class."""
    tree = _Watch(name).visit(ast.parse(code))
    prelude = ast.parse(_PRELUDE).body
    first = next(
        (
            number
            for number, node in enumerate(tree.body)
            if not (isinstance(node, ast.ImportFrom) and node.module == "__future__")
        ),
        0,
    )
    tree.body[first:first] = prelude
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


class _Watch(ast.NodeTransformer):
    def __init__(self, name: str) -> None:
        self.name = name

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if node.attr != self.name:
            return node
        place = [ast.Constant(node.end_lineno), ast.Constant(node.end_col_offset)]
        node.value = ast.Call(ast.Name("_seen", ast.Load()), [*place, node.value], [])
        return node


def sites_of(run: Run, owner: str) -> frozenset[Site]:
    """Return the sites whose receiver was always an instance of ``owner`` (or ``owner``).

    ``owner`` is a public path, ``pandas.Series``; the class may live elsewhere in the same
    top package, ``pandas.core.series.Series``.
    """
    top, leaf = owner.partition(".")[0], owner.rpartition(".")[2]
    right: set[Site] = set()
    wrong: set[Site] = set()
    for line in run.stdout.split("\n"):
        if not line.startswith(MARK):
            continue
        row, column, *classes = line.removeprefix(MARK).split()
        fits = any(c.partition(".")[0] == top and c.rpartition(".")[2] == leaf for c in classes)
        (right if fits else wrong).add((int(row), int(column)))
    return frozenset(right - wrong)
