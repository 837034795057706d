"""What was announced and has happened: the end of a name whose end a note, or the library
itself, told of in an earlier version. The snapshots tell when; the words are the announcement's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from recode_data.api.history import History, release
from recode_data.records import Change, ChangeKind

ENDS: set[ChangeKind] = {"removed", "renamed", "moved", "keyword_removed", "keyword_renamed"}
Name = tuple[str, str]


def ended(history: History, changes: Iterable[Change]) -> Iterator[Change]:
    """Yield a change for each deprecated name, or keyword, that is gone in a later version,
    where no note of then says so, or none of them what takes its place though an earlier did.

    It has ``source="surface"`` and the version in which the name is gone; its text, section
    and replacement are the announcement's.
    """
    announced: dict[Name, list[Change]] = defaultdict(list)
    stated: dict[Name, list[Change]] = defaultdict(list)
    versions: set[str] = set()
    for change in changes:
        name = (change.old_symbol, change.old_keyword)
        if change.source in ("surface", "snapshot") or not change.old_symbol:
            continue
        versions |= {change.version} if change.source != "package" else set()
        if change.kind == "deprecated":
            announced[name].append(change)
        elif change.kind in ENDS:
            stated[name].append(change)
    for name, said in announced.items():
        gone = _gone_at(history, name)
        best = min(said, key=lambda each: (not _new(each), each.source == "package", each.id))
        known = stated[name]
        if gone is None or history.versions[gone] < release(best.version):
            continue
        if any(_new(each) for each in known) or (known and not _new(best)):
            continue
        yield _end(history, best, gone, versions)


def _gone_at(history: History, name: Name) -> int | None:
    symbol, keyword = name
    gone = history.gone_at(symbol)
    if not keyword or gone is not None:
        return gone
    return history.keyword_gone_at(symbol, keyword)


def _new(change: Change) -> str:
    return change.new_keyword or change.new_symbol


def _end(history: History, said: Change, gone: int, versions: set[str]) -> Change:
    low, high = history.versions[gone - 1], history.versions[gone]
    between = sorted((release(v), v) for v in versions if low < release(v) <= high)
    kind: ChangeKind = "removed"
    if said.old_keyword:
        kind = "keyword_renamed" if said.new_keyword else "keyword_removed"
    return replace(
        said,
        kind=kind,
        version=between[0][1] if between else history.snapshots[gone].version,
        section=f"announced in {said.version}" + (f": {said.section}" if said.section else ""),
        source="surface",
        location=f"{said.library}-{history.snapshots[gone].version}",
        note_id="",
    )
