"""A program as what it does: a bag of features, and a signature that equal programs share.

The program is read in the order in which it runs, calls of its own functions are followed and
variables stand for what they hold. So names, layout, import style, a ``main`` function, a
name guard, helper functions, inlined variables, the order of independent lines and the way in
which a printed line is put together leave no trace. What does leave one, as a feature:

    symbol    a library's path, a builtin, or ``.method`` of some object
    constant  a literal, or a part of a text
    keyword   the name of a keyword argument
    operator  an operator or a syntactic form
    place     (callee, position or keyword): an argument that it is given
    slot      (position or keyword, what stands there), whoever is called
    edge      (callee or form, position or keyword, what stands there)
    order     two effects on one thing, such as lines printed, one after the other
    import    a module that is imported and never used
    module    a submodule that is imported and used

The features of a function that is never called stand apart, as ``("uncalled", feature)``, and
those of an assertion as ``("aside", feature)``.

Two programs of the same signature make the same calls on the same values and print the same
lines, as far as the text tells: it takes for granted that a call in an assignment changes none
of its arguments, and that two calls of a library do not depend on each other but through
values. What another function returns, the text does not tell: a replacement with equal results
has another signature.
"""

from __future__ import annotations

import ast
import sys
import warnings
from abc import abstractmethod
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from recode_data.rewards.branches import SILENCING, Branches
from recode_data.rewards.recorder import Found, Function
from recode_data.rewards.signatures import Parameters
from recode_data.rewards.values import NONE, Label, Value, mixed, path_value

Features: TypeAlias = Counter[Label]


@dataclass(frozen=True)
class Program:
    """What is known of a program from its text."""

    features: Features
    events: Counter[int]
    order: tuple[int, ...]
    worlds: tuple[tuple[str, int], ...]
    finals: Counter[int]
    """The values that its variables hold in the end, which are all that a program leaves
    that prints nothing."""
    faults: frozenset[tuple[str, str]]
    """What will not run: names that nothing defines, arguments that do not fit."""
    idle: frozenset[str]
    """Imports beside the standard library's that nothing uses."""
    loose: bool = False
    """Whether it was read loosely: how often a call is made does not count."""

    @property
    def does_nothing(self) -> bool:
        """Whether nothing is called or printed and no variable is left."""
        return not (self.events or self.order or self.finals)

    def same_as(self, model: Program) -> bool:
        """Say whether this does what ``model`` does, in the same way; False may be either."""
        modules = {f for f in model.features if f[0] == "module"}
        return (
            (
                self.events.keys() == model.events.keys()
                if self.loose
                else self.events == model.events
            )
            and self.order == model.order
            and self.worlds == model.worlds
            and self.faults <= model.faults
            and self.idle <= model.idle
            and modules <= self.features.keys()
            and (bool(model.order) or not model.finals - self.finals)
        )


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


class Reader(Definitions):
    """Reads the statements of one program."""

    def __init__(self, known: Mapping[str, Parameters], loose: bool = False) -> None:
        super().__init__(known, loose)
        self.modules: set[str] = set()
        self.lazy_annotations = False
        self.aliases: list[Value] = []

    def read(self, tree: ast.Module) -> Program:
        self.block(tree.body)
        self.flush()
        self.uncalled()
        for value in self.aliases:
            if not value.used:
                self.feature("symbol", value.path)
                self.found.events[mixed("alias", value.path)] += 1
        features = self.found.features
        idle = {path for path in self.idle.values() if not _standard(path)}
        for path in idle:
            features["import", path] += 1
            features["symbol", path] += "." in path
        paths = [f[1] for f in features if f[0] == "symbol"]
        for module in self.modules:
            if "." in module and any(path.startswith(f"{module}.") for path in paths):
                features["module", module] += 1
        kept = [v for v in self.scopes[0].values() if v.label[0] not in ("path", "function")]
        return Program(
            +features,
            self.found.events,
            tuple(self.found.order),
            tuple(sorted(self.worlds.items())),
            Counter(value.deep for value in kept),
            frozenset(self.faults),
            frozenset(idle),
            self.loose,
        )

    def uncalled(self) -> None:
        """Read the functions that nothing called: they count apart, and cannot fail."""
        faults = set(self.faults)
        for function in list(self.functions):
            if function.seen:
                continue
            outside, self.found = self.found, Found()
            value = Value(("function",), 0, function=function)
            self.summarise(value)
            inner, self.found = self.found, outside
            for feature, count in inner.features.items():
                self.found.features["uncalled", feature] += count
            self.found.events[mixed("uncalled", function.deep)] += 1
        self.faults = faults

    def block(self, body: list[ast.stmt]) -> None:
        for node in body:
            read = getattr(self, f"do_{type(node).__name__}", None)
            if read:
                read(node)
            else:
                self.control(node)

    def control(self, node: ast.AST) -> None:
        """Read any other statement, such as raise, assert, return and break."""
        self.flush()
        value = self.form(node)
        self.found.order.append(mixed(self.branch, value.deep))
        self.event(value)

    def do_Assert(self, node: ast.Assert) -> None:
        """An assertion stands aside: one more does no harm, unless it is of the old API."""
        with self.aside():
            self.control(node)

    def do_Pass(self, node: ast.Pass) -> None:
        pass

    def do_Global(self, node: ast.Global) -> None:
        pass

    do_Nonlocal = do_Global

    def do_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self.imports(alias.name)
            name = alias.asname or alias.name.partition(".")[0]
            self.bind(name, path_value(alias.name if alias.asname else name))
            self.idle[name] = alias.name if alias.asname else name

    def do_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.module == "__future__":
            self.lazy_annotations |= any(alias.name == "annotations" for alias in node.names)
            return
        module = "." * node.level + (node.module or "")
        self.imports(module)
        for alias in node.names:
            if alias.name == "*":
                self.any_name, self.star = True, module
                continue
            path = f"{module}.{alias.name}"
            self.imports(path)
            self.bind(alias.asname or alias.name, path_value(path))
            self.idle[alias.asname or alias.name] = path

    def imports(self, module: str) -> None:
        parts = module.split(".")
        self.modules.update(".".join(parts[:end]) for end in range(1, len(parts) + 1))

    def do_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Constant):  # a docstring
            return
        if isinstance(node.value, ast.Call) and self.path_of(node.value.func) in SILENCING:
            with self.aside():
                self.do(node)
        else:
            self.do(node)

    def do(self, node: ast.Expr) -> None:
        value = self.expression(node.value)
        if value.label == ("call", "print") or value is NONE:
            return
        self.use("do", 0, value)
        if value.label[0] != "call":
            self.event(value)
            return
        label = (*value.label, *(part.label for part in value.parts or ()))
        touched = [part for part in value.parts or () if _is_object(part)]
        for part in touched:
            self.after(id(part), label)
            part.touch(value.deep)
        if not touched:
            root = str(value.label[1]).partition(".")[0]
            self.worlds[root] = mixed(self.worlds.get(root, 0), value.deep)
            self.after(f"world {root}", label)

    def do_Assign(self, node: ast.Assign) -> None:
        value = self.expression(node.value)
        for target in node.targets:
            self.assign(target, value)

    def do_AnnAssign(self, node: ast.AnnAssign) -> None:
        if self.in_class and isinstance(node.target, ast.Name):  # it declares a field
            kind = self.expression(node.annotation)
            self.use("field", node.target.id, kind)
            self.event(Value(("form", "field"), mixed("field", node.target.id, kind.deep)))
        else:
            self.annotation(node.annotation)
        if node.value is not None:
            self.assign(node.target, self.expression(node.value))

    def annotation(self, node: ast.expr | None) -> None:
        """An annotation says nothing, but its names must exist where it is evaluated."""
        if node is None or self.lazy_annotations or len(self.scopes) > 1:
            return
        for part in ast.walk(node):
            if isinstance(part, ast.Name):
                self.resolve(part.id)

    def do_AugAssign(self, node: ast.AugAssign) -> None:
        parts = [("target", self.expression(node.target)), ("value", self.expression(node.value))]
        self.assign(node.target, self.formed(node, parts))

    def assign(self, target: ast.expr, value: Value) -> None:
        if isinstance(target, ast.Name):
            self.bind(target.id, value)
            if value.path:
                self.aliases.append(value)
        elif isinstance(target, ast.Tuple | ast.List):
            starred = any(isinstance(part, ast.Starred) for part in target.elts)
            whole = Value(value.label, value.deep) if starred else value
            for index, part in enumerate(target.elts):
                self.assign(part, self.item(whole, index))
        elif isinstance(target, ast.Starred):
            self.assign(target.value, value)
        else:
            self.store(target, value)

    def store(self, target: ast.expr, value: Value) -> None:
        """Read an assignment to an attribute or an item: an effect on the object."""
        assert isinstance(target, ast.Attribute | ast.Subscript)
        kind = type(target).__name__
        of = self.expression(target.value)
        if isinstance(target, ast.Attribute) and of.members is not None and of.named is not None:
            of.named[target.attr] = value
            return
        slot = target.attr if isinstance(target, ast.Attribute) else "item"
        index = NONE if isinstance(target, ast.Attribute) else self.expression(target.slice)
        self.feature("operator", f"{kind} =")
        if index is not NONE:
            self.use(f"{kind} =", "index", index)
        self.use(f"{kind} =", "of", of)
        self.use(f"{kind} =", slot, value)
        done = Value(("form", f"{kind} ="), mixed(kind, slot, of.deep, index.deep, value.deep))
        self.event(done)
        label = (*done.label, slot, value.label)
        if _is_object(of):
            self.after(id(of), label)
            of.touch(done.deep)
        else:
            root = of.path.partition(".")[0]
            self.worlds[root] = mixed(self.worlds.get(root, 0), done.deep)

    def do_Delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.resolve(target.id)
                self.scopes[-1].pop(target.id, None)
            else:
                self.store(target, NONE)


def _is_object(value: Value) -> bool:
    return value.label[0] not in ("path", "constant", "function", "text", "class")


def _standard(path: str) -> bool:
    """Whether an import is of the standard library and so cannot fail."""
    return path.partition(".")[0] in sys.stdlib_module_names and "." not in path


__all__ = ["Features", "Program", "program"]


@lru_cache(maxsize=4096)
def program(
    code: str, known: tuple[tuple[str, Parameters], ...] = (), loose: bool = False
) -> Program | None:
    """Return what ``code`` does, or None when it is no Python program.

    ``known`` are the signatures of the symbols that it may call. When ``loose``, calls are the
    same that have the same first argument and otherwise the same values in any slots, and a
    call made twice is as good as one whose result is used twice.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(code)
        return Reader(dict(known), loose).read(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return None
