"""Reads expressions: what each stands for, and the features that it leaves.

Names are resolved to what they stand for, calls of functions that the program itself defines
are followed, texts are taken apart, and arguments get the name of the parameter that they fill
where the signature is known.
"""

from __future__ import annotations

import ast
import builtins
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from recode_data.rewards import signatures, texts
from recode_data.rewards.signatures import Parameters
from recode_data.rewards.values import (
    NONE,
    Label,
    Piece,
    Value,
    constant_of,
    constant_value,
    mixed,
    path_value,
    text_value,
)

MUTATORS = {
    name
    for kind in (list, dict, set, bytearray)
    for name in dir(kind)
    if not name.startswith("_") and name not in dir(frozenset) + dir(tuple) + dir(str)
} - {"copy", "keys", "values", "items", "get", "fromkeys"}
"""Methods of Python's own containers that change them."""
ALWAYS = {"__name__", "__file__", "__doc__", "__builtins__", "__spec__", "__debug__"}
DYNAMIC = {"exec", "eval", "globals", "locals", "vars"}
"""Builtins after which nothing can be said about which names there are."""
MOST_FOLLOWED = 200
"""Calls of the program's own functions that are followed; one may call many others."""
DEEPEST = 12

Argument = tuple[int | str, Value]


@dataclass(eq=False)
class Function:
    """A function or lambda of the program, and where its names are looked up."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scopes: list[dict[str, Value]]
    defaults: dict[str, Value]
    decorated: bool = False
    seen: bool = False
    """Whether it was called, or given to something that may call it."""
    reading: bool = False
    deep: int = 0

    @property
    def parameters(self) -> Parameters:
        return signatures.of_arguments(self.node.args)

    @property
    def simple(self) -> bool:
        """Whether a call is the same as the body in its place: one way through, to its end."""
        node = self.node
        if isinstance(node, ast.Lambda):
            return not any(isinstance(n, ast.Yield | ast.YieldFrom) for n in ast.walk(node.body))
        if isinstance(node, ast.AsyncFunctionDef) or self.decorated:
            return False
        odd = (ast.Return, ast.Yield, ast.YieldFrom, ast.Await, ast.Global, ast.Nonlocal)
        return not any(isinstance(n, odd) and n is not node.body[-1] for n in inside(node.body))


def inside(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield the nodes of statements, without those of functions and classes in them."""
    for node in body:
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield from inside(ast.iter_child_nodes(node))


@dataclass
class Found:
    """What reading leaves; `recode_data.rewards.structure` says what the features are."""

    features: Counter[Label] = field(default_factory=Counter)
    events: Counter[int] = field(default_factory=Counter)
    """Hashes of the calls that are made, each with the branches that it stands in."""
    order: list[int] = field(default_factory=list)
    """Hashes of what has an order: lines that are printed, raised and returned."""


class Expressions:
    """The half of the reader that is about expressions."""

    def __init__(self, known: Mapping[str, Parameters], loose: bool = False) -> None:
        self.known = known
        self.loose = loose
        self.found = Found()
        self.faults: set[tuple[str, str]] = set()
        self.scopes: list[dict[str, Value]] = [{}]
        self.comprehensions = 0
        self.idle: dict[str, str] = {}
        self.any_name = False
        self.worlds: dict[str, int] = {}
        """Package → hash of the effects so far that touched no object of the program."""
        self.place: tuple[str, ...] = ()
        self.branch = 0
        self.calls: Counter[int] = Counter()
        self.line: list[Piece] = []
        self.latest: dict[int | str, Label] = {}
        self.functions: list[Function] = []
        self.following: list[Function] = []
        self.followed = 0

    # Features

    def feature(self, *parts: Any) -> None:
        self.found.features[parts] += 1

    def use(self, parent: Any, slot: Any, value: Value) -> None:
        """Note that ``value`` stands in a slot of something."""
        value.used = True
        label = value.label
        if value.path:
            self.feature("symbol", value.path)
        elif label[0] == "constant":
            self.feature(*label)
        elif label[0] == "text" and value.pieces is not None:
            for piece in value.pieces:
                self.piece("text", "part", piece)
        elif value.function is not None:
            self.summarise(value)
        self.feature("edge", parent, slot, label)
        self.feature("slot", slot, label if label[0] == "constant" else label[0])

    def piece(self, parent: str, slot: Any, piece: Piece) -> None:
        if piece.value is None:
            self.feature("constant", "str", repr(piece.text))
            return
        self.use(parent, slot, piece.value)
        if piece.kind != "str":
            self.feature("constant", piece.kind, piece.text)

    def event(self, value: Value) -> None:
        """Note that something is done; it counts where it is done."""
        self.found.events[mixed(self.branch, value.deep)] += 1
        if self.place:
            self.feature("edge", "in", self.place, value.label)

    @contextmanager
    def within(self, name: str, *deep: int) -> Iterator[None]:
        """Read what stands in a branch, a loop or a function."""
        self.flush()
        place, branch = self.place, self.branch
        self.place, self.branch = (*place, name), mixed(branch, name, *deep)
        try:
            yield
        finally:
            self.flush()
            self.place, self.branch = place, branch

    # Names

    def resolve(self, name: str) -> Value:
        for scope in reversed(self.scopes):
            if name in scope:
                self.idle.pop(name, None)
                return scope[name]
        if name in DYNAMIC:
            self.any_name = True
        if not (hasattr(builtins, name) or name in ALWAYS or self.any_name):
            self.faults.add(("undefined", name))
        return path_value(name)

    def bind(self, name: str, value: Value) -> None:
        self.scopes[-1 - self.comprehensions][name] = value

    def is_builtin(self, value: Value, name: str) -> bool:
        return value.path == name

    # Expressions

    def expression(self, node: ast.expr) -> Value:
        """Return what an expression stands for."""
        constant = constant_of(node)
        if constant is not None:
            return constant
        read = getattr(self, f"read_{type(node).__name__}", None)
        value: Value = read(node) if read else self.form(node)
        return value

    def read_Name(self, node: ast.Name) -> Value:
        return self.resolve(node.id)

    def read_Attribute(self, node: ast.Attribute) -> Value:
        return self.attribute(self.expression(node.value), node.attr)

    def attribute(self, of: Value, name: str) -> Value:
        if of.path:
            return path_value(f"{of.path}.{name}")
        self.feature("symbol", f".{name}")
        self.feature("edge", f".{name}", "of", of.label)
        self.feature("slot", "of", of.label[0])
        of.used = True
        return Value(("attr", name), mixed("attr", name, of.deep), [of])

    def read_NamedExpr(self, node: ast.NamedExpr) -> Value:
        value = self.expression(node.value)
        self.bind(node.target.id, value)
        return value

    def read_Lambda(self, node: ast.Lambda) -> Value:
        return self.function(node)

    def read_JoinedStr(self, node: ast.JoinedStr) -> Value:
        pieces: list[Piece] = []
        for part in node.values:
            if isinstance(part, ast.Constant):
                pieces.append(Piece("fixed", str(part.value)))
                continue
            assert isinstance(part, ast.FormattedValue)
            value = self.expression(part.value)
            spec = texts.fixed(self.expression(part.format_spec)) if part.format_spec else ""
            if spec is None:
                return self.form(node)
            conversion = "" if part.conversion < 0 else chr(part.conversion)
            pieces += texts.formatted(value, conversion.replace("s", ""), spec)
        return text_value(pieces)

    def read_UnaryOp(self, node: ast.UnaryOp) -> Value:
        value = self.expression(node.operand)
        if isinstance(node.op, ast.USub) and value.label[:2] in (
            ("constant", "int"),
            ("constant", "float"),
        ):
            text = str(value.label[2])
            return constant_value(value.label[1], text[1:] if text[0] == "-" else f"-{text}")
        return self.formed(node, [("operand", value)])

    def read_BinOp(self, node: ast.BinOp) -> Value:
        left = self.expression(node.left)
        right = self.expression(node.right)
        template = texts.fixed(left)
        if isinstance(node.op, ast.Add) and left.pieces is not None and right.pieces is not None:
            return text_value([*left.pieces, *right.pieces])
        if isinstance(node.op, ast.Mod) and template is not None:
            parts = right.parts if right.label == ("form", "Tuple") else [right]
            text = texts.percent(template, parts or [])
            if text is not None:
                return text
        return self.formed(node, [("left", left), ("right", right)])

    def read_ListComp(self, node: ast.expr) -> Value:
        return self.comprehension(node)

    read_SetComp = read_DictComp = read_GeneratorExp = read_ListComp

    def comprehension(self, node: Any) -> Value:
        kind = type(node).__name__
        deep: list[int] = []
        self.feature("operator", kind)
        self.scopes.append({})
        self.comprehensions += 1
        for generator in node.generators:
            source = self.expression(generator.iter)
            self.use(kind, "iter", source)
            deep.append(source.deep)
            self.scatter(generator.target, Value(("item",), mixed("item", source.deep)))
            with self.within(kind, source.deep):
                for condition in generator.ifs:
                    value = self.expression(condition)
                    self.use(kind, "if", value)
                    deep.append(mixed("if", value.deep))
        with self.within(kind, *deep):
            for name in ("elt", "key", "value"):
                if hasattr(node, name):
                    value = self.expression(getattr(node, name))
                    self.use(kind, name, value)
                    deep.append(value.deep)
        self.comprehensions -= 1
        self.scopes.pop()
        return Value(("form", kind), mixed(kind, *deep))

    def scatter(self, target: ast.expr, value: Value) -> None:
        """Bind the names of a target of a comprehension or a loop."""
        if isinstance(target, ast.Name):
            self.scopes[-1][target.id] = value
        elif isinstance(target, ast.Tuple | ast.List):
            for index, part in enumerate(target.elts):
                self.scatter(part, self.item(value, index))
        elif isinstance(target, ast.Starred):
            self.scatter(target.value, value)

    def item(self, value: Value, index: int) -> Value:
        """Return one of the values that ``value`` is unpacked to."""
        if value.parts is not None and value.label[0] == "form" and index < len(value.parts):
            return value.parts[index]
        return Value(("item",), mixed("item", str(index), value.deep))

    def form(self, node: ast.AST) -> Value:
        """Read any other expression: its name and each of its parts."""
        parts: list[tuple[str, Value]] = []
        for name, value in ast.iter_fields(node):
            several = isinstance(value, list)
            for index, part in enumerate(value if several else [value]):
                if isinstance(part, ast.expr):
                    slot = f"{name}{index}" if several else name
                    parts.append((slot, self.expression(part)))
                elif part is None and isinstance(node, ast.Dict):  # a ``**`` in a display
                    parts.append((f"**{index}", NONE))
        return self.formed(node, parts)

    def formed(self, node: ast.AST, parts: list[tuple[str, Value]]) -> Value:
        name = type(node).__name__
        operators = [getattr(node, "op", None), *getattr(node, "ops", ())]
        name = " ".join([name, *(type(op).__name__ for op in operators if op is not None)])
        self.feature("operator", name)
        for slot, value in parts:
            self.use(name, slot, value)
        deep = mixed(name, *(mixed(slot, value.deep) for slot, value in parts))
        shown = [value for _, value in parts] if isinstance(node, ast.Tuple | ast.List) else None
        if any(isinstance(part, ast.Starred) for part in getattr(node, "elts", ())):
            shown = None
        return Value(("form", name), deep, shown)

    # Calls

    def read_Call(self, node: ast.Call) -> Value:
        callee = self.expression(node.func)
        arguments = self.arguments(node)
        exact = not any(isinstance(slot, str) and slot[0] == "*" for slot, _ in arguments)
        if exact:
            known = self.known_call(callee, arguments)
            if known is not None:
                return known
        if callee.function is not None and exact:
            followed = self.follow(callee.function, arguments)
            if followed is not None:
                return followed
        return self.called(callee, self.arranged(callee, arguments) if exact else arguments)

    def arguments(self, node: ast.Call) -> list[Argument]:
        """Return the arguments by position or keyword; ``*`` of what is written out is open."""
        values: list[Value] = []
        found: list[Argument] = []
        for argument in node.args:
            if not isinstance(argument, ast.Starred):
                values.append(self.expression(argument))
                continue
            value = self.expression(argument.value)
            if value.parts is not None and value.label[0] == "form" and not value.state:
                values += value.parts
            else:
                found.append((f"*{len(values)}", value))
        found += enumerate(values)
        for keyword in node.keywords:
            if keyword.arg:
                found.append((keyword.arg, self.expression(keyword.value)))
            elif isinstance(keyword.value, ast.Dict) and all(
                isinstance(key, ast.Constant) and isinstance(key.value, str)
                for key in keyword.value.keys
            ):
                for key, part in zip(keyword.value.keys, keyword.value.values, strict=True):
                    assert isinstance(key, ast.Constant)
                    found.append((str(key.value), self.expression(part)))
            else:
                found.append(("**", self.expression(keyword.value)))
        names = [slot for slot, _ in found if isinstance(slot, str) and slot[0] != "*"]
        if len(set(names)) < len(names):
            self.faults.add(("arguments", str(sorted(names))))
        return found

    def arranged(self, callee: Value, arguments: list[Argument]) -> list[Argument]:
        """Name the arguments by the parameters that they fill, where these are known."""
        parameters = self.known.get(callee.path)
        if parameters is None and callee.path and "." not in callee.path:
            parameters = signatures.built_in(callee.path)
        if callee.function is not None and not callee.function.decorated:
            parameters = callee.function.parameters
        if parameters is None:
            return arguments
        count = sum(isinstance(slot, int) for slot, _ in arguments)
        filled = signatures.arranged(
            parameters, count, [slot for slot, _ in arguments if isinstance(slot, str)]
        )
        if filled is None:
            self.faults.add(("arguments", callee.path or "function"))
            return arguments
        own = {name: i for i, (name, _, _) in enumerate(parameters)} if callee.function else {}
        named = [(filled.get(slot, slot), value) for slot, value in arguments]
        return [(own.get(str(slot), slot), value) for slot, value in named]

    def known_call(self, callee: Value, arguments: list[Argument]) -> Value | None:
        """Read calls of builtins whose result the text tells, None for all others."""
        values = [value for slot, value in arguments if isinstance(slot, int)]
        named = {slot: value for slot, value in arguments if isinstance(slot, str)}
        path = callee.path
        if path == "print" and set(named) <= {"sep", "end", "flush"}:
            return self.print(values, named)
        if path == "sys.stdout.write" and len(values) == 1:
            return self.print(values, {"end": text_value([])})
        if named and callee.label != ("attr", "format"):
            return None
        if path == "str" and len(values) == 1:
            return text_value(texts.piece_of(values[0]))
        if path == "repr" and len(values) == 1:
            return text_value([Piece("r", "", values[0])])
        spec = texts.fixed(values[-1]) if values else None
        if path == "format" and len(values) == 2 and spec:
            return text_value([Piece("format", spec, values[0])])
        if path == "getattr" and len(values) == 2 and spec and spec.isidentifier():
            return self.attribute(values[0], spec)
        return self.method_of_text(callee, values, named)

    def method_of_text(
        self, callee: Value, values: list[Value], named: dict[str, Value]
    ) -> Value | None:
        if callee.label[0] != "attr" or not callee.parts:
            return None
        template = texts.fixed(callee.parts[0])
        if template is None:
            return None
        if callee.label[1] == "format":
            return self.unsaid("format", texts.format_call(template, values, named))
        parts = values[0].parts if callee.label[1] == "join" and len(values) == 1 else None
        if parts is None or any(part.pieces is None for part in parts):
            return None
        pieces: list[Piece] = []
        for index, part in enumerate(parts):
            pieces += [Piece("fixed", template)] * bool(index) + list(part.pieces or ())
        return self.unsaid("join", text_value(pieces))

    def unsaid(self, method: str, value: Value | None) -> Value | None:
        """Take back the features of a method that turned out to be a way of writing."""
        if value is not None:
            label = ("constant", "str")
            taken = [("symbol", f".{method}"), ("slot", "of", "constant")]
            edges = [f for f in self.found.features if f[:3] == ("edge", f".{method}", "of")]
            taken += [edge for edge in edges if edge[3][:2] == label][:1]
            for feature in taken:
                self.found.features[feature] -= 1
            self.found.features = +self.found.features
        return value

    def print(self, values: list[Value], named: dict[str, Value]) -> Value | None:
        """Add to the line that is being printed; a line counts, however it is put together."""
        between = texts.fixed(named["sep"]) if "sep" in named else " "
        end = texts.fixed(named["end"]) if "end" in named else "\n"
        if between is None or end is None:
            return None
        for index, value in enumerate(values):
            if index:
                self.write(Piece("fixed", between))
            for piece in texts.piece_of(value):
                self.write(piece)
        self.write(Piece("fixed", end))
        return Value(("call", "print"), NONE.base)

    def write(self, piece: Piece) -> None:
        lines = piece.text.split("\n") if piece.kind == "fixed" else []
        if not lines:
            value = piece.value
            assert value is not None
            now = Value(value.label, value.deep, value.parts, value.pieces, value.function)
            value.used = True
            self.line.append(Piece(piece.kind, piece.text, now))
            return
        for number, line in enumerate(lines):
            if number:
                self.flush(ended=True)
            if line:
                self.line.append(Piece("fixed", line))

    def flush(self, ended: bool = False) -> None:
        """Note the line that has been printed so far."""
        if not (self.line or ended):
            return
        pieces = text_value(self.line).pieces or ()
        self.line = []
        self.feature("symbol", "print")
        for index, piece in enumerate(pieces):
            self.piece("print", index, piece)
        label = ("print", *(piece.value.label if piece.value else piece.text for piece in pieces))
        if self.place:
            self.feature("edge", "in", self.place, "print")
        self.after("stdout", label)
        worlds = sorted(self.worlds.values())
        deep = mixed("line", str(ended), *(piece.deep for piece in pieces), *worlds)
        self.found.order.append(mixed(self.branch, deep))

    def after(self, thing: int | str, label: Label) -> None:
        """Note which effect follows which on a thing."""
        if thing in self.latest:
            self.feature("order", self.latest[thing], label)
        self.latest[thing] = label

    def called(self, callee: Value, arguments: list[Argument]) -> Value:
        """Return the result of a call that is not followed."""
        callee.used = True
        name = callee.path or (
            f".{callee.label[1]}" if callee.label[0] == "attr" else callee.label[0]
        )
        if callee.path:
            self.feature("symbol", callee.path)
        if callee.function is not None:
            self.summarise(callee)
        for slot, value in arguments:
            shown = slot if isinstance(slot, int) or slot[0] == "*" else f"{slot}="
            if isinstance(slot, str):
                self.feature("keyword", slot)
            self.feature("place", name, shown)
            self.use(name, shown, value)
        deep = mixed(
            "call",
            callee.deep,
            self.worlds.get(callee.path.partition(".")[0], 0) if callee.path else 0,
            *self.given(arguments),
        )
        self.calls[deep] += 1
        if self.calls[deep] > 1:  # another object, and perhaps another result
            deep = mixed(deep, str(self.calls[deep]))
        touched = [*(callee.parts or ()), *(value for _, value in arguments)]
        result = Value(("call", name), deep, touched)
        self.event(result)
        if callee.label[0] == "attr" and callee.label[1] in MUTATORS and callee.parts:
            callee.parts[0].touch(deep)
        return result

    def given(self, arguments: list[Argument]) -> list[int]:
        """Return the hashes of arguments, when loose without the slots of all but the first."""
        return sorted(
            mixed("" if self.loose and slot != 0 else str(slot), value.deep)
            for slot, value in arguments
        )

    def follow(self, function: Function, arguments: list[Argument]) -> Value | None:
        """Return what a function of the program returns when its body stands in its place."""
        deepest = len(self.following) >= DEEPEST or self.followed >= MOST_FOLLOWED
        if function in self.following or deepest or not function.simple:
            return None
        count = sum(isinstance(slot, int) for slot, _ in arguments)
        names = [slot for slot, _ in arguments if isinstance(slot, str)]
        filled = signatures.arranged(function.parameters, count, names)
        if filled is None or set(filled) != {slot for slot, _ in arguments}:
            return None
        if any(kind in ("*", "**") for _, kind, _ in function.parameters):
            return None
        local = dict(function.defaults)
        local |= {filled[slot]: value for slot, value in arguments}
        function.seen = True
        self.followed += 1
        self.following.append(function)
        outside, comprehensions = self.scopes, self.comprehensions
        self.scopes, self.comprehensions = [*function.scopes, local], 0
        result = self.run_body(function.node)
        self.scopes, self.comprehensions = outside, comprehensions
        self.following.pop()
        return result

    def run_body(self, node: Any) -> Value:
        raise NotImplementedError

    def function(self, node: Any, decorated: bool = False) -> Value:
        raise NotImplementedError

    def summarise(self, value: Value) -> None:
        raise NotImplementedError
