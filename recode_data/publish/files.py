"""The files of a data set, the same bytes for the same rows: Parquet shards and JSONL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from recode_data.publish.rows import COLUMNS, Row

SHARD_ROWS = 50_000
SCHEMA = pa.schema([pa.field(name, pa.string()) for name in COLUMNS])


def write_parquet(folder: Path, split: str, rows: Sequence[Row], schema: pa.Schema = SCHEMA) -> int:
    """Write ``rows`` as shards into ``folder``; return how many bytes they have."""
    folder.mkdir(parents=True, exist_ok=True)
    shards = [rows[start : start + SHARD_ROWS] for start in range(0, len(rows), SHARD_ROWS)]
    size = 0
    for number, shard in enumerate(shards):
        path = folder / f"{split}-{number:05d}-of-{len(shards):05d}.parquet"
        table = pa.Table.from_pylist(list(shard), schema=schema)
        pq.write_table(table, path, compression="zstd", version="2.6", row_group_size=1_000)
        size += path.stat().st_size
    return size


def write_jsonl(path: Path, rows: Sequence[Row]) -> None:
    """Write one JSON object a line, keys in the order of the columns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
