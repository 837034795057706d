"""The scrape stage where nothing can be had: one error that says so, nothing lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.version import Version

from recode_data import index
from recode_data.cli import main
from recode_data.errors import NetworkError
from recode_data.library import load_library
from recode_data.notes.stage import scrape
from recode_data.progress import Progress, Summary
from recode_data.records import Attempt, ReleaseNote
from recode_data.workspace import Workspace


@pytest.fixture
def no_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("RECODE_DATA_CACHE", str(tmp_path / "cache"))
    index.forget()
    yield
    index.forget()


@pytest.mark.usefixtures("no_index")
def test_no_network_is_one_error_and_nothing_is_marked_as_done(tmp_path: Path) -> None:
    with Workspace.open(tmp_path / "ws") as workspace:
        with pytest.raises(NetworkError, match="did not answer"):
            scrape(workspace, [load_library("numpy")], Progress(quiet=True), grounding=False)
        assert workspace.count(Attempt) == 0


TEXT = "Expired deprecations\n====================\n* ``np.in1d`` is removed, use ``np.isin``.\n"


def with_note(tmp_path: Path, version: str) -> Summary:
    """Scrape NumPy where nothing answers and the notes of one version are there already."""
    note = ReleaseNote("numpy", version, "sdist", "doc/notes.rst", "rst", TEXT)
    with Workspace.open(tmp_path / "ws") as workspace:
        workspace.add([note])
        numpy = load_library("numpy")
        return scrape(workspace, [numpy], Progress(quiet=True), grounding=False, jobs=1)


@pytest.mark.usefixtures("no_index")
def test_notes_of_an_earlier_run_still_count_without_a_network(tmp_path: Path) -> None:
    newest = max(load_library("numpy").matrix, key=Version)
    summary = with_note(tmp_path, newest)
    assert (summary.owed, summary.went_out, summary.note) == (0, 1, "")
    assert summary.dropped["source_not_reached"] > 0


@pytest.mark.usefixtures("no_index")
def test_notes_that_a_failing_source_leaves_missing_are_owed(tmp_path: Path) -> None:
    summary = with_note(tmp_path, "1.20.0")
    assert (summary.owed, summary.went_out) == (1, 1)
    assert summary.note == "numpy has no notes after 1.20.0, run it again"


@pytest.mark.usefixtures("no_index")
def test_missing_notes_end_the_command_with_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_note(tmp_path, "1.20.0")
    words = ["scrape", "numpy", "--no-ground", "--quiet", "-w", str(tmp_path / "ws")]
    monkeypatch.setattr("sys.argv", ["recode-data", *words])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 1
    assert "1 still owed" in capsys.readouterr().out
