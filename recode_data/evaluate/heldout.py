"""The test split of a data set made here: does the answer do in the new version what the
entry's own new code does? The judge of the data set decides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from recode_data.answers import fenced, program_of
from recode_data.errors import RecodeError, UsageError
from recode_data.evaluate.problem import Problem
from recode_data.evaluate.store import Completion, Score
from recode_data.execute import Executor
from recode_data.judge import JUDGE, Judgement
from recode_data.prompts import messages
from recode_data.records import Entry
from recode_data.requirements import read_requirements
from recode_data.rewards import em_star, es_star
from recode_data.rewards.examiner import Answer, Examiner

BATCH = 64
"""Answers that are judged together; after each batch the scores are written."""
PATIENCE = 3600.0


@dataclass
class HeldOut:
    """Entries with the prompts of training, scored by execution."""

    name: str
    problems: list[Problem]
    entries: dict[str, Entry]
    skipped: dict[str, int] = field(default_factory=dict)
    scorer: str = f"judge {JUDGE}"

    def score(self, completions: list[Completion], jobs: int) -> Iterator[Score]:
        with Executor(jobs) as executor:
            examiner = Examiner(executor)
            ordered = sorted(completions, key=lambda c: self.entries[c.problem].new_version)
            for start in range(0, len(ordered), BATCH):
                batch = ordered[start : start + BATCH]
                answers = [Answer(self.entries[c.problem], program_of(c.text) or "") for c in batch]
                judged = examiner.judge(answers, PATIENCE)
                for completion, answer, judgement in zip(batch, answers, judged, strict=True):
                    yield _score(completion, answer, judgement, self.scorer)


def load(rows: list[dict[str, Any]], update: bool = True, cutoff: str = "") -> HeldOut:
    """Return the benchmark of ``rows``, the test split of a data set.

    ``update`` says whether the prompt tells what changed; ``cutoff`` is the day up to which
    a model knows the world, ``2024-06-01``, and labels each entry by its version's release.
    """
    if not rows:
        raise UsageError("the test split is empty", "a data set of more than one change has one")
    known = Entry.__dataclass_fields__
    entries = [_entry({key: row[key] for key in row if key in known}) for row in rows]
    days = _release_days(entries) if cutoff else {}
    kinds = {
        e.id: str(row.get("kind") or row.get("update_kind") or "")
        for e, row in zip(entries, rows, strict=True)
    }
    problems = [
        Problem(
            id=entry.id,
            messages=[dict(message) for message in _messages(entry, update)],
            reference=entry.new_code,
            labels=_labels(entry, kinds[entry.id], days, cutoff),
        )
        for entry in entries
    ]
    return HeldOut("heldout", problems, {entry.id: entry for entry in entries})


def _entry(fields: dict[str, Any]) -> Entry:
    """Return a published row as an entry; raises `UsageError` for requirements that are none."""
    try:
        needed = read_requirements(fields.get("requirements") or "")
    except ValueError as error:
        raise UsageError(
            f"the row {fields.get('id', '')} cannot be read: {error}",
            "requirements are packages with versions, such as six>=1.16",
        ) from error
    return Entry(**fields | {"requirements": needed})


def _messages(entry: Entry, update: bool) -> list[Any]:
    fields = {
        "dependency": entry.dependency,
        "new_version": entry.new_version,
        "update_info": entry.update_info,
        "old_code": entry.old_code,
    }
    return list(messages(fields, update=update))


def _labels(entry: Entry, kind: str, days: dict[str, str], cutoff: str) -> dict[str, str]:
    labels = {"library": entry.dependency}
    if kind:
        labels["kind"] = kind
    if cutoff:
        day = days.get(entry.id, "")
        labels["cutoff"] = "unknown" if not day else "after" if day > cutoff else "before"
    return labels


def _release_days(entries: list[Entry]) -> dict[str, str]:
    """Return entry → day on which its new version was released, where the index tells."""
    from recode_data.rewards.examiner import library_of

    names = {entry.dependency: library_of(entry.dependency) for entry in entries}
    days = {name: _days(library.name) for name, library in names.items() if library is not None}
    return {
        entry.id: days.get(entry.dependency, {}).get(entry.new_version.lstrip("= "), "")
        for entry in entries
    }


def _days(name: str) -> dict[str, str]:
    from recode_data.publish.releases import from_index

    try:
        return from_index(name)
    except RecodeError:  # without an index, scores are given without this label's sides
        return {}


def _score(completion: Completion, answer: Answer, judgement: Judgement, scorer: str) -> Score:
    handed_in = [fenced(answer.code)] if answer.code else [""]
    target = [answer.entry.new_code]
    status = {True: "passed", False: "failed", None: "error"}[judgement.passed]
    status = "timeout" if judgement.passed is False and judgement.reason == "timeout" else status
    return Score(
        completion.id,
        completion.problem,
        completion.sample,
        status,
        f"{judgement.reason}: {judgement.detail}".rstrip(": ")[:300],
        es_star=es_star(handed_in, target)[0],
        em_star=em_star(handed_in, target)[0],
        scorer=scorer,
    )
