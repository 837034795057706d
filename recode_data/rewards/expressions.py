"""Reads expressions: what each stands for, and the features that it leaves.

Names are resolved to what they stand for, and texts are taken apart.
"""

from __future__ import annotations

import ast
from typing import Any

from recode_data.rewards import signatures
from recode_data.rewards.recorder import Function, Recorder
from recode_data.rewards.values import (
    NONE,
    Piece,
    Value,
    constant_of,
    constant_value,
    fixed,
    format_call,
    formatted,
    mixed,
    path_value,
    percent,
    piece_of,
    text_value,
)

SEQUENCES = {("form", "Tuple"), ("form", "List")}
"""Labels of what is written out and can be unpacked."""


class Expressions(Recorder):
    """The part of the reader that is about expressions."""

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
        of.used = True
        if of.path:
            return path_value(f"{of.path}.{name}")
        if of.members is not None and of.named is not None:
            if name in of.named:
                return of.named[name]
            if name in of.members:
                method = Value(("function",), 0, function=of.members[name].function)
                method.bound = of
                return method
        self.feature("symbol", f".{name}")
        self.feature("edge", f".{name}", "of", of.label)
        self.feature("slot", "of", of.label[0])
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
            spec = fixed(self.expression(part.format_spec)) if part.format_spec else ""
            if spec is None:
                return self.form(node)
            conversion = "" if part.conversion < 0 else chr(part.conversion)
            pieces += formatted(value, conversion.replace("s", ""), spec)
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
        template = fixed(left)
        if isinstance(node.op, ast.Add) and left.pieces is not None and right.pieces is not None:
            return text_value([*left.pieces, *right.pieces])
        if isinstance(node.op, ast.Mod) and template is not None:
            parts = right.parts if right.label == ("form", "Tuple") else [right]
            text = percent(template, parts or [])
            if text is not None:
                return text
        return self.formed(node, [("left", left), ("right", right)])

    def read_Dict(self, node: ast.Dict) -> Value:
        value = self.form(node)
        keys = [key.value for key in node.keys if isinstance(key, ast.Constant)]
        if len(keys) == len(node.keys) and all(isinstance(key, str) for key in keys):
            value.named = dict(zip(map(str, keys), (value.parts or [])[len(keys) :], strict=False))
        return value

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
        if value.label in SEQUENCES and value.parts is not None and index < len(value.parts):
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
        several = isinstance(node, ast.Tuple | ast.List | ast.Dict)
        shown = [value for _, value in parts] if several else None
        if isinstance(node, ast.Subscript):
            shown = [parts[0][1]]
        if any(isinstance(part, ast.Starred) for part in getattr(node, "elts", ())):
            shown = None
        return Value(("form", name), deep, shown)


MUTATORS = {
    name
    for kind in (list, dict, set, bytearray)
    for name in dir(kind)
    if not name.startswith("_") and name not in dir(frozenset) + dir(tuple) + dir(str)
} - {"copy", "keys", "values", "items", "get", "fromkeys"}
"""Methods of Python's own containers that change them."""
MOST_FOLLOWED = 200
"""Calls of the program's own functions that are followed; one may call many others."""
DEEPEST = 12


Argument = tuple[int | str, Value]


class Calls(Expressions):
    """The part of the reader that is about calls."""

    def read_Call(self, node: ast.Call) -> Value:
        callee = self.expression(node.func)
        arguments = self.arguments(node)
        exact = not any(isinstance(slot, str) and slot[0] == "*" for slot, _ in arguments)
        if exact:
            known = self.known_call(callee, arguments)
            if known is not None:
                return known
            made = self.instance(callee, arguments)
            if made is not None:
                return made
        if callee.bound is not None:
            arguments = _behind(callee.bound, arguments)
        if callee.function is not None and exact:
            followed = self.follow(callee.function, arguments)
            if followed is not None:
                return followed
        return self.called(callee, self.arranged(callee, arguments) if exact else arguments)

    def instance(self, callee: Value, arguments: list[Argument]) -> Value | None:
        """Return an instance of a plain class, whose ``__init__`` is followed."""
        if callee.members is None or callee.label != ("class",):
            return None
        made = Value(("instance",), mixed("instance"))
        made.members, made.named = callee.members, {}
        start = callee.members.get("__init__")
        if start is None:
            return None if arguments else made
        return made if self.follow(start.function, _behind(made, arguments)) else None

    def arguments(self, node: ast.Call) -> list[Argument]:
        """Return the arguments by position or keyword; ``*`` of what is written out is open."""
        values: list[Value] = []
        found: list[Argument] = []
        for argument in node.args:
            if not isinstance(argument, ast.Starred):
                values.append(self.expression(argument))
                continue
            value = self.expression(argument.value)
            if value.parts is not None and value.label in SEQUENCES and not value.state:
                values += value.parts
            else:
                found.append((f"*{len(values)}", value))
        found += enumerate(values)
        for keyword in node.keywords:
            if keyword.arg:
                found.append((keyword.arg, self.expression(keyword.value)))
            else:
                value = self.expression(keyword.value)
                open_ended = value.named is not None and not value.state
                found += (value.named or {}).items() if open_ended else [("**", value)]
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
            return text_value(piece_of(values[0]))
        if path == "repr" and len(values) == 1:
            return text_value([Piece("r", "", values[0])])
        spec = fixed(values[-1]) if values else None
        if path == "format" and len(values) == 2 and spec:
            return text_value([Piece("format", spec, values[0])])
        if path in ("importlib.import_module", "__import__") and len(values) == 1 and spec:
            self.imports(spec)
            return path_value(spec)
        if path == "getattr" and len(values) == 2 and spec and spec.isidentifier():
            return self.attribute(values[0], spec)
        return self.method_of_text(callee, values, named)

    def method_of_text(
        self, callee: Value, values: list[Value], named: dict[str, Value]
    ) -> Value | None:
        if callee.label[0] != "attr" or not callee.parts:
            return None
        template = fixed(callee.parts[0])
        if template is None:
            return None
        if callee.label[1] == "format":
            return self.unsaid("format", format_call(template, values, named))
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
        between = fixed(named["sep"]) if "sep" in named else " "
        end = fixed(named["end"]) if "end" in named else "\n"
        if between is None or end is None:
            return None
        for index, value in enumerate(values):
            if index:
                self.write(Piece("fixed", between))
            for piece in piece_of(value):
                self.write(piece)
        self.write(Piece("fixed", end))
        return Value(("call", "print"), NONE.base)

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
        if self.calls[deep] > 1 and not self.loose:  # another object, and perhaps another result
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
        if filled is None:
            return None
        local = dict(function.defaults)
        rest: list[Value] = []
        others: dict[str, Value] = {}
        known = {name for name, kind, _ in function.parameters if kind not in ("*", "**")}
        for slot, value in sorted(arguments, key=lambda argument: str(argument[0])):
            name = filled.get(slot)
            if name is None:
                rest.append(value)
            elif name in known:
                local[name] = value
            else:
                others[name] = value
        for name, kind, _ in function.parameters:
            if kind == "*":
                deep = mixed("Tuple", *(mixed(f"elts{i}", v.deep) for i, v in enumerate(rest)))
                local[name] = Value(("form", "Tuple"), deep, rest)
            elif kind == "**":
                deep = mixed("Dict", *(mixed(key, v.deep) for key, v in others.items()))
                local[name] = Value(("form", "Dict"), deep)
                local[name].named = others
        function.seen = True
        self.followed += 1
        self.following.append(function)
        outside, comprehensions = self.scopes, self.comprehensions
        self.scopes, self.comprehensions = [*function.scopes, local], 0
        result = self.run_body(function.node)
        self.scopes, self.comprehensions = outside, comprehensions
        self.following.pop()
        return result


def _behind(first: Value, arguments: list[Argument]) -> list[Argument]:
    """Return arguments with ``first`` as the first of them."""
    moved = [(slot + 1 if isinstance(slot, int) else slot, value) for slot, value in arguments]
    return [(0, first), *moved]
