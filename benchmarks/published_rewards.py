"""The published ES* as an algorithm, to time ours against it: regular expressions that put
placeholders for strings, `ast.parse`, and the whole Levenshtein matrix in pure Python.

Written anew after its description (arXiv 2506.20495 and its repository); the faults of its
normaliser do not matter here, its cost does.
"""

from __future__ import annotations

import ast
import re

STRING = re.compile(r"'''.*?'''|\"\"\".*?\"\"\"|'.*?'|\".*?\"", re.DOTALL)


def distance(left: str, right: str) -> int:
    """Return the Levenshtein distance by filling the (m + 1) × (n + 1) matrix."""
    matrix = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for row in range(len(left) + 1):
        matrix[row][0] = row
    for column in range(len(right) + 1):
        matrix[0][column] = column
    for row in range(1, len(left) + 1):
        for column in range(1, len(right) + 1):
            if left[row - 1] == right[column - 1]:
                matrix[row][column] = matrix[row - 1][column - 1]
            else:
                matrix[row][column] = 1 + min(
                    matrix[row - 1][column],
                    matrix[row][column - 1],
                    matrix[row - 1][column - 1],
                )
    return matrix[-1][-1]


def strip(code: str) -> str:
    """Drop comments and blank lines with strings replaced by numbered placeholders."""
    held: list[str] = []

    def hold(found: re.Match[str]) -> str:
        held.append(found[0])
        return f"STRING_PLACEHOLDER_{len(held) - 1}"

    bare = re.sub(r"#.*?$", "", STRING.sub(hold, code), flags=re.MULTILINE)
    for number, string in enumerate(held):
        bare = bare.replace(f"STRING_PLACEHOLDER_{number}", string)
    return re.sub(r"\n\s*\n", "\n", bare).strip()


def es_star(completion: str, target: str) -> float:
    """Return the published reward of one completion."""
    blocks = re.findall(r"```python\n(.*?)\n```", completion, re.DOTALL)
    if not blocks:
        return -2.0
    code, target = strip(blocks[0].strip()), strip(target)
    try:
        ast.parse(code)
    except SyntaxError:
        return -2.0
    return (1 - distance(code, target) / max(len(code), len(target))) * 3.5 - 1.5
