"""One code to run in one environment."""

from __future__ import annotations

from dataclasses import dataclass

from recode_data.records import Environment

RUNNER = "1"
"""Version of what a run records; another one means that old runs are owed again."""


@dataclass(frozen=True, slots=True)
class Job:
    """A program and where to run it."""

    code: str
    environment: Environment
    trace: tuple[str, ...] = ()
    """Packages whose objects are written down in `Run.calls` as the code reaches them."""
    timeout: float = 10.0
    """Seconds of wall clock."""
