"""Whether `eval since` tells a model's date and score, refuses cheats, and is fast.

    python -m benchmarks.since DATA [--cutoff 2019-01] [--libraries networkx,scipy] [--each 4]
                               [--what dates,cheats,speed] [--speed 500] [--part 60]

DATA is a workspace, a data set or a release with tasks of six months or more. Of each month
``--each`` tasks are drawn, the libraries taking turns. Then

- models of known behaviour answer five times each: one always with the old API, one always
  right, one that turns to the old API in a month, one that turns to the new API in it, one that
  copies its prompt, and one that is right in seven of ten answers at random and stale from a
  month on. Printed are the date and the pass@k that are told beside those that were scripted;
- every kind of cheat in `benchmarks.cheating` that a task has a place for is handed in as an
  answer: none may pass;
- where ``--what`` names it, ``--speed`` questions with five different right answers each are
  scored, and in turns a part of them, ``--part`` answers, with one process a program. Printed are
  the minutes and the ratio.

It ends with exit code 1 where a date is more than a month off, a pass@k is another one than was
scripted, or a cheat passes.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.cheating import CHEATS, cheated
from benchmarks.rewriting import Case
from recode_data.answers import fenced
from recode_data.evaluate.heldout import entry_of, release_days
from recode_data.evaluate.preparation import prepare
from recode_data.evaluate.release import is_release, load_release
from recode_data.evaluate.since import Since, benchmark_of, cutoff_day
from recode_data.evaluate.split import rows_of
from recode_data.evaluate.staleness import told
from recode_data.evaluate.statistics import pass_at_k
from recode_data.evaluate.store import Completion, Score
from recode_data.evaluate.summary import summarise
from recode_data.execute import Executor, Job
from recode_data.records import Entry, Run

SAMPLES = 5
KS = (1, 5)
NOISE = 0.7
ROUNDS = 3


@dataclass(frozen=True)
class Model:
    """A scripted model, and what has to be told of it."""

    name: str
    answer: Callable[[str, int], str]
    """Returns the answer to a problem, by its id and the number of the sample."""
    right: Callable[[str, int], bool]
    stale: str | None = None
    """The month from which it uses the old API; None where it never does."""
    new_from: str = ""


def tasks(where: str, cutoff: str, libraries: set[str], each: int) -> Since:
    """Return the tasks of so many entries a month, in one arm."""
    if is_release(where):
        from pathlib import Path

        return load_release(Path(where))
    rows = rows_of(where, every=True)
    entries = {entry.id: entry for row in rows for entry in [entry_of(row)]}
    days = release_days(list(entries.values()))
    last = cutoff_day(cutoff)
    months: dict[str, list[Entry]] = defaultdict(list)
    for id in sorted(entries):
        if days[id] > last and (not libraries or entries[id].dependency in libraries):
            months[days[id][:7]].append(entries[id])
    drawn = [entry for month in sorted(months) for entry in in_turns(months[month], each + 1)]
    made = prepare(drawn, os.cpu_count() or 1).tasks
    kept: Counter[str] = Counter()
    asked = []
    for entry in drawn:
        month = days[entry.id][:7]
        if entry.id in made and kept[month] < each:
            kept[month] += 1
            asked.append((entry, "", month, made[entry.id]))
    return benchmark_of(asked)


def in_turns(entries: list[Entry], most: int) -> list[Entry]:
    """Return so many entries, the libraries and their changes taking turns."""
    random.Random(0).shuffle(entries)
    turns: Counter[tuple[str, ...]] = Counter()
    order = []
    for entry in entries:
        change = (entry.dependency, entry.old_symbol, entry.old_keyword)
        order.append((turns[change], turns[change[:1]], len(order), entry))
        turns.update([change, change[:1]])
    return [entry for *_, entry in sorted(order, key=lambda row: row[:3])][:most]


def models(bench: Since) -> list[Model]:
    """Return the scripted models; they turn in the middle of the months."""
    months = {problem.id: problem.labels["month"] for problem in bench.problems}
    prompts = {problem.id: problem.messages[-1]["content"] for problem in bench.problems}
    told_by = (problem for problem in bench.problems if problem.labels["asks"] != "argument")
    known = sorted({problem.labels["month"] for problem in told_by})
    turn = known[len(known) // 2]
    dice = {(id, n): random.Random(f"{id} {n}").random() for id in months for n in range(SAMPLES)}

    def new(id: str, _: int = 0) -> str:
        return fenced(bench.entries[id].new_code)

    def old(id: str, _: int = 0) -> str:
        return fenced(bench.entries[id].old_code)

    def either(good: Callable[[str, int], bool]) -> Callable[[str, int], str]:
        return lambda id, n: new(id) if good(id, n) else old(id)

    def early(id: str, _: int) -> bool:
        return months[id] < turn

    def late(id: str, _: int) -> bool:
        return months[id] >= turn

    def noisy(id: str, n: int) -> bool:
        return (dice[id, n] < NOISE) == (months[id] < turn)

    return [
        Model("always the old API", old, lambda *_: False, known[0]),
        Model("always right", new, lambda *_: True),
        Model(f"old API from {turn} on", either(early), early, turn),
        Model(f"new API from {turn} on", either(late), late, new_from=turn),
        Model("copies its prompt", lambda id, _: prompts[id], lambda *_: False),
        Model(f"noisy, turns in {turn}", either(noisy), noisy, turn),
    ]


def scored(bench: Since, answers: Iterable[tuple[str, str]], executor: Any) -> dict[Any, Score]:
    """Return the score of each different answer to a problem."""
    different = list(dict.fromkeys(answers))
    waiting = [Completion(id, number, text) for number, (id, text) in enumerate(different)]
    found = {one.sample: one for one in bench.judged(bench.examiner(executor), waiting)}
    return {different[number]: found[number] for number in found}


def measured(bench: Since, executor: Any) -> bool:
    """Print what is told of each model beside what was scripted; return whether it is right."""
    script = models(bench)
    ids = [problem.id for problem in bench.problems]
    drawn = {
        model.name: [(id, n, model.answer(id, n)) for id in ids for n in range(SAMPLES)]
        for model in script
    }
    known = scored(bench, [(id, a) for part in drawn.values() for id, _, a in part], executor)
    fine = True
    print(f"\n{'model':28} {'pass@1':>14} {'pass@5':>14} {'old API':>8}  date")
    for model in script:
        scores = [
            replace(known[id, text], sample=n, completion=f"{id} {n}")
            for id, n, text in drawn[model.name]
        ]
        summary = summarise(bench, scores, dict.fromkeys(ids, SAMPLES))
        assert summary["final"], summary["not_judged"]
        cells = []
        for k in KS:
            values = [
                pass_at_k(SAMPLES, sum(model.right(id, n) for n in range(SAMPLES)), k) or 0.0
                for id in ids
            ]
            wanted, got = sum(values) / len(ids), summary["scores"][f"pass@{k}"]
            fine &= abs(wanted - got) < 1e-4
            cells.append(f"{got:6.1%} ({wanted:5.1%})")
        stale = summary["staleness"]["alone"]
        fine &= near(stale["date"], model.stale) and near(stale.get("new_from"), model.new_from)
        old = summary["scores"].get("old_api", 0.0)
        print(f"{model.name:28} {cells[0]:>14} {cells[1]:>14} {old:8.1%}  {told(stale)}")
    print("in brackets: as scripted")
    return fine


def near(one: str | None, other: str | None) -> bool:
    """Return whether two months are one apart at most, or there is none on both sides."""
    if not one or not other:
        return not one and not other
    first, second = (int(month[:4]) * 12 + int(month[5:]) for month in (one, other))
    return abs(first - second) <= 1


def cheats(bench: Since, executor: Any) -> bool:
    """Print how many cheats passed, by kind; return whether none did."""
    made: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for problem in bench.problems:
        entry = bench.entries[problem.id]
        for kind, text in cheated(Case(entry, bench.tasks[entry.id].output + "\n")).items():
            if len(made[kind]) < 2:
                made[kind].append((problem.id, text))
    known = scored(bench, [pair for pairs in made.values() for pair in pairs], executor)
    passed = {
        kind: [known[pair] for pair in pairs if known[pair].passed] for kind, pairs in made.items()
    }
    unsure = Counter(one.reason for one in known.values() if not one.judged)
    total = sum(map(len, passed.values()))
    print(f"\ncheats of {len(made)} of {len(CHEATS)} kinds, {len(known)} answers: {total} passed")
    for kind, several in passed.items():
        for one in several:
            print(f"  passed: {kind}: {one.problem} ({one.api})")
    for reason, number in unsure.items():
        print(f"  not judged: {number} × {reason}")
    return not total and not unsure


class OneProcessEach:
    """Runs every program in a process of its own, in the same sandbox."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor

    @property
    def workers(self) -> int:
        return self.executor.workers

    def submit(self, job: Job) -> Future[Run]:
        return self.executor.submit(replace(job, fresh=True))

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Run]]:
        back = {replace(job, fresh=True): job for job in jobs}
        for job, run in self.executor.run(back):
            yield back[job], run

    def close(self) -> None:
        self.executor.close()


def right_answers(id: str, entry: Entry) -> list[str]:
    """Return different programs that are right, which no other problem has."""
    return [
        fenced(f"{entry.new_code.rstrip()}\nanswer_to = {id!r}, {number}\n")
        for number in range(SAMPLES)
    ]


def speed(bench: Since, questions: int, compared: int) -> None:
    """Print how long scoring takes, and its ratio to a process for each program."""
    ids = [problem.id for problem in bench.problems][:questions]
    waiting = [
        Completion(id, number, text)
        for id in ids
        for number, text in enumerate(right_answers(id, bench.entries[id]))
    ]
    shares = {"warm": 0.0, "fresh": 0.0}
    part = waiting[:: max(1, len(waiting) // compared)]
    with Executor(os.cpu_count() or 1) as executor:
        seconds(bench, waiting[: SAMPLES * 2], executor)  # makes environments and servers
        for turn in range(ROUNDS):  # in turns, so that a busy moment hits both
            some = part[turn::ROUNDS]
            shares["fresh"] += seconds(bench, some, OneProcessEach(executor))[0]
            shares["warm"] += seconds(bench, some, executor)[0]
    ratio = shares["fresh"] / shares["warm"]
    with Executor(os.cpu_count() or 1) as executor:
        took, passed = seconds(bench, waiting, executor)
    print(
        f"\n{len(ids)} questions × {SAMPLES} samples, {passed} of {len(waiting)} passed: "
        f"{took / 60:.1f} minutes on {executor.workers} cores, load {os.getloadavg()[0]:.1f}\n"
        f"one process a program, {len(part)} of these answers in turns: {ratio:.1f} times as long"
    )


def seconds(bench: Since, waiting: list[Completion], executor: Any) -> tuple[float, int]:
    started = time.perf_counter()
    passed = sum(one.passed for one in bench.judged(bench.examiner(executor), waiting))
    return time.perf_counter() - started, passed


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("where", help="a workspace, a data set or a release")
    parser.add_argument("--cutoff", default="2019-01", help="only what was released after it")
    parser.add_argument("--libraries", default="", help="only these, with commas between")
    parser.add_argument("--each", type=int, default=4, help="tasks of a month")
    parser.add_argument("--what", default="dates,cheats", help="dates, cheats, speed")
    parser.add_argument("--speed", type=int, default=500, help="so many questions are timed")
    parser.add_argument("--part", type=int, default=60, help="answers with a process a program")
    given = parser.parse_args()
    bench = tasks(given.where, given.cutoff, set(filter(None, given.libraries.split(","))),
                  given.each)  # fmt: skip
    every = bench.problems
    bench.problems = [problem for problem in every if problem.labels["arm"] == "alone"]
    months = Counter(problem.labels["month"] for problem in bench.problems)
    names = {problem.labels["library"] for problem in bench.problems}
    print(f"{len(bench.problems)} tasks of {len(months)} months, {', '.join(sorted(names))}")
    what, fine = set(given.what.split(",")), True
    with Executor(os.cpu_count() or 1) as executor:
        fine &= "dates" not in what or measured(bench, executor)
        fine &= "cheats" not in what or cheats(bench, executor)
    if "speed" in what:
        bench.problems = every
        speed(bench, given.speed, given.part)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
