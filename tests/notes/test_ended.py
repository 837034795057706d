"""Announced once, gone since: the end that no later note tells of."""

from __future__ import annotations

from typing import Any

from recode_data.api.history import History
from recode_data.api.snapshot import Snapshot
from recode_data.notes.realised import ended
from recode_data.records import Change


def snapshot(version: str, *functions: str) -> Snapshot:
    """A library ``tiny`` with functions, each given as ``name`` or ``name(a,b)``."""
    objects: dict[str, Any] = {}
    names = {}
    for function in functions:
        name, _, parameters = function.rstrip(")").partition("(")
        names[name] = f"tiny:{name}"
        rows = [[each, "p", True, False] for each in parameters.split(",") if each]
        objects[f"tiny:{name}"] = {"kind": "function", "params": rows, "says": []}
    entry = {"listed": None, "names": names, "warns": {}, "hidden": []}
    return Snapshot(version, {"modules": {"tiny": entry}, "objects": objects})


def change(kind: Any, version: str, old: str, keyword: str = "", new: str = "") -> Change:
    text = f"{old} is {kind}"
    return Change(
        "tiny", version, kind, text, "Deprecations", "sdist", "tiny-3.0", "n",
        old_symbol=f"tiny.{old}", old_keyword=keyword, new_symbol=f"tiny.{new}" if new else "",
    )  # fmt: skip


HISTORY = History(
    [
        snapshot("1.0", "f", "g", "h", "k(a,b)", "new"),
        snapshot("2.0.1", "f", "g", "h", "k(a,b)", "new"),
        snapshot("3.0.2", "h", "k(b)", "new"),
    ]
)


def test_what_was_announced_and_is_gone_has_ended_where_it_is_gone() -> None:
    said = [change("deprecated", "2.0", "f", new="new"), change("behaviour", "3.0.0", "h")]
    (end,) = ended(HISTORY, said)
    assert (end.kind, end.version, end.source) == ("removed", "3.0.0", "surface")
    assert (end.old_symbol, end.new_symbol) == ("tiny.f", "tiny.new")
    assert end.text == said[0].text
    assert end.section == "announced in 2.0: Deprecations"


def test_what_a_note_says_has_ended_is_not_told_twice_unless_its_replacement_is_missing() -> None:
    removal = change("removed", "3.0", "f")
    assert not list(ended(HISTORY, [change("deprecated", "2.0", "f"), removal]))
    (end,) = ended(HISTORY, [change("deprecated", "2.0", "f", new="new"), removal])
    assert end.new_symbol == "tiny.new"


def test_what_is_still_there_has_not_ended() -> None:
    assert not list(ended(HISTORY, [change("deprecated", "2.0", "h")]))


def test_a_keyword_that_left_its_signature_has_ended() -> None:
    (end,) = ended(HISTORY, [change("deprecated", "2.0", "k", "a")])
    assert (end.kind, end.old_keyword, end.version) == ("keyword_removed", "a", "3.0.2")
