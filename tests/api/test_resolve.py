"""Names of a note held against snapshots: whose a keyword is, and where a name has gone."""

from __future__ import annotations

from typing import Any

from recode_data.api.history import History
from recode_data.api.snapshot import Snapshot
from recode_data.library import Library
from recode_data.notes.extract.changes import changes_of, read_note
from recode_data.records import Change, ReleaseNote


def snapshot(
    version: str, modules: dict[str, list[str]], keywords: dict[str, list[str]]
) -> Snapshot:
    """Modules with classes (capitalised) and functions; ``keywords`` by ``name`` or
    ``Class.method``."""
    described: dict[str, Any] = {}
    objects: dict[str, Any] = {}
    for module, names in modules.items():
        entry: dict[str, Any] = {"listed": None, "names": {}, "warns": {}, "hidden": []}
        for name in names:
            entry["names"][name] = f"{module}:{name}"
            members = [key.split(".")[1] for key in keywords if key.startswith(f"{name}.")]
            made = {"members": {each: f"{module}:{name}.{each}" for each in members}, "says": []}
            kind = "class" if name[0].isupper() else "function"
            objects[f"{module}:{name}"] = {**made, "kind": kind, "bases": []}
            for key in (key for key in keywords if key.split(".")[0] == name):
                rows = [[each, "p", True, False] for each in keywords[key]]
                objects.setdefault(f"{module}:{key}", {"kind": "function"})["params"] = rows
        described[module] = entry
    described["tiny"]["names"] |= {
        name.split(".")[1]: f"module:{name}" for name in modules if "." in name
    }
    return Snapshot(version, {"modules": described, "objects": objects})


HISTORY = History(
    [
        snapshot(
            "1.0",
            {
                "tiny": ["Table"],
                "tiny.testing": ["check"],
                "tiny.util": ["check", "Warn"],
                "tiny.io": ["load"],
            },
            {"Table.any": ["level", "axis"], "Table.all": ["level"], "check": ["exact", "rtol"]},
        ),
        snapshot(
            "2.0",
            {"tiny": ["Table"], "tiny.testing": ["check", "Warn"], "tiny.util": ["check"]},
            {"Table.any": ["axis"], "Table.all": [], "check": ["rtol"]},
        ),
    ]
)


def found(text: str) -> set[tuple[str, str, str, str]]:
    note = ReleaseNote("tiny", "2.0", "sdist", "x", "rst", f"Removals\n========\n\n* {text}\n")
    changes: list[Change] = changes_of(note, read_note(note), Library(name="tiny"), HISTORY)
    return {(c.kind, c.old_symbol, c.old_keyword, c.new_symbol) for c in changes}


def test_a_keyword_of_a_class_is_that_of_the_methods_that_lose_it() -> None:
    assert found("Removed the ``level`` keyword in ``Table`` aggregations") == {
        ("keyword_removed", "tiny.Table.all", "level", ""),
        ("keyword_removed", "tiny.Table.any", "level", ""),
    }


def test_the_owner_of_a_keyword_is_what_the_text_leads_to_not_what_goes_itself() -> None:
    assert found("Removed argument ``exact`` of ``testing.check``") == {
        ("keyword_removed", "tiny.testing.check", "exact", "")
    }


def test_what_moved_has_its_old_and_its_new_place() -> None:
    assert found("``testing.Warn`` has been moved from ``tiny.util`` to ``tiny.testing``.") == {
        ("moved", "tiny.util.Warn", "", "tiny.testing.Warn")
    }


GRAPHS = History(
    [
        snapshot(
            "1.0",
            {"tiny": ["Graph", "Tree", "plot", "int"], "tiny.core": ["deep"]},
            {"Graph.nodes_iter": [], "Tree.nodes_iter": [], "plot": ["size", "kind"]},
        ),
        snapshot(
            "2.0", {"tiny": ["Graph", "Tree", "plot", "int"], "tiny.core": []}, {"plot": ["kind"]}
        ),
        snapshot("3.0", {"tiny": ["Graph", "Tree"], "tiny.core": []}, {}),
    ]
)


def told(text: str, version: str = "2.0") -> set[tuple[str, str, str, str]]:
    note = ReleaseNote("tiny", version, "sdist", "x", "rst", f"Changes\n=======\n\n* {text}\n")
    changes = changes_of(note, read_note(note), Library(name="tiny"), GRAPHS)
    return {(c.kind, c.old_symbol, c.old_keyword, c.new_symbol) for c in changes}


def test_a_method_of_a_made_up_variable_is_that_of_the_classes_that_lose_it() -> None:
    assert told("``G.nodes_iter()`` has been removed.") == {
        ("removed", "tiny.Graph.nodes_iter", "", ""),
        ("removed", "tiny.Tree.nodes_iter", "", ""),
    }


def test_a_name_is_found_by_any_of_its_places() -> None:
    assert told("Removed ``core.deep``.") == {("removed", "tiny.core.deep", "", "")}


def test_a_rename_from_before_every_snapshot_counts_where_the_old_name_goes_later() -> None:
    assert told("The ``plot`` function has been renamed to ``draw``.", "0.9") == {
        ("renamed", "tiny.plot", "", "")
    }
    assert told("Renamed the ``size`` parameter to ``width`` in ``plot``.", "0.9") == {
        ("keyword_removed", "tiny.plot", "size", "")
    }


def test_beside_an_alias_of_a_builtin_the_bare_name_is_the_builtin() -> None:
    assert told("``tiny.int`` is deprecated, use ``int``.") == {
        ("deprecated", "tiny.int", "", "builtins.int")
    }


def test_a_module_ends_with_the_last_name_that_is_spelled_out_of_it() -> None:
    assert found("Removed ``tiny.io.load``, which nobody used.") == {
        ("removed", "tiny.io.load", "", ""),
        ("removed", "tiny.io", "", ""),
    }


BACKENDS = History(
    [
        snapshot(
            "1.0",
            {"tiny": [], "tiny.one.base": ["Ops"], "tiny.one": [], "tiny.two": ["Ops"]},
            {"Ops.old": [], "Ops.kept": []},
        ),
        snapshot(
            "2.0",
            {"tiny": [], "tiny.one.base": ["Ops"], "tiny.one": [], "tiny.two": ["Ops"]},
            {"Ops.kept": []},
        ),
    ]
)


def test_a_method_of_a_class_is_that_of_each_class_of_the_name() -> None:
    text = "Removals\n========\n\n* ``Ops.old()`` is removed.\n"
    note = ReleaseNote("tiny", "2.0", "sdist", "x", "rst", text)
    changes = changes_of(note, read_note(note), Library(name="tiny"), BACKENDS)
    assert {c.old_symbol for c in changes} == {"tiny.one.base.Ops.old", "tiny.two.Ops.old"}


def test_a_path_may_leave_out_a_module_between() -> None:
    text = "Removals\n========\n\n* ``tiny.one.Ops.old()`` is removed.\n"
    note = ReleaseNote("tiny", "2.0", "sdist", "x", "rst", text)
    changes = changes_of(note, read_note(note), Library(name="tiny"), BACKENDS)
    assert [c.old_symbol for c in changes] == ["tiny.one.base.Ops.old"]


def test_a_name_is_at_home_where_it_is_defined_not_where_it_is_imported() -> None:
    modules = {"tiny": [], "tiny.app": [], "tiny.core.engine": ["Engine"]}
    made = snapshot("1.0", modules, {"Engine.run": []})
    made.modules["tiny.app"]["names"]["Engine"] = "tiny.core.engine:Engine"
    assert made.home["tiny.core.engine:Engine"] == "tiny.core.engine.Engine"
    made = snapshot("1.0", modules, {"Engine.run": []})
    made.modules["tiny"]["names"]["Engine"] = "tiny.core.engine:Engine"
    assert made.home["tiny.core.engine:Engine"] == "tiny.Engine"


def test_a_keyword_is_an_attribute_of_its_owners_only() -> None:
    text = "Removals\n========\n\n* The ``old`` parameter of ``tiny.one.Ops.kept`` is removed.\n"
    note = ReleaseNote("tiny", "2.0", "sdist", "x", "rst", text)
    changes = changes_of(note, read_note(note), Library(name="tiny"), BACKENDS)
    assert not [c for c in changes if c.kind in ("removed", "deprecated")]
