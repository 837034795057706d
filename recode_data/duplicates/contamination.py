"""Entries that nearly duplicate a benchmark: marked, and left out of every export.

Every text of a benchmark's rows, however nested, is a document, and so are the old and
the new code of each entry by themselves. What was named once is kept in the workspace and
checked again whenever entries are added.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from recode_data.duplicates.forms import document
from recode_data.duplicates.near import BANDS, THRESHOLD, measure, numbers, signature_query
from recode_data.duplicates.normalise import MARK, normalise
from recode_data.errors import BadFile
from recode_data.files import decoded, json_lines, parsed
from recode_data.records import content_id
from recode_data.workspace import Workspace

TIP = "give JSONL, JSON or Parquet files with the benchmark's texts"
SHORTEST = 8
"""Words; a shorter text of a benchmark tells nothing."""


def add_benchmark(workspace: Workspace, file: Path) -> int:
    """Keep the texts of a benchmark (JSONL or JSON, also packed, or Parquet) in the workspace.

    Returns how many there are. Raises `BadFile` when the file cannot be read or holds none.
    """
    texts = [
        (int(content_id(file.name, row, text), 16), file.name, row, text)
        for row, record in enumerate(_records(file))
        for text in dict.fromkeys(document(normalise(part)) for part in _texts(record))
        if text.count(" ") >= SHORTEST
    ]
    if not texts:
        raise BadFile(
            f"{file} holds no text to check against", f"{TIP}, of {SHORTEST} words or more"
        )
    names = ("code", "source", "row", "words")
    types = (pa.uint64(), pa.string(), pa.int32(), pa.string())
    columns = zip(*texts, strict=True)
    table = pa.table({n: pa.array(c, t) for n, c, t in zip(names, columns, types, strict=True)})
    workspace.connection.register("texts", table)
    workspace.execute("BEGIN")
    workspace.execute("DELETE FROM benchmark_documents WHERE source = ?", [file.name])
    workspace.execute("INSERT INTO benchmark_documents SELECT * FROM texts")
    workspace.execute("COMMIT")
    workspace.connection.unregister("texts")
    return len(texts)


def mark(workspace: Workspace) -> int:
    """Write table ``contaminated`` anew; return how many of the ``valid`` entries it has."""
    workspace.execute("DELETE FROM contaminated")
    if not workspace.sql("SELECT 1 FROM benchmark_documents LIMIT 1").num_rows:
        return 0
    mark = numbers(f"'{MARK}'")
    # Each code of a document, what stands before the mark and what stands behind it.
    workspace.execute(
        f"""CREATE OR REPLACE TEMP TABLE sides AS
            SELECT row_number() OVER () AS code, pair, words FROM (
                SELECT code AS pair, unnest([words[:place - 1], words[place + 1:]]) AS words
                FROM (SELECT code, words, list_position(words, {mark}[1]) AS place
                      FROM documents SEMI JOIN (
                        FROM normal_forms SEMI JOIN valid USING (entry_id)) USING (code)))"""
    )
    workspace.execute(
        f"""CREATE OR REPLACE TEMP TABLE theirs AS
            SELECT code, {numbers("words")} AS words FROM benchmark_documents"""
    )
    ours = signature_query("sides")
    theirs = signature_query("theirs")
    workspace.execute(f"CREATE OR REPLACE TEMP TABLE our_bands AS {ours}")
    workspace.execute(f"CREATE OR REPLACE TEMP TABLE their_bands AS {theirs}")
    same_band = " UNION ".join(
        f"SELECT a.code, b.code AS other FROM our_bands a JOIN their_bands b USING (b{band})"
        for band in range(BANDS)
    )
    workspace.execute(f"CREATE OR REPLACE TEMP TABLE touching AS {same_band}")
    measure(workspace, "touching", "sides", "theirs")
    workspace.execute(
        f"""INSERT INTO contaminated
            SELECT f.entry_id, b.source, b."row", max(s.similarity)
            FROM (FROM measured WHERE similarity >= {THRESHOLD}) s JOIN sides ON sides.code = s.code
            JOIN benchmark_documents b ON b.code = s.other
            JOIN (FROM normal_forms SEMI JOIN valid USING (entry_id)) f ON f.code = sides.pair
            GROUP BY ALL ORDER BY ALL"""
    )
    for table in ("sides", "theirs", "our_bands", "their_bands", "touching", "measured"):
        workspace.execute(f"DROP TABLE {table}")
    count = workspace.sql("SELECT count(DISTINCT entry_id) AS n FROM contaminated")
    return int(count["n"][0].as_py())


def _records(file: Path) -> Sequence[Any]:
    try:
        if file.suffix == ".parquet":
            import pyarrow.parquet as pq

            rows: list[Any] = pq.read_table(file).to_pylist()
            return rows
        packed = file.suffix == ".gz"
        content = gzip.decompress(file.read_bytes()) if packed else file.read_bytes()
    except (OSError, EOFError, ValueError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error).split("\n")[0]
        raise BadFile(f"cannot read the benchmark {file}: {reason}", TIP) from error
    text = decoded(content, str(file))
    if file.name.removesuffix(".gz").endswith(".json"):
        whole = parsed(text, str(file), TIP)
        return whole if isinstance(whole, list) else [whole]
    return [row for _, row in json_lines(text, str(file), TIP)]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
