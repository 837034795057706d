"""Which documents are compared: those that share a band of their signatures.

In a crowded band not all are compared with all, which would cost the square of the crowd:
each is compared with the first and with those next to it in the order of another band,
where what is similar stands together.
"""

from __future__ import annotations

from recode_data.dedup.near import BANDS, COLUMNS, THRESHOLD, measure
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
    if _find_crowds(workspace, among_fresh=True):
        workspace.execute("DELETE FROM near_pairs")
        workspace.execute("CREATE OR REPLACE TEMP TABLE fresh AS SELECT code FROM signatures")
        _find_crowds(workspace, among_fresh=False)
    _find_candidates(workspace)
    measure(workspace, "candidates", "documents", "documents")
    workspace.execute(f"INSERT INTO near_pairs FROM measured WHERE similarity >= {THRESHOLD}")
    for table in ("candidates", "measured", "crowds", "fresh"):
        workspace.execute(f"DROP TABLE {table}")


def _count(workspace: Workspace, table: str) -> int:
    return int(workspace.sql(f"SELECT count(*) AS n FROM {table}")["n"][0].as_py())


def _find_crowds(workspace: Workspace, among_fresh: bool) -> int:
    """Fill table ``crowds`` (band, number) and return how many there are."""
    workspace.execute("CREATE OR REPLACE TEMP TABLE crowds (band UBIGINT, number INTEGER)")
    if _count(workspace, "fresh") == _count(workspace, "signatures"):
        among_fresh = False
    for number, column in enumerate(COLUMNS):
        touched = f"(SELECT {column} FROM signatures SEMI JOIN fresh USING (code))"
        where = f"WHERE {column} IN {touched}" if among_fresh else ""
        workspace.execute(
            f"""INSERT INTO crowds SELECT {column}, {number} FROM signatures {where}
                GROUP BY {column} HAVING count(*) > {CROWD}"""
        )
    return _count(workspace, "crowds")


def _find_candidates(workspace: Workspace) -> None:
    """Fill table ``candidates`` (code, other) with what shares a band, each pair once."""
    workspace.execute("CREATE OR REPLACE TEMP TABLE found (code UBIGINT, other UBIGINT)")
    all_fresh = _count(workspace, "fresh") == _count(workspace, "signatures")
    crowds = set(workspace.sql("SELECT DISTINCT number FROM crowds")["number"].to_pylist())
    for number, column in enumerate(COLUMNS):
        crowd = f"(SELECT band FROM crowds WHERE number = {number})"
        where = f"WHERE {column} NOT IN {crowd}" if number in crowds else ""
        every = f"(SELECT code, {column} AS band FROM signatures {where})"
        fresh = every if all_fresh else f"(FROM {every} SEMI JOIN fresh USING (code))"
        workspace.execute(
            f"""INSERT INTO found SELECT a.code, o.code FROM {fresh} a JOIN {every} o USING (band)
                WHERE a.code {"<" if all_fresh else "<>"} o.code"""
        )
        if number in crowds:
            workspace.execute(f"INSERT INTO found {_crowd_query(number, crowd)}")
    workspace.execute(
        """CREATE OR REPLACE TEMP TABLE candidates AS SELECT DISTINCT
           least(code, other) AS code, greatest(code, other) AS other FROM found"""
    )
    workspace.execute("DROP TABLE found")


def _crowd_query(number: int, crowd: str) -> str:
    """Return a query for the pairs that are compared in the crowded bands of one column."""
    band, order = COLUMNS[number], COLUMNS[(number + 1) % BANDS]
    steps = ", ".join(f"lead(code, {step}) OVER sorted" for step in range(1, NEIGHBOURS + 1))
    return f"""
        SELECT code, other FROM (
            SELECT code, unnest([first_value(code) OVER sorted, {steps}]) AS other
            FROM signatures WHERE {band} IN {crowd}
            WINDOW sorted AS (PARTITION BY {band} ORDER BY {order}, code
                              ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING))
        WHERE other IS NOT NULL AND other <> code"""
