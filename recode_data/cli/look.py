"""Commands that show what a workspace holds: status, entries, show."""

from __future__ import annotations

from typing import Annotated

import typer

from recode_data.cli.app import app
from recode_data.cli.options import WORKSPACE, JsonOption, LimitOption, WorkspaceOption


@app.command()
def status(workspace: WorkspaceOption = WORKSPACE, as_json: JsonOption = False) -> None:
    """Show the funnel from release notes to unique valid entries.

    Example: recode-data status --json
    """
    import json

    from recode_data.cli.render import funnel_table, out
    from recode_data.workspace import Workspace
    from recode_data.workspace.queries import funnel

    with Workspace.open(workspace, read_only=True) as opened:
        stages = funnel(opened)
    if not as_json:
        out().print(funnel_table(stages))
        return
    for stage in stages:
        print(json.dumps({**vars(stage), "dropped": dict(stage.dropped)}))


@app.command()
def entries(
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
    library: Annotated[str, typer.Option(help="Only entries of this library.")] = "",
    verdict: Annotated[
        str, typer.Option("--status", help="Only entries with this status: valid, invalid, …")
    ] = "",
    limit: LimitOption = None,
) -> None:
    """List the entries with their verdicts.

    Example: recode-data entries --status valid --json | head
    """
    import json

    from recode_data.cli.render import entries_table, out
    from recode_data.workspace import Workspace
    from recode_data.workspace.queries import judged_entries

    with Workspace.open(workspace, read_only=True) as opened:
        rows = judged_entries(opened, library, verdict, limit)
    if not as_json:
        out().print(entries_table(rows))
        return
    for row in rows:
        print(json.dumps(row, ensure_ascii=False))


@app.command()
def show(
    id: Annotated[str, typer.Argument(help="First digits of the id of an entry, change or run.")],
    workspace: WorkspaceOption = WORKSPACE,
) -> None:
    """Show an entry, old and new code side by side, with its evidence.

    Example: recode-data show 3f9a
    """
    from recode_data.cli.render import out, show_record
    from recode_data.workspace import Workspace

    with Workspace.open(workspace, read_only=True) as opened:
        for part in show_record(opened, id):
            out().print(part)
