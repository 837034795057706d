"""Near duplicates: MinHash over word 3-shingles, LSH bands and true Jaccard, all in SQL.

A document is words with one space between. Each shingle of three words gets one hash
``h``; element ``i`` of the signature is ``min(h XOR c_i)`` for a fixed random ``c_i``. For
uniform ``h`` the minimum under each ``c_i`` falls on every shingle of two documents with
the same chance, which is all that MinHash asks, and an XOR costs a fraction of a hash.
``ROWS`` elements make a band; two documents of Jaccard similarity s share one of ``BANDS``
bands with probability 1 - (1 - s ** ROWS) ** BANDS, 0.9998 at 0.8. What shares a band is
a candidate only: the similarity that is stored is the true one.

A table has a column for each band, so that a band is compared without reading the others.
"""

from __future__ import annotations

import random

from recode_data.workspace import Workspace

THRESHOLD = 0.8
ROWS = 4
BANDS = 16
"""As many as table ``signatures`` has columns for."""
BATCH = 50_000
"""Documents whose shingles are in memory at once."""
PAIRS = 200_000
"""Pairs whose shingles are in memory at once."""

COLUMNS = [f"b{band}" for band in range(BANDS)]
_SHINGLES = """
    SELECT code, hash(a, b, c) AS shingle FROM (
        SELECT code, unnest(w[:-3]) AS a, unnest(w[2:-2]) AS b, unnest(w[3:]) AS c
        FROM (SELECT code, list_transform(string_split(words, ' '), lambda word: hash(word)) AS w
              FROM {documents}))"""


def fingerprint(workspace: Workspace) -> str:
    """Name what stored signatures depend on; others are of no use to this program."""
    probe = workspace.sql("SELECT hash(hash('a'), hash('b'), hash('c')) AS h")["h"][0].as_py()
    return f"minhash {ROWS} x {BANDS} at {THRESHOLD}, {probe:016x}"


def signature_query(documents: str) -> str:
    """Return a query for ``code, b0, b1, …`` of ``documents`` (code, words)."""
    constants = random.Random(20_250_620)
    numbers = range(ROWS * BANDS)
    minima = ", ".join(
        f"min(xor(short, {constants.getrandbits(32)}::UINTEGER)) AS m{number}" for number in numbers
    )
    bands = ", ".join(
        f"hash({', '.join(f'm{number}' for number in numbers[start : start + ROWS])})"
        for start in range(0, len(numbers), ROWS)
    )
    # 32 bits are enough to compare two documents, and twice as fast as 64.
    shingles = f"""SELECT code, (shingle & 4294967295)::UINTEGER AS short
                   FROM ({_SHINGLES.format(documents=documents)})"""
    return f"SELECT code, {bands} FROM (SELECT code, {minima} FROM ({shingles}) GROUP BY code)"


def add_signatures(workspace: Workspace) -> None:
    """Store the signatures of the documents that have none; table ``fresh`` names them."""
    workspace.execute(
        "CREATE OR REPLACE TEMP TABLE fresh AS SELECT code FROM documents ANTI JOIN signatures"
        " USING (code)"
    )
    span = workspace.sql("SELECT min(rowid) AS a, max(rowid) AS z FROM documents SEMI JOIN fresh"
                         " USING (code)").to_pylist()[0]  # fmt: skip
    if span["a"] is None:
        return
    for start in range(span["a"], span["z"] + 1, BATCH):
        batch = f"""(SELECT code, words FROM documents SEMI JOIN fresh USING (code)
                     WHERE rowid BETWEEN {start} AND {start + BATCH - 1})"""
        workspace.execute(f"INSERT INTO signatures {signature_query(batch)}")


def measure(workspace: Workspace, pairs: str, left: str, right: str) -> None:
    """Fill table ``measured`` (code, other, similarity) with the true Jaccard of ``pairs``.

    Tables ``left`` and ``right`` hold the documents of ``code`` and of ``other``.
    """
    workspace.execute(
        "CREATE OR REPLACE TEMP TABLE measured (code UBIGINT, other UBIGINT, similarity DOUBLE)"
    )
    workspace.execute(
        f"""CREATE OR REPLACE TEMP TABLE batches AS
            SELECT code, other, (row_number() OVER () - 1) // {PAIRS} AS batch FROM {pairs}"""
    )
    last = workspace.sql("SELECT coalesce(max(batch), -1) AS n FROM batches")["n"][0].as_py()
    for number in range(int(last) + 1):
        batch = f"(SELECT code, other FROM batches WHERE batch = {number})"
        workspace.execute(f"INSERT INTO measured {_similarity_query(batch, left, right)}")
    workspace.execute("DROP TABLE batches")


def _similarity_query(pairs: str, left: str, right: str) -> str:
    hashed = "list_transform(string_split(words, ' '), lambda word: hash(word))"
    sides = " UNION ALL ".join(
        f"""SELECT p.code, other, {bit}::UTINYINT AS side, {hashed} AS w
            FROM {pairs} p JOIN {documents} d ON d.code = p.{key}"""
        for bit, key, documents in ((1, "code", left), (2, "other", right))
    )
    return f"""
        SELECT code, other, count(*) FILTER (sides = 3) / count(*) AS similarity FROM (
            SELECT code, other, hash(a, b, c) AS shingle, bit_or(side) AS sides FROM (
                SELECT code, other, side,
                       unnest(w[:-3]) AS a, unnest(w[2:-2]) AS b, unnest(w[3:]) AS c
                FROM ({sides}))
            GROUP BY ALL)
        GROUP BY ALL"""
