"""How often installed packages use the names of others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa

from recode_data.workspace import Workspace


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
