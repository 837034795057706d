"""Where a file uses what a library changed, found without running it.

Names are followed through imports, assignments and branches; the class of a receiver is known
where it is made by a constructor, by a callable whose result is one class, or is annotated.
What two ways through a program make different is not known.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from recode_data.codemods.program import Site
from recode_data.maintain.wanted import Wanted

Value: TypeAlias = "tuple[str, str] | None"
"""``("name", path)`` of what is imported, ``("of", class)`` of an object; None: not known."""

_CAUTIOUS = re.compile(
    r"\b(?:ImportError|ModuleNotFoundError|AttributeError|TypeError|NameError|Exception"
    r"|BaseException|\w*Warning)\b"
)
_VERSIONED = re.compile(r"version|hasattr|\b(?:gte|lt|ge|le)_|\bIS_|\bHAS_|\bPY\d|_lt_|_gte_", re.I)
_EXPECTING = re.compile(r"warns|raises|deprecat|suppress|catch_warnings|assert_produces", re.I)
_LITERALS = {
    ast.List: "list", ast.ListComp: "list", ast.Dict: "dict", ast.DictComp: "dict",
    ast.Set: "set", ast.SetComp: "set", ast.Tuple: "tuple", ast.JoinedStr: "str",
    ast.GeneratorExp: "generator", ast.Lambda: "function",
}  # fmt: skip
_OPERATORS = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.FloorDiv: "floordiv",
    ast.Mod: "mod", ast.Pow: "pow", ast.MatMult: "matmul", ast.BitAnd: "and", ast.BitOr: "or",
    ast.BitXor: "xor", ast.Eq: "eq", ast.NotEq: "ne", ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt",
    ast.GtE: "ge",
}  # fmt: skip
_PASSES = 4
"""Times that a loop's body is followed until what is known no longer changes."""
_LEAVES = (ast.Return, ast.Continue, ast.Break)
_NONE: Value = ("of", "builtins.NoneType")


@dataclass(frozen=True)
class Found:
    """A place where a file uses a symbol that is looked for, or may do so."""

    symbols: tuple[str, ...]
    """The one symbol; several where the receiver's class is not known."""
    line: int
    site: Site
    """Where the name ends."""
    certain: bool = True
    guarded: bool = False
    """It stands where the program is ready for both APIs: a version check, a ``try``."""
    imported: bool = False
    """It is the import itself."""
    called: bool = False
    keywords: tuple[str, ...] = ()
    positional: int = 0
    of_class: bool = False
    """The receiver is the class itself."""
    quoted: bool = False
    """A string names it."""
    defined: frozenset[str] = frozenset()
    """Members that the receiver's class defines, or one derived from it in the same program."""

    @property
    def plain(self) -> bool:
        """It is code that a codemod may change."""
        return not (self.guarded or self.imported or self.quoted)


def uses_in(code: str, wanted: Wanted) -> list[Found]:
    """Return the uses in a program, in the order of their places.

    Raises `SyntaxError`, `ValueError` or `RecursionError` for what cannot be parsed.
    """
    reader = _Reader(code, wanted)
    reader.read()
    return sorted(reader.found.values(), key=lambda use: (use.line, use.site))


@dataclass
class _Scope:
    """The names of a module, a class's body or a function."""

    outer: _Scope | None
    state: dict[str, Value] = field(default_factory=dict)
    """What each name is at the point that was reached."""
    bound: dict[str, list[Value]] = field(default_factory=dict)
    """All that each name was bound to: what a function sees that is called at any time."""
    own: frozenset[str] | None = None
    """Names that are a function's own; None where every name that is bound is."""
    shared: frozenset[str] = frozenset()
    """Names that functions inside bind, at any time."""
    starred: bool = False
    """Names are bound that are not written."""

    def look(self, name: str) -> Value:
        if name in self.shared:
            return None
        if name in self.state:
            return self.state[name]
        if self.own is not None and name in self.own:
            return None
        scope = self.outer
        while scope is not None:
            if name in scope.shared:
                return None
            if name in scope.bound:
                return _agreed(scope.bound[name])
            scope = scope.outer
        return ("name", f"builtins.{name}")

    def bind(self, name: str, value: Value) -> None:
        self.state[name] = value
        self.bound.setdefault(name, []).append(value)

    def merge(self, states: Sequence[dict[str, Value]]) -> None:
        """Go on with what is known after any one of several ways."""
        names = set().union(*states)
        self.state = {
            name: _agreed([s[name] if name in s else self.unbound(name) for s in states])
            for name in names
        }

    def mark(self) -> dict[str, int]:
        """Return a mark for `join`."""
        return {name: len(values) for name, values in self.bound.items()}

    def join(self, before: dict[str, Value], mark: Mapping[str, int]) -> None:
        """Go on with what is known when a part of the program may have been left at any point of
        it: the state ``before`` it, or any of the values that were bound since the ``mark``."""
        self.state = dict(before)
        for name, values in self.bound.items():
            if new := values[mark.get(name, 0) :]:
                old = before[name] if name in before else self.unbound(name)
                self.state[name] = _agreed([old, *new])

    def unbound(self, name: str) -> Value:
        """Return what a name is that is not bound: it fails as None does where nothing else has
        it, and is not known where something may."""
        elsewhere = self.own is None and (
            self.outer is not None or self.starred or hasattr(builtins, name)
        )
        return None if elsewhere else _NONE


@dataclass(frozen=True)
class _Waiting:
    """A function whose body is followed when all names around it are known."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    outer: _Scope
    guarded: bool
    of: str = ""
    """The class that it is a method of, where that is derived from one of the library's."""
    hidden: frozenset[str] = frozenset()
    """Names of the comprehensions that it stands in."""


class _Reader:
    def __init__(self, code: str, wanted: Wanted) -> None:
        self.tree = ast.parse(code)
        self.lines = code.split("\n")
        self.wanted = wanted
        self.found: dict[tuple[int, int, str], Found] = {}
        self.shares = "nonlocal" in code
        shared = _declared(self.tree, ast.Global) if "global" in code else frozenset()
        self.scope = _Scope(None, shared=shared)
        self.waiting: list[_Waiting] = []
        self.guarded = 0
        self.bases = dict(wanted.bases)
        """The library's classes, and those of the program that are derived from them."""
        self.own: dict[str, frozenset[str]] = {}
        """What such a class of the program defines itself."""
        self.hidden_names: frozenset[str] = frozenset()
        self.assigned: set[str] = set()
        """Symbols of the library that the program gives a value of its own, or deletes."""

    def read(self) -> None:
        self.block(self.tree.body)
        while self.waiting:
            self.function(self.waiting.pop(0))
        for place, use in self.found.items():
            if use.symbols[0] in self.assigned:
                self.found[place] = replace(use, guarded=True)

    def function(self, waiting: _Waiting) -> None:
        node = waiting.node
        arguments = node.args
        if isinstance(node, ast.Lambda):
            names = {part.arg for part in ast.walk(arguments) if isinstance(part, ast.arg)}
            self.scope = _Scope(waiting.outer, own=waiting.hidden | names)
            self.guarded = int(waiting.guarded)
            self.value(node.body)
            self.guarded = 0
            return
        shared = _declared(node, ast.Nonlocal) if self.shares else frozenset()
        self.scope = _Scope(waiting.outer, own=_own_names(node), shared=shared)
        for arg in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
            self.scope.bind(arg.arg, self.declared(arg.annotation))
        if waiting.of and not node.decorator_list:
            for arg in [*arguments.posonlyargs, *arguments.args][:1]:
                self.scope.bind(arg.arg, ("of", waiting.of))
        for extra in (arguments.vararg, arguments.kwarg):
            if extra is not None:
                self.scope.bind(extra.arg, None)
        self.guarded = int(waiting.guarded or "deprecat" in node.name)
        self.block(node.body)
        self.guarded = 0

    def block(self, body: Sequence[ast.stmt]) -> None:
        left = 0
        for node in body:
            self.statement(node)
            if isinstance(node, ast.If) and isinstance(node.body[-1], _LEAVES):
                versioned = bool(_VERSIONED.search(ast.unparse(node.test)))
                left += versioned  # what follows is its `else`
                self.guarded += versioned
        self.guarded -= left

    def statement(self, node: ast.stmt) -> None:
        method = getattr(self, f"on_{type(node).__name__}", None)
        if method is not None:
            method(node)
            return
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child)

    def on_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            parts = alias.name.split(".")
            for length in range(1, len(parts) + 1):
                self.imported(node, ".".join(parts[:length]))
            self.scope.bind(
                alias.asname or parts[0], ("name", alias.name if alias.asname else parts[0])
            )

    def on_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            inside = node.module and not node.level
            if alias.name == "*":
                self.everything_of(node.module if inside and node.module else "")
                continue
            path = f"{node.module}.{alias.name}" if inside else ""
            if inside:
                self.imported(alias, str(node.module))
                self.imported(alias, path)
            self.scope.bind(alias.asname or alias.name, ("name", path) if path else None)

    def everything_of(self, module: str) -> None:
        """Bind what ``from module import *`` does, as far as it is looked for."""
        again, self.scope.starred = self.scope.starred, True
        if again:  # either of the two may have given each name
            self.scope.state |= dict.fromkeys(self.scope.state)
            self.scope.bound |= {name: [None] for name in self.scope.bound}
        names = {*self.wanted.paths, *self.wanted.classes} if module else set()
        for path in sorted(names):
            parent, _, name = path.rpartition(".")
            if parent == module and not name.startswith("_") and not hasattr(builtins, name):
                self.scope.bind(name, None if again else ("name", path))

    def imported(self, node: ast.alias | ast.stmt, path: str) -> None:
        if path in self.wanted.paths:
            place = self.end_of(node)
            self.keep(Found((path,), node.lineno, place, imported=True), path)

    def on_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for child in [*node.decorator_list, *node.args.defaults, *node.args.kw_defaults]:
            if child is not None:
                self.value(child)
        for arg in ast.walk(node.args):
            if isinstance(arg, ast.arg) and arg.annotation is not None:
                self.annotation(arg.annotation)
        if node.returns is not None:
            self.annotation(node.returns)
        self.scope.bind(node.name, None)
        self.waiting.append(_Waiting(node, self.scope, bool(self.guarded)))

    on_AsyncFunctionDef = on_FunctionDef

    def on_ClassDef(self, node: ast.ClassDef) -> None:
        for child in [*node.decorator_list, *(k.value for k in node.keywords)]:
            self.value(child)
        derived = self.derived(node, [self.value(base) for base in node.bases])
        outer = self.scope
        self.scope = _Scope(outer)
        before = len(self.waiting)
        self.block(node.body)
        # Methods do not see the names of their class's body.
        self.waiting[before:] = [
            replace(one, outer=outer, of=derived) if one.outer is self.scope else one
            for one in self.waiting[before:]
        ]
        self.scope = outer
        self.scope.bind(node.name, ("name", derived) if derived else None)

    def derived(self, node: ast.ClassDef, bases: Sequence[Value]) -> str:
        """Return the path of a class of the program that is derived from one of the library's,
        empty for any other: of bases that are not known, all members may come."""
        paths = [self.wanted.classes.get(b[1], b[1]) if b and b[0] == "name" else "" for b in bases]
        if not paths or not all(path in self.bases for path in paths) or node.decorator_list:
            return ""
        path = f"<{node.name}:{node.lineno}>"
        above = [base for one in paths for base in self.bases[one]]
        self.bases[path] = (path, *dict.fromkeys(above))
        names = {n.name for n in node.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)}
        for part in node.body:
            names |= {n.id for n in ast.walk(part) if isinstance(n, ast.Name) and _binds(n)}
        inherited = (self.own.get(one, frozenset()) for one in paths)
        self.own[path] = frozenset(names).union(*inherited)
        return path

    def on_Assign(self, node: ast.Assign) -> None:
        value = self.value(node.value)
        for target in node.targets:
            self.target(target, value, node.value)

    def on_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.annotation(node.annotation)
        value = self.value(node.value) if node.value is not None else None
        self.target(node.target, value or self.declared(node.annotation))

    def on_AugAssign(self, node: ast.AugAssign) -> None:
        value = self.value(node.value)
        left = self.value(node.target)
        self.target(node.target, self.operated(left, type(node.op), value))

    def target(self, node: ast.expr, value: Value, source: ast.expr | None = None) -> None:
        if isinstance(node, ast.Name):
            self.scope.bind(node.id, value)
        elif isinstance(node, ast.Tuple | ast.List):
            parts = source.elts if isinstance(source, ast.Tuple | ast.List) else []
            same = len(parts) == len(node.elts) and not any(
                isinstance(part, ast.Starred) for part in [*parts, *node.elts]
            )
            for number, part in enumerate(node.elts):
                self.target(part, self.value(parts[number]) if same else None)
        elif isinstance(node, ast.Starred):
            self.target(node.value, None)
        else:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    self.value(child)
            if isinstance(node, ast.Attribute):
                owner = self.value(node.value)
                if owner is not None and owner[0] == "name":
                    path = self.wanted.classes.get(owner[1], owner[1])
                    self.assigned |= {f"{one}.{node.attr}" for one in (owner[1], path)}
                self.attribute(node, owner)

    def on_Delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            self.target(target, None)

    def on_Global(self, node: ast.Global | ast.Nonlocal) -> None:
        for name in node.names:
            self.scope.bind(name, None)
            scope = self.scope.outer
            while scope is not None:
                scope.bound.setdefault(name, []).append(None)
                scope = scope.outer

    on_Nonlocal = on_Global

    def on_If(self, node: ast.If) -> None:
        self.value(node.test)
        with self.cautious(bool(_VERSIONED.search(ast.unparse(node.test)))):
            self.either(node.body, node.orelse)

    def either(self, *ways: Sequence[ast.stmt]) -> None:
        before = dict(self.scope.state)
        after = []
        for way in ways:
            self.scope.state = dict(before)
            self.block(way)
            after.append(self.scope.state)
        self.scope.merge(after)

    def on_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.value(node.iter)
        self.loop(node.body, node.target)
        self.block(node.orelse)

    on_AsyncFor = on_For

    def on_While(self, node: ast.While) -> None:
        self.loop(node.body, test=node.test)
        self.block(node.orelse)

    def loop(
        self,
        body: Sequence[ast.stmt],
        target: ast.expr | None = None,
        test: ast.expr | None = None,
    ) -> None:
        waiting = len(self.waiting)
        mark = self.scope.mark()
        for number in range(_PASSES + 1):
            before = dict(self.scope.state)
            if number == _PASSES:
                names = {n.id for s in body for n in ast.walk(s) if isinstance(n, ast.Name)}
                before |= dict.fromkeys(names & self.scope.bound.keys())
                self.scope.state = dict(before)
            del self.waiting[waiting:]
            if test is not None:
                self.value(test)
            if target is not None:
                self.target(target, None)
            self.block(body)
            self.scope.join(before, mark)
            if self.scope.state == before:
                return

    def on_With(self, node: ast.With | ast.AsyncWith) -> None:
        expecting = False
        for item in node.items:
            value = self.value(item.context_expr)
            entered = self.wanted.returns.get(f"{value[1]}.__enter__") if value else None
            if item.optional_vars is not None:
                self.target(item.optional_vars, ("of", entered) if entered else None)
            expecting |= bool(_EXPECTING.search(ast.unparse(item.context_expr)))
        before, mark = dict(self.scope.state), self.scope.mark()
        with self.cautious(expecting):
            self.block(node.body)
        self.scope.join(before, mark)  # what is raised inside may end there

    on_AsyncWith = on_With

    def on_Try(self, node: ast.Try) -> None:
        caught = [h.type for h in node.handlers]
        careful = any(t is None or _CAUTIOUS.search(ast.unparse(t)) for t in caught)
        before, mark = dict(self.scope.state), self.scope.mark()
        with self.cautious(careful):
            self.block(node.body)
            ended = self.scope.state
            self.scope.join(before, mark)
            middle = self.scope.state
            self.scope.state = ended
            self.block(node.orelse)
            after = [self.scope.state]
        for kind in caught:
            if kind is not None:
                self.scope.state = dict(middle)
                self.value(kind)
        with self.cautious(careful):
            for handler in node.handlers:
                self.scope.state = dict(middle)
                if handler.name:
                    self.scope.bind(handler.name, None)
                self.block(handler.body)
                after.append(self.scope.state)
        self.scope.join(before, mark)
        mark = self.scope.mark()
        self.block(node.finalbody)
        bound = self.scope.bound.items()
        last = {
            name: self.scope.state.get(name)
            for name, values in bound
            if len(values) > mark.get(name, 0)
        }
        self.scope.merge(after)
        self.scope.state |= last

    on_TryStar = on_Try

    def on_Match(self, node: ast.Match) -> None:
        self.value(node.subject)
        before = dict(self.scope.state)
        after = [before]
        for case in node.cases:
            self.scope.state = dict(before)
            for part in ast.walk(case.pattern):
                if isinstance(part, ast.MatchValue):
                    self.value(part.value)
                elif isinstance(part, ast.MatchClass):
                    self.value(part.cls)
                elif isinstance(part, ast.MatchMapping):
                    for key in part.keys:
                        self.value(key)
                for name in (getattr(part, "name", None), getattr(part, "rest", None)):
                    if isinstance(name, str):
                        self.scope.bind(name, None)
            if case.guard is not None:
                self.value(case.guard)
            self.block(case.body)
            after.append(self.scope.state)
        self.scope.merge(after)

    @contextmanager
    def cautious(self, is_so: bool) -> Iterator[None]:
        self.guarded += is_so
        yield
        self.guarded -= is_so

    def value(self, node: ast.expr, call: ast.Call | None = None) -> Value:
        """Return what an expression gives, and keep the uses in it."""
        if isinstance(node, ast.Name):
            found = self.scope.look(node.id)
            if found and found[0] == "name" and found[1] in self.wanted.paths:
                self.use((found[1],), node, True, call)
            return found
        if isinstance(node, ast.Attribute):
            return self.attribute(node, self.value(node.value), call)
        if isinstance(node, ast.Call):
            return self.called(node)
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str) and node.value in self.wanted.paths:
                self.quoted(node.value, node)
            return ("of", f"builtins.{type(node.value).__name__}")
        if isinstance(node, ast.BinOp):
            return self.operated(self.value(node.left), type(node.op), self.value(node.right))
        return self.composed(node)

    def composed(self, node: ast.expr) -> Value:
        if isinstance(node, ast.Compare):
            values = [self.value(node.left), *map(self.value, node.comparators)]
            if len(node.ops) > 1:
                return None
            return self.operated(values[0], type(node.ops[0]), values[1])
        if isinstance(node, ast.UnaryOp):
            value = self.value(node.operand)
            name = {ast.USub: "__neg__", ast.Invert: "__invert__"}.get(type(node.op), "")
            return self.result_of(value, name)
        if isinstance(node, ast.Subscript):
            value = self.value(node.value)
            self.value(node.slice)
            return self.result_of(value, "__getitem__")
        if isinstance(node, ast.IfExp | ast.BoolOp):
            return self.chosen(node)
        if isinstance(node, ast.NamedExpr):
            value = self.value(node.value)
            self.target(node.target, value)
            return value
        return self.made(node)

    def chosen(self, node: ast.IfExp | ast.BoolOp) -> Value:
        if isinstance(node, ast.IfExp):
            self.value(node.test)
            with self.cautious(bool(_VERSIONED.search(ast.unparse(node.test)))):
                return _agreed([self.perhaps(node.body), self.perhaps(node.orelse)])
        first, *others = node.values
        self.value(first)
        for other in others:
            self.perhaps(other)
        return None

    def made(self, node: ast.expr) -> Value:
        if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
            self.comprehension(node)
        elif isinstance(node, ast.Lambda):
            for default in [*node.args.defaults, *node.args.kw_defaults]:
                if default is not None:
                    self.value(default)
            self.waiting.append(
                _Waiting(node, self.scope, bool(self.guarded), hidden=self.hidden_names)
            )
        else:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    self.value(child)
        literal = _LITERALS.get(type(node))
        return ("of", f"builtins.{literal}") if literal else None

    def perhaps(self, node: ast.expr) -> Value:
        """Return what an expression gives that may be left out."""
        before, mark = dict(self.scope.state), self.scope.mark()
        value = self.value(node)
        self.scope.join(before, mark)
        return value

    def comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
    ) -> None:
        names = [
            n.id for g in node.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)
        ]
        names += [n.target.id for n in ast.walk(node) if isinstance(n, ast.NamedExpr)]
        self.value(node.generators[0].iter)
        with self.hidden(names):
            for generator in node.generators:
                self.value(generator.iter)
                for test in generator.ifs:
                    self.value(test)
            parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
            for part in parts:
                self.value(part)

    @contextmanager
    def hidden(self, names: Iterable[str]) -> Iterator[None]:
        before, mark, outer = self.scope.state, self.scope.mark(), self.hidden_names
        self.hidden_names = outer.union(names)
        self.scope.state = {**before, **dict.fromkeys(names)}
        yield
        self.scope.join(before, mark)
        self.hidden_names = outer

    def called(self, node: ast.Call) -> Value:
        callee = self.value(node.func, node)
        name = getattr(node.func, "attr", "") or getattr(node.func, "id", "")
        with self.cautious(bool(_EXPECTING.search(name))):
            for arg in [*node.args, *(word.value for word in node.keywords)]:
                self.value(arg)
        if callee is None:
            return None
        kind, path = callee
        if path == "builtins.getattr" and len(node.args) > 1:
            self.by_getattr(node)
        if kind == "name":
            path = self.wanted.classes.get(path, path)
            if path in self.own:
                return ("of", path)
            if path.startswith("builtins.") and path.partition(".")[2] in _BUILTIN:
                return ("of", path)
            found = self.wanted.returns.get(path)
            return ("of", found) if found else None
        return None if kind == "of" else self.bound_result(path)

    def by_getattr(self, node: ast.Call) -> None:
        """Keep what ``getattr(module, "name")`` names; with a default it is ready for both."""
        owner, name = self.value(node.args[0]), node.args[1]
        word = name.value if isinstance(name, ast.Constant) else None
        if owner and owner[0] == "name" and isinstance(word, str) and len(node.args) == 2:
            self.quoted(f"{owner[1]}.{word}", name)

    def quoted(self, path: str, node: ast.expr) -> None:
        if path in self.wanted.paths:
            place = self.end_of(node)
            self.keep(Found((path,), node.lineno, place, quoted=True), path)

    def annotation(self, node: ast.expr) -> None:
        """Keep the uses in an annotation, also in the text of one that is a string."""
        self.value(node)
        for part in ast.walk(node):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                try:
                    inner = ast.parse(part.value, mode="eval")
                except (SyntaxError, ValueError):
                    continue
                for name in ast.walk(inner):
                    if isinstance(name, ast.Name | ast.Attribute) and (path := self.path_of(name)):
                        self.quoted(path, part)

    def path_of(self, node: ast.expr) -> str:
        """Return the path that a dotted name leads to through the imports, empty where to none."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        found = self.scope.look(node.id) if isinstance(node, ast.Name) else None
        if found is None or found[0] != "name":
            return ""
        return ".".join([found[1], *reversed(parts)])

    def bound_result(self, path: str) -> Value:
        owner, _, member = path.rpartition(".")
        if member in self.own.get(owner, ()):
            return None
        for base in self.bases.get(owner, (owner,)):
            if found := self.wanted.returns.get(f"{base}.{member}"):
                return ("of", found)
        return None

    def attribute(self, node: ast.Attribute, owner: Value, call: ast.Call | None = None) -> Value:
        self.found.pop((*self.end_of(node), node.attr), None)
        candidates = self.wanted.members.get(node.attr, ())
        if owner is None:
            if candidates and node.attr not in self.wanted.common:
                self.use(candidates, node, False, call)
            return None
        kind, path = owner
        if kind == "name":
            whole = f"{self.wanted.classes.get(path, path)}.{node.attr}"
            for one in {f"{path}.{node.attr}", whole}:
                if one in self.wanted.paths:
                    self.use((one,), node, True, call)
            path = self.wanted.classes.get(path, path)
            mine = self.members(path, node.attr, candidates) if path in self.bases else ()
            if mine:
                more = self.defined(path)
                self.use(mine, node, True, call, of_class=True, defined=more)
            return ("name", f"{path}.{node.attr}")
        if kind == "member":
            return None
        mine = self.members(path, node.attr, candidates)
        if mine:
            self.use(mine, node, True, call, defined=self.defined(path))
        if call is not None:
            return ("member", f"{path}.{node.attr}")
        # Without a call it is a property's value; a method's own name has no class here.
        return None if path.startswith("builtins.") else self.bound_result(f"{path}.{node.attr}")

    def members(self, path: str, name: str, candidates: Sequence[str]) -> tuple[str, ...]:
        """Return the symbol of a class's member that is looked for; none where there is none, or
        the program has defined it anew."""
        if name in self.defined(path):
            return ()
        named = [f"{owner}.{name}" for owner in self.bases.get(path, (path,))]
        mine = [one for one in named if one in candidates]
        gone = [one for one in named[:1] if one in self.wanted.paths]
        return tuple((mine or gone)[:1])

    def defined(self, path: str) -> frozenset[str]:
        """Return what a class of the program defines, or one that is derived from it."""
        if path not in self.own:
            return frozenset()
        return frozenset().union(*(own for p, own in self.own.items() if path in self.bases[p]))

    def operated(self, left: Value, operator: type[ast.AST], right: Value) -> Value:
        name = _OPERATORS.get(operator, "")
        found = self.result_of(left, f"__{name}__")
        return found or self.result_of(right, f"__r{name}__")

    def result_of(self, value: Value, member: str) -> Value:
        if value is None or value[0] != "of":
            return None
        return self.bound_result(f"{value[1]}.{member}")

    def declared(self, annotation: ast.expr | None) -> Value:
        """Return the object of a class that an annotation declares, where it names one class."""
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            try:
                annotation = ast.parse(annotation.value, mode="eval").body
            except (SyntaxError, ValueError):
                return None
        path = self.path_of(annotation) if annotation is not None else ""
        path = self.wanted.classes.get(path, path)
        return ("of", path) if path in self.bases else None

    def use(
        self,
        symbols: tuple[str, ...],
        node: ast.expr,
        certain: bool,
        call: ast.Call | None,
        *,
        of_class: bool = False,
        defined: frozenset[str] = frozenset(),
    ) -> None:
        place = self.end_of(node)
        keywords = tuple(word.arg or "**" for word in call.keywords) if call else ()
        count = len(call.args) if call else 0
        self.keep(
            Found(
                symbols,
                place[0],
                place,
                certain,
                bool(self.guarded),
                False,
                call is not None,
                keywords,
                count,
                of_class,
                defined=defined,
            ),
            node.attr if isinstance(node, ast.Attribute) else symbols[0],
        )

    def keep(self, use: Found, name: str) -> None:
        asked = [self.wanted.keywords.get(symbol) for symbol in use.symbols]
        if all(words and words.isdisjoint(use.keywords) for words in asked):
            return
        if self.guarded and not use.guarded:
            use = replace(use, guarded=True)
        self.found[*use.site, name] = use

    def end_of(self, node: ast.AST) -> Site:
        line: int = node.end_lineno  # type: ignore[attr-defined]
        column: int = node.end_col_offset  # type: ignore[attr-defined]
        text = self.lines[line - 1]
        return line, column if text.isascii() else len(
            text.encode()[:column].decode(errors="replace")
        )


_BUILTIN = frozenset(
    {"list", "dict", "set", "tuple", "str", "bytes", "int", "float", "bool", "range"}
)


def _binds(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


def _agreed(values: Sequence[Value]) -> Value:
    """Return what several values have in common: the one that all are, None left out, which has
    no use that is looked for."""
    first, *others = [value for value in values if value != _NONE] or [_NONE]
    return first if all(value == first for value in others) else None


def _declared(node: ast.AST, kind: type[ast.Global] | type[ast.Nonlocal]) -> frozenset[str]:
    """Return the names that functions inside a program or a function declare as not their own."""
    inner = (part for child in ast.iter_child_nodes(node) for part in ast.walk(child))
    return frozenset(name for part in inner if isinstance(part, kind) for name in part.names)


def _own_names(node: ast.FunctionDef | ast.AsyncFunctionDef) -> frozenset[str]:
    """Return the names that a function binds, those that it declares as others' left out."""
    found: set[str] = set()
    foreign: set[str] = set()
    waiting: list[ast.AST] = list(node.body)
    while waiting:
        part = waiting.pop()
        if isinstance(part, ast.Global | ast.Nonlocal):
            foreign |= set(part.names)
        elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store | ast.Del):
            found.add(part.id)
        elif isinstance(part, ast.Import | ast.ImportFrom):
            found |= {a.asname or a.name.partition(".")[0] for a in part.names}
        elif isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(part.name)
            continue
        elif isinstance(part, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and part.name:
            found.add(part.name)
        elif isinstance(part, ast.MatchMapping) and part.rest:
            found.add(part.rest)
        waiting += ast.iter_child_nodes(part)
    return frozenset(found - foreign)
