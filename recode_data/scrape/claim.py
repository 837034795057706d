"""What a note says of one name, before any library is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from recode_data.scrape.names import Mention

Verb: TypeAlias = Literal[
    "removed", "deprecated", "renamed", "moved", "replaced", "positional", "default", "added", ""
]


@dataclass(frozen=True)
class Claim:
    """What a note says of one name."""

    verb: Verb
    old: Mention | None
    is_keyword: bool = False
    is_value: bool = False
    owners: tuple[Mention, ...] = ()
    new: Mention | None = None
    strong: bool = True
    """The sentence's subject is this name itself, not something about it."""
    text: str = ""
    """The sentence, marked."""
