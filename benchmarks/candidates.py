"""Candidates of known kinds for an entry: what a model might answer, good and bad."""

from __future__ import annotations

import ast
import builtins
import random
from collections.abc import Iterator

SIBLINGS = ("sum", "sort", "cumsum", "ravel", "mean", "flip", "unique", "clip", "max", "copy")


def candidates(old: str, new: str, dice: random.Random) -> Iterator[tuple[str, str]]:
    """Yield kind and code of each candidate that can be made for an entry."""
    yield "old code", old
    yield "new code", new
    yield "reformatted", ast.unparse(ast.parse(new))
    yield "renamed locals", ast.unparse(Rename(new).visit(ast.parse(new)))
    yield from _named("other import", other_import(new), new)
    yield from _named("half migration", half(old, new), new)
    yield from _named("wrong replacement", replaced(old, new, dice.choice(SIBLINGS)), new)
    yield from _named("hallucinated name", replaced(old, new, "", "_array"), new)
    yield "broken code", new.rstrip().removesuffix(")")[: max(1, len(new.rstrip()) - 1)] + "("
    yield from _named("changed constant", changed_constant(new, dice), new)


def _named(kind: str, code: str | None, new: str) -> Iterator[tuple[str, str]]:
    if code is not None and code != new:
        yield kind, code


class Rename(ast.NodeTransformer):
    """Gives every variable of the top level another name."""

    def __init__(self, code: str) -> None:
        stored = [
            node.id
            for node in ast.walk(ast.parse(code))
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        ]
        self.names = {name: f"item_{index}" for index, name in enumerate(dict.fromkeys(stored))}

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self.names.get(node.id, node.id)
        return node


def other_import(code: str) -> str | None:
    """Return ``code`` with ``import m as a`` written as ``import m``, or None."""
    tree = ast.parse(code)
    aliases = {
        alias.asname: alias.name
        for node in tree.body
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.asname and "." not in alias.name
    }
    if not aliases:
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = aliases.get(node.id, node.id)
        elif isinstance(node, ast.alias) and node.asname in aliases:
            node.asname = None
    return ast.unparse(tree)


def half(old: str, new: str) -> str | None:
    """Return the new code with one of its changed lines left as it was, or None."""
    before, after = old.split("\n"), new.split("\n")
    changed = [i for i, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]]
    if len(before) != len(after) or len(changed) < 2:
        return None
    after[changed[-1]] = before[changed[-1]]
    return "\n".join(after)


def replaced(old: str, new: str, sibling: str, suffix: str = "") -> str | None:
    """Return the new code with what came as a symbol or keyword named otherwise."""
    come = sorted(names(new) - names(old)) or sorted(
        name for name in names(new) & names(old) if name not in vars(builtins)
    )
    if not come:
        return None
    tree = ast.parse(new)
    for node in ast.walk(tree):
        for field in ("attr", "arg", "id"):
            if getattr(node, field, None) == come[0]:
                setattr(node, field, sibling or come[0] + suffix)
    return ast.unparse(tree)


def names(code: str) -> set[str]:
    """Return the attributes, keywords and builtins that a code names."""
    found = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.keyword) and node.arg:
            found.add(node.arg)
        elif isinstance(node, ast.Name) and node.id in vars(builtins):
            found.add(node.id)
    return found


def changed_constant(code: str, dice: random.Random) -> str | None:
    """Return the code with one number or text of it changed, or None."""
    tree = ast.parse(code)
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and type(node.value) in (int, float)
    ]
    if not found:
        return None
    chosen = dice.choice(found)
    chosen.value = chosen.value + (1 if isinstance(chosen.value, int) else 0.5)
    return ast.unparse(tree)
