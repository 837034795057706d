"""Benchmarks whose problems have tests: answers are scored by the harness in the sandbox."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from recode_data.answers import block_of, program_of, statements_of
from recode_data.evaluate.harness import HARNESS, Check, Outcome, job_of, outcome_of
from recode_data.evaluate.problem import Problem
from recode_data.evaluate.store import NOT_JUDGED, UNSCORABLE, Completion, Score
from recode_data.execute import Executor, Job, Limits, runner
from recode_data.execute.environments import made_of
from recode_data.records import content_id

MEMORY = 9 << 30
"""Bytes of address space: reference solutions of CodeUpdateArena reserve arrays of 7.5 GiB.
One of them compares two such arrays, for which NumPy fills 18 GiB: its status is ``memory``."""


@dataclass
class TestedBenchmark:
    """Problems with tests, scored by running each answer against them.

    An answer is run once with the update and, where the problem says what that is, once
    without it; equal answers to a problem are run once.
    """

    __test__ = False  # a name that pytest would collect

    name: str
    problems: list[Problem]
    skipped: dict[str, int] = field(default_factory=dict)
    scorer: str = f"harness {HARNESS}"

    def basis(self, problem: Problem) -> str:
        return self._basis(problem, problem.tests)

    def _basis(self, problem: Problem, held_against: Any) -> str:
        """Return `basis`; ``held_against`` is the tests, or what they are made of."""
        assert problem.environment is not None
        programs = (problem.setup, problem.without, problem.prefix, problem.labels)
        versions = (self.scorer, runner(), MEMORY, problem.timeout, problem.environment.id)
        return content_id(versions, problem.id, programs, held_against)

    def place(self, problem: Problem) -> str:
        assert problem.environment is not None
        return made_of(problem.environment)

    def score(self, completions: list[Completion], jobs: int) -> Iterator[Score]:
        problems = {problem.id: problem for problem in self.problems}
        waiting: dict[tuple[str, str], list[Completion]] = {}
        for completion in completions:
            key = completion.problem, _solution(problems[completion.problem], completion.text)
            waiting.setdefault(key, []).append(completion)
        checks: dict[Job, tuple[tuple[str, str], bool, str]] = {}
        for key in waiting:
            for with_update, check in _checks(problems[key[0]], key[1]):
                job, word = job_of(check)
                checks[job] = key, with_update, word
        found: dict[tuple[str, str], dict[bool, Outcome]] = {}
        with Executor(jobs, Limits(memory=MEMORY)) as executor:
            for job, run in executor.run(checks):
                key, with_update, word = checks[job]
                outcomes = found.setdefault(key, {})
                outcomes[with_update] = outcome_of(run, word)
                if len(outcomes) == (1 if problems[key[0]].without is None else 2):
                    yield from (_score(c, outcomes, self.scorer) for c in waiting[key])


def _solution(problem: Problem, text: str) -> str:
    """Return the program that is handed in, completed by the problem's prefix where the
    answer only continues it."""
    code = program_of(text) or ""
    if not problem.prefix or not _continues(problem, code):
        return code
    code = block_of(text) or ""
    if problem.prefix.rstrip().endswith((":", '"""', "'''")):
        return f"{problem.prefix.rstrip()}\n{code}"
    return problem.prefix + code


def _continues(problem: Problem, code: str) -> bool:
    """An answer that defines what the prefix begins is whole; any other is its rest."""
    wanted = problem.labels.get("entry_point", "")
    body = statements_of(code)
    if not body:
        return True
    names = {getattr(node, "name", "") for node in ast.walk(ast.Module(body, []))}
    return wanted not in names if wanted else False


def _checks(problem: Problem, code: str) -> list[tuple[bool, Check]]:
    assert problem.environment is not None
    setups = [(True, problem.setup)]
    if problem.without is not None:
        setups.append((False, problem.without))
    return [
        (with_update, Check(code, problem.tests, problem.environment, setup, problem.timeout))
        for with_update, setup in setups
    ]


def unjudged(completion: Completion, outcome: Outcome, scorer: str) -> Score:
    """Return the score of an answer that was not run at all, for the reason in ``outcome``."""
    return _score(completion, {True: outcome}, scorer)


def _score(completion: Completion, outcomes: dict[bool, Outcome], scorer: str) -> Score:
    outcome, without = outcomes[True], outcomes.get(False)
    if without and without.status in (NOT_JUDGED, UNSCORABLE):
        outcome = without  # what an answer does without the update is half of its score
    return Score(
        completion.id,
        completion.problem,
        completion.sample,
        outcome.status,
        outcome.reason[:300],
        without.status if without else "",
        seconds=round(sum(part.seconds for part in outcomes.values()), 3),
        scorer=scorer,
    )
