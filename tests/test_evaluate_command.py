"""The commands eval and compare, as they are typed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OLD = "import numpy as np\nprint(np.in1d(np.array([1, 2, 3]), [2, 5]))"
NEW = OLD.replace("in1d", "isin")
ROW = {
    "dependency": "numpy", "new_version": "==2.0.2", "description": "", "old_code": OLD,
    "new_code": NEW, "update_info": "`np.in1d` is deprecated, use `np.isin`.",
    "old_version": "==1.26.4", "old_symbol": "numpy.in1d", "new_symbol": "numpy.isin",
}  # fmt: skip
HUMAN = {
    "task_id": "HumanEval/0", "entry_point": "halve", "atol": 0,
    "prompt": 'def halve(x):\n    """Return half of x."""\n',
    "canonical_solution": "    return x / 2\n",
    "base_input": [[2], [3]], "plus_input": [[1e300], [0]],
}  # fmt: skip


def run(*arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "recode_data", *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def last(done: subprocess.CompletedProcess[str]) -> dict[str, object]:
    assert done.returncode == 0, done.stderr
    value: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return value


def lines_of(file: Path, rows: list[dict[str, object]]) -> Path:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def test_bad_requests_are_one_line_and_a_tip(tmp_path: Path) -> None:
    done = run("eval", "codeupdatarena", "x", "--predictions", "reference", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean 'codeupdatearena'?" in done.stderr
    done = run("eval", "heldout", "nowhere", "--predictions", "reference", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "error: no workspace, folder or file nowhere" in done.stderr
    data = lines_of(tmp_path / "test.jsonl", [ROW])
    done = run("eval", "heldout", data, folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "where completions come from" in done.stderr
    done = run("compare", "nothing", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "error: no run in nothing" in done.stderr


@pytest.mark.index
def test_held_out_entries_are_judged_and_compared(tmp_path: Path) -> None:
    data = lines_of(tmp_path / "test.jsonl", [ROW])
    eval_ = ("eval", "heldout", data, "--json", "-j", 1)
    reference = last(run(*eval_, "--predictions", "reference", "--out", "a", folder=tmp_path))
    assert (reference["problems"], reference["passed"], reference["owed"]) == (1, 1, 0)
    assert reference["scores"]["pass@1"] == 1.0  # type: ignore[index]
    assert reference["scores"]["em_star"] == 2.0  # type: ignore[index]
    from recode_data.records import ENTRY_FIELDS, content_id

    name = content_id(*(ROW[field] for field in ENTRY_FIELDS))
    texts = [OLD, NEW, "print('[False  True False]')"]
    rows = [{"problem": name, "completion": f"```python\n{text}\n```"} for text in texts]
    lines_of(tmp_path / "p.jsonl", rows)
    mine = last(run(*eval_, "--predictions", "p.jsonl", "--out", "b", folder=tmp_path))
    assert (mine["completions"], mine["passed"], mine["failed"]) == (3, 1, 2)
    assert mine["scores"]["pass@1"] == pytest.approx(1 / 3, abs=1e-4)  # type: ignore[index]
    found = last(run("compare", "a", "b", "--json", folder=tmp_path))
    assert found["differences"][0]["worse"] == 1  # type: ignore[index]


@pytest.mark.index
def test_held_out_entries_stand_on_a_side_of_the_cutoff() -> None:
    from recode_data.evaluate.heldout import load

    rows = [ROW, ROW | {"new_version": "==1.26.4"}, ROW | {"dependency": "no such library"}]
    bench = load(rows, cutoff="2024-03-01")
    assert [p.labels["cutoff"] for p in bench.problems] == ["after", "before", "unknown"]
    assert "<doc>" in bench.problems[0].messages[1]["content"]
    assert "<doc>" not in load(rows, update=False).problems[0].messages[1]["content"]


def test_a_model_is_asked_as_it_was_trained(tmp_path: Path) -> None:
    from recode_data.evaluate.heldout import load
    from recode_data.prompts import FORMAT, messages

    for style in ("reasoning", "answer"):
        asked = load([ROW], style=style).problems[0].messages
        assert asked == [dict(turn) for turn in messages(ROW, style)]
        assert FORMAT[style] in asked[1]["content"]
    assert FORMAT["reasoning"] in load([ROW]).problems[0].messages[1]["content"]
    done = run("eval", "humaneval-plus", "x", "--style", "answer", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--style is an option of heldout, not of humaneval-plus" in done.stderr


@pytest.mark.index
def test_humaneval_plus_expects_what_the_canonical_solution_gives(tmp_path: Path) -> None:
    data = lines_of(tmp_path / "plus.jsonl", [HUMAN])
    eval_ = ("eval", "humaneval-plus", data, "--json", "-j", 1)
    assert last(run(*eval_, "--predictions", "reference", folder=tmp_path))["passed"] == 1
    answers = {
        "    return x / 2": 1,
        "def halve(x):\n    return x * 0.5": 1,
        "def halve(x):\n    return x // 2": 0,
        "def halve(x):\n    return 1.0": 0,
        "import os\nos._exit(0)": 0,
    }
    rows = [{"task_id": "HumanEval/0", "completions": [f"```python\n{a}\n```" for a in answers]}]
    lines_of(tmp_path / "p.jsonl", rows)
    found = last(run(*eval_, "--predictions", "p.jsonl", "--out", "b", folder=tmp_path))
    assert (found["completions"], found["passed"]) == (5, 2)
    scores = [json.loads(line) for line in (tmp_path / "b/scores.jsonl").read_text().splitlines()]
    passed = {score["sample"] for score in scores if score["status"] == "passed"}
    assert passed == {0, 1}
