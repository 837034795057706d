"""The texts that a program puts together: f-strings, formats, sums and joins as one."""

from __future__ import annotations

import re
import string

from recode_data.rewards.values import Piece, Value, text_value

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
