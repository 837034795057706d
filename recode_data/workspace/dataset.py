"""The data set: what is published, what is left out of it, and when versions were released."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from recode_data.workspace import Workspace
from recode_data.workspace.reviews import UNWANTED
from recode_data.workspace.verdicts import LATEST

DUPLICATE = "SELECT entry_id FROM duplicates WHERE entry_id <> representative"
"""SQL for the entries of which another one is kept."""


def published_entries(workspace: Workspace) -> list[dict[str, Any]]:
    """Return the valid entries that are no duplicates, in no benchmark and not withheld by
    reviewers, by id.

    Beside an entry's own columns each has ``kind``, ``judge``, ``detail`` and ``evidence`` of
    its newest verdict, the versions that were measured in the place of those that it claims,
    and how many reviewers ``accepted`` it.
    """
    rows: list[dict[str, Any]] = workspace.sql(
        f"""SELECT e.* EXCLUDE (old_version, new_version, parameters), v.kind,
                   coalesce(nullif(v.old_version, ''), ltrim(e.old_version, '=')) AS old_version,
                   coalesce(nullif(v.new_version, ''), ltrim(e.new_version, '=')) AS new_version,
                   v.judge, v.detail, v.evidence,
                   (SELECT count(*) FROM decisions d
                    WHERE d.entry_id = e.id AND d.decision = 'accept') AS accepted
            FROM entries e JOIN ({LATEST}) v ON v.entry_id = e.id
            WHERE v.status = 'valid'
              AND e.id NOT IN ({DUPLICATE})
              AND e.id NOT IN (SELECT entry_id FROM contaminated)
              AND e.id NOT IN ({UNWANTED})
            ORDER BY e.id"""
    ).to_pylist()
    return rows


def near_duplicates(workspace: Workspace) -> list[tuple[str, str]]:
    """Return the pairs of entries whose codes are nearly the same."""
    pairs = workspace.sql(
        """SELECT a.entry_id AS one, b.entry_id AS other FROM near_pairs p
           JOIN normal_forms a ON a.code = p.code JOIN normal_forms b ON b.code = p.other"""
    )
    return [(pair["one"], pair["other"]) for pair in pairs.to_pylist()]


def duplicate_of(workspace: Workspace, entry_id: str) -> tuple[str, str, float] | None:
    """Return the entry that is kept in the place of this one, why, and how similar they are."""
    rows = workspace.sql(
        """SELECT representative, reason, similarity FROM duplicates
           WHERE entry_id = ? AND entry_id <> representative""",
        [entry_id],
    ).to_pylist()
    return (rows[0]["representative"], rows[0]["reason"], rows[0]["similarity"]) if rows else None


def count_clusters(workspace: Workspace) -> int:
    """Return how many clusters of duplicates there are."""
    return _number(workspace, 'SELECT count(DISTINCT "cluster") FROM duplicates')


def count_contaminated(workspace: Workspace) -> int:
    """Return how many entries are in a benchmark."""
    return _number(workspace, "SELECT count(DISTINCT entry_id) FROM contaminated")


def benchmarks(workspace: Workspace) -> list[str]:
    """Return the names of the benchmark files that entries are held against."""
    names = workspace.sql("SELECT DISTINCT source FROM benchmark_documents ORDER BY 1")["source"]
    return [str(name) for name in names.to_pylist()]


def release_days(workspace: Workspace, library: str) -> dict[str, str]:
    """Return version → day of its release, as the index told it; nothing if it was not asked."""
    rows = workspace.sql("SELECT version, uploaded FROM releases WHERE library = ?", [library])
    return {row["version"]: row["uploaded"] for row in rows.to_pylist()}


def keep_release_days(workspace: Workspace, library: str, days: Mapping[str, str]) -> None:
    """Keep the days of a library's releases."""
    rows = pa.table(
        {
            "library": pa.array([library] * len(days), pa.string()),
            "version": pa.array(days, pa.string()),
            "uploaded": pa.array(days.values(), pa.string()),
        }
    )
    with workspace.registered(days=rows):
        workspace.execute("INSERT INTO releases SELECT * FROM days ORDER BY version")


def _number(workspace: Workspace, query: str) -> int:
    return int(workspace.sql(query).column(0)[0].as_py())
