"""Runs jobs on a pool of warm fork servers, and never raises for what a code does."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from types import TracebackType

from recode_data.errors import RecodeError
from recode_data.execute.environments import ensure
from recode_data.execute.job import Job
from recode_data.execute.report import failed, to_run
from recode_data.execute.sandbox import Limits, Tier
from recode_data.execute.warm import ServerDied, WarmServer
from recode_data.records import Environment, Run

MOST_SERVERS = 8
"""Warm servers that are kept; the one that was used longest ago goes first."""
AHEAD = 64
"""Jobs taken from the iterable ahead of the workers, for each worker."""


class Executor:
    """A pool of workers, each with one job at a time in a warm server.

        with Executor(jobs=2) as executor:
            for job, run in executor.run(jobs):
                ...

    Servers are started and kept by the workers; leaving the block ends them all.
    """

    def __init__(self, jobs: int = 2, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.tier: Tier = "bwrap"
        self._changed = threading.Condition()
        self._waiting: deque[tuple[Job, Future[Run]]] = deque()
        self._idle: dict[str, list[WarmServer]] = {}
        self._closed = False
        self._workers = [
            threading.Thread(target=self._work, name=f"execute-{i}", daemon=True)
            for i in range(jobs)
        ]
        for worker in self._workers:
            worker.start()

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
        """Drop what waits, end every server and worker."""
        with self._changed:
            self._closed = True
            for _, future in self._waiting:
                future.cancel()
            self._waiting.clear()
            self._changed.notify_all()
        for worker in self._workers:
            worker.join()

    def submit(self, job: Job) -> Future[Run]:
        """Queue a job; the future never holds an exception of the job's own."""
        future: Future[Run] = Future()
        with self._changed:
            if self._closed:
                raise RuntimeError("the executor is closed")
            self._waiting.append((job, future))
            self._changed.notify()
        return future

    def run_one(self, job: Job) -> Run:
        """Run one job and wait for it."""
        return self.submit(job).result()

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Run]]:
        """Yield each job with its run, as they finish, in any order.

        Jobs are taken from the iterable as they are needed, some ahead of the workers.
        """
        finished: deque[tuple[Job, Future[Run]]] = deque()
        ready = threading.Condition()
        open_jobs = 0
        source = iter(jobs)
        more = True

        def done(job: Job, future: Future[Run]) -> None:
            with ready:
                finished.append((job, future))
                ready.notify()

        while True:
            while more and open_jobs < AHEAD * len(self._workers):
                job = next(source, None)
                if job is None:
                    more = False
                    break
                open_jobs += 1
                self.submit(job).add_done_callback(lambda f, job=job: done(job, f))  # type: ignore[misc]
            if not open_jobs:
                return
            with ready:
                while not finished:
                    ready.wait(0.5)
                job, future = finished.popleft()
            open_jobs -= 1
            yield job, future.result()

    def _work(self) -> None:
        server: WarmServer | None = None
        environment: Environment | None = None
        while True:
            with self._changed:
                while not self._waiting and not self._closed:
                    self._changed.wait()
                if self._closed:
                    break
                job, future = self._next(environment)
            if server is None or environment != job.environment:
                if server is not None:
                    server.close()
                server, environment = None, job.environment
            server = self._settle(job, future, server)
        if server is not None:
            server.close()

    def _next(self, environment: Environment | None) -> tuple[Job, Future[Run]]:
        for position, (job, _) in enumerate(self._waiting):
            if job.environment == environment:
                found = self._waiting[position]
                del self._waiting[position]
                return found
        return self._waiting.popleft()

    def _settle(
        self, job: Job, future: Future[Run], server: WarmServer | None
    ) -> WarmServer | None:
        """Run a job in the server or a new one, a second time when the server dies."""
        run: Run | None = None
        for _ in range(2):
            try:
                if server is None:
                    made = ensure(job.environment)
                    server = WarmServer(made, self.tier, self.limits, (job.environment.library,))
                run = to_run(job, server.run(job.code, job.trace, job.timeout), self.tier)
                break
            except ServerDied as error:
                if server is not None:
                    server.close()
                server = None
                run = failed(job, error.message, self.tier)
            except (RecodeError, OSError) as error:
                run = failed(job, str(error), self.tier)
                break
        assert run is not None
        future.set_result(run)
        return server
