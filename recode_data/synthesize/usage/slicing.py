"""Cut a small program out of an example: what one use of a symbol needs, and its result.

The program holds the statements that the use depends on, by data, and prints the value
that the documentation shows or the test compares. Nothing else stays.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from recode_data.synthesize.usage.example import Example, Import, Snippet, Statement
from recode_data.synthesize.usage.imports import merged, public, spelled

LONGEST = 40
"""Lines of a program at most."""
AFTER = 2
"""So many later lines that show what became of the result are kept."""
FITS = ("fit", "partial_fit", "fit_transform", "fit_predict")
"""Methods that an object is made for: nobody prints an estimator before it is fitted."""
FOLLOWED = 25
"""So many later statements are looked at for what a fitted estimator is used for."""
_BUILTIN = frozenset(dir(builtins))
_ASSERTING = re.compile(r"assert|(^|\.)(check|ok_|eq_)")
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


@dataclass
class _Line:
    """A parsed statement with the names that it reads, binds and may change."""

    node: ast.stmt
    source: str
    shown: bool
    prose: str
    given: bool = False
    reads: set[str] = field(default_factory=set)
    binds: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)


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


def _lines(example: Example) -> list[_Line]:
    """Return the statements of an example, as many as it has, each with its dependences."""
    return [_line(statement) for statement in example.statements]


@lru_cache(maxsize=200_000)
def _line(statement: Statement) -> _Line:
    """Parse a statement once, however many examples and recipes look at it."""
    try:
        body = ast.parse(statement.source).body
    except (SyntaxError, ValueError):
        body = []
    if len(body) != 1:
        return _Line(ast.Pass(), "", False, "")
    shown = statement.shown and not _is_fit(body[0])
    line = _Line(body[0], statement.source, shown, statement.prose, statement.given)
    _dependences(line)
    return line


def _is_fit(node: ast.stmt) -> bool:
    """Tell whether a statement fits an estimator: documentation shows what that returns,
    which is the estimator itself and says nothing."""
    call = node.value if isinstance(node, ast.Expr) else None
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.attr in FITS
    )


def _dependences(line: _Line) -> None:
    hidden: set[str] = set()
    for node in ast.walk(line.node):
        if isinstance(node, ast.Name):
            (line.reads if isinstance(node.ctx, ast.Load) else line.binds).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            line.binds.add(node.name)
        elif isinstance(node, ast.arg):
            hidden.add(node.arg)
        elif isinstance(node, ast.comprehension):
            hidden |= {name.id for name in ast.walk(node.target) if isinstance(name, ast.Name)}
        elif isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            line.changes.add(_root(node))
    if isinstance(line.node, ast.FunctionDef | ast.ClassDef):
        line.reads -= (line.binds - {line.node.name}) | hidden
        line.binds = {line.node.name}
    else:
        line.reads -= hidden
        line.binds -= hidden
    if isinstance(line.node, ast.AugAssign):
        line.changes.add(_root(line.node.target))
    if isinstance(line.node, ast.Expr) and isinstance(line.node.value, ast.Call):
        call = line.node.value
        if not _asserts(call) and not line.shown:
            line.changes.add(_root(call.func))
            line.changes |= {_root(arg) for arg in call.args}
    line.changes.discard("")


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call | ast.Starred):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _asserts(call: ast.Call) -> bool:
    return bool(_ASSERTING.search(ast.unparse(call.func)))


def _cut(
    example: Example,
    lines: list[_Line],
    index: int,
    hits: list[ast.AST],
    imports: dict[str, Import],
) -> Snippet | None:
    line = lines[index]
    body, shown, needed = _ending(lines, index, hits)
    end = index
    if used := _use_of_a_fitted(lines, index, set(imports)):
        end, shown = used
        body, needed = [f"print({shown})"], _names(ast.parse(shown))
    if not body:
        return None
    kept = [lines[number] for number in _slice(lines, end, set(needed), set(imports))]
    constants = _constants(kept, line)
    statements = [one.source for one in kept if not one.binds & constants.keys()] + body
    code = _program(statements, imports, constants)
    if code is None or code.count("\n") > LONGEST or _OUTSIDE.search(code):
        return None
    return Snippet(
        code, example.location, example.place, example.title, example.summary, line.prose, shown
    )


def _ending(lines: list[_Line], index: int, hits: list[ast.AST]) -> tuple[list[str], str, set[str]]:
    """Return the last statements of the program, what is printed, and the names they need."""
    line = lines[index]
    node = line.node
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
        body, names = [line.source], set(line.reads | line.changes)
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        results = [name for target in targets for name in _results(target)]
        later = _later(lines, index, set(results))
        if later:
            return body + [f"print({s})" for s, _ in later], later[0][0], names | _all(later)
        return body + [f"print({name})" for name in results], ", ".join(results), names
    if isinstance(node, ast.Expr | ast.Assert):
        expression = _shown(node, hits)
        if expression is None:
            return [], "", set()
        source = ast.unparse(expression)
        reads = {n.id for n in ast.walk(expression) if isinstance(n, ast.Name)} & line.reads
        if isinstance(node, ast.Expr) and not line.shown and expression is node.value:
            later = _later(lines, index, {name for name in line.changes if name})
            if later:
                return (
                    [source, *(f"print({s})" for s, _ in later)],
                    later[0][0],
                    reads | _all(later),
                )
        if isinstance(expression, ast.Call) and ast.unparse(expression.func) == "print":
            return [source], source, reads
        return [f"print({source})"], source, reads
    return [], "", set()


def _use_of_a_fitted(lines: list[_Line], index: int, imported: set[str]) -> tuple[int, str] | None:
    """Return where an estimator that line ``index`` makes is used after it was fitted, and the
    expression that shows the use; None when it makes none, or nothing later shows one."""
    node = lines[index].node
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
        return None
    alive = {name for target in node.targets for name in _results(target)}
    fitted = False
    for number in range(index + 1, min(index + 1 + FOLLOWED, len(lines))):
        line = lines[number]
        fitted = fitted or any(_fits(part, alive) for part in ast.walk(line.node))
        if fitted and line.shown and line.reads & alive:
            expression = _shown(line.node, [n for n in ast.walk(line.node) if _named(n, alive)])
            if expression is not None and not ast.unparse(expression).startswith("print("):
                needed = _names(expression) & line.reads
                whole = index in _slice(lines, number, set(needed), imported)
                return (number, ast.unparse(expression)) if whole else None
        if isinstance(line.node, ast.Assign) and line.reads & alive:
            alive |= line.binds
    return None


def _fits(node: ast.AST, names: set[str]) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in FITS and _named(node.value, names)


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _all(later: list[tuple[str, set[str]]]) -> set[str]:
    return {name for _, names in later for name in names}


def _results(target: ast.expr) -> list[str]:
    if isinstance(target, ast.Tuple | ast.List):
        return [name for element in target.elts for name in _results(element)]
    if isinstance(target, ast.Starred):
        return _results(target.value)
    return [_root(target)] if _root(target) not in ("", "_") else []


def _later(lines: list[_Line], index: int, names: set[str]) -> list[tuple[str, set[str]]]:
    """Return what later lines show of ``names`` before they are bound again."""
    found: list[tuple[str, set[str]]] = []
    bound = {name for line in lines[:index] for name in line.binds} | names
    for line in lines[index + 1 :]:
        if line.shown and isinstance(line.node, ast.Expr | ast.Assert) and line.reads & names:
            expression = _shown(line.node, [n for n in ast.walk(line.node) if _named(n, names)])
            if expression is not None:
                expression = _unprinted(expression)
                reads = {n.id for n in ast.walk(expression) if isinstance(n, ast.Name)}
                source = ast.unparse(expression)
                if source not in [text for text, _ in found] and not (reads & names) - bound:
                    found.append((source, (reads & line.reads) - names))
        if line.binds & names or line.changes & names or len(found) >= AFTER:
            break
    return [(source, reads) for source, reads in found if not source.startswith("print(")]


def _unprinted(expression: ast.expr) -> ast.expr:
    """Return what ``print(x)`` prints, when it is one value."""
    called = isinstance(expression, ast.Call) and ast.unparse(expression.func) == "print"
    if called and isinstance(expression, ast.Call) and len(expression.args) == 1:
        return expression if expression.keywords else expression.args[0]
    return expression


def _named(node: ast.AST, names: set[str]) -> bool:
    return isinstance(node, ast.Name) and node.id in names


def _shown(node: ast.stmt, hits: list[ast.AST]) -> ast.expr | None:
    """Return the expression whose value tells what the use does.

    Of ``assert_equal(f(x), 3)`` that is ``f(x)``; of ``assert f(x) == 3`` too.
    """
    if not isinstance(node, ast.Expr | ast.Assert):
        return None
    expression = node.test if isinstance(node, ast.Assert) else node.value
    while True:
        inner = _inner(expression, hits)
        if inner is None:
            return expression if not _is_assert(expression) else None
        expression = inner


def _is_assert(expression: ast.expr) -> bool:
    return isinstance(expression, ast.Call) and _asserts(expression)


def _inner(expression: ast.expr, hits: list[ast.AST]) -> ast.expr | None:
    parts: list[ast.expr] = []
    if isinstance(expression, ast.Call) and (
        _asserts(expression)
        or ast.unparse(expression.func).rpartition(".")[2]
        in ("allclose", "array_equal", "all", "any", "list", "isinstance", "array_equiv")
    ):
        parts = expression.args
        if not parts and isinstance(expression.func, ast.Attribute):
            parts = [expression.func.value]
    elif isinstance(expression, ast.Compare):
        parts = [expression.left, *expression.comparators]
    elif isinstance(expression, ast.UnaryOp) and isinstance(expression.op, ast.Not):
        parts = [expression.operand]
    elif isinstance(expression, ast.BoolOp):
        parts = expression.values
    for part in parts:
        if any(node is hit for node in ast.walk(part) for hit in hits):
            return None if isinstance(part, ast.Starred) else part
    return None


def _slice(lines: list[_Line], index: int, needed: set[str], imported: set[str]) -> list[int]:
    """Return the numbers of the earlier lines that ``needed`` names depend on."""
    kept: list[int] = []
    for number in range(index - 1, -1, -1):
        line = lines[number]
        if isinstance(line.node, ast.Assert | ast.Pass) or (line.shown and not line.binds):
            continue
        binds, changes = line.binds & needed, (line.changes - imported) & needed
        if not binds and not changes:
            continue
        kept.append(number)
        if binds and not isinstance(line.node, ast.AugAssign | ast.If | ast.For) and not changes:
            needed -= binds
        needed |= line.reads | (line.changes - imported)
    return kept[::-1]


def _constants(kept: list[_Line], last: _Line) -> dict[str, str]:
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


def _program(
    statements: list[str], imports: dict[str, Import], constants: dict[str, str]
) -> str | None:
    """Join statements with the imports that they need; None when a name is unknown."""
    code = "\n".join(statements)
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError):
        return None
    if constants and any(isinstance(node, ast.JoinedStr) for node in ast.walk(tree)):
        return None  # names inside have no position of their own before Python 3.12
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
            edits.append((node.lineno, node.col_offset, len(node.id.encode()), text))
        elif node.id not in _BUILTIN:
            return None
    code = _seeded(_edited(code, edits))
    try:
        ast.parse(code)
    except SyntaxError:  # names inside an f-string have no position before Python 3.12
        return None
    return "\n".join([*merged(header), "", code] if header else [code]) + "\n"


def _edited(code: str, edits: list[tuple[int, int, int, str]]) -> str:
    lines = [line.encode() for line in code.split("\n")]
    for row, column, length, text in sorted(edits, reverse=True):
        line = lines[row - 1]
        lines[row - 1] = line[:column] + text.encode() + line[column + length :]
    return b"\n".join(lines).decode()


def _seeded(code: str) -> str:
    """Give random numbers a seed, so that every run prints the same."""
    code = re.sub(r"\b(default_rng|RandomState)\(\)", r"\1(12345)", code)
    if re.search(r"\bnp\.random\.(?!default_rng|RandomState|seed|Generator)\w+\(", code) and (
        "np.random.seed(" not in code
    ):
        code = f"np.random.seed(12345)\n{code}"
    return code
