"""API snapshots of the versions of libraries, as compressed bytes."""

from __future__ import annotations

from recode_data.workspace import Workspace


def snapshot(workspace: Workspace, id: str) -> bytes | None:
    """Return the snapshot of that id, or None."""
    rows = workspace.sql("SELECT content FROM surfaces WHERE id = ?", [id])
    content: bytes | None = rows["content"][0].as_py() if rows.num_rows else None
    return content


def keep_snapshot(
    workspace: Workspace, id: str, library: str, version: str, content: bytes
) -> None:
    """Add a snapshot in place of those that another introspector made of that version; one
    whose id is there already is left alone."""
    workspace.execute(
        "DELETE FROM surfaces WHERE library = ? AND version = ? AND id <> ?",
        [library, version, id],
    )
    workspace.execute(
        "INSERT OR IGNORE INTO surfaces VALUES (?, ?, ?, ?)", [id, library, version, content]
    )


def snapshots_of(workspace: Workspace, library: str) -> dict[str, bytes]:
    """Return the newest snapshot of each version of a library."""
    rows = workspace.sql("SELECT version, content FROM surfaces WHERE library = ?", [library])
    return {row["version"]: row["content"] for row in rows.to_pylist()}
