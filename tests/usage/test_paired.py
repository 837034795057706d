"""Two versions of one example: paired by where they stand, aligned, and cut to two programs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from recode_data.library import Library
from recode_data.usage.documented import from_docstrings, from_page
from recode_data.usage.example import Example, Wanted
from recode_data.usage.imports import Import, read_conventions, spelled, use_conventions
from recode_data.usage.paired import (
    Edition,
    ProgramPair,
    api_uses,
    paired,
    pairs_of,
    program_pairs,
)


@pytest.fixture(autouse=True)
def no_conventions_of_another_test() -> None:
    use_conventions(read_conventions())


ANY = Wanted(["tiny"])


def docstring(code: str, name: str = "total") -> str:
    lines = "\n    ".join(code.strip().split("\n"))
    return f'def {name}(values):\n    """Add up.\n\n    {lines}\n    """\n'


def examples(source: str, location: str = "tiny-1.0:tiny/core.py") -> list[Example]:
    return list(from_docstrings(source, location, Wanted(["tiny"])))


def between(old: str, new: str) -> list[ProgramPair]:
    [one], [other] = examples(docstring(old)), examples(docstring(new))
    return list(pairs_of("1.0", "2.0", one, other))


BEFORE = """
>>> import tiny
>>> unused = tiny.table([9])
>>> values = [1, 2]
>>> tiny.sum_up(values, ax=0)
3
>>> tiny.table(values)
<table>
"""
AFTER = BEFORE.replace("tiny.sum_up(values, ax=0)", "tiny.total(values, axis=0)")


def test_a_changed_statement_gives_both_programs_and_what_differs() -> None:
    [pair] = between(BEFORE, AFTER)
    assert pair.old.code == ("import tiny\n\nvalues = [1, 2]\nprint(tiny.sum_up(values, ax=0))\n")
    assert pair.new.code == ("import tiny\n\nvalues = [1, 2]\nprint(tiny.total(values, axis=0))\n")
    assert {"tiny.sum_up", "tiny.sum_up(ax=)"} <= pair.gone
    assert {"tiny.total", "tiny.total(axis=)"} <= pair.come


@pytest.mark.parametrize(
    "changed",
    [
        BEFORE.replace("[1, 2]", "[2, 3]"),
        BEFORE.replace("values", "numbers"),
        BEFORE.replace(">>> import tiny\n", ">>> import tiny\n>>> more = tiny.table([8])\n"),
    ],
)
def test_other_data_names_and_lines_are_no_change_of_an_api(changed: str) -> None:
    assert between(BEFORE, changed) == []


def test_the_same_change_is_told_once_and_two_changes_twice() -> None:
    before = BEFORE + "\n>>> tiny.sum_up([5], ax=0)\n5\n>>> tiny.show(values)\n1 2\n"
    after = before.replace("sum_up", "total").replace("ax=0", "axis=0").replace("show", "display")
    assert len(between(before, after)) == 2


def test_a_docstring_that_moved_with_its_file_is_found_by_its_title() -> None:
    old = examples(docstring(BEFORE), "tiny-1.0:tiny/core.py")
    new = examples(docstring(AFTER), "tiny-2.0:tiny/_core.py")
    assert list(paired(old, new)) == []
    [(one, other)] = paired(old, new, {"tiny/core.py", "tiny/_core.py"})
    assert (one.title, other.location) == ("total", "tiny-2.0:tiny/_core.py::total")


def test_an_object_that_was_renamed_in_its_file_is_found_by_its_example() -> None:
    old = examples(docstring(BEFORE) + docstring(">>> tiny.nothing()\n1", "nothing"))
    new = examples(docstring(AFTER, "whole") + docstring(">>> tiny.nothing()\n1", "nothing"))
    [(one, other)] = paired(old, new)
    assert (one.title, other.title) == ("total", "whole")


def test_an_example_that_was_replaced_altogether_is_no_second_version() -> None:
    old = examples(docstring(BEFORE), "tiny-1.0:tiny/core.py")
    new = examples(docstring(">>> tiny.nothing()\n1\n"), "tiny-2.0:tiny/_core.py")
    assert list(paired(old, new, {"tiny/core.py", "tiny/_core.py"})) == []


def test_a_library_whose_alias_is_its_own_name_is_imported_plainly() -> None:
    known = read_conventions()
    use_conventions(replace(known, aliases={**known.aliases, "tiny": "tiny"}))
    assert spelled("tiny", Import("tiny")) == ("tiny", "import tiny")
    assert spelled("total", Import("tiny", "total")) == ("tiny.total", "import tiny")


def test_pages_are_paired_by_their_path() -> None:
    pages = [
        list(from_page(f"Guide\n=====\n\n{code}", f"tiny-{version}:docs/guide.rst", ANY))
        for version, code in (("1.0", BEFORE), ("2.0", AFTER))
    ]
    [(one, other)] = paired(*pages)
    [pair] = pairs_of("1.0", "2.0", one, other)
    assert pair.new.place == "docs" and "tiny.total" in pair.come


def test_uses_of_an_api() -> None:
    uses = api_uses(
        "import tiny as t\nfrom tiny import f\nx = t.g(1, mode='a')\nf(x.h(2), k=3)\nint(x)"
    )
    assert set(uses) == {
        *("tiny.g", "tiny.g(#1)", "tiny.g(mode=)", "tiny.g(mode='a')"),
        *("tiny.f", "tiny.f(#1)", "tiny.f(k=)"),
        *(".h", "h(#1)", "int", "int(#1)"),
    }


def test_editions_that_follow_one_another_are_read_from_their_folders(tmp_path: Path) -> None:
    editions = []
    for version, code in (("1.0", BEFORE), ("1.1", BEFORE), ("2.0", AFTER)):
        package = tmp_path / version / "tiny"
        (package / "tests").mkdir(parents=True)
        (package / "core.py").write_text(docstring(code))
        (package / "same.py").write_text(docstring(BEFORE, "other"))
        (package / "tests" / "test_core.py").write_text(docstring(code))
        editions.append(Edition(version, tmp_path / version))
    library = Library(name="tiny")
    for jobs in (1, 2):
        [pair] = program_pairs(library, [editions, []], jobs)
        assert (pair.old_version, pair.new_version) == ("1.1", "2.0")
        assert pair.new.location == "tiny-2.0:tiny/core.py::total"


def test_a_library_without_editions_has_no_pairs_however_many_workers() -> None:
    assert program_pairs(Library(name="tiny"), [], jobs=4) == []
