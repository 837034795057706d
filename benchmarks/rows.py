"""The entries that benchmarks measure with."""

from __future__ import annotations

import json
from pathlib import Path

from recode_data.records import Entry


def entries(where: str | None) -> list[Entry]:
    """Return the valid entries of a workspace, or the rows of a JSONL file."""
    path = Path(where) if where else Path(__file__).with_name("entries.jsonl")
    if path.is_dir():
        from recode_data.publish.rows import published_rows
        from recode_data.workspace import Workspace

        with Workspace.open(path, read_only=True) as workspace:
            rows = published_rows(workspace)
    else:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    fields = Entry.__dataclass_fields__
    return [Entry(**{key: row[key] for key in row if key in fields}) for row in rows]
