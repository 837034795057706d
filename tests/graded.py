"""A row whose answers can be graded without an index: its library is one module."""

from __future__ import annotations

from execution import toy_environment

from recode_data.execute import Executor, Job
from recode_data.publish.packages import Item
from recode_data.publish.rows import COLUMNS
from recode_data.records import Run
from recode_data.rewards.tasks import Task, entry_of

SOURCE = """
import warnings

def total(values, start=0):
    return sum(values, start)

def add(values, start=0):
    warnings.warn("add is deprecated, use total", DeprecationWarning, stacklevel=2)
    return total(values, start)
"""
OLD = "import toy\n\nvalues = [1, 2, 3]\nprint(toy.add(values))\n"
NEW = OLD.replace("add", "total")
SLOW = NEW + "import time\ntime.sleep({})\n"
ROW = dict.fromkeys(COLUMNS, "") | {
    "id": "00000000000000aa", "dependency": "toy", "library": "toy", "old_version": "==1",
    "new_version": "==2", "update_info": "`toy.add` is deprecated, use `toy.total`.",
    "old_code": OLD, "new_code": NEW, "old_symbol": "toy.add", "new_symbol": "toy.total",
    "kind": "deprecated", "change_kind": "deprecated",
}  # fmt: skip


def toy_task() -> Task:
    """Return the row's task; its own codes are run for it."""
    place = toy_environment("2", SOURCE)
    with Executor(jobs=1) as executor:

        def run(code: str) -> Run:
            return executor.run_one(Job(code, place, trace=("toy",)))

        return Task(entry_of(ROW), ("toy",), place, run(NEW), run(OLD))


def toy_item(split: str = "train") -> Item:
    """Return the row as a package takes it."""
    task = toy_task()
    return Item(ROW, split, task.environment, task.to_json())
