"""Reads functions and classes that a program defines."""

from __future__ import annotations

import ast
from abc import abstractmethod
from typing import Any

from recode_data.rewards.branches import Branches
from recode_data.rewards.recorder import Found, Function
from recode_data.rewards.values import NONE, Value, mixed


class Definitions(Branches):
    """The part of the reader that is about functions and classes."""

    in_class = False

    @abstractmethod
    def annotation(self, node: ast.expr | None) -> None:
        """Read an annotation, whose value nothing depends on."""

    def do_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        decorators = [self.expression(decorator) for decorator in node.decorator_list]
        value = self.function(node, bool(decorators))
        if decorators:
            self.summarise(value)
            self.hints(node, value)
        for decorator in decorators:
            self.use("@", 0, decorator)
            value.base = mixed("@", decorator.deep, value.base)
            self.event(value)
        self.bind(node.name, value)

    do_AsyncFunctionDef = do_FunctionDef

    def hints(self, node: ast.FunctionDef | ast.AsyncFunctionDef, value: Value) -> None:
        """Count the annotations of a function whose decorators may read them."""
        given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        hints = [(str(i), argument.annotation) for i, argument in enumerate(given)]
        for slot, hint in [*hints, ("returns", node.returns)]:
            if hint is not None:
                kind = self.expression(hint)
                self.use("hint", slot, kind)
                value.base = mixed("hint", slot, kind.deep, value.base)

    def function(self, node: Any, decorated: bool = False) -> Value:
        given = node.args
        positional = [*given.posonlyargs, *given.args]
        pairs = list(zip(reversed(positional), reversed(given.defaults), strict=False))
        pairs += [p for p in zip(given.kwonlyargs, given.kw_defaults, strict=True) if p[1]]
        defaults = {argument.arg: self.expression(value) for argument, value in pairs}
        for argument in [*positional, *given.kwonlyargs, given.vararg, given.kwarg]:
            self.annotation(argument.annotation if argument else None)
        self.annotation(getattr(node, "returns", None))
        scopes = self.scopes[:-1] if self.in_class else self.scopes
        found = Function(node, list(scopes), defaults, decorated)
        self.functions.append(found)
        return Value(("function",), 0, function=found)

    def run_body(self, node: Any) -> Value:
        if isinstance(node, ast.Lambda):
            return self.expression(node.body)
        *body, last = node.body
        self.block(body)
        if isinstance(last, ast.Return):
            return self.expression(last.value) if last.value else NONE
        self.block([last])
        return NONE

    def summarise(self, value: Value) -> None:
        """Read a function's body once, for where it is given away or cannot be followed."""
        function = value.function
        if function.reading:  # it calls itself
            return
        if not function.deep:
            function.seen = function.reading = True
            function.deep = self._body_alone(function)
            function.reading = False
        value.base = value.base or mixed("function", function.deep)

    def _body_alone(self, function: Function) -> int:
        local: dict[str, Value] = {}
        for index, (name, kind, _) in enumerate(function.parameters):
            deep = mixed("parameter", str(len(self.following)), str(index), kind)
            local[name] = Value(("parameter",), deep)
        for default in function.defaults.values():
            self.use("function", "default", default)
        outside, comprehensions, in_class = self.scopes, self.comprehensions, self.in_class
        found, latest = self.found, self.latest
        self.flush()
        self.found, self.latest = Found(found.features), {}
        self.scopes, self.comprehensions, self.in_class = [*function.scopes, local], 0, False
        self.following.append(function)
        with self.within("function"):
            if isinstance(function.node, ast.Lambda):
                result = self.expression(function.node.body)
                self.use("lambda", 0, result)
                self.found.order.append(result.deep)
            else:
                self.block(function.node.body)
        self.following.pop()
        inner, self.found, self.latest = self.found, found, latest
        self.found.features = inner.features
        self.scopes, self.comprehensions, self.in_class = outside, comprehensions, in_class
        shape = ",".join(kind or "-" for _, kind, _ in function.parameters)
        events = sorted(inner.events.elements())
        defaults = [value.deep for value in function.defaults.values()]
        return mixed("function", shape, *defaults, *events, *inner.order)

    def do_ClassDef(self, node: ast.ClassDef) -> None:
        if _is_plain(node):
            value = Value(("class",), mixed("class"))
            methods = [part for part in node.body if isinstance(part, ast.FunctionDef)]
            value.members = {method.name: self.function(method) for method in methods}
            self.bind(node.name, value)
            return
        outer = [self.expression(part) for part in (*node.decorator_list, *node.bases)]
        outer += [self.expression(keyword.value) for keyword in node.keywords]
        self.feature("operator", "class")
        for part in outer:
            self.use("class", 0, part)
        scope: dict[str, Value] = {}
        found, in_class, first = self.found, self.in_class, len(self.functions)
        self.flush()
        self.found = Found(found.features)
        self.scopes, self.in_class = [*self.scopes, scope], True
        with self.within("class"):
            self.block(node.body)
        self.scopes, self.in_class = self.scopes[:-1], in_class
        inner, self.found = self.found, found
        self.found.features = inner.features
        value = Value(("class",), 0)
        self.bind(node.name, value)
        for member in scope.values():
            if member.function is not None:
                self.summarise(member)
        for function in self.functions[first:]:
            if not function.seen:
                self.summarise(Value(("function",), 0, function=function))
        members = sorted(f"{name} {member.deep}" for name, member in scope.items())
        events = sorted(inner.events.elements())
        value.base = mixed("class", *(part.deep for part in outer), *members, *events)
        self.found.events[value.base] += 1


def _is_plain(node: ast.ClassDef) -> bool:
    """Whether a class is no more than methods, so that calls of them can be followed."""
    outer = [*node.decorator_list, *node.bases, *node.keywords]
    return not outer and all(
        isinstance(part, ast.Pass)
        or (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))
        or (
            isinstance(part, ast.FunctionDef)
            and not part.decorator_list
            and (part.name == "__init__" or not part.name.startswith("__"))
        )
        for part in node.body
    )
