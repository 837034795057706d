"""Runs answers in their new version and has them judged, many at a time.

What the judge needs of an entry, its environment and the run of its own new code, is made
once; the same answer to the same entry is run once. A batch is bounded in time: what is
not finished by then is "could not be judged", never "wrong", and is ready when it is asked
for again.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, TypeVar

from recode_data.errors import RecodeError
from recode_data.execute import Job, resolve, resolve_pair
from recode_data.judge import Judgement, judge_candidate
from recode_data.library import Library, library_files, load_library
from recode_data.records import Entry, Environment, Run, content_id
from recode_data.rewards.cluster import chosen_engine

TIMEOUT = 10.0
"""Seconds for one run of an answer."""
BUDGET = 60.0
"""Seconds for a batch, environments aside that have to be made first."""
KEPT = 50_000
"""Judgements that are remembered."""

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Engine(Protocol):
    """Where jobs are run: this machine's executor, or a cluster's."""

    def submit(self, job: Job) -> Future[Run]: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """A program that is said to migrate an entry."""

    entry: Entry
    code: str

    @property
    def id(self) -> str:
        return content_id(self.entry.id, self.code)


class Examiner:
    """Judges answers through an engine; safe to use from several threads."""

    def __init__(self, engine: Engine | None = None, timeout: float = TIMEOUT) -> None:
        self._engine = engine
        self.timeout = timeout
        self._lock = threading.Lock()
        self._environments: dict[tuple[str, str, str], Environment | str] = {}
        self._runs: OrderedDict[tuple[str, str], Future[Run]] = OrderedDict()
        self._known: OrderedDict[str, Judgement] = OrderedDict()

    @property
    def engine(self) -> Engine:
        """The engine, started when it is first needed."""
        with self._lock:
            if self._engine is None:
                jobs = int(os.environ.get("RECODE_DATA_JOBS", "0")) or _cores()
                self._engine = chosen_engine(jobs)
            return self._engine

    def judge(self, answers: Sequence[Answer], budget: float = BUDGET) -> list[Judgement]:
        """Return a judgement for each answer within ``budget`` seconds.

        An answer that cannot be judged, for want of its environment, of a reference that
        runs or of time, has ``passed`` None and the reason.
        """
        open_runs = {a.id: self._start(a) for a in answers if a.id not in self._known}
        pending = [
            future for pair in open_runs.values() if isinstance(pair, tuple) for future in pair
        ]
        wait(pending, timeout=max(0.0, budget))
        return [self._settle(answer, open_runs.get(answer.id)) for answer in answers]

    def _start(self, answer: Answer) -> tuple[Future[Run], Future[Run]] | Judgement:
        """Queue the runs that an answer needs, the reference first."""
        found = self.environment(answer.entry)
        if isinstance(found, str):
            return Judgement(None, "error", found)
        library = library_of(answer.entry.dependency)
        assert library is not None
        reference = self.run(answer.entry.new_code, found, library.package)
        return reference, self.run(answer.code, found, library.package)

    def _settle(
        self, answer: Answer, runs: tuple[Future[Run], Future[Run]] | Judgement | None
    ) -> Judgement:
        if runs is None or answer.id in self._known:
            return self._known[answer.id]
        if isinstance(runs, Judgement):
            return runs
        reference, run = runs
        if not (reference.done() and run.done()):
            return Judgement(None, "timeout", "not finished within the batch's time")
        judgement = judge_candidate(answer.entry, answer.code, run.result(), reference.result())
        if judgement.passed is not None:
            _remember(self._known, answer.id, judgement, KEPT)
        return judgement

    def run(self, code: str, environment: Environment, package: str) -> Future[Run]:
        """Return the run of a code, the same one for the same code and environment."""
        key = (content_id(code), environment.id)
        engine = self.engine
        with self._lock:
            future = self._runs.get(key)
            if future is None or (future.done() and future.result().status == "error"):
                job = Job(code, environment, trace=(package,), timeout=self.timeout)
                future = engine.submit(job)
                _remember(self._runs, key, future, KEPT // 10)
        return future

    def environment(self, entry: Entry) -> Environment | str:
        """Return where an entry's new code runs, or the reason why that is nowhere."""
        key = (entry.dependency, entry.old_version, entry.new_version)
        if key not in self._environments:
            self._environments[key] = _environment(*key)
        return self._environments[key]


def _environment(dependency: str, old_version: str, new_version: str) -> Environment | str:
    library = library_of(dependency)
    if library is None:
        return f"no definition for library {dependency!r}"
    old, new = old_version.lstrip("= "), new_version.lstrip("= ")
    try:
        return resolve_pair(library, old, new)[1] if old else resolve(library, new)
    except RecodeError as error:
        return error.message


@lru_cache(maxsize=256)
def library_of(dependency: str) -> Library | None:
    """Return the library that a ``dependency`` column names, by any of its names."""
    wanted = dependency.lower()
    for name in library_files():
        library = load_library(name)
        if wanted in (name, library.name.lower(), library.dependency.lower(), library.package):
            return library
    return None


def _remember(memory: OrderedDict[K, V], key: K, value: V, most: int) -> None:
    memory[key] = value
    while len(memory) > most:
        memory.popitem(last=False)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
