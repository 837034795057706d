"""Notes to changes: read the document, find its items, write what each claims."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace

from recode_data.api.history import History
from recode_data.library import Library
from recode_data.notes.extract.claims import Writer
from recode_data.notes.extract.grammar import read_item
from recode_data.notes.extract.stated import Stated
from recode_data.notes.markup.blocks import Block
from recode_data.notes.markup.html import read_html
from recode_data.notes.markup.items import Item, find_items
from recode_data.notes.markup.markdown import read_markdown
from recode_data.notes.markup.rst import read_rst
from recode_data.records import Change, ChangeKind, ReleaseNote


def read_note(note: ReleaseNote) -> list[Item]:
    """Return the items of a note."""
    return list(find_items(read_blocks(note)))


def read_blocks(note: ReleaseNote) -> list[Block]:
    """Return the blocks of a note, by its format."""
    if note.format == "md":
        return read_markdown(note.text)
    if note.format == "html":
        return read_html(note.text)
    return read_rst(note.text)


def changes_of(
    note: ReleaseNote, items: list[Item], library: Library, history: History
) -> list[Change]:
    """Return the changes that a note states: one for each name, or one for an item that
    names nothing. With an empty ``history`` names are taken as they are written."""
    writer = Writer(library, history, note.version)
    found: dict[str, Change] = {}
    for item in items:
        changes = list(_changes(note, item, writer))
        found.update((change.id, change) for change in changes)
    return list(found.values())


def _changes(note: ReleaseNote, item: Item, writer: Writer) -> Iterator[Change]:
    seen: dict[tuple[str, str], Stated] = {}
    for stated in writer.write(item, read_item(item)):
        key = (stated.old_symbol, stated.old_keyword)
        known = seen.get(key)
        if known is None:
            seen[key] = stated
        elif stated.new_symbol and not known.new_symbol:  # "deprecated. It is superseded by …"
            kind = "deprecated" if known.kind == "deprecated" else stated.kind
            seen[key] = replace(stated, kind=kind)
    for stated in seen.values():
        yield _change(note, item, stated)
    if not seen and item.section != "skipped":
        plain: ChangeKind = "added" if item.section == "added" else "behaviour"
        yield _change(note, item, writer.plain(item, plain))


def _change(note: ReleaseNote, item: Item, stated: Stated) -> Change:
    section = " > ".join(item.path[1:] if len(item.path) > 1 else item.path)
    return Change(
        library=note.library,
        version=note.version,
        text=item.text,
        section=section,
        source=note.source,
        location=note.location,
        note_id=note.id,
        **asdict(stated),
    )
