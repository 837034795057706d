"""Cut a small program out of an example: what one use of a symbol needs, and its result.

The program holds the statements that the use depends on, by data, and prints the value
that the documentation shows or the test compares. Nothing else stays.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from recode_data.adapters import every
from recode_data.usage.dependences import Line, line_of, names_in, needed_lines
from recode_data.usage.ending import (
    constructs,
    ending,
    use_of_a_definition,
    use_of_a_fitted,
    use_of_a_result,
)
from recode_data.usage.example import Example, Import, Snippet
from recode_data.usage.imports import merged, public, spelled

_BUILTIN = frozenset(dir(builtins))
LONGEST = 40
"""Lines of a program at most."""
_OUTSIDE = re.compile(
    r"\b(urlopen|subprocess|sys\.exit|datetime\.now|time\.time|id\(|getrefcount)\b"
)
_BUILTINS_OUTSIDE = {"open", "exec", "eval", "input", "compile", "__file__"}
"""Of Python's own names: those that reach files, a person, or code that is no program's own."""


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
        for snippet in _cuts(example, lines, index, hits):
            if snippet.code not in seen:
                seen.add(snippet.code)
                yield snippet


def _cuts(
    example: Example, lines: list[Line], index: int, hits: list[ast.AST]
) -> Iterator[Snippet]:
    """Yield the program around some hits, and the one that shows later what became of the object
    that they make: first, where it is one of a class, which tells little of itself."""
    plain = cut(example, lines, index, hits)
    later = use_of_a_result(lines, index, set(dict(example.imports)))
    further = later and _program(example, lines, index, later[0], later[1])
    found = [each for each in (plain, further) if each]
    yield from reversed(found) if constructs(lines[index].node) else found


def _lines(example: Example) -> list[Line]:
    """Return the statements of an example, as many as it has, each with its dependences."""
    return [line_of(statement) for statement in example.statements]


def cut(example: Example, lines: list[Line], index: int, hits: list[ast.AST]) -> Snippet | None:
    """Return the program around ``hits``, nodes of line ``index`` of an example, that needs
    nothing but what it holds; None when there is none."""
    imports = set(dict(example.imports))
    used = use_of_a_fitted(lines, index, imports)
    inside = None if used else use_of_a_definition(lines, index, imports)
    if used := used or inside:
        return _program(example, lines, index, used[0], [used[1]], inside is not None)
    body, shown, needed = ending(lines, index, hits)
    return _written(example, lines, (index, index), body, shown, needed)


def _program(  # noqa: PLR0917
    example: Example,
    lines: list[Line],
    index: int,
    end: int,
    shown: Sequence[str],
    inside: bool = False,
) -> Snippet | None:
    """Return the program that ends at line ``end`` with what is ``shown`` there of line
    ``index``."""
    needed = {name for each in shown for name in names_in(ast.parse(each))}
    body = [f"print({each})" for each in shown]
    return _written(example, lines, (index, end), body, shown[0], needed, inside)


def _written(  # noqa: PLR0917
    example: Example,
    lines: list[Line],
    place: tuple[int, int],
    body: list[str],
    shown: str,
    needed: set[str],
    inside: bool = False,
) -> Snippet | None:
    """Return the program of the lines before the end of ``place`` that ``needed`` names depend
    on, and of ``body``."""
    if not body:
        return None
    line, imports = lines[place[0]], dict(example.imports)
    kept = [lines[number] for number in needed_lines(lines, place[1], set(needed), set(imports))]
    constants = constants_of(kept, line)
    statements = [one.source for one in kept if not one.binds & constants.keys()] + body
    code = program(statements, imports, constants)
    if code is None or code.count("\n") > LONGEST or reaches_outside(code):
        return None
    where = example.location, example.place, example.title, example.summary
    return Snippet(code, *where, line.prose, shown, inside)


def reaches_outside(code: str) -> bool:
    """Tell whether a program reaches what is not its own: files that lie elsewhere, the clock,
    other processes. A method of such a name, or a variable, reaches nothing.

    >>> reaches_outside("f = open('a')"), reaches_outside("p = re.compile('a')")
    (True, False)
    """
    if _OUTSIDE.search(code):
        return True
    nodes = list(ast.walk(ast.parse(code)))
    names = [node for node in nodes if isinstance(node, ast.Name)]
    bound = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
    bound |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    bound |= {(a.asname or a.name) for n in nodes if isinstance(n, ast.ImportFrom) for a in n.names}
    if {node.id for node in names} & (_BUILTINS_OUTSIDE - bound):
        return True
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "open"
        and any(isinstance(each, ast.Constant) for each in node.args[:1])
        for node in nodes
    )


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
            found = public(imports[node.id])
            if found.module.startswith("_") and found.module != "__future__":
                return None  # no user imports a private package
            text, line = spelled(node.id, found)
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
    for pattern, put in every("seeds"):
        code = pattern.sub(put, code)
    return code
