"""Commands that show what a workspace holds: status, entries, show, report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recode_data.cli.app import app
from recode_data.cli.options import WORKSPACE, JsonOption, LimitOption, QuietOption, WorkspaceOption


@app.command()
def status(workspace: WorkspaceOption = WORKSPACE, as_json: JsonOption = False) -> None:
    """Show the funnel from release notes to unique valid entries.

    Example: recode-data status --json
    """
    import json

    from recode_data.cli.render import funnel_table, wide
    from recode_data.workspace import Workspace
    from recode_data.workspace.funnel import funnel

    with Workspace.open_to_look(workspace) as opened:
        stages = funnel(opened)
    if not as_json:
        wide().print(funnel_table(stages))
        return
    for stage in stages:
        print(json.dumps({**vars(stage), "dropped": dict(stage.dropped)}))


@app.command()
def entries(  # noqa: PLR0917  (typer reads options from the signature)
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
    library: Annotated[str, typer.Option(help="Only entries of this library.")] = "",
    verdict: Annotated[
        str,
        typer.Option(
            "--status", help="Only this status: valid, invalid, …, unjudged, or a reason."
        ),
    ] = "",
    kind: Annotated[str, typer.Option(help="Only this kind of update: breaking, …")] = "",
    limit: LimitOption = None,
) -> None:
    """List the entries with their verdicts.

    Example: recode-data entries --status valid --json | head
    """
    from recode_data.cli.options import check_library, check_statuses, check_update_kind
    from recode_data.cli.render import entries_table, json_text, wide
    from recode_data.workspace import Workspace
    from recode_data.workspace.entries import judged_entries

    check_statuses(verdict)
    check_update_kind(kind)
    with Workspace.open_to_look(workspace) as opened:
        check_library(opened, library)
        rows = judged_entries(opened, library, verdict, limit, kind)
    if not as_json:
        wide().print(entries_table(rows))
        return
    for row in rows:
        print(json_text(row))


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

    with Workspace.open_to_look(workspace) as opened:
        for part in show_record(opened, id):
            out().print(part)


@app.command()
def report(  # noqa: PLR0917  (typer reads them by name)
    file: Annotated[Path, typer.Argument(help="The HTML file to write.")] = Path("report.html"),
    workspace: WorkspaceOption = WORKSPACE,
    run: Annotated[
        list[Path] | None, typer.Option(help="Output folder of a training run; may be repeated.")
    ] = None,
    evaluation: Annotated[
        list[Path] | None,
        typer.Option("--eval", help="Folder of a run of eval since; may be repeated."),
    ] = None,
    show: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    quiet: QuietOption = False,
) -> None:
    """Draw the workspace as one self-contained HTML file.

    Example: recode-data report --open
    """
    import sys
    import webbrowser

    from recode_data.report import write_report
    from recode_data.workspace import Workspace

    with Workspace.open_to_look(workspace) as opened:
        figures = write_report(opened, file, run, evaluation)
    if not quiet:
        print(f"{file}: {figures} figures")
    if not figures:
        print(f"nothing is in {workspace} yet: recode-data build numpy", file=sys.stderr)
    if show:
        webbrowser.open(file.resolve().as_uri())
