"""Where jobs are run: on this machine, or on a Ray cluster; the owner stays one process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Protocol

from recode_data.errors import UsageError
from recode_data.execute import Executor, Job, runner
from recode_data.records import Run, content_id


class Engine(Protocol):
    """Runs jobs and hands the runs back as they finish, in any order."""

    @property
    def workers(self) -> int: ...

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Run]]: ...

    def __enter__(self) -> Engine: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def open_engine(name: str, jobs: int, address: str = "") -> Engine:
    """Return the engine called ``local`` or ``ray``; raises `UsageError` for another."""
    if name == "ray":
        from recode_data.judge.ray_engine import RayEngine

        return RayEngine(address, None if address else jobs)
    if name != "local":
        raise UsageError(f"no engine is called {name!r}", "local or ray")
    if address:
        raise UsageError(
            "--address is for --engine ray", "add --engine ray, or leave --address out"
        )
    return LocalEngine(jobs)


def job_id(job: Job) -> str:
    """Return the id that the run of ``job`` will have."""
    return content_id(content_id(job.code), job.environment.id, runner_of(job))


def runner_of(job: Job) -> str:
    """Return the runner's version; a fresh run is another run than the usual one, and one
    in a process of its own another than one in a child of a second server."""
    if not job.fresh:
        return runner()
    return f"{runner()}/{'fresh' if job.alone else 'second'}-{job.seed}"


class LocalEngine:
    """Runs jobs with the warm servers of this machine."""

    def __init__(self, jobs: int = 2) -> None:
        self.executor = Executor(jobs=jobs)
        self.workers = jobs

    def __enter__(self) -> LocalEngine:
        self.executor.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.executor.__exit__(kind, error, trace)

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Run]]:
        """Yield each job with its run as they finish."""
        return self.executor.run(jobs)
