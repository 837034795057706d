"""The names that are looked for, among all the words of a text."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORD = re.compile(r"[A-Za-z_]\w*")


class Wanted:
    """A set of names that a text may mention.

    A pattern of a thousand alternatives tries each of them at every place of a text; the
    words of the text are found once and looked up.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.names = frozenset(names)

    def search(self, text: str) -> bool:
        """Tell whether one of the names is a word of ``text``."""
        return not self.names.isdisjoint(_WORD.findall(text))
