"""Runs the old code over the versions of the matrix, as far as the scan needs it."""

from __future__ import annotations

from collections.abc import Generator

from recode_data.errors import NoSuchVersion
from recode_data.execute import Job
from recode_data.judge.comparison import difference, mask_addresses
from recode_data.judge.context import Context
from recode_data.judge.evidence import BEHAVIOURAL_KINDS, FourRuns, obsolescence
from recode_data.judge.requirements import equipped, needed_by_old
from recode_data.judge.transition import State, Transition, claimed_index, scan
from recode_data.judge.verdict import scene_of
from recode_data.library import Library
from recode_data.records import Entry, Run
from recode_data.requirements import read_requirements


def find_transitions(
    entry: Entry, library: Library, context: Context
) -> Generator[list[Job], list[Run], list[Transition]]:
    """Return the transitions of the old code, or the claimed step where it never transitions."""
    matrix = library.matrix
    claimed = claimed_index(entry.new_version, matrix)
    view = _History(entry, claimed)
    needed = needed_by_old(entry)
    if entry.engine == "import":
        view.wanted = yield from _wanted(entry, library, context)
    search = scan(len(matrix), claimed, entry.change_kind)
    asked = next(search)
    while True:
        jobs: dict[int, Job] = {}
        for index in asked:
            try:
                environment = equipped(context.resolver.one(library, matrix[index]), needed)
            except NoSuchVersion:
                continue
            jobs[index] = context.job(entry.old_code, environment, library)
        runs = (yield list(jobs.values())) if jobs else []
        view.add(dict(zip(jobs, runs, strict=True)))
        try:
            asked = search.send({index: view.state(index) for index in asked})
        except StopIteration as end:
            transitions: list[Transition] = end.value
            return transitions or [Transition(claimed - 1, claimed, view.state(claimed))]


def _wanted(
    entry: Entry, library: Library, context: Context
) -> Generator[list[Job], list[Run], Run | None]:
    """Return the run of the new code on the version that a row claims, which does what the old
    code did before its update, wherever that was."""
    matrix = library.matrix
    try:
        environment = context.resolver.one(
            library, matrix[claimed_index(entry.new_version, matrix)]
        )
    except NoSuchVersion:
        return None
    place = equipped(environment, read_requirements(entry.requirements))
    [run] = yield [context.job(entry.new_code, place, library)]
    return run if run.status == "clean" else None


class _History:
    """The old code's runs by version, and what each is to the claimed change."""

    wanted: Run | None = None
    """What the old code did before the update, where that is known."""

    def __init__(self, entry: Entry, claimed: int) -> None:
        self.entry = entry
        told = bool(entry.change_kind) or entry.engine == "import"
        self.watch_results = told and entry.change_kind in BEHAVIOURAL_KINDS
        self.claimed = claimed
        self.runs: dict[int, Run] = {}

    def add(self, runs: dict[int, Run]) -> None:
        self.runs |= runs

    def state(self, index: int) -> State:
        run = self.runs.get(index)
        if run is None or run.status in ("error", "timeout"):
            return "absent"
        scene = scene_of(self.entry, FourRuns(run, run, run, run))
        if run.status != "clean":
            raised = run.status == "raised"
            return "fails" if raised and scene.about(run, run.message, run.span) else "other"
        announced = filter(obsolescence, run.warnings)
        if any(scene.about(run, caught.message, caught.span) for caught in announced):
            return "warns"
        if self.wanted is not None and run.stdout.strip():
            same = mask_addresses(run.stdout) == mask_addresses(self.wanted.stdout)
            return "clean" if same else "changes"
        before = self.runs.get(self.claimed - 1)
        if self.watch_results and before and before.status == "clean" and difference(before, run):
            return "changes" if index >= self.claimed else "other"
        return "clean"
