"""Examples in the scripts of a gallery: a docstring, comments, and statements."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from recode_data.usage.documented import summary
from recode_data.usage.example import Example, Statement
from recode_data.usage.imports import USUAL, read_imports
from recode_data.usage.wanted import Wanted

_COMMENT = re.compile(r"^#(?! ?%%| ?-{3}| ?={3}|#) ?(.*)$")


def from_script(source: str, location: str, wanted: Wanted) -> Iterator[Example]:
    """Yield the one example that a gallery's script is, when it mentions a wanted name."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return
    if not wanted.search(source):
        return
    told = (ast.get_docstring(tree) or "").strip()
    title = told.partition("\n")[0].strip() or location.rpartition("/")[2]
    lines = source.split("\n")
    kept = []
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AugAssign | ast.Expr | ast.FunctionDef | ast.For):
            text = ast.get_source_segment(source, node) or ast.unparse(node)
            if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
                kept.append(Statement(text, False, _comment(lines, node.lineno - 1)))
    if kept:
        imports = {**USUAL, **read_imports(ast.walk(tree))}  # type: ignore[arg-type]
        about = summary(told.partition("\n\n")[2])
        yield Example(location, "docs", title, about, tuple(imports.items()), tuple(kept))


def _comment(lines: list[str], number: int) -> str:
    """Return the comment right above a line, when it is one sentence."""
    words: list[str] = []
    while number and (found := _COMMENT.match(lines[number - 1])):
        words.insert(0, found[1].strip())
        number -= 1
    text = " ".join(words)
    return text.rstrip(":") if 0 < len(text) <= 160 else ""
