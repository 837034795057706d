"""What each phase of training gains on symbols that the model has never seen, by execution.

    python benchmarks/effect.py DATA [--folds 5] [--seeds 3] [--out effect]
    python benchmarks/effect.py DATA --only-fold 0 --seeds 1 --set max_steps=1720 ...

``DATA`` is a workspace, or what `recode-data export` wrote. Its entries are divided into folds by
the name that changed. Whatever holds a held-out name, old or new, in its programs or its note is
left out of the training. In each fold and for each seed a model is made (`train --recipe
from-scratch`), and from it go on, ``--policy-seeds`` times: SFT for as many answers more, half of
them to entries with invented names; and GRPO and DAPO with each reward, on prompts with invented
names (``--invented``) beside real ones, short ones (``--policy-longest``) of the
``--environments`` that most run in, so that few have to be started. Each model answers the
held-out entries greedily, the model after SFT by ``--samples`` at temperature 1 as well, and the
answers are executed.

Prints pass@1 of every phase, over symbols with a 95 % interval by bootstrap; the share of answers
that es_star pays at least 80 % of its maximum for though they are wrong, and of those that are the
old program; and the difference of each policy from SFT continued, with its p by sign flips over
entries, each the mean of its seeds. Values of ``--set`` go to the recipe from-scratch: a GPU does
the same larger with ``--set use_cpu=false --set scratch.width=512``. All is kept in ``--out``:
what is there is not done again, and a run that was killed goes on from its checkpoint.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from gpu import command, read

from recode_data.answers import program_of
from recode_data.evaluate.statistics import interval, paired
from recode_data.records import content_id
from recode_data.training.curriculum import tells
from recode_data.training.data import load

Rows = list[dict[str, Any]]

REWARDS = ("es_star", "migration", "execution")
ALGORITHMS = ("grpo", "dapo")
JUDGED = ("passed", "failed", "timeout", "memory")
CHEAP = 1.6
"""What es_star gives from which on a wrong answer is paid: 80 % of what the right one earns."""
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
lr_scheduler_type: warmup_stable_decay
warmup_steps: 5
trl: {{adam_beta2: 0.95, lr_scheduler_kwargs: {{num_decay_steps: {decay}}}}}
gradient_accumulation_steps: 1
save_steps: 20
logging_steps: 2
report_to: []
held_out: 0
learning_rate: {rate}
max_steps: {steps}
per_device_train_batch_size: {answers}
seed: {seed}
"""
CONTINUED = """
cpu_bf16: {cpu}
curriculum: {{invented: 1}}
"""
POLICY = """
invented: {invented}
num_iterations: {iterations}
temperature: {temperature}
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


def common(data: Path, count: int, longest: int) -> Path:
    """Write what a policy is trained on: short rows of the environments that most of them have."""
    rows = [row for row in load(data).train if length(row) <= longest]
    used = Counter((row["dependency"], row["new_version"]) for row in rows)
    kept = {key for key, _ in used.most_common(count)}
    folder = data.with_name("policy-data")
    folder.mkdir(exist_ok=True)
    chosen = [row for row in rows if (row["dependency"], row["new_version"]) in kept]
    text = "".join(json.dumps(row) + "\n" for row in chosen)
    (folder / "train.jsonl").write_text(text, encoding="utf-8")
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
    """Answer and score the held-out entries, greedily unless ``arguments`` say otherwise."""
    if not read(out / "summary.json").get("final"):
        drawn = () if "-n" in arguments else ("-n", 1, "--temperature", 0)
        command("eval", "heldout", data, "--model", model, "--style", "answer", *drawn,
                "--max-tokens", 96, "--out", out, *arguments)  # fmt: skip


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


def policy(algo: str, reward: str, shared: dict[str, Any], given: argparse.Namespace) -> str:
    """Return the recipe of a policy, as YAML."""
    dapo = algo == "dapo"
    values = {
        "beta": 0.0 if dapo else given.beta,
        "high": 0.28 if dapo else 0.2,
        "invented": given.invented,
        "iterations": given.iterations,
        "temperature": given.temperature,
        "dynamic": str(dapo).lower(),
    }
    return (SHARED + POLICY).format(algo=algo, reward=reward, **shared, **values)


def one(given: argparse.Namespace, fold: int, seed: int) -> list[str]:
    """Do what is not done of a fold and a seed; return the names of its phases."""
    folder = given.out / f"fold-{fold}-seed-{seed}"
    data = write(folder / "data", given, fold)
    settings = [word for value in given.set for word in ("--set", value)]
    start = folder / "sft"
    train(start, "from-scratch", data, *settings, "--set", "held_out=0", "--set", f"seed={seed}")
    resolved = _resolved(start)
    models = after(start, resolved["curriculum"])
    answers = folder / "answers"
    for name in ("invented", "sft"):
        evaluate(models[name], answers / name / "told-0", data)
    evaluate(models["sft"], answers / "sft" / "untold-0", data, "--no-update")
    drawn = ("-n", given.samples, "--temperature", 1, "--top-p", 1)
    evaluate(models["sft"], answers / "sft" / "sampled-0", data, *drawn)
    shared = {"cpu": str(resolved["use_cpu"]).lower(), "steps": given.policy_steps,
              "rate": given.rate, "answers": given.answers,
              "decay": given.policy_steps // 3}  # fmt: skip
    steps = given.policy_steps // given.iterations
    fewer = {"steps": steps, "decay": steps // 3}  # as many answers as policies generate
    few = common(data, given.environments, given.policy_longest)
    names = ["sft continued", *(f"{a} {r}" for r in given.rewards for a in given.algorithms)]
    for number in range(given.policy_seeds):
        shared["seed"] = 100 * seed + number
        for name in names:
            supervised = name == "sft continued"
            text = (SHARED + CONTINUED).format(algo="sft", **shared | fewer)
            if not supervised:
                algo, _, reward = name.partition(" ")
                text = policy(algo, reward, shared, given)
            run = folder / f"{name.replace(' ', '-')}-{number}"
            file = run.with_suffix(".yaml")
            file.write_text(text, encoding="utf-8")
            train(run, file, data if supervised else few, "--model", models["sft"])
            evaluate(run / "model", answers / name / f"told-{number}", data)
    return ["invented", "sft", *names]


def _resolved(run: Path) -> Any:
    import yaml

    return yaml.safe_load((run / "run.yaml").read_text(encoding="utf-8"))


def scores(out: Path, phase: str, asked: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the judged answers of a phase, of all its seeds, with the fold's folder."""
    for file in sorted(out.glob(f"fold-*-seed-*/answers/{phase}/{asked}*/scores.jsonl")):
        for score in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
            if score["status"] in JUDGED:
                yield file.parents[3], score


def by_entry(out: Path, phase: str, asked: str = "told") -> dict[str, float]:
    """Return the share of answers that pass, by entry, over all seeds; unjudged ones aside."""
    passed = defaultdict(list)
    for _, score in scores(out, phase, asked):
        passed[score["problem"]].append(score["status"] == "passed")
    return {entry: statistics.mean(values) for entry, values in passed.items()}


def reached(out: Path, phase: str) -> tuple[float, float]:
    """Return the share of samples that pass, and of entries of which one of the samples does: no
    policy that starts from there can be paid for more."""
    passed = by_entry(out, phase, "sampled").values()
    return (statistics.mean(passed), statistics.mean(map(bool, passed))) if passed else (0.0, 0.0)


def by_symbol(out: Path, phase: str, asked: str = "told") -> dict[str, float]:
    """Return the mean of that over the entries of a symbol."""
    symbols = {
        row["id"]: names_of(row)[0]
        for folder in out.glob("fold-*-seed-*")
        for row in load(folder / "data").test
    }
    passed = defaultdict(list)
    for entry, share in by_entry(out, phase, asked).items():
        passed[symbols.get(entry, entry)].append(share)
    return {symbol: statistics.mean(values) for symbol, values in passed.items()}


def cheats(out: Path, phase: str) -> tuple[dict[str, float], dict[str, float]]:
    """Return by entry the shares of its answers that es_star pays for though they fail, and that
    are the old program."""
    paid, old = defaultdict(list), defaultdict(list)
    for file in sorted(out.glob(f"fold-*-seed-*/answers/{phase}/told*/scores.jsonl")):
        rows = {row["id"]: row for row in load(file.parents[3] / "data").test}
        lines = (file.parent / "completions.jsonl").read_text(encoding="utf-8").splitlines()
        said = {one["problem"]: program_of(one["text"]) or "" for one in map(json.loads, lines)}
        for score in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
            if score["status"] in JUDGED:
                entry = score["problem"]
                paid[entry].append(score["status"] != "passed" and score["es_star"] >= CHEAP)
                old[entry].append(said[entry].strip() == rows[entry]["old_code"].strip())
    means = [{entry: statistics.mean(values) for entry, values in by.items()} for by in (paid, old)]
    return means[0], means[1]


def cell(values: Sequence[float], sign: str = "") -> str:
    """Return a mean with its interval."""
    if not values:
        return "–"
    low, high = interval(values)
    return f"{statistics.mean(values):{sign}.1%} ({low:{sign}.1%} to {high:{sign}.1%})"


def share(values: dict[str, float]) -> str:
    return f"{statistics.mean(values.values()):.1%}" if values else "–"


def report(out: Path, phases: Sequence[str]) -> str:
    """Return the table of all that was judged."""
    lines = [
        "| phase | runs | pass@1 | of symbols | wrong, paid by es_star | old program "
        "| against SFT continued |",
        "|---|---|---|---|---|---|---|",
    ]
    for phase in phases:
        told = by_entry(out, phase)
        if told:
            runs = len(list(out.glob(f"fold-*-seed-*/answers/{phase}/told*/scores.jsonl")))
            cells = [phase, str(runs), share(told), cell(list(by_symbol(out, phase).values()))]
            cells += [*map(share, cheats(out, phase)), against(out, phase)]
            lines.append(f"| {' | '.join(cells)} |")
    rows = [row for folder in out.glob("fold-*-seed-*") for row in load(folder / "data").test]
    lines += [
        f"\n{len(by_symbol(out, 'sft'))} held-out symbols, {len(by_entry(out, 'sft'))} entries; "
        f"the notes of {statistics.mean(map(tells, rows)):.0%} tell every word of the new program",
        f"sft, not told the update: {share(by_entry(out, 'sft', 'untold'))}",
        "sft, sampled at temperature 1: {:.1%}; entries of which a sample passes: {:.1%}".format(
            *reached(out, "sft")
        ),
    ]
    for algo in ALGORITHMS:
        left, right = (cheats(out, f"{algo} {reward}") for reward in ("execution", "es_star"))
        if left[0] and right[0]:
            parts = map(tested, left, right)
            lines.append(
                "{}, es_star against execution: wrong, paid by es_star {}; old program {}".format(
                    algo, *parts
                )
            )
    return "\n".join(lines)


def against(out: Path, phase: str) -> str:
    """Return a policy's gain over SFT continued: over entries with its p, and over symbols with
    its interval."""
    if not phase.startswith(ALGORITHMS):
        return ""
    base, base_entries = (by(out, "sft continued") for by in (by_symbol, by_entry))
    symbols, entries = (by(out, phase) for by in (by_symbol, by_entry))
    if not base or not symbols:
        return "–"
    gains = [symbols[key] - base[key] for key in sorted(symbols.keys() & base.keys())]
    return f"{tested(base_entries, entries)}; symbols {cell(gains, '+')}"


def tested(left: dict[str, float], right: dict[str, float]) -> str:
    """Return by how much the mean over entries is more on the right, with its p."""
    difference, p = paired(left, right)
    return f"{difference:+.1%}, {'p < 0.001' if p < 0.001 else f'p = {p:.3f}'}"


def main() -> None:
    """Do what is not done yet, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--only-fold", type=int, action="append", default=[])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--policy-seeds", type=int, default=1, help="runs from each model")
    parser.add_argument("--policy-steps", type=int, default=80)
    parser.add_argument("--invented", type=int, default=4000, help="prompts with invented names")
    parser.add_argument("--environments", type=int, default=6, help="that policies learn in")
    parser.add_argument("--policy-longest", type=int, default=350, help="characters of an entry")
    parser.add_argument("--iterations", type=int, default=2, help="steps on one generation")
    parser.add_argument("--temperature", type=float, default=0.6, help="that policies sample at")
    parser.add_argument("--samples", type=int, default=8, help="of each entry after SFT")
    parser.add_argument("--beta", type=float, default=0.0, help="weight of GRPO's KL")
    parser.add_argument("--answers", type=int, default=64, help="of a step, in groups of eight")
    parser.add_argument("--rate", type=float, default=4e-4, help="of policies and SFT continued")
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
