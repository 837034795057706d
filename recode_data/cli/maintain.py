"""Commands for a library's maintainers and users: migrate, guide, check."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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

if TYPE_CHECKING:
    from recode_data.errors import RecodeError
    from recode_data.maintain.documents import Document
    from recode_data.maintain.migrate import Migrated
    from recode_data.maintain.updates import Updates

LibraryOption = Annotated[str, typer.Option("--library", "-l", help="The library whose changes.")]


@app.command()
def migrate(  # noqa: PLR0917  (typer reads options from the signature)
    paths: Annotated[list[Path], typer.Argument(help="Python files, or folders of them.")],
    library: LibraryOption,
    to: Annotated[str, typer.Option("--to", help="Version to migrate to; the newest known.")] = "",
    write: Annotated[
        bool, typer.Option("--write/--diff", help="Write the files, or show what would change.")
    ] = False,
    unproven: Annotated[
        bool, typer.Option("--unproven", help="Also what no executed example has proven.")
    ] = False,
    as_json: JsonOption = False,
    jobs: JobsOption = JOBS,
    workspace: WorkspaceOption = WORKSPACE,
    quiet: QuietOption = False,
) -> None:
    """Apply a library's codemods to your own code; what is not certain is told, not written.

    Example: recode-data migrate src --library numpy --to 2.3
    """
    from recode_data.maintain.migrate import migrate_files

    updates = _updates(workspace, library, to, jobs, quiet)
    problems: list[RecodeError] = []
    changed = written = left = 0
    for one in migrate_files(paths, updates, problems, unproven=unproven, jobs=jobs):
        failed = len(problems)
        if one.changed:
            changed += 1
            if write:
                _write(one, problems)
            elif not as_json:
                print(one.diff(), end="")
        written += len(one.migration.written) * (len(problems) == failed)
        left += len(one.migration.left)
        _show_migrated(one, as_json, write)
    for problem in problems:
        _tell(f"error: {problem.message}")
    if not quiet:
        done = "written" if write else "to write"
        _tell(
            f"migrate to {library} {updates.target.version}: {written:,} changes in {changed:,} "
            f"files {done}, {left:,} left to you, {len(problems):,} failed"
        )
    if problems or (changed and not write):
        raise typer.Exit(1)


@app.command()
def guide(  # noqa: PLR0917  (typer reads options from the signature)
    library: Annotated[str, typer.Argument(help="The library, such as numpy.")],
    start: Annotated[str, typer.Option("--from", help="Version to come from.")] = "",
    to: Annotated[str, typer.Option("--to", help="Version to go to; the newest known.")] = "",
    kind: Annotated[
        str,
        typer.Option("--format", "-f", help="md, skill, agents (AGENTS.md) or llms (llms.txt)."),
    ] = "md",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder to write into; stdout without.")
    ] = None,
    jobs: JobsOption = JOBS,
    workspace: WorkspaceOption = WORKSPACE,
    quiet: QuietOption = False,
) -> None:
    """Write the migration guide between two versions, each line of it measured.

    Example: recode-data guide numpy --from 1.26 --format agents
    """
    from typing import cast

    from recode_data.errors import one_of
    from recode_data.files import refuse_unwritable
    from recode_data.maintain import guide as guides

    one_of("--format", kind, guides.FORMATS)
    if out is not None:
        refuse_unwritable(out)
    updates = _updates(workspace, library, to, jobs, quiet)
    made = guides.guide(updates, start, cast("guides.Format", kind), jobs)
    if out is None:
        print(next(iter(made.files.values())), end="")
        return
    for file in guides.write_guide(made, out):
        print(file)


@app.command()
def check(  # noqa: PLR0917  (typer reads options from the signature)
    paths: Annotated[list[Path], typer.Argument(help="Pages, notebooks, skills, examples.")],
    library: LibraryOption,
    versions: Annotated[
        str, typer.Option("--versions", help="OLD,NEW; without, the newest two known.")
    ] = "",
    run: Annotated[bool, typer.Option("--run/--no-run", help="Run the code as well.")] = True,
    fix: Annotated[
        bool, typer.Option("--fix", help="Migrate the code, where that is certain.")
    ] = False,
    kind: Annotated[
        str, typer.Option("--format", "-f", help="text, json, sarif or github.")
    ] = "text",
    baseline: Annotated[
        Path | None, typer.Option("--baseline", help="Findings that are known, from this file.")
    ] = None,
    write_baseline: Annotated[
        Path | None, typer.Option("--write-baseline", help="Write all findings as known.")
    ] = None,
    jobs: JobsOption = JOBS,
    workspace: WorkspaceOption = WORKSPACE,
    quiet: QuietOption = False,
) -> None:
    """Run the code of documentation on the versions, and verify what it says of changes.

    Example: recode-data check docs --library numpy --versions 1.26,2.3
    """
    from recode_data.errors import one_of
    from recode_data.files import refuse_unwritable
    from recode_data.maintain import check as checks

    one_of("--format", kind, checks.FORMATS)
    if write_baseline is not None:
        refuse_unwritable(write_baseline, folder=False)
    old, new = _pair(versions)
    known = checks.read_baseline(baseline) if baseline else frozenset()
    updates = _updates(workspace, library, new, jobs, quiet)
    problems: list[RecodeError] = []
    every: list[checks.Finding] = []
    for one in checks.check_files(paths, updates, problems, old=old, run=run, jobs=jobs):
        every += one.findings
        if fix and one.findings:
            _fix(one.document, updates, problems)
    if write_baseline:
        checks.write_baseline(write_baseline, every)
    left = [finding for finding in every if finding.mark not in known]
    print(checks.formatted(left, kind), end="")
    for problem in problems:
        _tell(f"error: {problem.message}")
    if not quiet:
        hidden = f", {len(every) - len(left):,} known" if baseline else ""
        _tell(
            f"check against {library} {updates.target.version}: {len(left):,} findings{hidden}, "
            f"{len(problems):,} failed"
        )
    if problems or (left and not write_baseline):
        raise typer.Exit(1)


def _pair(versions: str) -> tuple[str, str]:
    """Return the versions of ``1.26,2.3``, empty ones for nothing."""
    from packaging.version import InvalidVersion, Version

    from recode_data.errors import UsageError

    parts = [part.strip() for part in versions.split(",")] if versions else ["", ""]
    try:
        if len(parts) == 2 and (not versions or Version(parts[0]) < Version(parts[1])):
            return parts[0], parts[1]
    except InvalidVersion:
        pass
    raise UsageError(
        f"--versions takes an old and a new version, not {versions!r}", "such as 1.26,2.3"
    )


def _fix(document: Document, updates: Updates, problems: list[RecodeError]) -> None:
    from recode_data.errors import BadFile, RecodeError
    from recode_data.maintain.check import fixed
    from recode_data.maintain.migrate import UNPARSED, fault_of

    try:
        after = fixed(document, updates)
        if after != document.source.text:
            document.source.write(after)
            _tell(f"{document.source.path}: fixed")
    except RecodeError as error:
        problems.append(error)
    except UNPARSED as error:
        problems.append(BadFile(f"{document.source.path}{fault_of(error)}", "it is left alone"))


def _updates(workspace: Path, library: str, to: str, jobs: int, quiet: bool) -> Updates:
    from recode_data.definition import define
    from recode_data.maintain.updates import updates_of
    from recode_data.progress import Progress
    from recode_data.workspace import Workspace

    progress = Progress(quiet)
    with Workspace.open_to_look(workspace):
        pass  # a folder without a workspace is said to be one before anything is derived
    chosen = define(library, progress, workspace)
    with Workspace.open_to_export(workspace) as opened:
        return updates_of(opened, chosen, progress, to=to, jobs=jobs)


def _write(one: Migrated, problems: list[RecodeError]) -> None:
    from recode_data.errors import RecodeError

    try:
        one.source.write(one.migration.after)
    except RecodeError as error:
        problems.append(error)


def _show_migrated(one: Migrated, as_json: bool, write: bool) -> None:
    """Print as JSON what was written and left; as text only what was left, beside the diff."""
    import json
    from dataclasses import asdict

    file = str(one.source.path)
    if as_json:
        for change in one.migration.written:
            state = "written" if write else "to write"
            print(json.dumps({"file": file, "state": state, **asdict(change)}))
        for use in one.migration.left:
            print(json.dumps({"file": file, "state": "left", **asdict(use)}))
        return
    for use in one.migration.left:
        instead = f" (now `{use.instead}`)" if use.instead else ""
        _tell(f"{file}:{use.line}: `{use.name}`{instead}: {use.why}")


def _tell(line: str) -> None:
    import sys

    from recode_data.maintain.sources import one_line

    print(one_line(line), file=sys.stderr)
