"""The LLM engine: drafts, judged, and mended with the judge's evidence.

A wave of drafts is asked for, read, judged and mended before the next one begins, so the
valid rate is known early. Nothing but the workspace remembers where a run was: a second
run walks the same way through the cache, and asks only for what it lacks.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from recode_data.library import Library
from recode_data.llm.answer import Unusable
from recode_data.llm.ask import Asker
from recode_data.llm.batch import asker_of, read_batch
from recode_data.llm.draft import (
    Draft,
    Judged,
    attempt,
    first_draft,
    mendable,
    mended,
    read_entry,
)
from recode_data.llm.options import Endpoint, Options
from recode_data.llm.plan import changes_to_write, materials
from recode_data.llm.prompts import FOLDER, Material, Prompts
from recode_data.progress import Progress, Summary, Task
from recode_data.records import Attempt, Call, Entry, Verdict
from recode_data.workspace import Workspace
from recode_data.workspace.verdicts import latest_verdicts, runs_of

WAVE = 256
"""Drafts in a wave, or four times the concurrency when that is more."""

Judge = Callable[[list[Entry]], None]
"""Judges entries and leaves their verdicts in the workspace."""


@dataclass
class Outcome:
    """What a run of the engine did, for its summary and for the tests."""

    summary: Summary
    asker: Asker
    missing: list[Call] = field(default_factory=list)
    """Calls without an answer, for a batch file."""


class Writer:
    """Takes drafts through asking, reading, judging and mending."""

    def __init__(
        self,
        workspace: Workspace,
        options: Options,
        endpoint: Endpoint | None,
        judge: Judge | None,
        batch: str = "",
    ) -> None:
        self.workspace = workspace
        self.options = options
        self.judge = judge
        self.prompts = Prompts(options.prompts or FOLDER)
        self.asker = asker_of(workspace, endpoint, options, batch)
        self.written: set[str] = set()
        self.valid = 0
        self.judged = 0
        self.dropped: Counter[str] = Counter()
        self.missing: list[Call] = []

    def drafts(self, found: Sequence[Material]) -> Iterator[Draft]:
        """Yield the drafts: the first entry of every change, then the second, …"""
        for sample in range(self.options.per_change):
            for material in found:
                yield first_draft(self.prompts, self.options, material, sample)

    def wave(self, drafts: list[Draft], task: Task) -> None:
        """Take ``drafts`` through every round."""
        while drafts:
            answers = self.asker.ask([draft.call for draft in drafts], task)
            self.missing += [draft.call for draft in drafts if draft.call.id not in answers]
            answered = [draft for draft in drafts if draft.call.id in answers]
            drafts = self._read(answered, answers)
            task.extend(len(drafts))

    def _read(self, drafts: list[Draft], answers: dict[str, Call]) -> list[Draft]:
        """Store what the answers hold, have it judged, and return what is to be mended."""
        again: list[Draft] = []
        entries: list[tuple[Draft, Entry]] = []
        attempts: list[Attempt] = []
        for draft in drafts:
            try:
                entry = read_entry(self.options, draft, answers[draft.call.id])
            except Unusable as flaw:
                attempts.append(attempt(draft, 0, flaw.reason, flaw.text[:300]))
                again += self._mend(draft, answers[draft.call.id], flaw)
            else:
                entries.append((draft, entry))
                attempts.append(attempt(draft, 1))
        self.workspace.add([entry for _, entry in entries])
        self.workspace.replace(attempts)
        self.written |= {entry.id for _, entry in entries}
        for draft, entry, verdict in self._judged(entries):
            if verdict and verdict.status != "valid":
                judged = Judged(entry, runs_of(self.workspace, verdict))
                again += self._mend(draft, answers[draft.call.id], verdict, judged)
        return again

    def _judged(
        self, entries: list[tuple[Draft, Entry]]
    ) -> Iterator[tuple[Draft, Entry, Verdict | None]]:
        ids = [entry.id for _, entry in entries]
        if self.judge and ids:
            self.judge([entry for _, entry in entries])
        verdicts = latest_verdicts(self.workspace, ids)
        for draft, entry in entries:
            verdict = verdicts.get(entry.id)
            self.judged += verdict is not None
            self.valid += verdict is not None and verdict.status == "valid"
            yield draft, entry, verdict
        self.asker.notes["valid"] = f"{self.valid}/{self.judged}" if self.judged else "not judged"

    def _mend(
        self,
        draft: Draft,
        answered: Call,
        flaw: Unusable | Verdict,
        judged: Judged | None = None,
    ) -> list[Draft]:
        if mendable(draft, flaw) and draft.round < self.options.repair_rounds:
            return [mended(self.prompts, self.options, draft, answered, flaw, judged=judged)]
        self.dropped[flaw.reason] += 1
        return []


def synthesize_llm(
    workspace: Workspace,
    libraries: Sequence[Library],
    options: Options,
    endpoint: Endpoint | None,
    *,
    progress: Progress,
    judge: Judge | None = None,
    batch: str = "",
    results: Path | None = None,
) -> Outcome:
    """Write entries for the changes of ``libraries`` with a language model.

    Without an ``endpoint`` the run is replayed from the workspace's cache, and what the
    cache lacks is left in `Outcome.missing`. ``results`` is a batch's file whose answers are
    taken into the cache first; with ``batch`` each round is asked for as a batch, ``api`` or a
    command as `recode_data.llm.batch` has it. Raises a `RecodeError` when the endpoint
    fails for every request; a budget that is used up ends the run with what is owed.
    """
    began = time.monotonic()
    chosen, left_out = changes_to_write(workspace, libraries, options)
    found = materials(workspace, chosen, options.jobs, progress)
    writer = Writer(workspace, options, endpoint, judge, batch)
    if results:
        progress.say(f"{results}: {read_batch(writer.asker, results)}")
    total = len(found) * options.per_change
    size = total if batch else max(WAVE, 4 * options.concurrency)
    with progress.task("synthesize llm", total) as task:
        wave: list[Draft] = []
        for draft in writer.drafts(found):
            wave.append(draft)
            if len(wave) == size:
                writer.wave(wave, task)
                wave = []
        writer.wave(wave, task)
    writer.asker.tell_end(progress)
    summary = Summary(
        "synthesize llm",
        came_in=len(chosen) + sum(left_out.values()),
        went_out=len(writer.written),
        dropped=left_out + writer.dropped,
        owed=writer.asker.owed,
        seconds=time.monotonic() - began,
    )
    return Outcome(summary, writer.asker, writer.missing)
