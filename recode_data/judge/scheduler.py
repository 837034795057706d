"""The validation stage: one owner of the workspace, many judgings at once."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from itertools import groupby

from recode_data.errors import RecodeError
from recode_data.execute import Engine, Job, open_engine
from recode_data.execute.job import interleaved
from recode_data.judge.context import Context
from recode_data.judge.finding import STUCK, Finding, failure_of
from recode_data.judge.judging import UNSEEN, Judging, judging
from recode_data.judge.pending import GENERATION, OWED, UNKNOWN, judged_with, owed
from recode_data.judge.recursion import deep_trees
from recode_data.judge.resolver import CachedResolver
from recode_data.judge.run_cache import RunCache
from recode_data.judge.verdict import verdict_without_runs
from recode_data.library import Library
from recode_data.progress import Progress, Summary, Task
from recode_data.records import Entry, Run, Verdict
from recode_data.workspace import Workspace

logger = logging.getLogger(__name__)
WINDOW = 2000
"""Entries whose judgings are under way at one time."""
SHARE = 100
"""Entries for each worker that are worth a batch: with fewer some would wait at its end."""
ALONE = 2.0
"""Times the usual limit that a run may take which was late and is made again alone, so that
an endless program costs three times the limit in all."""
SHOW_EVERY = 0.2
"""Seconds between two updates of the live view."""


def validate(
    workspace: Workspace,
    libraries: Iterable[str] = (),
    *,
    jobs: int = 2,
    timeout: float = 10.0,
    limit: int | None = None,
    only: Iterable[str] = (),
    retry: Iterable[str] = OWED,
    engine: Engine | str = "local",
    address: str = "",
    redate: bool = False,
    progress: Progress | None = None,
) -> Summary:
    """Judge every entry that is owed a verdict; return what came of them.

    Runs and verdicts are committed as they arrive: the stage can be killed at any moment
    and run again, and only what was in flight is done twice. ``only`` keeps the entries
    of these ids; empty keeps all. What takes longer than ``timeout`` seconds is run again alone
    and with twice the time before that is believed. ``engine`` is ``local``,
    ``ray`` (with the cluster's ``address``), or one that is open already
    and stays open. With ``redate`` an imported row whose claimed pair of versions shows no
    update is judged where the library's versions show one, also where it was judged
    without that before; ``claimed`` and ``measured`` in the evidence say so.
    """
    started = time.monotonic()
    chosen = set(only)
    progress = progress or Progress(quiet=True)
    made_of = judged_with(workspace, progress)
    due = owed(workspace, libraries, retry, UNSEEN if redate else (), made_of)
    entries = [entry for entry in due if not chosen or entry.id in chosen][:limit]
    summary = Summary("validate", came_in=len(entries))
    if entries:
        with (
            _opened(engine, jobs, address) as running,
            progress.task("validate", len(entries)) as task,
        ):
            scheduler = _Scheduler(
                RunCache(workspace),
                running,
                Context(CachedResolver(), timeout, redate),
                task,
                summary,
                {name: inputs.generation for name, inputs in made_of.items()},
            )
            for batch in _batches(entries, SHARE * running.workers):
                scheduler.sit(batch)
    summary.seconds = time.monotonic() - started
    return summary


def _batches(entries: list[Entry], least: int) -> list[list[Entry]]:
    """Divide the entries by library, small libraries together up to ``least`` entries.

    A judging comes back to the versions of its library several times. All libraries at once
    have more versions than servers can wait warm, and most would be started anew each time.
    """
    ordered = sorted(entries, key=lambda entry: entry.dependency)
    batches: list[list[Entry]] = []
    for _, group in groupby(ordered, key=lambda entry: entry.dependency):
        if not batches or len(batches[-1]) >= least:
            batches.append([])
        batches[-1] += group
    return batches


def _opened(engine: Engine | str, jobs: int, address: str) -> AbstractContextManager[Engine]:
    """Return an engine that ends with its block, or a given one that does not."""
    if isinstance(engine, str):
        return open_engine(engine, jobs, address)
    return nullcontext(engine)


@dataclass
class _Open:
    """A judging under way: the jobs of its step, and the runs that have come of them."""

    entry: Entry
    judging: Judging
    asked: list[str] = field(default_factory=list)
    runs: dict[str, Run] = field(default_factory=dict)


class _Scheduler:
    """Drives the judgings: asks each for jobs, reuses known runs, executes the others."""

    def __init__(  # noqa: PLR0917
        self,
        cache: RunCache,
        engine: Engine,
        context: Context,
        task: Task,
        summary: Summary,
        generations: Mapping[str, int],
    ) -> None:
        self.generations = generations
        """Of what verdicts are made of, by the name that rows give a library."""
        self.cache, self.engine, self.context = cache, engine, context
        self.task, self.summary = task, summary
        self.queue: deque[Job] = deque()
        self.used: dict[object, None] = {}
        self.waiting: dict[str, list[_Open]] = {}
        self.failures: set[str] = set()
        self.late: list[Job] = []
        self.open = 0
        self.closed = 0
        self.made = 0
        self.started = self.shown = time.monotonic()

    def sit(self, entries: list[Entry]) -> None:
        """Judge ``entries``; what was judged is kept however this ends."""
        coming = iter(entries)
        try:
            while True:
                self._admit(coming)
                if self.queue:
                    self._run(self._feed())
                elif self.late:
                    self._run_alone()
                else:
                    break
        finally:
            self.cache.flush()

    def _admit(self, coming: Iterator[Entry]) -> None:
        while self.open < WINDOW and (entry := next(coming, None)):
            library = Library.matching(entry.dependency)
            if library is None:
                finding = Finding(UNKNOWN, f"no definition for {entry.dependency!r}")
                self._close(entry, verdict_without_runs(entry, finding))
                continue
            self.open += 1
            self._advance(_Open(entry, judging(entry, library, self.context)), None)

    def _feed(self) -> Iterator[Job]:
        """Return the jobs that wait; what finished judgings ask for comes in the next round."""
        batch = interleaved(self.queue, self.engine.workers, list(self.used))
        self.queue.clear()
        return batch

    def _run(self, jobs: Iterable[Job], alone: bool = False) -> None:
        for job, run in self.engine.run(jobs):
            self.used.pop(job.server, None)
            self.used[job.server] = None
            if run.status == "timeout" and not alone:
                self.late.append(job)
            else:
                self._arrived(job.run_id, replace(run, runner=job.runner))

    def _run_alone(self) -> None:
        """Run what was late once more, one after the other with nothing beside, and with
        more time. Whether a program is in time must not depend on what else was running."""
        late, self.late = sorted(self.late, key=lambda job: job.run_id), []
        for job in late:
            self._run([replace(job, timeout=job.timeout * ALONE)], alone=True)

    def _arrived(self, id: str, run: Run) -> None:
        self.made += 1
        self.cache.write(run)
        self._show()
        for open in self.waiting.pop(id, []):
            open.runs[id] = run
            if len(open.runs) == len(set(open.asked)):
                self._advance(open, [open.runs[asked] for asked in open.asked])

    def _advance(self, open: _Open, runs: list[Run] | None) -> None:
        """Send a judging its runs until it needs some that are not known yet."""
        while True:
            asked = self._step(open, runs)
            if isinstance(asked, Verdict):
                self.open -= 1
                self._close(open.entry, asked)
                return
            jobs = asked
            open.asked = [job.run_id for job in jobs]
            open.runs = self.cache.find(open.asked)
            missing = {job.run_id: job for job in jobs if job.run_id not in open.runs}
            if missing:
                break
            runs = [open.runs[asked] for asked in open.asked]
        for id, job in missing.items():
            if id not in self.waiting:
                self.queue.append(job)
            self.waiting.setdefault(id, []).append(open)

    def _step(self, open: _Open, runs: list[Run] | None) -> list[Job] | Verdict:
        """Return what a judging asks for next, or its verdict.

        What it raises is a failure of ours about this entry, and ends no other's judging.
        """
        try:
            with deep_trees():
                return next(open.judging) if runs is None else open.judging.send(runs)
        except StopIteration as end:
            verdict: Verdict = end.value
            return verdict
        except Exception as error:
            finding = failure_of(error)
            if finding.detail not in self.failures:
                self.failures.add(finding.detail)
                where = f"entry {open.entry.id} could not be judged: {finding.detail}"
                logger.warning(where, exc_info=logger.isEnabledFor(logging.DEBUG))
            passing = isinstance(error, MemoryError | OSError | RecodeError)
            if not passing and self.cache.found_before(open.entry.id, finding):
                finding = replace(finding, reason=STUCK)
            return verdict_without_runs(open.entry, finding)

    def _close(self, entry: Entry, verdict: Verdict) -> None:
        if number := self.generations.get(entry.dependency, 0):
            verdict = replace(verdict, evidence=verdict.evidence | {GENERATION: number})
        self.cache.write(verdict)
        if verdict.status == "valid":
            self.summary.went_out += 1
        elif verdict.status == "invalid" or verdict.reason == STUCK:
            self.summary.dropped[verdict.reason] += 1
        else:
            self.summary.owed += 1
            self.summary.dropped[verdict.reason] += 1
        self.closed += 1
        self._show(1)

    def _show(self, steps: int = 0) -> None:
        """Tell the live view of a verdict, and several times a second of the runs."""
        now = time.monotonic()
        if not steps and now - self.shown < SHOW_EVERY:
            return
        self.shown = now
        seconds = max(now - self.started, 1e-9)
        notes: dict[str, object] = {
            "valid": self.summary.went_out,
            "runs/s": f"{self.made / seconds:.0f}",
        }
        left = (self.task.total or 0) - self.closed
        if self.closed and left:
            notes["left"] = f"{left * seconds / self.closed:.0f}s"
        self.task.advance(steps, **notes, **dict(self.summary.dropped.most_common(3)))
