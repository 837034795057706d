"""One problem of a benchmark: what a model is asked, and how an answer is checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

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
    tests: tuple[tuple[str, str], ...]
    environment: Environment
    setup: str = ""
    prefix: str = ""
    """Code that every answer starts with, such as imports that the protocol gives."""
    without: str | None = None
    """The set-up without the update, where the benchmark asks how that changes answers."""
    timeout: float = 15.0
    labels: dict[str, str] = field(default_factory=dict)
    """What scores are broken down by: library, kind, date."""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Problems that can be scored here, and how many cannot, by reason."""

    name: str
    problems: list[Problem]
    skipped: dict[str, int] = field(default_factory=dict)
