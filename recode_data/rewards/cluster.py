"""The execution reward on a Ray cluster: answers run on its nodes, the trainer stays free.

``RECODE_DATA_ENGINE=ray`` asks for it, ``RECODE_DATA_ADDRESS`` names a cluster that runs
already, such as the one that verl trains on; without an address one is started here.
"""

from __future__ import annotations

import atexit
import os
from concurrent.futures import Future
from itertools import cycle
from typing import Any

from recode_data.errors import UsageError
from recode_data.execute import Executor, Job, runner
from recode_data.records import Run, content_id


def chosen_engine(jobs: int) -> Executor | RayPool:
    """Return the engine that the environment asks for, with ``jobs`` workers."""
    name = os.environ.get("RECODE_DATA_ENGINE", "local")
    if name == "ray":
        pool = RayPool(os.environ.get("RECODE_DATA_ADDRESS", ""), jobs)
        atexit.register(pool.close)
        return pool
    if name != "local":
        raise UsageError(f"RECODE_DATA_ENGINE is {name!r}", "local or ray")
    executor = Executor(jobs=jobs)
    atexit.register(executor.close)
    return executor


class RayPool:
    """Workers of a cluster, each with warm servers of its own; jobs go round."""

    def __init__(self, address: str = "", jobs: int | None = None) -> None:
        from recode_data.judge.ray_engine import RayEngine, _Worker

        engine = None
        try:
            import ray

            shared = ray.is_initialized()
        except ImportError:  # the engine says what to install
            shared = False
        if shared:  # the trainer's own cluster: it is not ours to end
            remote = ray.remote(_Worker).options(num_cpus=1, max_restarts=-1)
            self.workers: list[Any] = [remote.remote() for _ in range(jobs or 1)]
        else:
            engine = RayEngine(address, None if address else jobs)
            self.workers = engine.actors
        self._engine = engine
        self._turn = cycle(self.workers)

    def submit(self, job: Job) -> Future[Run]:
        """Queue a job on the next worker; a lost worker makes it a run of status error."""
        result: Future[Run] = Future()
        result.set_running_or_notify_cancel()  # it is the cluster's from now on

        def done(future: Future[Any]) -> None:
            lost = future.exception()
            result.set_result(_lost(job, lost) if lost else future.result()[0])

        next(self._turn).run.remote([job]).future().add_done_callback(done)
        return result

    def close(self) -> None:
        """Give the workers back, and end the cluster if it was started here; once."""
        import ray

        workers, self.workers = self.workers, []
        if self._engine is not None and workers:
            self._engine.__exit__(None, None, None)
        elif ray.is_initialized():
            for worker in workers:
                ray.kill(worker)


def _lost(job: Job, error: BaseException) -> Run:
    place = job.environment
    names = (place.id, place.library, place.version, place.python, runner())
    message = f"the worker was lost: {str(error).splitlines()[0] if str(error) else error!r}"
    return Run(content_id(job.code), *names, "error", message=message[:500])
