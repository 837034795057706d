"""What is looked for (`Wanted`), what is found (`Example`) and what is cut from it (`Snippet`)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

_WORD = re.compile(r"[A-Za-z_]\w*")
Place: TypeAlias = Literal["docstring", "docs", "test"]


@dataclass(frozen=True, slots=True)
class Import:
    """What one name of a program stands for: ``np`` is ``Import("numpy", "")``."""

    module: str
    attribute: str = ""
    """Empty when the name is the module itself."""
    dotted: tuple[str, ...] = ()
    """Modules below that ``import scipy.stats`` makes reachable through the name."""

    @property
    def path(self) -> str:
        return f"{self.module}.{self.attribute}" if self.attribute else self.module


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement at the top level of an example, with the prose that stands before it."""

    source: str
    shown: bool = False
    """An expression whose value the documentation shows, or a test compares."""
    prose: str = ""
    given: bool = False
    """A parameter or a loop's variable with the value that was chosen for it."""


@dataclass(frozen=True, slots=True)
class Example:
    """Statements of one docstring, page or test, which share their names."""

    location: str
    """``numpy-1.26.4:numpy/lib/arraysetops.py::in1d``."""
    place: Place
    title: str
    """The documented object's name, the test's name, or the page's title."""
    summary: str
    """First sentence of the docstring that holds the example, or of the test."""
    imports: tuple[tuple[str, Import], ...]
    statements: tuple[Statement, ...]
    context: int = 0
    """So many leading statements are only there to be used: fixtures, module constants."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """A program cut from an example around one use of a symbol."""

    code: str
    location: str
    place: Place
    title: str
    summary: str
    prose: str
    shown: str
    """Source of the expression that the program prints."""
    inside: bool = False
    """The use stands inside a definition, and a later line shows what came of it."""


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
