"""Which documents are compared: those that share a band of their signatures.

In a crowded band not all are compared with all, which would cost the square of the crowd:
each is compared with the first and with those next to it in the order of another band,
where what is similar stands together.
"""

from __future__ import annotations

from recode_data.duplicates.near import BANDS, COLUMNS, THRESHOLD, measure
from recode_data.workspace import Workspace

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
