"""The benchmarks of changes since a cut-off as tasks of inspect_ai, scored by our judge.

    inspect eval recode_data/since -T path=release -T arm=update --model openai/NAME

An answer that cannot be judged for a reason of ours is an error of its sample, never a score.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessageSystem, ChatMessageUser
from inspect_ai.scorer import CORRECT, INCORRECT, Score, accuracy, grouped, scorer, stderr
from inspect_ai.solver import generate

from recode_data.errors import RecodeError, UsageError
from recode_data.evaluate import since as benchmark
from recode_data.evaluate.release import is_release, load_release
from recode_data.evaluate.split import rows_of
from recode_data.evaluate.store import Completion
from recode_data.execute import Executor
from recode_data.rewards.examiner import Examiner

_BEGINNING = Lock()
ROLES: dict[str, Any] = {"system": ChatMessageSystem, "user": ChatMessageUser}


@lru_cache(maxsize=4)
def _loaded(path: str, cutoff: str) -> benchmark.Since:
    """Return the benchmark of a release, or of the entries of a data set after a cut-off."""
    if is_release(path):
        return load_release(Path(path))
    if not cutoff:
        raise UsageError(f"{path} is no release, so it needs a cutoff", "-T cutoff=2025-06")
    return benchmark.load(rows_of(path, every=True), cutoff)


@lru_cache(maxsize=4)
def _examiner(path: str, cutoff: str, jobs: int) -> Examiner:
    """Return the judge of a benchmark's answers, which lives as long as the process."""
    return _loaded(path, cutoff).examiner(Executor(jobs))


def _since(path: str = "release", cutoff: str = "", arm: str = "alone", jobs: int = 2) -> Task:
    """Ask what changed since a cut-off, in one arm, scored by execution.

    ``path`` is a folder that ``recode-data bench-release`` wrote, or a data set or a workspace
    with a ``cutoff``; ``jobs`` programs run at a time.
    """
    if arm not in benchmark.ARMS:
        raise UsageError(f"no arm is called {arm!r}", f"known: {', '.join(benchmark.ARMS)}")
    samples = [
        Sample(
            id=problem.id,
            input=[ROLES[one["role"]](content=one["content"]) for one in problem.messages],
            target=problem.reference,
            metadata=dict(problem.labels),
        )
        for problem in _loaded(path, cutoff).problems
        if problem.labels["arm"] == arm
    ]
    if not samples:
        raise UsageError(
            f"no question of {path} is asked in the arm {arm}",
            "guides are in what recode-data bench-release writes from a workspace",
        )
    return Task(
        dataset=MemoryDataset(samples, name=f"since-{arm}"),
        solver=generate(),
        scorer=executed(path, cutoff, jobs),
    )


def _executed(path: str, cutoff: str = "", jobs: int = 2) -> Any:
    """Score an answer by running it: correct if it does what the reference does with the new
    API. Which API its run reached is in the score's metadata."""

    async def score(state: Any, target: Any) -> Score:  # noqa: ARG001  (the judge has its own)
        found = await asyncio.to_thread(
            _judged, path, cutoff, jobs, str(state.sample_id), state.output.completion
        )
        if not found.judged:
            raise RecodeError(f"not judged: {found.reason}", "inspect eval-retry tries again")
        return Score(
            value=CORRECT if found.passed else INCORRECT,
            answer=state.output.completion,
            explanation=found.reason,
            metadata={"api": found.api, "status": found.status},
        )

    return score


def _judged(path: str, cutoff: str, jobs: int, problem: str, text: str) -> Any:
    with _BEGINNING:  # inspect scores samples side by side: they share one judge
        bench, examiner = _loaded(path, cutoff), _examiner(path, cutoff, jobs)
    [found] = bench.judged(examiner, [Completion(problem, 0, text)])
    return found


METRICS = [
    accuracy(),
    stderr(),
    grouped(accuracy(), "library", all=False),
    grouped(accuracy(), "month", all=False),
]
executed = scorer(metrics=METRICS, name="executed")(_executed)
since = task(name="since")(_since)
