"""How many answers a second are graded: by the judge called directly, and through the server.

    python -m benchmarks.serving PACKAGE [--rows 80] [--group 8] [--concurrency 64] [--rounds 4]

From rows of an exported package groups of answers are made, right ones and faulty ones of the
kinds in `benchmarks.rewriting` and `benchmarks.cheating`; ``--repeat`` says how many of a group
occur twice. Both ways grade the same answers in turns, a share of them each round, in the same
run, each with servers of its own that are warm; the server is a process of its own. The judge is
called with a share as one batch, and once more by as many threads as there are requests at a
time. Answers that differ in their grade are counted.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.cheating import cheated
from benchmarks.rewriting import Case, rewritten
from recode_data.answers import program_of
from recode_data.grading.server import IDLE
from recode_data.publish.packages import read_tasks
from recode_data.rewards.examiner import Answer, Examiner
from recode_data.rewards.tasks import Task, grade

TOKEN = "benchmark-of-serving"  # noqa: S105


@dataclass(frozen=True)
class Asked:
    """One answer to one row."""

    row: str
    task: Task
    code: str


def groups(tasks: dict[str, Task], rows: int, size: int, repeat: int) -> list[list[Asked]]:
    """Return a group of answers for each of the rows that a seed draws."""
    dice = random.Random(0)
    found = []
    for row in dice.sample(sorted(tasks), min(rows, len(tasks))):
        task = tasks[row]
        case = Case(task.entry, task.reference.stdout)
        texts = [*rewritten(case).values(), *cheated(case).values()]
        codes = sorted({code for text in texts if (code := program_of(text)) and code.strip()})
        drawn = dice.sample(codes, min(size - repeat, len(codes)))
        drawn += drawn[:repeat]
        dice.shuffle(drawn)
        found.append([Asked(row, task, code) for code in drawn])
    return found


class Client:
    """Asks a server, each thread through a connection of its own."""

    def __init__(self, address: str) -> None:
        self.host = urlsplit(address).netloc
        self.local = threading.local()

    def ask(self, asked: Asked) -> bool | None:
        if not hasattr(self.local, "connection"):
            self.local.connection = http.client.HTTPConnection(self.host)
            self.local.used = time.monotonic()
        elif time.monotonic() - self.local.used > IDLE / 2:  # the server may have closed it
            self.local.connection.close()
        body = json.dumps({"row": asked.row, "answer": asked.code})
        self.local.connection.request("POST", "/grade", body, {"Authorization": f"Bearer {TOKEN}"})
        answer = self.local.connection.getresponse()
        told = json.loads(answer.read())
        self.local.used = time.monotonic()
        return told["passed"] if answer.status == 200 else None


def started(package: Path, concurrency: int) -> tuple[subprocess.Popen[str], str]:
    """Start a server and return it with its address."""
    words = [sys.executable, "-m", "recode_data", "serve-grader", str(package), "--port", "0",
             "--concurrency", str(concurrency), "--quiet"]  # fmt: skip
    variables = os.environ | {"RECODE_DATA_GRADER_TOKEN": TOKEN}
    process = subprocess.Popen(words, env=variables, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    return process, process.stdout.readline().strip()


def batch(examiner: Examiner, asked: Sequence[Asked]) -> list[bool | None]:
    for one in asked:
        task = one.task
        examiner.expect(task.entry, task.packages, task.environment, (task.reference, task.old))
    answers = [Answer(one.task.entry, one.code) for one in asked]
    return [found.passed for found in examiner.judge(answers, 3600.0)]


def measured(
    given: argparse.Namespace, made: list[list[Asked]]
) -> tuple[dict[str, float], dict[str, list[bool | None]], int]:
    """Return the seconds that each way took, what it graded, and the number of environments."""
    alone, crowd = Examiner(), Examiner()
    process, address = started(given.package, given.concurrency)
    client = Client(address)
    try:
        with ThreadPoolExecutor(given.concurrency) as pool:
            ways: dict[str, Callable[[Sequence[Asked]], list[bool | None]]] = {
                "one batch": lambda asked: batch(alone, asked),
                "by threads": lambda asked: list(
                    pool.map(lambda one: grade(one.task, one.code, crowd, 3600.0).passed, asked)
                ),
                "server": lambda asked: list(pool.map(client.ask, asked)),
            }
            places = {one[0].task.environment.id: one[0] for one in made}.values()
            warm = [Asked(one.row, one.task, f"print({n})") for one in places for n in range(4)]
            for way in ways.values():
                way(warm)
            seconds = dict.fromkeys(ways, 0.0)
            graded: dict[str, list[bool | None]] = {name: [] for name in ways}
            for turn in range(given.rounds):
                share = [one for group in made[turn :: given.rounds] for one in group]
                names = list(ways)
                for name in names[turn % 3 :] + names[: turn % 3]:
                    began = time.perf_counter()
                    graded[name] += ways[name](share)
                    seconds[name] += time.perf_counter() - began
    finally:
        process.terminate()
        process.wait(60)
    return seconds, graded, len(places)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("package", type=Path)
    parser.add_argument("--rows", type=int, default=80)
    parser.add_argument("--group", type=int, default=8)
    parser.add_argument("--repeat", type=int, default=0)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=4)
    given = parser.parse_args()
    tasks = {row: Task.from_json(text) for row, text in read_tasks(given.package).items()}
    made = groups(tasks, given.rows, given.group, given.repeat)
    seconds, graded, places = measured(given, made)
    total = len(graded["server"])
    print(
        f"{total} answers to {len(made)} rows, {graded['one batch'].count(True)} right;"
        f" {places} environments, {given.concurrency} at a time"
    )
    for name in seconds:
        differ = sum(a != b for a, b in zip(graded[name], graded["one batch"], strict=True))
        missing = graded[name].count(None)
        print(
            f"{name:12}{total / seconds[name]:8.1f} answers/s"
            f"{seconds['one batch'] / seconds[name]:8.2f}   {differ} differ, {missing} not graded"
        )


if __name__ == "__main__":
    main()
