"""Commands that judge entries by execution: validate, import."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from recode_data.cli.app import app
from recode_data.cli.options import (
    JOBS,
    TIMEOUT,
    WORKSPACE,
    JobsOption,
    LimitOption,
    QuietOption,
    TimeoutOption,
    WorkspaceOption,
)


@app.command()
def validate(  # noqa: PLR0917  (typer reads options from the signature)
    workspace: WorkspaceOption = WORKSPACE,
    library: Annotated[
        list[str] | None, typer.Option("--library", "-l", help="Only entries of this library.")
    ] = None,
    jobs: JobsOption = JOBS,
    timeout: TimeoutOption = TIMEOUT,
    limit: LimitOption = None,
    retry: Annotated[
        str, typer.Option(help="Reasons that are judged again, or 'none'.")
    ] = "error,timeout",
    engine: Annotated[Literal["local", "ray"], typer.Option(help="Where code is run.")] = "local",
    address: Annotated[str, typer.Option(help="A running Ray cluster; empty starts one.")] = "",
    redate: Annotated[
        bool,
        typer.Option(
            "--redate", help="Search for the update of imported rows that claim a wrong version."
        ),
    ] = False,
    min_valid_rate: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Fail below this share of valid entries.")
    ] = 0.0,
    quiet: QuietOption = False,
) -> None:
    """Execute every entry on both versions and keep what that proves.

    Example: recode-data validate --library numpy --jobs 8
    """
    from recode_data import steps
    from recode_data.errors import UsageError
    from recode_data.judge.request import check, reasons
    from recode_data.progress import Progress

    if address and engine != "ray":
        raise UsageError("--address names a Ray cluster", "add --engine ray, or leave it away")
    summary = steps.validate(
        library or [],
        workspace,
        jobs=jobs,
        timeout=timeout,
        limit=limit,
        retry=reasons(retry),
        engine=engine,
        address=address,
        redate=redate,
        progress=Progress(quiet),
    )
    print(summary)
    check(summary, min_valid_rate)


@app.command("import")
def import_rows(
    file: Annotated[
        Path,
        typer.Argument(
            help="JSONL with ReCode's six fields in each row.", exists=True, dir_okay=False
        ),
    ],
    workspace: WorkspaceOption = WORKSPACE,
    library_map: Annotated[
        str, typer.Option(help="Other names of libraries: 'PyTorch=torch,sk=scikit-learn'.")
    ] = "",
) -> None:
    """Take a foreign data set into the workspace, to be validated and reported on.

    Example: recode-data import rows.jsonl && recode-data validate
    """
    from recode_data.judge.importing import import_file
    from recode_data.judge.request import name_pairs
    from recode_data.workspace import Workspace

    names = name_pairs(library_map)
    with Workspace.open(workspace) as opened:
        print(import_file(opened, file, names))
