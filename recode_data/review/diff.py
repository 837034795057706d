"""Two codes side by side, line by line, as rows for a table."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Literal


@dataclass(frozen=True)
class Line:
    """A row of the diff; a side that has no such line has the number 0."""

    change: Literal["same", "changed"]
    old_number: int
    old: str
    new_number: int
    new: str


def side_by_side(old: str, new: str) -> list[Line]:
    """Return the rows that show how ``old`` becomes ``new``.

    >>> [(line.change, line.old, line.new) for line in side_by_side("a\\nb", "a\\nc\\nd")]
    [('same', 'a', 'a'), ('changed', 'b', 'c'), ('changed', '', 'd')]
    """
    before, after = old.split("\n"), new.split("\n")
    rows: list[Line] = []
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        left, right = range(a, b), range(c, d)
        for i, j in zip_longest(left, right):
            rows.append(
                Line(
                    "same" if tag == "equal" else "changed",
                    0 if i is None else i + 1,
                    "" if i is None else before[i],
                    0 if j is None else j + 1,
                    "" if j is None else after[j],
                )
            )
    return rows
