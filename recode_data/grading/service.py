"""Answers to the rows of packages, graded many at a time within limits.

What one request does is bounded in time, how many run and how many wait is bounded as well,
and stopping loses nothing that was accepted.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from recode_data.errors import RecodeError
from recode_data.execute import Engine
from recode_data.judge import Judgement
from recode_data.rewards.examiner import Examiner
from recode_data.rewards.tasks import Task, grade, run_program

BUCKETS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
"""Seconds that a grading takes at most, as the histogram counts them."""

Result = TypeVar("Result")


class Unavailable(RecodeError):
    """The service takes no request now; the same one may be taken later."""


class Overloaded(Unavailable):
    """As many requests wait as may."""


class OutOfTime(Unavailable):
    """A request was not done within its time."""


@dataclass(frozen=True)
class Limits:
    """What a service takes on."""

    concurrency: int = 64
    """Requests that are worked on at a time."""
    waiting: int = 1024
    """Requests that may wait besides; more are refused."""
    seconds: float = 60.0
    """What a request may take, from its arrival on."""


class Metrics:
    """What a service has done, in the text format of Prometheus (version 0.0.4)."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, int]] = Counter()
        """By path and status."""
        self.graded: Counter[str] = Counter()
        """By outcome: ``passed``, ``failed`` or ``unjudged``."""
        self.seconds: list[int] = [0] * (len(BUCKETS) + 1)
        self.total = 0.0

    def observe(self, judgement: Judgement, seconds: float) -> None:
        """Count a judgement and what it took."""
        outcome = {True: "passed", False: "failed", None: "unjudged"}[judgement.passed]
        self.graded[outcome] += 1
        self.seconds[bisect_left(BUCKETS, seconds)] += 1
        self.total += seconds

    def text(self, gauges: Mapping[str, tuple[str, float]]) -> str:
        """Return all of it, with ``gauges``: name → what it means and its value."""
        lines = []
        for name, (meaning, value) in gauges.items():
            lines += [*_head(name, "gauge", meaning), f"{PREFIX}{name} {value:g}"]
        lines += _head("requests_total", "counter", "Requests that were answered.")
        for (path, status), count in sorted(self.requests.items()):
            labels = f'{{path="{path}",status="{status}"}}'
            lines.append(f"{PREFIX}requests_total{labels} {count}")
        lines += _head("answers_total", "counter", "Answers that were graded.")
        for outcome in ("passed", "failed", "unjudged"):
            count = self.graded[outcome]
            lines.append(f'{PREFIX}answers_total{{outcome="{outcome}"}} {count}')
        lines += _head("grade_seconds", "histogram", "Time from a request to its grade.")
        for most, below in zip((*map(str, BUCKETS), "+Inf"), _cumulated(self.seconds), strict=True):
            lines.append(f'{PREFIX}grade_seconds_bucket{{le="{most}"}} {below}')
        lines.append(f"{PREFIX}grade_seconds_sum {self.total:.6f}")
        lines.append(f"{PREFIX}grade_seconds_count {sum(self.seconds)}")
        return "\n".join(lines) + "\n"


PREFIX = "recode_data_grader_"


def _head(name: str, kind: str, meaning: str) -> list[str]:
    return [f"# HELP {PREFIX}{name} {meaning}", f"# TYPE {PREFIX}{name} {kind}"]


def _cumulated(counts: list[int]) -> list[int]:
    return [sum(counts[: number + 1]) for number in range(len(counts))]


class Service:
    """Grades answers to rows; its methods belong to one event loop."""

    def __init__(
        self, rows: Mapping[str, Task], limits: Limits | None = None, engine: Engine | None = None
    ) -> None:
        """Serve ``rows``, tasks by their ids; ``engine``, which is ended with the service,
        runs the answers."""
        self.rows = rows
        self.limits = limits or Limits()
        self.examiner = Examiner(engine)
        self.metrics = Metrics()
        self.accepted = 0
        """Requests that wait or are worked on."""
        self.stopping = False
        self._pool = ThreadPoolExecutor(self.limits.concurrency, "grade")
        self._given_up = asyncio.Event()

    @property
    def gauges(self) -> dict[str, tuple[str, float]]:
        """What the service is at right now."""
        running = min(self.accepted, self.limits.concurrency)
        return {
            "rows": ("Rows whose answers are graded.", len(self.rows)),
            "running": ("Requests that are worked on.", running),
            "waiting": ("Requests that wait.", self.accepted - running),
            "stopping": ("1 while the service ends, else 0.", self.stopping),
        }

    async def grade(self, task: Task, code: str) -> Judgement:
        """Judge a program as an answer to a row.

        Raises what `within` does. A client that is gone changes nothing: the judgement is made
        and remembered, so that asking again costs nothing.
        """
        began = time.monotonic()

        def work(seconds: float) -> Judgement:
            return grade(task, code, self.examiner, seconds)

        judgement = await self.within(work)
        self.metrics.observe(judgement, time.monotonic() - began)
        return judgement

    async def run(self, task: Task, code: str) -> str:
        """Return what a program does in the new version of a row, as a model is shown it.

        Raises what `within` does.
        """
        return await self.within(lambda left: run_program(task, code, self.examiner, left))

    async def within(self, work: Callable[[float], Result]) -> Result:
        """Return what ``work``, given the seconds that it has, returns from a thread.

        Raises `Overloaded` where too many wait, `Unavailable` when the service ends or is
        ended before the work is, `OutOfTime` where the work does not even begin in time.
        """
        if self.stopping:
            raise Unavailable("the grader is being stopped", "ask the one that takes its place")
        if self.accepted >= self.limits.concurrency + self.limits.waiting:
            raise Overloaded(
                f"{self.accepted:,} requests are under way", "ask again in a second, or ask less"
            )
        end = time.monotonic() + self.limits.seconds

        def timed() -> Result:
            left = end - time.monotonic()
            if left <= 0:
                raise OutOfTime(
                    f"it has waited for {self.limits.seconds:g} s", "ask again, with fewer at once"
                )
            return work(left)

        self.accepted += 1
        future = self._pool.submit(timed)
        # Counted down where the work ends, not where its client is told: it may be gone.
        loop = asyncio.get_running_loop()
        future.add_done_callback(lambda _: _call(loop, self._ended))
        return await self._unless_given_up(future)

    async def _unless_given_up(self, future: Future[Result]) -> Result:
        wrapped = asyncio.wrap_future(future)
        given_up = asyncio.create_task(self._given_up.wait())
        either: tuple[asyncio.Future[Any], ...] = (wrapped, given_up)
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            given_up.cancel()
        if self._given_up.is_set():  # whatever the work came to without its engine
            wrapped.cancel()
            raise Unavailable("the grader was stopped", "ask the one that takes its place")
        return wrapped.result()

    def _ended(self) -> None:
        self.accepted -= 1

    def stop(self) -> None:
        """Take nothing more; what was accepted goes on. Safe in a signal's handler."""
        self.stopping = True

    def give_up(self) -> None:
        """Answer what is still under way with `Unavailable`, and end the engine."""
        self.stopping = True
        self._given_up.set()
        self.close()

    def close(self) -> None:
        """End the engine and drop what has not begun."""
        self.stopping = True
        self._pool.shutdown(wait=False, cancel_futures=True)
        self.examiner.close()


def _call(loop: asyncio.AbstractEventLoop, function: Callable[[], None]) -> None:
    """Call ``function`` in a loop, unless that has ended."""
    try:
        loop.call_soon_threadsafe(function)
    except RuntimeError:
        return
