"""Right answers for an entry, each of a kind: its new code written in another way.

Every function returns a completion, or None where the new code offers no place for its kind.
"""

from __future__ import annotations

import ast
import builtins
import copy
import random
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.candidates import Rename, other_import
from recode_data.records import Entry

TAGS = "<think>\n{}\n</think>\n<answer>\n{}\n</answer>"
Maker = Callable[["Case"], "str | None"]
RIGHT: dict[str, Maker] = {}


@dataclass(frozen=True)
class Case:
    """An entry, and what its new code prints, where it was run."""

    entry: Entry
    output: str = "[0 1 2]\n"

    @property
    def old(self) -> str:
        return self.entry.old_code.strip()

    @property
    def new(self) -> str:
        return self.entry.new_code.strip()

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.new)

    @property
    def imports(self) -> str:
        return "\n".join(map(ast.unparse, filter(is_import, self.tree.body)))

    @property
    def prints(self) -> bool:
        return "print(" in self.new

    def dice(self, kind: str) -> random.Random:
        return random.Random(f"{self.entry.id} {kind}")


def said(code: str, thought: str = "It changed.") -> str:
    return TAGS.format(thought, f"```python\n{code}\n```")


def right(function: Maker) -> Maker:
    RIGHT[function.__name__.replace("_", " ")] = function
    return function


def as_program(function: Callable[[Case], str | None]) -> Maker:
    """Hand the program that ``function`` returns in, where it is another than the new code."""

    def made(case: Case) -> str | None:
        code = function(case)
        return None if code is None or code == case.new else said(code)

    made.__name__ = function.__name__
    return made


def is_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


def stored(node: ast.AST) -> list[str]:
    return [
        n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    ]


def loaded(node: ast.AST) -> list[str]:
    return [n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)]


def defined(tree: ast.Module) -> set[str]:
    """Return the names that the top level of a program binds."""
    found = {name for node in tree.body for name in stored(node)}
    for node in tree.body:
        if is_import(node):
            found |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}  # type: ignore[attr-defined]
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
    return found


@right
def fence_py(case: Case) -> str:
    return TAGS.format("so", f"```py\n{case.new}\n```")


@right
def fence_python3(case: Case) -> str:
    return TAGS.format("so", f"```python3\n{case.new}\n```")


@right
def fence_of_tildes(case: Case) -> str:
    return TAGS.format("so", f"~~~\n{case.new}\n~~~")


@right
def bare_fence(case: Case) -> str:
    return TAGS.format("so", f"```\n{case.new}\n```")


@right
def longer_fence_with_crlf(case: Case) -> str:
    return TAGS.format("so", f"````python title=new.py\n{case.new}\n````").replace("\n", "\r\n")


@right
def indented_block(case: Case) -> str:
    block = "\n".join("  " + line for line in f"```python\n{case.new}\n```".split("\n"))
    return TAGS.format("so", f"- The program:\n{block}")


@right
def old_code_quoted_while_thinking(case: Case) -> str:
    return said(case.new, f"Before it was\n```python\n{case.old}\n```")


@right
def output_quoted_after_the_program(case: Case) -> str:
    return TAGS.format("so", f"```python\n{case.new}\n```\nIt prints\n```\n{case.output}\n```")


@right
@as_program
def reformatted(case: Case) -> str:
    return ast.unparse(case.tree)


@right
@as_program
def commented(case: Case) -> str | None:
    if '"""' in case.new or "'''" in case.new:
        return None
    lines = [
        line if line.rstrip().endswith(("\\", ",", "(", "[")) else f"{line}  # ok"
        for line in case.new.split("\n")
    ]
    return '"""Migrated."""\n\n# so\n' + "\n".join(lines)


def _shadows(case: Case) -> bool:
    """Whether a variable has the name of something imported."""
    return bool(defined(ast.parse(case.imports)) & set(stored(case.tree)))


@right
@as_program
def renamed_locals(case: Case) -> str | None:
    odd = (ast.FunctionDef, ast.ClassDef, ast.Lambda)
    if any(isinstance(n, odd) for n in ast.walk(case.tree)) or _shadows(case):
        return None
    return ast.unparse(Rename(case.new).visit(case.tree))


@right
@as_program
def permuted_locals(case: Case) -> str | None:
    names = list(dict.fromkeys(name for node in case.tree.body for name in stored(node)))
    odd = (ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.comprehension, ast.Global)
    if len(names) < 2 or _shadows(case) or any(isinstance(n, odd) for n in ast.walk(case.tree)):
        return None
    tree = case.tree
    turned = dict(zip(names, names[1:] + names[:1], strict=True))
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = turned.get(node.id, node.id)
    return ast.unparse(tree)


@right
@as_program
def another_import(case: Case) -> str | None:
    return other_import(case.new)


@right
@as_program
def names_imported(case: Case) -> str | None:
    """``import numpy as np; np.isin(…)`` as ``from numpy import isin``."""
    tree = case.tree
    used: set[str] = set()
    for node in tree.body:
        if not (isinstance(node, ast.Import) and len(node.names) == 1 and node.names[0].asname):
            continue
        alias = node.names[0]
        taken = set(vars(builtins)) | defined(tree)
        loads = [n for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id == alias.asname]
        held = [n for n in ast.walk(tree) if isinstance(n, ast.Attribute) and n.value in loads]
        if len(held) != len(loads) or not held or any(n.attr in taken for n in held):
            return None
        if any(isinstance(n.ctx, ast.Store) for n in held):
            return None
        names = sorted({n.attr for n in held})
        used |= set(names)
        code = _with(tree, {id(n): ast.Name(n.attr, ast.Load()) for n in held})
        index = tree.body.index(node)
        code.body[index] = ast.ImportFrom(alias.name, [ast.alias(name) for name in names], 0)
        return ast.unparse(ast.fix_missing_locations(code))
    return None


class _Swap(ast.NodeTransformer):
    def __init__(self, new: dict[int, ast.AST]) -> None:
        self.new = new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new[id(node)] if id(node) in self.new else self.generic_visit(node)


def _with(tree: ast.Module, new: dict[int, ast.AST]) -> ast.Module:
    body = [_Swap(new).visit(node) for node in tree.body]
    return ast.Module(body, [])


def _in_main(case: Case, end: str) -> str | None:
    tree = case.tree
    rest = [node for node in tree.body if not is_import(node)]
    odd = (ast.Global, ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.comprehension)
    if not case.prints or any(isinstance(n, odd) for node in rest for n in ast.walk(node)):
        return None
    main = ast.parse("def main():\n    pass").body[0]
    assert isinstance(main, ast.FunctionDef)
    main.body = rest
    return f"{case.imports}\n\n\n{ast.unparse(ast.fix_missing_locations(main))}\n\n\n{end}"


@right
@as_program
def in_a_main_function(case: Case) -> str | None:
    return _in_main(case, "main()")


@right
@as_program
def in_a_main_function_under_a_guard(case: Case) -> str | None:
    return _in_main(case, 'if __name__ == "__main__":\n    main()')


@right
@as_program
def under_a_name_guard(case: Case) -> str | None:
    rest = [ast.unparse(node) for node in case.tree.body if not is_import(node)]
    body = "\n".join("    " + line for text in rest for line in text.split("\n"))
    if '"""' in body or "'''" in body:
        return None
    return f'{case.imports}\n\nif __name__ == "__main__":\n{body}'


def _plain_print(node: ast.stmt) -> ast.Call | None:
    """Return a call of print with arguments alone, whose texts hold no braces."""
    call = getattr(node, "value", None)
    if not (isinstance(node, ast.Expr) and isinstance(call, ast.Call)):
        return None
    if ast.unparse(call.func) != "print" or call.keywords or not call.args:
        return None
    if any(isinstance(a, ast.Starred | ast.JoinedStr) for a in call.args):
        return None
    text = ast.unparse(call)
    return None if any(mark in text for mark in "{}\\") else call


@right
@as_program
def f_string_in_print(case: Case) -> str | None:
    return _printed(case, lambda parts: [ast.parse('f"' + " ".join(parts) + '"').body[0].value])  # type: ignore[attr-defined]


@right
@as_program
def print_with_an_empty_end(case: Case) -> str | None:
    tree = case.tree
    for node in tree.body:
        call = _plain_print(node)
        if call is not None:
            last = ast.parse(f"str({ast.unparse(call.args[-1])}) + '\\n'").body[0]
            assert isinstance(last, ast.Expr)
            call.args[-1] = last.value
            call.keywords = [ast.keyword("end", ast.Constant(""))]
    return ast.unparse(ast.fix_missing_locations(tree))


def _printed(case: Case, make: Callable[[list[str]], list[ast.expr]]) -> str | None:
    tree = case.tree
    changed = False
    for node in tree.body:
        call = _plain_print(node)
        if call is None or '"' in ast.unparse(call):
            continue
        parts = [
            str(arg.value) if isinstance(arg, ast.Constant) else "{" + ast.unparse(arg) + "}"
            for arg in call.args
        ]
        if any("'" in part and '"' in part for part in parts):
            continue
        call.args, changed = make(parts), True
    return ast.unparse(ast.fix_missing_locations(tree)) if changed else None


@right
@as_program
def text_formatted(case: Case) -> str | None:
    tree = case.tree
    changed = False
    for node in tree.body:
        call = _plain_print(node)
        if call is not None:
            marks = ast.Constant(" ".join("{}" for _ in call.args))
            attribute = ast.Attribute(marks, "format", ast.Load())
            call.args, changed = [ast.Call(attribute, call.args, [])], True
    return ast.unparse(ast.fix_missing_locations(tree)) if changed else None


@right
@as_program
def helper_function(case: Case) -> str | None:
    """The right side of an assignment, moved to a function of its variables."""
    tree = case.tree
    known = defined(tree)
    for index, node in enumerate(tree.body):
        if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)):
            continue
        modules = {name for n in tree.body if is_import(n) for name in defined(ast.Module([n], []))}
        names = [n for n in dict.fromkeys(loaded(node.value)) if n in known - modules]
        inner = [n for n in ast.walk(node.value) if isinstance(n, ast.Lambda | ast.comprehension)]
        if inner or (ast.unparse(node) in case.old):
            continue
        helper = f"def helper({', '.join(names)}):\n    return {ast.unparse(node.value)}"
        node.value = ast.Call(
            ast.Name("helper", ast.Load()), [ast.Name(n, ast.Load()) for n in names], []
        )
        tree.body.insert(index, ast.parse(helper).body[0])
        return ast.unparse(ast.fix_missing_locations(tree))
    return None


@right
@as_program
def helper_with_keywords(case: Case) -> str | None:
    body = _handed(helper_function(case))
    if not body:
        return None
    tree = ast.parse(body)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "helper":
            if not node.args:
                return None
            node.keywords = [ast.keyword(ast.unparse(arg), arg) for arg in reversed(node.args)]
            node.args = []
    return ast.unparse(ast.fix_missing_locations(tree))


@right
@as_program
def inlined_variable(case: Case) -> str | None:
    """A variable that is used once, in the next statement, written in its place."""
    tree = case.tree
    for index, (node, after) in enumerate(zip(tree.body, tree.body[1:], strict=False)):
        if not (isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)):
            continue
        name = node.targets[0].id
        uses = [n for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id == name]
        held = [n for n in ast.walk(after) if n in uses and isinstance(n.ctx, ast.Load)]  # type: ignore[attr-defined]
        odd = (ast.FunctionDef, ast.For, ast.While, ast.With, ast.If, ast.AugAssign, ast.Delete)
        if len(uses) != 2 or len(held) != 1 or isinstance(after, odd) or not case.prints:
            continue
        if any(isinstance(n, ast.Lambda | ast.comprehension) for n in ast.walk(after)):
            continue
        tree.body[index + 1] = _Swap({id(held[0]): node.value}).visit(after)
        del tree.body[index]
        return ast.unparse(ast.fix_missing_locations(tree))
    return None


@right
@as_program
def variable_for_an_argument(case: Case) -> str | None:
    tree = case.tree
    for index, node in enumerate(tree.body):
        call = _plain_print(node)
        if call is not None and isinstance(call.args[0], ast.Call | ast.Subscript | ast.Attribute):
            given = ast.Assign([ast.Name("shown", ast.Store())], call.args[0])
            call.args[0] = ast.Name("shown", ast.Load())
            tree.body.insert(index, given)
            return ast.unparse(ast.fix_missing_locations(tree))
    return None


@right
@as_program
def independent_lines_swapped(case: Case) -> str | None:
    tree = case.tree
    for index, (node, after) in enumerate(zip(tree.body, tree.body[1:], strict=False)):
        if not (isinstance(node, ast.Assign) and isinstance(after, ast.Assign)):
            continue
        if set(stored(node)) & set(loaded(after) + stored(after)) or set(stored(after)) & set(
            loaded(node)
        ):
            continue
        calls = [n for part in (node, after) for n in ast.walk(part) if isinstance(n, ast.Call)]
        if any("random" in ast.unparse(n.func) or "next" in ast.unparse(n.func) for n in calls):
            continue
        if len({ast.unparse(n.func) for n in calls}) < len(calls):
            continue
        tree.body[index : index + 2] = [after, node]
        return ast.unparse(tree)
    return None


@right
@as_program
def annotated_assignments(case: Case) -> str | None:
    tree = case.tree
    for index, node in enumerate(tree.body):
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and len(node.targets) == 1
        ):
            tree.body[index] = ast.AnnAssign(
                node.targets[0], ast.Name("object", ast.Load()), node.value, 1
            )
    return ast.unparse(ast.fix_missing_locations(tree))


@right
@as_program
def lines_joined_by_semicolons(case: Case) -> str | None:
    simple = (ast.Assign, ast.Expr, ast.Import, ast.ImportFrom)
    if not all(isinstance(node, simple) for node in case.tree.body) or "'''" in case.new:
        return None
    return "; ".join(map(ast.unparse, case.tree.body))


@right
@as_program
def alias_of_the_new_function(case: Case) -> str | None:
    tree = case.tree
    for index, node in enumerate(tree.body):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            called = node.value.func
            if isinstance(called, ast.Attribute) and ast.unparse(called.value) in defined(
                ast.parse(case.imports)
            ):
                tree.body.insert(index, ast.Assign([ast.Name("function", ast.Store())], called))
                node.value.func = ast.Name("function", ast.Load())
                return ast.unparse(ast.fix_missing_locations(tree))
    return None


@right
@as_program
def standard_import_unused(case: Case) -> str:
    return f"import os\n{case.new}"


@right
@as_program
def keywords_in_another_order(case: Case) -> str | None:
    tree = case.tree
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and len(node.keywords) > 1
            and all(k.arg for k in node.keywords)
        ):
            node.keywords.reverse()
    return ast.unparse(tree) if ast.unparse(tree) != ast.unparse(case.tree) else None


@right
@as_program
def tuple_assignment(case: Case) -> str | None:
    tree = case.tree
    for index, (node, after) in enumerate(zip(tree.body, tree.body[1:], strict=False)):
        pair = [node, after]
        if not all(isinstance(n, ast.Assign) and isinstance(n.targets[0], ast.Name) for n in pair):
            continue
        if set(stored(node)) & set(loaded(after) + stored(after)):
            continue
        targets = ast.Tuple([n.targets[0] for n in pair], ast.Store())  # type: ignore[attr-defined]
        values = ast.Tuple([n.value for n in pair], ast.Load())  # type: ignore[attr-defined]
        tree.body[index : index + 2] = [ast.Assign([targets], values)]
        return ast.unparse(ast.fix_missing_locations(tree))
    return None


@right
@as_program
def main_that_returns_what_is_printed(case: Case) -> str | None:
    tree = case.tree
    last = tree.body[-1]
    call = _plain_print(last)
    code = _in_main(case, "")
    if code is None or call is None or len(call.args) != 1:
        return None
    shown = ast.unparse(call)
    return (
        code.rstrip().removesuffix(shown) + f"return {ast.unparse(call.args[0])}\n\n\nprint(main())"
    )


@right
@as_program
def everything_in_main(case: Case) -> str | None:
    """The imports as well."""
    code = _in_main(case, "main()")
    if code is None or not case.imports:
        return None
    inner = "\n".join("    " + line for line in case.imports.split("\n"))
    return code.replace(case.imports, "", 1).replace("def main():", f"def main():\n{inner}").strip()


@right
@as_program
def helper_with_hints_and_a_default(case: Case) -> str | None:
    code = _handed(helper_function(case))
    if not code or "def helper()" in code:
        return None
    head, _, rest = code.partition("def helper(")
    given, _, rest = rest.partition("):")
    hints = ", ".join(f"{name.strip()}: object" for name in given.split(","))
    return f"{head}def helper({hints}, *, unused: int = 0) -> object:{rest}"


@right
@as_program
def helper_as_a_lambda(case: Case) -> str | None:
    code = _handed(helper_function(case))
    if not code:
        return None
    tree = ast.parse(code)
    for index, node in enumerate(tree.body):
        if isinstance(node, ast.FunctionDef) and node.name == "helper":
            assert isinstance(node.body[0], ast.Return)
            names = ", ".join(a.arg for a in node.args.args)
            made = f"helper = lambda {names}: {ast.unparse(node.body[0].value)}"  # type: ignore[arg-type]
            tree.body[index] = ast.parse(made).body[0]
    return ast.unparse(tree)


@right
@as_program
def constant_with_a_name(case: Case) -> str | None:
    tree = case.tree
    for index, node in enumerate(tree.body):
        inner = [n for n in ast.walk(node) if isinstance(n, ast.Constant) and type(n.value) is int]
        nested = any(isinstance(n, ast.JoinedStr) for n in ast.walk(node))
        if inner and isinstance(node, ast.Assign | ast.Expr) and not nested:
            constant = ast.Assign([ast.Name("COUNT", ast.Store())], ast.Constant(inner[0].value))
            tree.body[index] = _Swap({id(inner[0]): ast.Name("COUNT", ast.Load())}).visit(node)
            tree.body.insert(index, constant)
            return ast.unparse(ast.fix_missing_locations(tree))
    return None


@right
@as_program
def assertion_added(case: Case) -> str:
    return f"{case.new}\nassert True"


@right
@as_program
def name_deleted_at_the_end(case: Case) -> str | None:
    names = stored(ast.Module([n for n in case.tree.body if isinstance(n, ast.Assign)], []))
    return f"{case.new}\ndel {names[0]}" if names and case.prints else None


@right
@as_program
def variable_that_nothing_uses(case: Case) -> str:
    return f"{case.new}\nunused = None"


@right
@as_program
def printed_with_flush(case: Case) -> str | None:
    tree = case.tree
    calls = [call for node in tree.body if (call := _plain_print(node)) is not None]
    for call in calls:
        call.keywords.append(ast.keyword("flush", ast.Constant(True)))
    return ast.unparse(ast.fix_missing_locations(tree)) if calls else None


@right
@as_program
def two_prints_as_one(case: Case) -> str | None:
    tree = case.tree
    for index, pair in enumerate(zip(tree.body, tree.body[1:], strict=False)):
        first, second = map(_plain_print, pair)
        if first is not None and second is not None and len(first.args) == len(second.args) == 1:
            first.args += second.args
            first.keywords = [ast.keyword("sep", ast.Constant("\n"))]
            del tree.body[index + 1]
            return ast.unparse(ast.fix_missing_locations(tree))
    return None


@right
@as_program
def keywords_from_a_dictionary(case: Case) -> str | None:
    tree = case.tree
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.keywords and all(k.arg for k in node.keywords):
            keys: list[ast.expr | None] = [ast.Constant(k.arg) for k in node.keywords]
            given = ast.Dict(keys, [k.value for k in node.keywords])
            node.keywords = [ast.keyword(None, given)]
            return ast.unparse(ast.fix_missing_locations(tree))
    return None


@right
@as_program
def in_a_class(case: Case) -> str | None:
    code = _in_main(case, "Program().main()")
    if code is None:
        return None
    head, _, rest = code.partition("def main():")
    inner, _, end = rest.rpartition("\n\n\n")
    inner = "\n".join("    " + line if line else line for line in inner.rstrip().split("\n"))
    return f"{head}class Program:\n    def main(self):{inner.lstrip(' ')}\n\n\n{end}"


@right
@as_program
def walrus_in_print(case: Case) -> str | None:
    tree = case.tree
    for index, (node, after) in enumerate(zip(tree.body, tree.body[1:], strict=False)):
        call = _plain_print(after)
        if call is None or not (isinstance(node, ast.Assign) and len(node.targets) == 1):
            continue
        target = node.targets[0]
        if isinstance(target, ast.Name) and ast.unparse(call.args[0]) == target.id:
            call.args[0] = ast.NamedExpr(target, node.value)
            del tree.body[index]
            return ast.unparse(ast.fix_missing_locations(tree))
    return None


@right
@as_program
def assertion_of_a_result(case: Case) -> str | None:
    names = stored(ast.Module([n for n in case.tree.body if isinstance(n, ast.Assign)], []))
    return f"{case.new}\nassert {names[0]} is not None, 'missing'" if names else None


@right
@as_program
def helper_of_any_arguments(case: Case) -> str | None:
    tree = case.tree
    for index, node in enumerate(tree.body):
        if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)):
            continue
        called = ast.unparse(node.value.func)
        if called.partition(".")[0] not in defined(ast.parse(case.imports)):
            continue
        helper = f"def helper(*args, **kwargs):\n    return {called}(*args, **kwargs)"
        node.value.func = ast.Name("helper", ast.Load())
        tree.body.insert(index, ast.parse(helper).body[0])
        return ast.unparse(ast.fix_missing_locations(tree))
    return None


@right
@as_program
def variable_inlined_wherever_it_is_used(case: Case) -> str | None:
    tree = case.tree
    for index, node in enumerate(tree.body):
        if not (isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)):
            continue
        name = node.targets[0].id
        uses = [n for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id == name]
        plain = all(_names_only(n) or _plain_print(n) for n in tree.body[index:])
        if len(uses) < 3 or sum(isinstance(n.ctx, ast.Store) for n in uses) > 1 or not plain:
            continue
        if "random" in case.new or "next(" in case.new or not case.prints:
            continue
        del tree.body[index]
        new = {id(n): node.value for n in uses if isinstance(n.ctx, ast.Load)}
        return ast.unparse(ast.fix_missing_locations(_with(tree, dict(new))))
    return None


@right
@as_program
def all_names_imported(case: Case) -> str | None:
    """``from numpy import *``, where nothing of the program has the name of a builtin."""
    one = names_imported(case)
    code = _handed(one)
    lines = [line for line in code.split("\n") if line.startswith("from ")]
    if not code or len(lines) != 1 or "_" in lines[0].partition(" import ")[2][:1]:
        return None
    module = lines[0].split()[1]
    return code.replace(lines[0], f"from {module} import *")


def _names_only(node: ast.stmt) -> bool:
    """Whether a statement sets names, and no item or attribute of an object."""
    return isinstance(node, ast.Assign) and all(isinstance(t, ast.Name) for t in node.targets)


def _handed(text: str | None) -> str:
    return (text or "").partition("```python\n")[2].partition("\n```")[0]


def rewritten(case: Case) -> dict[str, str]:
    """Return a completion of every kind that the entry offers a place for."""
    made = {kind: make(copy.copy(case)) for kind, make in RIGHT.items()}
    return {kind: text for kind, text in made.items() if text is not None}
