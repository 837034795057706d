"""The tables: records to Arrow tables and back, and the numbered migrations that make them.

A table has a column for every field of its record, in the record's order, after ``id``; parts of
records (warnings, values, evidence) are kept as JSON text.
"""

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


MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE notes (
        id VARCHAR PRIMARY KEY, library VARCHAR, version VARCHAR, source VARCHAR,
        location VARCHAR, format VARCHAR, text VARCHAR);
    CREATE TABLE changes (
        id VARCHAR PRIMARY KEY, library VARCHAR, version VARCHAR, kind VARCHAR, text VARCHAR,
        section VARCHAR, source VARCHAR, location VARCHAR, note_id VARCHAR,
        old_symbol VARCHAR, old_keyword VARCHAR, old_value VARCHAR,
        new_symbol VARCHAR, new_keyword VARCHAR, new_value VARCHAR);
    CREATE TABLE groundings (
        id VARCHAR PRIMARY KEY, change_id VARCHAR, grounded BOOLEAN, flip_version VARCHAR,
        reason VARCHAR);
    CREATE TABLE entries (
        id VARCHAR PRIMARY KEY, dependency VARCHAR, new_version VARCHAR, description VARCHAR,
        update_info VARCHAR, old_code VARCHAR, new_code VARCHAR, old_version VARCHAR,
        change_id VARCHAR, change_kind VARCHAR, engine VARCHAR, author VARCHAR,
        parameters VARCHAR, old_symbol VARCHAR, old_keyword VARCHAR, new_symbol VARCHAR,
        new_keyword VARCHAR, old_origin VARCHAR, new_origin VARCHAR, location VARCHAR);
    CREATE TABLE runs (
        id VARCHAR PRIMARY KEY, code_id VARCHAR, environment_id VARCHAR, library VARCHAR,
        version VARCHAR, python VARCHAR, runner VARCHAR, status VARCHAR, exception VARCHAR,
        message VARCHAR, line INTEGER, warnings VARCHAR, stdout VARCHAR, "values" VARCHAR,
        calls VARCHAR, seconds DOUBLE, tier VARCHAR);
    CREATE TABLE verdicts (
        id VARCHAR PRIMARY KEY, entry_id VARCHAR, judge VARCHAR, status VARCHAR,
        reason VARCHAR, kind VARCHAR, old_version VARCHAR, new_version VARCHAR,
        detail VARCHAR, evidence VARCHAR);
    CREATE TABLE attempts (
        id VARCHAR PRIMARY KEY, stage VARCHAR, subject_id VARCHAR, version VARCHAR,
        produced INTEGER, reason VARCHAR, detail VARCHAR);
    """,
    """
    CREATE TABLE symbols (
        id VARCHAR PRIMARY KEY, library VARCHAR, version VARCHAR, name VARCHAR,
        "exists" BOOLEAN, kind VARCHAR, signature VARCHAR, doc VARCHAR);
    CREATE TABLE llm_calls (
        id VARCHAR PRIMARY KEY, request VARCHAR, model VARCHAR, prompt VARCHAR,
        change_id VARCHAR, change_kind VARCHAR, sample INTEGER, "round" INTEGER,
        state VARCHAR, answer VARCHAR, finish VARCHAR, prompt_tokens INTEGER,
        answer_tokens INTEGER, cost DOUBLE, seconds DOUBLE);
    """,
    """
    CREATE TABLE normal_forms (
        entry_id VARCHAR, version VARCHAR, code UBIGINT);
    CREATE TABLE documents (code UBIGINT, words VARCHAR);
    CREATE TABLE bands (band UBIGINT, code UBIGINT);
    CREATE TABLE near_pairs (code UBIGINT, other UBIGINT, similarity DOUBLE);
    CREATE TABLE dedup_state (fingerprint VARCHAR);
    CREATE TABLE duplicates (
        entry_id VARCHAR, "cluster" VARCHAR, representative VARCHAR, similarity DOUBLE,
        reason VARCHAR);
    CREATE TABLE contaminated (
        entry_id VARCHAR, source VARCHAR, "row" INTEGER, similarity DOUBLE);
    """,
    """
    DROP TABLE bands;
    DELETE FROM dedup_state;
    CREATE TABLE signatures (
        code UBIGINT, b0 UBIGINT, b1 UBIGINT, b2 UBIGINT, b3 UBIGINT, b4 UBIGINT,
        b5 UBIGINT, b6 UBIGINT, b7 UBIGINT, b8 UBIGINT, b9 UBIGINT, b10 UBIGINT,
        b11 UBIGINT, b12 UBIGINT, b13 UBIGINT, b14 UBIGINT, b15 UBIGINT);
    CREATE TABLE benchmark_documents (code UBIGINT, source VARCHAR, "row" INTEGER, words VARCHAR);
    CREATE TABLE releases (library VARCHAR, version VARCHAR, uploaded VARCHAR);
    """,
    """
    CREATE TABLE surfaces (
        id VARCHAR PRIMARY KEY, library VARCHAR, version VARCHAR, content BLOB);
    """,
    # Hashes do not compress, and trying costs more than all comparisons.
    """
    DROP TABLE documents;
    DROP TABLE signatures;
    DELETE FROM dedup_state;
    CREATE TABLE documents (code UBIGINT, words VARCHAR USING COMPRESSION uncompressed);
    CREATE TABLE signatures (
        code UBIGINT USING COMPRESSION uncompressed,
        b0 UBIGINT USING COMPRESSION uncompressed, b1 UBIGINT USING COMPRESSION uncompressed,
        b2 UBIGINT USING COMPRESSION uncompressed, b3 UBIGINT USING COMPRESSION uncompressed,
        b4 UBIGINT USING COMPRESSION uncompressed, b5 UBIGINT USING COMPRESSION uncompressed,
        b6 UBIGINT USING COMPRESSION uncompressed, b7 UBIGINT USING COMPRESSION uncompressed,
        b8 UBIGINT USING COMPRESSION uncompressed, b9 UBIGINT USING COMPRESSION uncompressed,
        b10 UBIGINT USING COMPRESSION uncompressed, b11 UBIGINT USING COMPRESSION uncompressed,
        b12 UBIGINT USING COMPRESSION uncompressed, b13 UBIGINT USING COMPRESSION uncompressed,
        b14 UBIGINT USING COMPRESSION uncompressed, b15 UBIGINT USING COMPRESSION uncompressed);
    """,
    """
    CREATE TABLE decisions (
        id VARCHAR PRIMARY KEY, entry_id VARCHAR, reviewer VARCHAR, decision VARCHAR,
        reason VARCHAR, note VARCHAR, edited_as VARCHAR, decided VARCHAR);
    """,
    # A document is its words as numbers; see recode_data.duplicates.near.
    """
    DROP TABLE documents;
    DROP TABLE signatures;
    DELETE FROM dedup_state;
    CREATE TABLE documents (code UBIGINT, words UINTEGER[] USING COMPRESSION uncompressed);
    CREATE TABLE signatures (
        code UBIGINT USING COMPRESSION uncompressed,
        b0 UINTEGER USING COMPRESSION uncompressed, b1 UINTEGER USING COMPRESSION uncompressed,
        b2 UINTEGER USING COMPRESSION uncompressed, b3 UINTEGER USING COMPRESSION uncompressed,
        b4 UINTEGER USING COMPRESSION uncompressed, b5 UINTEGER USING COMPRESSION uncompressed,
        b6 UINTEGER USING COMPRESSION uncompressed, b7 UINTEGER USING COMPRESSION uncompressed,
        b8 UINTEGER USING COMPRESSION uncompressed, b9 UINTEGER USING COMPRESSION uncompressed,
        b10 UINTEGER USING COMPRESSION uncompressed, b11 UINTEGER USING COMPRESSION uncompressed,
        b12 UINTEGER USING COMPRESSION uncompressed, b13 UINTEGER USING COMPRESSION uncompressed);
    """,
    """
    ALTER TABLE entries ADD COLUMN requirements VARCHAR DEFAULT '[]';
    """,
    """
    ALTER TABLE runs ADD COLUMN span VARCHAR DEFAULT '[]';
    ALTER TABLE runs ADD COLUMN uses VARCHAR DEFAULT '[]';
    """,
    # What was looked up of a symbol was cut to 700 characters; prompts compare whole texts.
    """
    DELETE FROM symbols;
    CREATE TABLE llm_dialects (model VARCHAR, parameter VARCHAR);
    CREATE TABLE llm_batches (
        id VARCHAR PRIMARY KEY, name VARCHAR, endpoint VARCHAR, model VARCHAR, calls VARCHAR,
        file VARCHAR, batch VARCHAR, state VARCHAR);
    """,
    # What a workspace of before was made of is not known; it counts as what is there now.
    """
    CREATE TABLE inputs (
        stage VARCHAR, library VARCHAR, generation INTEGER, broad INTEGER, parts VARCHAR);
    """,
    """
    CREATE TABLE IF NOT EXISTS package_uses (
        package VARCHAR, version VARCHAR, path VARCHAR, keyword VARCHAR, uses BIGINT);
    """,
    """
    ALTER TABLE runs ADD COLUMN IF NOT EXISTS files INTEGER DEFAULT 0;
    """,
)
"""Migration ``n`` leads from schema version ``n`` to ``n + 1``."""
