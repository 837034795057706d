"""The execution reward: does the answer do in the new version what the entry's code does?"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from recode_data.answers import Completion, program_of
from recode_data.errors import UsageError
from recode_data.rewards.examiner import BUDGET, Answer, Examiner, entry_of
from recode_data.rewards.normalise import compiles
from recode_data.rewards.published import require_column

PASSED = 1.0
FAILED = 0.0

Column = Sequence[str | None]
SYMBOLS = ("old_version", "update_info", "change_kind", "old_symbol", "old_keyword", "new_symbol",
           "new_keyword", "requirements")  # fmt: skip
"""Columns that sharpen the judge, or its environment, where a data set has them."""


async def execution(
    completions: Sequence[Completion],
    target: Column,
    *,
    dependency: Column | None = None,
    new_version: Column | None = None,
    old_code: Column | None = None,
    budget: float = BUDGET,
    **kwargs: Any,
) -> list[float | None]:
    """Pay 1 for code that the judge of the data set accepts in the new version, else 0.

    Accepted is what runs clean, without the deprecation, with the results of ``target``.
    None where that cannot be said: the environment cannot be made, the target itself does
    not run, or the batch took longer than ``budget`` seconds. Awaiting it blocks nothing:
    other rewards and the GPU go on.
    """
    if dependency is None or new_version is None:
        raise UsageError(
            "the reward execution needs the columns dependency and new_version",
            "keep them in the data set, or use migration, which executes nothing",
        )
    columns = {"dependency": dependency, "new_version": new_version, "old_code": old_code}
    for name, column in {"target": target, **columns}.items():
        if column is not None:
            require_column(name, column, completions)
    columns |= {name: kwargs.get(name) for name in SYMBOLS}
    answers = [
        _answer(completion, new, {name: _at(column, row) for name, column in columns.items()})
        for row, (completion, new) in enumerate(zip(completions, target, strict=True))
    ]
    asked = [answer for answer in answers if isinstance(answer, Answer)]
    judged = await asyncio.to_thread(examiner().judge, asked, budget)
    verdicts = iter(judged)
    return [
        _value(next(verdicts).passed) if isinstance(answer, Answer) else answer
        for answer in answers
    ]


@dataclass(frozen=True)
class ExecutionReward:
    """The execution reward with another budget, in seconds a batch; it can be pickled."""

    budget: float = BUDGET
    __name__ = "execution"

    async def __call__(
        self, completions: Sequence[Completion], target: Column, **kwargs: Any
    ) -> list[float | None]:
        return await execution(completions, target, budget=self.budget, **kwargs)


@lru_cache(maxsize=1)
def examiner() -> Examiner:
    """Return the examiner of this process: its workers and what it remembers."""
    return Examiner()


def _answer(
    completion: Completion, new: str | None, fields: dict[str, str]
) -> Answer | float | None:
    """Return what is to be run, or the reward where nothing needs to be."""
    if new is None or not fields["dependency"] or not fields["new_version"]:
        return None
    code = program_of(completion)
    if code is None or not code.strip() or not compiles(code):
        return FAILED
    try:
        return Answer(entry_of({**fields, "new_code": new}), code)
    except ValueError:  # what the row requires is no package with a version
        return None


def _at(column: Column | None, row: int) -> str:
    return (column[row] or "") if column is not None else ""


def _value(passed: bool | None) -> float | None:
    return None if passed is None else PASSED if passed else FAILED
