"""Packages that trainers plug in: what is in them, and that their check grades as the judge does.

The frameworks themselves want environments of their own; ``tests/frameworks`` loads and runs the
packages there, and is skipped where a framework is not installed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from recode_data.errors import BadFile, RecodeError
from recode_data.judge import Judgement
from recode_data.prompts import FORMAT, messages
from recode_data.publish import Configuration, export_package
from recode_data.publish.packages import PACKAGES, Item
from recode_data.publish.packages.harbor import image_name
from recode_data.publish.rows import COLUMNS
from recode_data.records import Caught, Entry, Environment, Run, Use, Verdict, content_id
from recode_data.rewards import tasks
from recode_data.rewards.examiner import Examiner
from recode_data.rewards.tasks import Task, grade, paid, prepare, read_answer
from recode_data.workspace import Workspace

ROOT = Path(__file__).parent.parent
PLACE = Environment("numpy", "2.0.2", "3.11")
OLD = "import numpy as np\nprint(np.in1d(np.array([1, 2, 3]), [2, 5]))\n"
NEW = OLD.replace("in1d", "isin")
HOSTILE = (
    """'; touch "$HOME/x"; $(touch x) `touch x` \\ """
    + '"""'
    + " \x7f\x1b[31m é 🎉 ${x} {y} %s\n'''"
)
ROW = dict.fromkeys(COLUMNS, "") | {
    "edits": 1, "lines": 2, "shape": "name",
    "id": "0123456789abcdef", "dependency": "numpy", "library": "numpy", "old_version": "==1.26.4",
    "new_version": "==2.0.2", "update_info": "`in1d` is deprecated, use `isin`", "old_code": OLD,
    "new_code": NEW, "old_symbol": "numpy.in1d", "new_symbol": "numpy.isin", "kind": "deprecated",
}  # fmt: skip


def run(code: str, **more: object) -> Run:
    names = (content_id(code), PLACE.id, "numpy", "2.0.2", "3.11", "4")
    return replace(Run(*names, status="clean"), **more)


def made() -> Task:
    entry = tasks.entry_of(ROW)
    assert entry is not None
    warned = Caught("DeprecationWarning", "use isin", 2, (2, 6, 2, 40))
    return Task(
        entry,
        ("numpy",),
        PLACE,
        run(NEW, stdout="[False]", values={"x": {"type": "float", "value": "nan"}, "y": None}),
        run(OLD, warnings=(warned,), calls=("numpy.in1d",), uses=(Use(2, 6, "numpy.in1d"),)),
    )


def test_a_task_is_the_same_after_it_was_written_and_read() -> None:
    task = made()
    assert Task.from_json(task.to_json()) == task
    told = json.loads(task.to_json())
    before = {**told, "package": told.pop("packages")[0]}
    del before["packages"]
    assert Task.from_json(json.dumps(before)) == task, "as exports had it before"
    assert "\n" not in task.to_json()


@pytest.mark.parametrize("text", ["", "{}", "[1]", "null", '{"entry": 1}', "nonsense \udcff"])
def test_what_is_no_task_is_a_bad_file(text: str) -> None:
    with pytest.raises(BadFile, match="not a task"):
        Task.from_json(text)


def test_an_answer_is_read_from_a_plain_file_only(tmp_path: Path) -> None:
    answer = tmp_path / "answer.py"
    assert read_answer(answer) is None
    answer.write_text(NEW)
    assert read_answer(answer) == NEW
    link = tmp_path / "link.py"
    link.symlink_to(answer)
    assert read_answer(link) is None
    pipe = tmp_path / "pipe.py"
    os.mkfifo(pipe)
    assert read_answer(pipe) is None  # and nobody waits for a writer
    assert read_answer(tmp_path) is None
    answer.write_bytes(b"\xff\xfe")
    assert read_answer(answer) is None
    answer.write_bytes(b"#" * (tasks.LARGEST + 1))
    assert read_answer(answer) is None


def test_what_could_not_be_graded_is_no_reward() -> None:
    assert paid(Judgement(True, "ok")) == 1.0
    assert paid(Judgement(False, "differs")) == 0.0
    with pytest.raises(RecodeError, match="no sandbox"):
        paid(Judgement(None, "error", "no sandbox"))


def test_an_expected_run_is_not_made_again() -> None:
    class Engine:
        def submit(self, job: object) -> object:
            raise AssertionError(f"ran {job}")

    examiner = Examiner(Engine())  # type: ignore[arg-type]
    task = replace(made(), reference=run(NEW, status="raised", exception="ImportError"))
    judged = grade(task, NEW, examiner)  # nothing can be said, whatever the answer does
    assert judged.passed is None and "did not run" in judged.detail


def items(*rows: dict[str, str]) -> list[Item]:
    task = made().to_json()
    return [Item(row, ("train", "test")[n % 2], PLACE, task) for n, row in enumerate(rows)]


def scripts(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.name in ("Dockerfile", "test.sh", "solve.sh")
    }


def test_a_harbor_tree_holds_texts_of_rows_in_no_script(tmp_path: Path) -> None:
    hostile = ROW | dict.fromkeys(
        ("update_info", "old_code", "new_code", "old_symbol", "kind", "old_version", "library"),
        HOSTILE,
    )
    PACKAGES["harbor"].write(tmp_path / "plain", items(ROW, ROW))
    PACKAGES["harbor"].write(tmp_path / "hostile", items(hostile, hostile))
    assert scripts(tmp_path / "plain") == scripts(tmp_path / "hostile")
    for file in (tmp_path / "hostile").rglob("*.sh"):
        subprocess.run(["sh", "-n", str(file)], check=True)
        assert os.access(file, os.X_OK)
    place = tmp_path / "hostile" / "train" / ROW["id"]
    read = tomllib.loads((place / "task.toml").read_text())
    assert read["metadata"]["kind"] == HOSTILE
    assert read["environment"]["docker_image"] == image_name(PLACE)
    assert read["verifier"]["environment_mode"] == "separate"
    assert (place / "solution" / "answer.py").read_text() == HOSTILE
    assert HOSTILE.strip() in (place / "instruction.md").read_text()
    assert FORMAT["reasoning"] not in (place / "instruction.md").read_text()
    told = (place / "instruction.md").read_text() + (place / "task.toml").read_text()
    for file in (place / "environment").iterdir():
        told += file.read_text()
    assert "isin(" not in told  # nothing that the agent is given holds the answer


def test_the_solution_lands_where_the_check_looks_for_it(tmp_path: Path) -> None:
    PACKAGES["harbor"].write(tmp_path, items(ROW))
    place = tmp_path / "train" / ROW["id"]
    where = tomllib.loads((place / "task.toml").read_text())["artifacts"]
    assert where == ["/app/answer.py"]
    solve = (place / "solution" / "solve.sh").read_text()
    assert f'cp "$(dirname "$0")/answer.py" {where[0]}' in solve
    assert f"grade /tests/task.json {where[0]} " in (place / "tests" / "test.sh").read_text()


def test_images_are_built_once_an_environment_and_named_in_the_tasks(tmp_path: Path) -> None:
    other = replace(PLACE, version="2.1.3+local", library="Some_Lib")
    both = items(ROW, ROW | {"id": "f" * 16}, ROW | {"id": "e" * 16})
    PACKAGES["harbor"].write(tmp_path / "out", [*both[:2], replace(both[2], environment=other)])
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(f'#!/bin/sh\necho "$*" >> {tmp_path / "calls"}\n')
    docker.chmod(0o755)
    wheel = tmp_path / "recode_data-1-py3-none-any.whl"
    wheel.write_text("")
    push = tmp_path / "out" / "images" / "push.sh"
    variables = {"PATH": f"{docker.parent}:{os.environ['PATH']}", "RECODE_DATA": wheel.name}
    for _ in range(2):  # a second push names the images no other way
        subprocess.run([push, "registry.example/me"], check=True, env=variables, cwd=tmp_path)
    calls = (tmp_path / "calls").read_text().splitlines()[:4]
    names = sorted(f"registry.example/me/{image_name(one)}" for one in (PLACE, other))
    assert [line.split()[-1] for line in calls if line.startswith("push")] == names
    assert all(
        f"--build-arg RECODE_DATA=/opt/recode-data/{wheel.name}" in line
        for line in calls
        if line.startswith("build")
    )
    found = {
        tomllib.loads(file.read_text())["environment"]["docker_image"]
        for file in (tmp_path / "out").rglob("task.toml")
    }
    assert found == set(names)
    refused = subprocess.run([push], env=variables, capture_output=True, text=True, check=False)
    assert refused.returncode != 0 and "registry" in refused.stderr


def test_a_verifiers_package_asks_what_training_asks(tmp_path: Path) -> None:
    PACKAGES["verifiers"].write(tmp_path, items(ROW, ROW | {"update_info": HOSTILE}))
    [line] = (tmp_path / "recode_updates" / "train.jsonl").read_text().splitlines()
    row = json.loads(line)
    system, asked = messages(ROW)
    assert (row["system_prompt"], row["prompt"]) == (system["content"], asked["content"])
    assert "isin(" not in line
    [line] = (tmp_path / "recode_updates" / "test.expected.jsonl").read_text().splitlines()
    assert Task.from_json(json.loads(line)["task"]) == made()
    described = tomllib.loads((tmp_path / "pyproject.toml").read_text())
    assert described["project"]["name"] == "recode-updates"


def filled(folder: Path) -> Workspace:
    workspace = Workspace.open(folder)
    entry = Entry("numpy", "==2.0.2", "", ROW["update_info"], OLD, NEW, "==1.26.4",
                  old_symbol="numpy.in1d", new_symbol="numpy.isin")  # fmt: skip
    same = "import numpy as np\nvalues = np.array([[5, 6], [7, 8]])\nprint(values.sum() * 3)\n"
    useless = replace(entry, old_code=same, new_code=f"{same}# for the new version\n")
    for one in (entry, useless):
        verdict = Verdict(one.id, "3", "valid", "ok", "deprecated", "1.26.4", "2.0.2", "", {})
        workspace.add([one, verdict])
    return workspace


@pytest.mark.parametrize("name", sorted(PACKAGES))
def test_a_package_takes_the_place_of_another_and_counts_what_is_left_out(
    tmp_path: Path, name: str
) -> None:
    def some(rows: list[dict[str, str]]) -> tuple[dict, dict]:
        kept, left = rows
        return {kept["id"]: (PLACE, made().to_json())}, {left["id"]: "old_passes"}

    with filled(tmp_path / "workspace") as workspace:
        out = tmp_path / "out"
        export_package(workspace, out, Configuration(), "harbor", some)
        summary = export_package(workspace, out, Configuration(), name, some)  # type: ignore[arg-type]
    assert (summary.came_in, summary.went_out) == (2, 1)
    assert summary.dropped == {"old_passes": 1}
    package = PACKAGES[name]  # type: ignore[index]
    written = tmp_path / "written"
    row = ROW | {"update_info": HOSTILE}
    package.write(written, items(row, row))
    assert {path.name for path in written.iterdir()} <= set(package.NAMES)
    there = {path.name for path in out.iterdir()}
    assert "README.md" in there and there <= {"README.md", *package.NAMES}
    readme = (out / "README.md").read_text()
    assert readme.startswith(f"{package.FRONT}# Library API updates")
    assert "load_dataset" not in readme and readme.count("\n## Use it with ") == 1


def command(folder: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    def ran(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "recode_data", *words],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    return ran


def test_wrong_files_are_said_in_a_line(tmp_path: Path) -> None:
    ran = command(tmp_path)
    (tmp_path / "task.json").write_text("{}")
    for words, said in {
        ("grade", "none.json", "a.py"): "cannot read none.json",
        ("grade", "task.json", "a.py"): "not a task",
        ("environments", "make"): "--description",
        ("environments", "make", "--description", "task.json"): "describes no environment",
    }.items():
        done = ran(*words)
        assert done.returncode == 2, done
        assert said in done.stderr and "Traceback" not in done.stderr


CHEATS = {
    "old": OLD,
    "printed": "print('[False  True False]')\n",
    "exits": "import os\nprint('[False  True False]', flush=True)\nos._exit(0)\n",
    "reads": "import numpy\nprint(open('/tests/task.json').read())\n",
    "other": NEW.replace("5", "3"),
    "silenced": "import warnings\nwarnings.simplefilter('ignore')\n" + OLD,
    "broken": "print((",
    "empty": "",
    "endless": "while True:\n    pass\n",
}


@pytest.mark.index
def test_the_check_of_a_harbor_task_pays_its_solution_and_nothing_else(tmp_path: Path) -> None:
    ran = command(tmp_path)
    filled(tmp_path / "workspace").close()
    done = ran("export", "out", "--format", "harbor", "--quiet")
    assert done.returncode == 0, done.stderr
    assert "dropped 1 (1 old_passes)" in done.stdout
    [task] = (tmp_path / "out").glob("t*/*/tests/task.json")
    solution = task.parent.parent / "solution" / "answer.py"
    reward = tmp_path / "logs" / "reward.json"
    assert ran("grade", str(task), str(solution), "--reward", str(reward)).stdout == "1: ok\n"
    assert json.loads(reward.read_text()) == {"reward": 1.0}
    for name, code in CHEATS.items():
        (tmp_path / f"{name}.py").write_text(code)
        done = ran("grade", str(task), f"{name}.py", "--reward", str(reward))
        assert done.returncode == 0, done.stderr
        assert json.loads(reward.read_text()) == {"reward": 0.0}, name
    reward.unlink()
    assert ran("grade", str(task), "nothing.py", "--reward", str(reward)).stdout.startswith("0: ")
    broken = json.loads(task.read_text())
    broken["environment"]["version"] = "0.0.0"
    task.write_text(json.dumps(broken))
    reward.unlink()
    done = ran("grade", str(task), str(solution), "--reward", str(reward))
    assert done.returncode == 1 and not reward.exists()


@pytest.mark.index
def test_a_row_whose_codes_prove_nothing_becomes_no_task() -> None:
    literal = {"id": "literal", "old_code": "import numpy as np\nprint(np.in1d([1], [1]))\n",
               "new_code": "import numpy as np\nprint('[ True]')\n"}  # fmt: skip
    prepared = prepare([
        ROW, ROW | literal, ROW | {"id": "same", "new_code": OLD},
        ROW | {"id": "none", "dependency": "no such"},
        ROW | {"id": "option", "requirements": "--index-url=https://example.org"},
    ])  # fmt: skip
    assert prepared.dropped == {
        "same": "old_passes", "literal": "print_passes", "none": "ungradable",
        "option": "ungradable",
    }  # fmt: skip
    [task] = prepared.tasks.values()
    assert Task.from_json(task.to_json()) == task
    assert (task.packages, task.environment.version) == (("numpy",), "2.0.2")
    assert grade(task, NEW).passed and not grade(task, OLD).passed


def test_a_server_s_rows_are_read_as_they_were_written(tmp_path: Path) -> None:
    hostile = ROW | {"update_info": f"{HOSTILE}\u2028", "old_code": HOSTILE}
    PACKAGES["nemo-gym"].write(tmp_path / "gym", items(hostile, hostile))
    data = tmp_path / "gym" / "resources_servers" / "recode_updates" / "data"
    names = {file.name: file.read_text().count("\n") for file in data.iterdir()}
    assert names == {"train.jsonl": 1, "validation.jsonl": 1, "example.jsonl": 2}
    row = json.loads((data / "train.jsonl").read_text())
    assert row["responses_create_params"]["input"] == messages(hostile)
    assert Task.from_json(row["verifier_metadata"]["task"]) == made()
    old = [replace(one, environment=replace(PLACE, python="3.7")) for one in items(ROW)]
    usage = PACKAGES["openenv"].write(tmp_path / "env", [*items(hostile), *old])
    assert "1 rows on Python 3.6 and 3.7 are left out" in usage
    server = tmp_path / "env" / "server"
    [line] = (server / "rows.jsonl").read_text().split("\n")[:-1]
    assert HOSTILE.strip() in json.loads(line)["text"]
    assert (server / "pythons.txt").read_text() == "3.11\n"
    [described] = (server / "environments").iterdir()
    assert Environment(**json.loads(described.read_text()) | {"requirements": ()}) == PLACE
