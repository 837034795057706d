"""Where a file uses what a library changed, found without running it.

Names are followed through imports, assignments and branches; the class of a receiver is known
where it is made by a constructor, by a callable whose result is one class, or is annotated.
What two ways through a program make different is not known.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Sequence
from dataclasses import replace

from recode_data.maintain.expressions import (
    EXPECTING,
    GENERIC,
    VERSIONED,
    Expressions,
    Found,
    Waiting,
)
from recode_data.maintain.scopes import Scope, Value, declared_in, own_names
from recode_data.maintain.wanted import Wanted

_CAUTIOUS = re.compile(
    r"\b(?:ImportError|ModuleNotFoundError|AttributeError|TypeError|NameError|Exception"
    r"|BaseException|\w*Warning)\b"
)
_PASSES = 4
"""Times that a loop's body is followed until what is known no longer changes."""
_LEAVES = (ast.Return, ast.Continue, ast.Break)


def uses_in(code: str, wanted: Wanted) -> list[Found]:
    """Return the uses in a program, in the order of their places.

    Raises `SyntaxError`, `ValueError` or `RecursionError` for what cannot be parsed.
    """
    reader = _Reader(code, wanted)
    reader.read()
    return sorted(reader.found.values(), key=lambda use: (use.line, use.site))


class _Reader(Expressions):
    """Follows the statements of a program, and those of its functions at its end."""

    def read(self) -> None:
        self.block(self.tree.body)
        while self.waiting:
            self.function(self.waiting.pop(0))
        for place, use in self.found.items():
            if use.symbols[0] in self.assigned:
                self.found[place] = replace(use, guarded=True)

    def function(self, waiting: Waiting) -> None:
        node = waiting.node
        arguments = node.args
        if isinstance(node, ast.Lambda):
            names = {part.arg for part in ast.walk(arguments) if isinstance(part, ast.arg)}
            self.scope = Scope(waiting.outer, own=waiting.hidden | names)
            self.guarded = int(waiting.guarded)
            self.value(node.body)
            self.guarded = 0
            return
        shared = declared_in(node, ast.Nonlocal) if self.shares else frozenset()
        self.scope = Scope(waiting.outer, own=own_names(node), shared=shared)
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
                versioned = bool(VERSIONED.search(ast.unparse(node.test)))
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
        self.waiting.append(Waiting(node, self.scope, bool(self.guarded)))

    on_AsyncFunctionDef = on_FunctionDef

    def on_ClassDef(self, node: ast.ClassDef) -> None:
        for child in [*node.decorator_list, *(k.value for k in node.keywords)]:
            self.value(child)
        derived = self.derived(node, [self.value(base) for base in node.bases])
        outer = self.scope
        self.scope = Scope(outer)
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
        paths = [
            self.wanted.classes.get(b[1], b[1]) if b and b[0] in ("name", "class") else ""
            for b in bases
        ]
        paths = [path for path in paths if path not in GENERIC]
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
        with self.cautious(bool(VERSIONED.search(ast.unparse(node.test)))):
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
            entered = self.result_of(value, "__enter__")
            if item.optional_vars is not None:
                self.target(item.optional_vars, entered)
            expecting |= bool(EXPECTING.search(ast.unparse(item.context_expr)))
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


def _binds(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)
