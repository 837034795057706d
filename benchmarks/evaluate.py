"""How long scoring takes: the warm fork server against one process a sample.

    python -m benchmarks.evaluate ARENA.jsonl [PROBLEMS]

Scores reference solutions of CodeUpdateArena both ways, in turn, on the same problems and
in the same sandbox, less those that run into the time limit, and prints samples a second,
their ratio, and the minutes that 670 problems with five samples each would take.
"""

from __future__ import annotations

import os
import random
import sys
import time
from dataclasses import replace
from pathlib import Path

from recode_data.evaluate.codeupdatearena import load
from recode_data.evaluate.harness import Check, job_of, outcome_of
from recode_data.evaluate.problem import Problem
from recode_data.execute import Executor

JOBS = os.cpu_count() or 1
FULL = 670 * 5
SLOW = 5.0
ROUNDS = 3


def scored(problems: list[Problem], executor: Executor, fresh: bool) -> tuple[float, int]:
    """Return the seconds that scoring each problem's reference took, and how many passed."""
    words = {}
    for problem in problems:
        assert problem.environment is not None
        check = Check(problem.reference, problem.tests, problem.environment, problem.setup)
        job, word = job_of(check)
        words[replace(job, fresh=fresh)] = word
    started = time.perf_counter()
    passed = sum(outcome_of(run, words[job]).passed for job, run in executor.run(words))
    return time.perf_counter() - started, passed


def main(path: str, count: int = 60) -> None:
    problems = load(Path(path)).problems
    random.Random(0).shuffle(problems)
    with Executor(JOBS) as executor:
        quick = []
        for problem in problems[: 2 * count]:  # also makes the environment and its servers
            seconds, passed = scored([problem], executor, fresh=False)
            if seconds < SLOW and passed:
                quick.append(problem)
        quick = quick[:count]
        warm = fresh = 0.0
        for turn in range(ROUNDS):  # in turn, so that a busy moment hits both
            part = quick[turn::ROUNDS]
            fresh += scored(part, executor, fresh=True)[0]
            warm += scored(part, executor, fresh=False)[0]
    each = len(quick)
    print(f"{each} samples on {JOBS} cores, load {os.getloadavg()[0]:.1f}")
    print(f"one process a sample {each / fresh:6.1f} samples/s")
    print(f"warm fork server     {each / warm:6.1f} samples/s, {fresh / warm:.1f} times as fast")
    print(f"{FULL} samples would take {FULL * warm / each / 60:.1f} minutes against "
          f"{FULL * fresh / each / 60:.1f}")  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:3]))
