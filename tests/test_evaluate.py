"""Everything of an evaluation that needs no sandbox: samples, files, figures, comparison."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from recode_data.errors import BadFile, UnknownName, UsageError
from recode_data.evaluate import gitchameleon
from recode_data.evaluate.benchmarks import load
from recode_data.evaluate.codeupdatearena import load as load_arena
from recode_data.evaluate.compare import compared, lines
from recode_data.evaluate.problem import Problem
from recode_data.evaluate.run import conclude, configuration, generate, score
from recode_data.evaluate.sampling import Request, Sampling
from recode_data.evaluate.sources import source_of
from recode_data.evaluate.sources.file import PredictionFile
from recode_data.evaluate.statistics import holm, interval, paired, pass_at_k
from recode_data.evaluate.store import Completion, RunFolder, Score
from recode_data.progress import Progress
from recode_data.records import content_id

QUIET = Progress(quiet=True)


def test_pass_at_k_is_the_chance_over_all_draws() -> None:
    for samples, passed, k in itertools.product(range(1, 6), range(6), range(1, 6)):
        if passed > samples or k > samples:
            continue
        draws = list(itertools.combinations([True] * passed + [False] * (samples - passed), k))
        assert pass_at_k(samples, passed, k) == pytest.approx(sum(map(any, draws)) / len(draws))
    assert pass_at_k(4, 4, 5) is None


def test_the_interval_holds_the_mean_and_narrows() -> None:
    low, high = interval([0.0, 1.0] * 50)
    assert low < 0.5 < high
    assert high - low == pytest.approx(2 * 1.96 * 0.05, rel=0.15)
    assert interval([1.0] * 20) == (1.0, 1.0)


def test_paired_differences_are_told_from_chance() -> None:
    names = [str(number) for number in range(40)]
    before = {name: float(i % 2) for i, name in enumerate(names)}
    assert paired(before, before) == (0.0, 1.0)
    better = before | dict.fromkeys(names[:16:2], 1.0)
    mean, p = paired(before, better)
    assert mean == 0.2
    assert p == pytest.approx(2 / 2**8)
    mixed = before | {names[0]: 1.0, names[1]: 0.0}
    assert paired(before, mixed) == (0.0, 1.0)
    assert paired(before, dict.fromkeys(names, 1.0))[1] < 0.001


def test_several_tests_are_corrected_for_their_number() -> None:
    # 4 × 0.005, 3 × 0.01, 2 × 0.03, and 1 × 0.04, which is no less than the one before it
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


class Parity:
    """A benchmark without a sandbox: an answer passes when it is the problem's number."""

    name = "parity"
    scorer = "1"

    def __init__(self) -> None:
        self.skipped = {"too odd": 3}
        self.problems = [
            Problem(
                f"p{n}", [{"role": "user", "content": str(n)}], str(n), labels={"kind": "ab"[n % 2]}
            )
            for n in range(4)
        ]
        self.scored: list[str] = []
        self.data = "as published"
        self.where = "here"

    def basis(self, problem: Problem) -> str:
        return content_id(self.scorer, self.data, problem.id)

    def place(self, problem: Problem) -> str:
        return self.where

    def score(self, completions: list[Completion], jobs: int) -> Iterator[Score]:
        for c in completions:
            self.scored.append(c.id)
            status = "passed" if c.text == c.problem[1:] else "failed"
            yield Score(c.id, c.problem, c.sample, status, "wrong" * (status == "failed"),
                        without="failed", es_star=2.0, scorer=self.scorer)  # fmt: skip


class Counter:
    """A source that answers rightly every other time, and may be stopped."""

    name = "counter"

    def __init__(self, stop_after: int = 99) -> None:
        self.left = stop_after
        self.asked: list[tuple[str, int]] = []

    def complete(self, requests: list[Request], sampling: Sampling) -> Iterator[Completion]:
        for request in requests:
            if not self.left:
                raise KeyboardInterrupt
            self.left -= 1
            self.asked.append((request.problem, request.sample))
            right = request.messages[0]["content"] if request.sample % 2 == 0 else "?"
            yield Completion(request.problem, request.sample, right, request.seed)


SAMPLING = Sampling(samples=5)


def run_of(folder: Path, bench: Parity, name: str = "counter") -> RunFolder:
    return RunFolder(folder, configuration(bench, name, SAMPLING, {}))


def test_a_stopped_run_goes_on_where_it_was(tmp_path: Path) -> None:
    bench = Parity()
    first = Counter(stop_after=7)
    with pytest.raises(KeyboardInterrupt):
        generate(run_of(tmp_path, bench), bench, first, SAMPLING, QUIET)
    with (tmp_path / "completions.jsonl").open("a") as file:
        file.write('{"problem": "p1", "sam')  # killed while it wrote
    second = Counter()
    run = run_of(tmp_path, bench)
    assert generate(run, bench, second, SAMPLING, QUIET) == 13
    assert not set(first.asked) & set(second.asked)
    assert len(run.completions()) == 20
    score(run, bench, 1, QUIET)
    assert len(bench.scored) == 20
    score(run, bench, 1, QUIET)
    assert len(bench.scored) == 20
    bench.scorer = "2"
    score(run, bench, 1, QUIET)
    assert len(bench.scored) == 40


def test_the_summary_counts_and_scores(tmp_path: Path) -> None:
    bench = Parity()
    run = run_of(tmp_path, bench)
    generate(run, bench, Counter(), SAMPLING, QUIET)
    score(run, bench, 1, QUIET)
    summary = conclude(run, bench, 5)
    assert summary["problems"] == 4
    assert summary["skipped"] == {"too odd": 3}
    assert (summary["completions"], summary["passed"], summary["failed"]) == (20, 12, 8)
    assert summary["passed_without_update"] == 0
    assert summary["owed"] == 0
    assert summary["scores"]["pass@1"] == 0.6
    assert summary["scores"]["pass@5"] == summary["scores"]["UPass@5"] == 1.0
    assert summary["scores"]["es_star"] == 2.0
    assert {name: part["problems"] for name, part in summary["by_kind"].items()} == {"a": 2, "b": 2}
    assert json.loads((tmp_path / "summary.json").read_text()) == summary


def test_another_configuration_may_not_go_on(tmp_path: Path) -> None:
    run_of(tmp_path, Parity())
    with pytest.raises(UsageError, match="model was 'counter', is 'other'"):
        run_of(tmp_path, Parity(), "other")


def test_runs_stand_side_by_side(tmp_path: Path) -> None:
    bench = Parity()
    for name, texts in {"base": "0xxx", "grpo": "0123"}.items():
        run = run_of(tmp_path / name, bench, name)
        for number, text in enumerate(texts):
            run.add(Completion(f"p{number}", 0, text))
        score(run, bench, 1, QUIET)
        conclude(run, bench, 1)
    found = compared([tmp_path / "base", tmp_path / "grpo"])
    part = found["differences"][0]
    assert (part["pass@1"], part["better"], part["worse"]) == (0.75, 3, 0)
    assert part["p"] == 0.25
    assert [where["problem"] for where in part["where"]] == ["p1", "p2", "p3"]
    assert "+75.0%" in lines(found)
    with pytest.raises(BadFile, match="no run in"):
        compared([tmp_path])


def test_the_papers_figures_stand_beside(tmp_path: Path) -> None:
    bench = Parity()
    bench.name = "codeupdatearena"
    run = run_of(tmp_path, bench)
    for number in range(4):
        run.add(Completion(f"p{number}", 0, "0"))
    score(run, bench, 1, QUIET)
    conclude(run, bench, 1)
    found = compared([tmp_path])
    assert found["paper"]["paper: DAPO"] == {"pass@1": 0.787, "pass@5": 0.843}
    assert "edited the benchmark" in lines(found)


def test_predictions_of_others_are_read(tmp_path: Path) -> None:
    file = tmp_path / "p.jsonl"
    file.write_text(
        '{"task_id": "p0", "completion": "a"}\n{"task_id": "p0", "completion": "b"}\n'
        '{"example_id": 1, "completions": ["c"]}\n'
    )
    source = PredictionFile(file)
    assert source.samples == 2
    requests = [Request(p, s, [], 0) for p in ("p0", "1", "p9") for s in range(2)]
    texts = [(c.problem, c.text) for c in source.complete(requests, SAMPLING)]
    assert texts == [("p0", "a"), ("p0", "b"), ("1", "c"), ("p9", ""), ("p9", "")]
    with pytest.raises(BadFile, match="no prediction is about"):
        source.check(["x1", "x2"])
    file.write_text('{"task_id": "p0"}\n')
    with pytest.raises(BadFile, match="without any of completions"):
        PredictionFile(file)


def test_one_source_is_asked_for() -> None:
    problems = Parity().problems
    for wrong in (("", "", ""), ("m", "", "file"), ("", "http://x", "reference")):
        with pytest.raises(UsageError, match="where completions come from"):
            source_of(problems, *wrong)
    source, most = source_of(problems, "", "", "reference")
    assert most == 1
    texts = [c.text for c in source.complete([Request("p3", 0, [], 0)], SAMPLING)]
    assert texts == ["```python\n3\n```"]


UPDATE = {
    "description": "d",
    "docstring": "doc",
    "signature": "math.sin(x, unit='r')",
    "imports": "import math",
    "implementation": "def sin(x, unit='r'):\n    return 1",
    "function_path": "math.sin",
    "package": "math",
    "update_type": "add-argument",
}
TASK = {
    "scenario": "s",
    "problem": "p",
    "solution_signature": "def f():",
    "prog_syn_imports": "",
    "unit_tests": "def test_a():\n    assert f() == 1\n\n\ndef test_b():\n    assert f()",
    "ref_solution": "import math\ndef f():\n    return math.sin(0, 'd')",
    "prog_syn_id": "x",
}


def arena(tmp_path: Path, **changed: str) -> Problem:
    file = tmp_path / "arena.jsonl"
    row = {"update": UPDATE | changed, "prog_syn_examples": [TASK]}
    file.write_text(json.dumps(row) + "\n")
    return load_arena(file).problems[0]


def test_updates_are_patched_in_by_their_kind(tmp_path: Path) -> None:
    problem = arena(tmp_path)
    assert problem.setup.endswith("\nmath.sin = sin\n")
    assert problem.without is not None
    assert problem.setup.startswith(problem.without)
    assert [name for name, _ in problem.tests] == ["test_a", "test_b"]
    renamed = arena(tmp_path, update_type="modify-function-name", signature="math.sine(x)")
    assert "del math.sin\nsetattr(math, 'sine', sine)" in renamed.setup
    added = arena(tmp_path, update_type="add-function", signature="math.sine(x)")
    assert added.setup.endswith("\nsetattr(math, 'sine', sine)\n")
    assert "del" not in added.setup
    prompt = problem.messages[1]["content"]
    assert "test_a" in prompt
    assert "test_b" not in prompt
    assert "math.sin(0, 'd')" not in prompt


def test_torch_examples_are_skipped_and_counted(tmp_path: Path) -> None:
    file = tmp_path / "arena.jsonl"
    rows = [{"update": UPDATE | {"package": "torch"}, "prog_syn_examples": [TASK, TASK]}]
    file.write_text("\n".join(map(json.dumps, rows)))
    bench = load_arena(file)
    assert (bench.problems, bench.skipped) == ([], {"torch is not installed": 2})


@pytest.mark.parametrize("text", ["{", '{"a": 1}', "[]", '{"update": 3}'])
def test_a_line_that_is_no_update_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "arena.jsonl"
    file.write_text(text + "\n")
    with pytest.raises(BadFile, match="line 1"):
        load_arena(file)


def test_an_unknown_benchmark_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match="codeupdatarena") as caught:
        load("codeupdatarena", "x")
    assert "codeupdatearena" in caught.value.tip


def test_a_problem_of_gitchameleon_is_run_with_the_packages_of_its_day(tmp_path: Path) -> None:
    row = {"example_id": "7", "python_version": "3.11", "library": "pandas", "version": "1.5.0",
           "additional_dependencies": "numpy==1.21.6", "problem": "Do it.", "test": "assert f()",
           "starting_code": "def f():\n", "solution": "    return 1"}  # fmt: skip
    for python, expected in (
        ("3.10", ("numpy==1.21.6", "pytest==7.2.0", "scipy<=1.10.1", "setuptools<81")),
        ("3.12", ("numpy==1.21.6", "pytest", "setuptools<81")),
    ):
        made = gitchameleon.environment_of(row | {"python_version": python})
        assert (made.library, made.version, made.python) == ("pandas", "1.5.0", python)
        assert made.requirements == expected
        assert made.until.startswith("2025-06")
    itself = gitchameleon.environment_of(row | {"library": "pytest", "python_version": "3.10"})
    assert not any(text.startswith("pytest") for text in itself.requirements)
