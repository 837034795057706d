"""What the expressions of a program stand for, as far as its text tells.

A `Value` knows how it is computed, not how it is called: two programs that compute the same
in the same way have values of the same hash, whatever their variables are named, in whatever
order independent lines stand, inlined or not. The texts that it puts together, f-strings, formats,
sums and joins, are one.
"""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

Label: TypeAlias = tuple[Any, ...]
"""A short name of a value, such as ``("call", "numpy.isin")`` or ``("constant", "int", "1")``."""

PARTS = {("form", "Subscript")}
"""Labels of what is a part of another object, which is the first of its `Value.parts`."""


class Value:
    """One value: ``label`` names it, ``deep`` is the hash of all that it is computed from.

    Effects on an object change its ``state`` and so its ``deep``; what was computed before
    keeps the hash of its time.
    """

    __slots__ = (
        "base", "bound", "function", "label", "members", "named", "parts", "pieces", "state", "used"
    )  # fmt: skip

    def __init__(
        self,
        label: Label,
        base: int,
        parts: list[Value] | None = None,
        pieces: tuple[Piece, ...] | None = None,
        function: Any = None,
    ) -> None:
        self.label = label
        self.base = base
        self.parts = parts
        """The elements of a tuple or list that is written out."""
        self.pieces = pieces
        """Of a text that is put together: its parts."""
        self.function = function
        self.named: dict[str, Value] | None = None
        """The items of a dictionary that is written out with names as keys."""
        self.members: dict[str, Value] | None = None
        """Of a plain class and its instances: the methods; an instance's attributes are `named`."""
        self.bound: Value | None = None
        """Of a method that was reached through an instance: the instance."""
        self.state = 0
        self.used = False

    @property
    def deep(self) -> int:
        return mixed(self.base, self.state) if self.state else self.base

    @property
    def path(self) -> str:
        """The import path of something imported or built in, else an empty string."""
        return str(self.label[1]) if self.label[0] == "path" else ""

    def touch(self, effect: int) -> None:
        """Know that an effect may have changed the object, and what it is an attribute or an
        item of; constants and modules stay."""
        if self.label in PARTS or self.label[0] == "attr":
            for whole in self.parts or ():
                whole.touch(effect)
        if self.label[0] not in ("path", "constant", "function", "text"):
            self.state = mixed(self.state, effect)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text: fixed, or a value as ``str``, ``repr`` or a format writes it."""

    kind: str
    text: str = ""
    value: Value | None = None

    @property
    def deep(self) -> int:
        return mixed(self.kind, self.text, self.value.deep if self.value else 0)


def mixed(*parts: Hashable) -> int:
    """Return a hash of ``parts``: texts and earlier hashes."""
    return hash(tuple(part if isinstance(part, str) else f"#{part}" for part in parts))


def path_value(path: str) -> Value:
    return Value(("path", path), mixed("path", path))


def constant_value(kind: str, text: str) -> Value:
    return Value(("constant", kind, text), mixed("constant", kind, text))


NONE = constant_value("NoneType", "None")


def text_value(pieces: Iterable[Piece]) -> Value:
    """Return the text that ``pieces`` make up; neighbouring fixed parts are one."""
    joined: list[Piece] = []
    for piece in pieces:
        if piece.kind == "fixed" and joined and joined[-1].kind == "fixed":
            joined[-1] = Piece("fixed", joined[-1].text + piece.text)
        elif piece.kind != "fixed" or piece.text:
            joined.append(piece)
    if all(piece.kind == "fixed" for piece in joined):
        fixed = constant_value("str", repr("".join(piece.text for piece in joined)))
        fixed.pieces = tuple(joined)
        return fixed
    deep = mixed("text", *(piece.deep for piece in joined))
    return Value(("text",), deep, pieces=tuple(joined))


def constant_of(node: ast.expr) -> Value | None:
    """Return the value of a literal; a sign belongs to its number."""
    sign = ""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        sign, node = "-", node.operand
        if not (isinstance(node, ast.Constant) and isinstance(node.value, int | float | complex)):
            return None
    if not isinstance(node, ast.Constant):
        return None
    if isinstance(node.value, str):
        return text_value([Piece("fixed", node.value)])
    return constant_value(type(node.value).__name__, sign + repr(node.value))


_PERCENT = re.compile(r"%(?:(%)|(s)|(r)|(\.\d+[fFeEgG]))")


def piece_of(value: Value) -> list[Piece]:
    """Return what ``str(value)`` consists of."""
    if value.pieces is not None:
        return list(value.pieces)
    if value.label[0] == "constant" and value.label[1] in ("int", "float", "bool", "NoneType"):
        return [Piece("fixed", str(value.label[2]))]
    return [Piece("str", "", value)]


def formatted(value: Value, conversion: str, spec: str) -> list[Piece]:
    """Return what a replacement field writes: ``{value!conversion:spec}``."""
    if conversion in ("r", "a"):
        value = text_value([Piece(conversion, "", value)])
    return [Piece("format", spec, value)] if spec else piece_of(value)


def format_call(template: str, values: list[Value], named: dict[str, Value]) -> Value | None:
    """Return the text of ``template.format(…)``, or None for fields that look into values."""
    pieces: list[Piece] = []
    count = 0
    try:
        fields = list(string.Formatter().parse(template))
    except ValueError:
        return None
    for literal, name, spec, conversion in fields:
        pieces.append(Piece("fixed", literal))
        if name is None:
            continue
        if name == "":
            name, count = str(count), count + 1  # noqa: PLW2901
        value = named.get(name)
        if name.isdigit() and int(name) < len(values):
            value = values[int(name)]
        if value is None or "{" in (spec or ""):
            return None
        pieces += formatted(value, conversion or "", spec or "")
    return text_value(pieces)


def percent(template: str, values: list[Value]) -> Value | None:
    """Return the text of ``template % values``, or None where it does more than ``%s``."""
    pieces: list[Piece] = []
    place = used = 0
    while (at := template.find("%", place)) >= 0:
        found = _PERCENT.match(template, at)
        if found is None or (not found[1] and used >= len(values)):
            return None
        pieces.append(Piece("fixed", template[place:at] + ("%" if found[1] else "")))
        if not found[1]:
            pieces += formatted(values[used], "r" if found[3] else "", found[4] or "")
            used += 1
        place = found.end()
    pieces.append(Piece("fixed", template[place:]))
    return text_value(pieces) if used == len(values) else None


def fixed(value: Value) -> str | None:
    """Return the text of a value that is known, else None."""
    if value.label[:2] == ("constant", "str") and value.pieces is not None:
        return "".join(piece.text for piece in value.pieces)
    return None
