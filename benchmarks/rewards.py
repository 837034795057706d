"""How right and how fast the rewards are.

    python -m benchmarks.rewards speed                   ES* in full against the published
    python -m benchmarks.rewards worth [WORKSPACE|FILE] [ENTRIES]
                                                         every reward against execution
    python -m benchmarks.rewards rate [WORKSPACE|FILE] [ENTRIES] [DISTINCT]
                                                         what execution costs
    python -m benchmarks.rewards endless [WORKSPACE|FILE]
                                                         what an endless answer delays

``worth`` takes valid entries (without an argument the few in ``entries.jsonl``), makes
candidates of known kinds, finds the truth of each by execution, and prints for every reward
the area under the ROC curve, its means by kind, the share of groups of eight without any
spread, and pairs a second on one core.

``rate`` and ``endless`` take entries of the version that most have, and begin when its servers
are warm. ``rate`` grades groups of eight answers, so many of them distinct (8), of the kinds of
the cheats' benchmark but endless ones, in batches of 64. It prints answers a second, and the
processor time of an answer: of this process, and of its servers. ``endless`` grades batches of
64 right answers in turns with batches in which one is endless, and prints by how much that delays
a batch, as a share of that answer's deadline.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks import published_rewards
from benchmarks.candidates import candidates
from benchmarks.cheating import cheated
from benchmarks.execution import of_family
from benchmarks.rewriting import Case, rewritten
from benchmarks.rows import entries
from recode_data.answers import program_of
from recode_data.execute.warm import PREPARE
from recode_data.records import Entry
from recode_data.rewards import em_star, es_star, execution, migration
from recode_data.rewards.deadlines import workers
from recode_data.rewards.examiner import Answer, Examiner
from recode_data.rewards.normalise import normalise, parses
from recode_data.rewards.structure import program as structure

SIZE = 850
STATEMENT = "values_{0} = transform(data[{1}], axis={2}, weight={3})"
FENCE = "<think>\nIt changed.\n</think>\n<answer>\n```python\n{}\n```\n</answer>"
GROUPS = 2000
GROUP, BATCH = 8, 64


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


def groups(found: Sequence[Entry], distinct: int) -> list[list[Answer]]:
    """Return a group of eight answers to each entry, of which so many are distinct."""
    dice = random.Random(0)
    made = []
    for entry in found:
        case = Case(entry)
        texts = [*rewritten(case).values(), *cheated(case).values()]
        codes = sorted({code for text in texts if (code := program_of(text))})
        brief = [code for code in codes if code.strip() and "while True" not in code]
        drawn = dice.sample(brief, min(distinct, len(brief)))
        drawn = (drawn * GROUP)[:GROUP]
        made.append([Answer(entry, code) for code in drawn])
    return made


def batches(made: Sequence[list[Answer]]) -> Iterator[list[Answer]]:
    """Yield the answers of so many groups as make a batch of 64."""
    for start in range(0, len(made), BATCH // GROUP):
        yield [answer for group in made[start : start + BATCH // GROUP] for answer in group]


def warmed(where: str | None, most: int) -> tuple[Examiner, list[Entry]]:
    """Return entries of one version, and an examiner whose servers of it wait, prepared, as
    after the first steps of a training."""
    found = entries(where)
    version = Counter(entry.new_version for entry in found).most_common(1)[0][0]
    found = [entry for entry in found if entry.new_version == version]
    found = random.Random(0).sample(found, min(most or len(found), len(found)))
    examiner = Examiner()
    many = [Answer(found[0], f"print({number})") for number in range(PREPARE * (workers() + 1))]
    examiner.judge(many, budget=3600)
    return examiner, found


def rate(where: str | None = None, limit: str = "0", distinct: str = str(8)) -> None:
    """Print answers a second of the execution reward, and what an answer costs."""
    examiner, chosen = warmed(where, int(limit))
    made = groups(chosen, int(distinct))
    own, servers, began = time.process_time(), of_servers(), time.perf_counter()
    judged = [found for batch in batches(made) for found in examiner.judge(batch, budget=3600)]
    seconds = time.perf_counter() - began
    own, servers = time.process_time() - own, of_servers() - servers
    count = len(judged)
    reasons = Counter(judgement.reason for judgement in judged)
    examiner.close()
    print(f"{count} answers in groups of {GROUP}, {distinct} of them distinct: {dict(reasons)}")
    print(
        f"{count / seconds:.0f} answers/s; an answer costs {1000 * own / count:.2f} ms of this"
        f" process and {1000 * servers / count:.2f} ms of {workers()} workers' servers:"
        f" {count * workers() / (own + servers):.0f} answers/s on {workers()} cores of its own"
    )


def of_servers() -> float:
    """Return the processor seconds of this process's servers and their children."""
    threads = Path("/proc/self/task").iterdir()
    pids = [pid for one in threads for pid in (one / "children").read_text().split()]
    return sum(of_family(int(pid)) for pid in pids)


def endless(where: str | None = None, turns: str = "6") -> None:
    """Print by how much one endless answer delays a batch."""
    examiner, found = warmed(where, BATCH)
    seconds: dict[bool, list[float]] = {False: [], True: []}
    deadline, lost = 0.0, 0
    for turn in range(2 * int(turns)):
        late = turn % 2 == 1
        batch = [Answer(entry, f"{entry.new_code}\nturn = {turn}") for entry in found]
        if late:
            first = batch[0].entry
            batch[0] = Answer(first, f"{first.new_code}\nwhile True:\n    turn = {turn}\n")
        began = time.perf_counter()
        judged = examiner.judge(batch, budget=3600)
        seconds[late].append(time.perf_counter() - began)
        lost += sum(judgement.passed is None for judgement in judged)
        if late:
            assert judged[0].reason == "timeout", judged[0]
            deadline = float(judged[0].detail.split()[-2])
    examiner.close()
    plain, delayed = (statistics.median(seconds[late]) for late in (False, True))
    print(
        f"{len(found)} answers: {plain:.2f} s, with an endless one {delayed:.2f} s: later by"
        f" {(delayed - plain) / deadline:.2f} of its {deadline:.2f} s; {lost} not judged"
    )


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


COMMANDS: dict[str, Callable[..., None]] = {
    "worth": worth,
    "rate": rate,
    "endless": endless,
    "speed": speed,
}

if __name__ == "__main__":
    COMMANDS[(sys.argv[1:] or ["speed"])[0]](*sys.argv[2:])
