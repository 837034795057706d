"""What the installed library says of itself: directives in its documentation, the texts of the
warnings in its code, and what getting a name warns of. Never taken for a release note."""

from __future__ import annotations

import re
from collections.abc import Iterator

from recode_data.api.history import History
from recode_data.api.references import mark
from recode_data.api.snapshot import Snapshot
from recode_data.library import Library
from recode_data.notes.extract.claims import Writer
from recode_data.notes.extract.grammar import verb_of
from recode_data.notes.extract.groups import groups_of
from recode_data.notes.extract.stated import Stated
from recode_data.notes.extract.words import sentences
from recode_data.notes.markup.blocks import clean
from recode_data.notes.sources.protocol import normal
from recode_data.records import Change, ChangeKind

_KINDS: dict[str, ChangeKind] = {
    "deprecated": "deprecated",
    "versionremoved": "removed",
    "warning": "deprecated",
}


def changes_from_package(library: Library, history: History) -> list[Change]:
    """Return a change for each public object that says that it is going, from the first
    version that says so; inherited documentation counts once, where it stands."""
    found: dict[tuple[str, str], Change] = {}
    for snapshot in history.snapshots:
        writer = Writer(library, history, snapshot.version)
        for path, what, text in _sayings(library, snapshot):
            key = (path, text[:200])
            if key not in found:
                found[key] = _change(library, snapshot, writer, (path, what, text))
    return list(found.values())


def _sayings(library: Library, snapshot: Snapshot) -> Iterator[tuple[str, str, str]]:
    """Yield path, where it is said and what is said; what the package merely imported from
    another one speaks of that one's versions."""
    for module, entry in snapshot.modules.items():
        for name, message in entry["warns"].items():
            if message and "." not in module.removeprefix(module.split(".")[0] + "."):
                yield f"{module}.{name}", "warning", message
    for identity, path in snapshot.home.items():
        if identity.split(":")[0].split(".")[0] != library.package:
            continue
        described = snapshot.objects.get(identity, {})
        yield from ((path, what, text) for what, text in described.get("says", ()))
        for name, member in described.get("members", {}).items():
            for what, text in snapshot.objects.get(member, {}).get("says", ()):
                yield f"{path}.{name}", what, text


def _change(
    library: Library, snapshot: Snapshot, writer: Writer, said: tuple[str, str, str]
) -> Change:
    path, what, text = said
    first, _, rest = text.partition("\n")
    version = re.match(r"(?:version )?(\d+(?:\.\d+)+)", first) if what != "warning" else None
    body = clean(f"{first[version.end() :]} {rest}" if version else text).lstrip(":. ")
    stated = _stated(writer, path, what, body)
    return Change(
        library=library.name,
        version=(normal(version[1]) if version else "") or snapshot.version,
        kind=stated.kind,
        text=f"`{path}`: {body}" if body else f"`{path}` is {what}",
        section=what,
        source="package",
        location=f"{library.name}-{snapshot.version}:{path}",
        old_symbol=path,
        new_symbol=stated.new_symbol,
    )


def _stated(writer: Writer, path: str, what: str, body: str) -> Stated:
    """Settle the kind, and the replacement that the text names."""
    kind: ChangeKind = _KINDS.get(what, "behaviour")
    marked, names = mark(body)
    for sentence in sentences(marked):
        if what == "versionchanged" and not verb_of(sentence):
            continue
        for group in groups_of(sentence, names):
            if group.relation == "new" and group.references:
                new = writer.names.replacement(group.references[0], path, writer.names.scopes())
                if new:
                    return Stated(kind, path, new_symbol=new)
    return Stated(kind, path)
