"""Commands that write a definition and build a data set of it: init, build."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recode_data.cli.app import app
from recode_data.cli.options import (
    JOBS,
    TIMEOUT,
    WORKSPACE,
    JobsOption,
    QuietOption,
    TimeoutOption,
    WorkspaceOption,
)


@app.command()
def build(  # noqa: PLR0917  (typer reads options from the signature)
    libraries: Annotated[
        list[str] | None,
        typer.Argument(
            help="Libraries, such as numpy, or TOML files; a project of your own, ./mylib; or "
            "NAME==1.2..git+https://…@branch."
        ),
    ] = None,
    new: Annotated[
        Path | None,
        typer.Option("--new", help="A wheel that is compared as the library's newest version."),
    ] = None,
    plan: Annotated[
        str, typer.Option("--build", help="Name or file of a build instead of libraries.")
    ] = "",
    out: Annotated[
        Path | None, typer.Option(help="Folder of the data set; default: in the workspace.")
    ] = None,
    workspace: WorkspaceOption = WORKSPACE,
    jobs: JobsOption = JOBS,
    timeout: TimeoutOption = TIMEOUT,
    limit: Annotated[
        int | None,
        typer.Option("--limit", min=1, help="Try at most so many changes: a quick look."),
    ] = None,
    quiet: QuietOption = False,
) -> None:
    """Scrape, synthesize, validate, dedup and export, in one go; resumable at any moment.

    Your own project is built by `uv build` on this machine, outside the sandbox.

    Example: recode-data build numpy
    Example: recode-data build ./mylib
    Example: recode-data build mylib --new dist/mylib-2.0-py3-none-any.whl
    """
    from recode_data.build import declared, stages
    from recode_data.cache import cache_folder
    from recode_data.errors import RecodeError
    from recode_data.execute.interpreters import OLD_PYTHONS, missing_pythons
    from recode_data.progress import Progress
    from recode_data.publish.export import refuse_other_files

    progress = Progress(quiet)
    folder = out or workspace / "dataset"
    refuse_other_files(folder)  # not after an hour
    cache_folder("environments")
    chosen = declared(libraries or [], plan, workspace, progress, new)
    if missing := missing_pythons():
        progress.say(f"without Python {', '.join(missing)}: {OLD_PYTHONS} {' '.join(missing)}")
    owed = 0
    for summary in stages(
        workspace, chosen, folder, progress, jobs=jobs, timeout=timeout, limit=limit
    ):
        print(summary, flush=True)
        owed += summary.owed
    print(f"the data set is in {folder}")
    if owed:
        raise RecodeError(f"{owed:,} subjects failed and are owed", "run the same command again")


@app.command()
def init(
    library: Annotated[str, typer.Argument(help="A distribution's name, or a TOML file.")],
    out: Annotated[
        Path | None,
        typer.Option(help="File to write; default: pipeline/libraries/NAME.toml. '-' prints."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write over a file that is there.")
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Write what is derived of a library as a commented TOML, for corrections.

    Example: recode-data init numpy --out -
    """
    from recode_data.definition import definition_text
    from recode_data.errors import UsageError
    from recode_data.files import write_text
    from recode_data.library import written_definition
    from recode_data.progress import Progress

    table = written_definition(library)[1]
    name = str(table.get("name", library)).lower()
    file = out or Path("pipeline/libraries") / f"{name}.toml"
    printed = file == Path("-")
    if not printed and file.exists() and not force:
        raise UsageError(
            f"{file} is there already", "--out names another file, --force writes over it"
        )
    text = definition_text(library, Progress(quiet))
    if printed:
        print(text, end="")
        return
    write_text(file, text)
    print(f"wrote {file}: correct it, then recode-data build {out or name}")
