"""A session: one row, code that is run on the new version, one program that is graded."""

import json
import random
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from openenv.core.env_server.interfaces import Environment
from recode_data.rewards.tasks import Task, grade, paid, run_program

try:
    from ..models import UpdateAction, UpdateObservation, UpdateState
except ImportError:
    from models import UpdateAction, UpdateObservation, UpdateState

ROWS = Path(__file__).parent / "rows.jsonl"


@lru_cache(maxsize=1)
def rows() -> dict[str, dict[str, str]]:
    """Return every row by its id: split, text and grading task."""
    lines = ROWS.read_text(encoding="utf-8").split("\n")
    return {row["id"]: row for row in map(json.loads, filter(None, lines))}


class UpdatesEnvironment(Environment[UpdateAction, UpdateObservation, UpdateState]):
    """Migrate a program to a new version of its library."""

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self) -> None:
        super().__init__()
        self._state = UpdateState(episode_id=str(uuid4()), step_count=0)
        self._task: Task | None = None

    def reset(
        self,
        seed: int | None = None,
        episode_id: str | None = None,
        row: str | None = None,
        split: str = "train",
        **kwargs: Any,
    ) -> UpdateObservation:
        """Begin with ``row``, or with one of ``split`` that ``seed`` draws."""
        if row is None:
            names = sorted(name for name, one in rows().items() if one["split"] == split)
            if not names:
                raise ValueError(f"no row is in the split {split!r}")
            row = random.Random(seed).choice(names)
        if row not in rows():
            raise ValueError(f"no row has the id {row!r}")
        self._state = UpdateState(episode_id=episode_id or str(uuid4()), step_count=0, row=row)
        self._task = Task.from_json(rows()[row]["task"])
        return UpdateObservation(text=rows()[row]["text"], done=False, reward=None)

    def step(
        self, action: UpdateAction, timeout_s: float | None = None, **kwargs: Any
    ) -> UpdateObservation:
        """Run a program, or grade it and end the session's row."""
        if self._task is None:
            raise ValueError("reset the environment first")
        self._state.step_count += 1
        if action.kind == "run":
            return UpdateObservation(text=run_program(self._task, action.code), done=False)
        task, self._task = self._task, None
        return UpdateObservation(text="graded", done=True, reward=paid(grade(task, action.code)))

    @property
    def state(self) -> UpdateState:
        return self._state
