"""What the stages have made their results of, library by library."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from recode_data.records import Json
from recode_data.workspace import Workspace


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
