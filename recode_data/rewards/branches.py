"""Reads the statements that decide what runs: conditions, loops, exceptions, matches."""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Callable
from typing import Any

from recode_data.rewards.expressions import Calls
from recode_data.rewards.recorder import inside
from recode_data.rewards.values import NONE, Value, mixed

SILENCING = {
    f"warnings.{name}"
    for name in ("catch_warnings", "simplefilter", "filterwarnings", "resetwarnings", "warn")
}
"""What a program may do about warnings: no part of what it computes, and of no use to code
whose old calls are counted."""


class Branches(Calls):
    """The part of the reader that is about branches."""

    @abstractmethod
    def block(self, body: list[ast.stmt]) -> None:
        """Read statements one after the other."""

    @abstractmethod
    def assign(self, target: ast.expr, value: Value) -> None:
        """Give a value to a name, or to what else stands on the left of an assignment."""

    def do_If(self, node: ast.If) -> None:
        if _is_guard(node.test):
            self.block(node.body)
            return
        test = self.expression(node.test)
        self.feature("operator", "If")
        self.use("If", "test", test)
        self.branches(
            [
                ("if", test.deep, lambda: self.block(node.body)),
                ("else", test.deep, lambda: self.block(node.orelse)),
            ]
        )

    def branches(self, ways: list[tuple[str, int, Callable[[], None]]]) -> None:
        """Read what may happen each in its own way; afterwards names hold either value."""
        scope = self.scopes[-1]
        before = dict(scope)
        ends: list[dict[str, Value]] = []
        for name, deep, read in ways:
            scope.clear()
            scope.update(before)
            with self.within(name, deep):
                read()
            ends.append(dict(scope))
        scope.clear()
        for name in dict.fromkeys(key for end in ends for key in end):
            values = [end.get(name) for end in ends]
            first = next(value for value in values if value is not None)
            if all(value is first for value in values):
                scope[name] = first
                continue
            deeps = [value.deep if value else 0 for value in values]
            key = mixed("either", *(deep for _, deep, _ in ways), *deeps)
            scope[name] = Value(first.label, key, function=first.function)
            scope[name].used = first.used = True

    def do_For(self, node: ast.For | ast.AsyncFor) -> None:
        only = _only_item(node.iter)
        leaves = any(isinstance(part, ast.Break | ast.Continue) for part in inside(node.body))
        if only is not None and not leaves and "range" not in self.scopes[0]:
            self.assign(node.target, self.expression(only))
            self.block([*node.body, *node.orelse])
            return
        source = self.expression(node.iter)
        self.feature("operator", "for")
        self.use("for", "iter", source)

        def start() -> None:
            item = Value(("item",), mixed("item", source.deep, str(len(self.place))))
            self.assign(node.target, item)

        self.loop("for", source.deep, node, start)

    do_AsyncFor = do_For

    def do_While(self, node: ast.While) -> None:
        def start() -> None:
            test = self.expression(node.test)
            self.feature("operator", "While")
            self.use("While", "test", test)
            self.found.order.append(mixed(self.branch, test.deep))

        self.loop("while", 0, node, start)

    def loop(self, name: str, deep: int, node: Any, start: Callable[[], None]) -> None:
        """Read a loop's body once: what it assigns holds an earlier or its own value."""
        scope = self.scopes[-1]
        stored = {
            part.id
            for part in inside(node.body)
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
        }
        for key in stored:
            before = scope.get(key)
            if before is not None:
                before.used = True
            label = before.label if before else ("item",)
            scope[key] = Value(label, mixed("carried", before.deep if before else 0))
        with self.within(name, deep):
            start()
            self.block(node.body)
        for key in stored & scope.keys():
            end = scope[key]
            scope[key] = Value(end.label, mixed("after", name, deep, end.deep))
        if node.orelse:
            with self.within(f"{name} else", deep):
                self.block(node.orelse)

    def do_With(self, node: ast.With | ast.AsyncWith) -> None:
        calls = [i.context_expr for i in node.items if isinstance(i.context_expr, ast.Call)]
        if any(self.path_of(call.func) in SILENCING for call in calls):
            with self.aside():
                deep = self.enter(node)
        else:
            deep = self.enter(node)
        with self.within("with", *deep):
            self.block(node.body)

    do_AsyncWith = do_With

    def enter(self, node: ast.With | ast.AsyncWith) -> list[int]:
        """Read what a ``with`` enters, and return its hashes."""
        deep: list[int] = []
        self.feature("operator", "with")
        for item in node.items:
            value = self.expression(item.context_expr)
            self.use("with", "item", value)
            deep.append(value.deep)
            if item.optional_vars is not None:
                self.assign(item.optional_vars, Value(("entered",), mixed("entered", value.deep)))
        return deep

    def do_Try(self, node: Any) -> None:
        self.feature("operator", "try")
        with self.within("try"):
            self.block(node.body)
            self.block(node.orelse)

        def handle(handler: ast.ExceptHandler) -> Callable[[], None]:
            def read() -> None:
                if handler.name:
                    self.bind(handler.name, Value(("exception",), mixed("exception")))
                self.block(handler.body)

            return read

        ways: list[tuple[str, int, Callable[[], None]]] = [("tried", 0, lambda: None)]
        for handler in node.handlers:
            kind = self.expression(handler.type) if handler.type else NONE
            self.feature("operator", "except")
            self.use("except", 0, kind)
            ways.append(("except", kind.deep, handle(handler)))
        self.branches(ways)
        with self.within("finally"):
            self.block(node.finalbody)

    do_TryStar = do_Try

    def do_Match(self, node: Any) -> None:
        subject = self.expression(node.subject)
        self.feature("operator", "match")
        self.use("match", "subject", subject)

        def take(case: Any) -> Callable[[], None]:
            def read() -> None:
                for part in ast.walk(case.pattern):
                    for name in (getattr(part, "name", None), getattr(part, "rest", None)):
                        if name:
                            self.bind(name, Value(("item",), mixed("item", subject.deep)))
                if case.guard is not None:
                    self.use("match", "guard", self.expression(case.guard))
                self.block(case.body)

            return read

        patterns = [mixed(subject.deep, ast.dump(case.pattern)) for case in node.cases]
        ways = zip(patterns, node.cases, strict=True)
        self.branches([("case", pattern, take(case)) for pattern, case in ways])


def _is_guard(test: ast.expr) -> bool:
    """Whether this is ``__name__ == "__main__"`` or a constant that is true."""
    if isinstance(test, ast.Constant):
        return test.value is True
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return False
    sides = [test.left, test.comparators[0]]
    names = {side.id for side in sides if isinstance(side, ast.Name)}
    texts = {side.value for side in sides if isinstance(side, ast.Constant)}
    return isinstance(test.ops[0], ast.Eq) and names == {"__name__"} and texts == {"__main__"}


def _only_item(node: ast.expr) -> ast.expr | None:
    """Return what a loop runs over when it runs once: ``range(1)``, or one element written out."""
    if isinstance(node, ast.Tuple | ast.List) and len(node.elts) == 1:
        return None if isinstance(node.elts[0], ast.Starred) else node.elts[0]
    return ast.Constant(0) if ast.unparse(node) == "range(1)" else None
