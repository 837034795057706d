"""The benchmarks by name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from recode_data.errors import UnknownName, nearest
from recode_data.evaluate.problem import Benchmark
from recode_data.progress import Progress
from recode_data.prompts import Style

if TYPE_CHECKING:
    from recode_data.evaluate.since import Guides

NAMES = ("heldout", "since", "codeupdatearena", "gitchameleon", "humaneval-plus")


def load(
    name: str,
    path: str,
    *,
    update: bool = True,
    style: Style = "reasoning",
    cutoff: str = "",
    torch: bool = False,
    tests: str = "hidden",
    jobs: int = 1,
    progress: Progress | None = None,
    guides: Guides | None = None,
) -> Benchmark:
    """Return the benchmark called ``name``; ``path`` is its file, folder or data set. Where its
    tasks are made first, ``jobs`` run at a time, and ``guides`` are asked for those to show.

    Raises `UnknownName` with the nearest name, or what the benchmark's reader raises.
    """
    if name == "heldout":
        from recode_data.evaluate import heldout
        from recode_data.evaluate.split import rows_of

        return heldout.load(rows_of(path), update, cutoff, style)
    if name == "since":
        from recode_data.evaluate import since
        from recode_data.evaluate.release import is_release, load_release
        from recode_data.evaluate.split import rows_of

        if is_release(path):
            return load_release(Path(path))
        return since.load(rows_of(path, every=True), cutoff, jobs, progress, guides)
    if name == "codeupdatearena":
        from recode_data.evaluate import codeupdatearena

        return codeupdatearena.load(Path(path), torch)
    if name == "gitchameleon":
        from recode_data.evaluate import gitchameleon

        return gitchameleon.load(Path(path), tests)
    if name == "humaneval-plus":
        from recode_data.evaluate import humaneval

        return humaneval.load(Path(path))
    tip = nearest(name, NAMES) or f"known: {', '.join(NAMES)}"
    raise UnknownName(f"no benchmark is called {name!r}", tip)
