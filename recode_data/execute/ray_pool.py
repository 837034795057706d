"""Jobs on a Ray cluster: the same as on this machine, run by actors on its nodes.

Each node makes its own environments and runs its jobs in its own sandbox; the runs stream
back to the one process that asked for them.

Ray's control store and node agents listen on every network interface whatever address
they are given, and whoever reaches them can run code as you: use a private network or a
firewall. A cluster that is started here is told to use the loopback address and is stopped at
the end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from types import TracebackType
from typing import Any

from recode_data.errors import MissingExtra, NetworkError
from recode_data.execute.executor import Executor
from recode_data.execute.job import Job, by_server
from recode_data.execute.report import failed
from recode_data.records import Run

BATCH = 16
"""Jobs that go to a worker at one time."""
LOSSES = 4
"""Workers that one job may cost before it is given up as an error."""


class WorkerLost(Exception):
    """A worker ended with a job that it had."""


@dataclass
class _Batch:
    jobs: list[Job]
    losses: int = 0


class RayPool:
    """Workers of a cluster, each with warm servers of its own.

    A cluster that this process is connected to already, such as a trainer's, is used and left
    running; else the one at ``address``, or a new one of this machine. ``jobs`` is the number
    of workers; `None` takes one for each processor of the cluster. Raises `MissingExtra`
    without Ray, `NetworkError` when the cluster does not answer.
    """

    def __init__(self, address: str = "", jobs: int | None = None) -> None:
        self.ray = _ray()
        self.owned = not self.ray.is_initialized()
        if self.owned:
            self._connect(address, jobs)
        count = jobs or max(1, int(self.ray.cluster_resources().get("CPU", 1)))
        remote = self.ray.remote(_Worker).options(num_cpus=1, max_restarts=-1)
        self.actors: list[Any] = [remote.remote() for _ in range(count)]
        self._turn = cycle(self.actors)

    @property
    def workers(self) -> int:
        return len(self.actors)

    def _connect(self, address: str, jobs: int | None) -> None:
        package = Path(__file__).parent.parent
        common: dict[str, Any] = {
            "log_to_driver": False,
            "runtime_env": {"py_modules": [str(package)]},
        }
        if address:
            common |= {"address": address}
        else:
            common |= {
                "include_dashboard": False,
                "num_cpus": jobs,
                "_node_ip_address": "127.0.0.1",
            }
        try:
            self.ray.init(**common)
        except (ConnectionError, OSError, RuntimeError) as error:
            raise NetworkError(
                f"no Ray cluster answers at {address or 'this machine'}: {error}",
                "ray status --address … tells whether it is up",
            ) from error

    def __enter__(self) -> RayPool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the workers back, and leave the cluster, which ends if it was started here."""
        actors, self.actors = self.actors, []
        if not actors or not self.ray.is_initialized():
            return
        for actor in actors:
            self.ray.kill(actor)
        if self.owned:
            self.ray.shutdown()

    def submit(self, job: Job) -> Future[Run]:
        """Queue a job on the next worker; a lost worker makes it a run of status error."""
        result: Future[Run] = Future()
        result.set_running_or_notify_cancel()  # it is the cluster's from now on

        def done(future: Future[Any]) -> None:
            lost = future.exception()
            result.set_result(_lost(job, lost) if lost else future.result()[0])

        next(self._turn).run.remote([job]).future().add_done_callback(done)
        return result

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Run]]:
        """Yield each job with its run as they come back, in any order.

        A lost worker or node costs a retry of the jobs that it had, never a result.
        """
        source = _batches(jobs, BATCH * 4 * len(self.actors))
        again: deque[_Batch] = deque()
        idle = deque(self.actors)
        flying: dict[Any, tuple[Any, _Batch]] = {}
        while True:
            while idle and (batch := again.popleft() if again else next(source, None)):
                worker = idle.popleft()
                flying[worker.run.remote(batch.jobs)] = (worker, batch)
            if not flying:
                return
            (done, *_), _ = self.ray.wait(list(flying), num_returns=1)
            worker, batch = flying.pop(done)
            idle.append(worker)
            try:
                runs: list[Run] = self.ray.get(done)
            except self.ray.exceptions.RayError as error:
                yield from _retried(batch, again, error)
            else:
                yield from zip(batch.jobs, runs, strict=True)


class _Worker:
    """An executor on a node of the cluster."""

    def __init__(self) -> None:
        self.executor = Executor(jobs=1)

    def run(self, jobs: list[Job]) -> list[Run]:
        return [self.executor.run_one(job) for job in jobs]

    def pid(self) -> int:
        import os

        return os.getpid()


def _batches(jobs: Iterable[Job], ahead: int) -> Iterator[_Batch]:
    """Yield batches whose jobs share a server, looking ``ahead`` that many jobs."""
    source = iter(jobs)
    while seen := list(islice(source, ahead)):
        for group in by_server(seen):
            for start in range(0, len(group), BATCH):
                yield _Batch(group[start : start + BATCH])


def _retried(
    batch: _Batch, again: deque[_Batch], error: BaseException
) -> Iterator[tuple[Job, Run]]:
    """Put the jobs of a lost worker back, one by one after the second loss, so that one job
    that takes its worker down does not take its neighbours along."""
    batch.losses += 1
    if batch.losses >= LOSSES:
        for job in batch.jobs:
            yield job, _lost(job, error, batch.losses)
    elif batch.losses < 2:
        again.append(batch)
    else:
        again.extend(_Batch([job], batch.losses) for job in batch.jobs)


def _lost(job: Job, error: BaseException, times: int = 1) -> Run:
    why = (str(error).splitlines() or [repr(error)])[0][:400]
    workers = "a worker was" if times == 1 else f"{times} workers were"
    return failed(job, WorkerLost(f"{workers} lost with it: {why}"), "")


def _ray() -> Any:
    try:
        import ray
    except ImportError as error:
        raise MissingExtra("Ray is not installed", "pip install 'recode-data[ray]'") from error
    return ray
