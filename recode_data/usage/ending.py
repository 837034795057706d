"""The end of a program: the expressions that show what one use of a symbol does."""

from __future__ import annotations

import ast

from recode_data.adapters import fitting
from recode_data.usage.dependences import (
    Line,
    asserts,
    names_in,
    needed_lines,
    root,
)

AFTER = 2
"""So many later lines that show what became of the result are kept."""
FOLLOWED = 25
"""So many later statements are looked at for what a fitted estimator is used for."""


def ending(lines: list[Line], index: int, hits: list[ast.AST]) -> tuple[list[str], str, set[str]]:
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


def use_of_a_fitted(lines: list[Line], index: int, imported: set[str]) -> tuple[int, str] | None:
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
                needed = names_in(expression) & line.reads
                whole = index in needed_lines(lines, number, set(needed), imported)
                return (number, ast.unparse(expression)) if whole else None
        if isinstance(line.node, ast.Assign) and line.reads & alive:
            alive |= line.binds
    return None


def use_of_a_definition(
    lines: list[Line], index: int, imported: set[str]
) -> tuple[int, str] | None:
    """Return where a class or function that line ``index`` defines is used, and the expression
    that shows the use; None when it defines none, or nothing later shows one.

    What a library is given inside a definition, as a decorator or a field, shows only there.
    """
    node = lines[index].node
    if not isinstance(node, ast.FunctionDef | ast.ClassDef):
        return None
    alive = {node.name} | (lines[index].changes - imported)
    for number in range(index + 1, min(index + 1 + FOLLOWED, len(lines))):
        line = lines[number]
        if line.shown and line.reads & alive:
            expression = _shown(line.node, [n for n in ast.walk(line.node) if _named(n, alive)])
            if expression is not None:
                expression = _unprinted(expression)
                needed = names_in(expression) & line.reads
                whole = index in needed_lines(lines, number, set(needed), imported)
                if whole and not ast.unparse(expression).startswith("print("):
                    return number, ast.unparse(expression)
        elif line.reads & alive and not isinstance(line.node, ast.Assert):
            alive |= line.binds | (line.changes - imported)
        elif line.binds & alive:
            return None
    return None


def use_of_a_result(
    lines: list[Line], index: int, imported: set[str]
) -> tuple[int, list[str]] | None:
    """Return where what came of the object that line ``index`` makes is shown last, and the
    expressions that show it; None where it makes none, where a line shows the object itself, or
    where nothing later shows what came of it.

    An object of a class is often shown by its address alone, and does what it is for later:
    ``runner = Runner()``, ``result = runner.run(job)``, ``assert result.output == "done"``.
    """
    node = lines[index].node
    value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
    if not isinstance(value, ast.Call) or not isinstance(node, ast.Assign | ast.AnnAssign):
        return None
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    made = {name for target in targets for name in _results(target)}
    if _later(lines, index, made):
        return None
    alive, found = set(made), dict[str, int]()
    for number in range(index + 1, min(index + 1 + FOLLOWED, len(lines))):
        line = lines[number]
        if line.binds & alive and not line.reads & alive:
            break
        if line.shown and isinstance(line.node, ast.Expr | ast.Assert):
            if line.reads & alive and (told := _told_of(line.node, alive)):
                needed = names_in(ast.parse(told)) & line.reads
                if index in needed_lines(lines, number, set(needed), imported):
                    found.setdefault(told, number)
        elif found and (line.binds | line.changes) & alive:
            break  # what was shown is something else from here on
        elif line.reads & alive and not isinstance(line.node, ast.Assert):
            alive |= line.binds | (line.changes - imported)
        if len(found) >= AFTER:
            break
    return (max(found.values()), list(found)) if found else None


def _told_of(node: ast.stmt, names: set[str]) -> str:
    """Return the expression of a statement that tells something of some names; an empty text
    where it shows only that there is nothing: ``assert result.code == 0``."""
    expression = _shown(node, [each for each in ast.walk(node) if _named(each, names)])
    test = (
        node.test
        if isinstance(node, ast.Assert)
        else node.value
        if isinstance(node, ast.Expr)
        else None
    )
    if expression is None or test is None or _is_nothing(test):
        return ""
    source = ast.unparse(_unprinted(expression))
    return "" if source.startswith("print(") else source


def _is_nothing(test: ast.expr) -> bool:
    """Tell whether a test says that something is empty, zero or not there."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return True
    values = test.comparators if isinstance(test, ast.Compare) else []
    values = [*values, *(test.args[1:] if isinstance(test, ast.Call) and asserts(test) else [])]
    return any(isinstance(each, ast.Constant) and not each.value for each in values)


def constructs(node: ast.stmt) -> bool:
    """Tell whether a statement binds what a class makes, as far as its name tells."""
    value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
    name = ast.unparse(value.func).rpartition(".")[2] if isinstance(value, ast.Call) else ""
    return name[:1].isupper()


def _fits(node: ast.AST, names: set[str]) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in fitting() and _named(node.value, names)


def _all(later: list[tuple[str, set[str]]]) -> set[str]:
    return {name for _, names in later for name in names}


def _results(target: ast.expr) -> list[str]:
    if isinstance(target, ast.Tuple | ast.List):
        return [name for element in target.elts for name in _results(element)]
    if isinstance(target, ast.Starred):
        return _results(target.value)
    return [root(target)] if root(target) not in ("", "_") else []


def _later(lines: list[Line], index: int, names: set[str]) -> list[tuple[str, set[str]]]:
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
    return isinstance(expression, ast.Call) and asserts(expression)


def _inner(expression: ast.expr, hits: list[ast.AST]) -> ast.expr | None:
    parts: list[ast.expr] = []
    if isinstance(expression, ast.Call) and (
        asserts(expression)
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
