"""Cut a small program out of an example: what one use of a symbol needs, and its result.

The program holds the statements that the use depends on, by data, and prints the value
that the documentation shows or the test compares. Nothing else stays.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from recode_data.usage.dependences import Line, line_of, names_in, needed_lines
from recode_data.usage.ending import ending, use_of_a_fitted
from recode_data.usage.example import Example, Import, Snippet
from recode_data.usage.program import constants_of, program

LONGEST = 40
"""Lines of a program at most."""
_OUTSIDE = re.compile(
    r"\b(open|exec|eval|input|compile|__file__|tmp_path|tmpdir|monkeypatch|capsys|request|"
    r"urlopen|subprocess|sys\.exit|datetime\.now|time\.time|id\(|getrefcount|caplog)\b"
)


@dataclass(frozen=True)
class Target:
    """What use is looked for: a node for which ``hit(node, imports)`` is true."""

    hit: Callable[[ast.AST, dict[str, Import]], bool]
    word: str = ""
    """A statement without this word is not looked at."""


def snippets(example: Example, target: Target, most: int = 6) -> Iterator[Snippet]:
    """Yield at most ``most`` programs, one for each use of ``target`` in the example."""
    lines = _lines(example)
    imports = dict(example.imports)
    seen: set[str] = set()
    for index, line in enumerate(lines):
        if index < example.context or target.word not in line.source or len(seen) >= most:
            continue
        hits = [node for node in ast.walk(line.node) if target.hit(node, imports)]
        if not hits:
            continue
        snippet = _cut(example, lines, index, hits, imports)
        if snippet is not None and snippet.code not in seen:
            seen.add(snippet.code)
            yield snippet


def _lines(example: Example) -> list[Line]:
    """Return the statements of an example, as many as it has, each with its dependences."""
    return [line_of(statement) for statement in example.statements]


def _cut(
    example: Example,
    lines: list[Line],
    index: int,
    hits: list[ast.AST],
    imports: dict[str, Import],
) -> Snippet | None:
    line = lines[index]
    body, shown, needed = ending(lines, index, hits)
    end = index
    if used := use_of_a_fitted(lines, index, set(imports)):
        end, shown = used
        body, needed = [f"print({shown})"], names_in(ast.parse(shown))
    if not body:
        return None
    kept = [lines[number] for number in needed_lines(lines, end, set(needed), set(imports))]
    constants = constants_of(kept, line)
    statements = [one.source for one in kept if not one.binds & constants.keys()] + body
    code = program(statements, imports, constants)
    if code is None or code.count("\n") > LONGEST or _OUTSIDE.search(code):
        return None
    return Snippet(
        code, example.location, example.place, example.title, example.summary, line.prose, shown
    )
