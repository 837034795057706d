"""The whole way of the data, stage after stage, each resumable: what ``build`` does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from recode_data import steps
from recode_data.definition import define, take
from recode_data.errors import UsageError, nearest
from recode_data.execute.interpreters import missing_pythons
from recode_data.library import (
    Library,
    Strict,
    declarations,
    library_files,
    load_library,
    read_toml,
)
from recode_data.progress import Progress, Summary, explain
from recode_data.reasons import Reason, code_of, sentence_of
from recode_data.workspace import Workspace
from recode_data.workspace.changes import confirms_a_change, count_changes, notes_of
from recode_data.workspace.entries import has_entry
from recode_data.workspace.funnel import losses
from recode_data.workspace.verdicts import has_valid_entry

MOST_REASONS = 8
"""Reasons that are told of one stage."""
OF_VERSIONS = (Reason.OLD_IN_NO_USABLE_VERSION, Reason.NO_SUCH_VERSION)
OF_NAMES = (Reason.OLD_IN_NO_VERSION, Reason.NO_SYMBOL)
OF_USAGE = (Reason.NO_USAGE, Reason.NO_REWRITE)
OF_PACKAGES = (Reason.PROGRAM_FAILS, Reason.OLD_FAILS)
"""Reasons that a person can do something about, by what it is."""


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


def declared(
    targets: Sequence[str], plan: str, workspace: Path, progress: Progress, new: Path | None = None
) -> Build:
    """Return the build of ``targets``, or the one called ``plan``, with its libraries defined.

    ``targets`` are what `recode_data.definition.take` reads, and ``new`` a wheel that
    is the newest version of the one that is named. Raises `UsageError` unless either targets or
    a plan are given, and what `take` and `define` raise.
    """
    if bool(targets) == bool(plan):
        raise UsageError("name libraries or a --build", "recode-data build numpy")
    build = read_build(plan) if plan else Build(libraries=list(targets))
    for name in build.libraries:
        if name in builds() and name not in library_files():
            raise UsageError(f"{name} is a build of several", f"recode-data build --build {name}")
    if new is not None and len(build.libraries) != 1:
        raise UsageError("--new is the newest version of one library", "name that one alone")
    # said also with --quiet: a project is built outside the sandbox
    names = [take(target, workspace, explain, new) for target in build.libraries]
    for name in names:
        define(name, progress, workspace, anew=True)
    return build.model_copy(update={"libraries": names})


def stages(
    folder: Path,
    build: Build,
    out: Path,
    progress: Progress,
    *,
    jobs: int = 2,
    timeout: float = 10.0,
    limit: int | None = None,
) -> Iterator[Summary]:
    """Run the steps of ``build`` in the workspace in ``folder``, the data set into ``out``, and
    yield what each one did.

    ``limit`` is the most changes that entries are written for. Raises `UsageError` that says
    where the way ended when no valid entry comes of it.

    Every step asks the workspace what it still owes, so a build that was killed goes on
    where it was, and one that is complete finds nothing to do.
    """
    libraries = [load_library(name) for name in build.libraries]
    common: dict[str, Any] = {"jobs": jobs, "progress": progress}
    running = common | {"timeout": timeout}
    with Workspace.open(folder) as workspace:  # nobody else writes to it between two steps
        yield steps.scrape(libraries, folder, **common)
        yield from steps.synthesize(libraries, folder, limit=limit, **running).parts
        yield steps.validate(libraries, folder, **running)
        short = shortfalls(workspace, libraries)
        if len(short) == len(libraries) and not has_valid_entry(workspace):
            for line in where_lost(workspace):
                explain(line)
            line, tip = short[0]
            raise UsageError(line, what_to_try(workspace, libraries[0]) or tip)
        for line, tip in short:
            progress.say(f"{line}: {tip}")
        yield steps.dedup(folder, progress=progress)
        yield steps.export(
            out,
            folder,
            split=build.split,
            test_size=build.test_size,
            seed=build.seed,
            cutoff=build.cutoff,
            progress=progress,
        )


def where_lost(workspace: Workspace) -> Iterator[str]:
    """Yield what each stage was given and, a line each, for which reasons it dropped how much."""
    for stage in losses(workspace):
        yield f"of {stage.count:,} {stage.name}, {stage.dropped.total():,} came to nothing:"
        reasons = stage.dropped.most_common(MOST_REASONS)
        for reason, count in reasons:
            yield f"  {count:>7,}  {reason}: {sentence_of(reason) or reason}"
        if rest := stage.dropped.total() - sum(count for _, count in reasons):
            yield f"  {rest:>7,}  for other reasons"


def what_to_try(workspace: Workspace, library: Library) -> str:
    """Return what most likely helps, by the reason that most was dropped for where the way of a
    library ended; empty where none is known."""
    lost = losses(workspace)
    if not lost:
        return ""
    reason = code_of(lost[-1].dropped.most_common(1)[0][0])
    written = f"recode-data init {library.name} --out {library.name}.toml writes the definition"
    missing = missing_pythons()
    if reason in OF_VERSIONS and missing:
        return f"old versions need old Pythons: uv python install {' '.join(missing)}"
    if reason in OF_VERSIONS:
        return "recode-data doctor shows which versions can be installed here"
    if reason in OF_NAMES:
        return f"{written}: is import_name in it what one imports?"
    if reason in OF_USAGE:
        return f"{written}: name under [usage] where programs that use it lie, or others that do"
    if reason in OF_PACKAGES:
        return f"{written}: do its programs need packages that `requires` lacks?"
    return ""


def shortfalls(workspace: Workspace, libraries: Sequence[Library]) -> list[tuple[str, str]]:
    """Return of each library that has no valid entry where its way ended, and what to do."""
    return [found for library in libraries if (found := _shortfall(workspace, library))]


def _shortfall(workspace: Workspace, library: Library) -> tuple[str, str] | None:
    name = library.name
    look = f"recode-data changes {name}"
    names = [name, library.dependency]
    if has_valid_entry(workspace, names):
        return None
    if len(library.matrix) < 2:
        return (
            f"{name} has {len(library.matrix)} version that can be installed here: there is "
            "nothing to compare it with",
            f"recode-data doctor lists the Pythons; recode-data build {name} --new FILE.whl "
            "compares a wheel of yours with it",
        )
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
