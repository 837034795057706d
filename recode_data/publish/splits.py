"""Which rows train and which test: no changed symbol and no near duplicate on two sides.

Rows that share a symbol, or whose codes are near duplicates, are one group, and a group
goes to one side as a whole. Which side follows from a seeded hash of a member of the group
alone, so that entries that are added later leave the others where they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

SplitBy: TypeAlias = Literal["change", "library", "time"]
Row: TypeAlias = dict[str, Any]


def group_rows(rows: Sequence[Row], links: Callable[[Row], list[str]]) -> dict[str, list[Row]]:
    """Return the rows in groups that share no link, each under a name that lasts.

    ``links`` returns what ties a row to others: its symbols, its cluster of near duplicates.
    """
    parent: dict[str, str] = {}

    def root(link: str) -> str:
        parent.setdefault(link, link)
        while parent[link] != link:
            parent[link] = parent[parent[link]]
            link = parent[link]
        return link

    for row in rows:
        first, *others = links(row)
        for other in others:
            parent[root(other)] = root(first)
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(root(links(row)[0]), []).append(row)
    names: dict[str, list[str]] = {}
    for link in parent:
        names.setdefault(root(link), []).append(link)
    return {min(names.get(key, [key])): members for key, members in groups.items()}


def symbol_links(row: Row) -> list[str]:
    """Return what ties a row to others by its change: both symbols, or the change itself."""
    symbols = [row[name] for name in ("old_symbol", "new_symbol") if "." in row[name]]
    return symbols or [f"change {row['change_id'] or row['id']}"]


def position(name: str, seed: int) -> float:
    """Return the place of a group between 0 and 1, the same for ever."""
    digest = hashlib.sha256(f"{seed}\0{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def split_by_groups(groups: dict[str, list[Row]], test_size: float, seed: int) -> dict[str, str]:
    """Return row id → ``train`` or ``test``; with two groups or more neither side is empty."""
    places = {name: position(name, seed) for name in groups}
    test = {name for name, place in places.items() if place < test_size}
    if len(groups) > 1 and not test:
        test = {min(places, key=lambda name: places[name])}
    if len(groups) > 1 and len(test) == len(groups):
        test.remove(max(places, key=lambda name: places[name]))
    return {
        row["id"]: "test" if name in test else "train"
        for name, members in groups.items()
        for row in members
    }
