"""What rewards pay for cheats, and what right answers lose by being written in another way.

    python -m benchmarks.cheats [WORKSPACE|FILE …] [--entries N]
                                [--rewards es_star,migration,mixture,execution] [--json FILE]

From valid entries (without an argument the few in ``entries.jsonl``) one completion is made of
each kind in `benchmarks.cheating` and `benchmarks.rewriting` that the entry has a place for.
For each reward and kind: the mean, relative to what the new code itself earns and 0 where it
is below, and the share of entries in which a cheat earns at least 80 % of that, or a right
answer less than 50 %. At the end, the share of all pairs of a right and a faulty answer to the
same entry in which the faulty one is paid more.

``execution`` and ``mixture`` run the answers, in the sandbox and the libraries' environments;
then the new code is run first, so that literals are what it prints, and what cannot be judged
is left out. Without them nothing is executed.
"""

from __future__ import annotations

import argparse
import asyncio
import inspect
import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.cheating import CHEATS, cheated
from benchmarks.rewriting import Case, rewritten, said
from benchmarks.rows import entries
from recode_data import rewards as library
from recode_data.records import Entry

REWARDS = ("es_star", "migration", "mixture", "execution")
EXECUTING = {"mixture", "execution"}
COLUMNS = ("dependency", "new_version", "old_version", "old_code", "old_symbol", "old_keyword",
           "new_symbol", "new_keyword", "update_info", "change_kind")  # fmt: skip
BUDGET = 3600.0
BATCH = 2000
CHEAP, DEAR = 0.8, 0.5
"""From which share of the right answer's reward on a cheat pays, and up to which a right
answer is punished."""


@dataclass(frozen=True)
class Made:
    """One completion and what it is."""

    case: Case
    kind: str
    right: bool
    text: str


def cases(found: Sequence[Entry], execute: bool) -> list[Case]:
    """Return the entries with what their new code prints, where anything is executed."""
    if not execute:
        return [Case(entry) for entry in found]
    from recode_data.library import Library
    from recode_data.rewards.examiner import Examiner

    examiner = Examiner()
    made = []
    for entry in found:
        place, known = examiner.environment(entry), Library.matching(entry.dependency)
        if isinstance(place, str) or known is None:
            continue
        made.append((entry, examiner.run(entry.new_code, place, known.packages)))
    return [
        Case(entry, run.result().stdout) for entry, run in made if run.result().status == "clean"
    ]


def completions(found: Sequence[Case]) -> list[Made]:
    made = []
    for case in found:
        made.append(Made(case, "the new code", True, said(case.new)))
        made += [Made(case, kind, True, text) for kind, text in rewritten(case).items()]
        made += [Made(case, kind, False, text) for kind, text in cheated(case).items()]
    return made


def paid(name: str, made: Sequence[Made]) -> list[float | None]:
    """Return what a reward pays for each completion."""
    function: Callable[..., Any] = getattr(library, name)
    values: list[float | None] = []
    for start in range(0, len(made), BATCH):
        batch = made[start : start + BATCH]
        columns = {key: [getattr(m.case.entry, key) for m in batch] for key in COLUMNS}
        result = function(
            [m.text for m in batch],
            [m.case.entry.new_code for m in batch],
            budget=BUDGET,
            **columns,
        )
        values += asyncio.run(result) if inspect.iscoroutine(result) else result
    return values


@dataclass(frozen=True)
class Figures:
    """Of one reward: kind → relative mean, share that counts, entries; and the inversions."""

    kinds: dict[str, tuple[float, float, int]]
    pairs: int
    inverted: int

    @property
    def share(self) -> float:
        return self.inverted / self.pairs if self.pairs else 0.0

    def worst(self, right: bool) -> tuple[str, float]:
        """Return the kind of cheat, or of right answer, with the largest share."""
        kinds = {k: v[1] for k, v in self.kinds.items() if (k not in CHEATS) == right}
        worst = max(kinds, key=lambda kind: kinds[kind], default="")
        return worst, kinds.get(worst, 0.0)


def figures(made: Sequence[Made], values: Sequence[float | None]) -> Figures:
    """Hold what was paid for each kind against what the new code itself was paid."""
    best = {
        m.case.entry.id: v for m, v in zip(made, values, strict=True) if m.kind == "the new code"
    }
    shares: dict[str, list[float]] = {}
    by_entry: dict[str, tuple[list[float], list[float]]] = {}
    for m, value in zip(made, values, strict=True):
        most = best[m.case.entry.id]
        if value is None or most is None or most <= 0:
            continue
        shares.setdefault(m.kind, []).append(max(0.0, value / most))
        by_entry.setdefault(m.case.entry.id, ([], []))[not m.right].append(value)
    kinds = {}
    for kind, found in shares.items():
        counted = sum(s >= CHEAP for s in found) if kind in CHEATS else sum(s < DEAR for s in found)
        kinds[kind] = sum(found) / len(found), counted / len(found), len(found)
    pairs = [(r, f) for right, faulty in by_entry.values() for r in right for f in faulty]
    return Figures(kinds, len(pairs), sum(f > r + 1e-9 for r, f in pairs))


def measure(found: Sequence[Entry], names: Sequence[str]) -> dict[str, Figures]:
    """Return the figures of each reward over the entries."""
    made = completions(cases(found, bool(EXECUTING & set(names))))
    return {name: figures(made, paid(name, made)) for name in names}


def show(table: dict[str, Figures]) -> None:
    """Print a row a kind, a pair of columns a reward."""
    kinds = dict.fromkeys(kind for found in table.values() for kind in found.kinds)
    for right, title in (
        (False, f"cheats: mean, earns >= {CHEAP:.0%}"),
        (True, f"right: mean, earns < {DEAR:.0%}"),
    ):
        print(f"\n{title:44}" + "".join(f"{name:>15}" for name in table))
        for kind in kinds:
            if (kind not in CHEATS) == right:
                cells = [found.kinds.get(kind) for found in table.values()]
                print(f"{kind:44}" + "".join(_cell(cell) for cell in cells))
    print(f"\n{'':44}" + "".join(f"{name:>15}" for name in table))
    for title, value in (
        ("cheat that pays most often", lambda f: f"{f.worst(False)[1]:.1%}"),
        ("right answer that is punished most often", lambda f: f"{f.worst(True)[1]:.1%}"),
        ("pairs in which the faulty one earns more", lambda f: f"{f.share:.1%}"),
        ("pairs", lambda f: f"{f.pairs:,}"),
    ):  # fmt: skip
        print(f"{title:44}" + "".join(f"{value(found):>15}" for found in table.values()))


def _cell(cell: tuple[float, float, int] | None) -> str:
    return f"{'-':>15}" if cell is None else f"{cell[0]:8.0%} {cell[1]:6.0%}"


def drawn(where: Sequence[str], most: int) -> list[Entry]:
    """Return so many entries of all places, the libraries taking turns."""
    found = [entry for place in where or [""] for entry in entries(place or None)]
    dice = random.Random(0)
    dice.shuffle(found)
    turns: dict[str, int] = {}
    order = []
    for entry in found:
        turns[entry.dependency] = turns.get(entry.dependency, -1) + 1
        order.append((turns[entry.dependency], len(order), entry))
    chosen = [entry for *_, entry in sorted(order, key=lambda row: row[:2])]
    return chosen[:most] if most else chosen


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("where", nargs="*", help="workspaces, or files of rows")
    parser.add_argument("--entries", type=int, default=0, help="how many are drawn; 0: all")
    parser.add_argument("--rewards", default=",".join(REWARDS))
    parser.add_argument("--json", default="", help="a file for the figures")
    given = parser.parse_args()
    found = drawn(given.where, given.entries)
    started = time.perf_counter()
    table = measure(found, given.rewards.split(","))
    libraries = {entry.dependency for entry in found}
    print(
        f"{len(found)} entries of {len(libraries)} libraries, {time.perf_counter() - started:.0f} s"
    )
    show(table)
    if given.json:
        from pathlib import Path

        told = {
            name: {"kinds": f.kinds, "pairs": f.pairs, "inverted": f.inverted}
            for name, f in table.items()
        }
        Path(given.json).write_text(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
