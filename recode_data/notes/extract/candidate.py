"""What a note says of one name, before any library is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from recode_data.api.references import Reference

Verb: TypeAlias = Literal[
    "removed", "deprecated", "renamed", "moved", "replaced", "positional", "default", "added", ""
]


@dataclass(frozen=True)
class Claim:
    """What a note says of one name."""

    verb: Verb
    old: Reference | None
    is_keyword: bool = False
    is_value: bool = False
    owners: tuple[Reference, ...] = ()
    new: Reference | None = None
    strong: bool = True
    """The sentence's subject is this name itself, not something about it."""
    text: str = ""
    """The sentence, marked."""
