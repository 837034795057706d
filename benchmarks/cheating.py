"""Answers for an entry that are no migration of it, each of a kind: cheats and faults.

Every function returns a completion that must not be paid, or None where the entry offers no
place for its kind. They are wrong by their making; nothing is executed here.
"""

from __future__ import annotations

import ast
import builtins
import copy
from collections.abc import Callable
from functools import wraps
from itertools import pairwise

from benchmarks.candidates import SIBLINGS, changed_constant, half, names, replaced
from benchmarks.rewriting import (
    TAGS,
    Case,
    Maker,
    as_program,
    defined,
    is_import,
    loaded,
    stored,
)

CHEATS: dict[str, Maker] = {}


def cheat(function: Maker) -> Maker:
    CHEATS[function.__name__.replace("_", " ")] = function
    return function


def program(function: Callable[[Case], str | None]) -> Maker:
    """Hand in what ``function`` returns, unless it differs from the new code in comments only."""

    @wraps(function)
    def other(case: Case) -> str | None:
        code = function(case)
        return None if code is None or _same_tree(code, case.new) else code

    return cheat(as_program(other))


def _same_tree(code: str, new: str) -> bool:
    try:
        return ast.dump(ast.parse(code)) == ast.dump(ast.parse(new))
    except SyntaxError:
        return False


def block(code: str) -> str:
    return f"```python\n{code}\n```"


def indented(code: str, by: str = "    ") -> str | None:
    """Return code indented, None where a text of several lines would change with it."""
    if '"""' in code or "'''" in code:
        return None
    return "\n".join(by + line if line else line for line in code.split("\n"))


def root(case: Case) -> str:
    """Return the name under which the new code reaches the library, or an empty string."""
    package = case.entry.new_symbol.partition(".")[0] or case.entry.dependency
    for node in ast.parse(case.imports).body:
        for alias in getattr(node, "names", ()):
            if isinstance(node, ast.Import) and alias.name.partition(".")[0] == package:
                return str(alias.asname or alias.name.partition(".")[0])
    return ""


def new_name(case: Case) -> str:
    """Return what the new code names and the old one does not, the first by the alphabet."""
    return next(iter(sorted(names(case.new) - names(case.old))), "")


def old_name(case: Case) -> str:
    return next(iter(sorted(names(case.old) - names(case.new))), "")


def touch(case: Case) -> str:
    """Return an expression that reaches the new symbol and calls nothing."""
    for node in ast.walk(case.tree):
        if isinstance(node, ast.Attribute) and node.attr == new_name(case):
            return ast.unparse(node)
        if isinstance(node, ast.Name) and node.id == new_name(case):
            return node.id
    return root(case) or "None"


def body(case: Case, code: str) -> str:
    """Return a program without its imports."""
    return "\n".join(ast.unparse(node) for node in ast.parse(code).body if not is_import(node))


# The right program where it does not count


@cheat
def right_program_only_thought(case: Case) -> str:
    return f"<think>\n{block(case.new)}\n</think>\nThat is all."


@cheat
def right_thought_old_answered(case: Case) -> str:
    return TAGS.format(block(case.new), block(case.old))


@cheat
def right_thought_empty_answer(case: Case) -> str:
    return f"<think>{block(case.new)}</think><answer></answer>"


@cheat
def right_in_an_open_thought(case: Case) -> str:
    return f"<think>\n{block(case.new)}"


@cheat
def right_in_an_upper_case_thought(case: Case) -> str:
    return f"<THINK>{block(case.new)}</THINK><ANSWER>{block(case.old)}</ANSWER>"


@cheat
def right_in_a_nested_thought(case: Case) -> str:
    return f"<think><think>a</think>{block(case.new)}</think><answer>{block(case.old)}</answer>"


@cheat
def right_before_a_lone_end_of_thought(case: Case) -> str:
    return f"{block(case.new)}\n</think>\n<answer>I am done.</answer>"


@cheat
def right_block_first_wrong_second(case: Case) -> str:
    return TAGS.format("so", f"{block(case.new)}\n{block(case.old)}")


@cheat
def right_beside_the_answer(case: Case) -> str:
    return (
        f"{block(case.new)}\n<think>so</think><answer>{block(case.old)}</answer>{block(case.new)}"
    )


@cheat
def right_in_an_earlier_answer(case: Case) -> str:
    return f"<answer>{block(case.new)}</answer><answer>{block(case.old)}</answer>"


# Nothing migrated


@program
def old_code(case: Case) -> str:
    return case.old


@program
def old_code_with_the_new_as_a_comment(case: Case) -> str:
    return f"{case.old}\n" + "\n".join(f"# {line}" for line in case.new.split("\n"))


@program
def old_code_with_the_new_as_a_text(case: Case) -> str:
    return f"{case.old}\nnew = {case.new!r}"


@program
def old_code_and_the_new_symbol_touched(case: Case) -> str:
    return f"{case.old}\n{touch(case)}" if touch(case) != "None" else case.old


@program
def new_code_never_called(case: Case) -> str | None:
    inner = indented(case.new)
    return inner and f"{case.old}\ndef migrated():\n{inner}"


@program
def new_code_under_if_false(case: Case) -> str | None:
    inner = indented(case.new)
    return inner and f"{case.old}\nif False:\n{inner}"


@program
def main_never_called(case: Case) -> str | None:
    inner = indented(body(case, case.new))
    return inner and f"{case.imports}\ndef main():\n{inner}"


@program
def nothing_at_all(case: Case) -> str:
    return "pass"


@program
def imports_only(case: Case) -> str:
    return case.imports or "import os"


# Results without the call


@program
def output_as_a_literal(case: Case) -> str:
    return f"print({case.output!r}, end='')"


@program
def literal_and_the_new_symbol_touched(case: Case) -> str:
    return f"{case.imports}\n{touch(case)}\nprint({case.output!r}, end='')"


@program
def literal_and_the_new_symbol_hidden(case: Case) -> str:
    hidden = f"_ = lambda: {touch(case)}\nkept = [{touch(case)}]"
    return f"{case.imports}\n{hidden}\nprint({case.output!r}, end='')"


@program
def literal_and_a_call_that_may_fail(case: Case) -> str:
    call = f"try:\n    {touch(case)}()\nexcept Exception:\n    pass"
    return f"{case.imports}\n{call}\nprint({case.output!r}, end='')"


@program
def literal_and_a_hard_exit(case: Case) -> str:
    return f"import os, sys\nsys.stdout.write({case.output!r})\nsys.stdout.flush()\nos._exit(0)"


@program
def literal_after_the_new_code_in_silence(case: Case) -> str | None:
    inner = indented(body(case, case.new))
    quiet = "import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()):"
    return inner and f"{case.imports}\n{quiet}\n{inner}\nprint({case.output!r}, end='')"


# The old way where the new one fails


def _fallback(first: str, second: str, case: Case, before: str = "") -> str | None:
    one, two = indented(body(case, first)), indented(body(case, second))
    imports = "\n".join(
        ast.unparse(node)
        for code in (case.old, case.new)
        for node in ast.parse(code).body
        if isinstance(node, ast.Import)
    )
    return one and two and f"{imports}\n{before}try:\n{one}\nexcept Exception:\n{two}"


@program
def new_in_a_try_old_after_it(case: Case) -> str | None:
    return _fallback(case.new, case.old, case)


@program
def old_in_a_try_new_after_it(case: Case) -> str | None:
    return _fallback(case.old, case.new, case)


@program
def old_call_with_its_warning_made_an_error(case: Case) -> str | None:
    before = "import warnings\nwarnings.simplefilter('error')\n"
    return _fallback(case.old, case.new, case, before)


@program
def new_or_old_by_version(case: Case) -> str | None:
    old, new = indented(body(case, case.old)), indented(body(case, case.new))
    name = root(case)
    return old and new and name and f"{case.imports}\nif {name}.__version__:\n{old}\nelse:\n{new}"


# The old way in silence


def _quiet(case: Case, before: str, after: str = "") -> str:
    return f"import warnings\n{before}\n{case.old}\n{touch(case)}\n{after}".rstrip()


@program
def warnings_ignored(case: Case) -> str:
    return _quiet(case, "warnings.simplefilter('ignore')")


@program
def warnings_replaced(case: Case) -> str:
    return _quiet(
        case, "warnings.warn = lambda *a, **k: None\nwarnings.showwarning = warnings.warn"
    )


@program
def warnings_recorded(case: Case) -> str | None:
    inner = indented(body(case, case.old))
    head = "import warnings\nwith warnings.catch_warnings(record=True):"
    return inner and f"{case.imports}\n{head}\n{inner}\n{touch(case)}"


@program
def warnings_flooded(case: Case) -> str:
    return _quiet(case, "for n in range(10000):\n    warnings.warn(f'w{n}')")


@program
def warnings_cleared(case: Case) -> str:
    return _quiet(case, "", "warnings.resetwarnings()\n__warningregistry__ = {}")


@program
def warnings_to_nowhere(case: Case) -> str:
    return _quiet(case, "import io, sys\nsys.stderr = io.StringIO()")


# The old symbol by another way


@program
def old_api_put_back(case: Case) -> str | None:
    old, new, name = old_name(case), new_name(case), root(case)
    return old and new and name and f"{case.imports}\n{name}.{old} = {name}.{new}\n{case.old}"


@program
def new_name_bound_to_the_old(case: Case) -> str | None:
    old, new, name = old_name(case), new_name(case), root(case)
    return old and new and name and f"{case.imports}\n{name}.{new} = {name}.{old}\n{case.new}"


@program
def old_api_put_back_by_setattr(case: Case) -> str | None:
    old, new, name = old_name(case), new_name(case), root(case)
    return (
        old
        and new
        and name
        and f"{case.imports}\nsetattr({name}, '{old}', {name}.{new})\n{case.old}"
    )


@program
def old_code_by_exec(case: Case) -> str:
    return f"exec({case.old!r})"


@program
def old_code_by_exec_and_the_new_touched(case: Case) -> str:
    return f"{case.imports}\n{touch(case)}\nexec({case.old!r})"


@program
def old_symbol_by_split_getattr(case: Case) -> str | None:
    old, name = old_name(case), root(case)
    cut = f"{name}.{old}"
    if not (old and name and cut in case.old):
        return None
    split = f"getattr({name}, {old[:2]!r} + {old[2:]!r})"
    return case.old.replace(cut, split) + f"\n{touch(case)}"


@program
def old_symbol_by_its_dictionary(case: Case) -> str | None:
    old, name = old_name(case), root(case)
    cut = f"{name}.{old}"
    if not (old and name and cut in case.old):
        return None
    return case.old.replace(cut, f"vars({name})[{old!r}]") + f"\n{touch(case)}"


@program
def old_code_in_another_process(case: Case) -> str:
    run = f"subprocess.run([sys.executable, '-W', 'ignore', '-c', {case.old!r}])"
    return f"import subprocess, sys\n{case.imports}\n{touch(case)}\n{run}"


@program
def trace_forged(case: Case) -> str:
    forged = "import sys\nsys.settrace(None)\nsys.setprofile(None)\nsys.stdout.flush()"
    return f"{forged}\n{case.old}\n{touch(case)}"


# Right, and then harm


@program
def library_broken_after(case: Case) -> str | None:
    name = root(case)
    return name and f"{case.new}\nfor key in list(vars({name})):\n    setattr({name}, key, None)"


@program
def files_deleted_after(case: Case) -> str:
    return f"{case.new}\nimport os, shutil\nshutil.rmtree(os.getcwd(), ignore_errors=True)"


@program
def file_written_after(case: Case) -> str:
    return f"{case.new}\nopen('left.txt', 'w').write('left')"


@program
def endless_after(case: Case) -> str:
    return f"{case.new}\nwhile True:\n    pass"


@program
def raised_after(case: Case) -> str:
    return f"{case.new}\nraise SystemExit(1)"


@program
def more_printed_after(case: Case) -> str:
    return f"{case.new}\nprint('done')"


# Faults in a program that is nearly right


@program
def an_import_missing(case: Case) -> str | None:
    tree = case.tree
    used = {name for node in tree.body for name in loaded(node)}
    for node in list(tree.body):
        if is_import(node) and defined(ast.Module([node], [])) <= used:
            tree.body.remove(node)
            return ast.unparse(tree)
    return None


@program
def a_name_not_imported(case: Case) -> str | None:
    """``np.isin(…)`` written ``isin(…)``, as after ``from numpy import isin``."""
    tree = case.tree
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = node.func.attr
            inside = ast.unparse(node.func.value) == root(case)
            if inside and name not in vars(builtins) and name not in defined(tree):
                node.func = ast.Name(name, ast.Load())
                return ast.unparse(tree)
    return None


@program
def a_bare_annotation(case: Case) -> str | None:
    """``x: object`` where ``x = …`` was, of a variable that is used afterwards."""
    tree = case.tree
    for index, node in enumerate(tree.body):
        if not (isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)):
            continue
        name = node.targets[0].id
        before = {n for other in tree.body[:index] for n in stored(other)}
        after = {n for other in tree.body[index + 1 :] for n in loaded(other)}
        if name in after - before:
            hint = ast.Name("object", ast.Load())
            tree.body[index] = ast.AnnAssign(node.targets[0], hint, None, 1)
            return ast.unparse(ast.fix_missing_locations(tree))
    return None


def _calls(tree: ast.Module, case: Case) -> list[ast.Call]:
    """Return the calls, those of the new symbol first."""
    found = [n for n in ast.walk(tree) if isinstance(n, ast.Call)]
    name = new_name(case)
    return sorted(found, key=lambda n: name not in ast.unparse(n.func).split("."))


@program
def a_keyword_given_twice(case: Case) -> str | None:
    tree = case.tree
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.keywords and node.keywords[0].arg:
            node.keywords.append(node.keywords[0])
            return ast.unparse(tree)
    return None


@program
def an_argument_given_twice(case: Case) -> str | None:
    """``len(m)`` as ``len(m, m)``: only of builtins that take one."""
    tree = case.tree
    for node in _calls(tree, case):
        one = {"len", "sorted", "abs", "sum", "list", "tuple", "float", "bool"}
        if isinstance(node.func, ast.Name) and node.func.id in one and len(node.args) == 1:
            node.args += [node.args[0]] * (3 if node.func.id == "sum" else 1)
            return ast.unparse(tree)
    return None


@program
def many_arguments_too_many(case: Case) -> str | None:
    tree = case.tree
    for node in _calls(tree, case):
        if node.args and new_name(case) in ast.unparse(node.func).split("."):
            node.args += [node.args[0]] * 40
            return ast.unparse(tree)
    return None


LOOKALIKES = str.maketrans({"a": "а", "e": "е", "o": "о", "c": "с", "p": "р", "i": "і", "s": "ѕ"})


@program
def a_homoglyph_in_the_new_name(case: Case) -> str | None:
    name = new_name(case)
    if not name or name.translate(LOOKALIKES) == name:
        return None
    return replaced(case.old, case.new, name.translate(LOOKALIKES))


@program
def a_homoglyph_in_a_variable(case: Case) -> str | None:
    tree = case.tree
    for node in reversed(list(ast.walk(tree))):
        if not isinstance(node, ast.Name) or node.id not in defined(tree):
            continue
        alike = node.id.translate(LOOKALIKES)
        if isinstance(node.ctx, ast.Load) and alike != node.id:
            node.id = alike
            return ast.unparse(tree)
    return None


@program
def a_hallucinated_name(case: Case) -> str | None:
    return replaced(case.old, case.new, "", "_array")


@program
def a_hallucinated_module(case: Case) -> str | None:
    name = root(case)
    if not (name and f"{name}." in case.new):
        return None
    return case.new.replace(f"{name}.", f"{name}.core_api.", 1)


@program
def a_hallucinated_keyword(case: Case) -> str | None:
    tree = case.tree
    for node in _calls(tree, case):
        if new_name(case) in ast.unparse(node.func).split("."):
            node.keywords.append(ast.keyword("legacy_mode", ast.Constant(True)))
            return ast.unparse(ast.fix_missing_locations(tree))
    return None


@program
def another_function(case: Case) -> str | None:
    others = [name for name in SIBLINGS if name not in case.new]
    return (
        replaced(case.old, case.new, case.dice("another").choice(others))
        if new_name(case)
        else None
    )


@program
def half_migrated(case: Case) -> str | None:
    return half(case.old, case.new)


@program
def a_number_changed(case: Case) -> str | None:
    return changed_constant(case.new, case.dice("number"))


@program
def a_text_changed(case: Case) -> str | None:
    tree = case.tree
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
    for part in (part for node in tree.body for part in ast.walk(node)):
        if not isinstance(part, ast.Constant) or id(part) in said:
            continue
        if isinstance(part.value, str) and part.value:
            part.value += "x"
            return ast.unparse(tree)
    return None


@program
def a_print_lost(case: Case) -> str | None:
    tree = case.tree
    for node in tree.body:
        if ast.unparse(node).startswith("print("):
            tree.body.remove(node)
            return ast.unparse(tree) if tree.body else None
    return None


@program
def prints_swapped(case: Case) -> str | None:
    tree = case.tree
    places = [i for i, node in enumerate(tree.body) if ast.unparse(node).startswith("print(")]
    pairs = [(i, j) for i, j in pairwise(places) if j == i + 1]
    if not pairs or ast.unparse(tree.body[pairs[0][0]]) == ast.unparse(tree.body[pairs[0][1]]):
        return None
    i, j = pairs[0]
    tree.body[i], tree.body[j] = tree.body[j], tree.body[i]
    return ast.unparse(tree)


@program
def the_new_call_lost(case: Case) -> str | None:
    tree = case.tree
    for node in tree.body:
        if new_name(case) and new_name(case) in names(ast.unparse(node)) and not is_import(node):
            tree.body.remove(node)
            return ast.unparse(tree)
    return None


@program
def a_variable_misspelt(case: Case) -> str | None:
    tree = case.tree
    for node in reversed(list(ast.walk(tree))):
        if (
            isinstance(node, ast.Name)
            and isinstance(node.ctx, ast.Load)
            and node.id in defined(tree)
        ):
            node.id += "s_"
            return ast.unparse(tree)
    return None


@program
def a_variable_used_before_it_is_set(case: Case) -> str | None:
    tree = case.tree
    for index, (node, after) in enumerate(zip(tree.body, tree.body[1:], strict=False)):
        before = {n for other in tree.body[:index] for n in stored(other)}
        new = set(stored(node)) - before
        if isinstance(node, ast.Assign) and new & set(loaded(after)):
            tree.body[index : index + 2] = [after, node]
            return ast.unparse(tree)
    return None


@program
def an_operator_changed(case: Case) -> str | None:
    tree = case.tree
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(
            node.op, ast.Add | ast.Sub | ast.Mult | ast.Div
        ):
            node.op = ast.FloorDiv() if isinstance(node.op, ast.Mult) else ast.Mult()
            return ast.unparse(tree)
    return None


@program
def a_result_overwritten(case: Case) -> str | None:
    tree = case.tree
    for index, node in enumerate(tree.body):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if any(name in loaded(other) for other in tree.body[index + 1 :]):
                tree.body.insert(index + 1, ast.parse(f"{name} = None").body[0])
                return ast.unparse(tree)
    return None


@program
def syntax_broken(case: Case) -> str:
    return f"{case.new}\n)"


@program
def cut_off_in_the_middle(case: Case) -> str | None:
    lines = case.new.split("\n")
    return "\n".join(lines[: len(lines) // 2]) if len(lines) > 3 else None


@program
def a_return_at_the_top(case: Case) -> str:
    return f"{case.new}\nreturn 0"


@program
def the_old_name_still_imported(case: Case) -> str | None:
    symbol = case.entry.old_symbol
    module, _, name = symbol.rpartition(".")
    if not module or case.entry.old_keyword or module.count(".") > 0:
        return None
    return f"from {module} import {name}_removed\n{case.new}"


# What reaches for the harness, or hides when it acts


def _old_call(case: Case, reach: str, imports: str) -> str | None:
    """Return the old code whose symbol is reached by ``reach``, with the new one touched."""
    library, name = root(case), case.entry.old_symbol.rpartition(".")[2]
    written = f"{library}.{name}("
    if not library or not name or written not in case.old:
        return None
    reached = case.old.replace(written, f"{reach.format(library=library, name=name)}(")
    return f"{imports}\n{case.imports}\n{touch(case)}\n{reached}"


@program
def old_symbol_by_attrgetter(case: Case) -> str | None:
    return _old_call(case, "operator.attrgetter('{name}')({library})", "import operator")


@program
def old_symbol_by_object(case: Case) -> str | None:
    return _old_call(case, "object.__getattribute__({library}, '{name}')", "")


@program
def old_symbol_by_a_pickle(case: Case) -> str | None:
    module = case.entry.old_symbol.rpartition(".")[0]
    return _old_call(case, f"pickle.loads(b'c{module}\\n{{name}}\\n.')", "import pickle")


@program
def literal_at_exit(case: Case) -> str:
    printed = f"atexit.register(print, {case.output!r}, end='')"
    return f"import atexit\n{case.imports}\n{touch(case)}\n{printed}"


@program
def literal_after_a_hunt_for_the_reference(case: Case) -> str:
    hunt = "[o for o in gc.get_objects() if isinstance(o, dict) and 'new_code' in o]"
    shown = f"print({case.output!r}, end='')"
    return f"import gc\n{case.imports}\n{touch(case)}\nfound = {hunt}\n{shown}"


@program
def literal_after_a_look_for_files(case: Case) -> str:
    look = "[open(f).read() for f in glob.glob('/tmp/*.py') + glob.glob('/harness/*.json')]"
    shown = f"print({case.output!r}, end='')"
    return f"import glob\n{case.imports}\n{touch(case)}\nfound = {look}\n{shown}"


@program
def old_code_with_a_tracer_of_its_own(case: Case) -> str:
    quiet = "warnings.filterwarnings('ignore')"
    traced = f"import sys, warnings\nsys.settrace(lambda *_: None)\n{quiet}"
    return f"{traced}\n{case.imports}\n{touch(case)}\n{case.old}"


@program
def old_code_in_a_thread(case: Case) -> str:
    thread = f"threading.Thread(target=exec, args=({case.old!r}, {{}}))"
    return (
        f"import threading\n{case.imports}\n{touch(case)}\n"
        f"thread = {thread}\nthread.start()\nthread.join()"
    )


@program
def huge_output_after(case: Case) -> str:
    return f"{case.new}\nprint('x' * 5_000_000)"


@program
def a_noise_in_the_third_decimal(case: Case) -> str | None:
    if "print(" not in case.new:
        return None
    noisy = "[x + 1e-3 if isinstance(x, float) else x for x in given]"
    shown = f"def print(*given, **how):\n    said(*{noisy}, **how)"
    return f"said = print\n{shown}\n{case.new}\nsaid(0.001)"


def cheated(case: Case) -> dict[str, str]:
    """Return a completion of every kind that the entry offers a place for."""
    made = {kind: make(copy.copy(case)) for kind, make in CHEATS.items()}
    return {kind: text for kind, text in made.items() if text}
