"""What each stage has tried, with what came of it, and what it has made its results of."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from recode_data.reasons import merged
from recode_data.records import Json
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


def forget_attempts(workspace: Workspace, stage: str, subjects: Sequence[str]) -> None:
    """Remove what a stage came to about subjects that it has looked at again."""
    if subjects:
        workspace.execute(
            "DELETE FROM attempts WHERE stage = ? AND list_contains(?::VARCHAR[], subject_id)",
            [stage, list(subjects)],
        )


def forget_attempts_of(workspace: Workspace, stage: str, beginning: str) -> None:
    """Remove what a stage came to about the subjects whose ids begin so."""
    workspace.execute(
        "DELETE FROM attempts WHERE stage = ? AND starts_with(subject_id, ?)", [stage, beginning]
    )


def fruitless(workspace: Workspace, stages: str) -> Counter[str]:
    """Return reason → subjects of which nothing came, over the stages whose names begin with
    ``stages``."""
    rows = workspace.sql(
        """SELECT reason, count(DISTINCT subject_id) AS n FROM attempts
           WHERE starts_with(stage, ?) AND produced = 0 AND reason <> '' GROUP BY reason""",
        [stages],
    )
    return merged({row["reason"]: row["n"] for row in rows.to_pylist()})


@dataclass(frozen=True)
class Inputs:
    """What a stage's results of a library were made of."""

    generation: int = 0
    """How often that has changed since the first results."""
    broad: int = 0
    """The last of these changes that concerns every result."""
    parts: dict[str, Json] = field(default_factory=dict)
    """Each input by its name."""


def inputs_of(workspace: Workspace, stage: str, library: str) -> Inputs | None:
    """Return what the results of a stage were made of; None before there were any."""
    rows = workspace.sql(
        "SELECT generation, broad, parts FROM inputs WHERE stage = ? AND library = ?",
        [stage, library],
    ).to_pylist()
    return next((Inputs(r["generation"], r["broad"], json.loads(r["parts"])) for r in rows), None)


def keep_inputs(workspace: Workspace, stage: str, library: str, inputs: Inputs) -> None:
    """Write down what the results of a stage are made of from now on."""
    with workspace.transaction():
        workspace.execute("DELETE FROM inputs WHERE stage = ? AND library = ?", [stage, library])
        parts = json.dumps(inputs.parts, sort_keys=True)
        workspace.execute(
            "INSERT INTO inputs VALUES (?, ?, ?, ?, ?)",
            [stage, library, inputs.generation, inputs.broad, parts],
        )
