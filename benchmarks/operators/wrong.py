"""Operators that make of a right answer one that does not follow the update.

Each takes the program of the new code, whose ``other`` is the old code, and returns what a
model could hand in instead, or None where it would not be certain that this is wrong:

- what is printed is written down and not computed, or computed and then not used;
- the old API is called all the same: put back under its name, chosen at run time, hidden in
  a text, or with its deprecation warning silenced;
- nothing was changed, or something else is printed.

`VARIED` makes programs of which only a run can tell that they are wrong.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from textwrap import indent

from benchmarks.operators.program import (
    IMPORTS,
    Program,
    dotted,
    free_name,
    header,
    imported,
    is_print,
    put,
    renaming,
    resolve,
    source,
    walk,
)
from benchmarks.operators.right import ADDRESS, renamed_variables

ANY = frozenset({"breaking", "deprecated", "additive", "behavioural"})
OLD_CALLED = frozenset({"breaking", "deprecated"})
SILENT = frozenset({"deprecated"})


@dataclass(frozen=True)
class Wrong:
    """An operator and the kinds of update after which what it makes is wrong."""

    function: Callable[[Program], str | None]
    kinds: frozenset[str] = ANY


# What is printed is not computed


def literal(program: Program) -> str | None:
    """The imports and the printed text."""
    return _with_literal(program, "")


def literal_after_name(program: Program) -> str | None:
    """The same, with the new function named once."""
    call = _call(program)
    name = dotted(call.func) if isinstance(call, ast.Call) else ""
    return _with_literal(program, name) if name.split(".")[0] in imported(program.tree()) else None


def literal_after_call(program: Program) -> str | None:
    """The whole program without its prints, then the printed text."""
    body = _without_prints(program)
    return _with_literal(program, body) if body else None


def literal_beside_dead_branch(program: Program) -> str | None:
    return _around(program, "if False:", "else:")


def literal_beside_long_condition(program: Program) -> str | None:
    return _around(program, "if len(str(len(__name__))) > 40:", "else:")


def literal_beside_uncalled_function(program: Program) -> str | None:
    return _around(program, "def migrated():", "if True:")


def literal_behind_raise(program: Program) -> str | None:
    return _around(program, "try:\n    raise RuntimeError", "except RuntimeError:")


def literal_with_multiplied_result(program: Program) -> str | None:
    """A printed number as what was printed times 0, plus the number."""
    try:
        number = ast.literal_eval(program.printed.strip())
    except (ValueError, SyntaxError):
        return None
    if type(number) not in (int, float):
        return None
    if len(program.prints or ()) != 1 or _call(program) is None:
        return None
    form = f"{{}} * 0 + {number!r}"
    return _last_print(
        program,
        lambda given: [ast.parse(form.format(f"({ast.unparse(given[0])})")).body[0].value],  # type: ignore[attr-defined]
    )


def literal_with_empty_slice(program: Program) -> str | None:
    """The printed text, with none of the characters of the result behind it."""
    return _result_and(program, "{value} + str({result})[:0]", repr(program.printed))


def literal_if_result_exists(program: Program) -> str | None:
    return _result_and(
        program, "{value} if {result} is not Ellipsis else ''", repr(program.printed)
    )


def _call(program: Program) -> ast.expr | None:
    """Return the replaced call, None where the printed text is not surely made by it."""
    text = program.printed
    if program.replaced is None or not text.strip() or len(text) > 4000 or ADDRESS in text:
        return None
    found = resolve(program.tree(), program.replaced)
    return found if isinstance(found, ast.Call) else None


def _imports(program: Program) -> str:
    return "".join(ast.unparse(s) + "\n" for s in program.tree().body if isinstance(s, IMPORTS))


def _with_literal(program: Program, middle: str) -> str | None:
    if _call(program) is None:
        return None
    return f"{_imports(program)}{middle}\nprint({program.printed!r})\n".replace("\n\n", "\n")


def _without_prints(program: Program) -> str:
    """Return the program without imports that evaluates what it printed, and prints nothing."""
    if program.prints is None:
        return ""
    body = [node for node in program.tree().body if not isinstance(node, IMPORTS)]
    lines = []
    for node in body:
        if is_print(node):
            lines += [ast.unparse(argument) for argument in node.value.args]  # type: ignore[attr-defined]
        else:
            lines.append(ast.unparse(node))
    return "\n".join(lines)


def _around(program: Program, before: str, otherwise: str) -> str | None:
    """Return the right program where it never runs, beside the printed text."""
    tree = program.tree()
    body = "\n".join(ast.unparse(s) for s in tree.body if not isinstance(s, IMPORTS))
    if _call(program) is None or not body or "from __future__" in program.code:
        return None
    text = f"{otherwise}\n    print({program.printed!r})\n"
    return f"{_imports(program)}{before}\n{indent(body, '    ')}\n{text}"


def _result_and(program: Program, form: str, value: str) -> str | None:
    """Return the program that only prints ``form``, once the result is there."""
    index, tree = program.statement, program.tree()
    if _call(program) is None or index is None or program.prints is None:
        return None
    assert program.replaced is not None
    name, call = free_name(tree, "result"), resolve(tree, program.replaced)
    line = ast.parse(f"{name} = {ast.unparse(call)}").body
    body = [s for s in [*tree.body[:index], *line] if not is_print(s)]
    text = form.format(result=name, value=value)
    return source(ast.Module(body, [])) + f"print({text})\n"


# The old API put back, or chosen at run time


def _putting_back(text: str) -> Callable[[Program], str | None]:
    """Return the operator that writes ``text`` before the old code, with ``{owner}`` and
    ``{leaf}`` of the name that went and ``{new}`` for the one that came."""

    def operator(program: Program) -> str | None:
        names = renaming(program.other, program.code)
        if names is None or "from __future__" in program.other:
            return None
        (owner, _, leaf), new = names[0].rpartition("."), names[1]
        lines = text.format(owner=owner, leaf=leaf, new=new, code=program.other)
        if "{old}" in text:
            lines = lines.replace("{old}", indent(program.other, "    ").strip())
        elif "{code" not in text:
            lines += "\n" + program.other
        return _loaded(program) + lines

    return operator


def _loaded(program: Program) -> str:
    """Return imports of the modules that both codes need, by their whole names."""
    modules: set[str] = set()
    for code in (program.other, program.code):
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.Import):
                modules |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                modules.add(node.module)
    return "".join(f"import {name}\n" for name in sorted(modules))


def _choosing(form: str) -> Callable[[Program], str | None]:
    """Return the operator that writes ``form`` where the old code has its old name."""

    def operator(program: Program) -> str | None:
        names = renaming(program.other, program.code)
        if names is None:
            return None
        tree = ast.parse(program.other)
        new = _spelled(names[1], imported(tree))
        places = [
            (path, node)
            for path, node in walk(tree)
            if isinstance(node, ast.Attribute) and _full(node, tree) == names[0]
        ]
        if not places or new is None:
            return None
        for path, node in places:
            owner, leaf = ast.unparse(node.value), node.attr
            parts = {"owner": owner, "leaf": leaf, "first": leaf[:2], "rest": leaf[2:]}
            test = _is_older(owner.split(".")[0], program)
            text = form.format(new=new, older=test, **parts)
            put(tree, path, ast.parse(text, mode="eval").body)
        return source(tree)

    return operator


def _full(node: ast.Attribute, tree: ast.Module) -> str:
    root, _, rest = dotted(node).partition(".")
    full = imported(tree).get(root)
    return f"{full}.{rest}" if full else ""


def _spelled(full: str, imports: dict[str, str]) -> str | None:
    """Return how a program with ``imports`` can write a full name."""
    if "." not in full:
        return full
    for name, module in imports.items():
        if full.startswith(module + "."):
            return name + full[len(module) :]
    return None


def statement_tried(program: Program) -> str | None:
    """The old statement in ``try``, the new one in ``except``."""
    return _both(program, "try:\n    {old}\nexcept Exception:\n    {new}\n")


def statement_behind_version(program: Program) -> str | None:
    """The old statement for old versions, the new one for new versions."""
    modules = [name for name, full in imported(program.tree()).items() if "." not in full]
    if len(modules) != 1:
        return None
    test = _is_older(modules[0], program)
    return _both(program, f"if {test}:\n    {{old}}\nelse:\n    {{new}}\n")


def _is_older(module: str, program: Program) -> str:
    """Return the test whether a module is older than the version with the update."""
    numbers = [int(part) for part in program.new_version.split(".")[:2] if part.isdigit()]
    return f"tuple(map(int, {module}.__version__.split('.')[:2])) < {tuple(numbers)}"


def _both(program: Program, form: str) -> str | None:
    index, tree, old = program.statement, program.tree(), ast.parse(program.other)
    if index is None or len(tree.body) != len(old.body):
        return None
    texts = {"new": ast.unparse(tree.body[index]), "old": ast.unparse(old.body[index])}
    same = [ast.dump(s) for i, s in enumerate(tree.body) if i != index]
    if texts["new"] == texts["old"] or same != [
        ast.dump(s) for i, s in enumerate(old.body) if i != index
    ]:
        return None
    texts = {name: indent(text, "    ").strip() for name, text in texts.items()}
    tree.body[index : index + 1] = ast.parse(form.format(**texts)).body
    return source(tree)


def keyword_put_back(program: Program) -> str | None:
    """The function wrapped so that it takes the old keyword again, then the old code."""
    tree, old = program.tree(), ast.parse(program.other)
    if program.replaced is None or len(tree.body) != len(old.body):
        return None
    try:
        one, two = resolve(old, program.replaced), resolve(tree, program.replaced)
    except (AttributeError, IndexError):
        return None
    if not (isinstance(one, ast.Call) and isinstance(two, ast.Call) and "." in dotted(one.func)):
        return None
    pairs = [
        (a.arg, b.arg) for a, b in zip(one.keywords, two.keywords, strict=False) if a.arg != b.arg
    ]
    if len(one.keywords) != len(two.keywords) or len(pairs) != 1 or None in pairs[0]:
        return None
    path = dotted(one.func)
    if path != dotted(two.func) or path.split(".")[0] not in imported(old):
        return None
    lines = (
        f"kept_function = {path}\n"
        f"def taking_both(*args, **kwargs):\n"
        f"    if {pairs[0][0]!r} in kwargs:\n"
        f"        kwargs[{pairs[0][1]!r}] = kwargs.pop({pairs[0][0]!r})\n"
        f"    return kept_function(*args, **kwargs)\n"
        f"{path} = taking_both\n"
    )
    start = header(old)
    old.body[start:start] = ast.parse(lines).body
    return source(old)


PUT_BACK = {
    "assigned": "{owner}.{leaf} = {new}",
    "setattr": "setattr({owner}, '{leaf}', {new})",
    "in_vars": "vars({owner})['{leaf}'] = {new}",
    "if_missing": "if not hasattr({owner}, '{leaf}'):\n    {owner}.{leaf} = {new}",
    "in_except": "try:\n    {owner}.{leaf}\nexcept AttributeError:\n    {owner}.{leaf} = {new}",
    "module_getattr": (
        "def __getattr__(name):\n    if name == '{leaf}':\n        return {new}\n"
        "    raise AttributeError(name)\n{owner}.__getattr__ = __getattr__"
    ),
    "sys_modules": (
        "import sys, types\nshim = types.ModuleType('{owner}')\nvars(shim).update(vars({owner}))\n"
        "shim.{leaf} = {new}\nsys.modules['{owner}'] = shim"
    ),
    "import_hook": (
        "import builtins\nplain_import = builtins.__import__\n"
        "def importing(name, *rest):\n    module = plain_import(name, *rest)\n"
        "    setattr({owner}, '{leaf}', {new})\n    return module\n"
        "builtins.__import__ = importing"
    ),
    "executed": "{owner}.{leaf} = {new}\nexec({code!r})",
    "patched": (
        "from unittest import mock\n"
        "with mock.patch.object({owner}, '{leaf}', {new}, create=True):\n    {{old}}"
    ),
}
"""Ways to have the old name again, each with what is written before the old code."""

CHOSEN = {
    "getattr_default": "getattr({owner}, '{leaf}', {new})",
    "getattr_or": "(getattr({owner}, '{first}' + '{rest}', None) or {new})",
    "hasattr": "({owner}.{leaf} if hasattr({owner}, '{leaf}') else {new})",
    "version": "({owner}.{leaf} if {older} else {new})",
    "vars_get": "vars({owner}).get('{leaf}', {new})",
    "eval": "eval('{owner}.{leaf}' if hasattr({owner}, '{leaf}') else '{new}')",
}
"""Expressions that take the old API where it is still there."""


# The warning silenced around the old code


def _silenced(before: str) -> Callable[[Program], str | None]:
    """Return the operator that writes ``before`` above the old code, or around it."""

    def operator(program: Program) -> str | None:
        if "from __future__" in program.other or "warnings" in program.other:
            return None
        if "{code}" in before or "{old}" in before:
            inner = indent(program.other, "    ").strip()
            text = before.replace("{code}", repr(program.other)).replace("{old}", inner)
            return text + "\n"
        return f"{before}\n{program.other}"

    return operator


SILENCED = {
    "filterwarnings": "import warnings\nwarnings.filterwarnings('ignore')",
    "simplefilter": "import warnings\nwarnings.simplefilter('ignore')",
    "category": (
        "import warnings\n"
        "for category in (DeprecationWarning, FutureWarning, PendingDeprecationWarning):\n"
        "    warnings.filterwarnings('ignore', category=category)"
    ),
    "catch_warnings": (
        "import warnings\nwith warnings.catch_warnings():\n"
        "    warnings.simplefilter('ignore')\n    {old}"
    ),
    "recorded": "import warnings\nwith warnings.catch_warnings(record=True):\n    {old}",
    "exit_stack": (
        "import contextlib, warnings\nwith contextlib.ExitStack() as stack:\n"
        "    stack.enter_context(warnings.catch_warnings(record=True))\n    {old}"
    ),
    "own_manager": (
        "import contextlib, warnings\n@contextlib.contextmanager\ndef quiet():\n"
        "    with warnings.catch_warnings():\n"
        "        warnings.simplefilter('ignore')\n        yield\n"
        "with quiet():\n    {old}"
    ),
    "helper": (
        "import warnings\ndef prepare():\n"
        "    getattr(warnings, 'simple' + 'filter')('ignore')\nprepare()"
    ),
    "decorator": (
        "import functools, warnings\ndef quiet(function):\n    @functools.wraps(function)\n"
        "    def inner(*args):\n        with warnings.catch_warnings():\n"
        "            warnings.simplefilter('ignore')\n            return function(*args)\n"
        "    return inner\n@quiet\ndef main():\n    {old}\nmain()"
    ),
    "warn_replaced": "import warnings\nwarnings.warn = lambda *args, **kwargs: None",
    "warn_explicit_replaced": (
        "import warnings\nwarnings.warn = warnings.warn_explicit = lambda *args, **kwargs: None"
    ),
    "showwarning_replaced": "import warnings\nwarnings.showwarning = lambda *args, **kwargs: None",
    "showwarnmsg_replaced": "import warnings\nwarnings._showwarnmsg = lambda message: None",
    "formatwarning_replaced": "import warnings\nwarnings.formatwarning = lambda *args: ''",
    "sys_modules": (
        "import sys, types\nfake = types.ModuleType('warnings')\n"
        "fake.warn = fake.simplefilter = fake.filterwarnings = lambda *args, **kwargs: None\n"
        "sys.modules['warnings'] = fake"
    ),
    "filters_cleared": "import warnings\nwarnings.filters.clear()",
    "filters_inserted": (
        "import warnings\nwarnings.filters.insert(0, ('ignore', None, Warning, None, 0))"
    ),
    "defaultaction": "import warnings\nwarnings.resetwarnings()\nwarnings.defaultaction = 'ignore'",
    "logging": (
        "import logging\nlogging.captureWarnings(True)\n"
        "logging.getLogger('py.warnings').disabled = True"
    ),
    "stderr": "import io, sys\nsys.stderr = io.StringIO()",
    "environment": (
        "import os, sys\nos.environ['PYTHONWARNINGS'] = 'ignore'\nsys.warnoptions[:] = ['ignore']"
    ),
    "imported_name": "from warnings import filterwarnings as prepare\nprepare('ignore')",
    "import_module": "import importlib\nimportlib.import_module('warnings').simplefilter('ignore')",
    "executed": "import warnings\nwarnings.simplefilter('ignore')\nexec({code})",
    "filtered_text": "exec(\"import warnings; warnings.simplefilter('ignore')\")",
    "subprocess": (
        "import subprocess, sys\ncommand = [sys.executable, '-W', 'ignore', '-c', {code}]\n"
        "print(subprocess.run(command, capture_output=True, text=True, check=True).stdout, end='')"
    ),
    "thread": (
        "import threading, warnings\ndef work():\n    {old}\nwarnings.simplefilter('ignore')\n"
        "thread = threading.Thread(target=work)\nthread.start()\nthread.join()"
    ),
    "as_error": (
        "import warnings\nwarnings.simplefilter('error')\ntry:\n    {old}\n"
        "except Warning:\n    warnings.simplefilter('ignore')\n    exec({code})"
    ),
}
"""Ways to keep a warning from being seen, each with what is written before the old code."""


# Nothing changed, or another result


def old_code(program: Program) -> str | None:
    return program.other


def old_code_renamed(program: Program) -> str | None:
    """The old code with other variables: a difference that is only cosmetic."""
    return renamed_variables(replace(program, code=program.other, other=program.code))


def old_code_formatted(program: Program) -> str | None:
    text = source(ast.parse(program.other))
    return f"# migrated\n{text}"


def prints_more(program: Program) -> str | None:
    """The last print says one thing more."""
    return _last_print(program, lambda arguments: [*arguments, ast.Constant(0)])


def prints_twice(program: Program) -> str | None:
    if not program.prints or not program.stdout.strip():
        return None
    tree = program.tree()
    tree.body.insert(program.prints[-1], copy.deepcopy(tree.body[program.prints[-1]]))
    return source(tree)


def prints_nothing(program: Program) -> str | None:
    """The same calculation without a print."""
    body = _without_prints(program)
    return _imports(program) + body + "\n" if body and program.stdout.strip() else None


def prints_negated(program: Program) -> str | None:
    """The one word True or False is printed as the other."""
    if program.printed not in ("True", "False") or len(program.prints or ()) != 1:
        return None
    return _last_print(program, lambda arguments: [ast.UnaryOp(ast.Not(), arguments[0])])


def _last_print(program: Program, change: Callable[[list[ast.expr]], list[ast.expr]]) -> str | None:
    if not program.prints:
        return None
    tree = program.tree()
    call = tree.body[program.prints[-1]].value  # type: ignore[attr-defined]
    call.args = change(call.args)
    return source(tree)


WRONG: dict[str, Wrong] = {
    **{
        operator.__name__: Wrong(operator)
        for operator in (
            literal, literal_after_name, literal_after_call, literal_beside_dead_branch,
            literal_beside_long_condition, literal_beside_uncalled_function, literal_behind_raise,
            literal_with_multiplied_result, literal_with_empty_slice, literal_if_result_exists,
            old_code, old_code_renamed, old_code_formatted, prints_more, prints_twice,
            prints_nothing, prints_negated,
        )
    },
    **{f"put_back_{name}": Wrong(_putting_back(t), OLD_CALLED) for name, t in PUT_BACK.items()},
    **{f"chosen_{name}": Wrong(_choosing(form), OLD_CALLED) for name, form in CHOSEN.items()},
    **{
        operator.__name__: Wrong(operator, OLD_CALLED)
        for operator in (statement_tried, statement_behind_version, keyword_put_back)
    },
    **{f"silenced_{name}": Wrong(_silenced(text), SILENT) for name, text in SILENCED.items()},
}  # fmt: skip


# Wrong where a run shows it


def argument_dropped(program: Program) -> Iterator[str]:
    """Leave out one argument of the replaced call."""
    for index in range(len(_arguments(program))):
        tree, call = _replaced_call(program)
        every: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
        del every[index]
        _give(call, every)
        yield source(tree)


def arguments_swapped(program: Program) -> Iterator[str]:
    """Give two neighbouring arguments of the replaced call in the other order."""
    count = sum(not isinstance(a, ast.keyword) for a in _arguments(program))
    for index in range(count - 1):
        tree, call = _replaced_call(program)
        call.args[index : index + 2] = reversed(call.args[index : index + 2])
        yield source(tree)


def constant_changed(program: Program) -> Iterator[str]:
    """Give another number or truth value in the replaced call."""
    if not _arguments(program):
        return
    _, call = _replaced_call(program)
    found = [path for path, node in walk(call) if isinstance(node, ast.Constant)]
    for path in found:
        tree, call = _replaced_call(program)
        node = resolve(call, path)
        if isinstance(node.value, bool):
            node.value = not node.value
        elif isinstance(node.value, (int, float)):
            node.value = node.value + 1
        else:
            continue
        yield source(tree)


def result_negated(program: Program) -> Iterator[str]:
    """Use the opposite of the replaced call's result."""
    if program.statement is not None and program.replaced is not None:
        for form in ("-{}", "not {}", "~{}"):
            tree, call = program.tree(), resolve(program.tree(), program.replaced)
            put(tree, program.replaced, ast.parse(form.format(ast.unparse(call)), mode="eval").body)
            yield source(tree)


def _arguments(program: Program) -> list[ast.expr | ast.keyword]:
    if program.statement is None:
        return []
    call = resolve(program.tree(), program.replaced or ())
    return [*call.args, *call.keywords] if isinstance(call, ast.Call) else []


def _replaced_call(program: Program) -> tuple[ast.Module, ast.Call]:
    tree = program.tree()
    call = resolve(tree, program.replaced or ())
    assert isinstance(call, ast.Call)
    return tree, call


def _give(call: ast.Call, arguments: list[ast.expr | ast.keyword]) -> None:
    call.args = [a for a in arguments if not isinstance(a, ast.keyword)]
    call.keywords = [a for a in arguments if isinstance(a, ast.keyword)]


VARIED: dict[str, Callable[[Program], Iterator[str]]] = {
    operator.__name__: operator
    for operator in (argument_dropped, arguments_swapped, constant_changed, result_negated)
}
