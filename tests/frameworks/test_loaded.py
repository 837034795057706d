"""The frameworks' own loaders, validators and runners on packages of real rows.

Each framework wants versions of its own, so this runs where one is installed and is skipped
elsewhere; ``pytest -m index tests/frameworks`` with the interpreter of an environment that has
recode-data's requirements and the framework. Harbor and NeMo Gym need Python 3.12 or newer.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from recode_data.publish import Configuration, export_package
from recode_data.publish.packages import PackageName
from recode_data.records import Entry, Verdict
from recode_data.rewards.tasks import prepare
from recode_data.workspace import Workspace

pytestmark = [
    pytest.mark.index,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.timeout(900),
]
ROOT = Path(__file__).parent.parent.parent
PROGRAMS = {
    "numpy.in1d": ("import numpy as np\nprint(np.in1d([1, 2, 3], [2, 5]))\n", "numpy.isin"),
    "numpy.row_stack": ("import numpy as np\nprint(np.row_stack([[1, 2], [3, 4]]))\n",
                        "numpy.vstack"),
}  # fmt: skip


def exported(folder: Path, name: PackageName) -> Path:
    with Workspace.open(folder / "workspace") as workspace:
        for symbol, (old, instead) in PROGRAMS.items():
            new = old.replace(symbol.removeprefix("numpy."), instead.removeprefix("numpy."))
            text = f"`{symbol}` is deprecated, use `{instead}`."
            entry = Entry("numpy", "==2.0.2", "", text, old, new, "==1.26.4",
                          old_symbol=symbol, new_symbol=instead)  # fmt: skip
            workspace.add([
                entry, Verdict(entry.id, "3", "valid", "ok", "deprecated", "1.26.4", "2.0.2"),
            ])  # fmt: skip

        def prepared(rows: list) -> tuple[dict, dict]:
            made = prepare(rows)
            tasks = {id: (task.environment, task.to_json()) for id, task in made.tasks.items()}
            return tasks, made.dropped

        summary = export_package(workspace, folder / "out", Configuration(), name, prepared)
    assert (summary.went_out, summary.dropped) == (2, {})
    return folder / "out"


def wanted(*names: str) -> None:
    """Skip where a framework is not installed, or not for this Python."""
    for name in names:
        try:
            importlib.import_module(name)
        except (ImportError, SyntaxError):
            pytest.skip(f"{name} is not installed")


def run(*words: str, folder: Path, path: str = "") -> subprocess.CompletedProcess[str]:
    variables = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), str(ROOT / "tests"), path])),
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }
    done = subprocess.run(
        words, cwd=folder, env=variables, capture_output=True, text=True, check=False, timeout=800
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.mark.parametrize(("agent", "reward"), [("oracle", 1.0), ("nop", 0.0)])
def test_harbor_runs_the_tree(tmp_path: Path, agent: str, reward: float) -> None:
    wanted("harbor")
    out = exported(tmp_path, "harbor")
    for split in sorted({file.parent.parent.name for file in out.glob("t*/*/task.toml")}):
        run(
            str(Path(sys.executable).parent / "harbor"), "run", "-p", str(out / split), "-a", agent,
            "--env", "frameworks.harbor_local:LocalEnvironment", "-o", f"jobs-{split}", "-q", "-y",
            folder=tmp_path,
        )  # fmt: skip
    rewards = [json.loads(f.read_text()) for f in tmp_path.glob("jobs-*/*/*/verifier/reward.json")]
    assert rewards == [{"reward": reward}] * 2


def test_verifiers_validates_the_taskset(tmp_path: Path) -> None:
    wanted("verifiers.v1")
    out = exported(tmp_path, "verifiers")
    for split in ("train", "test"):
        run(
            sys.executable, "-m", "verifiers.v1.cli.validate", "recode-updates",
            "--taskset.split", split, "--runtime.type", "subprocess", "--no-rich", "-o", split,
            folder=tmp_path, path=str(out),
        )  # fmt: skip
    rows = [json.loads(line) for file in tmp_path.glob("t*/*/results.jsonl")
            for line in file.open(encoding="utf-8")]  # fmt: skip
    assert [row["valid"] for row in rows] == [True, True]


def test_nemo_gym_serves_the_rows_and_passes_its_tests(tmp_path: Path) -> None:
    wanted("nemo_gym")
    server = exported(tmp_path, "nemo-gym") / "resources_servers" / "recode_updates"
    done = run(sys.executable, "-m", "pytest", "-q", "tests", folder=server, path=str(server))
    assert " passed" in done.stdout and "failed" not in done.stdout


def test_skyrl_gym_makes_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted("skyrl_gym")
    import pyarrow.parquet as pq
    import skyrl_gym

    out = exported(tmp_path, "skyrl")
    monkeypatch.syspath_prepend(str(out))
    importlib.import_module("recode_updates_env")
    rows = [row for file in out.glob("*.parquet") for row in pq.read_table(file).to_pylist()]
    assert len(rows) == 2
    for row in rows:
        entry = json.loads(row["reward_spec"]["ground_truth"])["entry"]
        told = json.dumps(row["prompt"])
        assert entry["new_code"].splitlines()[-1] not in told

        def make(row: dict = row, **extras: object) -> object:
            extras |= {"reward_spec": row["reward_spec"], "extra_info": row["extra_info"]}
            return skyrl_gym.make(row["env_class"], env_config=None, extras=extras)

        for code, reward in ((entry["new_code"], 1.0), (entry["old_code"], 0.0), ("", 0.0)):
            environment = make()
            assert environment.init(row["prompt"])[0] == row["prompt"]
            ran = environment.step("Let me see.\n```python\nprint(6 * 7)\n```")
            assert (ran["reward"], ran["done"]) == (0.0, False)
            assert ran["observations"] == [{"role": "user", "content": "42\n"}]
            ended = environment.step(f"<answer>\n```python\n{code}\n```\n</answer>")
            assert (ended["reward"], ended["done"], ended["observations"]) == (reward, True, [])
        last = make(max_turns=1).step(f"```python\n{entry['new_code']}```")
        assert (last["reward"], last["done"]) == (1.0, True)


def test_openenv_serves_the_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted("openenv.core")
    from fastapi.testclient import TestClient

    out = exported(tmp_path, "openenv")
    monkeypatch.syspath_prepend(str(out))
    from server.app import app

    rows = [json.loads(line) for line in (out / "server" / "rows.jsonl").open(encoding="utf-8")]
    assert len(rows) == 2
    with TestClient(app) as client:
        assert client.get("/health").json()["status"] == "healthy"
        for row in rows:
            entry = json.loads(row["task"])["entry"]
            for code, reward in ((entry["new_code"], 1.0), (entry["old_code"], 0.0), ("", 0.0)):
                with client.websocket_connect("/ws") as session:
                    session.send_json({"type": "reset", "data": {"row": row["id"]}})
                    assert session.receive_json()["data"]["observation"]["text"] == row["text"]
                    step = {"type": "step", "data": {"code": "print(6 * 7)", "kind": "run"}}
                    session.send_json(step)
                    assert session.receive_json()["data"]["observation"]["text"] == "42\n"
                    session.send_json({"type": "step", "data": {"code": code}})
                    assert session.receive_json()["data"]["reward"] == reward
