"""A failure of ours is never a score: what is owed is told, and the next run completes it."""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from execution import toy_environment
from test_evaluate import QUIET, SAMPLING, Counter, Parity, run_of
from wheels import environment_of, make_wheel, only_wheels_of

from recode_data.errors import DiskFull, NetworkError, NoSuchVersion, RecodeError, UsageError
from recode_data.evaluate import heldout, humaneval
from recode_data.evaluate.compare import compared
from recode_data.evaluate.problem import Benchmark, Problem
from recode_data.evaluate.run import STALE, conclude, configuration, generate, score
from recode_data.evaluate.sampling import Sampling
from recode_data.evaluate.sources import fingerprint
from recode_data.evaluate.sources.file import PredictionFile
from recode_data.evaluate.store import Completion, RunFolder
from recode_data.evaluate.summary import table
from recode_data.evaluate.tested import TestedBenchmark
from recode_data.execute import environments
from recode_data.execute.interpreters import interpreters
from recode_data.execute.selftest import choose_tier
from recode_data.execute.warm import Answer, WarmServer
from recode_data.judge import resolver
from recode_data.library import Library, Pin
from recode_data.records import Environment
from recode_data.rewards import examiner

ROOT = Path(__file__).parent.parent
ONE = Sampling(samples=1)
NOWHERE = "http://127.0.0.1:9/simple"
"""No one listens on the discard port."""
GOOD = "import toy\ndef f():\n    return toy.three()"
BAD = "def f():\n    return 4"


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the wheel of a library, the only place where packages come from."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    make_wheel(folder, "toy", {"toy.py": "def three():\n    return 3\n"})
    only_wheels_of(folder, tmp_path / "cache", monkeypatch)
    return folder


def benchmark(tests: str = "assert f() == 3") -> TestedBenchmark:
    environment = environment_of("toy")
    problems = [
        Problem(name, [{"role": "user", "content": name}], GOOD, (("t", tests),), environment)
        for name in ("p1", "p2")
    ]
    return TestedBenchmark("toys", problems)


def predictions(folder: Path, *codes: str) -> Path:
    file = folder / "p.jsonl"
    rows = [
        {"problem": f"p{number}", "completion": f"```python\n{code}\n```"}
        for number, code in enumerate(codes, 1)
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def evaluated(
    folder: Path, file: Path, bench: Benchmark | None = None, only_score: bool = False
) -> dict[str, Any]:
    """Do what the command does; each time from the files alone."""
    bench, source = bench or benchmark(), PredictionFile(file)
    told = {"predictions": source.fingerprint}
    run = RunFolder(folder, configuration(bench, source.name, ONE, told))
    if not only_score:
        generate(run, bench, source, ONE, QUIET)
    score(run, bench, 1, QUIET)
    return conclude(run, bench, 1)


def assert_owed(summary: dict[str, Any], folder: Path, count: int, *reasons: str) -> None:
    """Nothing stands there that could be taken for a result, and the reason is told."""
    assert (summary["final"], summary["scores"], summary["owed"]) == (False, {}, count)
    assert (summary["failed"], summary["timeout"], summary["memory"]) == (0, 0, 0)
    assert sum(summary["not_judged"].values()) == count
    for reason in reasons:
        assert any(reason in told for told in summary["not_judged"]), summary["not_judged"]
    text = table(summary)
    assert f"{count} not judged" in text
    assert "\nall " not in text
    with pytest.raises(RecodeError, match=f"is not final: {count} not judged") as caught:
        compared([folder])
    assert caught.value.exit_code == 1


def assert_final(summary: dict[str, Any], value: float) -> None:
    assert (summary["final"], summary["owed"], summary["not_judged"]) == (True, 0, {})
    assert summary["scores"]["pass@1"] == value


@contextmanager
def index_gone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have packages come from an address where nobody listens."""
    with monkeypatch.context() as gone:
        gone.delenv("UV_NO_INDEX")
        gone.delenv("UV_FIND_LINKS")
        gone.setenv("UV_CACHE_DIR", f"{os.environ['UV_CACHE_DIR']}-empty")
        gone.setenv("UV_DEFAULT_INDEX", NOWHERE)
        gone.setenv("UV_HTTP_RETRIES", "0")
        yield


def test_an_index_that_is_gone_is_no_wrong_answer(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, run = predictions(tmp_path, GOOD, BAD), tmp_path / "run"
    with index_gone(monkeypatch):
        assert_owed(evaluated(run, file), run, 2, "cannot make toy")
    assert_final(evaluated(run, file), 0.5)


def test_a_version_that_no_index_has_is_left_out_and_counted(shelf: Path, tmp_path: Path) -> None:
    bench = benchmark()
    absent = Problem("p3", [], GOOD, bench.problems[0].tests, environment_of("toy", "toy==2.0"))
    bench.problems.append(absent)
    summary = evaluated(tmp_path / "run", predictions(tmp_path, GOOD, BAD, GOOD), bench)
    assert_final(summary, 0.5)
    assert (summary["problems"], summary["skipped"]) == (2, {"no environment can be made": 1})
    assert "\n  skipped: 1 × cannot make toy" in table(summary)
    bench.problems = [absent]
    alone = evaluated(tmp_path / "alone", predictions(tmp_path, GOOD, BAD, GOOD), bench)
    assert (alone["final"], alone["scores"]) == (False, {})


def test_a_broken_environment_is_made_anew(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, run = predictions(tmp_path, GOOD, GOOD), tmp_path / "run"
    made = environments.ensure(benchmark().problems[0].environment)  # type: ignore[arg-type]
    next(made.folder.glob("lib/python*/site-packages/toy.py")).unlink()
    monkeypatch.setattr(environments, "_WHOLE", set())  # as in the next process
    with index_gone(monkeypatch):
        assert_owed(evaluated(run, file), run, 2, "cannot make toy")
    assert_final(evaluated(run, file), 1.0)
    next(made.folder.glob("lib/python*/site-packages/toy.py")).unlink()
    monkeypatch.setattr(environments, "_WHOLE", set())
    assert_final(evaluated(tmp_path / "other", file), 1.0)


@contextmanager
def workers_killed(
    monkeypatch: pytest.MonkeyPatch, doomed: Callable[[str], bool]
) -> Iterator[None]:
    """Kill each worker that is about to run a program that is ``doomed``; it takes two."""
    ran: Callable[..., Answer] = WarmServer.run
    killed = []

    def run(server: WarmServer, code: str, *more: Any, **named: Any) -> Answer:
        if doomed(code):
            os.kill(server.process.pid, signal.SIGKILL)
            server.process.wait()
            ended = select.poll()  # what the sandbox holds dies a moment later
            ended.register(server.process.stdout, 0)
            assert ended.poll(10_000)
            killed.append(code)
        return ran(server, code, *more, **named)

    choose_tier(False)  # which has programs of its own run
    with monkeypatch.context() as patched:
        patched.setattr(WarmServer, "run", run)
        yield
    assert len(killed) > 1


def test_a_worker_that_is_killed_is_no_wrong_answer(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, folder = predictions(tmp_path, GOOD, BAD), tmp_path / "run"
    with workers_killed(monkeypatch, lambda _: True):
        assert_owed(evaluated(folder, file), folder, 2, "fork server")
    assert_final(evaluated(folder, file), 0.5)


@pytest.mark.parametrize("second", [False, True])
def test_half_of_a_score_is_none(
    second: bool, shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that has to fail without the update is not judged until it ran there too."""
    bench = benchmark()
    for problem in bench.problems:
        object.__setattr__(problem, "without", "import toy\ntoy.three = None")
    file, folder = predictions(tmp_path, GOOD, GOOD), tmp_path / "run"
    with workers_killed(monkeypatch, lambda code: ("toy.three = None" in code) == second):
        assert_owed(evaluated(folder, file, bench), folder, 2, "fork server")
    summary = evaluated(folder, file, bench)
    assert_final(summary, 1.0)
    assert summary["scores"]["UPass@1"] == 1.0


@contextmanager
def little_space(file: Path, left: int) -> Iterator[None]:
    """Let no file grow beyond what ``file`` has and ``left`` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = file.stat().st_size if file.exists() else 0
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + left, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_leaves_no_score(tmp_path: Path) -> None:
    bench, folder = Parity(), tmp_path / "run"
    run = run_of(folder, bench)
    generate(run, bench, Counter(), SAMPLING, QUIET)
    score(run, bench, 1, QUIET)
    first = conclude(run, bench, 5)
    bench.data = "published again"  # all is owed again
    run = run_of(folder, bench)
    with little_space(folder / "scores.jsonl", 700), pytest.raises(DiskFull):
        score(run, bench, 1, QUIET)
    assert not (folder / "scores.jsonl").read_text().endswith("\n")  # cut in the middle
    with pytest.raises(RecodeError, match="was not brought to its end"):
        compared([folder])
    told = conclude(run_of(folder, bench), bench, 5)
    left = 40 - len((folder / "scores.jsonl").read_text().split("\n")[:-1])
    assert (told["final"], told["scores"], told["owed"]) == (False, {}, left)
    assert told["not_judged"] == {"not scored yet": left}
    with pytest.raises(RecodeError, match=f"is not final: {left} not judged"):
        compared([folder])
    score(run_of(folder, bench), bench, 1, QUIET)
    second = conclude(run_of(folder, bench), bench, 5)
    assert second["final"]
    assert second["scores"] == first["scores"]
    assert second["made_of"] != first["made_of"]
    assert [row["scores"] for row in compared([folder])["runs"]] == [second["scores"]]


def test_a_full_disk_while_answers_are_kept_loses_none_that_is_there(tmp_path: Path) -> None:
    bench, folder, source = Parity(), tmp_path / "run", Counter()
    run = run_of(folder, bench)
    with little_space(folder / "completions.jsonl", 700), pytest.raises(DiskFull):
        generate(run, bench, source, SAMPLING, QUIET)
    kept = (folder / "completions.jsonl").read_text().split("\n")[:-1]
    assert 0 < len(kept) < 20
    score(run_of(folder, bench), bench, 1, QUIET)
    told = conclude(run_of(folder, bench), bench, 5)
    assert (told["final"], told["scores"], told["owed"]) == (False, {}, 20 - len(kept))
    assert told["not_judged"] == {"not generated yet": 20 - len(kept)}
    run = run_of(folder, bench)
    generate(run, bench, source, SAMPLING, QUIET)
    assert (folder / "completions.jsonl").read_text().split("\n")[: len(kept)] == kept
    score(run, bench, 1, QUIET)
    assert conclude(run, bench, 5)["final"]


def assert_half_written(folder: Path, damage: Callable[[Path], None], owed: int) -> None:
    bench = Parity()
    run = run_of(folder, bench)
    generate(run, bench, Counter(), SAMPLING, QUIET)
    score(run, bench, 1, QUIET)
    whole = conclude(run, bench, 5)
    damage(folder)
    with pytest.raises(RecodeError) as caught:
        compared([folder])
    assert caught.value.exit_code == 1
    if owed:
        told = conclude(run_of(folder, bench), bench, 5)
        assert (told["final"], told["owed"], told["scores"]) == (False, owed, {})
    run = run_of(folder, bench)
    generate(run, bench, Counter(), SAMPLING, QUIET)
    score(run, bench, 1, QUIET)
    assert conclude(run, bench, 5)["scores"] == whole["scores"]
    assert compared([folder])["runs"][0]["owed"] == 0


def cut(name: str, by: int) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        (folder / name).write_text(text[:-by], encoding="utf-8")

    return damage


def without_a_field(folder: Path) -> None:
    rows = (folder / "scores.jsonl").read_text(encoding="utf-8").splitlines()
    rows[3] = json.dumps({"completion": json.loads(rows[3])["completion"], "status": "passed"})
    rows[4] = json.dumps(json.loads(rows[4]) | {"status": None})
    (folder / "scores.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")


DAMAGES: dict[str, tuple[Callable[[Path], None], int]] = {
    "score cut off": (cut("scores.jsonl", 30), 1),
    "completion cut off": (cut("completions.jsonl", 10), 1),
    "summary cut off": (cut("summary.json", 10), 0),
    "summary gone": (lambda folder: (folder / "summary.json").unlink(), 0),
    "scores gone": (lambda folder: (folder / "scores.jsonl").unlink(), 20),
    "completions gone": (lambda folder: (folder / "completions.jsonl").unlink(), 20),
    "fields missing": (without_a_field, 2),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_half_written_store_is_completed(name: str, tmp_path: Path) -> None:
    assert_half_written(tmp_path, *DAMAGES[name])


def test_changed_predictions_are_scored_anew(shelf: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert_final(evaluated(run, predictions(tmp_path, GOOD, GOOD)), 1.0)
    changed = predictions(tmp_path, BAD, BAD)
    assert_owed(evaluated(run, changed, only_score=True), run, 2, STALE)
    assert_final(evaluated(run, changed), 0.0)
    assert_final(evaluated(run, predictions(tmp_path, GOOD, BAD)), 0.5)


def test_a_killed_change_of_predictions_is_still_seen(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    assert_final(evaluated(run, predictions(tmp_path, GOOD, GOOD)), 1.0)
    changed = predictions(tmp_path, BAD, GOOD)
    with monkeypatch.context() as killed:
        killed.setattr(RunFolder, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            evaluated(run, changed)
    assert_owed(evaluated(run, changed, only_score=True), run, 2, STALE)
    assert_final(evaluated(run, changed), 0.5)


def test_other_tests_make_other_scores(shelf: Path, tmp_path: Path) -> None:
    """The prompts are the same, so the answers stay; what they are held against is not."""
    run, file = tmp_path / "run", predictions(tmp_path, GOOD, BAD)
    assert_final(evaluated(run, file), 0.5)
    again = evaluated(run, file)
    assert len((run / "scores.jsonl").read_text().splitlines()) == 2
    other = evaluated(run, file, benchmark("assert f() in (3, 4)"))
    assert_final(other, 1.0)
    assert other["made_of"]["data"] != again["made_of"]["data"]
    assert other["made_of"]["completions"] == again["made_of"]["completions"]


@pytest.mark.parametrize("part", ["scorer", "data", "where"])
def test_a_score_is_kept_for_what_it_was_made_of(part: str, tmp_path: Path) -> None:
    bench = Parity()
    run = run_of(tmp_path, bench)
    generate(run, bench, Counter(), SAMPLING, QUIET)
    score(run, bench, 1, QUIET)
    score(run, bench, 1, QUIET)
    assert len(bench.scored) == 20
    setattr(bench, part, "another")
    told = conclude(run, bench, 5)
    assert (told["final"], told["scores"]) == (False, {})
    assert told["not_judged"] == {"not scored yet": 20}
    score(run, bench, 1, QUIET)
    assert len(bench.scored) == 40
    assert conclude(run, bench, 5)["final"]


def test_runs_that_were_scored_otherwise_are_not_compared(tmp_path: Path) -> None:
    for name in ("left", "right"):
        bench = Parity()
        bench.data = name
        run = run_of(tmp_path / name, bench)
        for number in range(4):
            run.add(Completion(f"p{number}", 0, "0"))
        score(run, bench, 1, QUIET)
        conclude(run, bench, 1)
    with pytest.raises(RecodeError, match="no problem in common that both scored in the same"):
        compared([tmp_path / "left", tmp_path / "right"])


ROW = {
    "example_id": "7", "python_version": list(interpreters())[-1], "library": "toy",
    "version": "1.0", "problem": "Return three.", "starting_code": "import toy\ndef f():\n",
    "solution": "    return toy.three()", "test": "assert f() == 3",
}  # fmt: skip


def command(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "recode_data", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_gives_no_score_without_an_index_and_the_next_one_does(
    tmp_path: Path,
) -> None:
    (tmp_path / "data.jsonl").write_text(json.dumps(ROW) + "\n", encoding="utf-8")
    shelf = tmp_path / "wheels"
    shelf.mkdir()
    make_wheel(shelf, "toy", {"toy.py": "def three():\n    return 3\n"})
    for beside in ("pytest", "setuptools", "numpy", "scipy"):
        make_wheel(shelf, beside, {f"{beside}.py": ""})
    asked = ("eval", "gitchameleon", "data.jsonl", "--predictions", "reference", "--out", "run")
    cache = {"RECODE_DATA_CACHE": str(tmp_path / "c"), "UV_CACHE_DIR": str(tmp_path / "uv")}
    gone = cache | {"UV_DEFAULT_INDEX": NOWHERE, "UV_INDEX": "", "UV_HTTP_RETRIES": "0"}
    done = command(tmp_path, *asked, **gone)
    assert done.returncode == 1
    assert "pass@1" not in done.stdout
    assert "1 × cannot make toy" in done.stdout
    errors = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    assert len(errors) == 1
    assert "no final score: 1 not judged (1 × cannot make toy" in errors[0]
    assert "Traceback" not in done.stderr
    done = command(tmp_path, *asked, "--json", **gone)
    assert (done.returncode, json.loads(done.stdout)["scores"]) == (1, {})
    done = command(tmp_path, "compare", "run", "run", **gone)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: the run run is not final: 1 not judged (1 × cannot make")
    assert done.stderr.count("\n") == 2
    here = cache | {"UV_NO_INDEX": "1", "UV_FIND_LINKS": str(shelf)}
    done = command(tmp_path, *asked, **here)
    assert done.returncode == 0, done.stderr
    assert "pass@1 100.0%" in done.stdout
    done = command(tmp_path, "compare", "run", "run", **gone)
    assert (done.returncode, done.stderr) == (0, "")
    assert "0 worse" in done.stdout


@pytest.mark.parametrize("day", ["banana", "2025-13-45"])
def test_a_day_that_is_none_is_an_error(day: str, tmp_path: Path) -> None:
    for words in (
        ("eval", "heldout", "nowhere", "--predictions", "reference", "--cutoff", day),
        ("export", "nowhere", "--split", "time", "--cutoff", day),
    ):
        done = command(tmp_path, *words)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"error: {day!r} is no day of the calendar" in done.stderr


OLD = "import toy\nprint(toy.old(5))"
NEW = OLD.replace("old", "new")
ENTRY = {
    "dependency": "toy", "old_version": "==1", "new_version": "==2", "description": "",
    "update_info": "`toy.old` is gone, use `toy.new`.", "old_code": OLD, "new_code": NEW,
    "old_symbol": "toy.old", "new_symbol": "toy.new",
}  # fmt: skip
SOURCES = {
    "1": "def old(value):\n    return value\nnew = old\n",
    "2": "def new(value):\n    return value\n",
}


@pytest.fixture
def held_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> heldout.HeldOut:
    """Two entries of a library of our own, whose environments need no index."""
    monkeypatch.setenv("RECODE_DATA_CACHE", str(tmp_path / "cache"))
    library = Library(name="toy")

    def pair(_: Library, old: str, new: str) -> tuple[Environment, Environment]:
        return toy_environment(old, SOURCES[old]), toy_environment(new, SOURCES[new])

    monkeypatch.setattr(Library, "matching", {"toy": library}.get)
    monkeypatch.setattr(resolver, "resolve_pair", pair)
    heldout._place.cache_clear()
    rows = [
        ENTRY,
        ENTRY | {code: ENTRY[code].replace("5", "6") for code in ("old_code", "new_code")},
    ]
    return heldout.load(rows)


def answers(folder: Path, bench: heldout.HeldOut, *texts: str) -> Path:
    """Write one answer to each entry: a right one, or the old code."""
    file = folder / "p.jsonl"
    codes = [
        getattr(bench.entries[problem.id], text)
        for problem, text in zip(bench.problems, texts, strict=True)
    ]
    rows = [
        {"problem": problem.id, "completion": f"```python\n{code}\n```"}
        for problem, code in zip(bench.problems, codes, strict=True)
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


@pytest.mark.parametrize("failure", [NetworkError("no answer", ""), DiskFull("no space left", "")])
def test_held_out_entries_wait_for_an_index(
    failure: RecodeError,
    held_out: heldout.HeldOut,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def gone(*_: object) -> None:
        raise failure

    file, run = answers(tmp_path, held_out, "new_code", "old_code"), tmp_path / "run"
    with monkeypatch.context() as patched:
        patched.setattr(resolver, "resolve_pair", gone)
        assert_owed(evaluated(run, file, held_out), run, 2, failure.message)
    assert_final(evaluated(run, file, held_out), 0.5)


def test_held_out_entries_of_a_version_that_is_nowhere_are_left_out(
    held_out: heldout.HeldOut, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = resolver.resolve_pair

    def absent(library: Library, old: str, new: str) -> tuple[Environment, Environment]:
        if new == "3":
            raise NoSuchVersion("toy has no version 3", "")
        return pair(library, old, new)

    monkeypatch.setattr(resolver, "resolve_pair", absent)
    bench = heldout.load([ENTRY, ENTRY | {"new_version": "==3"}])
    summary = evaluated(tmp_path / "run", answers(tmp_path, bench, "new_code", "new_code"), bench)
    assert_final(summary, 1.0)
    assert (summary["problems"], summary["skipped"]) == (1, {"no environment can be made": 1})


@pytest.mark.parametrize("victims", ["references", "proofs", "all"])
def test_held_out_answers_are_judged_by_whole_proofs_alone(
    victims: str, held_out: heldout.HeldOut, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = {
        code for entry in held_out.entries.values() for code in (entry.old_code, entry.new_code)
    }
    plain |= {code.replace("print(toy.new", "call = toy.new\nprint(call") for code in plain}
    asked = {"references": plain.__contains__, "proofs": lambda code: code not in plain}
    file, folder = answers(tmp_path, held_out, "new_code", "new_code"), tmp_path / "run"
    other = file.read_text(encoding="utf-8").replace("print(", "call = toy.new\\nprint(")
    file.write_text(other.replace("print(toy.new", "print(call"), encoding="utf-8")
    with workers_killed(monkeypatch, asked.get(victims, bool)):
        assert_owed(evaluated(folder, file, held_out), folder, 2, "fork server")
    assert_final(evaluated(folder, file, held_out), 1.0)


def test_a_batch_whose_time_is_up_is_no_wrong_answer(
    held_out: heldout.HeldOut, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, folder = answers(tmp_path, held_out, "new_code", "old_code"), tmp_path / "run"
    with monkeypatch.context() as patched:
        patched.setattr(heldout, "PATIENCE", 0.0)
        assert_owed(evaluated(folder, file, held_out), folder, 2, "not finished within the batch")
    assert_final(evaluated(folder, file, held_out), 0.5)


def test_a_solution_that_cannot_be_run_judges_nobody(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HumanEval+'s expected outputs come from runs too."""
    monkeypatch.setattr(humaneval, "ENVIRONMENT", environment_of("toy"))
    row = {
        "task_id": "HumanEval/0", "entry_point": "halve", "atol": 0,
        "prompt": "def halve(x):\n", "canonical_solution": "    return x // 2\n",
        "base_input": [[2], [4]], "plus_input": [[6]],
    }  # fmt: skip
    data = tmp_path / "plus.jsonl"
    data.write_text(json.dumps(row) + "\n", encoding="utf-8")
    file, folder = tmp_path / "p.jsonl", tmp_path / "run"
    given = {"task_id": "HumanEval/0", "completion": "def halve(x):\n    return x // 2"}
    file.write_text(json.dumps(given) + "\n", encoding="utf-8")
    with index_gone(monkeypatch):
        assert_owed(evaluated(folder, file, humaneval.load(data)), folder, 1, "cannot make toy")
    make_wheel(shelf, "numpy", {"numpy.py": "def allclose(*a, **k):\n    return a[0] == a[1]\n"})
    monkeypatch.setattr(humaneval, "ENVIRONMENT", environment_of("numpy"))
    assert_final(evaluated(folder, file, humaneval.load(data)), 1.0)


def test_other_weights_in_the_same_folder_are_another_model(tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    weights = model / "model.safetensors"
    weights.write_bytes(bytes(100))
    (model / "notes.txt").write_text("one", encoding="utf-8")
    source = Counter()
    source.name = str(model)
    before = fingerprint(source, str(model), "")
    (model / "notes.txt").write_text("two", encoding="utf-8")
    assert fingerprint(source, str(model), "") == before
    weights.write_bytes(bytes(99) + b"x")
    after = fingerprint(source, str(model), "")
    assert after != before
    bench = Parity()
    RunFolder(tmp_path / "run", configuration(bench, source.name, SAMPLING, dict(before)))
    with pytest.raises(UsageError, match="weights was"):
        RunFolder(tmp_path / "run", configuration(bench, source.name, SAMPLING, dict(after)))


def test_an_entry_runs_with_the_packages_of_its_versions_day(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As in the judge of the data set: a version that no pin names takes those of its series."""
    pin = Pin(until="2018-06-01T00:00:00Z", requires=["six==1.11"])
    library = Library(name="toy", pins={"0.23.4": pin})
    asked: list[Library] = []

    def pair(given: Library, old: str, new: str) -> tuple[Environment, Environment]:
        asked.append(given)
        return Environment("toy", old, "3.12"), Environment("toy", new, "3.12")

    monkeypatch.setattr(Library, "matching", {"toy": library}.get)
    monkeypatch.setattr(resolver, "resolve_pair", pair)
    made = examiner.Examiner()
    entry = heldout.entry_of(ENTRY | {"old_version": "==0.23.0", "new_version": "==0.23.4"})
    assert isinstance(made.environment(entry), Environment)
    assert asked[0].pins["0.23.0"] == pin
    odd = heldout.entry_of(ENTRY | {"old_version": "==0.23.0", "new_version": "==none"})
    made.environment(odd)
    assert set(asked[1].pins) == {"0.23.0", "0.23.4"}
