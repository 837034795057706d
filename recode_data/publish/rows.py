"""Published rows: ReCode's six fields first, then where each comes from and its evidence."""

from __future__ import annotations

import json
from typing import Any, TypeAlias

from recode_data.library import library_files, load_library
from recode_data.records import ENTRY_FIELDS
from recode_data.workspace import Workspace
from recode_data.workspace.queries import judged_entries

Row: TypeAlias = dict[str, Any]

PROVENANCE = (
    "id",
    "library",
    "old_version",
    "update_kind",
    "change_id",
    "change_kind",
    "old_symbol",
    "old_keyword",
    "new_symbol",
    "new_keyword",
    "engine",
    "author",
    "old_origin",
    "new_origin",
    "location",
    "licence",
    "evidence",
)
COLUMNS = (*ENTRY_FIELDS, *PROVENANCE)
"""All of them are strings; ``evidence`` is a JSON object."""

UNSTABLE = {"seconds", "time", "started", "ended", "tier", "pid", "host", "folder", "path"}
"""What differs from one measurement to the next proves nothing and is not published."""


def published_rows(workspace: Workspace) -> list[Row]:
    """Return the valid entries that duplicate nothing kept and no benchmark, by id."""
    dropped = set(
        workspace.sql(
            """SELECT entry_id FROM duplicates WHERE entry_id <> representative
               UNION SELECT entry_id FROM contaminated"""
        )["entry_id"].to_pylist()
    )
    entries = judged_entries(workspace, status="valid")
    licences = _licences()
    evidence = _evidence(workspace)
    return [
        _row(entry, evidence[entry["id"]], licences.get(entry["dependency"].lower(), ""))
        for entry in sorted(entries, key=lambda entry: str(entry["id"]))
        if entry["id"] not in dropped
    ]


def _row(entry: Row, evidence: str, licence: str) -> Row:
    measured = entry["measured_version"]
    row = {name: entry.get(name) or "" for name in COLUMNS}
    if measured:
        row["new_version"] = f"=={measured}"
    row["old_version"] = entry["measured_old_version"] or entry["old_version"]
    if row["old_version"] and not row["old_version"].startswith("="):
        row["old_version"] = f"=={row['old_version']}"
    row["library"] = entry["dependency"].lower()
    row["update_kind"] = entry["kind"]
    row["licence"] = licence
    row["evidence"] = evidence
    return row


def _evidence(workspace: Workspace) -> dict[str, str]:
    """Return entry id → what its newest verdict rests on, in a form that never varies."""
    rows = workspace.sql(
        """SELECT entry_id, judge, detail, evidence FROM verdicts QUALIFY row_number() OVER (
               PARTITION BY entry_id ORDER BY length(judge) DESC, judge DESC) = 1"""
    ).to_pylist()
    return {
        row["entry_id"]: json.dumps(
            {
                "judge": row["judge"],
                "detail": row["detail"],
                **_stable(json.loads(row["evidence"])),
            },
            ensure_ascii=False,
            sort_keys=True,
        )
        for row in rows
    }


def _stable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _stable(part) for key, part in value.items() if key not in UNSTABLE}
    if isinstance(value, list):
        return [_stable(part) for part in value]
    return value


def _licences() -> dict[str, str]:
    """Return the licence of each library's notes and code, by the name rows give it."""
    found = {}
    for name in library_files():
        library = load_library(name)
        found[library.dependency.lower()] = library.licence
    return found
