"""What was asked of libraries: snapshots of their versions, and how often packages use them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa

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


def indexed(workspace: Workspace) -> set[tuple[str, str]]:
    """Return the packages, with their versions, whose uses are here."""
    rows = workspace.sql("SELECT DISTINCT package, version FROM package_uses").to_pylist()
    return {(row["package"], row["version"]) for row in rows}


def keep_uses(
    workspace: Workspace, package: str, version: str, counts: Mapping[tuple[str, str], int]
) -> None:
    """Keep how often a package uses each path and keyword; one that uses none is kept too."""
    ordered = sorted((counts or {("", ""): 0}).items())
    rows = pa.table(
        {
            "package": pa.array([package] * len(ordered), pa.string()),
            "version": pa.array([version] * len(ordered), pa.string()),
            "path": pa.array([path for (path, _), _ in ordered], pa.string()),
            "keyword": pa.array([keyword for (_, keyword), _ in ordered], pa.string()),
            "uses": pa.array([count for _, count in ordered], pa.int64()),
        }
    )
    with workspace.registered(counted=rows):
        workspace.execute("INSERT INTO package_uses SELECT * FROM counted")


def uses_of_paths(
    workspace: Workspace, paths: Iterable[str]
) -> list[tuple[str, str, str, str, int]]:
    """Return package, version, path, keyword and uses of all that is known of some paths."""
    wanted = pa.table({"path": pa.array(sorted(set(paths)), pa.string())})
    with workspace.registered(wanted=wanted):
        rows = workspace.sql("SELECT u.* FROM package_uses u SEMI JOIN wanted USING (path)")
    return [tuple(row.values()) for row in rows.to_pylist()]
