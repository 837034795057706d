"""GRPO against DAPO against SFT on real entries, with a model made from scratch.

    python benchmarks/gpu.py WORKSPACE [--size small] [--seeds 3]    on one GPU
    python benchmarks/gpu.py WORKSPACE --size tiny                   on a CPU, to see it work

For each seed a model is made and warmed up by SFT; then GRPO, DAPO and further SFT go on
from it for the same number of steps with as many answers a step. Every run goes through the
real commands: train, then eval on the held-out entries, five samples each at temperature
0.8, scored by execution. Prints a Markdown table: tokens a second, the reward's curve, the
held-out reward and the held-out pass rate before and after.

All is kept in ``--out`` and what is there is not done again, so a run goes on where it was
stopped. A machine without a network trains and generates with ``--only train``; where the
libraries' environments can be made, ``--only score`` on the same folder does the rest.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import toy_task  # noqa: E402

METHODS = ("grpo", "dapo", "sft")
SAMPLES = 5


@dataclass(frozen=True)
class Size:
    """A model's shape and how long it is trained."""

    layers: int
    width: int
    heads: int
    vocabulary: int
    rate: float
    """Learning rate of the warm start; the policies take a sixth of it."""
    warm: int
    steps: int
    batch: int = 64
    """Answers a step, in groups of eight."""
    tokens: int = 160
    """Most tokens of an answer; entries whose target is longer are left out."""
    held_out: int = 64
    """Held-out entries, both for the reward and for the pass rate."""
    cpu: bool = False


SIZES = {
    "tiny": Size(2, 128, 4, 1024, 3e-3, 80, 8, batch=16, tokens=48, held_out=16, cpu=True),
    "small": Size(8, 512, 8, 4096, rate=6e-4, warm=1500, steps=300),
    "medium": Size(16, 1024, 16, 8192, rate=3e-4, warm=3000, steps=600),
}
SHARED = """
style: answer
adapter: none
use_cpu: {cpu}
chat_template: {template}
max_prompt_length: 512
max_completion_length: {tokens}
held_out: {held_out}
logging_steps: {logging}
report_to: []
lr_scheduler_type: constant_with_warmup
warmup_steps: 10
gradient_accumulation_steps: 1
per_device_train_batch_size: {batch}
per_device_eval_batch_size: 16
held_out_generations: 4
max_steps: {steps}
save_steps: {steps}
seed: {seed}
"""
POLICY = """
rewards: {es_star: 1.0, migration: 1.0}
loss_type: LOSS
beta: BETA
"""
DAPO = """
epsilon_high: 0.28
mask_truncated_completions: true
dynamic_sampling: true
max_generation_batches: 4
"""


def recipe(size: Size, method: str, seed: int, template: Path, warm: bool) -> str:
    """Return a recipe's YAML; ``warm`` is the SFT that all others start from."""
    steps = size.warm if warm else size.steps
    parts = {"cpu": str(size.cpu).lower(), "template": template, "steps": steps, "seed": seed}
    parts |= {"tokens": size.tokens, "held_out": size.held_out, "batch": size.batch}
    text = f"algo: {method}\n" + SHARED.format(**parts, logging=max(1, steps // 4))
    if method == "sft":
        text = text.replace("held_out_generations: 4\n", "")
        rate = size.rate if warm else size.rate / 3
    else:
        loss, beta = ("grpo", 0.001) if method == "grpo" else ("dapo", 0.0)
        text += POLICY.replace("LOSS", loss).replace("BETA", str(beta))
        text += DAPO if method == "dapo" else ""
        rate = size.rate / 6
    shape = f"layers: {size.layers}, width: {size.width}, heads: {size.heads}"
    scratch = f"scratch: {{{shape}, vocabulary: {size.vocabulary}}}\n"
    return text + f"learning_rate: {rate}\n" + scratch


def command(*arguments: object) -> None:
    """Run ``recode-data`` quietly."""
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    environment = {"OMP_NUM_THREADS": "1"} | os.environ | {"PYTHONPATH": path}
    words = [sys.executable, "-m", "recode_data", *map(str, arguments), "--quiet", "--json"]
    subprocess.run(words, env=environment, check=True, stdout=subprocess.DEVNULL)


def train(out: Path, data: str, size: Size, seed: int) -> None:
    """Train all of one seed, and generate for the held-out entries with each model."""
    folder = out / f"seed-{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    template = folder / "template.jinja"
    template.write_text(toy_task.TEMPLATE)
    for name in ("warm", *METHODS):
        run = folder / name
        if not (run / "result.json").exists():
            method = "sft" if name == "warm" else name
            file = folder / f"{name}.yaml"
            file.write_text(recipe(size, method, seed, template.resolve(), name == "warm"))
            start = "scratch" if name == "warm" else folder / "warm" / "model"
            again = ["--resume"] if (run / "run.yaml").exists() else []
            command("train", "--recipe", file, "--model", start, "--data", data,
                    "--output", run, *again)  # fmt: skip
        evaluate(folder, name, data, size, seed, only="generate")


def evaluate(folder: Path, name: str, data: str, size: Size, seed: int, *, only: str) -> None:
    """Generate or score the held-out completions of one model."""
    command("eval", "heldout", data, "--model", folder / name / "model", "--only", only,
            "--max-tokens", size.tokens, "--limit", size.held_out, "-n", SAMPLES, "--seed", seed,
            "--out", folder / f"{name}-held-out")  # fmt: skip


def read(file: Path) -> Any:
    """Return the JSON in ``file``, or nothing."""
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def curve(run: Path) -> tuple[list[float], float]:
    """Return the logged rewards (losses of SFT), and tokens a second."""
    lines = [json.loads(line) for line in (run / "curve.jsonl").read_text().splitlines()]
    key = "reward" if any("reward" in line for line in lines) else "loss"
    tokens = max((line.get("num_tokens", 0) for line in lines), default=0)
    seconds = next((line["train_runtime"] for line in lines if "train_runtime" in line), 0)
    return [line[key] for line in lines if key in line], tokens / seconds if seconds else 0.0


def row(out: Path, seeds: int, name: str) -> str:
    """Return one line of the table: a method over all seeds."""
    passed, rewards, speeds = [], [], []
    curves: list[list[float]] = []
    for seed in range(seeds):
        folder = out / f"seed-{seed}"
        scores = read(folder / f"{name}-held-out" / "summary.json").get("scores", {})
        passed.append(scores.get("pass@1"))
        result = read(folder / name / "result.json")
        rewards.append([result[when].get("eval_reward") for when in ("before", "after")])
        points, speed = curve(folder / name)
        curves.append(points)
        speeds.append(speed)
    change = " → ".join(mean_of([pair[i] for pair in rewards]) for i in (0, 1))
    line = " ".join(mean_of(list(points), spread=False) for points in zip(*curves, strict=False))
    cells = (name, f"{statistics.mean(speeds):,.0f}", line, change, mean_of(passed, percent=True))
    return f"| {' | '.join(cells)} |"


def mean_of(values: list[float | None], percent: bool = False, spread: bool = True) -> str:
    """Return mean ± standard deviation, or a dash where nothing was measured."""
    known = [value for value in values if value is not None]
    if not known:
        return "–"
    style = ".1%" if percent else ".2f"
    around = f" ± {statistics.stdev(known):{style}}" if spread and len(known) > 1 else ""
    return f"{statistics.mean(known):{style}}{around}"


def machine(cpu: bool) -> str:
    """Return what it ran on."""
    import torch

    if cpu or not torch.cuda.is_available():
        return f"a CPU ({platform.machine()}, one thread), torch {torch.__version__}"
    return f"{torch.cuda.get_device_name()}, torch {torch.__version__}"


def main() -> None:
    """Do what is not done yet, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("benchmark-gpu"))
    parser.add_argument("--only", choices=("train", "score"))
    given = parser.parse_args()
    size = SIZES[given.size]
    for seed in range(given.seeds):
        if given.only != "score":
            train(given.out, given.data, size, seed)
        for name in ("warm", *METHODS) if given.only != "train" else ():
            evaluate(given.out / f"seed-{seed}", name, given.data, size, seed, only="score")
    done = read(given.out / "seed-0" / "warm" / "result.json")
    print(f"{given.size}: {size.layers} layers of width {size.width}, {done['train_entries']} "
          f"training entries, {given.seeds} seed(s), on {machine(size.cpu)}\n")  # fmt: skip
    print("| | tokens/s | reward (warm, sft: loss) | held-out reward | held-out pass@1 |")
    print("|---|---|---|---|---|")
    for name in ("warm", *METHODS):
        print(row(given.out, given.seeds, name))


if __name__ == "__main__":
    main()
