"""Which rows train and which test: no changed symbol and no near duplicate on two sides.

Rows that share a symbol are one group, and a group goes to one side as a whole. (Near
duplicates share a side because only one of them is published; the leak check counts both.)
The side follows from a seeded hash of one link of the group: its first in the alphabet. So
an entry that is added later leaves the others where they are, unless it joins two groups
into one or brings its group a symbol that comes before all of those that it had. While all
of the groups would be on one side, the one nearest to the border is on the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from recode_data.errors import UsageError, one_of
from recode_data.publish.releases import Dates, checked_day, release_dates
from recode_data.publish.rows import Row
from recode_data.workspace import Workspace
from recode_data.workspace.dataset import near_duplicates

SplitBy: TypeAlias = Literal["change", "library", "time"]
Sides: TypeAlias = dict[str, str]
"""Row id → ``train``, ``test``, or ``out`` for what would leak on either."""


@dataclass(frozen=True)
class Configuration:
    """How the rows of a workspace are cut into a data set."""

    split: SplitBy = "change"
    test_size: float = 0.1
    """Share of the groups that test, between 0 and 1; a time split does not use it."""
    seed: int = 0
    cutoff: str = ""
    """Day (``2025-06-01``) from which on releases test; only for a time split."""

    def __post_init__(self) -> None:
        one_of("split", self.split, get_args(SplitBy))
        if not isinstance(self.test_size, int | float) or not 0 <= self.test_size <= 1:
            raise UsageError(f"test_size is a share from 0 to 1, not {self.test_size!r}", "as 0.1")
        if not self.cutoff and self.split == "time":
            raise UsageError("a time split needs the day of the cut", "add --cutoff 2025-06-01")
        if self.cutoff:
            checked_day(self.cutoff)
        if self.cutoff and self.split != "time":
            raise UsageError(
                f"a cutoff cuts by time, and the split is by {self.split}",
                "add --split time, or leave --cutoff away",
            )


def split_rows(workspace: Workspace, rows: Sequence[Row], configuration: Configuration) -> Sides:
    """Return the side of every row.

    Raises `NetworkError` when a time split needs release dates that cannot be had,
    `UsageError` when whole libraries are to be held out and there is one only.
    """
    if configuration.split == "time":
        dates = {
            library: release_dates(workspace, library)
            for library in sorted({row["library"] for row in rows})
        }
        return split_by_time(rows, dates, configuration.cutoff)
    libraries = sorted({row["library"] for row in rows})
    if configuration.split == "library" and len(libraries) < 2:
        raise UsageError(
            f"only {libraries[0]} is here, so no library can be held out",
            "use --split change, or build another library into the same workspace",
        )
    groups = group_rows(rows, by_library=configuration.split == "library")
    return split_by_hash(groups, configuration.test_size, configuration.seed)


def links(row: Row) -> list[str]:
    """Return what ties a row to others: both symbols, or else the change it shows."""
    symbols = [row[name] for name in ("old_symbol", "new_symbol") if "." in row[name]]
    return symbols or [f"change {row['change_id'] or row['id']}"]


def group_rows(rows: Sequence[Row], by_library: bool = False) -> dict[str, list[Row]]:
    """Return the rows in groups that share no link, each under the name of one link."""
    parent: dict[str, str] = {}

    def root(link: str) -> str:
        parent.setdefault(link, link)
        while parent[link] != link:
            parent[link] = parent[parent[link]]
            link = parent[link]
        return link

    for row in rows:
        first, *others = links(row) + [f"library {row['library']}"] * by_library
        root(first)
        for other in others:
            one, two = sorted((root(first), root(other)))
            parent[two] = one  # so the root is always the first of the group's links
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(root(links(row)[0]), []).append(row)
    return groups


def place(name: str, seed: int) -> float:
    """Return the place of a group between 0 and 1, the same for ever."""
    digest = hashlib.sha256(f"{seed}\0{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def split_by_hash(groups: dict[str, list[Row]], test_size: float, seed: int) -> Sides:
    """Return the sides; of two groups or more neither side is left without any."""
    order = sorted(groups, key=lambda name: (place(name, seed), name))
    count = sum(place(name, seed) < test_size for name in order)
    count = min(max(count, 1), len(order) - 1) if len(order) > 1 else 0
    test = set(order[:count])
    return {
        row["id"]: "test" if name in test else "train"
        for name, members in groups.items()
        for row in members
    }


def split_by_time(rows: Sequence[Row], dates: dict[str, Dates], cutoff: str) -> Sides:
    """Return the sides: a change released on the cutoff or later tests.

    An older row of a group that also has newer ones is left out: it may not train, for its
    symbol is tested, and not test, for a model may know it. So is one without a date.
    """
    sides: Sides = {}
    for members in group_rows(rows).values():
        days = {
            row["id"]: dates.get(row["library"], {}).get(row["new_version"].lstrip("="), "")
            for row in members
        }
        tested = any(day >= cutoff for day in days.values())
        for row in members:
            day = days[row["id"]]
            late = "test" if day >= cutoff else "out"
            sides[row["id"]] = (late if tested else "train") if day else "out"
    return sides


@dataclass(frozen=True)
class Leaks:
    """What is on both sides; all of it should be nothing."""

    symbols: int
    near_duplicates: int
    libraries: int


def leaks(workspace: Workspace, rows: Sequence[Row], sides: Sides) -> Leaks:
    """Count symbols, near-duplicate pairs and libraries that are on both sides."""
    found: dict[str, dict[str, set[str]]] = {"symbol": {}, "library": {}}
    for row in rows:
        if sides[row["id"]] != "out":
            for link in links(row):
                found["symbol"].setdefault(link, set()).add(sides[row["id"]])
            found["library"].setdefault(row["library"], set()).add(sides[row["id"]])
    both = {kind: sum(len(on) > 1 for on in seen.values()) for kind, seen in found.items()}
    crossing = sum({sides.get(one), sides.get(other)} == {"train", "test"}
                   for one, other in near_duplicates(workspace))  # fmt: skip
    return Leaks(both["symbol"], crossing, both["library"])
