"""Stage 4: of valid entries that are one code, or nearly so, one is kept.

Nothing here depends on the order in which entries arrived, and only what is new since the
last time is normalised, hashed and compared with the rest.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from recode_data.duplicates import clusters, contamination, forms, near
from recode_data.progress import Progress, Summary
from recode_data.reasons import Reason
from recode_data.workspace import Workspace
from recode_data.workspace.reviews import UNWANTED

__all__ = ["clusters_of", "contaminated", "dedup", "describe", "duplicates_of"]

MEMORY = "1GB"
"""What the database may hold at once while documents are compared; more goes to disk."""
VALID = f"""
    SELECT entry_id, kind, new_version FROM (
        SELECT entry_id, status, kind, new_version FROM verdicts
        QUALIFY row_number() OVER (
            PARTITION BY entry_id ORDER BY length(judge) DESC, judge DESC) = 1)
    SEMI JOIN entries ON entries.id = entry_id
    WHERE status = 'valid' AND entry_id NOT IN ({UNWANTED})"""


def dedup(workspace: Workspace, progress: Progress, against: Sequence[Path] = ()) -> Summary:
    """Find the duplicates among the valid entries, and those that are in a benchmark.

    Writes tables ``duplicates`` and ``contaminated``. ``against`` names benchmark files
    that are checked now and every time from now on.
    """
    started = time.monotonic()
    for file in against:
        count = contamination.add_benchmark(workspace, file)
        progress.say(f"{file.name}: {count:,} texts to check against")
    forms.forget_other_versions(workspace)
    workspace.execute(f"CREATE OR REPLACE TEMP TABLE valid AS {VALID}")
    forms.normalise_new(workspace, progress)
    compare_new(workspace)
    clusters.draw(workspace)
    contamination.mark(workspace)
    dropped = Counter(
        {
            row["reason"]: row["n"]
            for row in workspace.sql(
                "SELECT reason, count(*) AS n FROM duplicates WHERE reason <> 'kept' GROUP BY ALL"
            ).to_pylist()
        }
    )
    came_in = int(workspace.sql("SELECT count(*) AS n FROM valid")["n"][0].as_py())
    workspace.execute("DROP TABLE valid")
    return Summary(
        "dedup", came_in, came_in - dropped.total(), dropped, seconds=time.monotonic() - started
    )


def compare_new(workspace: Workspace) -> None:
    """Hash the documents that have no signature yet and compare them with all others."""
    if not workspace.sql("SELECT 1 FROM documents ANTI JOIN signatures USING (code)").num_rows:
        return
    workspace.execute(f"SET memory_limit = '{MEMORY}'")
    workspace.execute("BEGIN")
    try:
        near.add_signatures(workspace)
        near.add_pairs(workspace)
        workspace.execute("COMMIT")
    except BaseException:
        workspace.execute("ROLLBACK")
        raise
    finally:
        workspace.execute("RESET memory_limit")


def duplicates_of(workspace: Workspace, entry_id: str) -> list[dict[str, Any]]:
    """Return the cluster of an entry: entry_id, representative, similarity (Jaccard with
    the representative, 0 to 1) and reason (``kept``, ``exact``, ``near``) of each member."""
    rows: list[dict[str, Any]] = workspace.sql(
        """SELECT entry_id, representative, similarity, reason FROM duplicates
           WHERE "cluster" IN (SELECT "cluster" FROM duplicates WHERE entry_id = ?)
           ORDER BY reason <> 'kept', similarity DESC, entry_id""",
        [entry_id],
    ).to_pylist()
    return rows


def clusters_of(workspace: Workspace) -> list[dict[str, Any]]:
    """Return the members of all clusters, those of one cluster together, the kept first."""
    rows: list[dict[str, Any]] = workspace.sql(
        """SELECT "cluster", entry_id, representative, similarity, reason FROM duplicates
           ORDER BY "cluster", reason <> 'kept', similarity DESC, entry_id"""
    ).to_pylist()
    return rows


def contaminated(workspace: Workspace) -> list[dict[str, Any]]:
    """Return entry_id, source, row and similarity of what resembles a benchmark."""
    rows: list[dict[str, Any]] = workspace.sql(
        "SELECT * FROM contaminated ORDER BY ALL"
    ).to_pylist()
    return rows


def describe(row: dict[str, Any]) -> str:
    """Say in one line what became of a member of a cluster."""
    if row["reason"] == Reason.KEPT:
        return f"cluster {row['cluster']}: {row['entry_id']} is kept"
    return f"  {row['entry_id']} is dropped: {row['reason']}, similarity {row['similarity']:.2f}"
