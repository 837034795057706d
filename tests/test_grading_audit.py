"""Audits: what a package pays for what should not be paid, and what a stranger's scripts may do."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from graded import NEW, ROW, toy_item, toy_task

from recode_data.errors import SandboxFailed, UsageError
from recode_data.execute import Executor
from recode_data.execute.selftest import why_not
from recode_data.execute.trial import Execute, Put, Read, run_trial
from recode_data.grading import audit as auditing
from recode_data.grading.audit import NOTHING, SOLUTION, Row, audit, reward_of
from recode_data.publish.packages import PACKAGES

ROOT = Path(__file__).parent.parent
boxed = pytest.mark.skipif(bool(why_not("bwrap")), reason="bubblewrap does not work here")


OTHERS: set[threading.Thread] = set()
"""Threads that other modules' engines had in this process before this module began."""


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    OTHERS.update(threading.enumerate())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECODE_DATA_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def no_engine() -> Executor:
    raise AssertionError("nothing of ours is graded")


def test_a_sound_row_of_ours_has_no_fault(tmp_path: Path) -> None:
    PACKAGES["verifiers"].write(tmp_path, [toy_item()])
    with Executor(jobs=2) as executor:
        total, rows = audit(tmp_path, lambda: executor)
        [row] = rows
    assert (total, row.id, row.faults) == (1, ROW["id"], [])
    assert row.rewards.pop(SOLUTION) == [1.0, 1.0]  # type: ignore[attr-defined]
    assert len(row.rewards) > 8
    assert {reward for rewards in row.rewards.values() for reward in rewards} == {0.0}


def test_a_row_of_ours_whose_solution_is_none_is_told() -> None:
    from dataclasses import replace

    task = toy_task()
    broken = replace(task, reference=replace(task.reference, stdout="7\n"))
    with Executor(jobs=2) as executor:
        [row] = auditing.audit_tasks({"x": broken}, executor)
    assert row.faults == ["refuses_solution"]


@pytest.mark.parametrize(
    ("rewards", "faults"),
    [
        ({SOLUTION: [1.0, 1.0], NOTHING: [0.0, 0.0]}, []),
        ({SOLUTION: [None, None]}, ["not_run"]),
        ({SOLUTION: [0.5], NOTHING: [0.0]}, ["refuses_solution"]),
        ({SOLUTION: [1.0], NOTHING: [0.1]}, ["pays_nothing"]),
        ({SOLUTION: [1.0], auditing.OLD: [1.0]}, ["pays_old_code"]),
        ({SOLUTION: [1.0], "a trick": [1.0]}, ["pays_cheat"]),
        ({SOLUTION: [1.0, 0.0]}, ["refuses_solution", "not_deterministic"]),
        ({SOLUTION: [1.0, None], NOTHING: [0.0]}, []),
    ],
)
def test_a_fault_is_what_was_paid_wrongly(
    rewards: dict[str, list[float | None]], faults: list[str]
) -> None:
    row = Row("x", rewards)
    assert row.faults == faults
    assert json.loads(row.to_json())["faults"] == faults


@pytest.mark.parametrize(
    ("files", "reward"),
    [
        ({"reward.json": b'{"reward": 1}'}, 1.0),
        ({"reward.json": b'{"passed": 1.0, "style": 0.0}'}, 0.0),
        ({"reward.txt": b" 0.5\n"}, 0.5),
        ({}, None),
        ({"reward.json": b"{"}, None),
        ({"reward.json": b"[1]"}, None),
        ({"reward.json": b'{"reward": "nan"}'}, None),
        ({"reward.txt": b"\xff"}, None),
        ({"reward.json": b"[" * 100_000}, None),
    ],
)
def test_a_reward_is_a_number_that_the_check_left(
    files: dict[str, bytes], reward: float | None
) -> None:
    assert reward_of(files) == reward


CHECK = "mkdir -p /logs/verifier\nif {}; then echo 1; else echo 0; fi > /logs/verifier/reward.txt\n"
SOLVE = "echo 'print(6 * 7)' > answer.py\n"
HONEST = CHECK.format('[ "$(python3 -I answer.py)" = 42 ] && grep -q 6 answer.py')


def tree(
    folder: Path, test: str, solve: str = SOLVE, more: str = "", dockerfile: str = "FROM scratch\n"
) -> Path:
    """Write a task of a Harbor tree."""
    for name in ("tests", "solution", "environment"):
        (folder / name).mkdir(parents=True)
    (folder / "task.toml").write_text(f'{more}\n[environment]\nworkdir = "/app"\n')
    (folder / "tests" / "test.sh").write_text(test)
    (folder / "solution" / "solve.sh").write_text(solve)
    (folder / "environment" / "Dockerfile").write_text(dockerfile)
    return folder


def faults(folder: Path) -> dict[str, list[str]]:
    _, rows = audit(folder, no_engine)
    return {row.id: row.faults for row in rows}


@boxed
def test_the_faults_of_a_strangers_tree_are_found(tmp_path: Path) -> None:
    tree(tmp_path / "honest", HONEST)
    tree(tmp_path / "generous", CHECK.format("true"))
    tree(tmp_path / "stubborn", CHECK.format("false"))
    tree(tmp_path / "moody", CHECK.format("[ $(($(date +%N | sed s/^0*//) % 2)) = 1 ]"))
    exists = CHECK.format("[ -e answer.py ]")
    tree(tmp_path / "shallow", exists)
    runner = CHECK.format("[ -e answer.py ] && python3 -m unittest -q answer || [ -e unittest.py ]")
    tree(tmp_path / "shadowed", runner, "echo 'x = 1' > answer.py\n")
    tree(tmp_path / "trusting", "[ -e answer.py ] || exit 0\n" + CHECK.format("true"))
    tree(tmp_path / "absent", HONEST, dockerfile="FROM x\nRUN apt-get install y\n", solve="y\n")
    apart = 'artifacts = ["/app/answer.py"]\n[verifier]\nenvironment_mode = "separate"'
    tree(tmp_path / "apart" / "deep", HONEST, more=apart)
    found = faults(tmp_path)
    moody = found.pop("moody")
    assert set(moody) <= {"refuses_solution", "pays_nothing", "pays_cheat", "not_deterministic"}
    assert found == {
        "honest": [],
        "generous": ["pays_nothing", "pays_cheat"],
        "stubborn": ["refuses_solution"],
        "shallow": ["pays_cheat"],
        "shadowed": ["pays_cheat"],
        "trusting": ["pays_cheat"],
        "absent": ["not_run"],
        "apart/deep": [],
    }


@boxed
def test_what_the_image_copies_is_there(tmp_path: Path) -> None:
    place = tree(
        tmp_path / "task", HONEST.replace("grep -q 6", "grep -q 42 data/given && grep -q 6"),
        dockerfile="FROM scratch\nWORKDIR /app\nCOPY given data/\nCOPY ../../secret /app/secret\n",
    )  # fmt: skip
    (place / "environment" / "given").write_text("42\n")
    assert faults(tmp_path) == {"task": []}


@boxed
def test_a_link_in_a_tree_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the owner's")
    place = tree(tmp_path / "trees" / "task", CHECK.format("grep -q owner /tests/link/secret"))
    (place / "tests" / "link").symlink_to(tmp_path)
    (place / "solution" / "other").symlink_to(secret)
    assert faults(tmp_path / "trees") == {"task": ["refuses_solution"]}
    assert list(auditing.contents(place / "solution")) == ["solve.sh"]


@boxed
def test_a_script_reaches_neither_network_nor_owner_and_leaves_nothing_behind(
    tmp_path: Path,
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a secret")
    os.environ["RECODE_DATA_SECRET"] = "a secret"
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        script = f"""
            exec 2>/dev/null
            cat {secret}; echo $RECODE_DATA_SECRET; cat /proc/*/environ | grep -a SECRET
            (exec 3<>/dev/tcp/127.0.0.1/{port}) && echo connected
            python3 -c 'import socket; socket.socket(socket.AF_INET)' && echo socket
            unshare -U true && echo namespace
            echo x > {tmp_path}/left; echo x > /usr/left
            ls {ROOT}
            (while true; do echo x >> /app/more; sleep 0.05; done) &
            sleep 0.5; echo end
        """
        steps = [
            Execute(("bash", "-c", script), "/app", 30),
            Execute(("bash", "-c", "wc -l < /app/more; sleep 0.3; wc -l < /app/more"), "/app", 30),
        ]
        del os.environ["RECODE_DATA_SECRET"]
        first, second = run_trial(steps)
    assert first.output.split() == ["end"]
    before, after = second.output.split()
    assert before == after
    assert [file.name for file in tmp_path.iterdir()] == ["secret"]


@boxed
def test_a_script_that_does_not_end_or_ends_its_sandbox_is_given_up(tmp_path: Path) -> None:
    late, after = run_trial([
        Execute(("bash", "-c", "echo begun; sleep 60"), "/app", 0.5), Read(("/app",)),
    ])  # fmt: skip
    assert (late.code, late.output, after.files) == (None, "begun\n", {})
    with pytest.raises(SandboxFailed, match="ended early"):
        run_trial([Execute(("bash", "-c", "kill -9 -1"), "/app", 10)])
    tree(tmp_path / "violent", "kill -9 -1\n")
    assert faults(tmp_path) == {"violent": ["not_run"]}


@boxed
def test_a_trial_gives_back_what_was_put(tmp_path: Path) -> None:
    content = bytes(range(256)) * 10
    put, read = run_trial([Put({"/app/a/b": (content, 0o751)}), Read(("/app",))])
    assert put.failed == ""
    assert read.files == {"/app/a/b": (content, 0o751)}
    [failed] = run_trial([Put({"/usr/x": (b"", 0o644)}), Read(("/app",))])
    assert "Read-only" in failed.failed


def test_what_is_neither_package_nor_tree_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no package"):
        audit(tmp_path, no_engine)
    with pytest.raises(UsageError, match="no folder"):
        audit(tmp_path / "nowhere", no_engine)


@boxed
def test_the_command_prints_what_is_wrong(tmp_path: Path) -> None:
    tree(tmp_path / "generous", CHECK.format("true"))

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "recode_data", "audit", str(tmp_path), "--quiet", *words]
        variables = os.environ | {"PYTHONPATH": str(ROOT)}
        return subprocess.run(line, env=variables, capture_output=True, text=True, check=False)

    done = run()
    assert done.returncode == 0, done.stderr
    assert "generous: doing nothing is paid, a cheat is paid" in done.stdout
    assert "1 rows: 1 pays_nothing, 1 pays_cheat" in done.stdout
    told = json.loads(run("--json").stdout)
    assert told["rewards"][NOTHING] == [1.0, 1.0]
    (tmp_path / "broken").mkdir()
    tree(tmp_path / "broken" / "task", HONEST)
    (tmp_path / "broken" / "task" / "task.toml").write_text("x = [")
    assert run().returncode == 1


def test_threads_of_an_audit_end_with_it() -> None:
    assert NEW  # the module's fixtures have run their engines
    left = [
        thread.name
        for thread in threading.enumerate()
        if thread.name.startswith("execute-") and thread not in OTHERS
    ]
    assert left == []
