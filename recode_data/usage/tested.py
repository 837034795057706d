"""Examples in a library's own tests: each test function, flattened to plain statements.

A ``with`` is opened, what it enters bound to its name, a loop over literals is taken once, the
first set of parameters stands for all, and ``self.x`` of a ``setup`` becomes ``x``.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from recode_data.usage.documented import summary
from recode_data.usage.example import Example, Import, Statement, Wanted
from recode_data.usage.imports import conventions, read_imports

_SETUPS = ("setup", "setUp", "setup_method", "setup_class", "setUpClass")
_RAISES = re.compile(r"raises|assert_raises|assertRaises|fail|external_error|skip")


@dataclass(frozen=True)
class _Module:
    lines: list[str]
    imports: dict[str, Import]
    context: list[Statement]
    fixtures: dict[str, ast.FunctionDef]

    def source(self, node: ast.stmt | ast.expr) -> str:
        """Return the whole lines of a statement, its decorators with it, dedented, without
        ``self.``."""
        above = [each.lineno for each in getattr(node, "decorator_list", ())]
        first, last = min([node.lineno, *above]) - 1, node.end_lineno or node.lineno
        if isinstance(node, ast.expr) or ";" in self.lines[first]:
            return ast.unparse(node)
        text = textwrap.dedent("\n".join(self.lines[first:last]))
        return re.sub(r"\bself\.(?=\w+)", "", text)


def from_tests(
    source: str, location: str, module: str, wanted: Wanted, shared: Iterable[str] = ()
) -> Iterator[Example]:
    """Yield the test functions of a file that mention a wanted name; ``shared`` are the sources
    whose fixtures it may use, those of the outermost folder first."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return
    lines = source.split("\n")
    found = _Module(lines, dict(conventions().usual), [], {})
    for text in shared:
        _share(found, text)
    found.imports.update(read_imports(_imports(tree.body), module))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and _is_fixture(node):
            found.fixtures[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign) or (
            isinstance(node, ast.FunctionDef) and not node.name.startswith("test")
        ):
            found.context.append(Statement(found.source(node)))
    for owner, test in _tests(tree):
        text = "\n".join(lines[test.lineno - 1 : test.end_lineno])
        if wanted.search(text) and not _skipped(test):
            yield _example(found, owner, test, f"{location}::{test.name}", module)


def _share(module: _Module, source: str) -> None:
    """Add the fixtures of another file that stand for themselves, and the imports they need."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return
    imports = read_imports(_imports(tree.body))
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef) or not _is_fixture(node):
            continue
        loads = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        module.fixtures[node.name] = node
        module.imports.update({name: imports[name] for name in loads & imports.keys()})


def _imports(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        if isinstance(node, ast.Try | ast.If):
            yield from _imports(node.body)
        else:
            yield node


def _tests(tree: ast.Module) -> Iterator[tuple[ast.ClassDef | None, ast.FunctionDef]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            yield None, node
        elif isinstance(node, ast.ClassDef):
            for child in node.body:
                if isinstance(child, ast.FunctionDef) and child.name.startswith(
                    ("test", "check", "time_")
                ):
                    yield node, child


def _is_fixture(node: ast.FunctionDef) -> bool:
    return any("fixture" in ast.unparse(decorator) for decorator in node.decorator_list)


def _skipped(test: ast.FunctionDef) -> bool:
    return any(
        re.search(r"skip|xfail|slow", ast.unparse(decorator)) for decorator in test.decorator_list
    )


def _example(
    module: _Module, owner: ast.ClassDef | None, test: ast.FunctionDef, where: str, path: str
) -> Example:
    context = list(module.context)
    if owner is not None:
        context += _set_up(module, owner)
    context += _parameters(module, test)
    imports = {**module.imports, **read_imports(ast.walk(test), path)}  # type: ignore[arg-type]
    body = list(_flat(module, test.body))
    return Example(
        where,
        "test",
        test.name,
        summary(ast.get_docstring(test) or ""),
        tuple(imports.items()),
        (*context, *body),
        len(context),
    )


def _set_up(module: _Module, owner: ast.ClassDef) -> list[Statement]:
    found = []
    for node in owner.body:
        if isinstance(node, ast.FunctionDef) and node.name in _SETUPS:
            found += list(_flat(module, node.body))
        elif isinstance(node, ast.Assign):
            found.append(Statement(module.source(node)))
    return found


def _parameters(module: _Module, test: ast.FunctionDef) -> list[Statement]:
    """Return assignments that stand for the test's parameters and simple fixtures."""
    found: list[Statement] = []
    for decorator in test.decorator_list:
        # An indirect parameter is given to a fixture, which makes something else of it.
        indirect = isinstance(decorator, ast.Call) and any(
            word.arg == "indirect" for word in decorator.keywords
        )
        if isinstance(decorator, ast.Call) and "parametrize" in ast.unparse(decorator.func):
            found += [] if indirect else _first_case(decorator)
    for arg in test.args.args:
        fixture = module.fixtures.get(arg.arg)
        body = [node for node in fixture.body if not _is_docstring(node)] if fixture else []
        given = _given(body[-1]) if body else None
        if fixture is None or given is None:
            continue
        loads = {n.id for n in ast.walk(fixture) if isinstance(n, ast.Name)}
        if not loads & {one.arg for one in fixture.args.args}:
            found += [Statement(ast.unparse(node)) for node in body[:-1]]
            found.append(Statement(f"{arg.arg} = {ast.unparse(given)}"))
    return found


def _given(last: ast.stmt) -> ast.expr | None:
    """Return what the last statement of a fixture gives to the test."""
    if isinstance(last, ast.Expr) and isinstance(last.value, ast.Yield):
        return last.value.value
    return last.value if isinstance(last, ast.Return) else None


def _first_case(decorator: ast.Call) -> list[Statement]:
    if len(decorator.args) < 2 or not isinstance(decorator.args[1], ast.List | ast.Tuple):
        return []
    try:
        names = ast.literal_eval(decorator.args[0])
    except ValueError:
        return []
    if isinstance(names, str):
        names = [name.strip() for name in names.split(",")]
    cases = decorator.args[1].elts
    if not cases or isinstance(cases[0], ast.Starred):
        return []
    case = cases[0]
    if isinstance(case, ast.Call) and ast.unparse(case.func).endswith("param"):
        values = list(case.args)
    elif len(names) > 1 and isinstance(case, ast.Tuple | ast.List):
        values = list(case.elts)
    else:
        values = [case]
    if len(values) != len(names):
        return []
    return [
        Statement(f"{name} = {ast.unparse(value)}", given=True)
        for name, value in zip(names, values, strict=True)
    ]


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _flat(module: _Module, body: list[ast.stmt]) -> Iterator[Statement]:
    for node in body:
        if isinstance(node, ast.With):
            head = " ".join(ast.unparse(item) for item in node.items)
            if not _RAISES.search(head) and "open(" not in head:
                yield from _entered(node)
                yield from _flat(module, node.body)
        elif isinstance(node, ast.For):
            first = _first_of(node.iter)
            if first is not None:
                yield from _bind(node.target, first)
                yield from _flat(module, node.body)
        elif isinstance(
            node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Expr | ast.Assert | ast.Delete
        ) and not _is_docstring(node):
            shown = isinstance(node, ast.Assert) or (
                isinstance(node, ast.Expr)
                and isinstance(node.value, ast.Call)
                and "assert" in ast.unparse(node.value.func)
            )
            yield Statement(module.source(node), shown)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.If):
            yield Statement(module.source(node))


def _entered(node: ast.With) -> Iterator[Statement]:
    """Yield the bindings of a ``with``: what most contexts give is what was entered."""
    for item in node.items:
        if isinstance(item.optional_vars, ast.Name):
            yield Statement(f"{item.optional_vars.id} = {ast.unparse(item.context_expr)}")


def _first_of(sequence: ast.expr) -> ast.expr | None:
    if isinstance(sequence, ast.List | ast.Tuple) and sequence.elts:
        # The second of several values is rarely the trivial one.
        return sequence.elts[1 if len(sequence.elts) > 2 else 0]
    if isinstance(sequence, ast.Call) and ast.unparse(sequence.func) == "range":
        return ast.Constant(2)
    if isinstance(sequence, ast.Constant) and isinstance(sequence.value, str) and sequence.value:
        return ast.Constant(sequence.value[0])
    return None


def _bind(target: ast.expr, value: ast.expr) -> Iterator[Statement]:
    yield Statement(f"{ast.unparse(target)} = {ast.unparse(value)}", given=True)
