"""One code to run in one environment."""

from __future__ import annotations

from dataclasses import dataclass

from recode_data.adapters import added
from recode_data.records import Environment

RUNNER = "3"
"""Version of what a run records; another one means that old runs are owed again."""


def runner() -> str:
    """Return `RUNNER`, with a mark of the adapters of others, which change what is recorded."""
    return f"{RUNNER}+{added()[:8]}" if added() else RUNNER


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
    """Run in another process than usual, in another working directory: the way to see
    whether a result depends on either."""
    seed: int = 0
    """``PYTHONHASHSEED`` of a fresh run."""
    imports: tuple[str, ...] = ()
    """Modules that the program's own first lines import: all that a fresh run's process has
    imported before it. One such process forks a child for each job with the same imports;
    without any, it is started for this job alone."""

    @property
    def server(self) -> tuple[str, int, tuple[str, ...]]:
        """What jobs must agree in to share a server: environment, hash seed and imports."""
        return (self.environment.id, *((self.seed, self.imports) if self.fresh else (0, ())))

    @property
    def alone(self) -> bool:
        """Whether no other job may use the same server."""
        return self.fresh and not self.imports
