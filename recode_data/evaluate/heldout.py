"""The test split of a data set made here: does the answer do in the new version what the
entry's own new code does? The judge of the data set decides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from dataclasses import fields as dataclass_fields
from functools import lru_cache
from typing import Any

from recode_data.answers import fenced, program_of
from recode_data.errors import (
    EnvironmentUnusable,
    NetworkError,
    NoSuchVersion,
    RecodeError,
    UsageError,
)
from recode_data.evaluate.problem import Problem
from recode_data.evaluate.store import NOT_JUDGED, UNSCORABLE, Completion, Score
from recode_data.execute import Executor, runner
from recode_data.execute.interpreters import interpreters
from recode_data.judge import JUDGE, Judgement
from recode_data.judge.grade import GRADE
from recode_data.judge.resolver import CachedResolver
from recode_data.library import Library
from recode_data.prompts import Style, messages
from recode_data.records import Entry, content_id
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
    scorer: str = f"judge {JUDGE}, grade {GRADE}"

    def basis(self, problem: Problem) -> str:
        return content_id(self.scorer, runner(), self.entries[problem.id].id)

    def place(self, problem: Problem) -> str:
        return _place(self.entries[problem.id].dependency)

    def score(self, completions: list[Completion], jobs: int) -> Iterator[Score]:
        with Executor(jobs) as executor:
            yield from self.judged(self.examiner(executor), completions)

    def judged(self, examiner: Examiner, completions: list[Completion]) -> Iterator[Score]:
        """Yield the scores of completions, batch by batch."""
        ordered = sorted(completions, key=lambda c: self.entries[c.problem].new_version)
        for start in range(0, len(ordered), BATCH):
            batch = ordered[start : start + BATCH]
            answers = [Answer(self.entries[c.problem], program_of(c.text) or "") for c in batch]
            judged = examiner.judge(answers, PATIENCE)
            lost: dict[str, tuple[str, str]] = {}
            for completion, answer, judgement in zip(batch, answers, judged, strict=True):
                score = _score(completion, answer, judgement, self.scorer)
                if judgement.passed is None:
                    if completion.problem not in lost:
                        lost[completion.problem] = _why_not(examiner, answer.entry, judgement)
                    status, reason = lost[completion.problem]
                    score = replace(score, status=status, reason=reason[:300])
                yield self.traced(examiner, answer, score)

    def examiner(self, executor: Executor) -> Examiner:
        """Return what judges answers with an executor."""
        return Examiner(executor)

    def traced(self, examiner: Examiner, answer: Answer, score: Score) -> Score:  # noqa: ARG002
        """Return a score with what the trace of its answer's run adds to it."""
        return score


def load(
    rows: list[dict[str, Any]],
    update: bool = True,
    cutoff: str = "",
    style: Style = "reasoning",
) -> HeldOut:
    """Return the benchmark of ``rows``, the test split of a data set.

    ``update`` says whether the prompt tells what changed; ``cutoff`` is the day up to which
    a model knows the world, ``2024-06-01``, and labels each entry by its version's release;
    ``style`` how it was trained to answer.
    """
    if not rows:
        raise UsageError("the test split is empty", "a data set of more than one change has one")
    entries = [entry_of(row) for row in rows]
    days = release_days(entries) if cutoff else {}
    kinds = {e.id: kind_of(row) for e, row in zip(entries, rows, strict=True)}
    problems = [
        Problem(
            id=entry.id,
            messages=question(entry, update, style),
            reference=entry.new_code,
            labels=_labels(entry, kinds[entry.id], days, cutoff),
        )
        for entry in entries
    ]
    return HeldOut("heldout", problems, {entry.id: entry for entry in entries})


def kind_of(row: dict[str, Any]) -> str:
    """Return the kind of update that a published row was measured to be."""
    return str(row.get("kind") or row.get("update_kind") or "")


def entry_of(row: dict[str, Any]) -> Entry:
    """Return a published row as an entry; raises `UsageError` for requirements that are none."""
    known = {one.name for one in dataclass_fields(Entry)}
    fields = {key: row[key] for key in row if key in known}
    try:
        needed = read_requirements(fields.get("requirements") or "")
    except ValueError as error:
        raise UsageError(
            f"the row {fields.get('id', '')} cannot be read: {error}",
            "requirements are packages with versions, such as six>=1.16",
        ) from error
    return Entry(**fields | {"requirements": needed})


def question(entry: Entry, update: bool, style: Style = "reasoning") -> list[dict[str, str]]:
    """Return what a model is asked: the migration, with or without what changed."""
    fields = {
        "dependency": entry.dependency,
        "new_version": entry.new_version,
        "update_info": entry.update_info,
        "old_code": entry.old_code,
    }
    asked = messages(fields, style, update=update)
    return [{"role": message["role"], "content": message["content"]} for message in asked]


def _labels(entry: Entry, kind: str, days: dict[str, str], cutoff: str) -> dict[str, str]:
    labels = {"library": entry.dependency}
    if kind:
        labels["kind"] = kind
    if cutoff:
        day = days.get(entry.id, "")
        labels["cutoff"] = "unknown" if not day else "after" if day > cutoff else "before"
    return labels


def release_days(entries: list[Entry]) -> dict[str, str]:
    """Return entry → day on which its new version was released, where the index tells.

    Raises `NetworkError` when it does not answer.
    """
    names = {entry.dependency: Library.matching(entry.dependency) for entry in entries}
    days = {name: days_of(library.name) for name, library in names.items() if library is not None}
    return {
        entry.id: days.get(entry.dependency, {}).get(entry.new_version.lstrip("= "), "")
        for entry in entries
    }


def days_of(name: str) -> dict[str, str]:
    """Return version → day of its release, as the index tells; raises `NetworkError`."""
    from recode_data.publish.releases import from_index

    try:
        return from_index(name)
    except NetworkError as error:
        answer = getattr(error.__cause__, "response", None)
        if getattr(answer, "status_code", 0) == 404:  # the index has no such package
            return {}
        raise  # an index that is gone would put every entry on no side


@lru_cache(maxsize=64)
def _place(dependency: str) -> str:
    """Return a hash of what environments of a library are chosen by: its definition, and the
    Pythons that are here."""
    library = Library.matching(dependency)
    if library is None:
        return ""
    return content_id(library.model_dump(mode="json"), list(interpreters()))


def _why_not(examiner: Examiner, entry: Entry, judgement: Judgement) -> tuple[str, str]:
    """Return the status and the reason of an answer that could not be judged: `UNSCORABLE`
    only where this machine can never run its entry."""
    library = Library.matching(entry.dependency)
    if library is None:
        return UNSCORABLE, judgement.detail
    place = examiner.environment(entry)
    if isinstance(place, str):
        return _unresolved(examiner, library, entry, place)
    reference = examiner.run(entry.new_code, place, library.packages).result()
    if reference.status == "error":
        unusable = reference.exception == EnvironmentUnusable.__name__
        return UNSCORABLE if unusable else NOT_JUDGED, reference.message
    return NOT_JUDGED, f"{judgement.reason}: {judgement.detail}".rstrip(": ")


def _unresolved(examiner: Examiner, library: Library, entry: Entry, reason: str) -> tuple[str, str]:
    absent = _absent(examiner.resolver, library, entry)
    return UNSCORABLE if absent else NOT_JUDGED, reason


def not_here(resolver: CachedResolver, entry: Entry) -> bool:
    """Return whether this machine and its index can never run an entry."""
    library = Library.matching(entry.dependency)
    return library is None or _absent(resolver, library, entry)


def _absent(resolver: CachedResolver, library: Library, entry: Entry) -> bool:
    try:
        resolver.of_new(library, entry.old_version, entry.new_version)
    except NoSuchVersion:
        return True
    except RecodeError:
        return False
    return False


def _score(completion: Completion, answer: Answer, judgement: Judgement, scorer: str) -> Score:
    handed_in = [fenced(answer.code)] if answer.code else [""]
    target = [answer.entry.new_code]
    status = {True: "passed", False: "failed", None: NOT_JUDGED}[judgement.passed]
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
