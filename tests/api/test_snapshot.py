"""Snapshots of tiny real packages, and changes held against them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from wheels import environment_of, make_wheel, only_wheels_of

from recode_data.api.diff import removed_keywords, removed_names
from recode_data.api.history import History
from recode_data.api.introspection import TARGET, introspect
from recode_data.api.snapshot import Snapshot
from recode_data.api.unannounced import unannounced
from recode_data.errors import EnvironmentFailed
from recode_data.execute import Executor
from recode_data.library import Library
from recode_data.notes.extract.changes import changes_of, read_note
from recode_data.notes.sources.package import changes_from_package
from recode_data.notes.verification import ground
from recode_data.records import Change, Grounding, ReleaseNote

OLD = '''
"""Tiny."""
import math as _math
from tiny.parts import helper, Foreign, Thing

__all__ = ["helper", "Foreign", "Thing", "old_name", "float_", "float64", "histogram", "silent"]

class float64: pass
float_ = float64

def old_name(a, b=1): "Add."
def silent(): pass

def histogram(a, bins=10, normed=False, density=None):
    """Count.

    Parameters
    ----------
    a : list
    normed : bool
        .. deprecated:: 1.0
    """
'''
OLD_PARTS = '''
class Base:
    def inherited(self): pass

class Foreign:
    """Of another package.

    .. deprecated:: 7.0
    """
    __module__ = "elsewhere.parts"

class Thing(Base):
    def __init__(self): self.made = 1
    def going(self):
        """Go.

        .. deprecated:: 1.0
           Use `staying` instead.
        """
    def staying(self): pass

def helper(x): pass
'''
NEW = """
import warnings
from tiny.parts import helper, Foreign, Thing

__all__ = ["helper", "Foreign", "Thing", "new_name", "float64", "histogram"]

class float64: pass
def new_name(a, b=1): "Add."
def histogram(a, bins=10, density=None): "Count."

class _Proxy:
    def __getattribute__(self, name):
        raise RuntimeError("working outside of its context")

request = _Proxy()
__all__.append("request")

_late = {"old_late": helper}
def __getattr__(name):
    if name in _late:
        warnings.warn("old_late is deprecated", DeprecationWarning)
        return _late[name]
    raise AttributeError(name)
"""
NEW_PARTS = OLD_PARTS.replace("def going(self):", "def _going(self):")
NOTES = """
Removals
========

* ``tiny.old_name`` has been removed. Use ``new_name`` instead.
* Alias ``float_`` has been removed, use ``tiny.float64`` instead.
* The ``normed`` keyword of ``histogram`` has been removed, use ``density`` instead.
* The method ``Thing.going`` was removed in favor of ``Thing.staying``.
* Removed support for the ``helper`` in old systems.
"""
LIBRARY = Library(name="tiny", matrix=["1.0", "2.0"])


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    snapshots = []
    for version, top, parts in (("1.0", OLD, OLD_PARTS), ("2.0", NEW, NEW_PARTS)):
        folder = tmp_path_factory.mktemp(version)
        (folder / "tiny").mkdir()
        (folder / "tiny/__init__.py").write_text(top)
        (folder / "tiny/parts.py").write_text(parts)
        snapshots.append(Snapshot(version, introspected(folder)))
    return History(snapshots)


def introspected(folder: Path) -> dict[str, object]:
    command = [sys.executable, str(TARGET / "introspect.py"), "tiny"]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(command, capture_output=True, env=environment, check=True, timeout=60)
    found: dict[str, object] = json.loads(done.stdout)
    return found


def stated(history: History, text: str = NOTES) -> list[tuple[Change, Grounding]]:
    note = ReleaseNote("tiny", "2.0", "sdist", "x.rst", "rst", text)
    changes = changes_of(note, read_note(note), LIBRARY, history)
    return [(change, ground(change, history)) for change in changes]


def test_a_snapshot_finds_names_as_python_does(history: History) -> None:
    old, new = history.snapshots
    assert old.find("tiny.Thing.inherited") is not None
    assert old.find("tiny.parts.Thing.made") is not None
    assert old.find("tiny._math") is None
    found, alias = old.find("tiny.float_"), old.find("tiny.float64")
    assert found and alias and found.identity == alias.identity
    assert old.home["tiny.parts:helper"] == "tiny.helper"
    assert new.find("tiny.request") is not None  # a proxy that answers nothing is a name still
    late = new.find("tiny.old_late")
    assert late is not None
    assert late.state == "warns"


def test_a_name_that_is_hidden_behind_a_warning_is_deprecated_until_it_is_gone() -> None:
    entry = {"listed": ["other"], "names": {"old": "tiny:old"}, "warns": {}, "hidden": []}
    hidden = {**entry, "warns": {"old": "old is deprecated, use new"}, "hidden": ["old"]}
    gone = {**entry, "names": {}}
    rows = (("1.0", {**entry, "listed": ["old"]}), ("2.0", hidden), ("3.0", gone))
    history = History([Snapshot(v, {"modules": {"tiny": e}, "objects": {}}) for v, e in rows])
    assert history.states("tiny.old") == ["open", "warns", "gone"]
    assert (history.warns_at("tiny.old"), history.gone_at("tiny.old")) == (1, 2)
    assert not removed_names(history, 0)
    assert [each.path for each in removed_names(history, 1)] == ["tiny.old"]
    change = Change("tiny", "2.0", "deprecated", "x", "", "sdist", "", old_symbol="tiny.old")
    assert ground(change, history).flip_version == "2.0"


def test_parameters_and_their_deprecation(history: History) -> None:
    binding = history.snapshots[0].find("tiny.histogram")
    assert binding is not None
    parameters = history.snapshots[0].parameters(binding) or []
    assert [(p.name, p.deprecated) for p in parameters][2] == ("normed", True)
    assert history.keyword_gone_at("tiny.histogram", "normed") == 1


def test_changes_have_real_paths_and_are_grounded(history: History) -> None:
    rows = {
        (c.kind, c.old_symbol, c.old_keyword, c.new_symbol, c.new_keyword): g
        for c, g in stated(history)
        if c.kind != "behaviour"
    }
    assert set(rows) == {
        ("removed", "tiny.old_name", "", "tiny.new_name", ""),
        ("removed", "tiny.float_", "", "tiny.float64", ""),
        ("keyword_renamed", "tiny.histogram", "normed", "tiny.histogram", "density"),
        ("removed", "tiny.Thing.going", "", "tiny.Thing.staying", ""),
    }
    assert all(g.grounded and g.flip_version == "2.0" for g in rows.values())


def test_a_note_that_the_library_contradicts_is_marked(history: History) -> None:
    change = Change("tiny", "2.0", "removed", "x", "", "sdist", "", old_symbol="tiny.helper")
    grounding = ground(change, history)
    assert grounding.grounded is False
    assert "still there in 2.0" in grounding.reason
    absent = Change("tiny", "2.0", "removed", "x", "", "sdist", "", old_symbol="tiny.nowhere")
    assert ground(absent, history).grounded is False


def test_something_about_a_symbol_is_not_its_removal(history: History) -> None:
    text = "Removals\n========\n\n* Removed support for lists in ``tiny.helper``.\n"
    assert [c.kind for c, _ in stated(history, text)] == ["behaviour"]


def test_differences_tell_what_no_note_mentions(history: History) -> None:
    gone = {each.path for each in removed_names(history, 0)}
    assert {"tiny.old_name", "tiny.silent", "tiny.float_", "tiny.Thing.going"} <= gone
    assert removed_keywords(history, 0) == [("tiny.histogram", "normed")]
    note = ReleaseNote("tiny", "2.0", "sdist", "x.rst", "rst", NOTES)
    rows = list(unannounced(history, [note], [c for c, _ in stated(history)]))
    assert [row["old_symbol"] for row in rows] == ["tiny.silent"]


def test_the_package_speaks_for_itself(history: History) -> None:
    found = {change.old_symbol: change for change in changes_from_package(LIBRARY, history)}
    going = found["tiny.Thing.going"]
    assert (going.source, going.kind, going.version) == ("package", "deprecated", "1.0")
    assert going.new_symbol == "tiny.Thing.staying"
    assert "deprecated" in found["tiny.old_late"].text
    assert "tiny.Foreign" not in found, "another package's words are none of this one's"


HOSTILE = """
import ctypes, os

class Broken:
    def method(self): pass
    @property
    def __signature__(self):
        ctypes.string_at(0)

def sound(a, b=1): pass
broken = Broken()
broken.__qualname__ = "broken"
Broken.__call__ = sound

def __getattr__(name):
    if name == "leaves":
        os._exit(3)
    raise AttributeError(name)

def __dir__():
    return ["Broken", "sound", "broken", "leaves"]
"""


@pytest.fixture
def executor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Executor]:
    files = {
        "hostile/__init__.py": HOSTILE,
        "hostile/fatal.py": "import os\nos.abort()\n",
        "hostile/well.py": "def fine(x): pass\n",
    }
    make_wheel(tmp_path, "hostile", files)
    only_wheels_of(tmp_path, tmp_path / "cache", monkeypatch)
    with Executor(jobs=1) as opened:
        yield opened


def test_what_ends_the_process_costs_its_own_name_only(executor: Executor) -> None:
    found = json.loads(introspect(executor, environment_of("hostile"), "hostile"))
    assert found["crashed"] == ["read hostile.broken", "get hostile.leaves", "import hostile.fatal"]
    snapshot = Snapshot("1.0", found)
    assert set(found["modules"]) == {"hostile", "hostile.well"}
    assert snapshot.paths >= {"hostile.broken", "hostile.leaves", "hostile.Broken.method"}
    sound, broken = snapshot.find("hostile.sound"), snapshot.find("hostile.broken")
    assert sound and broken
    assert [p.name for p in snapshot.parameters(sound) or ()] == ["a", "b"]
    assert snapshot.parameters(broken) is None


def test_a_package_that_is_not_there_is_an_error_and_no_crash(executor: Executor) -> None:
    with pytest.raises(EnvironmentFailed, match=r"cannot be imported in .*ModuleNotFoundError"):
        introspect(executor, environment_of("hostile"), "no_such_package_at_all")
