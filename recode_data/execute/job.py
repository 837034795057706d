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
    fresh: bool = False
    """Run in a process of its own that has imported nothing, in another working directory
    than usual: slow, and the way to see whether a result depends on either."""
    seed: int = 0
    """``PYTHONHASHSEED`` of a fresh run."""
