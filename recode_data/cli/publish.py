"""Commands that turn valid entries into a data set: dedup, export, push-hub."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from recode_data.cli.app import app
from recode_data.cli.options import WORKSPACE, JsonOption, QuietOption, WorkspaceOption

AgainstOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--against", help="Benchmark (JSONL, JSON, Parquet) that no published row may resemble."
    ),
]
SplitOption = Annotated[
    Literal["change", "library", "time"],
    typer.Option("--split", help="Hold out changed symbols, whole libraries, or late releases."),
]
CutoffOption = Annotated[
    str, typer.Option("--cutoff", help="Day from which on releases test, for --split time.")
]
TestSizeOption = Annotated[
    float, typer.Option("--test-size", min=0.0, max=1.0, help="Share of the groups that test.")
]
SeedOption = Annotated[int, typer.Option("--seed", help="Draws another split.")]


@app.command()
def dedup(
    workspace: WorkspaceOption = WORKSPACE,
    against: AgainstOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Find duplicates among the valid entries; one of each cluster is kept.

    Example: recode-data dedup --against benchmark.jsonl
    """
    import json

    from recode_data import dedup as stage
    from recode_data.progress import Progress
    from recode_data.workspace import Workspace

    with Workspace.open(workspace) as opened:
        summary = stage.dedup(opened, Progress(quiet), against or [])
        clusters = stage.clusters_of(opened)
        marked = stage.contaminated(opened)
    if as_json:
        for row in clusters + marked:
            print(json.dumps(row))
        return
    for row in clusters:
        print(stage.describe(row))
    for row in marked:
        print(
            f"{row['entry_id']} resembles row {row['row']} of {row['source']} "
            f"({row['similarity']:.2f}): never published"
        )
    print(summary)


@app.command()
def export(  # noqa: PLR0917  (typer reads options from the signature)
    folder: Annotated[Path, typer.Argument(help="Where the data set is written.")] = Path(
        "dataset"
    ),
    workspace: WorkspaceOption = WORKSPACE,
    split: SplitOption = "change",
    cutoff: CutoffOption = "",
    test_size: TestSizeOption = 0.1,
    seed: SeedOption = 0,
    format_name: Annotated[
        Literal["full", "raw", "trl", "trl-chat", "sft", "verl"],
        typer.Option("--format", help="All columns, ReCode's six, or what a trainer reads."),
    ] = "full",
    quiet: QuietOption = False,
) -> None:
    """Write the unique valid entries as Parquet and JSONL with a card.

    Example: recode-data export dataset --split time --cutoff 2025-06-01
    """
    from recode_data import dedup as stage
    from recode_data import publish
    from recode_data.progress import Progress
    from recode_data.workspace import Workspace

    configuration = publish.Configuration(split, test_size, seed, cutoff)
    with Workspace.open(workspace) as opened:
        stage.dedup(opened, Progress(quiet))
        print(publish.export(opened, folder, configuration, format_name))
