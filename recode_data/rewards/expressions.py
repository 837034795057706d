"""Reads expressions: what each stands for, and the features that it leaves.

Names are resolved to what they stand for, and texts are taken apart.
"""

from __future__ import annotations

import ast
from typing import Any

from recode_data.rewards import texts
from recode_data.rewards.recorder import Recorder
from recode_data.rewards.values import (
    NONE,
    Piece,
    Value,
    constant_of,
    constant_value,
    mixed,
    path_value,
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
