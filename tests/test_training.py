"""Training through the real command on a CPU: it learns, it resumes, processes agree."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import toy_task
import yaml
from filelock import FileLock

pytestmark = [pytest.mark.training, pytest.mark.timeout(900)]
pytest.importorskip("torch")

ROOT = Path(__file__).parent.parent
TRAIN = [sys.executable, "-m", "recode_data", "train"]
RISE = 0.03 * 3.5
"""Three hundredths of edit similarity, on the scale of the reward ``es``."""


def environment(**extra: str) -> dict[str, str]:
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    kept = {k: v for k, v in os.environ.items() if not k.startswith("RECODE_DATA")}
    return kept | {"OMP_NUM_THREADS": "1", "PYTHONPATH": path, "HF_HUB_OFFLINE": "1",
                   "RECODE_DATA_TRAIN_CHECK_MEMORY": "false"} | extra  # fmt: skip


def command(*arguments: object, prefix: list[str] | None = None, **extra: str) -> Any:
    done = subprocess.run(
        [*(prefix or TRAIN), *map(str, arguments), "--quiet", "--json"],
        capture_output=True, text=True, env=environment(**extra), cwd="/tmp", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the data, the recipes, and a model that has just begun to learn;
    made once, whichever worker is first."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = shared / "toy"
    with FileLock(shared / "toy.lock"):
        if not (folder / "sft" / "result.json").exists():
            toy_task.write(folder / "data")
            for name, text in toy_task.RECIPES.items():
                (folder / f"{name}.yaml").write_text(text)
            template = f"chat_template={folder}/data/template.jinja"
            command("--recipe", folder / "sft.yaml", "--set", template,
                    "--data", folder / "data", "--output", folder / "sft")  # fmt: skip
    return folder


def policy(toy: Path, recipe: str, output: Path, *arguments: object, **options: Any) -> Any:
    return command(
        "--recipe", toy / f"{recipe}.yaml", "--model", toy / "sft" / "model",
        "--data", toy / "data", "--output", output, *arguments, **options,
    )  # fmt: skip


@pytest.mark.parametrize("recipe", ["grpo", "dapo"])
def test_the_held_out_reward_rises(toy: Path, tmp_path: Path, recipe: str) -> None:
    result = policy(toy, recipe, tmp_path / "run")
    assert 0 < result["before"]["eval_reward"] < 1.3  # neither untrained nor saturated
    assert result["after"]["eval_reward"] - result["before"]["eval_reward"] >= RISE
    assert result["held_out"] == 64
    check_what_a_run_leaves(tmp_path / "run", recipe)


def check_what_a_run_leaves(run: Path, recipe: str) -> None:
    curve = [json.loads(line) for line in (run / "curve.jsonl").read_text().splitlines()]
    rewards = [entry["reward"] for entry in curve if "reward" in entry]
    assert len(rewards) == 6
    assert ("dynamic_sampling/rounds" in curve[0]) == (recipe == "dapo")
    assert {"completions/mean_length", "rewards/es/mean", "rewards/es/std"} <= curve[0].keys()
    sample = (run / "samples" / "step-000060.md").read_text()
    assert "## advantage +" in sample
    assert "is now" in sample
    saved = yaml.safe_load((run / "run.yaml").read_text())
    assert saved["max_steps"] == 60
    assert saved["versions"]["trl"].startswith("1.16")
    card = (run / "model" / "README.md").read_text()
    assert f"tags:\n- recode-data\n- code\n- api-migration\n- {recipe}" in card
    assert "| eval_reward |" in card
    assert not list((run / "model").glob("*.bin"))


def test_the_reward_is_what_teaches(toy: Path, tmp_path: Path) -> None:
    (tmp_path / "chance.py").write_text(
        "import random\n"
        "generator = random.Random(0)\n"
        "def reward(completions, **columns):\n"
        "    return [generator.random() for _ in completions]\n"
    )
    result = policy(
        toy, "grpo", tmp_path / "run", "--set", "rewards={chance:reward: 1.0, es: 0.0}",
        PYTHONPATH=os.pathsep.join([str(ROOT), str(tmp_path)]),
    )  # fmt: skip
    before, after = (result[when]["eval_rewards/es/mean"] for when in ("before", "after"))
    assert after < before - RISE


SHORT = [
    part
    for setting in ("max_steps=6", "save_steps=2", "logging_steps=2", "save_total_limit=9",
                    "per_device_train_batch_size=16", "held_out=0")
    for part in ("--set", setting)
]  # fmt: skip


@pytest.mark.parametrize("recipe", ["dapo", "sft"])
def test_a_killed_run_resumes_on_the_same_curve(toy: Path, tmp_path: Path, recipe: str) -> None:
    arguments = ["--recipe", toy / f"{recipe}.yaml", "--model", toy / "sft" / "model",
                 "--data", toy / "data", *SHORT]  # fmt: skip
    unbroken = command(*arguments, "--output", tmp_path / "unbroken")
    run = tmp_path / "killed"
    process = subprocess.Popen(
        [*TRAIN, *map(str, arguments), "--output", str(run), "--quiet"],
        env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while not list(run.glob("checkpoint-*/trainer_state.json")):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    resumed = command(*arguments, "--output", run, "--resume")
    assert resumed["weights"] == unbroken["weights"]
    assert curve(run) == curve(tmp_path / "unbroken")
    assert [entry["step"] for entry in curve(run)] == [2, 4, 6]


def curve(run: Path) -> list[dict[str, float]]:
    """Return the logged values that do not depend on the clock; the last line of a run, which
    sums up what its process has seen, is left out."""
    keys = ("loss", "reward", "learning_rate", "grad_norm", "step", "dynamic_sampling/rounds")
    entries = [json.loads(line) for line in (run / "curve.jsonl").read_text().splitlines()]
    return [
        {key: entry[key] for key in keys if key in entry}
        for entry in entries
        if "train_runtime" not in entry
    ]


TORCHRUN = ["torch.distributed.run", "--standalone", "--nproc_per_node", "2"]


def accelerate(file: str) -> list[str]:
    """Return the launcher with one of our files, for two processes on a CPU."""
    given = ROOT / "train" / "accelerate" / file
    return ["accelerate.commands.launch", "--config_file", str(given), "--mixed_precision", "no",
            "--num_processes", "2", "--main_process_port", "0"]  # fmt: skip


@pytest.mark.parametrize(("recipe", "tool"), [("dapo", TORCHRUN), ("sft", accelerate("ddp.yaml"))])
def test_two_processes_agree_on_the_weights(
    toy: Path, tmp_path: Path, recipe: str, tool: list[str]
) -> None:
    result = by_two(toy, recipe, tool, tmp_path / "run")
    assert result["processes"] == 2
    assert result["steps"] == 6
    assert len(result["weights"]) == 64


def by_two(toy: Path, recipe: str, tool: list[str], run: Path, *more: str) -> Any:
    """Train in two processes; they find ``tests/sharded`` when they start."""
    return command(
        "--recipe", toy / f"{recipe}.yaml", "--model", toy / "sft" / "model",
        "--data", toy / "data", "--output", run, *SHORT, *more,
        prefix=[sys.executable, "-m", *tool, "-m", "recode_data", "train"],
        CUDA_VISIBLE_DEVICES="", DS_ACCELERATOR="cpu",
        PYTHONPATH=os.pathsep.join([str(ROOT / "tests/sharded"), environment()["PYTHONPATH"]]),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("file", "recipe"),
    [("fsdp2.yaml", "sft"), ("fsdp2.yaml", "dapo"), ("zero2.yaml", "dapo"), ("zero3.yaml", "dapo")],
)
def test_weights_spread_over_processes_learn_the_same(
    toy: Path, tmp_path: Path, file: str, recipe: str
) -> None:
    if file.startswith("zero"):
        pytest.importorskip("deepspeed")
    whole, spread = tmp_path / "whole", tmp_path / "spread"
    assert "weights" in by_two(toy, recipe, accelerate("ddp.yaml"), whole)
    result = by_two(toy, recipe, accelerate(file), spread)
    assert result["processes"] == 2
    assert "weights" not in result, "it was trained by DDP"
    assert apart(whole, spread) < 1e-4 < apart(toy / "sft", spread)
    unbroken = shutil.copytree(spread / "model", tmp_path / "unbroken" / "model").parent
    for done in (spread / "model", spread / "checkpoint-6"):
        shutil.rmtree(done)
    (spread / "result.json").unlink()
    by_two(toy, recipe, accelerate(file), spread, "--resume")
    assert apart(unbroken, spread) == 0.0


def apart(one: Path, other: Path) -> float:
    """Return the largest difference between the weights of two runs' models."""
    from safetensors.torch import load_file

    ours, theirs = (load_file(run / "model" / "model.safetensors") for run in (one, other))
    assert ours.keys() ^ theirs.keys() <= {"lm_head.weight"}  # tied to the embeddings
    return max(float((ours[k] - theirs[k]).abs().max()) for k in ours.keys() & theirs.keys())
