"""The runs that one entry needs, asked for step by step.

A trial is a generator: it yields the jobs of its next step, is sent their runs, and
returns the verdict. It neither executes nor stores anything, so the same trial serves the
local executor, a Ray cluster and the tests.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

from recode_data.errors import NoSuchVersion
from recode_data.execute import Job
from recode_data.library import Library
from recode_data.records import Entry, Environment, Run, Verdict
from recode_data.validate.compare import difference
from recode_data.validate.findings import Finding
from recode_data.validate.flip import Flip, State, claimed_index, scan
from recode_data.validate.foreign import claimed_pairs
from recode_data.validate.mutants import twins, unmasked, wrong
from recode_data.validate.proof import Pair, Proof
from recode_data.validate.subject import Subject, subject_of
from recode_data.validate.vary import VARIANTS, varied
from recode_data.validate.verdicts import (
    BEHAVIOURAL_KINDS,
    FourRuns,
    judge,
    static_finding,
    verdict_without_runs,
)

Trial: TypeAlias = Generator[list[Job], list[Run], Verdict]
OTHER_SEED = 20
"""Hash seed of the repetition; the usual one is 0."""
CANDIDATES = 2
"""Flips that are tried before an entry is given up."""


class Resolver(Protocol):
    """Finds the environments of versions; raises `NoSuchVersion` with the reason."""

    def one(self, library: Library, version: str) -> Environment: ...

    def pair(self, library: Library, old: str, new: str) -> tuple[Environment, Environment]: ...

    def versions(self, library: Library) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Bench:
    """What every trial of a stage shares."""

    resolver: Resolver
    timeout: float = 10.0

    def job(self, code: str, environment: Environment, library: Library) -> Job:
        return Job(
            code=code, environment=environment, trace=(library.package,), timeout=self.timeout
        )


def trial(entry: Entry, library: Library, bench: Bench) -> Trial:
    """Judge ``entry``: find its flip, make the four runs there, and then the proof."""
    if finding := static_finding(entry):
        return verdict_without_runs(entry, finding)
    if entry.engine == "import":
        return (yield from _claimed(entry, library, bench))
    if len(library.matrix) < 2:
        return verdict_without_runs(entry, Finding("no_such_version", "the matrix has no pair"))
    flips = yield from _flips(entry, library, bench)
    first: Verdict | None = None
    for flip in flips[:CANDIDATES]:
        old, new = library.matrix[flip.old], library.matrix[flip.new]
        verdict = yield from _at(entry, library, bench, old, new)
        if verdict.status == "valid":
            return verdict
        first = first or verdict
    assert first is not None
    return first


def _claimed(entry: Entry, library: Library, bench: Bench) -> Trial:
    """Judge a row of a foreign data set on the pair of versions that it claims."""
    reason = ""
    try:
        for old, new in claimed_pairs(entry.new_version, bench.resolver.versions(library)):
            try:
                bench.resolver.pair(library, old, new)
            except NoSuchVersion as error:
                reason = reason or error.message
                continue
            return (yield from _at(entry, library, bench, old, new))
    except NoSuchVersion as error:
        reason = error.message
    reason = reason or f"the index has no {library.name} {entry.new_version} with a wheel"
    return verdict_without_runs(entry, Finding("no_such_version", reason))


def _flips(
    entry: Entry, library: Library, bench: Bench
) -> Generator[list[Job], list[Run], list[Flip]]:
    """Return the flips of the old code, or the claimed step where it never flips."""
    matrix = library.matrix
    claimed = claimed_index(entry.new_version, matrix)
    view = _History(entry, claimed)
    search = scan(len(matrix), claimed, entry.change_kind)
    asked = next(search)
    while True:
        jobs: dict[int, Job] = {}
        for index in asked:
            try:
                environment = bench.resolver.one(library, matrix[index])
            except NoSuchVersion:
                continue
            jobs[index] = bench.job(entry.old_code, environment, library)
        runs = (yield list(jobs.values())) if jobs else []
        view.add(dict(zip(jobs, runs, strict=True)))
        try:
            asked = search.send({index: view.state(index) for index in asked})
        except StopIteration as end:
            flips: list[Flip] = end.value
            return flips or [Flip(claimed - 1, claimed, view.state(claimed))]


class _History:
    """The old code's runs by version, and what each is to the claimed change."""

    def __init__(self, entry: Entry, claimed: int) -> None:
        self.subject: Subject = subject_of(entry)
        self.watch_results = bool(entry.change_kind) and entry.change_kind in BEHAVIOURAL_KINDS
        self.claimed = claimed
        self.runs: dict[int, Run] = {}

    def add(self, runs: dict[int, Run]) -> None:
        self.runs |= runs

    def state(self, index: int) -> State:
        run = self.runs.get(index)
        if run is None or run.status in ("error", "timeout"):
            return "absent"
        if run.status != "clean":
            return "fails" if self.subject.explains(run) else "other"
        if self.subject.warning(run):
            return "warns"
        before = self.runs.get(self.claimed - 1)
        if self.watch_results and before and before.status == "clean" and difference(before, run):
            return "changes" if index >= self.claimed else "other"
        return "clean"


def _at(
    entry: Entry, library: Library, bench: Bench, old: str, new: str
) -> Generator[list[Job], list[Run], Verdict]:
    """Judge ``entry`` on one pair of versions: the four runs, and the proof if they pass."""
    try:
        environments = bench.resolver.pair(library, old, new)
    except NoSuchVersion as error:
        return verdict_without_runs(entry, Finding("no_such_version", error.message))
    codes = (entry.old_code, entry.new_code)
    jobs = [bench.job(code, environment, library) for code in codes for environment in environments]
    runs = yield jobs
    four = FourRuns(*runs)
    verdict = judge(entry, four)
    if verdict.status != "valid":
        return verdict
    proof = yield from _prove(entry, library, bench, environments, four)
    verdict = judge(entry, four, proof)
    if verdict.status != "valid":
        return verdict
    first, again = yield from _repeat(entry, library, bench, environments, four)
    return judge(entry, four, replace(proof, first=first, repeated=(again,)))


def _prove(
    entry: Entry,
    library: Library,
    bench: Bench,
    environments: tuple[Environment, Environment],
    four: FourRuns,
) -> Generator[list[Job], list[Run], Proof]:
    """Make the runs that show whether the four are evidence."""
    old_place, new_place = places_of(entry)
    on_old, on_new = environments
    old_code, new_code = unmasked(entry.old_code, *old_place), unmasked(entry.new_code, *new_place)
    pairs = {"unmasked": (old_code, new_code)}
    for label in VARIANTS:
        if codes := varied(old_code, new_code, old_place[0] | new_place[0], label):
            pairs[label] = codes
    broken = wrong(entry.new_code, *new_place)
    jobs = {
        ("pair", label, 0): bench.job(codes[0], on_old, library) for label, codes in pairs.items()
    }
    jobs |= {
        ("pair", label, 1): bench.job(codes[1], on_new, library) for label, codes in pairs.items()
    }
    if broken:
        jobs["one", "wrong", 1] = bench.job(broken, on_new, library)
    runs = dict(zip(jobs, (yield list(jobs.values())), strict=True))
    made = [Pair(label, runs["pair", label, 0], runs["pair", label, 1]) for label in pairs]
    return Proof(
        made[0],
        tuple(made[1:]),
        runs.get(("one", "wrong", 1)),
        twins(entry.new_code, *new_place),
    )


def _repeat(
    entry: Entry,
    library: Library,
    bench: Bench,
    environments: tuple[Environment, Environment],
    four: FourRuns,
) -> Generator[list[Job], list[Run], tuple[Pair, Pair]]:
    """Run the diagonal again, the new code first: each in a process of its own, with
    another hash seed and in another working directory."""
    codes = (entry.new_code, entry.old_code)
    jobs = [
        replace(bench.job(code, environment, library), fresh=True, seed=OTHER_SEED)
        for code, environment in zip(codes, reversed(environments), strict=True)
    ]
    new, old = yield jobs
    first = Pair("first", four.old_on_old, four.new_on_new)
    return first, Pair("in a fresh process", old, new)


Place: TypeAlias = "tuple[frozenset[str], str]"


def places_of(entry: Entry) -> tuple[Place, Place]:
    """Return the names and the keyword that show where each code uses the changed API."""
    subject = subject_of(entry)
    leaves = []
    for symbol, keyword, names in (
        (subject.old_symbol, subject.old_keyword, subject.old_names),
        (subject.new_symbol, subject.new_keyword, subject.new_names),
    ):
        leaf = symbol.rpartition(".")[2]
        leaves.append((frozenset({leaf}) if leaf else names, keyword if leaf else ""))
    return leaves[0], leaves[1]
