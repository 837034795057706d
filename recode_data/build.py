"""The whole way of the data, stage after stage, each resumable: what ``build`` does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field

from recode_data.errors import UsageError, nearest
from recode_data.library import Library, Strict, declarations, load_library, read_toml
from recode_data.progress import Progress, Summary
from recode_data.workspace import Workspace
from recode_data.workspace.changes import confirms_a_change, count_changes, notes_of
from recode_data.workspace.entries import has_entry
from recode_data.workspace.funnel import funnel
from recode_data.workspace.verdicts import has_valid_entry

MOST_REASONS = 8
"""Reasons that are told of one stage."""


class Build(Strict):
    """A data set to build, as ``pipeline/builds/<name>.toml`` declares it."""

    libraries: list[str]
    """Names of library definitions."""
    split: Literal["change", "library", "time"] = "change"
    test_size: float = Field(default=0.1, ge=0, le=1)
    seed: int = 0
    cutoff: str = ""
    """Day from which on releases test, for a split by time."""
    repository: str = ""
    """Where `push-hub` publishes it: ``organisation/name``."""


def read_build(name: str) -> Build:
    """Return the build called ``name``, or declared in the ``.toml`` file of that path.

    Raises `UsageError` for an unknown name, `BadFile` for a file that cannot be read.
    """
    if name.endswith(".toml"):
        return read_toml(Path(name), Build)
    if name not in builds():
        tip = nearest(name, builds()) or f"shipped: {', '.join(sorted(builds()))}; or name a file"
        raise UsageError(f"no build is called {name!r}", tip)
    return read_toml(declarations() / "pipeline" / "builds" / f"{name}.toml", Build)


def builds() -> set[str]:
    """Return the names of the builds that are shipped."""
    return {file.stem for file in (declarations() / "pipeline" / "builds").glob("*.toml")}


def stages(
    workspace: Workspace,
    build: Build,
    folder: Path,
    progress: Progress,
    *,
    jobs: int = 2,
    timeout: float = 10.0,
    limit: int | None = None,
) -> Iterator[Summary]:
    """Run the stages of ``build`` in order and yield what each one did.

    ``limit`` is the most changes that entries are written for. Raises `UsageError` that says
    where the way ended when no valid entry comes of it.

    Every stage asks the workspace what it still owes, so a build that was killed goes on
    where it was, and one that is complete finds nothing to do.
    """
    from recode_data.codemods.examples import pair_examples
    from recode_data.codemods.stage import synthesize_by_rules
    from recode_data.dedup import dedup
    from recode_data.judge.scheduler import validate
    from recode_data.notes.stage import scrape
    from recode_data.publish import Configuration, export

    libraries = [load_library(name) for name in build.libraries]
    names = [library.name for library in libraries]
    yield scrape(workspace, libraries, progress)
    yield pair_examples(workspace, libraries, progress, jobs=jobs, timeout=timeout, limit=limit)
    yield synthesize_by_rules(
        workspace, libraries, progress, jobs=jobs, timeout=timeout, limit=limit
    )
    yield validate(workspace, names, jobs=jobs, timeout=timeout, progress=progress)
    short = shortfalls(workspace, libraries)
    if len(short) == len(libraries) and not has_valid_entry(workspace):
        for line in where_lost(workspace):
            progress.say(line)
        raise UsageError(*short[0])
    for line, tip in short:
        progress.say(f"{line}: {tip}")
    yield dedup(workspace, progress)
    configuration = Configuration(build.split, build.test_size, build.seed, build.cutoff)
    yield export(workspace, folder, configuration)


def where_lost(workspace: Workspace) -> Iterator[str]:
    """Yield a line for each stage that has lost something: how much, and for which reasons."""
    for stage in funnel(workspace):
        if stage.dropped:
            reasons = stage.dropped.most_common(MOST_REASONS)
            told = ", ".join(f"{count:,} {reason}" for reason, count in reasons)
            rest = stage.dropped.total() - sum(count for _, count in reasons)
            more = f", {rest:,} for other reasons" if rest else ""
            yield f"of {stage.count:,} {stage.name} were lost: {told}{more}"


def shortfalls(workspace: Workspace, libraries: Sequence[Library]) -> list[tuple[str, str]]:
    """Return of each library that has no valid entry where its way ended, and what to do."""
    return [found for library in libraries if (found := _shortfall(workspace, library))]


def _shortfall(workspace: Workspace, library: Library) -> tuple[str, str] | None:
    name = library.name
    look = f"recode-data changes {name}"
    names = [name, library.dependency]
    if has_valid_entry(workspace, names):
        return None
    if has_entry(workspace, names):
        tip = f"recode-data entries --library {library.dependency} tells the reasons"
        return f"no entry of {name} was found valid", tip
    changes = count_changes(workspace, name)
    if not changes and not notes_of(workspace, name):
        globs = ", ".join(path for source in library.sources for path in source.paths)
        asked = f" ({globs})" if globs else ""
        return (
            f"no release note of {name} was found: its [[sources]]{asked} match nothing",
            f"recode-data init {name} writes the definition: correct its sources and build again",
        )
    if not changes:
        return f"the notes of {name} state no change of its API", f"{look} shows what was found"
    if not confirms_a_change(workspace, name):
        return (
            f"no change of {name} is about a name in its package {library.package!r}",
            "is import_name in the definition what one imports? recode-data doctor shows whether "
            "its versions can be installed here",
        )
    return (
        f"of {changes:,} changes of {name} rules could write no entry",
        f"a language model writes what they cannot: recode-data synthesize {name} --engine llm "
        f"--model NAME; {look} shows them",
    )
