"""Parameters that notes tell of without their class: found by the attribute that holds them."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from recode_data.api.history import History
from recode_data.api.introspection import TARGET
from recode_data.api.snapshot import Snapshot
from recode_data.library import Library
from recode_data.notes.extract.changes import changes_of, read_note
from recode_data.records import ReleaseNote

OLD = """
class Field:
    def __init__(self, *, missing=None, load_default=None):
        self.missing = missing
    @property
    def other(self): return 1

class Text(Field):
    pass

class Loose(Field):
    def __init__(self, strict=False, **kwargs):
        super().__init__(**kwargs)
        self.missing = 1

class Plain:
    def __init__(self):
        self.missing = 2

missing = object()
"""
NEW = OLD.replace("missing=None, load_default=None", "load_default=None").replace(
    "self.missing = missing", "self.load_default = load_default"
)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    snapshots = []
    for version, text in (("1.0", OLD), ("2.0", NEW)):
        folder = tmp_path_factory.mktemp(version)
        (folder / "shelf.py").write_text(text)
        asked = subprocess.run(
            [sys.executable, str(TARGET / "introspect.py"), "shelf"],
            env={**os.environ, "PYTHONPATH": str(folder)}, capture_output=True, check=True,
        )  # fmt: skip
        snapshots.append(Snapshot(version, json.loads(asked.stdout)))
    return History(snapshots)


def stated(history: History, text: str) -> set[tuple[str, str, str, str, str]]:
    note = ReleaseNote("shelf", "2.0", "sdist", "x.rst", "rst", f"Removals\n========\n\n* {text}\n")
    return {
        (c.kind, c.old_symbol, c.old_keyword, c.new_symbol, c.new_keyword)
        for c in changes_of(note, read_note(note), Library(name="shelf"), history)
    }


def test_a_parameter_of_a_family_of_classes_is_that_of_their_constructors(
    history: History,
) -> None:
    text = "The ``missing`` parameter of fields has been renamed to ``load_default``."
    assert stated(history, text) == {
        ("keyword_renamed", "shelf.Field", "missing", "shelf.Field", "load_default"),
        ("keyword_renamed", "shelf.Text", "missing", "shelf.Text", "load_default"),
    }


def test_a_name_of_the_module_is_not_the_parameter(history: History) -> None:
    found = stated(history, "The ``missing`` parameter has been removed.")
    assert {(kind, symbol) for kind, symbol, *_ in found} == {
        ("keyword_removed", "shelf.Field"),
        ("keyword_removed", "shelf.Text"),
    }


def test_a_value_that_both_spellings_show_stands_for_any(history: History) -> None:
    text = "``Field(missing=callable)`` has been renamed to ``Field(load_default=callable)``."
    note = ReleaseNote("shelf", "2.0", "sdist", "x.rst", "rst", f"Removals\n========\n\n* {text}\n")
    [change] = changes_of(note, read_note(note), Library(name="shelf"), history)
    assert (change.old_keyword, change.new_keyword) == ("missing", "load_default")
    assert (change.old_value, change.new_value) == ("", "")
