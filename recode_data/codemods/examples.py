"""Entries of which both codes are real: two versions of one example of a library.

Pairs come from the docstrings of the installed versions and the pages and galleries of the
source distributions (`recode_data.usage.paired`). Runs decide which show an update, and when;
the judge of the validate stage has the last word as always.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

from packaging.version import Version

from recode_data.api.snapshot import Snapshot
from recode_data.api.snapshots import history_of
from recode_data.codemods.candidates import Chosen, stands_inside
from recode_data.codemods.describe import Summaries, description
from recode_data.codemods.observed import (
    FORM,
    Effect,
    Observation,
    made,
    note_text,
    observed,
    stated,
    suffices,
    unaccounted,
    warned,
)
from recode_data.codemods.patterns import read_patterns
from recode_data.codemods.screening import unshown
from recode_data.errors import RecodeError
from recode_data.execute import Executor, Job, ensure, resolve
from recode_data.index import sdist
from recode_data.library import Library
from recode_data.progress import Progress, Summary
from recode_data.reasons import Reason
from recode_data.records import (
    Attempt,
    Change,
    Entry,
    Environment,
    Grounding,
    Record,
    Run,
    content_id,
)
from recode_data.redo import INSTALLED, generation, suffix
from recode_data.update_text import Update, completed
from recode_data.usage.imports import read_conventions, use_conventions
from recode_data.usage.paired import Edition, ProgramPair, program_pairs
from recode_data.workspace import Workspace
from recode_data.workspace.attempts import attempted, forget_attempts_of
from recode_data.workspace.changes import changes_of, forget_changes
from recode_data.workspace.entries import EXAMPLE_PAIR, entries_of_rules, forget_example_pairs

STAGE = "pair-examples"
VERSION = "2"
"""Of the miner: a new one looks at every library again."""
PER_CHANGE = 5
"""Entries of one change at most."""
PER_DIFFERENCE = 8
"""Pairs with the same difference that are run at most."""
LONGEST = 5.0
"""Seconds for one program; one that takes longer is no good example."""
Place: TypeAlias = "tuple[str, int]"
"""A code, and the index of the version that it runs on."""


def pair_examples(
    workspace: Workspace,
    libraries: Sequence[Library],
    progress: Progress,
    *,
    jobs: int = 2,
    limit: int | None = None,
    timeout: float = 10.0,
) -> Summary:
    """Write entries of the examples that ``libraries`` themselves changed between versions.

    ``limit`` is the most pairs of programs that are run. A library is looked at once, until its
    versions, or what its definition says of usage, are others. What was dropped has its reason
    in an `Attempt`. Raises `BadFile` for a pattern file that the rules after it cannot use,
    before anything is run.
    """
    began = time.monotonic()
    read_patterns()
    use_conventions(read_conventions())
    summary = Summary(STAGE)
    for library in libraries:
        miner = Miner(workspace, library, progress, jobs=jobs, timeout=timeout)
        if not miner.is_done():
            miner.run(summary, limit)
    summary.seconds = time.monotonic() - began
    return summary


@dataclass
class _Tried:
    """A pair of programs on its way: its versions by their place in the matrix."""

    pair: ProgramPair
    old: int
    new: int
    reason: Reason | None = None
    effect: Effect | None = None
    low: int = 0
    """The last version that is known not to show the effect."""
    high: int = 0
    """The first that is known to show it."""
    seen: Observation | None = None


@dataclass
class _Runs:
    """The runs that were made, by code and version."""

    executor: Executor
    environments: Sequence[Environment]
    packages: tuple[str, ...]
    timeout: float
    known: dict[Place, Run] = field(default_factory=dict)

    def make(self, wanted: Iterable[Place]) -> None:
        missing = sorted(set(wanted) - self.known.keys(), key=lambda place: (place[1], place[0]))
        places = {
            Job(code, self.environments[index], self.packages, self.timeout): (code, index)
            for code, index in missing
        }
        for job, run in self.executor.run(places):
            self.known[places[job]] = run

    def __getitem__(self, place: Place) -> Run:
        return self.known[place]


class Miner:
    """Looks at the examples of one library."""

    def __init__(
        self,
        workspace: Workspace,
        library: Library,
        progress: Progress,
        *,
        jobs: int,
        timeout: float,
    ) -> None:
        self.workspace = workspace
        self.library = library
        self.progress = progress
        self.jobs = jobs
        self.timeout = min(timeout, LONGEST)
        self.environments = self._environments()
        self.matrix = [environment.version for environment in self.environments]
        made_of = generation(
            workspace,
            STAGE,
            library,
            (*INSTALLED, "aliases", "usage"),
            progress,
            "its examples are paired again",
        )
        self.version = f"{VERSION}{suffix(made_of)}"
        self.subject = f"{library.name}:{content_id(self.matrix)}"
        self._told: dict[str, Summaries] = {}

    def is_done(self) -> bool:
        """Tell whether this version has looked at these versions of the library."""
        return self.subject in attempted(self.workspace, STAGE, self.version)

    def _environments(self) -> list[Environment]:
        found = []
        for version in sorted(self.library.matrix, key=Version):
            with suppress(RecodeError):  # told by the stage that takes the snapshots
                found.append(resolve(self.library, version))
        return found

    def run(self, summary: Summary, limit: int | None) -> None:
        """Find the pairs, run them, and commit what came of it."""
        installed, archives = self._editions()
        pairs = program_pairs(self.library, [installed, archives], self.jobs)
        tried = self._chosen(pairs)[:limit]
        summary.came_in += len(tried)
        runs = self._runs(tried) if tried else {}
        # Where there are none any more, and not only because a version cannot be installed now,
        # none stay.
        if limit is None and (tried or len(installed) == len(self.environments)):
            self._forget()
        records = self._records(tried, runs, summary)
        if limit is None or len(tried) < limit:
            records.append(Attempt(STAGE, self.subject, self.version, len(tried)))
        self.workspace.replace(records)

    def _runs(self, tried: Sequence[_Tried]) -> Mapping[Place, Run]:
        """Settle the pairs; return the runs that it took."""
        with (
            Executor(jobs=self.jobs) as executor,
            self.progress.task(f"examples of {self.library.name}", len(tried)) as task,
        ):
            runs = _Runs(executor, self.environments, self.library.packages, self.timeout)
            settle(tried, runs, len(self.matrix) - 1)
            task.advance(len(tried))
        return runs.known

    def _forget(self) -> None:
        """Forget what earlier runs came to, since all of it is looked at again."""
        forget_attempts_of(self.workspace, STAGE, f"{self.library.name}:")
        forget_example_pairs(self.workspace, self.library.dependency)
        forget_changes(self.workspace, self.library.name, "example")

    def _editions(self) -> tuple[list[Edition], list[Edition]]:
        """Return the installed versions in their order, and the source distributions of those
        that the definition takes usage from."""
        installed = []
        for environment in self.environments:
            with suppress(RecodeError):
                installed.append(Edition(environment.version, ensure(environment).site_packages))
        archives = []
        for version in self.library.usage.versions if self.library.usage.docs else ():
            with suppress(RecodeError):  # told by the rules, which read them too
                archives.append(Edition(*sdist(self.library.name, version)))
        archives.sort(key=lambda edition: Version(edition.version))
        return installed, archives

    def _chosen(self, pairs: Iterable[ProgramPair]) -> list[_Tried]:
        """Return the pairs that are worth runs: each once, and of those with the same
        difference so many that one will do."""
        found: dict[tuple[str, str], _Tried] = {}
        alike: Counter[tuple[frozenset[str], frozenset[str]]] = Counter()
        for pair in pairs:
            old, new = self._at(pair.old_version), self._at(pair.new_version)
            key = pair.old.code, pair.new.code
            if old is None or new is None or old >= new or key in found:
                continue
            if _only_form(pair) or stands_inside(pair.new.code) or stands_inside(pair.old.code):
                continue
            alike[pair.gone, pair.come] += 1
            if alike[pair.gone, pair.come] <= PER_DIFFERENCE:
                found[key] = _Tried(pair, old, new)
        return list(found.values())

    def _at(self, version: str) -> int | None:
        """Return the place in the matrix of a version, or of the next one."""
        wanted = Version(version)
        return next((n for n, v in enumerate(self.matrix) if Version(v) >= wanted), None)

    def _records(
        self, tried: Sequence[_Tried], runs: Mapping[Place, Run], summary: Summary
    ) -> list[Record]:
        changes = changes_of(self.workspace, self.library.name)
        chosen = Chosen()
        for entry in entries_of_rules(self.workspace, self.library.dependency):
            chosen.add((entry.old_symbol, entry.location), entry.old_code, entry.new_code)
        count: Counter[str] = Counter()
        records: list[Record] = []
        for one in tried:
            pair, seen = one.pair, one.seen
            if seen is not None:
                change = self._change(one, seen, changes)
                keys = change.old_symbol or change.new_symbol, pair.new.location
                if self._others_go(one, seen, runs):
                    one.reason = Reason.NOT_NAMED
                elif count[change.id] >= PER_CHANGE or chosen.has_alike(
                    keys, pair.old.code, pair.new.code
                ):
                    one.reason = Reason.ALIKE
                elif not suffices(self._text(seen, change), pair, seen):
                    one.reason = Reason.NO_REPLACEMENT
                elif not (text := self._whole_text(pair, seen, change)):
                    one.reason = Reason.UNTOLD
                else:
                    count[change.id] += 1
                    chosen.add(keys, pair.old.code, pair.new.code)
                    if change.source == "example":
                        shown = Grounding(change.id, True, change.version, "seen in runs")
                        records += [change, shown]
                    records.append(self._entry(pair, seen, change, text))
                    summary.went_out += 1
            reason = str(one.reason or "")
            if reason:
                summary.dropped[reason] += 1
            subject = f"{self.library.name}:{content_id(pair.old.code, pair.new.code)}"
            records.append(Attempt(STAGE, subject, self.version, int(not reason), reason))
        return records

    def _others_go(self, one: _Tried, seen: Observation, runs: Mapping[Place, Run]) -> bool:
        """Tell whether the old code reaches something besides that is going too."""
        if seen.effect == "added":
            return False
        before, after = runs[one.pair.old.code, one.old], runs[one.pair.new.code, one.new]
        others = unaccounted(one.pair, seen, before, after)
        return any(self._goes(path, seen.version) for path in others)

    def _change(self, one: _Tried, seen: Observation, changes: Sequence[Change]) -> Change:
        come = {part for use in one.pair.come for part in use.replace("(", ".").split(".")}
        come |= {part.rstrip("=)") for part in come}
        told = stated(seen, changes, self.matrix, come)
        if told is not None:
            return told
        title = self.library.dependency
        return made(seen, self.library.name, title, one.pair.new.location, self._summary(seen))

    def _summary(self, seen: Observation) -> str:
        """Return what the library says of a symbol that is new."""
        if seen.effect != "added" or seen.new is None or seen.new.keyword:
            return ""
        snapshot = self.snapshots.get(seen.version)
        symbol = snapshot.symbol(seen.new.path) if snapshot else None
        return symbol.summary if symbol else ""

    @cached_property
    def snapshots(self) -> dict[str, Snapshot]:
        """What the versions offer, by version."""
        history = history_of(self.workspace, self.library, self.progress, self.jobs)
        return {snapshot.version: snapshot for snapshot in history.snapshots}

    def _summaries(self, version: str) -> Summaries | None:
        snapshot = self.snapshots.get(version)
        if snapshot and version not in self._told:
            self._told[version] = Summaries(snapshot)
        return self._told.get(version)

    def _goes(self, path: str, version: str) -> bool:
        """Tell whether a version has a symbol no more, or says that it is going."""
        snapshot = self.snapshots.get(version)
        binding = snapshot.find(path) if snapshot else None
        return snapshot is not None and (binding is None or snapshot.is_deprecated(binding))

    def _text(self, seen: Observation, change: Change) -> str:
        if change.source == "example":
            return change.text
        return note_text(change, seen, self.library.dependency)

    def _whole_text(self, pair: ProgramPair, seen: Observation, change: Change) -> str:
        """Return the text with all that it takes to know, empty where that is too much."""
        old, new = seen.old, seen.new
        update = Update(
            old.path if old else "",
            old.keyword if old and seen.effect != "added" else "",
            new.path if new else "",
            new.keyword if new else "",
        )
        return completed(self._text(seen, change), pair.old.code, pair.new.code, update)

    def _entry(self, pair: ProgramPair, seen: Observation, change: Change, text: str) -> Entry:
        old, new = seen.old, seen.new
        added = seen.effect == "added"
        return Entry(
            dependency=self.library.dependency,
            new_version=f"=={seen.version}",
            description=description(
                pair.old.code, pair.new.code, pair.new, summaries=self._summaries(seen.version)
            ),
            update_info=text,
            old_code=pair.old.code,
            new_code=pair.new.code,
            change_id=change.id,
            change_kind=change.kind,
            engine="rules",
            author=EXAMPLE_PAIR,
            parameters={"version": VERSION, "old_location": pair.old.location},
            old_symbol="" if added or old is None else old.path,
            old_keyword="" if added or old is None else old.keyword,
            new_symbol=new.path if new else "",
            new_keyword=new.keyword if new else "",
            old_origin="real",
            new_origin="real",
            location=pair.new.location,
        )


def _only_form(pair: ProgramPair) -> bool:
    """Tell whether only builtins that print and collect differ."""
    return {use.partition("(")[0] for use in pair.gone | pair.come} <= FORM


def settle(tried: Sequence[_Tried], runs: _Runs, last: int) -> None:
    """Find for each pair which update it shows, and in which version, with few runs.

    First the old code on the newest version and the new code on its old version: where neither
    fails or warns there is no update. Then both where they were written for, and between them
    the version in which it begins.
    """
    runs.make(
        place
        for one in tried
        for place in ((one.pair.old.code, last), (one.pair.new.code, one.old))
    )
    for one in tried:
        if not _bad(runs[one.pair.old.code, last]) and not _bad(runs[one.pair.new.code, one.old]):
            one.reason = Reason.NO_TRANSITION
    left = [one for one in tried if one.reason is None]
    runs.make(
        place
        for one in left
        for place in ((one.pair.old.code, one.old), (one.pair.new.code, one.new))
    )
    for one in left:
        one.reason = _diagonal(one, runs)
        if one.reason is None:
            _set_out(one, runs, last)
    _search([one for one in left if one.reason is None], runs)
    for one in left:
        if one.reason is None:
            one.seen = _seen(one, runs)
            if one.seen is None:
                one.reason = Reason.NOT_NAMED


def _bad(run: Run) -> bool:
    return run.status != "clean" or bool(warned(run))


def _diagonal(one: _Tried, runs: _Runs) -> Reason | None:
    """Return what is wrong with the two codes on the versions that they were written for."""
    old, new = runs[one.pair.old.code, one.old], runs[one.pair.new.code, one.new]
    if old.status != "clean":
        return Reason.PROGRAM_FAILS
    if new.status != "clean":
        return Reason.REWRITTEN_FAILS
    if _squeezed(old.stdout) != _squeezed(new.stdout):
        return Reason.PRINTS_OTHER
    return unshown(one.pair.old.code, one.pair.new.code, new.stdout.strip())


def _squeezed(text: str) -> str:
    """Return a text without white space: how arrays are spaced differs between versions."""
    return "".join(text.split())


def _set_out(one: _Tried, runs: _Runs, last: int) -> None:
    """Decide which effect is looked for, and between which versions."""
    old, new = one.pair.old.code, one.pair.new.code
    if _bad(runs[old, last]) and not warned(runs[old, one.old]):
        one.effect, one.low, one.high = "fails", one.old, last
    elif runs[new, one.old].status == "raised":
        one.effect, one.low, one.high = "added", one.old, one.new
    else:
        one.reason = Reason.NO_TRANSITION


def _search(tried: Sequence[_Tried], runs: _Runs) -> None:
    """Halve the versions between until each pair's update has its place."""

    def code(one: _Tried) -> str:
        return one.pair.new.code if one.effect == "added" else one.pair.old.code

    while open_ones := [one for one in tried if one.high - one.low > 1]:
        runs.make((code(one), (one.low + one.high) // 2) for one in open_ones)
        for one in open_ones:
            middle = (one.low + one.high) // 2
            shows = _bad(runs[code(one), middle])
            if one.effect == "added":
                shows = not shows
            one.low, one.high = (one.low, middle) if shows else (middle, one.high)
    runs.make((one.pair.new.code, one.high) for one in tried)
    runs.make((one.pair.old.code, one.high) for one in tried)


def _seen(one: _Tried, runs: _Runs) -> Observation | None:
    old, new = one.pair.old.code, one.pair.new.code
    version = runs.environments[one.high].version
    before, after = runs[old, one.old], runs[new, one.new]
    if one.effect == "added":
        changed = runs[new, one.low] if (new, one.low) in runs.known else runs[new, one.old]
        return observed(one.pair, "added", version, before, changed, after)
    changed = runs[old, one.high]
    if changed.status not in ("raised", "clean"):
        return None
    effect: Effect = "fails" if changed.status == "raised" else "warns"
    return observed(one.pair, effect, version, before, changed, after)
