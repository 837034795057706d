"""Extra packages of an entry: which are taken, and what becomes of an entry without them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from recode_data.execute import Job
from recode_data.execute.environments import Made
from recode_data.execute.interpreters import Interpreter
from recode_data.judge.context import Context
from recode_data.judge.judging import judging
from recode_data.judge.requirements import imported, needed_by_old, unstated
from recode_data.library import Library
from recode_data.records import Entry, Environment, Run, Verdict, content_id
from recode_data.requirements import read_requirements

TOY = Library(name="toy", matrix=["1", "2"])
PYTHON = Interpreter("3.12", "3.12.1", Path("bin/python3.12"), Path())
ENTRY = Entry(
    "toy",
    "==2",
    "",
    "`toy.old` moved to the package `toy_more`.",
    "import toy\nprint(toy.old([5]))",
    "import toy_more.parts\nprint(toy_more.parts.old([5]))",
    old_symbol="toy.old",
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", ()),
        ([], ()),
        ("six", ("six",)),
        ("Six, six , six", ("six",)),
        ("Pydantic_Settings>=2,<3,six==1.16", ("pydantic-settings<3,>=2", "six==1.16")),
        ("toy[a,b]>=1, six", ("six", "toy[a,b]>=1")),
        (["toy>=1,<2"], ("toy<2,>=1",)),
    ],
)
def test_packages_with_versions_are_read(value: str | list[str], expected: tuple[str]) -> None:
    assert read_requirements(value) == expected
    assert read_requirements(read_requirements(value)) == expected


@pytest.mark.parametrize(
    "value",
    [
        "six @ https://example.org/six.whl", "https://example.org/six.whl", "./six", "/tmp/six",
        "-r file", "--index-url=https://example.org", "-e .", "six; python_version < '3'",
        "six>=", "a b", ",".join(f"p{n}" for n in range(21)), [3], [["six"]], ["six, seven"],
    ],
)  # fmt: skip
def test_addresses_paths_and_options_are_not(value: str | list[object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_requirements(value)  # type: ignore[arg-type]


class Shelf:
    """Both versions on one Python."""

    def one(self, library: Library, version: str) -> Environment:
        return Environment(library.name, version, "3.12", ("pinned<2",))

    def pair(self, library: Library, old: str, new: str) -> tuple[Environment, Environment]:
        return self.one(library, old), self.one(library, new)

    def optional(self, environment: Environment) -> frozenset[str]:
        return frozenset()

    def versions(self, library: Library) -> list[str]:
        return library.matrix


def answer(job: Job, unsolvable: Iterable[str]) -> Run:
    """Version 2 lost ``old`` to the package toy-more; ``unsolvable`` has none of it."""
    place = job.environment
    run = Run(content_id(job.code), place.id, "toy", place.version, "3.12", "1", "clean")
    extra = place.requirements[1:]
    assert place.requirements[:1] == ("pinned<2",)
    if extra and place.version in unsolvable:
        return replace(run, status="error", exception="EnvironmentUnusable", message="no toy-more")
    if "toy_more" in imported(job.code) or "toy-more" in imported(job.code):
        if not any(one.startswith("toy-more") for one in extra):
            message = "No module named 'toy_more'"
            return replace(run, status="raised", exception="ModuleNotFoundError", message=message)
    elif place.version == "2":
        message = "module 'toy' has no attribute 'old'"
        return replace(run, status="raised", exception="AttributeError", message=message)
    wrong = "recode_wrong" in job.code
    numbers = "".join(c for c in job.code if c.isdigit()).replace("7", "")
    return replace(run, stdout=f"wrong {numbers}" if wrong else numbers, calls=("toy.old",))


def judged(entry: Entry, *unsolvable: str) -> tuple[Verdict, list[list[Job]]]:
    steps = judging(entry, TOY, Context(Shelf()))
    asked = []
    try:
        jobs = next(steps)
        while True:
            asked.append(jobs)
            jobs = steps.send([answer(job, unsolvable) for job in jobs])
    except StopIteration as end:
        verdict: Verdict = end.value
        return verdict, asked


def extras(jobs: list[Job]) -> list[tuple[str, ...]]:
    return [job.environment.requirements[1:] for job in jobs]


def test_both_environments_contain_what_a_row_requires() -> None:
    verdict, asked = judged(replace(ENTRY, update_info="", requirements=("toy-more>=2",)))
    assert (verdict.status, verdict.kind) == ("valid", "breaking")
    assert verdict.evidence["requirements"] == {"old": ["toy-more>=2"], "new": ["toy-more>=2"]}
    assert {extra for jobs in asked for extra in extras(jobs)} == {("toy-more>=2",)}


def test_a_package_that_the_note_names_is_asked_for_where_its_module_is_missing() -> None:
    verdict, asked = judged(ENTRY)
    assert verdict.status == "valid"
    assert extras(asked[0]) == [()] * 4
    assert extras(asked[1]) == [("toy-more",)] * 4
    assert verdict.evidence["requirements"]["new"] == ["toy-more"]
    silent, asked = judged(replace(ENTRY, update_info="It moved."))
    assert (silent.reason, len(asked)) == ("new_fails", 1)
    assert "requirements" not in silent.evidence


GONE = Run("", "", "toy", "2", "3.12", "1", "raised", "ModuleNotFoundError")


@pytest.mark.parametrize(
    ("name", "package"),
    [("distutils", ""), ("json", ""), ("toy", ""), ("toy_more", "toy-more"), ("yaml", "")],
)
def test_a_module_of_some_standard_library_is_no_package(name: str, package: str) -> None:
    run = replace(GONE, message=f"No module named '{name}'")
    note = "" if name == "yaml" else f"use {name.title()}."
    entry = replace(ENTRY, new_code=f"import {name}", update_info=note)
    assert unstated(entry, TOY, run, frozenset()) == package
    assert unstated(replace(entry, new_code="import toy"), TOY, run, frozenset()) == ""


@pytest.mark.parametrize(
    ("message", "package"),
    [
        ("No module named 'six'", "six"),
        ("No module named 'yaml'", "pyyaml"),
        ("No module named 'numpy'", "numpy"),
        ("Missing optional dependency 'six'. Use pip or conda to install six.", "six"),
        ("toy.table() requires Toy_More or another", "toy-more"),
        ("cannot import name 'six_or_seven' from 'toy'", ""),
        ("No module named 'unheard_of'", ""),
        ("", ""),
    ],
)
def test_what_the_library_itself_calls_optional_is_asked_for(message: str, package: str) -> None:
    entry = replace(ENTRY, update_info="It moved.", old_code="import numpy, six, yaml")
    run = replace(GONE, exception="ImportError", message=message)
    assert unstated(entry, TOY, run, frozenset({"six", "pyyaml", "toy-more"})) == package


def test_packages_under_extras_are_read_from_the_wheel(tmp_path: Path) -> None:
    described = tmp_path / "lib/python3.12/site-packages/toy_kit-1.0.dist-info"
    described.mkdir(parents=True)
    assert (
        Made(Environment("toy-kit", "1.0", "3.12"), tmp_path, PYTHON).optional_packages() == set()
    )
    (described / "METADATA").write_text(
        "Name: toy-kit\nRequires-Dist: needed>=1\nRequires-Dist: Old_Form (>=2) ; extra == 'all'\n"
        "Requires-Dist: new.form>=1; python_version>'3' and extra == \"all\"\n"
        "Requires-Dist: not a package at all; extra\nRequires-Dist: day; os_name == 'extra'\n",
        encoding="utf-8",
    )
    made = Made(Environment("toy-kit", "1.0", "3.12"), tmp_path, PYTHON)
    assert made.optional_packages() == {"old-form", "new-form"}
    assert Made(Environment("other", "1.0", "3.12"), tmp_path, PYTHON).optional_packages() == set()


def test_a_package_that_came_with_the_new_version_is_left_out_of_the_old() -> None:
    for entry in (ENTRY, replace(ENTRY, requirements=("toy-more",))):
        verdict, asked = judged(entry, "1")
        assert (verdict.status, verdict.kind) == ("valid", "breaking")
        assert verdict.evidence["requirements"] == {"old": [], "new": ["toy-more"]}
        assert extras(asked[-1]) == [("toy-more",), ()]


def test_a_package_that_cannot_be_had_is_a_failure_of_the_environment() -> None:
    for missing in (("2",), ("1", "2")):
        verdict, _ = judged(ENTRY, *missing)
        assert (verdict.reason, verdict.detail) == ("no_such_version", "no toy-more")
    needs = replace(ENTRY, old_code="import toy_more\nprint(5)", requirements=("toy-more",))
    assert judged(needs, "1")[0].reason == "no_such_version"
    bad = replace(ENTRY, requirements=("--index-url=x",))
    verdict, asked = judged(bad)
    assert (verdict.reason, asked) == ("no_such_version", [])


def test_the_search_over_versions_asks_for_what_the_old_code_may_need() -> None:
    both = replace(ENTRY, requirements=("toy-more", "unlike"))
    assert needed_by_old(both) == ("unlike",)
    assert needed_by_old(replace(both, old_code=ENTRY.new_code)) == ("toy-more", "unlike")


def test_requirements_make_no_other_entry_and_are_kept(tmp_path: Path) -> None:
    from recode_data.workspace import Workspace

    needs = replace(ENTRY, requirements=("six>=1",))
    assert needs.id == ENTRY.id
    with Workspace.open(tmp_path) as workspace:
        workspace.add([needs])
        assert workspace.all(Entry) == [needs]
