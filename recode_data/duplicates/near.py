"""Near duplicates: MinHash over word 3-shingles, LSH bands and true Jaccard, all in SQL.

A document is a list of words, each the number that its text hashes to: splitting and
hashing texts costs more than all comparisons, so it is done once, when a document comes.
Each shingle of three words gets one hash ``h``; element ``i`` of the signature is
``min(h XOR c_i)`` for a fixed random ``c_i``. For uniform ``h`` the minimum under each
``c_i`` falls on every shingle of two documents with the same chance, which is all that
MinHash asks, and an XOR costs a fraction of a hash. ``ROWS`` elements make a band; two
documents of Jaccard similarity s share one of ``BANDS`` bands with probability
1 - (1 - s ** ROWS) ** BANDS, 0.9994 at 0.8 and more above. What shares a band is a
candidate only: the similarity that is stored is the true one.

A table has a column for each band, so that a band is compared without reading the others.
In a band that a crowd of documents shares not all are compared with all, which would cost the
square of the crowd: each is compared with the first and with those next to it in the order of
another band, where what is similar stands together.
"""

from __future__ import annotations

import random

from recode_data.workspace import Workspace

THRESHOLD = 0.8
ROWS = 4
BANDS = 14
"""As many as table ``signatures`` has columns for."""
BATCH = 50_000
"""Documents whose shingles are in memory at once."""
PAIRS = 200_000
"""Pairs whose shingles are in memory at once."""

COLUMNS = [f"b{band}" for band in range(BANDS)]
_TRIPLES = "unnest(words[:-3]) AS a, unnest(words[2:-2]) AS b, unnest(words[3:]) AS c"


def fingerprint(workspace: Workspace) -> str:
    """Name what stored signatures depend on; others are of no use to this program."""
    words = numbers("'a b c'")
    probe = workspace.sql(f"SELECT {words} AS w, hash(w[1], w[2], w[3]) AS h")
    return f"minhash {ROWS} x {BANDS} at {THRESHOLD}, {probe['h'][0].as_py():016x}"


def numbers(text: str) -> str:
    """Return the SQL for a document, of the SQL for its words with one space between.

    Two words have one number with a chance of 1 in 4 billion.
    """
    return f"list_transform(string_split({text}, ' '), lambda word: (hash(word) >> 32)::UINTEGER)"


def signature_query(documents: str) -> str:
    """Return a query for ``code, b0, b1, …`` of ``documents`` (code, words)."""
    constants = random.Random(20_250_620)
    elements = [f"m{number}" for number in range(ROWS * BANDS)]
    minima = ", ".join(
        f"min(xor(short, {constants.getrandbits(32)}::UINTEGER)) AS {name}" for name in elements
    )
    bands = ", ".join(
        f"(hash({', '.join(elements[band * ROWS :][:ROWS])}) >> 32)::UINTEGER AS {column}"
        for band, column in enumerate(COLUMNS)
    )
    # 32 bits are enough to compare two documents, and twice as fast as 64.
    shingles = f"""SELECT code, (hash(a, b, c) & 4294967295)::UINTEGER AS short
                   FROM (SELECT code, {_TRIPLES} FROM {documents})"""
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
            SELECT code, other, pair, (pair - 1) // {PAIRS} AS batch
            FROM (SELECT code, other, row_number() OVER () AS pair FROM {pairs})"""
    )
    last = workspace.sql("SELECT coalesce(max(batch), -1) AS n FROM batches")["n"][0].as_py()
    for number in range(int(last) + 1):
        batch = f"(SELECT code, other, pair FROM batches WHERE batch = {number})"
        workspace.execute(f"INSERT INTO measured {_similarity_query(batch, left, right)}")
    workspace.execute("DROP TABLE batches")


def _similarity_query(pairs: str, left: str, right: str) -> str:
    sides = " UNION ALL ".join(
        f"""SELECT p.pair, {bit}::UTINYINT AS side, d.words
            FROM {pairs} p JOIN {documents} d ON d.code = p.{key}"""
        for bit, key, documents in ((1, "code", left), (2, "other", right))
    )
    return f"""
        SELECT code, other, similarity FROM {pairs} JOIN (
            SELECT pair, count(*) FILTER (sides = 3) / count(*) AS similarity FROM (
                SELECT pair, hash(a, b, c) AS shingle, bit_or(side) AS sides
                FROM (SELECT pair, side, {_TRIPLES} FROM ({sides})) GROUP BY ALL)
            GROUP BY ALL) USING (pair)"""


CROWD = 200
"""A band that more documents share is crowded."""
NEIGHBOURS = 3


def add_pairs(workspace: Workspace) -> None:
    """Store every pair of documents, one of them in table ``fresh``, that is truly similar.

    What is compared in a crowded band depends on all documents of the band, so when a
    fresh one comes to a crowd all pairs are found anew: the result never depends on the
    order in which documents came.
    """
    _find_shared(workspace)
    if not _all_fresh(workspace) and _numbers(workspace, f"documents > {CROWD}"):
        workspace.execute("DELETE FROM near_pairs")
        workspace.execute("CREATE OR REPLACE TEMP TABLE fresh AS SELECT code FROM signatures")
        _find_shared(workspace)
    _find_candidates(workspace)
    measure(workspace, "candidates", "documents", "documents")
    workspace.execute(f"INSERT INTO near_pairs FROM measured WHERE similarity >= {THRESHOLD}")
    for table in ("candidates", "measured", "shared", "fresh"):
        workspace.execute(f"DROP TABLE {table}")


def _all_fresh(workspace: Workspace) -> bool:
    counted = "(SELECT count(*) FROM fresh) = (SELECT count(*) FROM signatures)"
    return bool(workspace.sql(f"SELECT {counted} AS same")["same"][0].as_py())


def _numbers(workspace: Workspace, condition: str) -> list[int]:
    """Return the columns, by number, that have shared bands of this ``condition``."""
    query = f"SELECT DISTINCT number FROM shared WHERE {condition} ORDER BY number"
    return [int(number) for number in workspace.sql(query)["number"].to_pylist()]


def _find_shared(workspace: Workspace) -> None:
    """Fill table ``shared`` with the bands that a fresh document has in common with others.

    Most are common to two documents, and those two are told at once: ``one``, ``other``.
    """
    workspace.execute(
        """CREATE OR REPLACE TEMP TABLE shared (
            number UTINYINT, band UINTEGER, one UBIGINT, other UBIGINT, documents UBIGINT)"""
    )
    all_fresh = _all_fresh(workspace)
    if not all_fresh:
        workspace.execute(
            """CREATE OR REPLACE TEMP TABLE fresh_signatures AS
               FROM signatures SEMI JOIN fresh USING (code)"""
        )
    for number, column in enumerate(COLUMNS):
        where = "" if all_fresh else f"WHERE {column} IN (SELECT {column} FROM fresh_signatures)"
        workspace.execute(
            f"""INSERT INTO shared
                SELECT {number}, {column}, min(code), max(code), count(*) FROM signatures {where}
                GROUP BY {column} HAVING count(*) > 1"""
        )
    workspace.execute("DROP TABLE IF EXISTS fresh_signatures")


def _find_candidates(workspace: Workspace) -> None:
    """Fill table ``candidates`` (code, other) with what shares a band, each pair once."""
    workspace.execute(
        """CREATE OR REPLACE TEMP TABLE found AS
           SELECT one AS code, other FROM shared WHERE documents = 2"""
    )
    several = f"documents BETWEEN 3 AND {CROWD}"
    for number in _numbers(workspace, several):
        members = f"(SELECT code, band FROM {_members(number, several)})"
        workspace.execute(
            f"""INSERT INTO found SELECT a.code, o.code AS other
                FROM {members} a JOIN {members} o USING (band) WHERE a.code < o.code"""
        )
    for number in _numbers(workspace, f"documents > {CROWD}"):
        workspace.execute(f"INSERT INTO found {_crowd_query(number)}")
    fresh = "(SELECT code FROM fresh)"
    where = "" if _all_fresh(workspace) else f"WHERE code IN {fresh} OR other IN {fresh}"
    workspace.execute(
        f"""CREATE OR REPLACE TEMP TABLE candidates AS SELECT DISTINCT
            least(code, other) AS code, greatest(code, other) AS other FROM found {where}"""
    )
    workspace.execute("DROP TABLE found")


def _members(number: int, condition: str) -> str:
    """Return a query for the documents in the shared bands of one column, with their ``band``."""
    return f"""(SELECT *, {COLUMNS[number]} AS band FROM signatures WHERE {COLUMNS[number]} IN (
        SELECT band FROM shared WHERE number = {number} AND {condition}))"""


def _crowd_query(number: int) -> str:
    """Return a query for the pairs that are compared in the crowded bands of one column."""
    order, members = COLUMNS[(number + 1) % BANDS], _members(number, f"documents > {CROWD}")
    steps = ", ".join(f"lead(code, {step}) OVER sorted" for step in range(1, NEIGHBOURS + 1))
    return f"""
        SELECT code, other FROM (
            SELECT code, unnest([first_value(code) OVER sorted, {steps}]) AS other
            FROM {members}
            WINDOW sorted AS (PARTITION BY band ORDER BY {order}, code
                              ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING))
        WHERE other IS NOT NULL AND other <> code"""
