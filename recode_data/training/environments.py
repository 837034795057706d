"""The data set as an environment of TRL: tools to run code on the new version, a reward at the end.

``recode-data export DIR --format trl-env`` writes the rows; three properties of a `Spec` are
what TRL's trainers take::

    spec = Spec("DIR")
    GRPOTrainer(
        MODEL,
        train_dataset=spec.train_dataset,
        environment_factory=spec.environment_factory,
        reward_funcs=spec.reward_funcs,
    )

Needs no torch; what it hands out can be pickled, as the asynchronous trainer does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recode_data.answers import Completion
from recode_data.judge import Judgement
from recode_data.rewards.tasks import Task, grade, grade_all, run_program

if TYPE_CHECKING:
    import datasets


class UpdateEnvironment:
    """One row: code may be run on the new version any number of times, then one program is
    submitted, and that one is graded."""

    def __init__(self) -> None:
        self._task: Task | None = None
        self._submitted: str | None = None

    def reset(self, task: str, **_row: Any) -> None:
        """Begin with the row whose grading task is ``task``."""
        self._task, self._submitted = Task.from_json(task), None

    def run_python(self, code: str) -> str:
        """Run a Python program on the new version of the library.

        Args:
            code: The whole program.

        Returns:
            What it printed, its warnings, and the exception that ended it.
        """
        assert self._task is not None
        return run_program(self._task, code)

    def submit(self, code: str) -> str:
        """Submit the migrated program. The last one that is submitted counts.

        Args:
            code: The whole program.

        Returns:
            That it was taken.
        """
        self._submitted = code
        return "submitted"

    async def get_reward(self) -> float | None:
        """Return 1 for a submitted program that the judge accepts, 0 for any other and for
        none, and None where that cannot be said."""
        assert self._task is not None
        if self._submitted is None:
            return 0.0
        return _value(await asyncio.to_thread(grade, self._task, self._submitted))


async def task_reward(
    completions: Sequence[Completion], task: Sequence[str], **_kwargs: Any
) -> list[float | None]:
    """Pay 1 for a completion whose program the judge accepts, else 0; ``task`` is the column of
    grading tasks. None where that cannot be said."""
    tasks = [Task.from_json(text) for text in task]
    return [_value(judged) for judged in await asyncio.to_thread(grade_all, tasks, completions)]


@dataclass(frozen=True)
class Spec:
    """What TRL's trainers take of an export.

    ``tools`` says whether the model works with the tools of `UpdateEnvironment`, or answers in
    one turn.
    """

    folder: str | Path
    split: str = "train"
    tools: bool = True

    @cached_property
    def train_dataset(self) -> datasets.Dataset:
        """The rows: ``prompt``, ``task`` and what else rewards may use."""
        import datasets

        file = Path(self.folder) / f"{self.split}.parquet"
        rows = datasets.Dataset.from_parquet(str(file))
        if not self.tools:
            return rows.remove_columns("tool_prompt")
        return rows.remove_columns("prompt").rename_column("tool_prompt", "prompt")

    @property
    def environment_factory(self) -> Callable[[], UpdateEnvironment] | None:
        """Makes one environment; None where the model has no tools."""
        return UpdateEnvironment if self.tools else None

    @property
    def reward_funcs(self) -> list[Callable[..., Any]]:
        """The rewards beside the environment's own."""
        return [] if self.tools else [task_reward]


def _value(judged: Judgement) -> float | None:
    return None if judged.passed is None else float(judged.passed)
