"""The runs that show whether the four are evidence: see `recode_data.validate.proof`."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import TypeAlias

from recode_data.execute import Job
from recode_data.library import Library
from recode_data.records import Entry, Environment, Run
from recode_data.validate.bench import Bench
from recode_data.validate.mutants import twins, unmasked, wrong
from recode_data.validate.own_imports import own_imports
from recode_data.validate.proof import Pair, Proof
from recode_data.validate.subject import subject_of
from recode_data.validate.vary import UNEVEN, VARIANTS, uneven, varied
from recode_data.validate.verdicts import FourRuns

OTHER_SEED = 20
"""Hash seed of the repetition; the usual one is 0."""


def prove(
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
    if codes := uneven(old_code, new_code):
        pairs[UNEVEN] = codes
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
        spelled=subject_of(entry).spelled,
    )


def repeat(
    entry: Entry,
    library: Library,
    bench: Bench,
    environments: tuple[Environment, Environment],
    four: FourRuns,
) -> Generator[list[Job], list[Run], tuple[Pair, Pair]]:
    """Run the diagonal again, the new code first: each in a child of another process than
    before, which was started with another hash seed and has imported what the program's
    own first lines import and nothing else, and in another working directory."""
    modules = (library.package, *library.preload)
    jobs = []
    for code, environment in zip(
        (entry.new_code, entry.old_code), reversed(environments), strict=True
    ):
        job = bench.job(code, environment, library)
        imports = own_imports(code, modules)
        jobs.append(replace(job, fresh=True, seed=OTHER_SEED, imports=imports))
    new, old = yield jobs
    first = Pair("first", four.old_on_old, four.new_on_new)
    return first, Pair("in a second process", old, new)


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
        if not leaf and subject.old_keyword:  # the keyword is dropped, the function stays
            leaf = subject.old_symbol.rpartition(".")[2]
        leaves.append((frozenset({leaf}) if leaf else names, keyword if leaf else ""))
    return leaves[0], leaves[1]
