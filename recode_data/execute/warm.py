"""The owner's end of one fork server: start it, hand it jobs, read its answers."""

from __future__ import annotations

import json
import os
import re
import select
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass

from recode_data.adapters import adapters
from recode_data.errors import BrokenAdapter, RecodeError
from recode_data.execute.bytecode import MOST_FILES, keep
from recode_data.execute.sandbox import Start, start
from recode_data.records import Json

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
                raise _broken(self.hello)
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


def _broken(hello: Json) -> BrokenAdapter:
    return BrokenAdapter(
        f"an adapter cannot be used in Python {hello['python']}: {hello['broken']}",
        "it may import nothing but the standard library of Python 3.6",
    )


def _wait(fd: int, event: int, deadline: float) -> None:
    poll = select.poll()
    poll.register(fd, event)
    if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
        raise ServerDied("the fork server fell silent")
