"""One problem of a benchmark: what a model is asked, and how an answer is checked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from recode_data.evaluate.store import Completion, Score
from recode_data.records import Environment

Messages: TypeAlias = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Problem:
    """A task of a benchmark; identity is its id within the benchmark."""

    id: str
    messages: Messages
    """The chat that a model completes."""
    reference: str
    """The benchmark's own solution; never in the sandbox with another answer."""
    tests: tuple[tuple[str, str], ...] = ()
    """Name and code of each test, for problems that have tests of their own."""
    environment: Environment | None = None
    setup: str = ""
    """Code that runs before the answer, such as the update of a library."""
    without: str | None = None
    """The set-up without the update, where the benchmark asks how that changes answers."""
    prefix: str = ""
    """Code that an answer continues where it is no whole program, such as a signature."""
    timeout: float = 15.0
    labels: dict[str, str] = field(default_factory=dict)
    """What scores are broken down by: library, kind, date."""


class Benchmark(Protocol):
    """A set of problems that answers are scored on."""

    name: str
    problems: list[Problem]
    skipped: dict[str, int]
    """How many problems cannot be scored here, by reason."""
    scorer: str
    """Version of what scores: scores of another one are owed again."""

    def basis(self, problem: Problem) -> str:
        """Return a hash of what a score of the problem is made of, besides the answer: the
        scorer and the runner, and what an answer is held against."""
        ...

    def place(self, problem: Problem) -> str:
        """Return a hash of what decides where answers run, empty where it cannot be told."""
        ...

    def score(self, completions: list[Completion], jobs: int) -> Iterator[Score]:
        """Yield a score for each completion as it is found, in any order."""
        ...
