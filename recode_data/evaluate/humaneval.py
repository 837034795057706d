"""HumanEval+ (arXiv 2305.01210): what training costs a model in general ability.

The problems come from the evalplus package, or from its JSONL. Expected outputs are those
of the canonical solutions, run in the sandbox beforehand and apart from any answer.
"""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recode_data.errors import BadFile, BrokenSource, MissingExtra, NetworkError
from recode_data.evaluate.harness import Outcome, lost_outcome
from recode_data.evaluate.problem import Problem
from recode_data.evaluate.store import Completion, Score
from recode_data.evaluate.tested import TestedBenchmark, unjudged
from recode_data.execute import Executor, Job, Limits
from recode_data.files import read_jsonl
from recode_data.records import Environment

ENVIRONMENT = Environment("numpy", "1.26.4", "3.11")
TIMEOUT = 60.0
TIP = "give HumanEval+'s JSONL as it was published"
OUTPUT = 64 << 20
"""Bytes that the expected outputs of one problem may take."""
SYSTEM = "You complete Python functions."
NEEDED = ("task_id", "prompt", "canonical_solution", "entry_point", "base_input", "plus_input")

_EXPECT = """
import copy
_inputs = {inputs}
print([{entry}(*copy.deepcopy(given)) for given in _inputs])
"""
_TEST = """
import copy
import numpy
inf, nan = float("inf"), float("nan")


def same(out, wanted, atol):
    if out == wanted:
        return True
    floats = wanted if isinstance(wanted, (list, tuple)) else [wanted]
    if not floats or not all(isinstance(value, float) for value in floats):
        return False
    if type(out) is not type(wanted):
        return False
    if isinstance(wanted, (list, tuple)) and len(out) != len(wanted):
        return False
    return numpy.allclose(out, wanted, rtol=1e-07, atol=atol or 1e-06)


for given, wanted in zip({inputs}, {expected}):
    out = {entry}(*copy.deepcopy(given))
    assert {oracle}, "{entry} gives another result"
"""
_ROOT = "abs(sum(c * out ** i for i, c in enumerate(given[0]))) <= {atol}"


@dataclass
class HumanEval(TestedBenchmark):
    """Tests are written when they are first needed, from the canonical solutions' outputs."""

    __test__ = False

    rows: dict[str, dict[str, Any]] | None = None

    def basis(self, problem: Problem) -> str:
        return self._basis(problem, (self.rows or {})[problem.id])

    def score(self, completions: list[Completion], jobs: int) -> Iterator[Score]:
        found, lost = self._expected({completion.problem for completion in completions}, jobs)
        rows = self.rows or {}
        self.problems = [
            _with_tests(problem, rows[problem.id], found[problem.id])
            if problem.id in found
            else problem
            for problem in self.problems
        ]
        for completion in completions:
            if outcome := lost.get(completion.problem):
                yield unjudged(completion, outcome, self.scorer)
        yield from super().score([c for c in completions if c.problem not in lost], jobs)

    def _expected(
        self, asked: set[str], jobs: int
    ) -> tuple[dict[str, dict[str, str]], dict[str, Outcome]]:
        """Return problem → suite → what the canonical solution gives, as text; and the
        problems of which that could not be found out."""
        waiting: dict[Job, tuple[str, str]] = {}
        for name in asked:
            row = (self.rows or {})[name]
            for suite in ("base", "plus"):
                inputs = row[f"{suite}_input"] or []
                program = row["prompt"] + row["canonical_solution"]
                program += _EXPECT.format(inputs=inputs, entry=row["entry_point"])
                waiting[Job(f"{program}# {suite}", ENVIRONMENT, timeout=TIMEOUT)] = name, suite
        found: dict[str, dict[str, str]] = {}
        lost: dict[str, Outcome] = {}
        with Executor(jobs, Limits(output=OUTPUT)) as executor:
            for job, run in executor.run(waiting):
                name, suite = waiting[job]
                if run.status in ("error", "timeout"):
                    lost[name] = lost_outcome(run)
                elif run.status != "clean":
                    raise BrokenSource(
                        f"{name}: its own solution ends with {run.message[:200]}",
                        "the problem is damaged: fetch the benchmark again",
                    )
                found.setdefault(name, {})[suite] = run.stdout.strip().rpartition("\n")[2]
        return {name: suites for name, suites in found.items() if name not in lost}, lost


def load(path: Path) -> HumanEval:
    """Read HumanEval+ from its JSONL, or through evalplus when ``path`` is no file.

    Raises `MissingExtra` without the package, `NetworkError` when it cannot download.
    """
    rows = _read(path) if path.is_file() else _from_package()
    problems = [_problem(row) for row in rows.values()]
    return HumanEval("humaneval-plus", problems, rows=rows)


def _read(path: Path) -> dict[str, dict[str, Any]]:
    rows = {}
    for number, value in read_jsonl(path, TIP):
        row = _checked(value, f"{path}, line {number}")
        rows[row["task_id"]] = row
    return rows


def _checked(row: Any, where: str) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise BadFile(f"{where}: no JSON object", TIP)
    missing = [name for name in NEEDED if name not in row]
    if missing:
        raise BadFile(f"{where}: no problem of HumanEval+, it lacks {missing[0]}", TIP)
    return dict(row)


def _from_package() -> dict[str, dict[str, Any]]:
    if importlib.util.find_spec("evalplus") is None:
        raise MissingExtra(
            "humaneval-plus needs the package evalplus, or the path of its JSONL",
            "pip install evalplus",
        )
    from evalplus.data import get_human_eval_plus

    try:
        return dict(get_human_eval_plus())
    except OSError as error:
        raise NetworkError(
            f"evalplus cannot download HumanEval+: {error}",
            "give the path of HumanEvalPlus.jsonl, or set HUMANEVAL_OVERRIDE_PATH",
        ) from error


def _problem(row: dict[str, Any]) -> Problem:
    text = f"Complete this function:\n```python\n{row['prompt'].rstrip()}\n```\n"
    text += "Return the whole function in one ```python block."
    return Problem(
        id=row["task_id"],
        messages=[{"role": "system", "content": SYSTEM}, {"role": "user", "content": text}],
        reference=row["prompt"] + row["canonical_solution"],
        environment=ENVIRONMENT,
        prefix=row["prompt"],
        timeout=TIMEOUT,
        labels={"entry_point": row["entry_point"]},
    )


def _with_tests(problem: Problem, row: dict[str, Any], outputs: dict[str, str]) -> Problem:
    from dataclasses import replace

    atol = row.get("atol") or 0
    root = row["entry_point"] == "find_zero"  # has no one right result
    oracle = _ROOT.format(atol=atol or 1e-4) if root else f"same(out, wanted, {atol})"
    tests = tuple(
        (
            suite,
            _TEST.format(
                inputs=row[f"{suite}_input"] or [],
                expected=expected,
                entry=row["entry_point"],
                oracle=oracle,
            ),
        )
        for suite, expected in sorted(outputs.items())
    )
    for _, test in tests:
        ast.parse(test)
    return replace(problem, tests=tests)
