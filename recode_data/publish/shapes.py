"""How much of a program a migration changes, and what: so that rows can be chosen by it."""

from __future__ import annotations

import ast
from typing import Literal, TypeAlias

from recode_data.judge.alignment import Site, align

ShapeName: TypeAlias = Literal[
    "import", "name", "value", "keyword", "call", "expression", "statements"
]
ORDER: tuple[ShapeName, ...] = (
    *("import", "name", "value", "keyword", "call", "expression", "statements"),
)
"""From what is least to what is most to write."""


def shape_of(old: str, new: str) -> tuple[int, ShapeName]:
    """Return the number of places where two codes differ, and the largest kind of difference.

    The kinds are ``import`` (the same name from elsewhere), ``name`` (another function, method
    or attribute with the same arguments), ``value`` (another constant), ``keyword`` (keywords of
    the same call), ``call`` (other arguments), ``expression`` and ``statements``. Raises what
    `ast.parse` raises.
    """
    sites = align(old, new).sites
    return len(sites), max(map(_shape, sites), key=ORDER.index, default="import")


def lines_of(code: str) -> int:
    """Return the lines of a code without blank ones and those that hold a comment alone."""
    lines = (line.strip() for line in code.splitlines())
    return sum(bool(line) and not line.startswith("#") for line in lines)


def _shape(site: Site) -> ShapeName:
    sides = [side for side in (site.old, site.new) if side is not None]
    if all(isinstance(side, ast.Import | ast.ImportFrom) for side in sides):
        return "import"
    if len(sides) == 1 or any(isinstance(side, ast.stmt) for side in sides):
        return "statements"
    old, new = sides
    if isinstance(old, ast.Constant) and isinstance(new, ast.Constant):
        return "value"
    if all(isinstance(side, ast.Name | ast.Attribute | ast.alias) for side in sides):
        return "name"
    if isinstance(old, ast.Call) and isinstance(new, ast.Call):
        return _shape_of_call(old, new)
    return "expression"


def _shape_of_call(old: ast.Call, new: ast.Call) -> ShapeName:
    by_place = list(map(ast.dump, old.args)) == list(map(ast.dump, new.args))
    by_name = sorted(map(ast.dump, old.keywords)) == sorted(map(ast.dump, new.keywords))
    if by_place and by_name:
        return "name"
    return "keyword" if by_place and ast.dump(old.func) == ast.dump(new.func) else "call"
