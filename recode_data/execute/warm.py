"""The owner's end of the fork servers: start one, hand it jobs, read its answers, keep what it
compiled; which of an executor's servers are idle, which are busy, which to give up."""

from __future__ import annotations

import json
import os
import re
import select
import struct
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from recode_data.adapters import adapters
from recode_data.errors import BrokenAdapter, EnvironmentFailed, EnvironmentUnusable, RecodeError
from recode_data.execute.environments import DESCRIPTION, ensure
from recode_data.execute.job import Job, Probe
from recode_data.execute.sandbox import Limits, Start, Tier, start
from recode_data.library import load_library
from recode_data.records import Environment, Json

START = 120.0
"""Seconds that importing the library may take."""
PREPARE = 100
"""Runs after which a server is prepared for many more: about as many as the time that this
takes would have been saved over, so it never costs much more than it saves."""
GRACE = 5.0
"""Seconds beyond its timeout after which a run's server is given up."""
MOST_WAIT = 3
"""Times its timeout that a program may have waited for a core, which is not held against it:
as where eight programs share two cores."""
LARGEST = 16 << 20
"""Bytes of one message, where the limits of a run do not allow more."""


class ServerDied(RecodeError):
    """The fork server ended or fell silent; what it was doing is not known."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "run the same command again")


@dataclass(frozen=True)
class Answer:
    """What a server says of one run, before anything in it is believed."""

    header: dict[str, Json]
    report: bytes
    output: bytes


def masked(header: dict[str, Json], report: bytes, output: bytes) -> Answer:
    """Return an answer with the paths that it would hold in a tier with a /tmp of its own.

    Such as ``os.getcwd()``, the name of a temporary file or a module's ``__file__``: what a run
    reports must not depend on the tier, nor on how many runs came before.
    """
    places = {path.encode("utf-8", "surrogateescape"): to for path, to in header["places"]}
    if not places:
        return Answer(header, report, output)
    quoted = {
        json.dumps(path.decode("utf-8", "surrogateescape"))[1:-1].encode(): to
        for path, to in places.items()
    }
    for path, to in places.items():  # as values of type bytes are reported
        quoted[path.hex().encode()] = to.encode().hex()
    return Answer(header, _replaced(report, quoted), _replaced(output, places))


def _replaced(data: bytes, places: Mapping[bytes, str]) -> bytes:
    """Replace each key of ``places`` in ``data`` by its value, the longest key first."""
    pattern = b"|".join(re.escape(path) for path in sorted(places, key=len, reverse=True))
    return re.sub(pattern, lambda found: places[found.group()].encode(), data)


class WarmServer:
    """A process that has imported a library and forks a shut-in child for every job."""

    def __init__(self, what: Start) -> None:
        """Start it; raises `ServerDied` when it does not come up, and `BrokenAdapter` when it
        cannot use an adapter."""
        known = json.dumps([(one.name, one.source) for one in adapters()])
        self.what = what
        self.runs = 0
        self.started = start(what)
        self.process = self.started.process
        try:
            deadline = time.monotonic() + START
            self._send(known.encode("utf-8"), deadline)
            self.hello = self._greeting(deadline)
            if self.hello["broken"]:
                raise _adapter_fault(self.hello)
        except BaseException:
            self.close()
            raise

    def _greeting(self, deadline: float) -> Json:
        """Return the server's hello; what it compiled comes before and is kept."""
        for _ in range(MOST_FILES):
            told = json.loads(self._receive(deadline))
            if "bytecode" not in told:
                return told
            data = self._receive(deadline)
            if self.what.environment is not None:
                keep(self.what.environment, str(told["bytecode"]), data)
        raise ServerDied("the fork server sent too much")

    def prepare(self) -> None:
        """Make many more runs faster; `run` does it by itself after `PREPARE` runs."""
        deadline = time.monotonic() + START
        self._send(json.dumps({"prepare": self.what.samples}).encode(), deadline)
        self._receive(deadline)

    def run(
        self, code: str | None, trace: tuple[str, ...], timeout: float, probe: bool = False
    ) -> Answer:
        """Run one code; with None for it, start a child that ends at once.

        A ``probe`` reports its answer in place of its values, and the end of its output.
        Raises `ServerDied`, after which the server is of no use.
        """
        self.runs += 1
        if self.runs == PREPARE:
            self.prepare()
        wait = MOST_WAIT * timeout
        job = {"trace": trace, "timeout": timeout, "wait": wait, "probe": probe}
        job |= {"code": code is not None, "output": self.what.limits.output}
        deadline = time.monotonic() + timeout + wait + GRACE
        self._send(json.dumps(job).encode("utf-8"), deadline)
        if code is not None:  # for the child alone: the server never has it
            self._send(json.dumps(code).encode("utf-8"), deadline)
        header = json.loads(self._receive(deadline))
        return masked(header, self._receive(deadline), self._receive(deadline))

    def close(self) -> None:
        """End the server and everything that it started."""
        self.started.close()

    def _send(self, data: bytes, deadline: float) -> None:
        assert self.process.stdin is not None
        fd = self.process.stdin.fileno()
        data = struct.pack("!I", len(data)) + data
        try:
            while data:
                _wait(fd, select.POLLOUT, deadline)
                data = data[os.write(fd, data[:65536]) :]
        except OSError as error:
            raise ServerDied("the fork server ended") from error

    def _receive(self, deadline: float) -> bytes:
        size = struct.unpack("!I", self._read(4, deadline))[0]
        if size > max(LARGEST, self.what.limits.report, self.what.limits.output):
            raise ServerDied("the fork server sent too much")
        return self._read(size, deadline)

    def _read(self, size: int, deadline: float) -> bytes:
        assert self.process.stdout is not None
        fd = self.process.stdout.fileno()
        parts = []
        while size:
            _wait(fd, select.POLLIN, deadline)
            part = os.read(fd, min(size, 1 << 20))
            if not part:
                raise ServerDied("the fork server ended")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


def _adapter_fault(hello: Json) -> BrokenAdapter:
    return BrokenAdapter(
        f"an adapter cannot be used in Python {hello['python']}: {hello['broken']}",
        "it may import nothing but the standard library of Python 3.6",
    )


def _wait(fd: int, event: int, deadline: float) -> None:
    poll = select.poll()
    poll.register(fd, event)
    if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
        raise ServerDied("the fork server fell silent")


_FILE = re.compile(r"(?P<folder>lib(?:64)?/.+)/__pycache__/(?P<module>\w+)\.cpython-\d+\.pyc")
MOST_FILES = 10_000
"""Files that one server may hand over."""


def keep(environment: Path, path: str, data: bytes) -> None:
    """Write ``path``, relative to ``environment``, unless no module there belongs to it;
    where it cannot be written, nothing is lost but time."""
    found = _FILE.fullmatch(path)
    if found is None or ".." in path.split("/"):
        return
    if not (environment / DESCRIPTION).is_file():
        return  # not one that was made for the runs
    source = environment / found["folder"] / f"{found['module']}.py"
    target = environment / path
    with suppress(OSError):
        if not source.is_file() or not source.resolve().is_relative_to(environment.resolve()):
            return
        target.parent.mkdir(exist_ok=True)
        if target.parent.is_symlink():
            return
        handle, temporary = tempfile.mkstemp(dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                os.fchmod(file.fileno(), 0o644)
            Path(temporary).replace(target)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise


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
