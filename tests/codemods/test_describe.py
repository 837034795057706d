"""The sentence that says what a program of the rules does."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial

import pytest
from frames import WIDE

from recode_data.api.snapshot import ApiSymbol, Snapshot
from recode_data.codemods.describe import Summaries, description
from recode_data.usage import Snippet

LIBRARY = {
    "lib:spread": {"kind": "function", "summary": "Element-wise spread."},
    "lib:see_other": {"kind": "function", "summary": "Equivalent to spread."},
    "lib:pair": {
        "kind": "function",
        "summary": "Returns whether ``left`` and ``right`` are a pair.",
        "params": [["left", "p", None, ""], ["right", "p", None, ""]],
    },
    "lib:rows": {"kind": "function", "summary": "Return an iterator over the rows."},
    "lib:grid": {"kind": "function", "summary": "Finite Grid of points."},
    "lib:solve": {"kind": "function", "summary": "Solve the equation on a grid."},
    "lib:Table": {
        "kind": "class",
        "summary": "Rows and columns.",
        "members": {"total": "lib:Table.total", "fit": "lib:Table.fit"},
    },
    "lib:Table.total": {"kind": "function", "summary": "Adds up the rows."},
    "lib:Table.fit": {"kind": "function", "summary": "Fit the columns to data."},
    "lib:Other": {"kind": "class", "members": {"fit": "lib:Other.fit", "go": "lib:Other.go"}},
    "lib:Other.fit": {"kind": "function", "summary": "Forget the data."},
    "lib:Other.go": {"kind": "function", "summary": "Walk the rows."},
}


def summaries() -> Summaries:
    names = {path.partition(":")[2]: path for path in LIBRARY if "." not in path}
    module = {"listed": None, "names": names, "warns": {}, "hidden": []}
    return Summaries(Snapshot("1", {"modules": {"lib": module}, "objects": LIBRARY}))


def told(old: str, new: str, *facts: ApiSymbol, place: str = "test", title: str = "") -> str:
    snippet = Snippet(old, "here", place, title, "Mask where equal.", "", "x")  # type: ignore[arg-type]
    return description(old, new, snippet, *facts, summaries=summaries())


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("import lib as l\nprint(l.spread(3))", "Compute the element-wise spread, given `3`, and"),
        ("from lib import grid\nprint(grid(3))", "Compute the finite Grid of points, given `3`"),
        ("import lib\nprint(lib.pair(3, 'a'))", "given `left=3` and `right='a'`, and print"),
        ("import lib\na = 4\nprint(lib.pair(a, 3))", "Return whether `a` and `3` are a pair"),
        ("import lib\nprint(sorted(lib.rows(3)))", "List the rows, given `3`, and print the "),
        ("import lib\nprint(len(lib.rows(3)))", "and print the length of the result."),
        ("import lib\nt = lib.Table(3)\nprint(t.total())", "Add up the rows with `Table`, given"),
        ("import lib\nt = lib.Table()\nt.fit(3)\nprint(t.x_[:3])", "Fit the columns to data with"),
        ("import lib\nprint(lib.Table().fit(3).x_)", "Fit the columns to data with `Table`"),
        ("import lib\nf = lib.load(3)\nf.fit(3)\nprint(f.y)", "Print `f.y`, given `f = lib.load"),
        ("import lib\nprint(lib.load(3).go())", "Walk the rows, given `lib.load(3)`"),
        ("import lib\nx = lib.spread(3)\nprint(x.a.b[0])", "the first item of the `a.b` of the re"),
        ("x = x\nprint(x)", "Print `x`"),
        ("import lib\nprint(lib.see_other(3))", "Print `lib.see_other(3)`"),
        ("import lib\nprint(lib.spread([" + "1, " * 40 + "]))", "given a list of 40 values"),
    ],
)
def test_a_description_says_what_a_program_computes_from_what(code: str, sentence: str) -> None:
    assert sentence in told(code, code)


@pytest.mark.parametrize(
    ("old", "new", "fact", "sentence"),
    [
        # The changed function is what the program is about, in the words of either version.
        ("print(lib.f(3))", "print(lib.g(3))", "Mask where equal.", "Mask where equal, given"),
        ("print(lib.f(3))", "print(lib.g(3))", "Deprecated: use g.", "Print a value, given"),
        ("print(lib.f(3))", "print(lib.g(3))", "Like g, but faster.", "Print a value, given"),
        ("x = lib.f(3)\nprint(x)", "x = lib.g(3)\nprint(x)", "", "Print a value, given `3`."),
        # Names that only one of the codes has are not told, their values are.
        ("print(lib.f(a=[3]))", "print(lib.f(b=[3]))", "Mask rows.", "Mask rows, given `[3]`, and"),
        ("print(lib.f(a=True))", "print(lib.f())", "Mask rows.", "Mask rows, and print the re"),
        ("y = lib.f(3)\nprint(lib.spread(y))", "y = lib.g(3)\nprint(lib.spread(y))", "",
         "Compute the element-wise spread, given `y` (made from `3`), and print the result."),
        # Code around the call is told of its result.
        ("print(lib.spread(lib.f(3)))", "print(lib.spread(lib.g(3)))", "Mask rows.",
         "Mask rows, given `3`, and print what `lib.spread` makes of it."),
        ("print(lib.f(3).total().tolist())", "print(lib.g(3).total().tolist())", "Mask rows.",
         "Mask rows, given `3`, and print `total()` of the result."),
    ],
)  # fmt: skip
def test_a_description_names_nothing_that_only_one_code_has(
    old: str, new: str, fact: str, sentence: str
) -> None:
    known = [replace(WIDE, path="lib.f", kind="callable", summary=fact)] if fact else []
    found = told(f"import lib\n{old}", f"import lib\n{new}", *known)
    assert found.startswith(sentence)
    assert not re.search(r"\b[fg]\b|\b[ab]=", found)


def test_a_class_is_told_by_what_it_makes_where_its_documentation_says_so() -> None:
    old, new = "import lib\nprint(lib.F(3))", "import lib\nprint(lib.G(3))"
    of = partial(replace, WIDE, path="lib.G", kind="class")
    assert told(old, new, of(summary="Create a box.")).startswith("Create a box, given")
    assert told(old, new, of(summary="Represents a box.")).startswith("Make a box, given")
    assert told(old, new, of(summary="Wide type.")).startswith("Make a value (wide type), given")
    assert told(old, new, of(summary="If given, a box.")).startswith("Print a value, given")


def test_a_word_of_plain_english_gives_no_name_away() -> None:
    known = replace(WIDE, path="lib.turn", kind="callable", summary="Turn on a grid.")
    old, new = "import lib\nprint(lib.turn_(3))", "import lib\nprint(lib.turn(3))"
    assert told(old, new, known).startswith("Turn on a grid")
    shown = told("import lib\nprint(lib.solve(3))\nlib.grid", "import lib\nprint(lib.solve(3))")
    assert shown.startswith("Print `lib.solve(3)`")  # "grid" stands in too few sentences
