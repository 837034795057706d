"""The files of a data set, the same bytes for the same rows: Parquet shards and JSONL."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

SHARD_ROWS = 50_000


@dataclass(frozen=True)
class Shard:
    """One file that was written: where, of which split, and how much it holds."""

    path: str
    """Relative to the data set's folder."""
    library: str
    """Empty when rows of several libraries are in it."""
    split: str
    rows: int
    size: int
    """Bytes of the file."""
    memory: int
    """Bytes of its rows as Arrow holds them."""
    sha256: str


def write_parquet(
    folder: Path, library: str, split: str, rows: Sequence[Any], schema: pa.Schema
) -> list[Shard]:
    """Write ``rows`` as shards below ``folder / data`` and return what was written."""
    inside = Path("data") / library
    parts = [rows[start : start + SHARD_ROWS] for start in range(0, len(rows), SHARD_ROWS)]
    return [
        write_file(
            folder,
            inside / f"{split}-{number:05d}-of-{len(parts):05d}.parquet",
            split,
            part,
            schema,
            library=library,
        )
        for number, part in enumerate(parts)
    ]


def write_file(
    folder: Path, inside: Path, split: str, rows: Sequence[Any], schema: pa.Schema, *, library: str
) -> Shard:
    """Write ``rows`` as the one Parquet file ``folder / inside`` and say what was written."""
    path = folder / inside
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pylist(list(rows), schema=schema)
    pq.write_table(table, path, compression="zstd", version="2.6", row_group_size=1_000)
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    size = len(content)
    return Shard(inside.as_posix(), library, split, len(rows), size, table.nbytes, digest)


def write_jsonl(path: Path, rows: Sequence[Any]) -> None:
    """Write one JSON object a line, keys in the order of the columns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
