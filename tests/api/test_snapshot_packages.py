"""A distribution that installs two packages is looked at as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from wheels import make_wheel, only_wheels_of

from recode_data import index
from recode_data.api.snapshots import history_of
from recode_data.library import Library
from recode_data.progress import Progress
from recode_data.workspace import Workspace

FILES = {
    "one/__init__.py": "class Thing:\n    def method(self): pass\n",
    "two/__init__.py": "from one import Thing\ndef also(): pass\n",
}


def test_the_packages_of_a_distribution_are_in_one_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_wheel(tmp_path, "pair", FILES)
    only_wheels_of(tmp_path, tmp_path / "cache", monkeypatch)
    index.forget()
    library = Library(
        name="pair", import_name="one", other_imports=["two", "three"], matrix=["1.0"]
    )
    with Workspace.open(tmp_path / "ws") as workspace:
        [snapshot] = history_of(workspace, library, Progress(quiet=True), 1).snapshots
    index.forget()
    first, other = snapshot.find("one.Thing"), snapshot.find("two.Thing")
    assert first is not None and other is not None
    assert first.identity == other.identity
    assert snapshot.find("two.Thing.method") is not None
    assert snapshot.find("two.also") is not None
    assert snapshot.home[first.identity] == "one.Thing"
