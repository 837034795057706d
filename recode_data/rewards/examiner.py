"""Runs answers in their new version and has them judged, many at a time.

What the judge needs of an entry, its environment and the run of its own new code, is made
once; the same answer to the same entry is run once. The time of that run decides how long an
answer may take. A batch is bounded in time as well: what is not finished by then is "could
not be judged", never "wrong"; what had begun is ready when it is asked for again.
"""

from __future__ import annotations

import ast
import atexit
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from queue import Empty, SimpleQueue
from typing import Any, TypeAlias, TypeVar

from recode_data.errors import RecodeError, UsageError
from recode_data.execute import Engine, Job, open_engine
from recode_data.judge import Judgement, judge_candidate
from recode_data.judge.grade import Grading, grading
from recode_data.judge.recursion import deep_trees
from recode_data.judge.requirements import equipped
from recode_data.judge.resolver import CachedResolver
from recode_data.library import Library
from recode_data.records import Entry, Environment, Run, content_id
from recode_data.requirements import read_requirements
from recode_data.rewards.deadlines import TIMEOUT, deadlines, workers

BUDGET = 60.0
"""Seconds for a batch, environments aside that have to be made first."""
KEPT = 50_000
"""Judgements that are remembered."""

_REFERENCE, _FIRST, _LAST, _PROOF = "reference", "first", "last", "proof"
_TIMING = "timing"

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True)
class Answer:
    """A program that is said to migrate an entry."""

    entry: Entry
    code: str

    @cached_property
    def id(self) -> str:
        """The same for answers whose programs differ in comments and layout only."""
        return content_id(self.entry.id, self._shape)

    @cached_property
    def program(self) -> str:
        """What is run: the code, or the entry's own where that is the same program, for it has
        been run."""
        own = (self.entry.new_code, self.entry.old_code)
        return next((code for code in own if _own_shape(code) == self._shape), self.code)

    @cached_property
    def _shape(self) -> str:
        return shape(self.code)

    @cached_property
    def reference(self) -> str:
        """What answers share whose entries have the same new code in the same place."""
        entry = self.entry
        return content_id(entry.dependency, entry.old_version, entry.new_version, entry.new_code)


LARGEST = 20_000
"""Characters of a program that is looked at for another that is the same: a larger one would
take longer than it may save."""


def shape(code: str) -> str:
    """Return a program without its comments and its layout, as a text that nothing else has;
    what is no Python comes back as it is."""
    if len(code) > LARGEST:
        return code
    try:
        return ast.dump(ast.parse(code))
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return code


_own_shape = lru_cache(maxsize=4096)(shape)


def entry_of(row: Mapping[str, Any]) -> Entry:
    """Return the entry that a row of a data set describes, as the judge takes it.

    Raises `ValueError` where its ``requirements`` are none.
    """
    names = ("dependency", "new_version", "update_info", "old_code", "new_code", "old_version",
             "change_kind", "old_symbol", "old_keyword", "new_symbol", "new_keyword")  # fmt: skip
    fields: dict[str, Any] = {name: row.get(name) or "" for name in names}
    requirements = read_requirements(row.get("requirements") or "")
    return Entry(description="", requirements=requirements, **fields)


Placed: TypeAlias = tuple[tuple[str, ...], Environment]
"""The top packages of an entry's library, and where its new code runs."""
RunKey: TypeAlias = tuple[str, str, tuple[str, ...]]
"""A code, its environment, and the packages whose use is traced."""


class Examiner:
    """Judges answers through an engine; safe to use from several threads."""

    def __init__(self, engine: Engine | None = None, timeout: float = TIMEOUT) -> None:
        self._engine = engine
        self.timeout = timeout
        self._lock = threading.Lock()
        self.resolver = CachedResolver()
        self._expected: OrderedDict[str, Placed] = OrderedDict()
        self._placed: OrderedDict[tuple[str, ...], Placed] = OrderedDict()
        self._runs: OrderedDict[tuple[str, str, tuple[str, ...]], tuple[Future[Run], float]] = (
            OrderedDict()
        )
        self._known: OrderedDict[str, Judgement] = OrderedDict()
        self._seconds: OrderedDict[str, float] = OrderedDict()

    @property
    def engine(self) -> Engine:
        """The engine, started when it is first needed."""
        with self._lock:
            if self._engine is None:
                self._engine = _engine_of_environment()
            return self._engine

    def close(self) -> None:
        """End the engine if it was started; what is being judged ends without a judgement."""
        with self._lock:
            engine = self._engine
        if engine is not None:
            engine.close()

    def judge(self, answers: Sequence[Answer], budget: float = BUDGET) -> list[Judgement]:
        """Return a judgement for each answer within ``budget`` seconds.

        An answer that cannot be judged, for want of its environment, of a reference that
        runs or of time, has ``passed`` None and the reason.
        """
        batch = _Batch(self, {answer.id: answer for answer in answers})
        found = batch.judge(time.monotonic() + max(0.0, budget))
        return [found[answer.id] for answer in answers]

    def known(self, answer: Answer) -> Judgement | None:
        """Return what was found of an answer before, if it is remembered."""
        with self._lock:
            judgement = self._known.get(answer.id)
            if judgement is not None:
                self._known.move_to_end(answer.id)
            return judgement

    def remember(self, answer: Answer, judgement: Judgement) -> None:
        """Keep a judgement that says something."""
        if judgement.passed is not None:
            with self._lock:
                _remember(self._known, answer.id, judgement, KEPT)

    def run(
        self,
        code: str,
        environment: Environment,
        packages: tuple[str, ...],
        deadline: float | None = None,
    ) -> Future[Run]:
        """Return the run of a code within ``deadline`` seconds, the same one for the same
        code and environment, unless it had less time and did not end. The use of ``packages``
        is traced."""
        timeout = min(deadline or self.timeout, self.timeout)
        key = content_id(code), environment.id, packages
        engine = self.engine
        with self._lock:
            future, given = self._runs.get(key, (None, 0.0))
            if future is None or _lost(future) or (given < timeout and not _ended(future)):
                job = Job(code, environment, trace=packages, timeout=timeout)
                future = engine.submit(job)
                _remember(self._runs, key, (future, timeout), KEPT // 10)
        return future

    def time(self, answer: Answer) -> Future[Run]:
        """Return a run of an entry's own new code that says how long it takes here."""
        place, packages = self.environment(answer.entry), self.packages(answer.entry)
        assert isinstance(place, Environment)  # the answer has run there
        job = Job(answer.entry.new_code, place, trace=packages, timeout=self.timeout)
        return self.engine.submit(job)

    def timed(self, answer: Answer, seconds: float) -> None:
        """Keep how long the new code of an answer's entry takes here."""
        with self._lock:
            _remember(self._seconds, answer.reference, seconds, KEPT)

    def untimed(self, answer: Answer) -> bool:
        """Say whether an entry's new code was run elsewhere and is not timed yet."""
        with self._lock:
            return answer.entry.id in self._expected and answer.reference not in self._seconds

    def deadlines(self, answer: Answer, reference: Run) -> tuple[float, float]:
        """Return the seconds of an answer's first and of its last turn.

        A task says of its reference only within which whole seconds it ends, so that an export is
        the same on any machine. Until that is known better the first turn is a short one.
        """
        with self._lock:
            seconds = self._seconds.get(answer.reference, reference.seconds)
        first, last = deadlines(seconds, self.timeout)
        if seconds <= 1.0 and self.untimed(answer):
            first = min(first, deadlines(0.0, self.timeout)[0])
        return first, last

    def environment(self, entry: Entry) -> Environment | str:
        """Return where an entry's new code runs, or the reason why that is nowhere."""
        place = self._place(entry)
        return place if isinstance(place, str) else place[1]

    def packages(self, entry: Entry) -> tuple[str, ...]:
        """Return the top packages of an entry's library, whose use is traced."""
        place = self._place(entry)
        assert not isinstance(place, str)  # it has an environment
        return place[0]

    def _place(self, entry: Entry) -> Placed | str:
        """Return an entry's packages and environment, which are found once: to look into every
        definition for each answer is a fifth of what the judge itself takes."""
        key = (entry.id, *entry.requirements)
        with self._lock:
            known = self._expected.get(entry.id) or self._placed.get(key)
        if known:
            return known
        library = Library.matching(entry.dependency)
        if library is None:
            return f"no definition for library {entry.dependency!r}"
        try:
            found = self.resolver.of_new(library, entry.old_version, entry.new_version)
        except RecodeError as error:
            return error.message
        environment = equipped(found, entry.requirements)
        with self._lock:
            _remember(self._placed, key, (library.packages, environment), KEPT)
        return library.packages, environment

    def expect(
        self, entry: Entry, packages: tuple[str, ...], environment: Environment, runs: Sequence[Run]
    ) -> None:
        """Take what was measured before: where an entry's answers run, and ``runs`` of its own
        codes there. Neither the index is asked then nor are those codes run again."""
        with self._lock:
            _remember(self._expected, entry.id, (packages, environment), KEPT)
            for run in runs:
                future: Future[Run] = Future()
                future.set_result(run)
                code = run.code_id, run.environment_id, packages
                _remember(self._runs, code, (future, self.timeout), KEPT // 10)


@dataclass
class _Proof:
    """The grading of one answer that is under way: the jobs of its step and their runs."""

    answer: Answer
    deadline: float
    grading: Grading
    jobs: list[Job] = field(default_factory=list)
    runs: dict[int, Run] = field(default_factory=dict)

    def given(self) -> list[Run]:
        """Return the runs of the step, in the order of its jobs."""
        return [self.runs[number] for number in range(len(self.jobs))]


class _Batch:
    """Answers that are judged together: references first, then each answer with a deadline
    that its reference sets, and once more what did not end in a short first turn.

    So an endless answer holds the others up for its short turn only.
    """

    def __init__(self, examiner: Examiner, answers: Mapping[str, Answer]) -> None:
        self.examiner = examiner
        self.found: dict[str, Judgement] = {}
        self.open: dict[str, Answer] = {}
        self.places: dict[str, tuple[Environment, tuple[str, ...]]] = {}
        self.references: dict[str, Run] = {}
        self.ended: SimpleQueue[tuple[str, str, Future[Run]]] = SimpleQueue()
        self.running: dict[tuple[str, str], Future[Run]] = {}
        self.proofs: dict[str, _Proof] = {}
        self.late: dict[str, list[tuple[Answer, Run, float]]] = {}
        for answer in answers.values():
            self._take(answer)

    def judge(self, end: float) -> dict[str, Judgement]:
        """Return a judgement of every answer, at ``end`` at the latest."""
        while self.open:
            try:
                turn, name, future = self.ended.get(timeout=max(0.0, end - time.monotonic()))
            except Empty:
                break
            if self.running.get((turn, name)) is future:
                self._settle(turn, name, future)
        for future in self.running.values():
            future.cancel()  # what has not begun is not to hold up the next batch
        late = Judgement(None, "timeout", "not finished within the batch's time")
        return self.found | dict.fromkeys(self.open, late)

    def _take(self, answer: Answer) -> None:
        known = self.examiner.known(answer)
        place = known or self.examiner.environment(answer.entry)
        if isinstance(place, Judgement):
            self.found[answer.id] = place
        elif isinstance(place, str):
            self.found[answer.id] = Judgement(None, "error", place)
        else:
            self.open[answer.id] = answer
            self.places[answer.id] = place, self.examiner.packages(answer.entry)
            if (_REFERENCE, answer.reference) not in self.running:
                self._start(_REFERENCE, answer.reference, answer, answer.entry.new_code, None)

    def _start(
        self, turn: str, name: str, answer: Answer, code: str, deadline: float | None
    ) -> None:
        future = self.examiner.run(code, *self.places[answer.id], deadline)
        self.running[turn, name] = future
        future.add_done_callback(lambda done: self.ended.put((turn, name, done)))

    def _settle(self, turn: str, name: str, future: Future[Run]) -> None:
        del self.running[turn, name]
        if turn == _REFERENCE:
            waiting = [answer for answer in self.open.values() if answer.reference == name]
            if future.cancelled():  # by another batch, whose time was up
                self._start(turn, name, waiting[0], waiting[0].entry.new_code, None)
                return
            self.references[name] = future.result()
            for answer in waiting:
                self._turn(answer, _FIRST)
            return
        if turn == _PROOF:
            self._proven(name, future)
            return
        if turn == _TIMING:
            self._timed(name, future)
            return
        answer = self.open[name]
        if future.cancelled():
            self._turn(answer, turn)
            return
        run, reference = future.result(), self.references[answer.reference]
        first, last = self.examiner.deadlines(answer, reference)
        if turn == _FIRST and run.status == "timeout" and first < last:
            if self.examiner.untimed(answer):
                self._time(answer, run, first)
            else:
                self._turn(answer, _LAST)
            return
        if run.status == "clean":
            self._prove(answer, deadlines(reference.seconds, self.examiner.timeout)[1])
        else:
            self._close(answer, judge_candidate(answer.entry, answer.program, run, reference))

    def _time(self, answer: Answer, run: Run, given: float) -> None:
        """Find out how long the reference takes before an answer that was late in ``given``
        seconds gets more: one that is endless would take all of a whole second ten times."""
        waiting = self.late.setdefault(answer.reference, [])
        waiting.append((answer, run, given))
        if len(waiting) == 1:
            self._start_timing(answer)

    def _start_timing(self, answer: Answer) -> None:
        name, future = answer.reference, self.examiner.time(answer)
        self.running[_TIMING, name] = future
        future.add_done_callback(lambda done: self.ended.put((_TIMING, name, done)))

    def _timed(self, name: str, future: Future[Run]) -> None:
        waiting = self.late[name]
        if future.cancelled():
            self._start_timing(waiting[0][0])
            return
        del self.late[name]
        timing, reference = future.result(), self.references[name]
        seconds = timing.seconds if timing.status == "clean" else reference.seconds
        self.examiner.timed(waiting[0][0], min(seconds, reference.seconds))
        for answer, run, given in waiting:
            if self.examiner.deadlines(answer, reference)[1] > given:
                self._turn(answer, _LAST)
            else:
                late = judge_candidate(answer.entry, answer.program, run, reference)
                self._close(answer, late)

    def _close(self, answer: Answer, judgement: Judgement) -> None:
        self.examiner.remember(answer, judgement)
        self.found[answer.id] = judgement
        del self.open[answer.id]

    def _prove(self, answer: Answer, deadline: float) -> None:
        """Begin the grading of an answer that runs: beside the old code, and on other inputs."""
        place, packages = self.places[answer.id]

        def job(code: str) -> Job:
            return Job(code, place, trace=packages, timeout=deadline)

        proof = _Proof(answer, deadline, grading(answer.entry, answer.program, job))
        self.proofs[answer.id] = proof
        self._ask(proof)

    def _ask(self, proof: _Proof) -> None:
        """Start the runs of the next step of a grading, or take what it came to."""
        try:
            with deep_trees():
                jobs = next(proof.grading) if not proof.runs else proof.grading.send(proof.given())
                while not jobs:  # a step without runs: nothing would ever come back from it
                    jobs = proof.grading.send([])
        except StopIteration as end:
            del self.proofs[proof.answer.id]
            self._close(proof.answer, end.value)
            return
        except Exception as error:  # ours: nothing is said of the answer
            del self.proofs[proof.answer.id]
            self._close(proof.answer, Judgement(None, "error", f"{type(error).__name__}: {error}"))
            return
        proof.jobs, proof.runs = jobs, {}
        for number in range(len(jobs)):
            self._start_proof(proof, number)

    def _start_proof(self, proof: _Proof, number: int) -> None:
        code, name = proof.jobs[number].code, f"{proof.answer.id} {number}"
        self._start(_PROOF, name, proof.answer, code, proof.deadline)

    def _proven(self, name: str, future: Future[Run]) -> None:
        id, _, number = name.partition(" ")
        proof = self.proofs[id]
        if future.cancelled():
            self._start_proof(proof, int(number))
            return
        proof.runs[int(number)] = future.result()
        if len(proof.runs) == len(proof.jobs):
            self._ask(proof)

    def _turn(self, answer: Answer, turn: str) -> None:
        reference = self.references[answer.reference]
        if reference.status != "clean":  # nothing can be said, whatever the answer does
            self.found[answer.id] = judge_candidate(answer.entry, answer.program, None, reference)
            del self.open[answer.id]
            return
        first, last = self.examiner.deadlines(answer, reference)
        self._start(turn, answer.id, answer, answer.program, first if turn == _FIRST else last)


def _engine_of_environment() -> Engine:
    """Open the engine that ``RECODE_DATA_ENGINE`` names, ``local`` or ``ray``, until this
    process ends; ``RECODE_DATA_ADDRESS`` is that of a cluster that runs already."""
    name = os.environ.get("RECODE_DATA_ENGINE", "local")
    if name not in ("local", "ray"):
        raise UsageError(f"RECODE_DATA_ENGINE is {name!r}", "local or ray")
    address = os.environ.get("RECODE_DATA_ADDRESS", "") if name == "ray" else ""
    engine = open_engine(name, workers(), address)
    atexit.register(engine.close)
    return engine


def _lost(future: Future[Run]) -> bool:
    """Whether a run has to be made again: it was never begun, or failed for our reason."""
    return future.cancelled() or (future.done() and future.result().status == "error")


def _ended(future: Future[Run]) -> bool:
    """Whether a run came to an end of its own."""
    return future.done() and not future.cancelled() and future.result().status != "timeout"


def _remember(memory: OrderedDict[K, V], key: K, value: V, most: int) -> None:
    memory[key] = value
    while len(memory) > most:
        memory.popitem(last=False)
