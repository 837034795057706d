"""What each stage has tried, with what came of it."""

from __future__ import annotations

from collections import Counter

from recode_data.reasons import merged
from recode_data.workspace import Workspace


def attempted(
    workspace: Workspace, stage: str, version: str, with_result: bool = False
) -> set[str]:
    """Return the ids of the subjects that ``version`` of a stage has done; only of those that
    something came of ``with_result``."""
    rows = workspace.sql(
        "SELECT subject_id FROM attempts WHERE stage = ? AND version = ? AND produced >= ?",
        [stage, version, int(with_result)],
    )
    return set(rows["subject_id"].to_pylist())


def fruitless(workspace: Workspace, stages: str) -> Counter[str]:
    """Return reason → subjects of which nothing came, over the stages whose names begin with
    ``stages``."""
    rows = workspace.sql(
        """SELECT reason, count(DISTINCT subject_id) AS n FROM attempts
           WHERE starts_with(stage, ?) AND produced = 0 AND reason <> '' GROUP BY reason""",
        [stages],
    )
    return merged({row["reason"]: row["n"] for row in rows.to_pylist()})
