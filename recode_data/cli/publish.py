"""Commands on data sets: dedup, export, push-hub, diff, and merge of workspaces."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from recode_data.cli.app import app
from recode_data.cli.options import (
    WORKSPACE,
    DryRunOption,
    JsonOption,
    QuietOption,
    WorkspaceOption,
)

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

    from recode_data import duplicates as stage
    from recode_data import steps
    from recode_data.progress import Progress
    from recode_data.workspace import Workspace

    summary = steps.dedup(workspace, against=against or [], progress=Progress(quiet))
    with Workspace.open_to_look(workspace) as opened:
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
        Literal[
            "full",
            "raw",
            "trl",
            "trl-chat",
            "sft",
            "verl",
            "harbor",
            "verifiers",
            "trl-env",
            "nemo-gym",
            "openenv",
            "skyrl",
        ],
        typer.Option(
            "--format",
            help="All columns, ReCode's six, what a trainer reads, or a package that grades.",
        ),
    ] = "full",
    previous: Annotated[
        Path | None,
        typer.Option(
            "--previous", help="Workspace or export: what changed since goes into CHANGELOG.md."
        ),
    ] = None,
    quiet: QuietOption = False,
) -> None:
    """Write the unique valid entries as Parquet and JSONL with a card.

    Example: recode-data export dataset --split time --cutoff 2025-06-01
    """
    from recode_data import steps
    from recode_data.progress import Progress

    summary = steps.export(
        folder,
        workspace,
        split=split,
        test_size=test_size,
        seed=seed,
        cutoff=cutoff,
        format_name=format_name,
        previous=previous,
        progress=Progress(quiet),
    )
    print(summary)


@app.command("push-hub")
def push_hub(  # noqa: PLR0917  (typer reads options from the signature)
    name: Annotated[
        str, typer.Argument(help="ORG/NAME; default: the build's, or recode-data of the account.")
    ] = "",
    workspace: WorkspaceOption = WORKSPACE,
    plan: Annotated[
        str, typer.Option("--build", help="Build whose repository and split are used.")
    ] = "",
    private: Annotated[bool, typer.Option("--private", help="If it is new, only you see it.")] = (
        False
    ),
    revision: Annotated[
        str, typer.Option("--revision", help="Tag of this version; default: the next of v1, v2, …")
    ] = "",
    create_pr: Annotated[
        bool, typer.Option("--create-pr", help="Open a pull request instead of changing it.")
    ] = False,
    split: SplitOption = "change",
    cutoff: CutoffOption = "",
    test_size: TestSizeOption = 0.1,
    seed: SeedOption = 0,
    format_name: Annotated[
        Literal["full", "harbor", "verifiers", "trl-env", "nemo-gym", "skyrl"],
        typer.Option("--format", help="The data set, or a package that grades."),
    ] = "full",
    dry_run: DryRunOption = False,
    quiet: QuietOption = False,
) -> None:
    """Publish the data set on the Hub, as one commit with a version of its own.

    Example: recode-data push-hub my-organisation/api-updates --private
    """
    from recode_data import duplicates as stage
    from recode_data import publish, steps
    from recode_data.build import read_build
    from recode_data.cli.options import check_repository
    from recode_data.progress import Progress
    from recode_data.workspace import Workspace

    configuration = publish.Configuration(split, test_size, seed, cutoff)
    if plan:
        declared = read_build(plan)
        name = name or declared.repository
        configuration = publish.Configuration(
            declared.split, declared.test_size, declared.seed, declared.cutoff
        )
    if name:
        check_repository(name)
    target = publish.Target(name, private, revision, create_pr)
    with Workspace.open_to_export(workspace) as opened:
        progress = Progress(quiet)
        stage.dedup(opened, progress)
        package = None if format_name == "full" else (format_name, steps.preparing(progress))
        for line in publish.push_workspace(opened, configuration, target, dry_run, package):
            print(line)


@app.command()
def merge(
    into: Annotated[Path, typer.Argument(help="Workspace that the others are added to.")],
    workspaces: Annotated[list[Path], typer.Argument(help="Workspaces that are only read.")],
    as_json: JsonOption = False,
) -> None:
    """Add workspaces that were built apart to one: what both answer stays as it is there.

    Example: recode-data merge joined workspace
    """
    import json

    from recode_data.workspace.merging import merge as add

    for one in add(into, workspaces):
        if as_json:
            print(json.dumps({"workspace": str(one.folder), "new": one.new, "kept": one.kept}))
            continue
        told = _counts(one.new) or "nothing new"
        kept = f"; kept as they were: {_counts(one.kept)}" if one.kept else ""
        print(f"{one.folder}: {told}{kept}")


def _counts(tables: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {table}" for table, count in tables.items())


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="Workspace, or folder of an export.")],
    new: Annotated[Path, typer.Argument(help="The same of a later day.")],
    as_json: JsonOption = False,
) -> None:
    """Show the rows that came, went, were re-dated or changed between two data sets, and why.

    Example: recode-data diff dataset workspace
    """
    import json

    from recode_data.publish.differences import differences

    found = differences(old, new)
    if not as_json:
        print(found)
        return
    for row in found.rows:
        print(json.dumps(vars(row)))
