"""Operators that leave both programs as they are and say something wrong of them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from benchmarks.operators.program import identifiers

GENERAL = "Various bugs were fixed, and the documentation was improved."
RELEASES = 5
"""How many versions of the matrix a wrong version lies before the measured one: more than
the two releases that deprecations are commonly announced ahead."""


def text_of_another(old: str, new: str, texts: Iterable[str]) -> str | None:
    """Return the first of ``texts`` that names nothing in which two programs differ."""
    changed = identifiers(ast.parse(old)) ^ identifiers(ast.parse(new))
    changed |= _constants(old) ^ _constants(new)
    for text in texts:
        if changed and not changed & set(re.findall(r"\w+", text)):
            return text
    return None


def _constants(code: str) -> set[str]:
    found = (n.value for n in ast.walk(ast.parse(code)) if isinstance(n, ast.Constant))
    return {word for value in found for word in re.findall(r"\w+", str(value))}


def version_before(matrix: list[str], measured: str) -> str | None:
    """Return a version `RELEASES` before the measured one, None where none is known."""
    index = matrix.index(measured) - RELEASES if measured in matrix else -1
    return matrix[index] if index >= 0 else None
