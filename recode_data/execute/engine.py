"""Where jobs are run: on this machine, or on a Ray cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from types import TracebackType
from typing import Protocol

from recode_data.errors import UsageError
from recode_data.execute.executor import Executor
from recode_data.execute.job import Job
from recode_data.records import Run


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
