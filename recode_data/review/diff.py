"""Two codes side by side, line by line and within a line, as rows for a table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Literal, NamedTuple

ALIKE = 0.4
"""Share of equal words from which on two lines are one line that was changed: below it,
marks within the lines are scattered over nearly all of them and help nobody."""


class Part(NamedTuple):
    """A piece of a line, and whether the other side lacks it."""

    text: str
    changed: bool


@dataclass(frozen=True)
class Line:
    """A row of the diff; a side that has no such line has the number 0."""

    change: Literal["same", "changed"]
    old_number: int
    old: str
    new_number: int
    new: str

    @property
    def parts(self) -> tuple[list[Part], list[Part]]:
        """The old and the new line in pieces; those that only one side has are marked.

        >>> Line("changed", 1, "np.in1d(a)", 1, "np.isin(a)").parts[1]
        [Part(text='np.', changed=False), Part(text='isin', changed=True), Part(text='(a)', \
changed=False)]
        """
        whole = [Part(self.old, False)], [Part(self.new, False)]
        if self.change == "same" or not (self.old_number and self.new_number):
            return whole
        before, after = (re.findall(r"\w+|\s+|.", text) for text in (self.old, self.new))
        matcher = SequenceMatcher(None, before, after, autojunk=False)
        if matcher.ratio() < ALIKE:
            return whole
        old, new = [], []
        for tag, a, b, c, d in matcher.get_opcodes():
            old += [Part("".join(before[a:b]), tag != "equal")] if b > a else []
            new += [Part("".join(after[c:d]), tag != "equal")] if d > c else []
        return old, new


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


class Unified(NamedTuple):
    """A row of the diff in one column."""

    side: Literal["same", "old", "new"]
    number: int
    parts: list[Part]


def one_column(lines: list[Line]) -> list[Unified]:
    """Return the rows of `side_by_side` one below the other: of each changed stretch the
    old lines, then the new ones."""
    rows: list[Unified] = []
    added: list[Unified] = []
    for line in lines:
        old, new = line.parts
        if line.change == "same":
            rows += [*added, Unified("same", line.new_number, new)]
            added = []
            continue
        if line.old_number:
            rows.append(Unified("old", line.old_number, old))
        if line.new_number:
            added.append(Unified("new", line.new_number, new))
    return [*rows, *added]
