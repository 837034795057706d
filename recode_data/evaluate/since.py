"""What changed since a model's cut-off: the entries of all libraries whose update was released
after a day, each asked twice, without the update and with it in the prompt.

The day is that of the version in which the judge measured the update. Whether an answer is
right, the judge of the data set decides, as it does for held-out entries.
"""

from __future__ import annotations

import calendar
import re
from datetime import date
from typing import Any

from recode_data.errors import UsageError
from recode_data.evaluate.heldout import HeldOut, entry_of, kind_of, question, release_days
from recode_data.evaluate.problem import Problem
from recode_data.records import Entry

ARMS = {"alone": False, "update": True}
"""Arm → whether its prompt tells what changed."""
UNKNOWN = "the index tells no release day"
KNOWN = "released by the cut-off"


def cutoff_day(text: str) -> str:
    """Return the last day that a model knows: ``2025-06-17``, or the last one of ``2025-06``.

    Raises `UsageError` for what is neither a day nor a month.
    """
    month = re.fullmatch(r"(\d{4})-(\d{2})", text)
    if month and "01" <= month[2] <= "12" and int(month[1]):
        return f"{text}-{calendar.monthrange(int(month[1]), int(month[2]))[1]}"
    try:
        if date.fromisoformat(text).isoformat() == text:
            return text
    except ValueError:
        pass
    raise UsageError(
        f"{text!r} is no day of the calendar", "write it as in 2025-06-01, or a month as in 2025-06"
    )


def load(rows: list[dict[str, Any]], cutoff: str) -> HeldOut:
    """Return the benchmark of the rows that were released after ``cutoff``, a day or a month;
    the others are counted in `HeldOut.skipped`.

    A problem's id is its entry's and its arm. Raises `UsageError` when nothing is left, and
    `NetworkError` when the index does not tell the days.
    """
    last = cutoff_day(cutoff)
    entries = {entry.id: (entry, kind_of(row)) for row in rows for entry in [entry_of(row)]}
    days = release_days([entry for entry, _ in entries.values()])
    later = {id: found for id, found in entries.items() if days[id] > last}
    unknown = sum(not days[id] for id in entries)
    if not later:
        raise UsageError(
            f"none of {len(entries)} entries was released after {last}"
            + (f", {unknown} on a day that the index does not tell" if unknown else ""),
            "give an earlier --cutoff, or build newer versions of the libraries",
        )
    problems = [
        _problem(entry, kind, days[id][:7], arm)
        for id, (entry, kind) in later.items()
        for arm in ARMS
    ]
    asked = {problem.id: later[problem.id.partition(" ")[0]][0] for problem in problems}
    skipped = {KNOWN: len(entries) - len(later) - unknown, UNKNOWN: unknown}
    return HeldOut("since", problems, asked, skipped)


def _problem(entry: Entry, kind: str, month: str, arm: str) -> Problem:
    labels = {"arm": arm, "library": entry.dependency, "month": month}
    return Problem(
        id=f"{entry.id} {arm}",
        messages=question(entry, ARMS[arm]),
        reference=entry.new_code,
        labels=labels | ({"kind": kind} if kind else {}),
    )
