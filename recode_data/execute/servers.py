"""The warm servers of one executor: which are idle, which are busy, which to give up."""

from __future__ import annotations

import threading
from collections import OrderedDict
from functools import partial

from recode_data.errors import EnvironmentFailed, EnvironmentUnusable, RecodeError
from recode_data.execute.environments import ensure
from recode_data.execute.job import Job, Probe
from recode_data.execute.sandbox import Limits, Start, Tier
from recode_data.execute.warm import WarmServer
from recode_data.library import load_library
from recode_data.records import Environment, Json

MOST_IDLE = 32
"""Servers that wait warm (30 MB each with NumPy): more than a matrix has versions, or a scan over
them would start each one anew. The one that was used longest ago goes first."""


class Servers:
    """Lends a server for a job and takes it back; safe between threads."""

    def __init__(self, tier: Tier, limits: Limits) -> None:
        self.tier = tier
        self.limits = limits
        self._lock = threading.Lock()
        self._idle: OrderedDict[int, tuple[object, WarmServer]] = OrderedDict()
        self._busy: dict[int, WarmServer] = {}
        self._failed: dict[str, EnvironmentFailed] = {}
        self._closed = False

    def warm(self) -> set[object]:
        """Return for which jobs a server waits: see `Job.server`."""
        with self._lock:
            return {key for key, _ in self._idle.values()}

    def lend(self, job: Job | Probe, new: bool = False) -> WarmServer:
        """Return a server for the job: an idle one, unless ``new``, or else a new one.

        Raises `EnvironmentFailed` (at once when it has failed before; `EnvironmentUnusable`
        where the library itself cannot be imported) or `ServerDied`.
        """
        idle = None if job.alone or new else self._take(job)
        if idle is not None:
            return idle
        server = self._start(job)
        with self._lock:
            self._busy[id(server)] = server
            closed = self._closed
        if closed:
            self.give_up(server)
        return server

    def _take(self, job: Job | Probe) -> WarmServer | None:
        """Take an idle server for the job; those that died meanwhile are dropped."""
        with self._lock:
            if job.environment.id in self._failed:
                raise self._failed[job.environment.id]
            for number in [n for n, (k, _) in self._idle.items() if k == job.server]:
                server = self._idle.pop(number)[1]
                if server.process.poll() is None:
                    self._busy[id(server)] = server
                    return server
                server.close()
        return None

    def take_back(self, job: Job | Probe, server: WarmServer) -> None:
        """Keep a server for the next job like this one; end one that was for it alone."""
        if job.alone:
            self.give_up(server)
            return
        with self._lock:
            self._busy.pop(id(server), None)
            self._idle[id(server)] = (job.server, server)
            spare = []
            while len(self._idle) > MOST_IDLE or (self._closed and self._idle):
                spare.append(self._idle.popitem(last=False)[1][1])
        for old in spare:
            old.close()

    def give_up(self, server: WarmServer) -> None:
        with self._lock:
            self._busy.pop(id(server), None)
        server.close()

    def close(self) -> None:
        """End the idle servers, and kill the busy ones under the hands of their workers."""
        with self._lock:
            self._closed = True
            idle = [server for _, server in self._idle.values()]
            self._idle.clear()
            for server in self._busy.values():
                server.process.kill()
        for server in idle:
            server.close()

    def _start(self, job: Job | Probe) -> WarmServer:
        try:
            made = ensure(job.environment)
        except EnvironmentFailed as error:
            with self._lock:
                self._failed[job.environment.id] = error
            raise
        place = partial(
            Start,
            python=made.interpreter.path,
            prefix=made.interpreter.prefix,
            environment=made.folder,
            tier=self.tier,
        )
        if isinstance(job, Probe):
            return WarmServer(place(limits=job.limits, samples=False, bare=True))
        server = WarmServer(
            place(
                limits=self.limits,
                preload=job.imports if job.fresh else preloaded(job.environment),
                samples=not job.fresh,
                seed=job.seed if job.fresh else 0,
                start_in="elsewhere" if job.fresh else "",
            )
        )
        broken = _broken(job.environment, server.hello["failed"])
        if broken is None:
            return server
        server.close()
        with self._lock:
            self._failed[job.environment.id] = broken
        raise broken


_PASSING = ("MemoryError", "OSError", "TimeoutError", "BlockingIOError")
"""What an import may fail of on a machine that has little left, and not the next time."""


def _broken(environment: Environment, failed: list[dict[str, Json]]) -> EnvironmentUnusable | None:
    """Return why nothing about the library can be tried in an environment.

    Its package is there and raises when it is imported, as a release does that is older than
    its Python. That no package of that name is there is no reason: programs that import
    another one of the distribution run all the same.
    """
    package = preloaded(environment)[:1]
    for told in failed:
        if (told["module"],) != package or told["exception"] in _PASSING:
            continue
        if told["missing"] == told["module"].partition(".")[0]:
            continue
        return EnvironmentUnusable(
            f"{told['module']} cannot be imported with {environment}:"
            f" {told['exception']}: {' '.join(str(told['message']).split())}",
            "choose a version that supports this Python, or pin another Python for it",
        )
    return None


def preloaded(environment: Environment) -> tuple[str, ...]:
    """Return the modules to import before the fork: the library's package, and what its
    definition names; nothing where there is no definition to tell the package's name."""
    try:
        library = load_library(environment.library)
    except RecodeError:
        return ()
    return (library.package, *library.preload)
