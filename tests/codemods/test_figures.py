"""Programs that draw: what is left out of them, and when their figures are evidence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recode_data.codemods.candidates import Base, Candidate
from recode_data.codemods.figures import other_figures, shows_artists, silent, undressed
from recode_data.codemods.recipes import Plan
from recode_data.codemods.screening import Trial, objection
from recode_data.codemods.shapes.rename import recipes
from recode_data.reasons import Reason
from recode_data.records import Caught, Change, Json, Run
from recode_data.usage import Snippet

PLT = "import matplotlib.pyplot as plt\n\n"
CHANGE = Change("plots", "2", "renamed", "`old` is gone", "", "sdist", "x", "", "plots.old")
RECIPE = recipes("plots.old", "plots.new", {})[0]
CANDIDATE = Candidate(Base(RECIPE, Snippet("x", "here", "docs", "", "", "", "x")), "x", "y")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "fig, ax = plt.subplots()\nprint(ax.hist([1], normed=True))\n",
            "fig, ax = plt.subplots()\nax.hist([1], normed=True)\n",
        ),
        (
            "fig, ax = plt.subplots()\nbars = ax.bar([1],\n    [2])\nprint(bars)\n",
            "fig, ax = plt.subplots()\nbars = ax.bar([1],\n    [2])\n",
        ),
        (
            "print(plt.plot([1, 2]))\n",
            "plt.plot([1, 2])\nfig = plt.gcf()\n",
        ),
        (
            "fig, ax = plt.subplots()\nprint(ax.lines[0])\nprint(ax.get_xlim())\n",
            "fig, ax = plt.subplots()\nresult = ax.lines[0]\nresult = ax.get_xlim()\n",
        ),
    ],
)
def test_what_prints_artists_is_left_out(before: str, after: str) -> None:
    assert silent(PLT + before) == PLT + after


def test_a_program_that_prints_nothing_stays() -> None:
    assert silent(PLT + "fig, ax = plt.subplots()\n") is None
    assert silent("for i in range(2):\n    print(i)\n") is None


def test_codes_that_differ_only_in_what_they_print_are_no_candidate() -> None:
    both = "fig = f()\nprint({})\n"
    assert (
        undressed(replace(CANDIDATE, old_code=both.format("a"), new_code=both.format("b"))) is None
    )
    used = replace(CANDIDATE, old_code=both.format("f(a)"), new_code=both.format("f(b)"))
    plain = undressed(used)
    assert plain is not None and (plain.old_code, plain.new_code) == (
        "fig = f()\nf(a)\n",
        "fig = f()\nf(b)\n",
    )


def run(values: dict[str, Json], stdout: str = "", warned: str = "") -> Run:
    warnings = (Caught("DeprecationWarning", warned, 1),) if warned else ()
    return Run(
        "x", "y", "plots", "1", "3.11", "1", "clean",
        warnings=warnings, stdout=stdout, values=values,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("printed", "told"),
    [
        ("Text(0.5, 1.0, 'a')", True),
        ("Annotation(0, 1, 'a')", True),
        ("[<matplotlib.lines.Line2D object at 0x7f01>]", True),
        ("<BarContainer object of 3 artists>", True),
        ("AxesSubplot(0.125,0.11;0.775x0.77)", True),
        ("(0.0, 1.0)", False),
        ("A text about a figure", False),
    ],
)
def test_what_an_artist_prints(printed: str, told: bool) -> None:
    assert shows_artists(run({}, printed + "\n")) is told


def test_figures_with_the_same_data_are_evidence() -> None:
    line: Json = {"type": "artist", "class": "Line2D", "ydata": [1.0, 2.0]}
    other: Json = {"type": "artist", "class": "Line2D", "ydata": [1.0, 3.0]}
    plain: Json = {"type": "int", "value": 3}
    assert other_figures(run({"line": line}), run({"line": line, "more": plain})) is None
    assert other_figures(run({"line": line}), run({"line": other})) == Reason.DRAWS_OTHER
    assert other_figures(run({"n": plain}), run({"n": plain})) == Reason.PRINTS_NOTHING
    lines: Json = {"type": "list", "items": [line]}
    assert other_figures(run({"lines": lines}), run({"lines": lines})) is None
    planned = Plan(CHANGE, (RECIPE,), "plots.old")
    late = Trial(run({"a": line}), run({"a": line}, warned="old is deprecated"), run({"a": line}))
    assert objection(CANDIDATE, planned, late) is None
    assert objection(CANDIDATE, planned, replace(late, old_on_new=run({"a": line}))) == (
        Reason.NO_TRANSITION
    )
    assert objection(CANDIDATE, planned, replace(late, new_on_new=run({"a": other}))) == (
        Reason.DRAWS_OTHER
    )
