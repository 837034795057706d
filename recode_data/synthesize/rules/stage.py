"""The rules engine of stage 2: changes in, entries out, each change looked at once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from recode_data.errors import NoSuchVersion, RecodeError
from recode_data.execute import Executor, Job, resolve
from recode_data.index import sdist
from recode_data.library import Library
from recode_data.progress import Progress, Summary
from recode_data.records import Attempt, Change, Entry, Environment, Run
from recode_data.synthesize.rules import trial
from recode_data.synthesize.rules.candidates import (
    Base,
    Candidate,
    Usage,
    alike,
    receiver_jobs,
    rewritten,
)
from recode_data.synthesize.rules.describe import description
from recode_data.synthesize.rules.facts import Facts, facts_of
from recode_data.synthesize.rules.plan import (
    Plan,
    aliases_to_ask,
    plan,
    stated_replacements,
    symbols_of,
)
from recode_data.synthesize.usage import harvest
from recode_data.workspace import Workspace

STAGE = "synthesize-rules"
VERSION = "1"
"""Of the engine: a new one looks at every change again."""
PER_CHANGE = 5
TRIES = 30
"""Candidates of one change that are run."""
BATCH = 16
"""Changes whose candidates are run together and committed together."""


@dataclass
class _Work:
    """A change on its way: its plan, its programs, and what the runs said of them."""

    plan: Plan
    pairs: list[tuple[str, str]]
    bases: list[Base] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)
    good: list[Candidate] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)


def synthesize_by_rules(
    workspace: Workspace,
    libraries: Sequence[Library],
    progress: Progress,
    *,
    jobs: int = 2,
    limit: int | None = None,
    timeout: float = 10.0,
) -> Summary:
    """Write entries for the changes of ``libraries`` that rules can do.

    What a change lacks is kept as the reason of its `Attempt`.
    """
    began = time.monotonic()
    summary = Summary(STAGE)
    with Executor(jobs=jobs) as executor:
        for library in libraries:
            engine = Engine(workspace, library, executor, progress, jobs=jobs, timeout=timeout)
            engine.run(summary, limit)
    summary.seconds = time.monotonic() - began
    return summary


class Engine:
    """The rules engine at work on one library."""

    def __init__(
        self,
        workspace: Workspace,
        library: Library,
        executor: Executor,
        progress: Progress,
        *,
        jobs: int,
        timeout: float,
    ) -> None:
        self.workspace = workspace
        self.library = library
        self.executor = executor
        self.progress = progress
        self.jobs = jobs
        self.timeout = timeout
        self.environments: dict[str, Environment] = {}
        self.facts: dict[str, Facts] = {}
        self.chosen: dict[str, list[Candidate | Entry]] = {}
        """What was accepted by old symbol, so that no two entries are alike; a build that was
        killed begins with what it had committed."""

    def run(self, summary: Summary, limit: int | None) -> None:
        """Look at every change that is owed, in batches, and commit each batch."""
        changes = self.workspace.all(Change, "library = ?", [self.library.name])
        owed = self._owed(changes)[:limit]
        summary.came_in += len(owed)
        if not owed:
            return
        for entry in self.workspace.all(
            Entry, "dependency = ? AND engine = 'rules'", [self.library.dependency]
        ):
            self.chosen.setdefault(entry.old_symbol, []).append(entry)
        self._learn(changes)
        stated = stated_replacements(changes)
        works: list[_Work] = []
        nothing: list[Attempt] = []
        for change in owed:
            planned = plan(change, self.library, self.facts, stated)
            if isinstance(planned, str):
                nothing.append(_attempt(change, 0, planned))
                continue
            pairs = trial.pairs_to_try(planned, list(self.facts), self.facts)
            if not pairs:
                nothing.append(_attempt(change, 0, "old symbol in no usable version"))
                continue
            works.append(_Work(planned, pairs))
        self.workspace.add(nothing)
        summary.dropped.update(attempt.reason.partition(":")[0] for attempt in nothing)
        usage = self._harvest(works)
        with self.progress.task(f"rules {self.library.name}", len(works)) as task:
            for start in range(0, len(works), BATCH):
                batch = works[start : start + BATCH]
                self._make(batch, usage)
                self._try(batch)
                self._commit(batch, summary)
                task.advance(len(batch), entries=summary.went_out)

    def _owed(self, changes: list[Change]) -> list[Change]:
        done = {
            attempt.subject_id
            for attempt in self.workspace.all(
                Attempt, "stage = ? AND version = ?", [STAGE, VERSION]
            )
        }
        return [change for change in changes if change.id not in done]

    def _learn(self, changes: list[Change]) -> None:
        """Ask every version of the matrix about the symbols of the changes."""
        self.environments = {
            version: environment
            for version in self.library.matrix
            if (environment := self._environment(version)) is not None
        }
        symbols = {symbol for change in changes for symbol in symbols_of(change)}
        environments = list(self.environments.values())
        first = facts_of(self.executor, environments, symbols)
        second = facts_of(self.executor, environments, set(aliases_to_ask(first)) - symbols)
        self.facts = {
            version: {**first.get(version, {}), **second.get(version, {})}
            for version in self.environments
            if first.get(version)
        }

    def _environment(self, version: str) -> Environment | None:
        try:
            return resolve(self.library, version)
        except NoSuchVersion as error:
            self.progress.say(f"{self.library.name} {version}: {error.message}")
            return None

    def _harvest(self, works: list[_Work]) -> Usage:
        names = {recipe.leaf for work in works for recipe in work.plan.recipes}
        wanted = self.library.usage.versions
        archives = {}
        for version in wanted:
            try:
                exact, path = sdist(self.library.name, version)
            except RecodeError as error:
                self.progress.say(f"{self.library.name} {version}: {error.message}")
                continue
            archives[exact] = path
        return Usage(harvest(self.library, list(archives.items()), names, self.jobs))

    def _make(self, batch: list[_Work], usage: Usage) -> None:
        """Find programs for each change and rewrite them."""
        watch: dict[tuple[str, str], Job] = {}
        for work in batch:
            for recipe in work.plan.recipes:
                work.bases += usage.bases(recipe)
            for old, new in work.pairs:
                sides = {"old": self.environments[old], "new": self.environments[new]}
                for code, job in receiver_jobs(work.bases, sides).items():
                    watch[code, job.environment.version] = job
        seen = self._runs(watch.values())
        for work in batch:
            tried: set[str] = set()
            for base in work.bases:
                asked = [
                    watch.get((base.snippet.code, version))
                    for pair in work.pairs
                    for version in pair
                ]
                runs = [seen[job.code, job.environment.id] for job in asked if job is not None]
                clean = next((run for run in runs if run.status == "clean"), None)
                for candidate in rewritten(base, clean):
                    if candidate.old_code not in tried and len(work.candidates) < TRIES:
                        tried.add(candidate.old_code)
                        work.candidates.append(candidate)

    def _try(self, batch: list[_Work]) -> None:
        jobs = [
            job
            for work in batch
            for candidate in work.candidates
            for pair in work.pairs
            for job in self._three(candidate, pair)
        ]
        runs = self._runs(jobs)
        for work in batch:
            for candidate in work.candidates:
                said = [
                    trial.verdict(
                        candidate,
                        work.plan,
                        trial.Runs(
                            *(runs[j.code, j.environment.id] for j in self._three(candidate, pair))
                        ),
                    )
                    for pair in work.pairs
                ]
                if "ok" in said:
                    work.good.append(candidate)
                else:
                    work.reasons[said[0]] += 1

    def _three(self, candidate: Candidate, pair: tuple[str, str]) -> tuple[Job, Job, Job]:
        old, new = (self.environments[version] for version in pair)
        return (
            Job(candidate.old_code, old, timeout=self.timeout),
            Job(candidate.old_code, new, timeout=self.timeout),
            Job(candidate.new_code, new, timeout=self.timeout),
        )

    def _runs(self, jobs: Iterable[Job]) -> dict[tuple[str, str], Run]:
        unique = {(job.code, job.environment.id): job for job in jobs}
        ordered = sorted(unique.values(), key=lambda job: (job.environment.id, job.code))
        return {(job.code, job.environment.id): run for job, run in self.executor.run(ordered)}

    def _commit(self, batch: list[_Work], summary: Summary) -> None:
        records: list[Entry | Attempt] = []
        for work in batch:
            entries = self._entries(work)
            reason = "" if entries else _reason(work)
            records += entries
            records.append(_attempt(work.plan.change, len(entries), reason, _detail(work)))
            summary.went_out += len(entries)
            if reason:
                summary.dropped[reason] += 1
        self.workspace.add(records)

    def _entries(self, work: _Work) -> list[Entry]:
        """Choose candidates that differ from each other and from what was chosen before."""
        before = self.chosen.setdefault(work.plan.old_symbol, [])
        entries: list[Entry] = []
        for candidate in work.good:
            if len(entries) >= PER_CHANGE:
                break
            if any(alike(candidate, other) for other in before):
                continue
            before.append(candidate)
            entries.append(self._entry(work.plan, candidate))
        return entries

    def _entry(self, planned: Plan, candidate: Candidate) -> Entry:
        snippet = candidate.base.snippet
        new_fact = next(
            (
                f[planned.new_symbol]
                for f in reversed(list(self.facts.values()))
                if planned.new_symbol in f
            ),
            None,
        )
        old_origin, new_origin = candidate.origins
        return Entry(
            dependency=self.library.dependency,
            new_version=f"=={planned.change.version}",
            description=description(candidate.old_code, snippet, planned.old_fact, new_fact),
            update_info=planned.change.text,
            old_code=candidate.old_code,
            new_code=candidate.new_code,
            change_id=planned.change.id,
            change_kind=planned.change.kind,
            engine="rules",
            author=candidate.base.recipe.rule,
            parameters={"version": VERSION},
            old_symbol=planned.old_symbol,
            old_keyword=planned.old_keyword,
            new_symbol=planned.new_symbol,
            new_keyword=planned.new_keyword,
            old_origin=old_origin,
            new_origin=new_origin,
            location=snippet.location,
        )


def _reason(work: _Work) -> str:
    if not work.bases:
        return "no usage found"
    if not work.candidates:
        return "no rewrite fits"
    if work.good:
        return "alike to another change's entries"
    return work.reasons.most_common(1)[0][0]


def _detail(work: _Work) -> str:
    counts = ", ".join(f"{count} {reason}" for reason, count in sorted(work.reasons.items()))
    return f"{len(work.bases)} programs, {len(work.candidates)} candidates" + (
        f": {counts}" if counts else ""
    )


def _attempt(change: Change, produced: int, reason: str, detail: str = "") -> Attempt:
    return Attempt(STAGE, change.id, VERSION, produced, reason, detail)
