"""What training on a CPU gains, on a toy task with a model of half a million weights.

    OMP_NUM_THREADS=1 python benchmarks/training.py [--seeds 3]

A model is made, warmed up by SFT and stopped early; then GRPO, DAPO, further SFT and a
random reward start from it. Every run goes through the real command. Prints the edit
similarity of what the model samples for 64 held-out prompts, and each seed's gain.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import toy_task  # noqa: E402

CHANCE = """import random
generator = random.Random(0)
def reward(completions, **columns):
    return [generator.random() for _ in completions]
"""


def command(folder: Path, *arguments: object) -> Any:
    """Run ``recode-data train`` in ``folder`` and return its result."""
    path = os.pathsep.join([str(ROOT), str(folder)])
    done = subprocess.run(
        [sys.executable, "-m", "recode_data", "train", *map(str, arguments), "--quiet", "--json"],
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": path},
        cwd=folder, check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


def similarity(metrics: dict[str, float]) -> float:
    """Return the edit similarity that the reward ``es`` (3.5 · similarity − 1.5) stands for."""
    return (metrics["eval_rewards/es/mean"] + 1.5) / 3.5


def measure(folder: Path, seed: int) -> dict[str, float]:
    """Return the similarity after each way of training, ``start`` that of the warm start."""
    data = toy_task.write(folder / "data", seed=seed)
    for name, text in toy_task.RECIPES.items():
        (folder / f"{name}.yaml").write_text(text)
    (folder / "chance.py").write_text(CHANCE)
    common = ["--data", data, "--set", f"seed={seed}"]
    template = f"chat_template={data}/template.jinja"
    command(folder, "--recipe", "sft.yaml", *common, "--set", template, "--output", "warm")
    start = [*common, "--model", "warm/model"]
    further = ["--set", "learning_rate=1e-3", "--set", "max_steps=40", "--set", "save_steps=40"]
    command(folder, "--recipe", "sft.yaml", *start, *further, "--output", "sft")
    runs = {
        "grpo": ["grpo.yaml", *start],
        "dapo": ["dapo.yaml", *start],
        "random reward": ["grpo.yaml", *start, "--set", "rewards={chance:reward: 1, es: 0}"],
        "sft": ["grpo.yaml", *common, "--model", "sft/model", "--set", "max_steps=1"],
    }
    found: dict[str, float] = {}
    for name, (recipe, *arguments) in runs.items():
        output = name.replace(" ", "-") + "-run"
        result = command(folder, "--recipe", recipe, *arguments, "--output", output)
        if name == "grpo":
            found["start"] = similarity(result["before"])
        found[name] = similarity(result["before" if name == "sft" else "after"])
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1)
    seeds = parser.parse_args().seeds
    rows = []
    for seed in range(seeds):
        with tempfile.TemporaryDirectory() as folder:
            rows.append(measure(Path(folder), seed))
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"edit similarity of samples, 64 held-out prompts: mean of {seeds} seed(s), gain of each")
    for name in rows[0]:
        values = [row[name] for row in rows]
        gains = " ".join(f"{row[name] - row['start']:+.3f}" for row in rows)
        gained = "" if name == "start" else f"   {gains}"
        print(f"{name:14} {statistics.mean(values):.3f}{gained}")
    print(f"{used.ru_utime + used.ru_stime:.0f} s of CPU time")


if __name__ == "__main__":
    main()
