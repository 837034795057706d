"""What changed since a model's cut-off: tasks that entries of all libraries give whose update was
released after a day, each asked in several arms.

The day is that of the version in which the judge measured the update. No arm shows the old
code. An answer is right if the judge of the data set finds that it does what the reference does
for the same reason, and if the trace of its run shows the new API.
"""

from __future__ import annotations

import calendar
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, TypeAlias

from recode_data.errors import UsageError
from recode_data.evaluate.contamination import Shingles, marks
from recode_data.evaluate.dated import DatedExaminer
from recode_data.evaluate.documentation import Documented
from recode_data.evaluate.heldout import HeldOut, entry_of, kind_of, release_days
from recode_data.evaluate.preparation import TASKS, prepare, task_text
from recode_data.evaluate.problem import Messages, Problem
from recode_data.evaluate.store import NOT_JUDGED, Score
from recode_data.evaluate.task import Task, with_other_packages
from recode_data.execute import Executor
from recode_data.library import Library
from recode_data.progress import Progress
from recode_data.prompts import FORMAT
from recode_data.records import Entry, content_id
from recode_data.rewards.examiner import Answer, Examiner

ARMS = ("alone", "update", "docs", "guide")
"""The question alone; with what changed; with signature and docstring of the new API; with the
index of the library's generated guide to that version."""
Version: TypeAlias = tuple[str, str]
"""A library's name, as entries have it, and a version of it."""
Guides: TypeAlias = Callable[[Iterable[Version]], Mapping[Version, str]]
"""Returns the guides to versions, of those that have one."""
UNKNOWN = "the index tells no release day"
KNOWN = "released by the cut-off"
UNSEEN = "none"
"""The mark of a problem whose solution was found nowhere that a model may have seen it."""
MOST_DOC = 3000
"""Characters of a docstring in a prompt."""
SYSTEM = (
    "You write Python programs for a given version of a library. "
    "You use what that version offers, not what an older one did."
)


@dataclass
class Since(HeldOut):
    """Tasks in arms; the trace of an answer has to show the new API."""

    tasks: dict[str, Task] = field(default_factory=dict)
    """By the id of the entry."""
    before: str = ""
    """The instant before which all packages were released; empty for no limit."""

    def examiner(self, executor: Executor) -> Examiner:
        return DatedExaminer(executor, self.before)

    def basis(self, problem: Problem) -> str:
        task = self.tasks[self.entries[problem.id].id]
        return content_id(super().basis(problem), TASKS, task_text(task), self.before)

    def traced(self, examiner: Examiner, answer: Answer, score: Score) -> Score:
        """Return a score that says which API was reached, and is no pass without the new one."""
        if not score.judged or score.status == "timeout" or not answer.code.strip():
            return score
        place, library = (
            examiner.environment(answer.entry),
            Library.matching(answer.entry.dependency),
        )
        if isinstance(place, str) or library is None:
            return score
        run = examiner.run(answer.code, place, with_other_packages(library, answer.entry)).result()
        if run.status == "error":
            return replace(score, status=NOT_JUDGED, reason=run.message[:300])
        used = self.tasks[answer.entry.id].api.use(run, answer.code)
        score = replace(score, api=used)
        if score.passed and used != "new":
            reached = "the old API too" if used == "both" else "nothing of the new API"
            return replace(
                score, status="failed", reason=f"not_exercised: its run reaches {reached}"
            )
        return score


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


def load(
    rows: list[dict[str, Any]],
    cutoff: str,
    jobs: int = 1,
    progress: Progress | None = None,
    guides: Guides | None = None,
) -> Since:
    """Return the benchmark of the rows that were released after ``cutoff``, a day or a month;
    the others, and those that give no task, are counted in `HeldOut.skipped`. Without
    ``guides`` there is no arm that shows them.

    A problem's id is its entry's and its arm. Raises `UsageError` when nothing is left,
    `NetworkError` when the index does not tell the days, and `EnvironmentFailed` when a task
    cannot be made for a reason of ours.
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
    prepared = prepare([entry for entry, _ in later.values()], jobs, progress)
    skipped = Counter({KNOWN: len(entries) - len(later) - unknown, UNKNOWN: unknown})
    skipped.update(prepared.refused.values())
    if not prepared.tasks:
        told = "; ".join(f"{n} × {why}" for why, n in Counter(prepared.refused.values()).items())
        raise UsageError(
            f"no entry released after {last} makes a task: {told}", "give an earlier --cutoff"
        )
    asked = [
        (entry, kind, days[id][:7], prepared.tasks[id])
        for id, (entry, kind) in later.items()
        if id in prepared.tasks
    ]
    made = guides({version_of(entry) for entry, *_ in asked}) if guides else {}
    return benchmark_of(asked, skipped, guides=made)


def version_of(entry: Entry) -> Version:
    """Return the library and the version of it that an entry's task is for."""
    return entry.dependency, entry.new_version.lstrip("= ")


def benchmark_of(
    asked: list[tuple[Entry, str, str, Task]],
    skipped: dict[str, int] | None = None,
    *,
    before: str = "",
    benchmarks: Mapping[str, Sequence[Shingles]] | None = None,
    marked: Mapping[str, str] | None = None,
    guides: Mapping[Version, str] | None = None,
) -> Since:
    """Return the benchmark of entries with their kind, month and task, in every arm that they
    have something to show in; ``guides`` are those of their libraries.

    ``benchmarks`` are those that a task may nearly be in; ``marked`` are the marks that were
    found before, by the problem's id.
    """
    problems, entries = [], {}
    for entry, kind, month, task in asked:
        guide = (guides or {}).get(version_of(entry), "")
        for arm in ARMS:
            if (arm == "docs" and not _documented(task)) or (arm == "guide" and not guide):
                continue
            messages = question(entry, task, arm, guide)
            id = f"{entry.id} {arm}"
            if marked is None:
                shown = messages[-1]["content"].partition("Write a program for")[0]
                seen = ", ".join(marks(entry, shown, benchmarks or {})) or UNSEEN
            else:
                seen = marked.get(id, UNSEEN)
            labels = {"arm": arm, "library": entry.dependency, "month": month, "seen": seen}
            labels["asks"] = task.api.asks
            labels |= {"kind": kind} if kind else {}
            problems.append(Problem(id, messages, entry.new_code, labels=labels))
            entries[id] = entry
    tasks = {entry.id: task for entry, _, _, task in asked}
    return Since("since", problems, entries, dict(skipped or {}), tasks=tasks, before=before)


def question(entry: Entry, task: Task, arm: str = "alone", guide: str = "") -> Messages:
    """Return what a model is asked in an arm; ``guide`` is its library's."""
    name = " ".join(version_of(entry))
    parts = []
    if arm == "update":
        parts.append(f"What changed in {name}:\n<doc>\n{entry.update_info.strip()}\n</doc>")
    if arm == "docs":
        told = "\n\n".join(map(_entry_of_docs, _documented(task)))
        parts.append(f"From the documentation of {name}:\n<doc>\n{told}\n</doc>")
    if arm == "guide":
        parts.append(f"The guide to {name}:\n<doc>\n{guide.strip()}\n</doc>")
    parts.append(f"Write a program for {name}.")
    if task.description:
        parts.append(f"What it does: {task.description}")
    parts.append(
        f"This much of it is given:\n```python\n{task.frame}\n```\n" + _blanks_of(task.blanks)
    )
    if task.output:
        parts.append(f"It prints:\n```\n{task.output}\n```")
    parts.append(FORMAT["answer"].replace("migrated ", ""))
    return [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": "\n\n".join(parts)},
    ]


def _blanks_of(blanks: tuple[str, ...]) -> str:
    return "\n".join(["What is left out is for you to write:", *(f"- {told}" for told in blanks)])


def _documented(task: Task) -> list[Documented]:
    """Return what there is to show of the new API: each text once."""
    found = {told.doc: told for told in reversed(task.documented) if told.doc}
    return sorted(found.values(), key=lambda told: told.path)


def _entry_of_docs(told: Documented) -> str:
    doc = told.doc if len(told.doc) <= MOST_DOC else told.doc[:MOST_DOC].rstrip() + " …"
    return f"{told.path}{told.signature}\n{doc}"
