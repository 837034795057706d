"""The steps of a judging, driven by hand: which jobs it asks for, and when it is done."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recode_data.errors import NoSuchVersion
from recode_data.execute import Job
from recode_data.execute.job import by_server, interleaved
from recode_data.judge.context import Context
from recode_data.judge.judging import judging
from recode_data.judge.own_imports import own_imports
from recode_data.judge.scheduler import _batches as batches_of
from recode_data.judge.variation import MOST
from recode_data.library import Library
from recode_data.records import Entry, Environment, Run, Verdict, content_id

LIBRARY = Library(name="toy", matrix=["1", "2", "3"])
ENTRY = Entry(
    "toy",
    "==2",
    "",
    "",
    "import toy\nprint(toy.old([5]))",
    "import toy\nprint(toy.new([5]))",
    change_kind="removed",
    engine="rules",
    old_symbol="toy.old",
    new_symbol="toy.new",
)


class Shelf:
    """Every version but those missing, on one Python; one may be there and be of no use."""

    def __init__(self, *missing: str, broken: str = "") -> None:
        self.missing = missing
        self.broken = broken

    def one(self, library: Library, version: str) -> Environment:
        if version in self.missing:
            raise NoSuchVersion(f"no {version}", "take another")
        return Environment(library.name, version, "3.12")

    def pair(self, library: Library, old: str, new: str) -> tuple[Environment, Environment]:
        return self.one(library, old), self.one(library, new)

    def optional(self, environment: Environment) -> frozenset[str]:
        return frozenset()

    def versions(self, library: Library) -> list[str]:
        return [version for version in library.matrix if version not in self.missing]


def answer(job: Job, gone_in: str, broken: str = "") -> Run:
    """A library whose ``old`` is gone from a version on, and whose ``new`` is its equal."""
    place = job.environment
    run = Run(content_id(job.code), place.id, "toy", place.version, "3.12", "1", "clean")
    if place.version == broken:
        message = "toy cannot be imported"
        return replace(run, status="error", exception="EnvironmentUnusable", message=message)
    if "toy.old" in job.code and place.version >= gone_in:
        message = "module 'toy' has no attribute 'old'"
        return replace(run, status="raised", exception="AttributeError", message=message)
    wrong = "recode_wrong" in job.code
    numbers = "".join(c for c in job.code if c.isdigit())
    out = f"wrong {numbers}" if wrong else numbers.replace("7", "")
    return replace(run, stdout=out, calls=("toy.old", "toy.new"))


def judged(
    entry: Entry, context: Context, gone_in: str = "2", library: Library = LIBRARY
) -> tuple[Verdict, list[list[Job]]]:
    broken = getattr(context.resolver, "broken", "")
    steps = judging(entry, library, context)
    asked: list[list[Job]] = []
    try:
        jobs = next(steps)
        while True:
            asked.append(jobs)
            jobs = steps.send([answer(job, gone_in, broken) for job in jobs])
    except StopIteration as end:
        verdict: Verdict = end.value
        return verdict, asked


def test_a_claim_that_holds_takes_four_steps_and_few_runs() -> None:
    verdict, asked = judged(ENTRY, Context(Shelf()))
    assert (verdict.status, verdict.kind, verdict.new_version) == ("valid", "breaking", "2")
    steps = [len(jobs) for jobs in asked]
    assert steps[:2] + steps[3:] == [2, 4, 2]
    assert 3 < steps[2] <= 2 * (1 + MOST) + 1  # opened, varied, and one made wrong
    assert all(job.fresh and job.seed for job in asked[-1])
    assert [job.code for job in asked[-1]] == [ENTRY.new_code, ENTRY.old_code]
    assert [job.imports for job in asked[-1]] == [(LIBRARY.package,)] * 2


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import warnings, toy.parts.deep as d\ntoy = 1", ("toy", "toy.parts")),
        ('"""Text."""\nfrom toy import parts, old\n', ("toy", "toy.parts")),
        ("from toy.parts import x", ("toy", "toy.parts")),
        ("import os\nos.environ['A'] = '1'\nimport toy", ()),
        ("try:\n    import toy\nexcept ImportError:\n    pass", ()),
        ("from . import toy", ()),
        ("import toyota", ()),
    ],
)
def test_only_a_programs_first_lines_are_imported_for_it(code: str, found: tuple[str, ...]) -> None:
    assert own_imports(code, ("toy", "toy.parts", "toy.more")) == found


def test_repeated_runs_go_in_reverse_order_to_a_server_of_their_own() -> None:
    place, shared = Environment("toy", "1", "3.12"), {"fresh": True, "imports": ("toy",)}
    jobs = [Job(code, place) for code in "abc"] + [Job(code, place, **shared) for code in "ab"]
    jobs += [Job("c", place, fresh=True, imports=("toy", "toy.parts"))]
    grouped = [[job.code for job in group] for group in by_server(jobs)]
    assert grouped == [["a", "b", "c"], ["b", "a"], ["c"]]


def test_a_wrong_claim_is_measured_and_a_missing_version_is_stepped_over() -> None:
    verdict, _ = judged(ENTRY, Context(Shelf()), gone_in="3")
    assert (verdict.status, verdict.old_version, verdict.new_version) == ("valid", "2", "3")
    verdict, _ = judged(ENTRY, Context(Shelf("2")), gone_in="2")
    assert (verdict.status, verdict.old_version, verdict.new_version) == ("valid", "1", "3")


def test_a_foreign_row_is_tested_where_it_claims_and_nowhere_else() -> None:
    foreign = replace(ENTRY, engine="import", change_kind="")
    verdict, asked = judged(foreign, Context(Shelf()))
    assert (verdict.status, verdict.old_version, verdict.new_version) == ("valid", "1", "2")
    verdict, _ = judged(foreign, Context(Shelf()), gone_in="3")
    assert verdict.reason == "inert"
    verdict, asked = judged(replace(foreign, new_version="==9"), Context(Shelf()))
    assert (verdict.reason, asked) == ("no_such_version", [])


def test_a_claimed_release_that_cannot_be_imported_is_stepped_over() -> None:
    """A first release is often mended at once: its patch is the same claim."""
    toy = Library(name="toy", matrix=["1", "2.0", "2.0.1"])
    foreign = replace(ENTRY, engine="import", change_kind="", new_version="==2.0")
    verdict, _ = judged(foreign, Context(Shelf()), library=toy, gone_in="2.0")
    assert (verdict.status, verdict.new_version) == ("valid", "2.0")
    verdict, _ = judged(foreign, Context(Shelf(broken="2.0")), library=toy, gone_in="2.0")
    assert (verdict.status, verdict.new_version) == ("valid", "2.0.1")
    toy = toy.model_copy(update={"matrix": ["1", "2.0"]})
    verdict, _ = judged(foreign, Context(Shelf(broken="2.0")), library=toy, gone_in="2.0")
    assert (verdict.reason, verdict.detail) == ("no_such_version", "toy cannot be imported")


def test_a_foreign_row_may_be_redated_where_it_claims_the_wrong_version() -> None:
    foreign = replace(ENTRY, engine="import", change_kind="")
    context = Context(Shelf(), redate=True)
    late, _ = judged(foreign, context, gone_in="3")
    assert (late.status, late.old_version, late.new_version) == ("valid", "2", "3")
    assert (late.evidence["claimed"], late.evidence["measured"]) == ("2", "3")
    early, _ = judged(replace(foreign, new_version="==3"), context)
    assert (early.status, early.new_version) == ("valid", "2")
    assert (early.evidence["claimed"], early.evidence["measured"]) == ("3", "2")
    right, _ = judged(foreign, context)
    assert right == judged(foreign, Context(Shelf()))[0]
    never, _ = judged(foreign, context, gone_in="9")
    assert (never.reason, never.new_version) == ("inert", "2")
    assert (never.evidence["claimed"], never.evidence["measured"]) == ("2", "")


def test_versions_beside_the_matrix_are_searched_where_a_row_claims_them() -> None:
    class Deep(Shelf):
        def versions(self, library: Library) -> list[str]:
            return ["1", "2", "2.5", "2.6", "3"]

    foreign = replace(ENTRY, engine="import", change_kind="", new_version="==2.6")
    context = Context(Deep(), redate=True)
    verdict, asked = judged(foreign, context, gone_in="2.5")
    assert (verdict.status, verdict.old_version, verdict.new_version) == ("valid", "2", "2.5")
    assert {job.environment.version for job in asked[0]} == {"2.5", "2.6"}


def test_libraries_are_judged_one_after_the_other_and_small_ones_together() -> None:
    names = ["b", "a", "c", "b", "a", "b", "d", "b"]
    entries = [replace(ENTRY, dependency=name, update_info=str(n)) for n, name in enumerate(names)]
    batches = batches_of(entries, 3)
    assert [[entry.dependency for entry in batch] for batch in batches] == [
        ["a", "a", "b", "b", "b", "b"],
        ["c", "d"],
    ]
    assert batches_of(entries, 100) == [[entry for batch in batches for entry in batch]]
    assert batches_of([], 3) == []


def test_the_servers_used_last_get_their_jobs_first() -> None:
    versions = {name: Environment("toy", name, "3.12") for name in "123"}
    jobs = [Job(f"{name}{n}", versions[name]) for name in "123" for n in range(int(name))]
    used = [Job("", versions[name]).server for name in "21"]
    ordered = [job.environment.version for job in interleaved(jobs, 1, used)]
    assert ordered == ["1", "2", "2", "3", "3", "3"]
    assert sorted(job.code for job in interleaved(jobs, 2, used)) == sorted(j.code for j in jobs)
