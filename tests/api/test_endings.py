"""Each strategy that finds, or chooses, the paths that a name's ending means."""

from __future__ import annotations

import pytest
from test_resolve import snapshot

from recode_data.api import endings
from recode_data.api.endings import Candidates, Match, Search, matches_by_ending
from recode_data.api.history import History
from recode_data.api.version_context import VersionContext

MODULES = {
    "tiny": ["Graph", "Tree", "Lone", "plot"],
    "tiny.io": ["load", "save_all"],
    "tiny.backends": [],
    "tiny.backends.base": ["Canvas"],
}
HISTORY = History(
    [
        snapshot(
            "1.0",
            MODULES,
            {
                "Graph.walk": [],
                "Tree.walk": [],
                "Tree.grow": [],
                "Lone.stay": [],
                "Canvas.draw": [],
                "Canvas.stay": [],
            },
        ),
        snapshot("2.0", MODULES, {"Tree.grow": [], "Lone.stay": [], "Canvas.stay": []}),
        snapshot("3.0", MODULES | {"tiny.io": ["load"]}, {"Lone.stay": [], "Canvas.stay": []}),
    ]
)
NOW = VersionContext(HISTORY, "2.0")


@pytest.mark.parametrize(
    ("finder", "path", "found"),
    [
        ("whole_ending", "Graph.walk", ("Graph.walk", ["tiny.Graph.walk"])),
        ("whole_ending", "aph.walk", ("aph.walk", [])),
        ("other_place", "base.Canvas", ("base.Canvas", ["tiny.backends.base.Canvas"])),
        ("other_place", "Canvas", ("Canvas", [])),
        ("heirs_of_a_private_class", "_Base.grow", ("grow", ["tiny.Tree.grow"])),
        ("heirs_of_a_private_class", "Base.grow", ("Base.grow", [])),
        (
            "modules_left_out",
            "backends.Canvas.draw",
            ("backends.Canvas.draw", ["tiny.backends.base.Canvas.draw"]),
        ),
        ("modules_left_out", "backends.canvas.draw", ("backends.canvas.draw", [])),
        ("method_of_a_variable", "G.walk", ("walk", ["tiny.Graph.walk", "tiny.Tree.walk"])),
        ("method_of_a_variable", "graph.walk", ("graph.walk", [])),
        ("method_of_a_variable", "io.load", ("io.load", [])),
    ],
)
def test_where_a_name_may_be(finder: str, path: str, found: tuple[str, list[str]]) -> None:
    assert getattr(endings, finder)(Search(path, "tiny", NOW)) == found


WALKS = ["tiny.Graph.walk", "tiny.Tree.walk"]
STAYS = ["tiny.Lone.stay", "tiny.backends.base.Canvas.stay"]


@pytest.mark.parametrize(
    ("choice", "path", "hits", "chosen"),
    [
        (
            "the_one_that_ends",
            "draw",
            ["tiny.Lone.stay", "tiny.backends.base.Canvas.draw"],
            [Match("tiny.backends.base.Canvas.draw", False, True)],
        ),
        ("the_one_that_ends", "walk", WALKS, None),
        ("the_one_that_ends", "stay", STAYS, None),
        (
            "a_method_of_several_classes",
            "Graph.walk",
            WALKS,
            [Match(path, True, True, one_of_many=True) for path in WALKS],
        ),
        ("a_method_of_several_classes", "walk", WALKS, None),
        (
            "a_lone_method_of_several_classes",
            "walk",
            WALKS,
            [Match(path, False, True, one_of_many=True) for path in WALKS],
        ),
        ("a_lone_method_of_several_classes", "stay", STAYS, None),
        ("the_likeliest", "Canvas.stay", STAYS, [Match("tiny.Lone.stay", True, False)]),
        ("the_likeliest", "save_all", ["tiny.io.save_all"], [
            Match("tiny.io.save_all", True, False)]),
        ("the_likeliest", "stay", STAYS, None),
    ],
)  # fmt: skip
def test_which_place_a_note_means(
    choice: str, path: str, hits: list[str], chosen: list[Match] | None
) -> None:
    assert getattr(endings, choice)(Candidates(path, hits, [], NOW)) == chosen


def test_a_lone_word_from_before_every_snapshot_means_nothing() -> None:
    before = VersionContext(HISTORY, "0.9")
    nothing = endings.nothing_for_a_lone_word_before_every_snapshot
    assert nothing(Candidates("stay", STAYS, [], before)) == []
    assert nothing(Candidates("stay", STAYS, STAYS[:1], before)) is None
    assert nothing(Candidates("Lone.stay", STAYS, [], before)) is None
    assert nothing(Candidates("stay", STAYS, [], NOW)) is None


def test_what_ends_later_counts_only_where_the_context_says_so() -> None:
    hits = ["tiny.io.save_all"]
    assert Candidates("save_all", hits, [], NOW).ending == []
    assert Candidates("save_all", hits, [], NOW.lasting).ending == hits
    assert not NOW.later, "asking for the other context leaves this one as it is"


def test_what_the_surroundings_speak_of_comes_first() -> None:
    assert matches_by_ending("walk", "tiny", ["tiny.Tree"], NOW) == [
        Match("tiny.Tree.walk", False, True)
    ]
    assert matches_by_ending("nowhere", "tiny", [], NOW) == []
