"""Several rewards as one, behind a gate: what is not Python earns nothing else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from recode_data.answers import Completion, program_of
from recode_data.errors import UsageError
from recode_data.rewards.examiner import BUDGET
from recode_data.rewards.executed import execution
from recode_data.rewards.normalise import normalise, parses
from recode_data.rewards.published import format
from recode_data.rewards.worth import migration

CLOSED = -1.0
"""What a completion earns that does not pass the gate."""


@dataclass(frozen=True)
class Mixture:
    """Weights of a mixture; a part of weight 0 is not computed.

    ``syntax`` is paid to every completion that passes the gate: a Python block that
    parses. The value is the weighted mean, so it stays between -1 and 1; a part that
    cannot be judged leaves its weight to the others.
    """

    format: float = 0.1
    syntax: float = 0.1
    migration: float = 0.4
    execution: float = 0.4

    def __post_init__(self) -> None:
        weights = (self.format, self.syntax, self.migration, self.execution)
        if min(weights) < 0 or sum(weights) <= 0:
            raise UsageError(
                "the weights of a mixture are not below 0, and one is above",
                "Mixture() has weights that work",
            )


def make_mixture(
    weights: Mixture, budget: float = BUDGET
) -> Callable[..., Awaitable[list[float | None]]]:
    """Return the reward function of ``weights``, with TRL's signature; execution takes at
    most ``budget`` seconds a batch."""

    async def mixture(
        completions: Sequence[Completion], target: Sequence[str | None], **kwargs: Any
    ) -> list[float | None]:
        return await mixed(weights, completions, target, budget=budget, **kwargs)

    return mixture


async def mixture(
    completions: Sequence[Completion], target: Sequence[str | None], **kwargs: Any
) -> list[float | None]:
    """Pay the weighted mean of format, syntax, migration and execution, behind the gate.

    Completions without a Python block that parses earn -1 and are not run.
    """
    return await mixed(Mixture(), completions, target, **kwargs)


async def mixed(
    weights: Mixture,
    completions: Sequence[Completion],
    target: Sequence[str | None],
    **kwargs: Any,
) -> list[float | None]:
    """Return the mixture of ``weights`` for each completion.

    A trainer that hands over ``log_metric`` is told the mean of each part and the share of
    completions that it could judge.
    """
    closed = [not _passes(completion) for completion in completions]
    # What the gate stops is never executed: without a target it cannot be judged.
    wanted = [None if shut else new for shut, new in zip(closed, target, strict=True)]
    values: dict[str, Sequence[float | None]] = {"syntax": [1.0 - shut for shut in closed]}
    if weights.format:
        values["format"] = format(completions)
    if weights.migration:
        values["migration"] = migration(completions, wanted, **kwargs)
    if weights.execution:
        values["execution"] = await execution(completions, wanted, **kwargs)
    _tell(kwargs.get("log_metric"), values)
    parts = [(getattr(weights, name), column) for name, column in values.items()]
    judged = weights.migration + weights.execution > 0
    return [
        CLOSED if shut else None if judged and new is None else _mean(parts, row)
        for row, (shut, new) in enumerate(zip(closed, target, strict=True))
    ]


def _tell(
    log_metric: Callable[[str, float], None] | None, values: dict[str, Sequence[float | None]]
) -> None:
    """Log each part's mean where it could judge, and how often it could."""
    if log_metric is None:
        return
    for name, column in values.items():
        known = [value for value in column if value is not None]
        log_metric(f"mixture/{name}_judged", len(known) / max(1, len(column)))
        if known:
            log_metric(f"mixture/{name}", sum(known) / len(known))


def _passes(completion: Completion) -> bool:
    code = program_of(completion)
    return code is not None and parses(normalise(code))


def _mean(parts: list[tuple[float, Sequence[float | None]]], row: int) -> float | None:
    known = [(weight, value) for weight, values in parts if (value := values[row]) is not None]
    total = sum(weight for weight, _ in known)
    return sum(weight * value for weight, value in known) / total if total else None


def overlong_penalty(max_length: int, buffer: int) -> Callable[..., list[float | None]]:
    """Return DAPO's soft penalty on length: 0 up to ``max_length - buffer`` tokens, falling
    in a line to -1 at ``max_length``."""
    if not 0 < buffer <= max_length:
        raise UsageError(
            "the buffer of the overlong penalty is between 1 and max_length", "buffer=256 is usual"
        )

    def overlong(
        completions: Sequence[Completion], completion_ids: Sequence[Sequence[int]], **kwargs: Any
    ) -> list[float | None]:
        free = max_length - buffer
        return [-min(1.0, max(0.0, (len(ids) - free) / buffer)) for ids in completion_ids]

    return overlong
