"""The command that draws a workspace: report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recode_data.cli.app import app
from recode_data.cli.options import WORKSPACE, QuietOption, WorkspaceOption


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
