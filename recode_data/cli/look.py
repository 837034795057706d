"""Commands that show what a workspace holds: status, show, entries."""

from __future__ import annotations

from recode_data.cli.app import app
from recode_data.cli.options import WORKSPACE, WorkspaceOption


@app.command()
def status(workspace: WorkspaceOption = WORKSPACE) -> None:
    """Show the funnel from release notes to published rows."""
    from recode_data.workspace import Workspace

    with Workspace.open(workspace, read_only=True) as opened:
        for table in ("notes", "changes", "entries", "runs", "verdicts"):
            count = opened.sql(f"SELECT count(*) AS n FROM {table}")["n"][0].as_py()
            print(f"{table:10} {count:>8,}")
