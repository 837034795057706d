"""The same change of inputs in both codes of an entry.

A replacement that agrees on one input may not agree on others: `asfarray` and `asarray`
do on floats, two argument orders do on zeros. The numbers of both codes are changed
alike, so that the codes must still do the same as each other.
"""

from __future__ import annotations

import ast
import math
from collections import Counter
from collections.abc import Callable, Collection
from typing import TypeAlias

from recode_data.validate.places import Places, callee, with_prelude

Number: TypeAlias = "int | float"
Change: TypeAlias = Callable[["Number", int], "Number"]

VARIANTS = ("other data", "other arguments", "other variables", "whole numbers")
UNEVEN = "uneven arrays"
"""What `uneven` does: every array gets the same values, so equal arguments stay equal."""


def varied(old: str, new: str, names: Collection[str], label: str) -> tuple[str, str] | None:
    """Return both codes with their numbers changed as ``label`` of `VARIANTS` says, or
    `None` when they have no such number in common, or none would change."""
    choose = {"other arguments": _Arguments(names), "other variables": _Variables()}.get(
        label, _Data()
    )
    change = _whole if label == "whole numbers" else _other
    trees = ast.parse(old), ast.parse(new)
    chosen = [choose.numbers(tree) for tree in trees]
    if Counter(map(_key, chosen[0])) != Counter(map(_key, chosen[1])):
        return None  # one code has a number in another role: they would be changed apart
    altered = 0
    for numbers in chosen:
        seen: Counter[str] = Counter()
        for node in numbers:
            key = _key(node)
            value = change(node.value, seen[key])  # type: ignore[arg-type]
            seen[key] += 1
            altered += type(value) is not type(node.value) or value != node.value
            node.value = value
    if not altered:
        return None
    return ast.unparse(trees[0]), ast.unparse(trees[1])


def uneven(old: str, new: str) -> tuple[str, str] | None:
    """Return both codes with other values in the arrays that they make of one value, such
    as ``ones((3, 4))``; `None` when they make none, or not as many as each other."""
    counts, codes = [], []
    for code in (old, new):
        wrap = Places(_EVEN, "", _uneven)
        tree = wrap.visit(ast.parse(code))
        counts.append(wrap.found)
        codes.append(with_prelude(tree, _UNEVEN))
    return (codes[0], codes[1]) if counts[0] and counts[0] == counts[1] else None


def _uneven(node: ast.expr) -> ast.expr:
    if not isinstance(node, ast.Call):
        return node
    return ast.Call(ast.Name("recode_uneven", ast.Load()), [node], [])


_EVEN = frozenset(("ones", "zeros", "full", "ones_like", "zeros_like", "full_like"))
_UNEVEN = """
def recode_uneven(array):
    try:
        array.flat = [1 + place * 3 % 7 for place in range(array.size)]
    except Exception:
        pass
    return array
"""


class _Data(ast.NodeVisitor):
    """Collects the numbers inside list displays: the data of an example."""

    def __init__(self) -> None:
        self.found: list[ast.Constant] = []
        self.depth = 0

    def numbers(self, tree: ast.AST) -> list[ast.Constant]:
        self.found = []
        self.visit(tree)
        return self.found

    def visit_List(self, node: ast.List) -> None:
        self.depth += 1
        self.generic_visit(node)
        self.depth -= 1

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.visit(node.value)  # an index is not data

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg not in ("axis", "axes", "dtype", "shape", "ndmin", "order"):
            self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if self.depth and type(node.value) in (int, float):
            self.found.append(node)


class _Arguments(_Data):
    """Collects the numbers that are arguments of the changed call itself."""

    def __init__(self, names: Collection[str]) -> None:
        super().__init__()
        self.names = names

    def visit_List(self, node: ast.List) -> None:
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        inside = callee(node) in self.names
        self.visit(node.func)
        for part in [*node.args, *node.keywords]:
            self.depth += inside
            self.visit(part)
            self.depth -= inside


class _Variables(_Data):
    """Collects the numbers that a name is given by a plain assignment, ``a = 0``."""

    def visit_List(self, node: ast.List) -> None:
        """Data is another variant."""

    def visit_Assign(self, node: ast.Assign) -> None:
        plain = isinstance(node.value, ast.Constant | ast.UnaryOp)
        self.depth += plain
        self.visit(node.value)
        self.depth -= plain


def _key(node: ast.Constant) -> str:
    return repr(node.value)


def _other(value: Number, index: int) -> Number:
    """Another number of the same type, in the same order; equal ones become different."""
    if isinstance(value, int):
        return value + 1 + index
    if 0 < value < 1:  # a probability or a fraction stays one
        return value + (1 - value) * 0.1 * (1 + index % 5)
    return value + 0.375 * (1 + index)


def _whole(value: Number, _index: int) -> Number:
    return math.ceil(value) if isinstance(value, float) and math.isfinite(value) else value
