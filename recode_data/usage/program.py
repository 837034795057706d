"""Statements put together to a program that runs alone: imports, constants, a seed."""

from __future__ import annotations

import ast
import builtins
import re
from collections import Counter

from recode_data.usage.dependences import Line
from recode_data.usage.example import Import
from recode_data.usage.imports import merged, public, spelled

_BUILTIN = frozenset(dir(builtins))


def constants_of(kept: list[Line], last: Line) -> dict[str, str]:
    """Return the parameters of a test that are plain values, to be written where they are used."""
    bound = Counter(name for line in [*kept, last] for name in line.binds | line.changes)
    return {
        line.node.targets[0].id: ast.unparse(line.node.value)
        for line in kept
        if line.given
        and isinstance(line.node, ast.Assign)
        and isinstance(line.node.targets[0], ast.Name)
        and isinstance(line.node.value, ast.Constant)
        and bound[line.node.targets[0].id] == 1
    }


def program(
    statements: list[str], imports: dict[str, Import], constants: dict[str, str]
) -> str | None:
    """Join statements with the imports that they need; None when a name is unknown."""
    code = "\n".join(statements)
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError):
        return None
    # Before Python 3.12 names inside an f-string have no position of their own.
    inside = {
        id(node)
        for text in ast.walk(tree)
        if isinstance(text, ast.JoinedStr)
        for node in ast.walk(text)
    }
    if constants and inside:
        return None
    bound = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
    }
    bound |= {
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
    bound |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    loads = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in bound
    ]
    header: set[str] = set()
    edits: list[tuple[int, int, int, str]] = []
    for node in loads:
        if node.id in constants:
            edits.append((node.lineno, node.col_offset, len(node.id.encode()), constants[node.id]))
        elif node.id in imports:
            text, line = spelled(node.id, public(imports[node.id]))
            header.update(line.split("\n"))
            if text == node.id:
                continue
            if id(node) in inside:
                return None
            edits.append((node.lineno, node.col_offset, len(node.id.encode()), text))
        elif node.id not in _BUILTIN:
            return None
    code = _seeded(_edited(code, edits))
    try:
        ast.parse(code)
    except SyntaxError:
        return None
    return "\n".join([*merged(header), "", code] if header else [code]) + "\n"


def _edited(code: str, edits: list[tuple[int, int, int, str]]) -> str:
    lines = [line.encode() for line in code.split("\n")]
    for row, column, length, text in sorted(edits, reverse=True):
        line = lines[row - 1]
        rest = line[column + length :]
        number = rest.startswith(b".") and re.match(r"[-\d]", text)  # 1.real is no attribute
        written = f"({text})" if number else text
        lines[row - 1] = line[:column] + written.encode() + rest
    return b"\n".join(lines).decode()


def _seeded(code: str) -> str:
    """Give random numbers a seed, so that every run prints the same."""
    code = re.sub(r"\b(default_rng|RandomState)\(\)", r"\1(12345)", code)
    if re.search(r"\bnp\.random\.(?!default_rng|RandomState|seed|Generator)\w+\(", code) and (
        "np.random.seed(" not in code
    ):
        code = f"np.random.seed(12345)\n{code}"
    return code
