"""Migrate a program to a new version of its library; single turn, graded by execution.

An answer is run beside the row's own codes by recode-data's judge, in its sandbox, on the
machine that scores. The prompts are in ``<split>.jsonl``; the expected results in
``<split>.expected.jsonl`` are read where answers are scored and are no part of a trace.
"""

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Literal

import verifiers.v1 as vf

from recode_data import rewards
from recode_data.answers import fenced
from recode_data.rewards.tasks import Task, reward

HERE = Path(__file__).parent


@lru_cache(maxsize=2)
def expected(split: str) -> dict[str, Task]:
    """Return the grading task of each row of a split by its name."""
    with (HERE / f"{split}.expected.jsonl").open(encoding="utf-8") as lines:
        tasks = (json.loads(line) for line in lines)
        return {task["id"]: Task.from_json(task["task"]) for task in tasks}


class UpdateData(vf.TaskData):
    split: str
    library: str
    kind: str
    """``breaking``, ``deprecated``, ``additive`` or ``behavioural``."""


class UpdateTask(vf.Task[UpdateData]):
    @property
    def key(self) -> str:
        """The row's own id, which does not depend on its place."""
        return self.data.name

    @property
    def expected(self) -> Task:
        return expected(self.data.split)[self.data.name]

    @vf.reward
    async def execution(self, trace: vf.Trace) -> float:
        """1 for a program that the judge accepts, else 0; an error where it cannot say."""
        return await reward(self.expected, trace.last_reply)

    @vf.reward(weight=0.0)
    async def migration(self, trace: vf.Trace) -> float:
        """-1 to 1: what had to change, read from the text."""
        entry = self.expected.entry
        [value] = rewards.migration([trace.last_reply], [entry.new_code], [entry.old_code])
        return 0.0 if value is None else value

    @vf.reward(weight=0.0)
    async def format(self, trace: vf.Trace) -> float:
        """1 for a reasoning and an answer in their tags, else -1."""
        [value] = rewards.format([trace.last_reply])
        return 0.0 if value is None else value

    async def validate(self, runtime: vf.Runtime) -> bool:
        """Whether the row's own new code is paid, and its old code is not."""
        entry = self.expected.entry
        gold = await reward(self.expected, fenced(entry.new_code))
        return gold == 1.0 and await reward(self.expected, fenced(entry.old_code)) == 0.0


class UpdatesConfig(vf.TasksetConfig):
    split: Literal["train", "test"] = "train"


class UpdatesTaskset(vf.Taskset[UpdateTask, UpdatesConfig]):
    def load(self) -> Iterator[UpdateTask]:
        with (HERE / f"{self.config.split}.jsonl").open(encoding="utf-8") as lines:
            for number, line in enumerate(lines):
                yield UpdateTask(UpdateData(idx=number, **json.loads(line)), self.config.task)
