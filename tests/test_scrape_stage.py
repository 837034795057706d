"""The scrape stage where nothing can be had: one error that says so, nothing lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from recode_data import index
from recode_data.errors import NetworkError
from recode_data.library import load_library
from recode_data.progress import Progress
from recode_data.records import Attempt, ReleaseNote
from recode_data.scrape.stage import scrape
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


@pytest.mark.usefixtures("no_index")
def test_notes_of_an_earlier_run_still_count_without_a_network(tmp_path: Path) -> None:
    text = (
        "Expired deprecations\n====================\n* ``np.in1d`` is removed, use ``np.isin``.\n"
    )
    note = ReleaseNote("numpy", "2.4.0", "sdist", "doc/2.4.0-notes.rst", "rst", text)
    with Workspace.open(tmp_path / "ws") as workspace:
        workspace.add([note])
        numpy = load_library("numpy")
        summary = scrape(workspace, [numpy], Progress(quiet=True), grounding=False, jobs=1)
        assert (summary.owed, summary.went_out) == (0, 1)
        assert summary.dropped["source not reached"] > 0
