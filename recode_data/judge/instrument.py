"""Programs that show more than their output: what a check only compares, what flows out of
the place that a migration changed, and what becomes of it when that is wrong.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection
from typing import Literal, TypeAlias, TypeGuard

from recode_data.adapters import checks, drawing
from recode_data.judge.alignment import Alignment, Site, covers
from recode_data.judge.places import Places, callee, with_prelude
from recode_data.judge.replacement import Replacement
from recode_data.judge.scalars import is_ours
from recode_data.judge.trees import clone, walk
from recode_data.records import Run

Failed: TypeAlias = Literal["", "before", "behind"]
SEEN = "recode_seen"
"""Name of the list of what assertions and comparisons of the program looked at."""
RESULTS = "recode_results"
"""Name of the dict of what the expressions around the changed places gave, by their number."""
REPLACED = "recode_replaced"
"""Name of the list of what the replacement returned."""
MOST_LEVELS = 24
WITNESS = 1000
"""The first number of the places whose values may differ, and count if they do not."""

_PRELUDE = """
def recode_seed():
    import random, sys
    for name in ('random', {modules}):
        if name in sys.modules:
            sys.modules[name].seed(hash('recode') % 2 ** 32)
recode_seed()
"""
_KEEPING = f"""
{SEEN} = []
{RESULTS} = {{}}
{REPLACED} = []
def recode_keep(number, value):
    kept = {RESULTS}.setdefault(number, [])
    if len(kept) < 20:
        kept.append(value)
    return value
def recode_note(value):
    if len({REPLACED}) < 20:
        {REPLACED}.append(value)
    return value
def recode_compare(function, *args, **keywords):
    {SEEN}.append(args)
    return function(*args, **keywords)
"""
_WRONG = """
def recode_wrong(value):
    if isinstance(value, bool):
        return not value
    if value is None:
        return 0
    if isinstance(value, (int, float, complex)):
        return value * 3 + 7 if abs(value) < 1e300 else 7.0
    if isinstance(value, str):
        return value + '?'
    if isinstance(value, bytes):
        return value + b'?'
    if type(value) in (list, tuple, set):
        return type(value)([recode_wrong(part) for part in value] + [7])
    if type(value) is dict:
        return dict([(key, recode_wrong(part)) for key, part in value.items()] + [('recode', 7)])
    if isinstance(value, type):
        numeric = ('int', 'float', 'double', 'complex', 'bool', 'long', 'single', 'half')
        return str if any(word in value.__name__ for word in numeric) else float
    for change in (lambda: (~value if str(value.dtype) == 'bool' else value * 3 + 7)[:-1],
                   lambda: ~value if str(value.dtype) == 'bool' else value * 3 + 7,
                   lambda: value[:0] if len(value) else [7],
                   lambda: value * 3 + 7):
        try:
            return change()
        except Exception:
            pass
    if type(value).__name__ in ('function', 'builtin_function_or_method', 'method', 'partial'):
        return lambda *args, **keywords: recode_wrong(value(*args, **keywords))
    if callable(value):  # an object that is called for what it does
        return lambda *args, **keywords: recode_wrong(None)
    return object()

def recode_undecorated(decorator):
    return lambda decorated: decorated
"""
_TAKES = """
def recode_takes(function, name, value):
    import inspect
    default = inspect.signature(function).parameters[name].default
    if default is value or type(default) is type(value) and default == value:
        raise TypeError(f"{name} is {value!r} by default")
    return function
"""
_MARK = "recode_level"
_FOUND = "recode_found"


def _prelude() -> str:
    """Return what stands before an opened program. What it draws without a seed of its own is
    drawn alike in both programs and in every run; a process with another seed of hashes draws
    something else."""
    modules = "".join(f"{name!r}, " for name in sorted(drawing()))
    return _PRELUDE.replace("{modules}", modules) + _KEEPING


def opened(
    alignment: Alignment, replacement: Replacement, replaced: frozenset[str] = frozenset()
) -> tuple[str, str]:
    """Return both programs with their assertions turned into recorded values (`SEEN`), the
    values of the expressions around the changed places kept (`RESULTS`), and those of what
    was ``replaced`` in the old one and of the replacement in the new one (`REPLACED`)."""
    _mark(alignment)
    codes = []
    for tree, side in ((alignment.old, 0), (alignment.new, 1)):
        made: ast.AST = _Unmask(replacement.names).visit(clone(tree))
        _unmark(tree)
        used = replacement if side else Replacement(replaced)
        made = _replaced(made, used, "recode_note")
        codes.append(with_prelude(_Keep().visit(made), _prelude()))
    return codes[0], codes[1]


def where_failed(code: str, run: Run) -> Failed:
    """Return where an opened program failed: before it came to its replacement, behind it, with
    something that it gave, or else, as within it, nowhere that tells."""
    tree = ast.parse(code)
    calls = [node for node in walk(tree) if isinstance(node, ast.Call)]
    notes = [call for call in calls if callee(call) == "recode_note"]
    if run.status != "raised" or len(run.span) not in (1, 4) or not notes:
        return ""
    if _before(tree, notes, run.span[0]):
        return "before"
    ours: list[ast.Call | ast.FunctionDef] = [*notes]
    ours += [n for n in tree.body if isinstance(n, ast.FunctionDef) and is_ours(n)]
    if len(run.span) == 1:  # no more is known than the line
        return "" if any(_spans(node, run.span[0]) for node in ours) else "behind"
    start, end = run.span[:2], run.span[2:]
    inside = any(start <= (note.lineno, note.col_offset) < end for note in notes)
    return "" if inside or any(covers(node, *start) for node in ours) else "behind"


def _before(tree: ast.Module, notes: list[ast.Call], line: int) -> bool:
    """Return whether a program ended in a line that runs before each of its replacements: what
    both programs do there with the input is not what the update is about. A replacement within
    a function runs where that is first called."""
    again = ast.For | ast.While | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
    if any(isinstance(node, again) and _spans(node, line) for node in walk(tree)):
        return False
    defined = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    first = []
    for note in notes:
        name = next((one.name for one in defined if _spans(one, note.lineno)), "")
        uses = [n.lineno for n in walk(tree) if isinstance(n, ast.Name) and n.id == name]
        first.append(min(uses, default=note.lineno) if name else note.lineno)
    return line < min(first)


def _spans(node: ast.stmt | ast.expr, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or 0)


def wrong(alignment: Alignment, replacement: Replacement) -> list[str]:
    """Return the new program whose replacement gives another result, or is left out where
    its result is not used, and the one in which that is so in its last place alone; none
    when the program has no such place, one when it has one.

    Where none of the names stands in the program, the changed constants are its places: a
    name may have become a value that is passed as text.
    """
    made = _Unmask(replacement.names).visit(clone(alignment.new))
    made = _Unreturned(made).visit(made)
    before = ast.dump(made)
    made = _replaced(made, replacement, "recode_wrong", drop=True)
    if ast.dump(made) == before:
        changed = tuple(site.new for site in alignment.sites if isinstance(site.new, ast.Constant))
        made = _replaced(made, Replacement(expressions=changed), "recode_wrong", drop=True)
    if ast.dump(made) == before:
        return []
    _undecorated(made)
    wrapped = [node for node in walk(made) if _wrapped_wrong(node)]
    codes = [with_prelude(clone(made), _prelude() + _WRONG)]
    if len(wrapped) > 1:
        last = max(wrapped, key=lambda node: _place(node.args[0]))
        for node in wrapped:
            if node is not last:
                node.func = ast.Name("recode_note", ast.Load())
        codes.append(with_prelude(made, _prelude() + _WRONG))
    return codes


def wrong_before(alignment: Alignment, replaced: frozenset[str]) -> list[str]:
    """Return the old program with another result in the places of what was ``replaced``, as
    `wrong` does to the new one."""
    sites = [Site(site.new, site.old) for site in alignment.sites]
    return wrong(Alignment(alignment.new, alignment.old, sites), Replacement(replaced))


def _wrapped_wrong(node: ast.AST) -> TypeGuard[ast.Call]:
    names = ("recode_wrong", "recode_undecorated")
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") in names


def _undecorated(tree: ast.AST) -> None:
    """Have a decorator do nothing in the place of giving another result: what it does to a
    function is often to write it down somewhere."""
    for node in walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for decorator in node.decorator_list:
                if _wrapped_wrong(decorator):
                    decorator.func = ast.Name("recode_undecorated", ast.Load())


def equal_arguments(alignment: Alignment, replacement: Replacement) -> bool:
    """Return whether a replaced call has two equal arguments, so that their order cannot
    be seen."""
    found = False

    def look(node: ast.expr) -> ast.expr:
        nonlocal found
        if isinstance(node, ast.Call):
            texts = [ast.dump(part) for part in node.args]
            found = found or len(set(texts)) < len(texts)
        return node

    Places(replacement.names, "", look).visit(clone(alignment.new))
    return found


def _replaced(
    tree: ast.AST,
    replacement: Replacement,
    function: str,
    drop: bool = False,
) -> ast.AST:
    """Return ``tree`` with what the replacement gives handed to ``function``."""

    def wrap(node: ast.expr) -> ast.expr:
        return _call(function, node)

    def sign(node: ast.expr) -> ast.expr:
        setattr(node, _FOUND, True)
        return node

    if replacement.names:
        tree = Places(replacement.names, "", sign, drop).visit(tree)
    for name, keyword in sorted(replacement.keywords):
        tree = Places({name}, keyword, sign, drop).visit(tree)
    if drop:
        tree = _Unassigned(frozenset(map(_place, replacement.expressions))).visit(tree)
    tree = _Outermost(wrap).visit(tree)
    if replacement.expressions and function != "recode_note":
        places = {_place(part) for node in replacement.expressions for part in _calls(node)}
        tree = _At(places, wrap, drop).visit(tree)
    return tree


def _calls(node: ast.expr) -> list[ast.expr]:
    """Return the outermost calls of an expression, or the expression where it has none: what
    is computed around a call could do without it."""
    if isinstance(node, ast.Call):
        return [node]
    found: list[ast.expr] = [
        call
        for part in ast.iter_child_nodes(node)
        if isinstance(part, ast.expr) and not isinstance(part, ast.Lambda)
        for call in _calls(part)
        if isinstance(call, ast.Call)
    ]
    return found or [node]


def _place(node: ast.AST) -> tuple[int, ...]:
    names = ("lineno", "col_offset", "end_lineno", "end_col_offset")
    return tuple(getattr(node, name, -1) for name in names)


class _Unassigned(ast.NodeTransformer):
    """Leaves out what is put into a place by the replacement, ``frame.at[0] = 1``: nothing of it
    has a result that could be another one."""

    def __init__(self, places: frozenset[tuple[int, ...]]) -> None:
        self.places = places

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        parts = [part for part in node.targets if isinstance(part, ast.Subscript | ast.Attribute)]
        if any(map(_signed, parts)) or (parts and _place(node.value) in self.places):
            return ast.copy_location(ast.Pass(), node)
        return node


class _Outermost(ast.NodeTransformer):
    """Wraps the longest chain of attributes, calls and items on each signed expression: what a
    program takes out of a result is closer to what it shows than the result itself."""

    def __init__(self, wrap: Callable[[ast.expr], ast.expr]) -> None:
        self.wrap = wrap

    def visit(self, node: ast.AST) -> ast.AST:
        top = isinstance(node, ast.Call | ast.Attribute | ast.Subscript | ast.Name)
        if top and _signed(node):
            if _readable(node):
                _inner(node, self)
                return self.wrap(node)  # type: ignore[arg-type]
            return node
        made: ast.AST = super().visit(node)
        return made


def _signed(node: ast.AST) -> bool:
    """Return whether a signed expression is at the root of a chain."""
    while True:
        if hasattr(node, _FOUND):
            return True
        if isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Attribute | ast.Subscript):
            node = node.value
        else:
            return False


def _inner(node: ast.AST, visitor: ast.NodeTransformer) -> None:
    """Visit what stands beside a chain: arguments and indexes."""
    while isinstance(node, ast.Call | ast.Attribute | ast.Subscript):
        if isinstance(node, ast.Call):
            node.args = [visitor.visit(part) for part in node.args]
            node.keywords = [visitor.visit(part) for part in node.keywords]
            node = node.func
        elif isinstance(node, ast.Subscript):
            node.slice = visitor.visit(node.slice)
            node = node.value
        else:
            node = node.value


def left_out(
    alignment: Alignment, spoken_of: Callable[[str], bool], wanted: bool = False
) -> tuple[str, str]:
    """Return the first keyword that a call of the old program has and the one in its place has
    not, whose value it has not either, or has with another constant, and the new program with
    it; both empty where there is none that the update does not speak of. That program fails
    where the value left out is the default. With ``wanted`` the old program is right: what it
    has is left out also where the update speaks of it."""
    for site in alignment.sites:
        old, new = site.old, site.new
        told = isinstance(new, ast.Constant) and spoken_of(str(new.value))
        if site.keyword and not spoken_of(site.keyword) and not told and _both_literal(old, new):
            passed = (node for node in walk(alignment.new) if isinstance(node, ast.keyword))
            if other := next((part for part in passed if part.value is new), None):
                return site.keyword, _with_value(alignment.new, other, old)
        if not isinstance(old, ast.Call) or not isinstance(new, ast.Call):
            continue
        if any(isinstance(part, ast.Starred) for part in new.args):
            continue
        taken = {part.arg: part for part in new.keywords}
        values = {ast.dump(part) for part in (*new.args, *(part.value for part in new.keywords))}
        for keyword in old.keywords if None not in taken else ():
            name = keyword.arg
            if name is None or ast.dump(keyword.value) in values:
                continue
            given = taken.get(name)
            if spoken_of(name) and (given is not None or not wanted):
                continue
            if given is None:
                return name, _with_keyword(alignment.new, new, keyword)
            told = isinstance(given.value, ast.Constant) and spoken_of(str(given.value.value))
            if _both_literal(keyword.value, given.value) and not told:
                return name, _with_value(alignment.new, given, keyword.value)
    return "", ""


def text_put_back(alignment: Alignment, spoken_of: Callable[[str], bool]) -> tuple[str, str]:
    """Return the one text of a changed place for which the new program has another one there,
    such as the name of an axis, and that program with it; both empty where the update speaks of
    either."""
    for site in alignment.sites:
        if site.old is None or site.new is None or isinstance(site.new, ast.stmt):
            continue
        before, after = (
            {
                node.value: node
                for node in walk(side)
                if isinstance(node, ast.Constant) and isinstance(node.value, str)
            }
            for side in (site.old, site.new)
        )
        gone, come = sorted(before.keys() - after.keys()), sorted(after.keys() - before.keys())
        if len(gone) != 1 or len(come) != 1 or gone[0].strip() == come[0].strip():
            continue  # none, several, or the same one put together otherwise
        if not spoken_of(gone[0]) and not spoken_of(come[0]):
            return repr(gone[0]), _with_value(alignment.new, after[come[0]], gone[0])
    return "", ""


def unseen_text(alignment: Alignment, shared: Collection[str]) -> tuple[str, str]:
    """Return a text among ``shared`` that the new program gives to a call in other words, and
    the new program with yet another text in its place: where that shows in no result, nothing
    says that the other words may stand there. Both are empty where there is none."""
    given = {
        id(part)
        for node in walk(alignment.new)
        if isinstance(node, ast.Call)
        for part in (*node.args, *(keyword.value for keyword in node.keywords))
    }
    for site in alignment.sites:
        old, new = site.old, site.new
        if not (isinstance(old, ast.Constant) and isinstance(new, ast.Constant)):
            continue
        if isinstance(new.value, str) and old.value in shared and id(new) in given:
            return repr(old.value), _with_value(alignment.new, new, f"{new.value}~")
    return "", ""


def _with_keyword(tree: ast.Module, call: ast.Call, keyword: ast.keyword) -> str:
    """Return a program with one keyword more in a call; it fails where that is the default."""
    function = call.func
    asked = [function, ast.Constant(keyword.arg), keyword.value]
    call.func = ast.Call(ast.Name("recode_takes", ast.Load()), asked, [])
    call.keywords.append(keyword)
    code = with_prelude(clone(tree), _TAKES)
    call.func = function
    call.keywords.pop()
    return code


def _with_value(tree: ast.Module, node: ast.keyword | ast.Constant, value: ast.expr | str) -> str:
    """Return a program with another value of a keyword or of a constant."""
    before = node.value
    setattr(node, "value", value)  # noqa: B010
    code = ast.unparse(tree)
    setattr(node, "value", before)  # noqa: B010
    return code


def _both_literal(old: ast.AST | None, new: ast.AST | None) -> TypeGuard[ast.expr]:
    """Return whether two values are made of literals alone."""
    return all(
        isinstance(node, ast.expr)
        and not any(isinstance(part, ast.Name | ast.Call | ast.Attribute) for part in walk(node))
        for node in (old, new)
    )


class _At(ast.NodeTransformer):
    """Wraps the expressions at the given places."""

    def __init__(
        self,
        places: Collection[tuple[int, ...]],
        wrap: Callable[[ast.expr], ast.expr],
        drop: bool,
    ):
        self.places, self.wrap, self.drop = places, wrap, drop

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        """A call whose result nobody takes is there for what it does: it is left out."""
        if self.drop and _place(node.value) in self.places:
            return ast.Pass()
        return self.generic_visit(node)

    def visit(self, node: ast.AST) -> ast.AST:
        made: ast.AST = super().visit(node)
        if not isinstance(node, ast.expr) or isinstance(node, ast.FormattedValue):
            return made
        return self.wrap(node) if _place(node) in self.places and _readable(node) else made

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        return _in_fields(node, self)


def _mark(alignment: Alignment) -> None:
    """Number the pairs of expressions whose values are compared, on both of their nodes.

    Where whole statements were added or taken away, what flows through the others is no
    longer the same thing. The place itself has a number from `WITNESS` on where its value
    may be another one: an argument that the update asks for.
    """
    if any(_restructured(site) for site in alignment.sites):
        return
    number, witness = 0, WITNESS
    unordered = _unordered(alignment.old)
    for site in alignment.sites:
        for old, new in site.levels:
            if hasattr(old, _MARK) or not (_readable(old) and _readable(new)):
                continue
            place = old is site.old
            if place and not _chain(new):
                continue
            given = (isinstance(old, ast.Call) or _whole(site, old)) and not _is_dict(old)
            if (place and not given) or id(old) in unordered:
                mark, witness = witness, witness + 1
            else:
                mark, number = number, number + 1
            if number <= MOST_LEVELS:
                setattr(old, _MARK, mark)
                setattr(new, _MARK, mark)


def _unordered(tree: ast.Module) -> set[int]:
    """Return the expressions whose order the program itself gives up: what it sorts."""
    calls = (node for node in walk(tree) if isinstance(node, ast.Call))
    return {
        id(part)
        for call in calls
        if getattr(call.func, "id", "") in ("sorted", "set", "frozenset", "Counter")
        for argument in call.args
        for part in walk(argument)
    }


def places(alignment: Alignment) -> frozenset[int]:
    """Return the numbers of the changed places themselves, as `opened` gives them."""
    _mark(alignment)
    found = {getattr(site.old, _MARK) for site in alignment.sites if hasattr(site.old, _MARK)}
    _unmark(alignment.old)
    _unmark(alignment.new)
    return frozenset(found)


def _restructured(site: Site) -> bool:
    imports = ast.Import | ast.ImportFrom
    sides = [part for part in (site.old, site.new) if not isinstance(part, imports)]
    return any(isinstance(part, ast.stmt) for part in sides)


def _is_dict(node: ast.expr) -> bool:
    """Return whether arguments are put together, ``dict(size=3)``, whose names may change."""
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") == "dict"


def _chain(node: ast.expr) -> bool:
    """Return whether an expression is a call, an item or an attribute of something: what is
    computed around a result could hide it."""
    return isinstance(node, ast.Call | ast.Subscript | ast.Attribute)


def _whole(site: Site, node: ast.expr) -> bool:
    """Return whether a part of what a call gives is all that a statement has to do with."""
    calls = any(isinstance(part, ast.Call) for part in walk(node))
    return _chain(node) and calls and len(site.levels) == 1


def _unmark(tree: ast.Module) -> None:
    for node in walk(tree):
        if hasattr(node, _MARK):
            delattr(node, _MARK)


def _readable(node: ast.AST) -> bool:
    """Return whether a node is an expression that can be handed through a function."""
    if isinstance(node, ast.Starred | ast.FormattedValue | ast.Slice | ast.Yield | ast.YieldFrom):
        return False
    if isinstance(node, ast.Await) or not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return False
    if isinstance(node, ast.Tuple):
        return not any(isinstance(part, ast.Slice | ast.Starred) for part in node.elts)
    return isinstance(node, ast.expr)


class _Keep(ast.NodeTransformer):
    """Hands the marked expressions through a function that keeps their values."""

    def visit(self, node: ast.AST) -> ast.AST:
        number = getattr(node, _MARK, None)
        made: ast.AST = super().visit(node)
        if number is None or not isinstance(made, ast.expr) or isinstance(node, ast.FormattedValue):
            return made
        return ast.Call(ast.Name("recode_keep", ast.Load()), [ast.Constant(number), made], [])

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        """What a statement gives is nothing that the program goes on with."""
        made = self.generic_visit(node)
        outer = node.value
        if isinstance(outer, ast.Call) and callee(outer) == "recode_keep":
            node.value = outer.args[1]
        elif isinstance(outer, ast.Call) and callee(outer) == "recode_note":
            inner = outer.args[0]
            if isinstance(inner, ast.Call) and callee(inner) == "recode_keep":
                outer.args[0] = inner.args[1]
        return made

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        return _in_fields(node, self)


def _in_fields(node: ast.JoinedStr, visitor: ast.NodeTransformer) -> ast.JoinedStr:
    """Visit the fields of an f-string, and not the text between them, which stays text."""
    for field in node.values:
        if isinstance(field, ast.FormattedValue):
            visitor.visit(field)
    return node


class _Unreturned(ast.NodeTransformer):
    """Makes statements of what functions return whose result nobody takes: a call that is
    there for what it does can be left out of those."""

    def __init__(self, tree: ast.AST) -> None:
        calls = [node.value for node in walk(tree) if isinstance(node, ast.Expr)]
        dropped = {
            id(call.func)
            for call in calls
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
        }
        names = [node for node in walk(tree) if isinstance(node, ast.Name)]
        self.taken = {node.id for node in names if id(node) not in dropped}

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        if node.name not in self.taken and not node.decorator_list:
            node.body = [
                ast.copy_location(ast.Expr(part.value), part)
                if isinstance(part, ast.Return) and part.value is not None
                else part
                for part in node.body
            ]
        return node


class _Unmask(ast.NodeTransformer):
    """Replaces assertions by records of what they compare."""

    def __init__(self, names: Collection[str]) -> None:
        self.names = names

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        test = node.test
        if isinstance(test, ast.Compare):
            return self.generic_visit(_record([test.left, *test.comparators]))
        return self.generic_visit(_record([test]))

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        call = node.value
        if isinstance(call, ast.Call):
            name = callee(call)
            checks = name.startswith("assert") and not name.startswith(
                ("assert_raises", "assert_warns")
            )
            if checks and name not in self.names:
                return self.generic_visit(_record(list(call.args)))
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if callee(node) in checks() - set(self.names):
            node.args.insert(0, node.func)
            node.func = ast.Name("recode_compare", ast.Load())
        return node


def _record(parts: list[ast.expr]) -> ast.Expr:
    append = ast.Attribute(ast.Name(SEEN, ast.Load()), "append", ast.Load())
    return ast.Expr(ast.Call(append, [ast.Tuple(parts, ast.Load())], []))


def _call(function: str, node: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(function, ast.Load()), [node], [])
