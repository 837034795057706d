"""The whole way of the data, stage after stage, each resumable: what ``build`` does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field

from recode_data.library import Strict, declarations, load_library, read_toml
from recode_data.progress import Progress, Summary
from recode_data.workspace import Workspace


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

    Raises `BadFile` where there is none.
    """
    shipped = declarations() / "pipeline" / "builds" / f"{name}.toml"
    return read_toml(Path(name) if name.endswith(".toml") else shipped, Build)


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
) -> Iterator[Summary]:
    """Run the stages of ``build`` in order and yield what each one did.

    Every stage asks the workspace what it still owes, so a build that was killed goes on
    where it was, and one that is complete finds nothing to do.
    """
    from recode_data.dedup import dedup
    from recode_data.judge.stage import validate
    from recode_data.publish import Configuration, export
    from recode_data.scrape.stage import scrape
    from recode_data.synthesize.rules.stage import synthesize_by_rules

    libraries = [load_library(name) for name in build.libraries]
    names = [library.name for library in libraries]
    yield scrape(workspace, libraries, progress)
    yield synthesize_by_rules(workspace, libraries, progress, jobs=jobs, timeout=timeout)
    yield validate(workspace, names, jobs=jobs, timeout=timeout, progress=progress)
    yield dedup(workspace, progress)
    configuration = Configuration(build.split, build.test_size, build.seed, build.cutoff)
    yield export(workspace, folder, configuration)
