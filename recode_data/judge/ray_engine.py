"""Validation on a Ray cluster: the same jobs, run by actors on its nodes.

Each node makes its own environments and runs its jobs in its own sandbox; the runs stream
back to the one owner of the workspace. A lost worker or node costs a retry of the jobs it
had, never a result.

Ray's control store and node agents listen on every network interface whatever address
they are given, and whoever reaches them can run code as you: use a private network or a
firewall. A cluster that this engine starts itself is told to use the loopback address and
is stopped at the end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any

from recode_data.errors import MissingExtra, NetworkError
from recode_data.execute import Executor, Job, runner
from recode_data.judge.job_order import by_server
from recode_data.records import Run, content_id

BATCH = 16
"""Jobs that go to a worker at one time."""
LOSSES = 4
"""Workers that one job may cost before it is given up as an error."""


@dataclass
class _Batch:
    jobs: list[Job]
    losses: int = 0


class RayEngine:
    """Runs jobs on the cluster at ``address``, or on a new one of this machine.

    ``jobs`` is the number of workers; `None` takes one for each processor of the cluster.
    Raises `MissingExtra` without Ray, `NetworkError` when the cluster does not answer.
    """

    def __init__(self, address: str = "", jobs: int | None = None) -> None:
        self.ray = _ray()
        self.address = address
        self._connect(jobs)
        count = jobs or max(1, int(self.ray.cluster_resources().get("CPU", 1)))
        remote = self.ray.remote(_Worker).options(num_cpus=1, max_restarts=-1)
        self.actors: list[Any] = [remote.remote() for _ in range(count)]

    @property
    def workers(self) -> int:
        return len(self.actors)

    def _connect(self, jobs: int | None) -> None:
        package = Path(__file__).parent.parent
        common: dict[str, Any] = {
            "include_dashboard": False,
            "log_to_driver": False,
            "runtime_env": {"py_modules": [str(package)]},
        }
        if self.address:
            common |= {"address": self.address}
            del common["include_dashboard"]
        else:
            common |= {"num_cpus": jobs, "_node_ip_address": "127.0.0.1"}
        try:
            self.ray.init(**common)
        except (ConnectionError, OSError, RuntimeError) as error:
            raise NetworkError(
                f"no Ray cluster answers at {self.address or 'this machine'}: {error}",
                "ray status --address … tells whether it is up",
            ) from error

    def __enter__(self) -> RayEngine:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for actor in self.actors:
            self.ray.kill(actor)
        self.ray.shutdown()

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Run]]:
        """Yield each job with its run as they come back, in any order."""
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
                yield from self._lost(batch, again, str(error))
            else:
                yield from zip(batch.jobs, runs, strict=True)

    def _lost(self, batch: _Batch, again: deque[_Batch], why: str) -> Iterator[tuple[Job, Run]]:
        """Put the jobs of a lost worker back, one by one after the second loss, so that
        one job that takes its worker down does not take its neighbours along."""
        batch.losses += 1
        if batch.losses >= LOSSES:
            for job in batch.jobs:
                yield job, _given_up(job, why)
        elif batch.losses < 2:
            again.append(batch)
        else:
            again.extend(_Batch([job], batch.losses) for job in batch.jobs)


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


def _given_up(job: Job, why: str) -> Run:
    place = job.environment
    message = f"{LOSSES} workers were lost with it: {why.splitlines()[0] if why else ''}"
    return Run(
        content_id(job.code),
        place.id,
        place.library,
        place.version,
        place.python,
        runner(),
        "error",
        message=message[:500],
    )


def _ray() -> Any:
    try:
        import ray
    except ImportError as error:
        raise MissingExtra("Ray is not installed", "pip install 'recode-data[ray]'") from error
    return ray
