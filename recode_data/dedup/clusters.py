"""Connected components: what is linked, directly or over others, is one cluster."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TypeVar

T = TypeVar("T", bound=Hashable)


def components(links: Iterable[tuple[T, T]]) -> dict[T, T]:
    """Return for every linked item a member that stands for its component.

    >>> len(set(components([(1, 2), (2, 3), (8, 9)]).values()))
    2
    """
    parent: dict[T, T] = {}
    for one, other in links:
        a, b = _root(parent, one), _root(parent, other)
        if a != b:
            parent[b] = a
    return {item: _root(parent, item) for item in parent}


def _root(parent: dict[T, T], item: T) -> T:
    """Return the root of ``item``, and shorten the way to it for the next time."""
    parent.setdefault(item, item)
    while parent[item] != item:
        parent[item] = parent[parent[item]]
        item = parent[item]
    return item
