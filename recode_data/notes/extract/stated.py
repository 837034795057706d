"""What a change says in symbols, and of which kind it is by what the sentence says."""

from __future__ import annotations

from dataclasses import dataclass

from recode_data.notes.extract.candidate import Verb
from recode_data.records import ChangeKind

KINDS: dict[Verb, ChangeKind] = {
    "removed": "removed",
    "deprecated": "deprecated",
    "renamed": "renamed",
    "moved": "moved",
    "replaced": "renamed",
    "positional": "keyword_only",
    "default": "default_changed",
    "added": "added",
    "": "behaviour",
}
ENDINGS: set[ChangeKind] = {"removed", "renamed", "moved"}


@dataclass(frozen=True)
class Stated:
    """The symbols of a change."""

    kind: ChangeKind
    old_symbol: str = ""
    old_keyword: str = ""
    old_value: str = ""
    new_symbol: str = ""
    new_keyword: str = ""
    new_value: str = ""
