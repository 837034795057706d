"""Where in a library's history the old code stops being clean.

The note's version is never trusted: the old code is run over the versions of the matrix,
and the last clean → first failing or warning step is the update. An announcement and a
removal are two legitimate updates of one change; the one that fits the claim is taken.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeAlias

from packaging.version import InvalidVersion, Version

State: TypeAlias = Literal["clean", "warns", "fails", "changes", "other", "absent"]
"""``other``: fails or errs for another reason; ``absent``: the version cannot be had."""
EVENTS = ("warns", "fails", "changes")

_WANTED: dict[str, State] = {"deprecated": "warns", "removed": "fails"}


@dataclass(frozen=True, slots=True)
class Transition:
    """The old code is clean at index ``old`` of the matrix and is ``state`` at ``new``."""

    old: int
    new: int
    state: State


Scan: TypeAlias = Generator[list[int], dict[int, State], list[Transition]]
"""Yields the indexes whose state it wants, is sent the states, returns transitions, best first."""


def claimed_index(claimed: str, matrix: Sequence[str]) -> int:
    """Return the index of the first version of ``matrix`` that has what ``claimed``
    (``==1.25.0``) announced; never 0, since there must be a version before it."""
    version = parse_version(claimed)
    if version is None:
        return len(matrix) - 1
    index = bisect_left([Version(known) for known in matrix], version)
    return min(max(index, 1), len(matrix) - 1)


def parse_version(claimed: str) -> Version | None:
    """Return the version in ``==2.0.0``, ``1.4.x`` or ``v2``, `None` when there is none."""
    found = re.search(
        r"\d+(?:\.\d+)*(?:(?:a|b|rc)\d+)?(?:(?:\.(?:post|dev)\d+)*\+[a-z0-9.]*[a-z0-9])?", claimed
    )
    try:
        return Version(found[0]) if found else None
    except InvalidVersion:  # pragma: no cover  (the pattern only finds versions)
        return None


def scan(count: int, claimed: int, change_kind: str) -> Scan:
    """Find the transitions among ``count`` versions with few runs.

    First the claimed step itself; if it does not show the claimed kind of update, a
    coarse grid, and then the middle of every interval whose ends differ.
    """
    wanted = _WANTED.get(change_kind)
    known: dict[int, State] = yield [claimed - 1, claimed]
    state = known[claimed]
    if known[claimed - 1] == "clean" and state in EVENTS and wanted in (None, state):
        return [Transition(claimed - 1, claimed, state)]
    grid = {round(step * (count - 1) / 4) for step in range(5)}
    ask = sorted(grid - known.keys())
    while ask:
        known |= yield ask
        ask = _between(known) or (_rest(known, count) if "clean" not in known.values() else [])
    return sorted(_transitions(known), key=lambda transition: _rank(transition, wanted, claimed))


def _between(known: dict[int, State]) -> list[int]:
    """Return the middle of each interval between known versions with different states."""
    order = sorted(known)
    return [
        (low + high) // 2
        for low, high in pairwise(order)
        if high - low > 1 and known[low] != known[high]
    ]


def _rest(known: dict[int, State], count: int) -> list[int]:
    """Return every other version: the clean ones may lie between two coarse steps, unless
    the code fails everywhere for a reason that has nothing to do with the change."""
    if set(known.values()) <= {"other"}:
        return []
    return [index for index in range(count) if index not in known]


def _transitions(known: dict[int, State]) -> list[Transition]:
    transitions: list[Transition] = []
    clean: int | None = None
    last: State = "absent"
    for index in sorted(known):
        state = known[index]
        if state in ("other", "absent"):
            continue
        if state == "clean":
            clean = index
        elif clean is not None and state != last:
            transitions.append(Transition(clean, index, state))
        last = state
    return transitions


def _rank(transition: Transition, wanted: State | None, claimed: int) -> tuple[bool, int, int]:
    return (
        wanted is not None and transition.state != wanted,
        abs(transition.new - claimed),
        transition.new,
    )
