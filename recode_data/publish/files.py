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
    (folder / inside).mkdir(parents=True, exist_ok=True)
    parts = [rows[start : start + SHARD_ROWS] for start in range(0, len(rows), SHARD_ROWS)]
    shards = []
    for number, part in enumerate(parts):
        path = folder / inside / f"{split}-{number:05d}-of-{len(parts):05d}.parquet"
        table = pa.Table.from_pylist(list(part), schema=schema)
        pq.write_table(table, path, compression="zstd", version="2.6", row_group_size=1_000)
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        where = path.relative_to(folder).as_posix()
        size = len(content)
        shards.append(Shard(where, library, split, len(part), size, table.nbytes, digest))
    return shards


def write_jsonl(path: Path, rows: Sequence[Any]) -> None:
    """Write one JSON object a line, keys in the order of the columns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
