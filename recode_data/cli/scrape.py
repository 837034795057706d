"""Commands of stage 1: fetch release notes, and show the changes found in them."""

from __future__ import annotations

from typing import Annotated

import typer

from recode_data.cli.app import app
from recode_data.cli.options import (
    JOBS,
    WORKSPACE,
    JobsOption,
    JsonOption,
    QuietOption,
    WorkspaceOption,
)


@app.command()
def scrape(
    libraries: Annotated[
        list[str], typer.Argument(help="Libraries, such as numpy, or TOML files.")
    ],
    grounding: Annotated[
        bool,
        typer.Option(
            "--ground/--no-ground", help="Hold names against the installed versions of the library."
        ),
    ] = True,
    jobs: JobsOption = JOBS,
    workspace: WorkspaceOption = WORKSPACE,
    quiet: QuietOption = False,
) -> None:
    """Fetch release notes and find the API changes in them.

    Example: recode-data scrape numpy networkx
    """
    from recode_data import steps
    from recode_data.progress import Progress

    summary = steps.scrape(
        libraries, workspace, grounding=grounding, jobs=jobs, progress=Progress(quiet)
    )
    print(summary)
    if summary.owed:
        raise typer.Exit(1)


@app.command()
def changes(
    libraries: Annotated[
        list[str] | None, typer.Argument(help="Only of these libraries; all when none is named.")
    ] = None,
    json: JsonOption = False,
    unannounced: Annotated[
        bool, typer.Option("--unannounced", help="What vanished and no note mentions.")
    ] = False,
    workspace: WorkspaceOption = WORKSPACE,
) -> None:
    """Show the API changes that were found.

    Example: recode-data changes numpy --json
    """
    from recode_data.cli.render import release_order
    from recode_data.notes.listing import json_line, listed, silent, table_line
    from recode_data.workspace import Workspace

    with Workspace.open_to_look(workspace) as opened:
        named = libraries or []
        if unannounced:
            rows = list(silent(opened, named))
        else:
            rows = sorted(listed(opened, named), key=release_order)
    for change in rows:
        print(json_line(change) if json else table_line(change))
