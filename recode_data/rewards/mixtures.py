"""Several rewards as one, behind a gate: what is not Python earns nothing else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from recode_data.answers import Completion, program_of
from recode_data.errors import UsageError
from recode_data.rewards.examiner import BUDGET
from recode_data.rewards.executed import execution
from recode_data.rewards.normalise import compiles
from recode_data.rewards.published import format, require_column
from recode_data.rewards.worth import migration

CLOSED = -1.0
"""What a completion earns that does not pass the gate."""
FAILED = 0.5
"""What remains of migration's share when the judge refuses a program: enough to tell half a
migration from none, less than what any accepted program earns."""


@dataclass(frozen=True)
class Mixture:
    """Weights of a mixture; a part of weight 0 is not computed.

    What passes the gate, a program that compiles, earns the product of two factors in
    [0, 1], so that neither can be earned alone:

        form      = 1 - format / (format + migration + execution)     without the tags, else 1
        substance = the weighted mean of migration and execution      if execution pays 1
                    half of migration's share of that mean            if execution pays 0

    Migration counts from 0 on: damage is worth as much as doing nothing. So whatever the
    judge accepts earns more than anything that it does not, as long as ``execution`` weighs
    half as much as ``migration`` or more. Where only one part can judge, that part is the
    substance; where neither can, the mixture says nothing.
    """

    format: float = 0.1
    migration: float = 0.4
    execution: float = 0.4

    def __post_init__(self) -> None:
        if min(self.format, self.migration, self.execution) < 0 or not self.judging:
            raise UsageError(
                "the weights of a mixture are not below 0, and one of migration and execution"
                " is above",
                "Mixture() has weights that work",
            )

    @property
    def judging(self) -> float:
        """The weight of the parts that can judge what a program does."""
        return self.migration + self.execution

    def form(self, tagged: float | None) -> float:
        """Return the factor of the format, which pays 1 or -1."""
        missing = self.format / (self.format + self.judging)
        return 1.0 if tagged is None or tagged > 0 else 1.0 - missing

    def substance(self, migration: float | None, execution: float | None) -> float | None:
        """Return the factor of the parts that judge, or None where neither could."""
        worth = None if migration is None else max(0.0, migration)
        if worth is None or execution is None:
            return execution if worth is None else worth
        share = self.migration * worth / self.judging
        return share + self.execution / self.judging if execution else share * FAILED


@dataclass(frozen=True)
class MixtureReward:
    """The reward function of some weights, with TRL's signature; it can be pickled."""

    weights: Mixture = Mixture()
    budget: float = BUDGET
    __name__ = "mixture"

    async def __call__(
        self, completions: Sequence[Completion], target: Sequence[str | None], **kwargs: Any
    ) -> list[float | None]:
        return await mixed(self.weights, completions, target, budget=self.budget, **kwargs)


def make_mixture(
    weights: Mixture, budget: float = BUDGET
) -> Callable[..., Awaitable[list[float | None]]]:
    """Return the reward function of ``weights``; execution takes at most ``budget`` seconds
    a batch."""
    return MixtureReward(weights, budget)


async def mixture(
    completions: Sequence[Completion], target: Sequence[str | None], **kwargs: Any
) -> list[float | None]:
    """Pay for form times substance, see `Mixture`, behind the gate.

    Completions without a program that compiles earn -1 and are not run.
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
    require_column("target", target, completions)
    closed = [not _passes(completion) for completion in completions]
    # What the gate stops is never executed: without a target it cannot be judged.
    wanted = [None if shut else new for shut, new in zip(closed, target, strict=True)]
    nothing: Sequence[float | None] = [None] * len(closed)
    values: dict[str, Sequence[float | None]] = {"compiles": [1.0 - shut for shut in closed]}
    if weights.format:
        values["format"] = format(completions)
    if weights.migration:
        values["migration"] = migration(completions, wanted, **kwargs)
    if weights.execution:
        values["execution"] = await execution(completions, wanted, **kwargs)
    _tell(kwargs.get("log_metric"), values)
    tagged, worth, done = (
        values.get(name, nothing) for name in ("format", "migration", "execution")
    )
    return [
        CLOSED if shut else _product(weights.form(tagged[row]), worth[row], done[row], weights)
        for row, shut in enumerate(closed)
    ]


def _product(
    form: float, migration: float | None, execution: float | None, weights: Mixture
) -> float | None:
    substance = weights.substance(migration, execution)
    return None if substance is None else form * substance


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
    return code is not None and bool(code.strip()) and compiles(code)


def overlong_penalty(max_length: int, buffer: int) -> Callable[..., list[float | None]]:
    """Return DAPO's soft penalty on length: 0 up to ``max_length - buffer`` tokens, falling
    in a line to -1 at ``max_length``."""
    if not 0 < buffer <= max_length:
        raise UsageError(
            "the buffer of the overlong penalty is between 1 and max_length", "buffer=256 is usual"
        )

    return _OverlongPenalty(max_length - buffer, buffer)


@dataclass(frozen=True)
class _OverlongPenalty:
    free: int
    buffer: int
    __name__ = "overlong"

    def __call__(
        self,
        completions: Sequence[Completion],
        completion_ids: Sequence[Sequence[int]],
        **kwargs: Any,
    ) -> list[float | None]:
        return [-min(1.0, max(0.0, (len(ids) - self.free) / self.buffer)) for ids in completion_ids]
