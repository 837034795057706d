"""Records to Arrow tables and back: one column a field, JSON text for fields with parts."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from textwrap import shorten
from typing import Any, TypeVar, get_type_hints

import pyarrow as pa

from recode_data.errors import UsageError
from recode_data.records import Caught, Record, Use

R = TypeVar("R", bound=Record)

_PLAIN = {
    str: pa.string(),
    bool: pa.bool_(),
    int: pa.int32(),
    float: pa.float64(),
    float | None: pa.float64(),
}

_HINTS: dict[type[Any], dict[str, Any]] = {}
"""The types of the fields of each kind of record, which take long to read."""


def to_table(records: Sequence[Record]) -> pa.Table:
    """Return ``records``, all of one type, as a table with ``id`` first."""
    kind = type(records[0])
    names = [field.name for field in dataclasses.fields(kind)]
    ids = pa.array([record.id for record in records], pa.string())
    columns = {
        name: pa.array([_pack(getattr(record, name)) for record in records], _type(kind, name))
        for name in names
    }
    return pa.table({"id": ids, **columns})


def require_fields(records: Sequence[Record]) -> None:
    """Raise `UsageError` where a field of ``records``, all of one type, cannot hold its value."""
    kind = type(records[0])
    for name in (name for name, hint in _hints(kind).items() if hint is str):
        for record in records:
            if not isinstance(value := getattr(record, name), str):
                raise UsageError(
                    f"the field {name} of {kind.__name__} cannot be {shorten(repr(value), 60)}",
                    "it holds a text",
                )


def from_table(kind: type[R], table: pa.Table) -> list[R]:
    """Return the rows of ``table`` as records of ``kind``."""
    fields = dataclasses.fields(kind)
    hints = _hints(kind)
    return [
        kind(**{field.name: _unpack(row[field.name], hints[field.name]) for field in fields})
        for row in table.to_pylist()
    ]


def _hints(kind: type[Any]) -> dict[str, Any]:
    if kind not in _HINTS:
        _HINTS[kind] = get_type_hints(kind)
    return _HINTS[kind]


def _type(kind: type[Any], name: str) -> pa.DataType:
    hint = _hints(kind)[name]
    if hint == bool | None:
        return pa.bool_()
    return _PLAIN.get(hint, pa.string())


def _pack(value: Any) -> Any:
    if isinstance(value, str):  # code from a page may hold half a surrogate pair
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict | tuple | list):
        return json.dumps(value, default=dataclasses.asdict, sort_keys=True)
    return value


def _unpack(value: Any, hint: Any) -> Any:
    if hint == tuple[str, ...]:
        return tuple(json.loads(value))
    if hint == tuple[int, ...]:
        return tuple(json.loads(value))
    if hint == tuple[Caught, ...]:
        return tuple(_caught(caught) for caught in json.loads(value))
    if hint == tuple[Use, ...]:
        return tuple(Use(**use) for use in json.loads(value))
    if getattr(hint, "__origin__", None) is dict:
        return json.loads(value)
    return value


def _caught(fields: dict[str, Any]) -> Caught:
    return Caught(**{**fields, "span": tuple(fields.get("span", ()))})
