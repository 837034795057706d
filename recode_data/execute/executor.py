"""Runs jobs on a pool of warm fork servers, or on a Ray cluster, and never raises for what a
code does."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from itertools import islice
from types import TracebackType
from typing import Any, Protocol, TypeAlias

from recode_data.adapters import adapters
from recode_data.errors import UsageError
from recode_data.execute.job import Job, Probe, Reply
from recode_data.execute.report import failed, failed_probe, to_reply, to_run
from recode_data.execute.sandbox import Limits, Tier
from recode_data.execute.selftest import choose_tier
from recode_data.execute.warm import ServerDied, Servers
from recode_data.records import Run

AHEAD = 64
"""Jobs that are taken from an iterable ahead of each worker, to group them."""
Work: TypeAlias = Job | Probe


class Executor:
    """A pool of workers, each with one job at a time in a warm server.

        with Executor(jobs=2) as executor:
            for job, run in executor.run(jobs):
                ...

    A run's tier is the strongest that passes its self-test here (`choose_tier`). Leaving
    the block ends every process that was started; so does the end of this process, however
    it ends. Safe to use from several threads.
    """

    def __init__(
        self,
        jobs: int = 2,
        limits: Limits | None = None,
        unsafe: bool = False,
        tier: Tier | None = None,
    ) -> None:
        """Raises `SandboxFailed` when no tier works here and ``unsafe`` is not given, and
        `BrokenAdapter` for an installed adapter that cannot be used."""
        adapters()
        self.limits = limits or Limits()
        self.tier: Tier = tier or choose_tier(unsafe)
        self._servers = Servers(self.tier, self.limits)
        self._changed = threading.Condition()
        self._waiting: deque[tuple[Work, Future[Any]]] = deque()
        self._closed = False
        self._doing: Counter[object] = Counter()
        self._workers = [
            threading.Thread(target=self._work, name=f"execute-{i}", daemon=True)
            for i in range(max(1, jobs))
        ]
        for worker in self._workers:
            worker.start()

    @property
    def workers(self) -> int:
        """How many jobs run at a time."""
        return len(self._workers)

    def __enter__(self) -> Executor:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Drop what waits and end every server and worker; what runs is not waited for."""
        with self._changed:
            self._closed = True
            for _, future in self._waiting:
                future.cancel()
            self._waiting.clear()
            self._changed.notify_all()
        self._servers.close()
        for worker in self._workers:
            worker.join()

    def submit(self, job: Job) -> Future[Run]:
        """Queue a job; its future never holds an exception of the job's own."""
        return self._queue(job)

    def ask(self, probe: Probe) -> Reply:
        """Run one probe and wait for it."""
        reply: Reply = self._queue(probe).result()
        return reply

    def _queue(self, work: Work) -> Future[Any]:
        future: Future[Any] = Future()
        with self._changed:
            if self._closed:
                raise RuntimeError("this executor is closed")
            self._waiting.append((work, future))
            self._changed.notify()
        return future

    def run_one(self, job: Job) -> Run:
        """Run one job and wait for it."""
        return self.submit(job).result()

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Run]]:
        """Yield each job with its run, as they finish, in any order.

        Jobs are taken from the iterable as they are needed, some ahead of the workers so
        that those of one environment come together.
        """
        finished: deque[Future[Run]] = deque()
        ready = threading.Semaphore(0)
        running: dict[Future[Run], Job] = {}
        source = iter(jobs)

        def done(future: Future[Run]) -> None:
            finished.append(future)
            ready.release()

        try:
            while True:
                for job in islice(source, AHEAD * len(self._workers) - len(running)):
                    future = self.submit(job)
                    running[future] = job
                    future.add_done_callback(done)
                if not running:
                    return
                ready.acquire()
                future = finished.popleft()
                yield running.pop(future), future.result()
        finally:
            for future in running:
                future.cancel()

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._closed:
                    self._changed.wait()
                if self._closed:
                    return
                job, future = self._next()
                self._doing[job.server] += 1
            try:
                if future.set_running_or_notify_cancel():
                    future.set_result(self._settle(job))
            finally:
                with self._changed:
                    self._doing[job.server] -= 1

    def _next(self) -> tuple[Work, Future[Any]]:
        """Take the first job that a warm server waits for, else the first of an environment
        that no other worker is busy with, since a second server of one costs a start."""
        warm = self._servers.warm()
        waiting = [job for job, _ in self._waiting]
        ready = (n for n, job in enumerate(waiting) if job.server in warm and not job.alone)
        other = (n for n, job in enumerate(waiting) if not self._doing[job.server])
        position = next(ready, next(other, 0))
        found = self._waiting[position]
        del self._waiting[position]
        return found

    def _settle(self, job: Work) -> Run | Reply:
        try:
            try:
                return self._attempt(job)
            except ServerDied:
                # What killed one idle server may have killed them all.
                return self._attempt(job, new=True)
        except Exception as error:  # a worker that ended would leave its jobs waiting for ever
            if isinstance(job, Probe):
                return failed_probe(error)
            return failed(job, error, self.tier)

    def _attempt(self, job: Work, new: bool = False) -> Run | Reply:
        server = self._servers.lend(job, new)
        result: Run | Reply
        try:
            if isinstance(job, Probe):
                answer = server.run(job.code, (), job.timeout, probe=True)
                result = to_reply(job, answer)
            else:
                answer = server.run(job.code, job.trace, job.timeout)
                result = to_run(job, answer, self.tier)
        except BaseException:
            self._servers.give_up(server)
            raise
        self._servers.take_back(job, server)
        return result


class Engine(Protocol):
    """Runs jobs: the `Executor` of this machine, or the `RayPool` of a cluster.

    What a job's code does is in its run; no method raises for it. Leaving its block closes it.
    """

    @property
    def workers(self) -> int:
        """How many jobs run at a time."""

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Run]]:
        """Yield each job with its run as they finish, in any order."""

    def submit(self, job: Job) -> Future[Run]:
        """Queue a job."""

    def close(self) -> None:
        """End the workers; what has not begun is not run."""

    def __enter__(self) -> Engine: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def open_engine(name: str, jobs: int, address: str = "") -> Engine:
    """Return the engine called ``local`` or ``ray`` with ``jobs`` workers.

    ``address`` is that of a Ray cluster that runs already, which has a worker for each of its
    processors; without one it is started here. Raises `UsageError` for another name.
    """
    if name == "ray":
        from recode_data.execute.ray_pool import RayPool

        return RayPool(address, None if address else jobs)
    if name != "local":
        raise UsageError(f"no engine is called {name!r}", "local or ray")
    if address:
        raise UsageError(
            "--address is for --engine ray", "add --engine ray, or leave --address out"
        )
    return Executor(jobs=jobs)
