"""Operators that keep what a program does: the same calls in the same order, the same text.

Each takes a `Program` and returns another text of it, or None where it cannot be applied or
where that it keeps everything is not certain from the text alone.
"""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from benchmarks.operators.program import (
    IMPORTS,
    SCOPES,
    SIMPLE,
    Program,
    dotted,
    free_name,
    future,
    header,
    identifiers,
    imported,
    is_print,
    put,
    resolve,
    source,
    stored,
)

LITERALS = {"list", "tuple", "dict", "set", "range", "complex", "float", "int", "str", "bytes"}
ADDRESS = " at 0x"


def unchanged(program: Program) -> str | None:
    """The program itself: what goes wrong here is not an operator's doing."""
    return program.code


def renamed_variables(program: Program) -> str | None:
    tree = program.tree()
    names = {} if program.dynamic else {n: f"item_{i}" for i, n in enumerate(variables(tree))}
    if not names or identifiers(tree) & set(names.values()):
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = names.get(node.id, node.id)
    return source(tree)


def variables(tree: ast.Module) -> list[str]:
    """Return the variables that are nothing else as well: no parameter, function, import,
    handler, keyword, nor a word of a text (which ``query("a > @b")`` could read)."""
    other: set[str] = set(imported(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            other |= set(re.findall(r"\w+", node.value))
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            other |= set(node.names)
        elif not isinstance(node, ast.Name):
            other |= {
                v for f in ("arg", "name", "rest") if isinstance(v := getattr(node, f, 0), str)
            }
    return sorted(name for name in stored(tree) - other if not name.startswith("_"))


def other_alias(program: Program) -> str | None:
    """``import numpy as np`` as ``import numpy as np_library``."""
    return _with_import(program, lambda alias: f"{alias.asname or alias.name}_library")


def no_alias(program: Program) -> str | None:
    """``import numpy as np`` as ``import numpy``."""
    return _with_import(program, lambda alias: "" if alias.asname else None)


def _with_import(program: Program, name_of: Callable[[ast.alias], str | None]) -> str | None:
    tree = program.tree()
    found = _only_imports(program, tree)
    for alias in found:
        bound, wish = alias.asname or alias.name, name_of(alias)
        root = (wish or alias.name).split(".")[0]
        taken = identifiers(tree) if wish else stored(tree) | _parameters(tree)
        if wish is None or root in taken or imported(tree).get(root, root) != root:
            continue
        alias.asname = wish or None
        text = wish or alias.name
        _Names({bound: ast.parse(text, mode="eval").body}).visit(tree)
        return source(tree)
    return None


def _only_imports(program: Program, tree: ast.Module) -> list[ast.alias]:
    """Return the imports of a whole module whose name nothing else binds."""
    if program.dynamic:
        return []
    aliases = [alias for node in tree.body if isinstance(node, ast.Import) for alias in node.names]
    bound = [alias.asname or alias.name.split(".")[0] for alias in aliases]
    taken = stored(tree) | _parameters(tree)
    return [
        alias
        for alias, name in zip(aliases, bound, strict=True)
        if bound.count(name) == 1 and name not in taken and (alias.asname or "." not in alias.name)
    ]


def _parameters(tree: ast.Module) -> set[str]:
    return {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}


class _Names(ast.NodeTransformer):
    """Puts an expression in the place of each name."""

    def __init__(self, expressions: dict[str, ast.expr]) -> None:
        self.expressions = expressions

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return self.expressions.get(node.id, node)


def from_import(program: Program) -> str | None:
    """``import numpy as np`` and ``np.isin`` as ``from numpy import isin``."""
    tree = program.tree()
    if not program.straight:
        return None
    for alias in _only_imports(program, tree):
        bound = alias.asname or alias.name
        uses = [n for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id == bound]
        owned = [
            n
            for n in ast.walk(tree)
            if isinstance(n, ast.Attribute) and dotted(n.value) == bound and _loads(n)
        ]
        attributes = {node.attr for node in owned}
        bad = attributes & (stored(tree) | set(imported(tree)) | set(dir(builtins)))
        if not owned or len(uses) != len(owned) or bad or _reserved(attributes):
            continue
        line = ast.ImportFrom(alias.name, [ast.alias(n) for n in sorted(attributes)], 0)
        _Owned(bound).visit(tree)
        _drop_import(tree, alias, line)
        return source(tree)
    return None


def _loads(node: ast.Attribute) -> bool:
    return isinstance(node.ctx, ast.Load)


def _reserved(names: set[str]) -> bool:
    return any(keyword.iskeyword(name) or name.startswith("_") for name in names)


class _Owned(ast.NodeTransformer):
    """Writes the attributes of a name without it."""

    def __init__(self, owner: str) -> None:
        self.owner = owner

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if dotted(node.value) == self.owner:
            return ast.Name(node.attr, ast.Load())
        return self.generic_visit(node)


def _drop_import(tree: ast.Module, alias: ast.alias, instead: ast.stmt) -> None:
    for index, node in enumerate(tree.body):
        if isinstance(node, ast.Import) and alias in node.names:
            node.names.remove(alias)
            tree.body[index : index + (not node.names)] = [instead]
            return


def main_function(program: Program) -> str | None:
    """Everything behind the imports in ``def main()``, which is called."""
    return _in_main(program, "main()")


def guarded_main_function(program: Program) -> str | None:
    return _in_main(program, "if __name__ == '__main__':\n    main()")


def _in_main(program: Program, call: str) -> str | None:
    tree = program.tree()
    start = header(tree)
    body = tree.body[start:]
    fine = program.straight and program.shows_result and "main" not in identifiers(tree)
    if not fine or any(isinstance(node, IMPORTS) for node in body):
        return None
    function = ast.parse("def main():\n    pass").body[0]
    assert isinstance(function, ast.FunctionDef)
    function.body = body
    tree.body[start:] = [function, *ast.parse(call).body]
    return source(tree)


def guard(program: Program) -> str | None:
    """Everything behind the imports under ``if __name__ == "__main__"``."""
    tree = program.tree()
    start = header(tree)
    if not tree.body[start:]:
        return None
    branch = ast.parse("if __name__ == '__main__':\n    pass").body[0]
    assert isinstance(branch, ast.If)
    branch.body = tree.body[start:]
    tree.body[start:] = [branch]
    return source(tree)


def helper_function(program: Program) -> str | None:
    """The replaced call in a function that gets what it reads as parameters."""
    return _helper(program, parameters=True)


def helper_without_parameters(program: Program) -> str | None:
    return _helper(program, parameters=False)


def _helper(program: Program, parameters: bool) -> str | None:
    index, tree = program.statement, program.tree()
    if index is None or program.replaced is None or program.dynamic:
        return None
    call = resolve(tree, program.replaced)
    inner = [n for n in ast.walk(call) if isinstance(n, (ast.NamedExpr, ast.Await, ast.Yield))]
    if inner or stored(call):
        return None
    reads = sorted({n.id for n in ast.walk(call) if isinstance(n, ast.Name)} & stored(tree))
    if parameters and not reads:
        return None
    name = free_name(tree, "compute")
    given = ", ".join(reads) if parameters else ""
    put(tree, program.replaced, ast.parse(f"{name}({given})", mode="eval").body)
    function = ast.parse(f"def {name}({given}):\n    return {ast.unparse(call)}").body
    tree.body[index:index] = function
    return source(tree)


def f_string(program: Program) -> str | None:
    """``print(a, b)`` as ``print(f"{a!s} {b!s}")``: ``!s`` is what ``print`` itself does."""
    tree = program.tree()
    for statement in filter(is_print, tree.body):
        call = statement.value  # type: ignore[attr-defined]
        values: list[ast.expr] = []
        for argument in call.args:
            values += [ast.Constant(" ")] if values else []
            values.append(ast.FormattedValue(argument, conversion=ord("s")))
        call.args = [ast.JoinedStr(values)]
    try:
        text = source(tree)
    except ValueError:  # the expression cannot be written inside a text
        return None
    return text if "\\" not in text and text != source(program.tree()) else None


def type_hints(program: Program) -> str | None:
    tree = program.tree()
    scoped = {n for s in ast.walk(tree) if isinstance(s, ast.Global) for n in s.names}
    seen: set[str] = set(scoped)
    for index, node in enumerate(tree.body):
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
            if isinstance(target, ast.Name) and target.id not in seen:
                seen.add(target.id)
                hint = ast.Name(_hint(node.value), ast.Load())
                tree.body[index] = ast.AnnAssign(target, hint, node.value, simple=1)
    return source(tree) if seen - scoped and not program.dynamic else None


def _hint(value: ast.expr) -> str:
    if isinstance(value, ast.Constant) and isinstance(value.value, (bool, int, float, str, bytes)):
        return type(value.value).__name__
    displays = {ast.List: "list", ast.Dict: "dict", ast.Set: "set", ast.Tuple: "tuple"}
    return displays.get(type(value), "object")


def variable_introduced(program: Program) -> str | None:
    """The replaced call on a line of its own, where it is the first thing that is done."""
    index, tree = program.statement, program.tree()
    if index is None or program.replaced is None or not _comes_first(tree, program):
        return None
    call = resolve(tree, program.replaced)
    if getattr(tree.body[index], "value", None) is call or stored(call):
        return None
    name = free_name(tree, "found")
    put(tree, program.replaced, ast.Name(name, ast.Load()))
    tree.body.insert(index, ast.Assign([ast.Name(name, ast.Store())], call))
    return source(tree)


def _comes_first(tree: ast.Module, program: Program) -> bool:
    """Whether nothing but names and constants is evaluated before the replaced call."""
    assert program.replaced is not None
    path = program.replaced
    if not path[1:] or path[1][0] != "value":
        return False
    for length in range(2, len(path)):
        node, (field, index) = resolve(tree, path[:length]), path[length]
        before = list(_before(node, field, index or 0))
        if before == [None] or not all(_still(child, imported(tree)) for child in before):
            return False
    return True


def _before(node: ast.AST, field: str, index: int) -> Iterator[ast.AST | None]:
    """Yield what ``node`` evaluates before its child, None for what is not known."""
    if isinstance(node, ast.Call):
        if field != "func":
            yield node.func
            yield from node.args[: index if field == "args" else None]
            yield from node.keywords[: index if field == "keywords" else 0]
    elif isinstance(node, (ast.Tuple, ast.List)):
        yield from node.elts[:index]
    elif isinstance(node, ast.BinOp):
        if field == "right":
            yield node.left
    elif isinstance(node, (ast.Subscript, ast.Compare)):
        if field not in ("value", "left"):
            yield None
    elif not isinstance(node, (ast.Attribute, ast.keyword, ast.UnaryOp)):
        yield None


def _still(node: ast.AST | None, modules: dict[str, str]) -> bool:
    """Whether evaluating ``node`` does nothing that another call could change."""
    if isinstance(node, ast.Attribute):
        return dotted(node).split(".")[0] in modules
    return isinstance(node, (ast.Name, ast.Constant))


def variable_inlined(program: Program) -> str | None:
    """``x = f()`` and ``print(x)`` as ``print(f())``, where ``x`` is used nowhere else."""
    tree = program.tree()
    for index, (one, two) in enumerate(zip(tree.body, tree.body[1:], strict=False)):
        if not (isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name)):
            continue
        name = one.targets[0].id
        first = two.value.args[0] if is_print(two) else None  # type: ignore[attr-defined]
        uses = sum(isinstance(n, ast.Name) and n.id == name for n in ast.walk(tree))
        if len(one.targets) == 1 and isinstance(first, ast.Name) and (first.id, uses) == (name, 2):
            two.value.args[0] = one.value  # type: ignore[attr-defined]
            del tree.body[index]
            return None if program.dynamic else source(tree)
    return None


def lines_reordered(program: Program) -> str | None:
    """A line that only names a literal, before the line that stands above it."""
    tree = program.tree()
    hidden = {
        n.id
        for s in ast.walk(tree)
        if isinstance(s, SCOPES)
        for n in ast.walk(s)
        if isinstance(n, ast.Name)
    }
    for index in range(header(tree) + 1, len(tree.body)):
        above, line = tree.body[index - 1], tree.body[index]
        if not (
            isinstance(line, ast.Assign) and isinstance(above, SIMPLE) and _literal(line.value)
        ):
            continue
        names = {t.id for t in line.targets if isinstance(t, ast.Name)}
        used = {n.id for n in ast.walk(above) if isinstance(n, ast.Name)} | hidden
        builtin = stored(tree) & LITERALS
        if len(names) == len(line.targets) and not names & used and not builtin:
            tree.body[index - 1 : index + 1] = [line, above]
            return None if program.dynamic else source(tree)
    return None


def _literal(node: ast.AST) -> bool:
    """Whether ``node`` is made of constants and builtin containers alone."""
    if isinstance(node, ast.Call):
        fine = isinstance(node.func, ast.Name) and node.func.id in LITERALS and not node.keywords
        return fine and all(map(_literal, node.args))
    if isinstance(node, (ast.Constant, ast.UnaryOp)):
        return isinstance(node, ast.Constant) or isinstance(node.operand, ast.Constant)
    if isinstance(node, (ast.List, ast.Tuple)):
        return all(map(_literal, node.elts))
    return isinstance(node, ast.Dict) and all(
        key is not None and _literal(key) and _literal(value)
        for key, value in zip(node.keys, node.values, strict=True)
    )


def comments(program: Program) -> str | None:
    return _above_lines(program, lambda step: f"# step {step} of the example")


def blank_lines(program: Program) -> str | None:
    return _above_lines(program, lambda step: "\n")


def _above_lines(program: Program, text: Callable[[int], str]) -> str | None:
    """Write a text above every statement that begins a line of its own."""
    lines, tree = program.code.split("\n"), program.tree()
    steps = list(enumerate(tree.body, 1))
    for step, node in reversed(steps):
        decorators = getattr(node, "decorator_list", [])
        line = min([node.lineno, *(d.lineno for d in decorators)])
        before = tree.body[step - 2].end_lineno or 0 if step > 1 else 0
        if node.col_offset == 0 and before < line:
            lines.insert(line - 1, text(step))
    return "\n".join(lines) if steps else None


def docstring(program: Program) -> str | None:
    if ast.get_docstring(program.tree()) is not None:
        return None
    return f'"""Show how the library is used."""\n\n{program.code}'


def formatted(program: Program) -> str | None:
    """The text that the syntax tree gives, without comments and with other quotes."""
    text = source(program.tree())
    return text if text.strip() != program.code.strip() else None


def unused_import(program: Program) -> str | None:
    tree = program.tree()
    if "json" in identifiers(tree):
        return None
    tree.body.insert(future(tree), ast.parse("import json").body[0])
    return source(tree)


def assert_not_none(program: Program) -> str | None:
    """An assert behind a print of a variable, whose text is known not to say None."""
    tree = program.tree()
    for index, node in enumerate(tree.body):
        if is_print(node) and isinstance(name := node.value.args[0], ast.Name):  # type: ignore[attr-defined]
            if not program.stdout.strip() or "None" in program.stdout or program.prints is None:
                return None
            tree.body.insert(index + 1, ast.parse(f"assert {name.id} is not None").body[0])
            return source(tree)
    return None


def assert_printed(program: Program) -> str | None:
    """An assert that the only thing that is printed, a variable, has the text that the
    stored run printed."""
    tree, text = program.tree(), program.printed
    fine = program.prints and len(program.prints) == 1 and 0 < len(text) < 500
    if not fine or text != text.strip() or ADDRESS in text:
        return None
    index = (program.prints or [0])[0]
    arguments = tree.body[index].value.args  # type: ignore[attr-defined]
    if len(arguments) != 1 or not isinstance(arguments[0], ast.Name):
        return None
    line = f"assert str({arguments[0].id}) == {text!r}"
    tree.body[index:index] = ast.parse(line).body
    return source(tree)


def print_split(program: Program) -> str | None:
    """``print(a, b)`` as two variables and a print of them, ``print(a)`` by its text."""
    tree = program.tree()
    for index, node in enumerate(tree.body):
        if not is_print(node) or program.dynamic:
            continue
        call = node.value  # type: ignore[attr-defined]
        lines: list[ast.stmt] = []
        for number, argument in enumerate(call.args):
            name = free_name(tree, f"part_{number}")
            text = ast.Call(ast.Name("str", ast.Load()), [argument], [])
            value = argument if len(call.args) > 1 else text
            lines.append(ast.Assign([ast.Name(name, ast.Store())], value))
            call.args[number] = ast.Name(name, ast.Load())
        tree.body[index:index] = lines
        return source(tree)
    return None


def semicolons(program: Program) -> str | None:
    """Pairs of simple statements on one line."""
    tree = program.tree()
    start, joined = header(tree), False
    pieces: list[str] = []
    for index, node in enumerate(tree.body):
        text = ast.unparse(node)
        simple = isinstance(node, SIMPLE) and "\n" not in text and index > start
        if simple and pieces and isinstance(tree.body[index - 1], SIMPLE) and not joined:
            pieces[-1] += "; " + text
            joined = True
        else:
            pieces.append(text)
            joined = "\n" in text
    text = "\n".join(pieces) + "\n"
    return text if "; " in text and text != source(tree) else None


def line_splits(program: Program) -> str | None:
    """Each call of the top level with an argument a line."""
    pieces, split = [], False
    for node in program.tree().body:
        call = node.value if isinstance(node, (ast.Expr, ast.Assign)) else None
        if not isinstance(call, ast.Call) or not (call.args or call.keywords):
            pieces.append(ast.unparse(node))
            continue
        split = True
        targets = [ast.unparse(target) + " = " for target in getattr(node, "targets", [])]
        given = "".join(f"    {ast.unparse(part)},\n" for part in [*call.args, *call.keywords])
        pieces.append(f"{''.join(targets)}{ast.unparse(call.func)}(\n{given})")
    return "\n".join(pieces) + "\n" if split else None


def unrelated_warnings(program: Program) -> str | None:
    """A warning of one's own, caught where it is issued, before everything else."""
    tree = program.tree()
    if "warnings" in identifiers(tree):
        return None
    block = (
        "with warnings.catch_warnings():\n    warnings.simplefilter('ignore')\n"
        "    warnings.warn('nothing of the library', UserWarning)"
    )
    start = header(tree)
    tree.body[start:start] = ast.parse(f"import warnings\n{block}").body
    return source(tree)


def loop_of_one(program: Program) -> str | None:
    """The statement with the replaced call in a loop that runs once."""
    index, tree = program.statement, program.tree()
    if index is None or program.dynamic:
        return None
    loop = ast.parse(f"for {free_name(tree, 'turn')} in range(1):\n    pass").body[0]
    assert isinstance(loop, ast.For)
    loop.body = [tree.body[index]]
    tree.body[index] = loop
    return source(tree)


RIGHT: dict[str, Callable[[Program], str | None]] = {
    operator.__name__: operator
    for operator in (
        unchanged, renamed_variables, other_alias, no_alias, from_import, main_function,
        guarded_main_function, guard, helper_function, helper_without_parameters, f_string,
        type_hints, variable_introduced, variable_inlined, lines_reordered, comments,
        blank_lines, docstring, formatted, unused_import, assert_not_none, assert_printed,
        print_split, semicolons, line_splits, unrelated_warnings, loop_of_one,
    )
}  # fmt: skip


def all_at_once(program: Program) -> str | None:
    """Several operators one after another, as far as each can be applied."""
    text, count = program.code, 0
    for operator in (renamed_variables, other_alias, print_split, type_hints, comments, docstring):
        changed = operator(replace(program, code=text))
        text, count = changed or text, count + (changed is not None)
    return text if count > 2 else None


RIGHT["all_at_once"] = all_at_once
