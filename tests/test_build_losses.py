"""A build that comes to nothing says where everything was lost, and what to try."""

from __future__ import annotations

from pathlib import Path

import pytest

from recode_data import build as module
from recode_data.build import shortfalls, what_to_try, where_lost
from recode_data.library import Library
from recode_data.reasons import Reason
from recode_data.records import Attempt, Change, Entry, Grounding, ReleaseNote, Verdict
from recode_data.workspace import Workspace

LIBRARY = Library(name="tiny", matrix=["1.0", "2.0"])
NOTE = ReleaseNote("tiny", "2.0", "sdist", "CHANGES.rst", "rst", "2.0\n===\n* Faster.\n")


def change(text: str) -> Change:
    return Change("tiny", "2.0", "removed", text, "", "sdist", "x", NOTE.id, "tiny.old")


def filled(folder: Path, rules: str, verdict: str = "") -> Workspace:
    """Return a workspace in which one change of two had an entry, or none had."""
    workspace = Workspace.open(folder)
    both = [change("`old` is gone."), change("`older` is gone.")]
    workspace.add([NOTE, *both, *(Grounding(one.id, True, "2.0", "") for one in both)])
    workspace.add([Attempt("scrape", "other", "1", 0, "no_change")])
    workspace.add([Attempt("pair-examples", "tiny:1", "1", 0, "no_transition")])
    workspace.add([Attempt("synthesize-rules", one.id, "1", 0, rules) for one in both])
    if verdict:
        entry = Entry("tiny", "==2.0", "d", "u", "old = 1", "new = 1", change_id=both[0].id)
        workspace.add([entry, Verdict(entry.id, "4", "invalid", verdict)])
    return workspace


def test_every_stage_tells_what_it_dropped_and_why(tmp_path: Path) -> None:
    with filled(tmp_path, "no_usage", "differs") as workspace:
        lines = list(where_lost(workspace))
    assert lines == [
        "of 1 notes, 1 came to nothing:",
        "        1  no_change: the note states no change",
        "of 1 changed examples, 1 came to nothing:",
        f"        1  no_transition: {Reason.NO_TRANSITION.sentence}",
        "of 2 changes, 2 came to nothing:",
        f"        2  no_usage: {Reason.NO_USAGE.sentence}",
        "of 1 judged, 1 came to nothing:",
        f"        1  differs: {Reason.DIFFERS.sentence}",
    ]


@pytest.mark.parametrize(
    ("rules", "verdict", "tip"),
    [
        ("no_usage", "", "under [usage]"),
        ("old_in_no_usable_version", "", "uv python install 3.8"),
        ("old_in_no_version", "", "import_name"),
        ("program_fails", "", "`requires`"),
        ("no_usage", "no_such_version", "uv python install 3.8"),
        ("behaviour", "", ""),
    ],
)
def test_what_to_try_follows_from_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rules: str, verdict: str, tip: str
) -> None:
    monkeypatch.setattr(module, "missing_pythons", lambda: ["3.8"])
    with filled(tmp_path, rules, verdict) as workspace:
        told = what_to_try(workspace, LIBRARY)
    assert tip in told and bool(told) is bool(tip)


def test_with_every_python_the_doctor_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "missing_pythons", list)
    with filled(tmp_path, "old_in_no_usable_version") as workspace:
        assert "doctor" in what_to_try(workspace, LIBRARY)


def test_one_version_alone_is_told(tmp_path: Path) -> None:
    alone = LIBRARY.model_copy(update={"matrix": ["1.0"]})
    with Workspace.open(tmp_path) as workspace:
        [(line, tip)] = shortfalls(workspace, [alone])
        assert list(where_lost(workspace)) == [] and what_to_try(workspace, alone) == ""
    assert "nothing to compare it with" in line and "--new" in tip
