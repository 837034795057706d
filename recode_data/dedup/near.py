"""Near duplicates: MinHash over word 3-shingles, LSH bands and true Jaccard, all in SQL.

A document is words with one space between. Each shingle of three words gets one 64-bit
hash ``h``. The signature's element ``i`` is ``min(h XOR c_i)`` for fixed random ``c_i``:
for uniform ``h`` the minimum under each ``c_i`` falls on every shingle of a union with the
same chance, which is all that MinHash asks, and an XOR costs a fraction of a second hash.
``ROWS`` elements make a band; two documents of Jaccard similarity s share one of ``BANDS``
bands with probability 1 - (1 - s ** ROWS) ** BANDS, 0.9997 at 0.8. What shares a band is
a candidate only: the similarity that is stored is the true one.
"""

from __future__ import annotations

import random

from recode_data.workspace import Workspace

THRESHOLD = 0.8
ROWS = 4
BANDS = 16
BATCH = 50_000
"""Documents whose shingles are in memory at once."""

_SHINGLES = """
    SELECT code, hash(a, b, c) AS shingle FROM (
        SELECT code, unnest(w[:-3]) AS a, unnest(w[2:-2]) AS b, unnest(w[3:]) AS c
        FROM (SELECT code, string_split(words, ' ') AS w FROM {documents}))"""


def fingerprint(workspace: Workspace) -> str:
    """Name what the stored bands depend on; other bands are of no use to this program."""
    probe = workspace.sql("SELECT hash('a', 'b', 'c') AS h")["h"][0].as_py()
    return f"minhash {ROWS} x {BANDS} at {THRESHOLD}, {probe:016x}"


def add_bands(workspace: Workspace, documents: str) -> None:
    """Add the bands of the documents in table ``documents`` (code, words) to ``bands``."""
    workspace.execute(
        f"CREATE OR REPLACE TEMP TABLE numbered AS "
        f"SELECT *, (row_number() OVER () - 1) // {BATCH} AS batch FROM {documents}"
    )
    batches = workspace.sql("SELECT max(batch) AS n FROM numbered")["n"][0].as_py()
    for batch in range(-1 if batches is None else batches + 1):
        workspace.execute(
            f"INSERT INTO bands {_band_query(f'(FROM numbered WHERE batch = {batch})')}"
        )
    workspace.execute("DROP TABLE numbered")


def _band_query(documents: str) -> str:
    constants = random.Random(20_250_620)
    minima = ", ".join(
        f"min(xor(shingle, {constants.getrandbits(64)}::UBIGINT)) AS m{number}"
        for number in range(ROWS * BANDS)
    )
    names = [f"m{number}" for number in range(ROWS * BANDS)]
    bands = ", ".join(
        f"hash({band}, {', '.join(names[band * ROWS : (band + 1) * ROWS])})"
        for band in range(BANDS)
    )
    shingles = _SHINGLES.format(documents=documents)
    return f"""
        SELECT unnest([{bands}]) AS band, code
        FROM (SELECT code, {minima} FROM ({shingles}) GROUP BY code)"""


def add_pairs(workspace: Workspace, new: str) -> None:
    """Add every pair with at least one side in table ``new`` (code) whose true Jaccard
    similarity is at least `THRESHOLD` to ``near_pairs``, smaller code first."""
    workspace.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE candidates AS
        SELECT DISTINCT least(a.code, b.code) AS code, greatest(a.code, b.code) AS other
        FROM (FROM bands SEMI JOIN {new} USING (code)) a JOIN bands b
        ON a.band = b.band AND a.code <> b.code"""
    )
    workspace.execute(f"INSERT INTO near_pairs {verified('candidates', 'documents', 'documents')}")
    workspace.execute("DROP TABLE candidates")


def verified(candidates: str, left: str, right: str) -> str:
    """Return a query for those ``candidates`` (code, other) that are truly similar.

    ``left`` holds the documents of ``code``, ``right`` those of ``other``.
    """
    sets = """
        SELECT code, list(DISTINCT shingle) AS shingles FROM ({shingles}) GROUP BY code"""
    ours = f"(FROM {left} WHERE code IN (SELECT code FROM {candidates}))"
    theirs = f"(FROM {right} WHERE code IN (SELECT other FROM {candidates}))"
    return f"""
        WITH ours AS ({sets.format(shingles=_SHINGLES.format(documents=ours))}),
        theirs AS ({sets.format(shingles=_SHINGLES.format(documents=theirs))}),
        counted AS (
            SELECT c.code, c.other, len(list_intersect(o.shingles, t.shingles)) AS common,
                   len(o.shingles) + len(t.shingles) AS both_sizes
            FROM {candidates} c JOIN ours o ON o.code = c.code JOIN theirs t ON t.code = c.other)
        SELECT code, other, common / (both_sizes - common) AS similarity FROM counted
        WHERE common / (both_sizes - common) >= {THRESHOLD}"""


def similarities(workspace: Workspace, code: int, others: list[int]) -> dict[int, float]:
    """Return the true Jaccard similarity of one document with each of ``others``."""
    words = {
        row["code"]: row["words"].split(" ")
        for row in workspace.sql(
            "SELECT code, words FROM documents WHERE code IN (SELECT unnest(?))", [[code, *others]]
        ).to_pylist()
    }
    sets = {key: set(zip(w, w[1:], w[2:], strict=False)) for key, w in words.items()}
    return {
        other: len(sets[code] & sets[other]) / len(sets[code] | sets[other]) for other in others
    }
