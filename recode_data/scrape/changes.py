"""Notes to changes: read the document, find its items, write what each claims."""

from __future__ import annotations

from collections.abc import Iterator

from recode_data.records import Change, ChangeKind, ReleaseNote
from recode_data.scrape import words
from recode_data.scrape.blocks import Block
from recode_data.scrape.grammar import Claim, Verb, read_item
from recode_data.scrape.items import Item, find_items
from recode_data.scrape.resolve import Resolver
from recode_data.scrape.rst import read_rst

_KINDS: dict[Verb, ChangeKind] = {
    "removed": "removed",
    "deprecated": "deprecated",
    "renamed": "renamed",
    "moved": "moved",
    "replaced": "renamed",
    "positional": "keyword_only",
    "default": "default_changed",
    "added": "added",
    "": "behaviour",
}


def read_note(note: ReleaseNote) -> list[Item]:
    """Return the items of a note."""
    return list(find_items(read_blocks(note)))


def read_blocks(note: ReleaseNote) -> list[Block]:
    return read_rst(note.text)


def changes_of(note: ReleaseNote, items: list[Item], resolver: Resolver) -> list[Change]:
    """Return the changes that a note states: one for each name, or one for an item that
    names nothing."""
    found: dict[str, Change] = {}
    for item in items:
        made = list(_changes(note, item, resolver)) or [_change(note, item, _plain(item))]
        found.update((change.id, change) for change in made)
    return list(found.values())


def _plain(item: Item) -> ChangeKind:
    return "added" if item.section == "added" else "behaviour"


def _change(note: ReleaseNote, item: Item, kind: ChangeKind, **parts: str) -> Change:
    section = " > ".join(item.path[1:]) if len(item.path) > 1 else " > ".join(item.path)
    return Change(
        library=note.library,
        version=note.version,
        kind=kind,
        text=item.text,
        section=section,
        source=note.source,
        location=note.location,
        note_id=note.id,
        **parts,
    )


def _changes(note: ReleaseNote, item: Item, resolver: Resolver) -> Iterator[Change]:
    for claim in read_item(item):
        if claim.is_keyword or claim.is_value:
            yield from _keyword(note, item, claim, resolver)
        else:
            yield from _symbol(note, item, claim, resolver)


def _symbol(note: ReleaseNote, item: Item, claim: Claim, resolver: Resolver) -> Iterator[Change]:
    assert claim.old is not None
    kind = _KINDS[claim.verb] if claim.strong and claim.old.kind != "expression" else "behaviour"
    for path in resolver.symbol(claim.old, item.module, claim.owners):
        new = resolver.replacement(claim.new, item.module, path) if claim.new else ""
        if new == path:
            new = ""
        yield _change(note, item, kind, old_symbol=path, new_symbol=new)


def _keyword(note: ReleaseNote, item: Item, claim: Claim, resolver: Resolver) -> Iterator[Change]:
    assert claim.old is not None
    keyword = claim.old.keyword or claim.old.path
    if not keyword.isidentifier():
        return
    new = claim.new
    new_keyword = (new.keyword or new.path) if new is not None and "." not in new.path else ""
    kind = _KINDS[claim.verb]
    if claim.verb in ("removed", "renamed", "replaced"):
        kind = "keyword_renamed" if new_keyword else "keyword_removed"
    if claim.is_value and not words.KEYWORDS.search(claim.text):
        kind = "behaviour"
    for owner in claim.owners:
        for path in resolver.symbol(owner, item.module):
            yield _change(
                note,
                item,
                kind,
                old_symbol=path,
                old_keyword=keyword,
                old_value=claim.old.value,
                new_symbol=path if new_keyword else "",
                new_keyword=new_keyword,
            )
