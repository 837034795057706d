"""The validation stage on real NumPy environments: resuming, kills, Ctrl-C, Ray."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from recode_data.errors import RecodeError
from recode_data.judge import validate
from recode_data.judge.request import check
from recode_data.progress import Summary
from recode_data.records import Entry, Run, Verdict
from recode_data.workspace import Workspace

pytestmark = [pytest.mark.index, pytest.mark.timeout(1200)]
ROOT = Path(__file__).parents[2]
PAIRS = {"product": "prod", "cumproduct": "cumprod", "sometrue": "any", "alltrue": "all"}


def entries(count: int) -> list[Entry]:
    """Many small valid entries: four changes on other numbers."""
    made = []
    for index in range(count):
        old, new = list(PAIRS.items())[index % len(PAIRS)]
        numbers = [index + 1, index + 2, 3]
        code = "import numpy as np\nprint(np.{}({}))"
        made.append(
            Entry(
                "numpy",
                "==2.0.0",
                f"Example {index}.",
                f"np.{old} is gone, use np.{new}.",
                code.format(old, numbers),
                code.format(new, numbers),
                change_kind="removed",
                engine="rules",
                old_symbol=f"numpy.{old}",
                new_symbol=f"numpy.{new}",
            )
        )
    return made


def command(folder: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "recode_data", "validate", "-w", str(folder), *more]


def start(folder: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(folder, *more),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def held(folder: Path) -> tuple[set[str], list[Verdict]]:
    with Workspace.open(folder) as workspace:
        runs = set(workspace.sql("SELECT id FROM runs")["id"].to_pylist())
        return runs, workspace.all(Verdict)


def filled(folder: Path, count: int) -> Path:
    with Workspace.open(folder) as workspace:
        workspace.add(entries(count))
    return folder


def test_a_second_validation_owes_nothing_and_runs_are_reused(tmp_path: Path) -> None:
    with Workspace.open(filled(tmp_path, 8)) as workspace:
        first = validate(workspace, limit=3)
        assert (first.came_in, first.went_out, first.owed) == (3, 3, 0)
        rest = validate(workspace, ["numpy"])
        assert (rest.came_in, rest.went_out) == (5, 5)
        verdicts, runs = workspace.all(Verdict), workspace.count(Run)
        assert validate(workspace).came_in == 0
        workspace.execute("DELETE FROM verdicts")
        again = validate(workspace)
        assert (again.came_in, again.went_out) == (8, 8)
        assert workspace.all(Verdict) == verdicts
        assert workspace.count(Run) == runs
        assert all(verdict.old_version == "1.24.4" for verdict in verdicts)


def test_a_timeout_is_owed_again_and_more_time_settles_it(tmp_path: Path) -> None:
    slow = entries(1)[0]
    sleep = "\nimport time\ntime.sleep(1.5)"
    from dataclasses import replace

    slow = replace(slow, old_code=slow.old_code + sleep, new_code=slow.new_code + sleep)
    with Workspace.open(tmp_path) as workspace:
        workspace.add([slow])
        short = validate(workspace, timeout=0.5)
        assert (short.owed, short.went_out) == (1, 0)
        assert validate(workspace, timeout=0.5, retry=()).came_in == 0
        long = validate(workspace, timeout=120.0)
        assert (long.owed, long.went_out) == (0, 1)
        assert [verdict.status for verdict in workspace.all(Verdict)] == ["valid"]


def test_exit_codes_say_what_is_owed(tmp_path: Path) -> None:
    check(Summary("validate", came_in=4, went_out=2), 0.5)
    with pytest.raises(RecodeError) as few:
        check(Summary("validate", came_in=4, went_out=1), 0.5)
    assert few.value.exit_code == 1
    with pytest.raises(RecodeError) as owes:
        check(Summary("validate", came_in=4, went_out=3, owed=1), 0.0)
    assert owes.value.exit_code == 1


def test_ctrl_c_loses_nothing(tmp_path: Path) -> None:
    process = start(filled(tmp_path, 120), "--jobs", "2")
    assert process.stderr is not None
    while not re.search(r"runs/s [1-9]", process.stderr.readline()):
        assert process.poll() is None, "it was done before it said anything"
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=300)
    if process.returncode == 0:
        pytest.skip("it was done before the key was pressed")
    assert process.returncode == 130, told
    assert "run the same command again" in told
    runs, _ = held(tmp_path)
    assert runs
    done = start(tmp_path)
    _, told = done.communicate(timeout=300)
    assert done.returncode == 0, told
    after, verdicts = held(tmp_path)
    assert runs <= after
    assert {verdict.status for verdict in verdicts} == {"valid"}


@pytest.mark.slow
def test_a_hundred_kills_lose_nothing_and_change_nothing(tmp_path: Path) -> None:
    """No committed run or verdict is ever lost, and the verdicts are those of one go."""
    count = 40
    whole = filled(tmp_path / "whole", count)
    start(whole).communicate(timeout=600)
    _, expected = held(whole)
    assert len(expected) == count
    chance = random.Random(7)
    kills = rounds = 0
    folder, known_runs, known = tmp_path / "0", set[str](), set[str]()
    while kills < int(os.environ.get("RECODE_DATA_KILLS", "100")):
        if not folder.exists():
            filled(folder, count)
            known_runs, known = set(), set()
        process = start(folder)
        try:
            process.wait(timeout=chance.uniform(0.5, 8.0))
        except subprocess.TimeoutExpired:
            kills += 1
        process.kill()
        process.communicate()
        runs, verdicts = held(folder)
        assert known_runs <= runs
        assert known <= {verdict.id for verdict in verdicts}
        known_runs, known = runs, {verdict.id for verdict in verdicts}
        if len(verdicts) == count:
            assert verdicts == expected
            rounds += 1
            folder = tmp_path / str(rounds)
    start(folder if folder.exists() else filled(folder, count)).communicate(timeout=600)
    assert held(folder)[1] == expected
