"""Commands that turn valid entries into a data set: dedup, export, push-hub."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recode_data.cli.app import app
from recode_data.cli.options import WORKSPACE, QuietOption, WorkspaceOption


@app.command()
def dedup(workspace: WorkspaceOption = WORKSPACE, quiet: QuietOption = False) -> None:
    """Find the duplicates among the valid entries; of each cluster one is kept.

    Example: recode-data dedup
    """
    from recode_data import dedup as stage
    from recode_data.progress import Progress
    from recode_data.workspace import Workspace

    with Workspace.open(workspace) as opened:
        print(stage.dedup(opened, Progress(quiet)))


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="Where the data set is written.")] = Path(
        "dataset"
    ),
    workspace: WorkspaceOption = WORKSPACE,
    test_size: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of the groups that test.")
    ] = 0.1,
    seed: Annotated[int, typer.Option(help="Draws another split.")] = 0,
    quiet: QuietOption = False,
) -> None:
    """Write the unique valid entries as Parquet and JSONL with a card.

    Example: recode-data export dataset
    """
    from recode_data import dedup as stage
    from recode_data import publish
    from recode_data.progress import Progress
    from recode_data.workspace import Workspace

    with Workspace.open(workspace) as opened:
        stage.dedup(opened, Progress(quiet))
        configuration = publish.Configuration(test_size=test_size, seed=seed)
        print(publish.export(opened, folder, configuration))
