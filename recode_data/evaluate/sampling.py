"""What is asked of a model: how many samples of each problem, and how they are drawn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from recode_data.evaluate.problem import Messages
from recode_data.evaluate.store import Completion
from recode_data.records import content_id


@dataclass(frozen=True, slots=True)
class Sampling:
    """Options of a generation; those of CodeUpdateArena's paper by default."""

    samples: int = 5
    temperature: float = 0.8
    top_p: float = 0.7
    max_tokens: int = 1024
    seed: int = 0

    def seed_of(self, problem: str, sample: int) -> int:
        """Return the seed of one sample, the same whatever else is generated."""
        return int(content_id(self.seed, problem, sample)[:7], 16)


@dataclass(frozen=True, slots=True)
class Request:
    """One completion that is owed."""

    problem: str
    sample: int
    messages: Messages
    seed: int


class Source(Protocol):
    """Where completions come from; yields them as they are done, in any order."""

    name: str

    def complete(self, requests: list[Request], sampling: Sampling) -> Iterator[Completion]: ...


def owed(
    problems: Iterable[tuple[str, Messages]], done: Iterable[Completion], sampling: Sampling
) -> list[Request]:
    """Return what has no completion yet, problem by problem."""
    have = {(completion.problem, completion.sample) for completion in done}
    return [
        Request(problem, sample, messages, sampling.seed_of(problem, sample))
        for problem, messages in problems
        for sample in range(sampling.samples)
        if (problem, sample) not in have
    ]
