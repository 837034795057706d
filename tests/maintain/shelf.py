"""A made-up library in two versions, and what is known of its changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recode_data.api.history import History
from recode_data.api.snapshot import Snapshot
from recode_data.api.symbols import VersionSymbols
from recode_data.codemods.patterns import Pattern, Patterns
from recode_data.codemods.plan import plan
from recode_data.codemods.recipes import Refused
from recode_data.library import Library
from recode_data.maintain.updates import Update, Updates
from recode_data.records import Change, Entry, Verdict

LIBRARY = Library(name="shelf", matrix=["1.0", "2.0"])
BOX = {"kind": "class", "params": [["items", "p", "", False, ""]], "read": "signature"}


def function(*names: str) -> dict[str, Any]:
    params = [[name, "p", "None", False, ""] for name in names]
    return {"kind": "function", "params": params, "read": "signature"}


def described(names: dict[str, Any], members: dict[str, Any]) -> dict[str, Any]:
    """Return a snapshot's content: functions of the module, and methods of its class `Box`."""
    objects = {f"shelf:{name}": told for name, told in names.items()}
    objects |= {f"shelf:Box.{name}": told for name, told in members.items()}
    objects["shelf:Box"] = {
        **BOX,
        "bases": [],
        "members": {name: f"shelf:Box.{name}" for name in members},
    }
    module = {
        "listed": None,
        "names": {"Box": "shelf:Box", **{name: f"shelf:{name}" for name in names}},
        "warns": {},
        "hidden": [],
    }
    return {"modules": {"shelf": module}, "objects": objects}


SNAPSHOTS = [
    Snapshot(
        "1.0",
        described(
            {
                "old": function("a"),
                "f": function("a", "key"),
                "ask": function(),
                "bare": function(),
                "str": function("a"),
            },
            {
                "pull": function("self"),
                "copy": function("self"),
                "span": function("self"),
                "make": function("a"),
            },
        ),
    ),
    Snapshot(
        "2.0",
        described(
            {"new": function("a"), "f": function("a", "order"), "ask": function()},
            {
                "take": function("self"),
                "copy": function("self"),
                "build": function("a"),
            },
        ),
    ),
]
RETURNS = {
    "shelf.Box": "shelf.Box",
    "shelf.Box.copy": "shelf.Box",
    "shelf.ask": "shelf.Box",
    "shelf.kind_of": "type[shelf.Box]",
}
PATTERNS = Patterns(
    {"shelf.Box.span": [Pattern("shelf.Box.span", "_a.span()", "max(_a) - min(_a)")]}, {}
)


def change(text: str, old: str, new: str = "", kind: str = "removed", **more: str) -> Change:
    return Change(  # type: ignore[arg-type]
        "shelf", "2.0", kind, text, "", "sdist", "notes.rst", "", old, new_symbol=new, **more
    )


CHANGES = [
    change("`shelf.old` is removed, use `shelf.new`.", "shelf.old", "shelf.new"),
    change("`Box.pull` is removed, use `Box.take`.", "shelf.Box.pull", "shelf.Box.take"),
    change("`Box.make` is removed, use `Box.build`.", "shelf.Box.make", "shelf.Box.build"),
    change("`Box.span` is removed.", "shelf.Box.span"),
    change("`shelf.bare` is removed. Nobody used it.", "shelf.bare"),
    change(
        "`key` of `shelf.f` is renamed to `order`.",
        "shelf.f",
        "shelf.f",
        "keyword_renamed",
        old_keyword="key",
        new_keyword="order",
    ),
]


def entry_of(noted: Change) -> Entry:
    old = "import shelf\n\nprint(shelf.old([1]))\n"
    return Entry(
        "shelf",
        "==2.0",
        "",
        noted.text,
        old,
        old.replace("old", "new"),
        change_id=noted.id,
        old_symbol=noted.old_symbol,
        old_keyword=noted.old_keyword,
    )


def updates(
    proven: bool = True,
    snapshots: Sequence[Snapshot] = SNAPSHOTS,
    changes: Sequence[Change] = CHANGES,
) -> Updates:
    """Return what is known of the library's changes, each proven by an entry or none."""
    facts = {snapshot.version: VersionSymbols(snapshot, {}) for snapshot in snapshots}
    found = []
    for noted in changes:
        try:
            planned = plan(noted, LIBRARY, facts, PATTERNS, {})
        except Refused:
            planned = None
        proof = entry_of(noted) if proven and planned else None
        verdict = Verdict("x", "4", "valid", "ok", "breaking", "1.0", "2.0") if proof else None
        found.append(Update(noted, planned, proof, verdict))
    return Updates(LIBRARY, History([*snapshots]), snapshots[-1], found, RETURNS)
