"""The steps from release notes to a data set, as functions: what the commands do, from Python.

Each is resumable and asks the workspace what it still owes, so a second call does what is new
and one that was killed goes on. Only one process can write to a workspace; while a step runs,
others read it with `Workspace.open_to_look`, as ``recode-data status`` does.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from recode_data.errors import UsageError, above_zero, one_of
from recode_data.library import Library, load_library
from recode_data.progress import Callback, Progress, Summary
from recode_data.workspace import Workspace
from recode_data.workspace.changes import scraped_libraries

if TYPE_CHECKING:
    from recode_data.llm import Author
    from recode_data.publish.export import Grading, Preparing
    from recode_data.publish.formats import FormatName
    from recode_data.publish.packages import PackageName
    from recode_data.publish.rows import Row
    from recode_data.publish.splits import SplitBy
    from recode_data.records import Entry

__all__ = ["dedup", "export", "scrape", "synthesize", "validate"]

JOBS = os.cpu_count() or 1
Place: TypeAlias = "str | Path"
Shown: TypeAlias = "Progress | Callback | None"
"""Where a step shows how far it is: nowhere, on stderr, or to a function of yours."""


def scrape(
    libraries: Iterable[str | Library],
    workspace: Place = "workspace",
    *,
    grounding: bool = True,
    jobs: int = JOBS,
    progress: Shown = None,
) -> Summary:
    """Fetch the release notes of ``libraries`` and write the API changes that they state.

    Args:
        libraries: Names on the package index, paths of definitions, or `Library` objects.
        workspace: Folder of the workspace; made when it is not there.
        grounding: Install every version that is compared, and hold the names against them.
        jobs: Parallel workers.
        progress: A function that is called with the name of the work, how much is done and of
            how much; what it raises ends the step, which can be resumed. `Progress` shows it
            on stderr.

    Returns:
        Notes in, changes out, and the notes that state none by reason.

    Raises:
        RecodeError: No library has any note or change, or the workspace cannot be written.
    """
    from recode_data.notes.stage import scrape as stage

    above_zero(jobs=jobs)
    shown = _shown(progress)
    chosen = _defined(libraries, workspace, shown, anew=True)
    with Workspace.open(workspace) as opened:
        return stage(opened, chosen, shown, grounding, jobs)


def synthesize(
    libraries: Iterable[str | Library] = (),
    workspace: Place = "workspace",
    *,
    author: Author | None = None,
    jobs: int = JOBS,
    limit: int | None = None,
    timeout: float = 10.0,
    progress: Shown = None,
) -> Summary:
    """Write migration entries for the changes that `scrape` found.

    Without ``author``, of the examples that a library itself changed and by rules.

    Args:
        libraries: As for `scrape`; empty means all that the workspace has changes of.
        workspace: Folder of the workspace.
        author: A language model that writes instead, see `recode_data.llm.Author`.
        jobs: Parallel workers.
        limit: The most changes that are looked at.
        timeout: Seconds for one run of a code.
        progress: As for `scrape`.

    Returns:
        Changes in, entries out, and the changes without an entry by reason; `Summary.parts`
        has the pairs of examples and the rules apart.

    Raises:
        RecodeError: There is no workspace, or the model's server fails for every request.
    """
    above_zero(jobs=jobs, timeout=timeout, limit=1 if limit is None else limit)
    if author is not None and not hasattr(author, "options"):
        raise UsageError(f"no author: {author!r}", "make a recode_data.llm.Author")
    shown = _shown(progress)
    chosen = _defined(libraries, workspace, shown)
    with Workspace.open(workspace, create=False) as opened:
        chosen = chosen or [load_library(name) for name in scraped_libraries(opened)]
        if author is not None:
            options = replace(author.options, jobs=jobs, limit=limit, timeout=timeout)
            return _asked(opened, chosen, replace(author, options=options), shown)
        from recode_data.codemods.examples import pair_examples
        from recode_data.codemods.stage import synthesize_by_rules

        parts = [
            stage(opened, chosen, shown, jobs=jobs, limit=limit, timeout=timeout)
            for stage in (pair_examples, synthesize_by_rules)
        ]
    return Summary.of("synthesize", parts)


def validate(
    libraries: Iterable[str | Library] = (),
    workspace: Place = "workspace",
    *,
    jobs: int = JOBS,
    limit: int | None = None,
    timeout: float = 10.0,
    retry: Iterable[str] = ("error", "timeout"),
    redate: bool = False,
    engine: Literal["local", "ray"] = "local",
    address: str = "",
    progress: Shown = None,
) -> Summary:
    """Run every entry that is owed a verdict on both versions and write what that proves.

    Args:
        libraries: Only entries of these; empty means all.
        workspace: Folder of the workspace.
        jobs: Parallel workers.
        limit: The most entries that are judged.
        timeout: Seconds for one run of a code.
        retry: Reasons (see `recode_data.reasons`) for which entries are judged again.
        redate: Search for the update of imported rows that claim a wrong version.
        engine: Where code is run.
        address: A running Ray cluster; empty starts one.
        progress: As for `scrape`.

    Returns:
        Entries judged in, valid ones out, the others by reason.

    Raises:
        RecodeError: There is no workspace, or no sandbox to run code in.
    """
    from recode_data.cache import cache_folder
    from recode_data.definition import define_missing
    from recode_data.judge.scheduler import validate as stage
    from recode_data.publish.popularity import index_uses
    from recode_data.workspace.entries import entry_libraries

    above_zero(jobs=jobs, timeout=timeout, limit=1 if limit is None else limit)
    one_of("engine", engine, ("local", "ray"))
    cache_folder("environments")  # said at once, not of each entry
    shown = _shown(progress)
    chosen = _defined(libraries, workspace, shown)
    if not chosen:
        with Workspace.open(workspace, create=False) as opened:
            dependencies = entry_libraries(opened)
        # before the workspace is opened for good: it keeps what was derived when it is
        define_missing(dependencies, shown, Path(workspace))
    with Workspace.open(workspace, create=False) as opened:
        judged = stage(
            opened,
            [library.name for library in chosen],
            jobs=jobs,
            timeout=timeout,
            limit=limit,
            retry=[retry] if isinstance(retry, str) else retry,
            engine=engine,
            address=address,
            redate=redate,
            progress=shown,
        )
        known = map(Library.matching, entry_libraries(opened))
        index_uses(opened, chosen or [one for one in known if one], shown)
    return judged


def dedup(
    workspace: Place = "workspace", *, against: Sequence[Place] = (), progress: Shown = None
) -> Summary:
    """Find the duplicates among the valid entries, of which one each is kept.

    Args:
        workspace: Folder of the workspace.
        against: Benchmarks (JSONL, JSON, Parquet) that no published row may resemble, now and
            in later calls.
        progress: As for `scrape`.

    Returns:
        Valid entries in, unique ones out, the others by reason.

    Raises:
        RecodeError: There is no workspace, or a benchmark cannot be read.
    """
    from recode_data.duplicates import dedup as stage

    with Workspace.open(workspace, create=False) as opened:
        return stage(opened, _shown(progress), [Path(file) for file in against])


def export(
    folder: Place = "dataset",
    workspace: Place = "workspace",
    *,
    split: SplitBy = "change",
    test_size: float = 0.1,
    seed: int = 0,
    cutoff: str = "",
    format_name: FormatName | PackageName = "full",
    previous: Place | None = None,
    progress: Shown = None,
) -> Summary:
    """Write the unique valid entries as Parquet and JSONL with a card, the same bytes each time.

    Args:
        folder: Where the data set is written; what an earlier export left there is replaced.
        workspace: Folder of the workspace, which may be read-only.
        split: Hold out changed symbols, whole libraries, or releases from ``cutoff`` on.
        test_size: Share of the groups that test, 0 to 1.
        seed: Draws another split.
        cutoff: Day, such as ``2025-06-01``, for a split by time.
        format_name: All columns, ReCode's six, what a trainer reads, or a package that grades.
        previous: Workspace or export: what changed since goes into ``CHANGELOG.md``.
        progress: As for `scrape`.

    Returns:
        Unique entries in, rows out, and those left out because they would leak.

    Raises:
        RecodeError: There is no valid entry, or the folder holds something else.
    """
    from recode_data import publish
    from recode_data.duplicates import dedup as duplicates
    from recode_data.publish.formats import FORMATS
    from recode_data.publish.packages import PACKAGES

    one_of("format_name", format_name, (*FORMATS, *PACKAGES))
    shown = _shown(progress)
    folder, since = Path(folder), Path(previous) if previous else None
    configuration = publish.Configuration(split, test_size, seed, cutoff)
    if since and format_name in PACKAGES:
        raise UsageError("a package has no changelog", "leave out --previous")
    with Workspace.open_to_export(workspace) as opened:
        duplicates(opened, shown)
        if format_name in PACKAGES:
            return publish.export_package(
                opened, folder, configuration, format_name, preparing(shown)
            )
        shape = cast("FormatName", format_name)
        return publish.export(opened, folder, configuration, shape, since)


def preparing(progress: Progress) -> Preparing:
    """Return what makes the tasks of a package's rows, and shows how far it is."""
    from recode_data.rewards.tasks import prepare

    def run(rows: list[Row]) -> tuple[dict[str, Grading], dict[str, str]]:
        with progress.task("grade", len(rows)) as shown:
            made = prepare(rows, told=shown.advance)
        tasks = {id: (task.environment, task.to_json()) for id, task in made.tasks.items()}
        return tasks, made.dropped

    return run


def _asked(
    workspace: Workspace, libraries: Sequence[Library], author: Author, progress: Progress
) -> Summary:
    """Have a language model write, and what it wrote judged unless that is left for later."""
    from recode_data.judge.scheduler import validate as stage
    from recode_data.llm import rewrite_descriptions, synthesize_llm
    from recode_data.llm.batch import write_batch

    options = author.options
    judging = partial(stage, jobs=options.jobs, timeout=options.timeout, retry=())
    judge = None
    if options.judge:
        if options.gaps_only:  # which of the rules' entries left a gap
            judging(workspace, [library.name for library in libraries], progress=progress)

        def judge(entries: list[Entry]) -> None:
            judging(workspace, only=[entry.id for entry in entries])

    write = rewrite_descriptions if author.descriptions else synthesize_llm
    outcome = write(
        workspace,
        libraries,
        options,
        author.endpoint,
        progress=progress,
        judge=judge,
        batch=author.batch,
        results=author.batch_in,
    )
    if author.batch_out:
        written, limit = write_batch(outcome.asker, outcome.missing, author.batch_out)
        progress.say(
            f"{author.batch_out}: {len(written):,} requests; read results with --batch-in"
            + (f"; stopped at {limit}" if limit else "")
        )
    return outcome.summary


def _shown(progress: Shown) -> Progress:
    if isinstance(progress, Progress):
        return progress
    if progress is not None and not callable(progress):
        raise UsageError(f"progress is a function, not {progress!r}", "leave it away")
    return Progress(quiet=True, tell=progress)


def _defined(
    libraries: Iterable[str | Library], workspace: Place, progress: Progress, anew: bool = False
) -> list[Library]:
    """Return the libraries, of a name what is written and derived of it; see `define`."""
    from recode_data.definition import define

    if isinstance(libraries, str):
        libraries = [libraries]
    return [
        one if isinstance(one, Library) else define(one, progress, Path(workspace), anew)
        for one in libraries
    ]
