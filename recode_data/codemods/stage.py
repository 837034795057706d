"""The rules engine of stage 2: changes in, entries out, each change looked at once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from packaging.version import Version

from recode_data.api.snapshots import history_of
from recode_data.api.symbols import Symbols, VersionSymbols, symbols_of
from recode_data.codemods.candidates import Base, Candidate, Chosen, Usage
from recode_data.codemods.describe import Summaries, description
from recode_data.codemods.made import made_bases, subclasses, wishes
from recode_data.codemods.notes import filled
from recode_data.codemods.patterns import Patterns, read_patterns
from recode_data.codemods.plan import (
    pairs_to_try,
    plan,
    symbols_to_look_up,
    with_other_paths,
)
from recode_data.codemods.recipes import Plan, Recipe, Refused
from recode_data.codemods.replacement import stated_replacements
from recode_data.codemods.search import PER_CHANGE, Search, Work
from recode_data.codemods.subject import resolved
from recode_data.errors import NoSuchVersion, RecodeError
from recode_data.execute import Executor, ensure, resolve
from recode_data.index import sdist
from recode_data.library import Library, load_library
from recode_data.progress import Progress, Summary
from recode_data.reasons import Reason
from recode_data.records import Attempt, Change, Entry, Environment
from recode_data.redo import INSTALLED, fingerprint, generation, suffix
from recode_data.update_text import Update, completed
from recode_data.usage import Example, harvest
from recode_data.usage.imports import read_conventions, use_conventions
from recode_data.workspace import Workspace
from recode_data.workspace.attempts import attempted, forget_attempts
from recode_data.workspace.changes import changes_of
from recode_data.workspace.entries import (
    EXAMPLE_PAIR,
    entries_of_rules,
    forget_entries_of_rules,
)

STAGE = "synthesize-rules"
VERSION = "6"
"""Of the engine: a new one looks at every change again."""
IN_TURN = 2
"""Programs of one recipe before the next one has its turn."""
NEARBY = 5
"""Further versions whose usage is read for the changes that have no entry at most."""
MADE = 3
"""Entries at most of a change that is shown by programs of our making alone."""
BATCH = 24
"""Changes whose candidates are run together and committed together."""


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

    What a change lacks is kept as the reason of its `Attempt`. Raises `BadFile` for a pattern
    file that cannot be used, before anything is run.
    """
    began = time.monotonic()
    patterns = read_patterns()
    use_conventions(read_conventions())
    summary = Summary(STAGE)
    with Executor(jobs=jobs) as executor:
        for library in libraries:
            engine = Engine(
                workspace, library, patterns, executor, progress, jobs=jobs, timeout=timeout
            )
            engine.run(summary, limit)
    summary.seconds = time.monotonic() - began
    return summary


class Engine:
    """The rules engine at work on one library."""

    def __init__(
        self,
        workspace: Workspace,
        library: Library,
        patterns: Patterns,
        executor: Executor,
        progress: Progress,
        *,
        jobs: int,
        timeout: float,
    ) -> None:
        self.workspace = workspace
        self.library = library
        self.patterns = patterns
        shipped = [
            [one.symbol, one.old, one.new, one.replacement]
            for symbol, found in sorted(patterns.by_symbol.items())
            for one in found
            if _of(symbol, library)
        ]
        known = [pair for pair in sorted(patterns.replacements.items()) if _of(pair[0], library)]
        made_of = generation(
            workspace,
            STAGE,
            library,
            (*INSTALLED, "aliases", "usage"),
            progress,
            "what the rules wrote of it is written again",
            {} if patterns.own else {"patterns": fingerprint(shipped, known)},
        )
        self.base = f"{VERSION}{suffix(made_of)}"
        self.version = f"{self.base}+{patterns.own}" if patterns.own else self.base
        self.executor = executor
        self.progress = progress
        self.jobs = jobs
        self.timeout = timeout
        self.environments: dict[str, Environment] = {}
        self.facts: dict[str, Symbols] = {}
        self.summaries: Summaries | None = None
        self.chosen = Chosen()
        self.read: set[str] = set()
        """Versions whose usage was read."""
        self.again: set[str] = set()
        """Changes whose entries are written anew."""

    def run(self, summary: Summary, limit: int | None) -> None:
        """Look at every change that is pending, in batches, and commit each batch."""
        changes = changes_of(self.workspace, self.library.name)
        pending = {change.id for change in self.pending(changes)}
        summary.came_in += len(pending)
        if not pending:
            return
        self._learn(changes)
        self.again = pending
        works = self._plans(changes, pending, summary)
        pending = set([w.plan.change.id for w in works if w.plan.change.id in pending][:limit])
        todo = [work for work in works if work.plan.change.id in pending]
        usage = self._harvest(todo, self.library.usage.versions)
        self._remember()
        figures = self.library.usage.figures
        search = Search(self.executor, self.environments, self.chosen, self.timeout, figures)
        lacking: list[Work] = []
        with self.progress.task(f"rules {self.library.name}", len(todo)) as task:
            for batch in _batches(todo):
                for work in batch:
                    work.bases = _bases(work, works, usage)
                search.settle(batch)
                done = [work for work in batch if _has_enough(work)]
                lacking += [work for work in batch if not _has_enough(work)]
                self._commit(done, summary)
                task.advance(len(done), entries=summary.went_out)
            nearby = self._nearby(lacking)
            closer = self._harvest(lacking, nearby) if nearby else Usage(())
            for batch in _batches(lacking):
                _search_again(search, batch, [_bases(work, works, closer) for work in batch])
                self._make(search, [work for work in batch if not work.good], usage)
                self._commit(batch, summary)
                task.advance(len(batch), entries=summary.went_out)

    def _nearby(self, works: Sequence[Work]) -> list[str]:
        """Return the versions before the most of some changes whose usage was not read: what a
        version removes, the tests of the one before still use."""
        before = Counter(work.pairs[0][0] for work in works)
        known = sorted(self.read, key=Version)
        found = [version for version in before if version not in known]
        found.sort(key=lambda version: (-before[version], Version(version)))
        return found[:NEARBY]

    def _make(self, search: Search, works: Sequence[Work], usage: Usage) -> None:
        """Search among made programs for the changes that no program which was found shows."""
        versions = list(self.facts)
        told = {(w.plan.old_symbol, w.plan.old_keyword, w.pairs[0]): w for w in reversed(works)}
        ordered = sorted(told.values(), key=lambda work: versions.index(work.pairs[0][0]))
        for version, group in groupby(ordered, key=lambda work: work.pairs[0][0]):
            same = list(group)
            facts = self.facts.values()
            wished = {number: wishes(work.plan, facts) for number, work in enumerate(same)}
            place = self.environments[version]
            bases = made_bases(self.executor, place, self.facts[version], wished, usage)
            _search_again(search, same, [iter(bases[number]) for number in wished], MADE)

    def _plans(self, changes: list[Change], pending: set[str], summary: Summary) -> list[Work]:
        """Return the work on every change that has a plan, done or pending, in a fixed order,
        and write down why the others that are pending have none."""
        meant = resolved(changes, self.library, self.facts)
        replacements = stated_replacements(list(meant.values()), self.patterns.replacements)
        works: list[Work] = []
        nothing: list[Attempt] = []
        for change in changes:
            try:
                found = plan(
                    meant[change.id], self.library, self.facts, self.patterns, replacements
                )
                found = with_other_paths(found, self.facts)
                pairs = pairs_to_try(found, list(self.facts), self.facts)
                if not pairs:
                    raise Refused(Reason.OLD_IN_NO_USABLE_VERSION)
                works.append(Work(replace(found, change=change), pairs))
            except Refused as why:
                nothing += [self._attempt(change, 0, why.reason)] if change.id in pending else []
        self._write(nothing)
        summary.dropped.update(attempt.reason for attempt in nothing)
        return sorted(works, key=lambda w: (Version(w.pairs[0][1]), w.plan.change.id))

    def _attempt(self, change: Change, produced: int, reason: str, detail: str = "") -> Attempt:
        return Attempt(STAGE, change.id, self.version, produced, reason, detail)

    def _remember(self) -> None:
        """Take up what earlier runs have chosen, as if this one had."""
        for entry in entries_of_rules(self.workspace, self.library.dependency):
            if entry.author != EXAMPLE_PAIR and entry.change_id in self.again:
                continue  # it is written again, if its change still gives it
            self.chosen.add((entry.old_symbol, entry.location), entry.old_code, entry.new_code)

    def pending(self, changes: list[Change]) -> list[Change]:
        """Return the changes that this version has not looked at; with the user's own patterns
        also those that had nothing without them."""
        done = attempted(self.workspace, STAGE, self.version)
        done |= attempted(self.workspace, STAGE, self.base, with_result=True)
        return [change for change in changes if change.id not in done]

    def _learn(self, changes: list[Change]) -> None:
        """Learn what the symbols of the changes are in every version of the matrix."""
        self.environments, self.facts = learned(
            self.workspace,
            self.library,
            changes,
            self.patterns,
            executor=self.executor,
            progress=self.progress,
            jobs=self.jobs,
        )
        newest = next(reversed(list(self.facts.values())), None)
        if isinstance(newest, VersionSymbols):
            self.summaries = Summaries(newest.snapshot)

    def _harvest(self, works: Sequence[Work], versions: Sequence[str]) -> Usage:
        """Return the usage of what the works look for: in the library itself, and at first in
        others."""
        recipes = [recipe for work in works for recipe in work.plan.recipes]
        names = {leaf for recipe in recipes for leaf in recipe.leaves}
        names |= {leaf for recipe in recipes if recipe.member for leaf in self._makers(recipe)}
        asked = [(self.library, version) for version in versions]
        for other in self.library.usage.others if not self.read else ():
            name, _, version = other.partition("==")
            asked.append((load_library(name), version or "newest"))
        examples: list[Example] = []
        for library, group in groupby(asked, key=lambda pair: pair[0]):
            archives = self._archives(library, [version for _, version in group])
            self.read |= {version for version, _ in archives}
            examples += harvest(library, archives, names, self.jobs)
        return Usage(examples, self.library)

    def _makers(self, recipe: Recipe) -> Iterator[str]:
        """Yield the names of the classes whose objects have a member."""
        owner = recipe.symbol.rpartition(".")[0]
        holding = (symbols for symbols in self.facts.values() if owner in symbols)
        for path in {owner, *(one for symbols in holding for one in subclasses(symbols, owner))}:
            yield path.rpartition(".")[2]

    def _archives(self, library: Library, versions: list[str]) -> list[tuple[str, Path]]:
        """Return the sdists of several versions, each once; of the library itself, where it
        publishes none, the folder that the version is installed in."""
        found: dict[str, Path] = {}
        for version in versions:
            try:
                exact, path = sdist(library.name, version)
            except RecodeError as error:
                installed = self._installed(version) if library is self.library else None
                if installed is None:
                    self.progress.say(f"{library.name} {version}: {error.message}")
                    continue
                exact, path = installed
            found[exact] = path
        return list(found.items())

    def _installed(self, wanted: str) -> tuple[str, Path] | None:
        """Return the newest version that ``wanted`` may mean, and where its packages lie."""
        for version in reversed(self.environments):
            if wanted in ("newest", version) or version.startswith(f"{wanted}."):
                with suppress(RecodeError):
                    return version, ensure(self.environments[version]).site_packages
        return None

    def _commit(self, batch: list[Work], summary: Summary) -> None:
        records: list[Entry | Attempt] = []
        for work in batch:
            written = [self._entry(work.plan, candidate) for candidate in work.good]
            entries = [entry for entry in written if entry.update_info]
            untold = Reason.UNTOLD if written else _reason(work)
            reason = "" if entries else untold
            records += entries
            records.append(self._attempt(work.plan.change, len(entries), reason, _detail(work)))
            summary.went_out += len(entries)
            if reason:
                summary.dropped[reason] += 1
        self._write(records)

    def _write(self, records: Sequence[Entry | Attempt]) -> None:
        """Put what came of changes in the place of what came of them before."""
        subjects = [one.subject_id for one in records if isinstance(one, Attempt)]
        forget_attempts(self.workspace, STAGE, subjects)  # first: what is not whole is owed again
        forget_entries_of_rules(self.workspace, self.library.dependency, subjects)
        self.workspace.add(records)

    def _entry(self, planned: Plan, candidate: Candidate) -> Entry:
        """Return the entry of a candidate, its text empty when nothing completes it."""
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
            description=description(
                candidate.old_code,
                candidate.new_code,
                snippet,
                new_fact,
                planned.old_fact,
                summaries=self.summaries,
            ),
            update_info=completed(
                filled(planned.change.text, planned.by_name),
                candidate.old_code,
                candidate.new_code,
                Update(
                    planned.old_symbol,
                    planned.old_keyword,
                    planned.new_symbol,
                    planned.new_keyword,
                    tuple(planned.by_name),
                ),
            ),
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


def learned(
    workspace: Workspace,
    library: Library,
    changes: Sequence[Change],
    patterns: Patterns,
    *,
    executor: Executor,
    progress: Progress,
    jobs: int = 2,
) -> tuple[dict[str, Environment], dict[str, Symbols]]:
    """Return the environments of a library's versions, and what each version says of the symbols
    that ``changes`` are about, oldest version first."""
    environments: dict[str, Environment] = {}
    for version in library.matrix:
        try:
            environments[version] = resolve(library, version)
        except NoSuchVersion as error:
            progress.say(f"{library.name} {version}: {error.message}")
    asked = {
        symbol for change in changes for symbol in symbols_to_look_up(change, library, patterns)
    }
    history = history_of(workspace, library, progress, jobs)
    return environments, symbols_of(history, executor, environments, asked, jobs)


def _of(symbol: str, library: Library) -> bool:
    return symbol.partition("(")[0].partition(".")[0] in library.packages


def _has_enough(work: Work) -> bool:
    """Tell whether a change needs no further program: what is like an entry of another change
    would only say again what that says."""
    return bool(work.good) or work.reasons[Reason.ALIKE] > 0


def _batches(works: Sequence[Work]) -> Iterator[list[Work]]:
    for start in range(0, len(works), BATCH):
        yield list(works[start : start + BATCH])


def _search_again(
    search: Search,
    works: Sequence[Work],
    bases: Sequence[Iterator[Base]],
    most: int = PER_CHANGE,
) -> None:
    """Search among other programs for changes that have no entry."""
    more = [
        Work(work.plan, work.pairs, found, most=most)
        for work, found in zip(works, bases, strict=True)
    ]
    search.settle(more)
    for work, found in zip(works, more, strict=True):
        work.joined(found)


def _bases(work: Work, works: list[Work], usage: Usage) -> Iterator[Base]:
    """Yield the programs of a change, some of each recipe in turn, first its own share where
    several changes are about a symbol."""
    same = [w for w in works if w.plan.old_symbol == work.plan.old_symbol]
    mine = next(number for number, other in enumerate(same) if other is work)
    for last in (False, True):
        queues = []
        for recipe in work.plan.recipes:
            near = work.pairs[0][recipe.side == "new"]
            found = usage.bases(recipe, near) if recipe.last is last else []
            others = (b for i, b in enumerate(found) if i % len(same) != mine)
            queues.append([*found[mine :: len(same)], *others])
        for start in range(0, max(map(len, queues), default=0), IN_TURN):
            for queue in queues:
                yield from queue[start : start + IN_TURN]


def _reason(work: Work) -> Reason:
    if not work.taken:
        return Reason.NO_USAGE
    if not work.tried and not work.reasons:
        return Reason.NO_REWRITE
    return work.reasons.most_common(1)[0][0]


def _detail(work: Work) -> str:
    counts = ", ".join(f"{count} {reason}" for reason, count in sorted(work.reasons.items()))
    return f"{work.taken} programs, {len(work.tried)} candidates" + (
        f": {counts}" if counts else ""
    )
