"""How right and how fast the rewards are.

    python -m benchmarks.rewards speed                   ES* in full against the published
    python -m benchmarks.rewards worth [WORKSPACE|FILE] [ENTRIES]
                                                         every reward against execution

``worth`` takes valid entries (without an argument the few in ``entries.jsonl``), makes
candidates of known kinds, finds the truth of each by execution, and prints for every reward
the area under the ROC curve, its means by kind, the share of groups of eight without any
spread, and pairs a second on one core.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence

from benchmarks import published_rewards
from benchmarks.candidates import candidates
from benchmarks.rows import entries
from recode_data.records import Entry
from recode_data.rewards import em_star, es_star, execution, migration
from recode_data.rewards.examiner import Answer, Examiner
from recode_data.rewards.normalise import normalise, parses
from recode_data.rewards.structure import program as structure

SIZE = 850
STATEMENT = "values_{0} = transform(data[{1}], axis={2}, weight={3})"
FENCE = "<think>\nIt changed.\n</think>\n<answer>\n```python\n{}\n```\n</answer>"
GROUPS = 2000


def program(dice: random.Random) -> str:
    """Return a program of about 850 characters with a comment and a blank line."""
    lines = ["import numpy as np", "", "# made for a measurement"]
    while sum(len(line) + 1 for line in lines) < SIZE:
        numbers = (dice.randrange(999), dice.randrange(99), dice.randrange(4), dice.random())
        lines.append(STATEMENT.format(*numbers))
    return "\n".join(lines)


def pair(dice: random.Random) -> tuple[str, str]:
    """Return a completion and its target: four in ten lines differ."""
    target = program(dice)
    other = program(dice).split("\n")
    code = [line if dice.random() < 0.6 else dice.choice(other[3:]) for line in target.split("\n")]
    return FENCE.format("\n".join(code)), target


def speed(ours: int = 2000, published: int = 24) -> None:
    """Print calls a second of both, and their ratio; both see the same kind of pairs, and
    each pair is new, so that no cache of ours is of any help."""
    dice = random.Random(0)
    pairs = [pair(dice) for _ in range(ours + published)]
    slow = fast = 0.0
    step = ours // published
    for turn in range(published):  # turn by turn, so that a busy moment hits both
        completion, target = pairs[ours + turn]
        started = time.perf_counter()
        value = published_rewards.es_star(completion, target)
        slow += time.perf_counter() - started
        assert abs(es_star([completion], [target])[0] - value) < 1e-9
        batch = pairs[turn * step : (turn + 1) * step]
        started = time.perf_counter()
        es_star([completion for completion, _ in batch], [target for _, target in batch])
        fast += time.perf_counter() - started
    calls, reference = step * published / fast, published / slow
    print(f"pairs of {sum(len(target) for _, target in pairs) / len(pairs):.0f} characters")
    print(f"published algorithm {reference:.1f} calls/s")
    print(f"es_star in full     {calls:.0f} calls/s, {calls / reference:.0f} times as fast")


def worth(where: str | None = None, limit: str = "0") -> None:
    """Print how well each reward tells right from wrong candidates, over all entries or so
    many that are drawn."""
    dice = random.Random(0)
    found = entries(where)
    if 0 < int(limit) < len(found):
        found = dice.sample(found, int(limit))
    made = [
        (entry, kind, code)
        for entry in found
        for kind, code in candidates(entry.old_code, entry.new_code, dice)
    ]
    started = time.perf_counter()
    judged = Examiner().judge([Answer(entry, code) for entry, _, code in made], budget=3600)
    seconds = time.perf_counter() - started
    known = [
        (*row, bool(j.passed)) for row, j in zip(made, judged, strict=True) if j.passed is not None
    ]
    print(f"{len(found)} entries, {len(known)} candidates judged by execution in {seconds:.1f} s,")
    print(f"{sum(truth for *_, truth in known)} of them right; {len(made) - len(known)} not judged")
    table = {name: values(function, known) for name, function in REWARDS.items()}
    by_kind(known, {name: scores for name, (scores, _) in table.items()})
    print(f"\n{'reward':10} {'AUC':>6} {'flat groups of 8':>17} {'pairs/s':>8}")
    for name, (scores, rate) in table.items():
        area, flat = auc(scores, [truth for *_, truth in known]), flat_groups(known, scores)
        print(f"{name:10} {area:6.3f} {flat:17.1%} {rate:8.0f}")


REWARDS: dict[str, Callable[..., object]] = {
    "em_star": em_star,
    "es_star": es_star,
    "migration": migration,
    "execution": execution,
}
Known = Sequence[tuple[Entry, str, str, bool]]


def values(function: Callable[..., object], known: Known) -> tuple[list[float], float]:
    """Return a reward's value of every candidate, and how many it judged a second."""
    rows = [entry for entry, *_ in known]
    columns = {
        name: [getattr(row, name) for row in rows]
        for name in ("dependency", "new_version", "old_version", "old_code", "old_symbol",
                     "old_keyword", "new_symbol", "new_keyword", "update_info", "change_kind")
    }  # fmt: skip
    completions = [FENCE.format(code) for _, _, code, _ in known]
    for memory in (normalise, parses, structure):  # each reward from nothing
        memory.cache_clear()
    started = time.perf_counter()
    result = function(completions, [row.new_code for row in rows], budget=3600, **columns)
    scores = asyncio.run(result) if asyncio.iscoroutine(result) else result
    rate = len(known) / (time.perf_counter() - started)
    # Where a reward cannot judge it says nothing, which is as much as the middle.
    return [0.0 if score is None else score for score in scores], rate


def by_kind(known: Known, table: dict[str, list[float]]) -> None:
    """Print the mean of each reward by the kind of candidate."""
    print(f"\n{'candidate':18} {'right':>9} " + " ".join(f"{name:>10}" for name in table))
    for kind, count in Counter(kind for _, kind, *_ in known).items():
        rows = [i for i, (_, name, *_) in enumerate(known) if name == kind]
        right = sum(known[i][3] for i in rows)
        means = (sum(scores[i] for i in rows) / count for scores in table.values())
        print(f"{kind:18} {right:4}/{count:<4} " + " ".join(f"{mean:10.2f}" for mean in means))


def auc(scores: Sequence[float], truth: Sequence[bool]) -> float:
    """Return the area under the ROC curve: how often a right one ranks above a wrong one."""
    right = [score for score, good in zip(scores, truth, strict=True) if good]
    wrong = [score for score, good in zip(scores, truth, strict=True) if not good]
    wins = sum((a > b) + (a == b) / 2 for a in right for b in wrong)
    return wins / (len(right) * len(wrong))


def flat_groups(known: Known, scores: Sequence[float]) -> float:
    """Return the share of groups of eight, drawn among an entry's candidates as a model
    would that half the time repeats the old code, whose rewards are all the same."""
    dice = random.Random(1)
    by_entry: dict[str, list[int]] = {}
    for index, (entry, *_) in enumerate(known):
        by_entry.setdefault(entry.id, []).append(index)
    flat = 0
    for _ in range(GROUPS):
        rows = dice.choice(list(by_entry.values()))
        group = [rows[0] if dice.random() < 0.5 else dice.choice(rows) for _ in range(8)]
        drawn = [scores[i] for i in group]
        flat += max(drawn) - min(drawn) < 1e-6
    return flat / GROUPS


if __name__ == "__main__":
    if sys.argv[1:2] == ["worth"]:
        worth(*sys.argv[2:4])
    else:
        speed()
