"""Changes for people and for programs: one line each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from recode_data.api.snapshots import stored_history
from recode_data.api.unannounced import unannounced
from recode_data.errors import UnknownName
from recode_data.library import load_library
from recode_data.workspace import Workspace
from recode_data.workspace.changes import (
    annotated_changes,
    changed_libraries,
    changes_of,
    notes_of,
)

FIELDS = (
    "library", "version", "kind", "old_symbol", "old_keyword", "old_value", "new_symbol",
    "new_keyword", "new_value", "text", "section", "source", "location", "grounded",
    "flip_version", "reason",
)  # fmt: skip


def listed(workspace: Workspace, libraries: Sequence[str]) -> list[dict[str, Any]]:
    """Return the changes of ``libraries`` (all when empty) with what grounding says.

    Raises `UnknownName` for a library that has not been scraped.
    """
    wanted = _scraped(workspace, libraries)
    return annotated_changes(workspace, wanted)


def silent(workspace: Workspace, libraries: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield what vanished between two versions of ``libraries`` and no note mentions."""
    for name in _scraped(workspace, libraries):
        history = stored_history(workspace, load_library(name))
        notes, changes = notes_of(workspace, name), changes_of(workspace, name)
        yield from unannounced(history, notes, changes)


def _scraped(workspace: Workspace, libraries: Sequence[str]) -> list[str]:
    """Return the libraries to show, all that are there when none is named."""
    known = {name.lower(): name for name in changed_libraries(workspace)}
    for name in libraries:
        if name.lower() not in known:
            raise UnknownName(
                f"no changes of {name!r} in {workspace.folder}", f"run: recode-data scrape {name}"
            )
    return [known[name.lower()] for name in libraries] or list(known.values())


def json_line(row: dict[str, Any]) -> str:
    """Write one change as a JSON object."""
    return json.dumps({"id": row["id"], **{name: row[name] for name in FIELDS}}, ensure_ascii=False)


def table_line(row: dict[str, Any]) -> str:
    """Write one change for people."""
    old = _name(row["old_symbol"], row["old_keyword"])
    new = _name(row["new_symbol"], row["new_keyword"])
    what = f"{old} → {new}" if new else old or row["text"].split("\n")[0][:70]
    return f"{row['library']} {row['version']:8} {row['kind']:16} {what}"


def _name(symbol: str, keyword: str) -> str:
    return f"{symbol}({keyword}=)" if keyword else str(symbol)
