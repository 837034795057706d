"""What each phase of training gains on symbols that the model has never seen, by execution.

    python benchmarks/effect.py DATA [--folds 5] [--seeds 3] [--out effect]
    python benchmarks/effect.py DATA --only-fold 0 --seeds 1 --set max_steps=1720 ...

``DATA`` is a workspace, or what `recode-data export` wrote. Its entries are divided into folds by
the name that changed. Whatever holds a held-out name, old or new, in its programs or its note is
left out of the training. In each fold and for each seed a model is made (`train --recipe
from-scratch`), and from it go on: SFT for as many answers more, and GRPO and DAPO with each reward.
Each model answers the held-out entries, and its answers are executed.

Prints pass@1 of every phase with a 95 % interval by bootstrap over symbols, and the difference of
each policy from SFT continued. Values of ``--set`` go to the recipe from-scratch: a GPU does the
same larger with ``--set use_cpu=false --set scratch.width=512``. All is kept in ``--out``: what is
there is not done again, and a run that was killed goes on from its checkpoint.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gpu import command, read

from recode_data.evaluate.statistics import interval, paired
from recode_data.records import content_id
from recode_data.training.curriculum import tells
from recode_data.training.data import load

Rows = list[dict[str, Any]]

REWARDS = ("es_star", "migration", "execution")
ALGORITHMS = ("grpo", "dapo")
JUDGED = ("passed", "failed", "timeout", "memory")
COMMON = 0.02
"""Share of the entries from which on a name, such as np, is no symbol's own: not held out."""
SHARED = """
algo: {algo}
style: answer
adapter: none
use_cpu: {cpu}
attn_implementation: eager
max_prompt_length: 224
max_completion_length: 96
lr_scheduler_type: constant_with_warmup
warmup_steps: 5
gradient_accumulation_steps: 1
save_steps: 10
logging_steps: 2
report_to: []
held_out: 0
learning_rate: {rate}
max_steps: {steps}
per_device_train_batch_size: {answers}
seed: {seed}
"""
POLICY = """
rewards: {{{reward}: 1.0}}
loss_type: {algo}
beta: {beta}
dynamic_sampling: {dynamic}
max_generation_batches: 4
epsilon_high: {high}
"""


def names_of(row: dict[str, Any]) -> tuple[str, str]:
    """Return the name that changed and the one that came of it: of a keyword where one did."""
    kind = "keyword" if row.get("old_keyword") else "symbol"
    old, new = (str(row.get(f"{age}_{kind}") or "").rpartition(".")[2] for age in ("old", "new"))
    return old or row["update_info"], new


def divide(rows: Rows, folds: int, fold: int) -> tuple[Rows, Rows]:
    """Return the training and the held-out rows of a fold."""
    words = [
        set(re.findall(r"\w+", f"{row['update_info']} {row['old_code']} {row['new_code']}"))
        for row in rows
    ]
    used = Counter(word for found in words for word in found)
    test, hidden = [], set()
    for row in rows:
        old, new = names_of(row)
        own = max(used[old], used[new]) <= COMMON * len(rows)
        if own and int(content_id(old), 16) % folds == fold:
            test.append(row)
            hidden |= {old, new} - {""}
    known = {row["id"] for row in test}
    train = [
        row
        for row, found in zip(rows, words, strict=True)
        if row["id"] not in known and not found & hidden
    ]
    return train, test


def write(folder: Path, given: argparse.Namespace, fold: int) -> Path:
    """Write the splits of a fold as JSONL, without the long held-out entries."""
    loaded = load(given.data)
    train, test = divide(loaded.train + loaded.test, given.folds, fold)
    test = [row for row in test if length(row) <= given.longest]
    folder.mkdir(parents=True, exist_ok=True)
    for name, part in (("train", train), ("test", test)):
        text = "".join(json.dumps(row) + "\n" for row in part)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return folder


def length(row: dict[str, Any]) -> int:
    """Return the characters of a row's note and programs."""
    return sum(len(row[name]) for name in ("update_info", "old_code", "new_code"))


def train(run: Path, recipe: object, data: Path, *arguments: object) -> None:
    """Train unless it is done; go on where an earlier run was stopped."""
    if (run / "result.json").exists():
        return
    again = ["--resume"] if (run / "run.yaml").exists() else []
    command("train", "--recipe", recipe, "--data", data, "--output", run, *arguments, *again)


def evaluate(model: Path, out: Path, data: Path, *arguments: object) -> None:
    """Answer and score the held-out entries, greedily."""
    if not read(out / "summary.json").get("final"):
        command("eval", "heldout", data, "--model", model, "--style", "answer", "-n", 1,
                "--temperature", 0, "--max-tokens", 96, "--out", out, *arguments)  # fmt: skip


def after(run: Path, curriculum: dict[str, int]) -> dict[str, Path]:
    """Return the models after the phases of from-scratch: its nearest checkpoints, its last."""
    saved = {int(path.name.rpartition("-")[2]): path for path in run.glob("checkpoint-*")}
    found = {}
    step = 0
    for name in ("copying", "invented"):
        step += curriculum[name]
        if curriculum[name] and saved:
            found[name] = saved[min(saved, key=lambda one: abs(one - step))]
    return found | {"sft": run / "model"}


def policy(algo: str, reward: str, shared: dict[str, Any]) -> str:
    """Return the recipe of a policy, as YAML."""
    dapo = algo == "dapo"
    values = {"beta": 0.0 if dapo else 0.001, "high": 0.28 if dapo else 0.2}
    text = SHARED.format(algo=algo, **shared)
    dynamic = str(dapo).lower()
    return text + POLICY.format(algo=algo, reward=reward, dynamic=dynamic, **values)


def one(given: argparse.Namespace, fold: int, seed: int) -> list[str]:
    """Do what is not done of a fold and a seed; return the names of its phases."""
    folder = given.out / f"fold-{fold}-seed-{seed}"
    data = write(folder / "data", given, fold)
    settings = [word for value in given.set for word in ("--set", value)]
    start = folder / "sft"
    train(start, "from-scratch", data, *settings, "--set", f"seed={seed}")
    resolved = _resolved(start)
    models = after(start, resolved["curriculum"])
    shared = {"cpu": str(resolved["use_cpu"]).lower(), "steps": given.policy_steps, "seed": seed}
    shared |= {"rate": given.rate, "answers": given.answers}
    recipes = {"sft continued": SHARED.format(algo="sft", **shared)} | {
        f"{algo} {reward}": policy(algo, reward, shared)
        for algo in given.algorithms
        for reward in given.rewards
    }
    for name, text in recipes.items() if given.policy_steps else ():
        file = folder / f"{name.replace(' ', '-')}.yaml"
        file.write_text(text, encoding="utf-8")
        train(file.with_suffix(""), file, data, "--model", start / "model")
        models[name] = file.with_suffix("") / "model"
    for name, model in models.items():
        evaluate(model, folder / "answers" / name / "told", data)
    evaluate(start / "model", folder / "answers" / "sft" / "untold", data, "--no-update")
    return list(models)


def _resolved(run: Path) -> Any:
    import yaml

    return yaml.safe_load((run / "run.yaml").read_text(encoding="utf-8"))


def by_symbol(out: Path, phase: str, asked: str = "told") -> dict[str, float]:
    """Return the share of answers that pass, by symbol, over all seeds; unjudged ones aside."""
    passed: dict[str, list[bool]] = defaultdict(list)
    for folder in sorted(out.glob("fold-*-seed-*")):
        file = folder / "answers" / phase / asked / "scores.jsonl"
        if not file.exists():
            continue
        symbols = {row["id"]: names_of(row)[0] for row in load(folder / "data").test}
        for line in file.read_text(encoding="utf-8").splitlines():
            score = json.loads(line)
            if score["status"] in JUDGED:
                key = symbols.get(score["problem"], score["problem"])
                passed[key].append(score["status"] == "passed")
    return {symbol: statistics.mean(values) for symbol, values in passed.items()}


def by_entry(out: Path, phase: str, asked: str = "told") -> dict[str, float]:
    """Return the same by entry and seed."""
    return {
        f"{file.parents[3].name} {score['problem']}": float(score["status"] == "passed")
        for file in sorted(out.glob(f"fold-*-seed-*/answers/{phase}/{asked}/scores.jsonl"))
        for score in map(json.loads, file.read_text(encoding="utf-8").splitlines())
        if score["status"] in JUDGED
    }


def cell(values: Sequence[float], sign: str = "") -> str:
    """Return a mean over symbols with its interval."""
    if not values:
        return "–"
    low, high = interval(values)
    return f"{statistics.mean(values):{sign}.1%} ({low:{sign}.1%} to {high:{sign}.1%})"


def report(out: Path, phases: Sequence[str]) -> str:
    """Return the table of all that was judged."""
    lines = [
        "| phase | pass@1, of entries | pass@1, of symbols | against SFT continued |",
        "|---|---|---|---|",
    ]
    base, base_entries = by_symbol(out, "sft continued"), by_entry(out, "sft continued")
    named = [(name, name, "told") for name in phases] + [("sft, not told", "sft", "untold")]
    for name, phase, asked in named:
        symbols, entries = by_symbol(out, phase, asked), by_entry(out, phase, asked)
        against = ""
        if phase.startswith(ALGORITHMS) and base:
            gains = [symbols[key] - base[key] for key in symbols.keys() & base.keys()]
            against = f"{cell(gains, '+')}, p = {paired(base_entries, entries)[1]:.3f}"
        share = f"{statistics.mean(entries.values()):.1%}" if entries else "–"
        lines.append(f"| {name} | {share} | {cell(list(symbols.values()))} | {against} |")
    rows = [row for folder in out.glob("fold-*-seed-*") for row in load(folder / "data").test]
    told = statistics.mean(map(tells, rows))
    lines.append(
        f"\n{len(by_symbol(out, 'sft'))} held-out symbols, {len(by_entry(out, 'sft'))} entries; "
        f"the notes of {told:.0%} tell every word of the new program"
    )
    return "\n".join(lines)


def main() -> None:
    """Do what is not done yet, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--only-fold", type=int, action="append", default=[])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--policy-steps", type=int, default=200)
    parser.add_argument("--answers", type=int, default=64, help="of a step, in groups of eight")
    parser.add_argument("--rate", type=float, default=1e-4, help="of policies and SFT continued")
    parser.add_argument("--rewards", nargs="+", choices=REWARDS, default=list(REWARDS))
    parser.add_argument("--algorithms", nargs="+", choices=ALGORITHMS, default=list(ALGORITHMS))
    parser.add_argument("--longest", type=int, default=550, help="characters of a held-out entry")
    parser.add_argument("--out", type=Path, default=Path("effect"))
    given = parser.parse_args()
    phases: list[str] = []
    for fold in given.only_fold or range(given.folds):
        for seed in range(given.seeds):
            phases = one(given, fold, seed)
    print(report(given.out, phases))


if __name__ == "__main__":
    main()
