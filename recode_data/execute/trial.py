"""Scripts of somebody else in a sandbox of their own: no network, no file of the owner's.

A trial is one bubblewrap with empty folders, in which steps are made one after another. It
is for what shell scripts do, so they may start programs, which a run's code may not; README.md
in this folder says what that leaves open.
"""

from __future__ import annotations

import base64
import json
import os
import select
import struct
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recode_data.errors import SandboxFailed
from recode_data.execute.sandbox import SYSTEM, Limits, Start, Started, start
from recode_data.execute.selftest import choose_tier

FOLDERS = ("/app", "/tests", "/solution", "/logs", "/workspace", "/root", "/opt", "/data")
"""What scripts of tasks write to; /tmp is theirs as well."""
LIMITS = Limits(report=64 << 20)
GRACE = 30.0
"""Seconds beyond those of its steps after which a trial is given up."""

Files = Mapping[str, tuple[bytes, int]]
"""Absolute path → content and mode."""


@dataclass(frozen=True)
class Put:
    """Write files."""

    files: Files

    def plan(self) -> dict[str, Any]:
        """Return the step as the sandbox's end takes it."""
        coded = {p: [base64.b64encode(c).decode(), mode] for p, (c, mode) in self.files.items()}
        return {"files": coded}


@dataclass(frozen=True)
class Execute:
    """Run a program in a folder."""

    words: tuple[str, ...]
    folder: str = "/tmp"
    seconds: float = 60.0
    variables: Mapping[str, str] = field(default_factory=dict)

    def plan(self) -> dict[str, Any]:
        """Return the step as the sandbox's end takes it."""
        return {
            "run": self.words, "in": self.folder, "seconds": self.seconds,
            "variables": dict(self.variables),
        }  # fmt: skip


@dataclass(frozen=True)
class Read:
    """Return the files at these paths, and all below the folders among them."""

    paths: tuple[str, ...]

    def plan(self) -> dict[str, Any]:
        """Return the step as the sandbox's end takes it."""
        return {"read": self.paths}


Step = Put | Execute | Read


@dataclass(frozen=True)
class Done:
    """What became of a step; its texts are the scripts' word."""

    failed: str = ""
    """Why it could not be made; no later step was."""
    code: int | None = None
    """Of a program: its exit code, None where it was still running when its time was up."""
    output: str = ""
    """The end of what it said."""
    files: Files = field(default_factory=dict)


def run_trial(steps: Sequence[Step], folders: Sequence[str] = FOLDERS) -> list[Done]:
    """Make ``steps`` in a new sandbox and return what became of each that was begun.

    ``folders`` are there and empty. Raises `SandboxFailed` where bubblewrap does not work here,
    which trials need, or where the sandbox ended before it had answered.
    """
    if choose_tier() != "bwrap":
        raise SandboxFailed(
            "scripts of others run in bubblewrap only, which does not work here",
            "recode-data doctor says why",
        )
    reserved = [name for name in folders if any(_within(name, one) for one in SYSTEM)]
    assert not reserved, reserved
    interpreter, prefix = Path(sys.executable).resolve(), Path(sys.base_prefix)
    what = Start(
        interpreter, prefix, None, "bwrap", LIMITS, entry="trial.py", writable=tuple(folders)
    )
    path = {"PATH": f"{prefix / 'bin'}:/usr/bin:/bin"}
    plans = [
        plan | {"variables": path | plan["variables"]} if "run" in plan else plan
        for plan in (step.plan() for step in steps)
    ]
    seconds = sum(step.seconds for step in steps if isinstance(step, Execute)) + GRACE
    started = start(what)
    try:
        return [_done(told) for told in _asked(started, plans, seconds, LIMITS.report)]
    finally:
        started.close()


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def _asked(started: Started, plans: list[dict[str, Any]], seconds: float, most: int) -> Any:
    process, end = started.process, time.monotonic() + seconds
    assert process.stdin and process.stdout
    message = json.dumps(plans).encode()
    try:
        process.stdin.write(struct.pack("!I", len(message)) + message)
        process.stdin.flush()
        size = struct.unpack("!I", _read(process.stdout.fileno(), 4, end))[0]
        if size > 2 * most + (1 << 20):
            raise ValueError("it answers too much")
        return json.loads(_read(process.stdout.fileno(), size, end))
    except (OSError, EOFError, ValueError) as error:
        raise SandboxFailed(
            f"the sandbox of a script ended early: {error}", "run the same command again"
        ) from error


def _read(descriptor: int, size: int, end: float) -> bytes:
    parts = []
    while size:
        if not select.select([descriptor], [], [], max(0.0, end - time.monotonic()))[0]:
            raise TimeoutError("it fell silent")
        part = os.read(descriptor, min(size, 1 << 20))
        if not part:
            raise EOFError("it said nothing")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _done(told: dict[str, Any]) -> Done:
    files = {
        str(path): (base64.b64decode(content), int(mode))
        for path, (content, mode) in told.get("files", {}).items()
    }
    return Done(str(told.get("failed", "")), told.get("code"), str(told.get("output", "")), files)
