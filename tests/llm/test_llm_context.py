"""What a request is built on: the pair, the names and the kind that the versions show."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from recode_data.api.history import History
from recode_data.api.snapshot import Snapshot
from recode_data.library import Library
from recode_data.llm.context import documentation, parameter_above, premise_of, with_parameter
from recode_data.llm.draft import Judged, evidence_text
from recode_data.records import Change, ChangeKind, Entry, Run, Verdict

LIBRARY = Library(name="demo", matrix=["1.0", "2.0", "3.0"], aliases={"dm": "demo"})


def snapshot(version: str, told: str = "", **functions: list[list[Any]] | None) -> Snapshot:
    """A version whose module has these functions, each with its parameters; the docstring of
    ``told`` says that it is deprecated."""
    names = {name: f"demo:{name}" for name in functions}
    objects = {
        f"demo:{name}": {
            "kind": "function",
            "doc": name == told,
            "params": rows,
            "read": "signature",
        }
        for name, rows in functions.items()
    }
    module = {"listed": list(names), "names": names, "warns": {}, "hidden": []}
    return Snapshot(version, {"modules": {"demo": module}, "objects": objects})


def p(name: str, default: str | None = None) -> list[Any]:
    return [name, "p", default, False, ""]


STAYS: dict[str, Any] = {"late": [p("x")], "limit": [p("x")], "size": [p("most"), p("limit")]}
HISTORY = History(
    [
        snapshot("1.0", load=[p("file"), p("pickle", "True")], same=[p("a")], old=[p("x")],
                 **STAYS),
        snapshot("2.0", load=[p("file"), p("pickle", "False")], same=[p("a"), p("nan", "False")],
                 old=[p("x")], **STAYS),
        snapshot("3.0", "late", load=[p("file"), p("pickle", "False")],
                 same=[p("a"), p("nan", "False")], fresh=[p("x")], **STAYS),
    ]
)  # fmt: skip


def change(kind: ChangeKind, text: str, version: str = "2.0", **more: str) -> Change:
    return Change("demo", version, kind, text, more.pop("section", ""), "sdist", "x", **more)


@pytest.mark.parametrize(
    ("noted", "kind", "pair", "symbol", "keyword"),
    [
        # told again by the next version, as is usual for a change of a patch release
        (change("default_changed", "`dm.load` takes `pickle`, now `False`.", "3.0",
                old_symbol="demo.load", old_keyword="pickle"),
         "default_changed", ("1.0", "2.0"), "demo.load", "pickle"),
        # about another function than the one that was read from the text
        (change("default_changed", "`nan` was added to `dm.same`, as in `dm.load`.",
                old_symbol="demo.load", old_keyword="nan"),
         "added", ("1.0", "2.0"), "demo.same", "nan"),
        # an argument that came with the version before is not what this one tells of
        (change("behaviour", "Improve how `dm.same` treats `nan`.", "3.0", old_symbol="demo.same"),
         "behaviour", ("2.0", "3.0"), "demo.same", ""),
        (change("behaviour", "`dm` sorts what `dm.load` gives.", old_symbol="demo"),
         "behaviour", ("1.0", "2.0"), "demo.load", ""),
        (change("behaviour", "`dm.late` sorts now.", old_symbol="demo.late",
                section="Completed deprecations"),
         "expired", ("1.0", "2.0"), "demo.late", ""),
        (change("added", "`dm.fresh` is new.", "3.0", new_symbol="demo.fresh"),
         "added", ("2.0", "3.0"), "demo.fresh", ""),
        (change("removed", "`dm.old` was removed.", "2.0", old_symbol="demo.old"),
         "removed", ("2.0", "3.0"), "demo.old", ""),
        (change("behaviour", "`dm.load` sorts what it loads (deprecated since 2.0).", "3.0",
                old_symbol="demo.load"),
         "deprecated", ("1.0", "2.0"), "demo.load", ""),
        (change("behaviour", "`dm.load` of a list is deprecated.", "3.0", old_symbol="demo.load"),
         "deprecated", ("2.0", "3.0"), "demo.load", ""),
        (change("behaviour", "`dm.load` raises for a list.", "3.0", old_symbol="demo.load",
                section="Expired deprecations"),
         "expired", ("2.0", "3.0"), "demo.load", ""),
        (change("behaviour", "`dm.load` now accepts a list.", "3.0", old_symbol="demo.load"),
         "added", ("2.0", "3.0"), "demo.load", ""),
        (change("behaviour", "`dm.load` sorts what it loads.", "3.0", old_symbol="demo.nowhere"),
         "behaviour", ("2.0", "3.0"), "demo.load", ""),
        (change("behaviour", "The `pickle` parameter of `dm.load` is deprecated.", "2.0",
                old_symbol="demo.load"),
         "keyword_removed", ("1.0", "2.0"), "demo.load", "pickle"),
        (change("deprecated", "`demo.load`: ``pickle`` is going.", "3.0", old_symbol="demo.load"),
         "keyword_removed", ("2.0", "3.0"), "demo.load", "pickle"),
        # the heading counts for more than since when it had been deprecated
        (change("behaviour", "Raise on `dm.load` of a list (deprecated since 2.0).", "3.0",
                old_symbol="demo.load", section="Expired deprecations"),
         "expired", ("2.0", "3.0"), "demo.load", ""),
        (change("deprecated", "Enforced that `dm.load` takes no list.", "3.0",
                old_symbol="demo.load", section="Removal of prior deprecations"),
         "expired", ("2.0", "3.0"), "demo.load", ""),
        # noted when it was deprecated, which no version shows; seen when it went
        (change("deprecated", "`dm.old` is deprecated.", "2.0", old_symbol="demo.old"),
         "removed", ("2.0", "3.0"), "demo.old", ""),
        # a docstring that says two versions late what a note says in time
        (change("deprecated", "`dm.late` is deprecated.", "2.0", old_symbol="demo.late"),
         "deprecated", ("1.0", "2.0"), "demo.late", ""),
        # a default that moved after the argument had come
        (change("behaviour", "The default value of ``nan`` of `dm.same` is now True.", "3.0",
                old_symbol="demo.same"),
         "behaviour", ("2.0", "3.0"), "demo.same", ""),
        (change("added", "The default of `pickle` of `dm.load` is now False.", "2.0",
                old_symbol="demo.load", new_symbol="demo.load"),
         "default_changed", ("1.0", "2.0"), "demo.load", ""),
        # a type of values is not what is deprecated
        (change("deprecated", "Slicing `dm.load` with `old` objects is deprecated.", "2.0",
                old_symbol="demo.old"),
         "deprecated", ("1.0", "2.0"), "demo.load", ""),
        # the replacement of an argument is an argument, not what bears its name elsewhere
        (change("deprecated", "`demo.size`: `most` is deprecated, use `limit` instead", "2.0",
                old_symbol="demo.size", old_keyword="most", new_symbol="demo.limit"),
         "keyword_renamed", ("1.0", "2.0"), "demo.size", "limit"),
        (change("deprecated", "An integer as `most` of `dm.old` is deprecated.", "1.0",
                old_symbol="demo.old", old_keyword="most"),
         "deprecated", ("", "1.0"), "demo.old", "most"),
        (change("behaviour", "`dm.old` sorts by itself.", "3.0", old_symbol="demo.old"),
         "behaviour", ("2.0", "3.0"), "demo.old", ""),
        (change("behaviour", "Add lists to `dm.load`.", "3.0", old_symbol="demo.load"),
         "added", ("2.0", "3.0"), "demo.load", ""),
        (change("behaviour", "`dm.load` sorts what it loads.", "1.0", old_symbol="demo.load"),
         "behaviour", ("", "1.0"), "demo.load", ""),
        # a docstring that speaks of something that is going, and a note that does not
        (change("added", "`dm.late` can write lists.", "3.0", new_symbol="demo.late"),
         "added", ("2.0", "3.0"), "demo.late", ""),
        (change("added", "What `dm.load` created was a list. It is now a tuple.", "3.0",
                new_symbol="demo.load"),
         "behaviour", ("2.0", "3.0"), "demo.load", ""),
        (change("added", "The formats of `dm.load` are now available.", "3.0",
                new_symbol="demo.load"),
         "added", ("2.0", "3.0"), "demo.load", ""),
        (change("added", "`dm.load` now takes a list instead of a tuple.", "3.0",
                new_symbol="demo.load"),
         "added", ("2.0", "3.0"), "demo.load", ""),
        (change("behaviour", "`dm.load` now takes a list instead of a tuple.", "3.0",
                old_symbol="demo.load"),
         "behaviour", ("2.0", "3.0"), "demo.load", ""),
        (change("deprecated", "Deprecated the `most` keyword of `dm.size`.", "2.0",
                old_symbol="demo.size", old_keyword="most"),
         "keyword_removed", ("1.0", "2.0"), "demo.size", "most"),
        (change("deprecated", "Positional `most` argument of `dm.size` is deprecated.", "2.0",
                old_symbol="demo.size", old_keyword="most"),
         "deprecated", ("1.0", "2.0"), "demo.size", "most"),
        (change("deprecated", "`dm.size` is deprecated, and so is its `most` argument.", "2.0",
                old_symbol="demo.size", old_keyword="most"),
         "deprecated", ("1.0", "2.0"), "demo.size", "most"),
        # removed before all that are known; deprecated before them
        (change("removed", "`dm.old` was removed.", "0.3", old_symbol="demo.old"),
         "removed", ("", "1.0"), "demo.old", ""),
        (change("deprecated", "`dm.old` is deprecated.", "0.3", old_symbol="demo.old"),
         "removed", ("2.0", "3.0"), "demo.old", ""),
        (change("behaviour", "Support for lists in `dm.load`.", "3.0", old_symbol="demo.load"),
         "added", ("2.0", "3.0"), "demo.load", ""),
        (change("behaviour", "`dm.load` takes tuples, and", "3.0", old_symbol="demo.load",
                section="Version 3.0 > Support for tuples"),
         "added", ("2.0", "3.0"), "demo.load", ""),
    ],
    ids=lambda value: value.text[:30] if isinstance(value, Change) else "",
)  # fmt: skip
def test_a_request_is_built_on_what_the_versions_show(
    noted: Change, kind: str, pair: tuple[str, str], symbol: str, keyword: str
) -> None:
    premise = premise_of(LIBRARY, noted, HISTORY)
    assert (premise.old_version, premise.new_version) == pair
    assert premise.kind == kind
    assert (premise.old_symbol or premise.new_symbol) == symbol
    assert keyword in (premise.old_keyword, premise.new_keyword)


def test_of_an_argument_one_value_may_go() -> None:
    text = '`demo.size`: The `"auto"` option was deprecated in 2.0 and will be removed in 3.0.'
    noted = change("deprecated", text, old_symbol="demo.size")
    premise = premise_of(LIBRARY, noted, HISTORY)
    told = with_parameter(premise, "most", going=True, text=text)
    assert (told.kind, told.old_keyword, told.new_keyword) == ("value_renamed", "most", "")
    text = "`demo.size`: Complex data is deprecated and will raise an error in 3.0."
    told = with_parameter(premise, "most", going=True, text=text)
    assert (told.kind, told.old_keyword, told.new_keyword) == ("deprecated", "", "most")
    told = with_parameter(premise, "most", going=True, text="`most` is deprecated.")
    assert (told.kind, told.old_keyword) == ("keyword_removed", "most")


def test_without_snapshots_the_note_is_believed() -> None:
    noted = change("removed", "`dm.old` was removed.", old_symbol="demo.old")
    premise = premise_of(LIBRARY, noted, History([]))
    assert (premise.old_version, premise.new_version) == ("1.0", "2.0")
    assert premise.old_symbol == "demo.old" and not premise.measured and not premise.shown


OLD_DOC = """Return a mean.

Parameters
----------
rows : list
    The rows.
interpolation : {'linear', 'lower'}
    How to choose.
"""
NEW_DOC = """Return a mean.

Parameters
----------
rows : list
    The rows.
method : str
    How to choose.

    .. versionchanged:: 2.0
        This argument was previously called "interpolation".
weights : list
    One for each row.
"""


def test_a_docstring_is_told_by_what_differs() -> None:
    text = documentation(OLD_DOC, NEW_DOC, ["method"])
    assert "+method : str" in text and "-interpolation : {'linear', 'lower'}" in text
    assert "Return a mean." not in text
    same = documentation(NEW_DOC, NEW_DOC, ["weights"])
    assert same == "Return a mean.\nweights : list\n    One for each row."
    long = documentation("a\n" * 9, "\n".join(f"line {i} is new" for i in range(900)), [])
    assert len(long) <= 1_500


def test_a_note_of_an_argument_names_it() -> None:
    note = '`demo.mean`: This argument was previously called "interpolation".'
    assert parameter_above(NEW_DOC, note) == "method"
    assert not parameter_above(NEW_DOC, "`demo.mean`: Something else entirely was said.")
    assert not parameter_above("", note)


def _run(name: str, **told: Any) -> Run:
    plain = Run(name, "e", "demo", "1.0", "3.11", "1", "clean")
    return dataclasses.replace(plain, **told)


def test_evidence_says_which_run_is_amiss_and_shows_all_of_them() -> None:
    entry = Entry("demo", "==2.0", "d", "u", "import demo\ndemo.a()", "import demo\ndemo.b()")
    runs = {
        "old_on_old": _run("1", stdout="[1, 2]\n3\n"),
        "new_on_new": _run("2", status="raised", stdout="[1]\n"),
    }
    short: dict[str, Any] = {
        "old_on_old": {"status": "clean", "version": "1.0", "run": "1"},
        "new_on_new": {"status": "raised", "version": "2.0", "run": "2", "exception": "TypeError",
                       "message": "no b", "line": 2, "warnings": ["DeprecationWarning: b"]},
    }  # fmt: skip
    verdict = Verdict(entry.id, "1", "invalid", "new_fails", detail="TypeError: no b",
                      evidence={"runs": short})  # fmt: skip
    text = evidence_text(verdict, Judged(entry, runs)).splitlines()
    assert text[1] == "Look at new_code on the newer version: it must run there without an error."
    assert "new_code on the newer version <- here" in text
    assert "  2.0: TypeError: no b" in text and "    line 2: demo.b()" in text
    assert "    DeprecationWarning: b" in text
    assert "    prints: [1, 2] | 3" in text and "    prints: [1]" in text
    short.clear()
    assert evidence_text(verdict) == "TypeError: no b"
