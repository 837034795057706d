"""Which entries a validation still owes a verdict, and which library judges each."""

from __future__ import annotations

from collections.abc import Iterable

from recode_data.library import Library, library_files, load_library
from recode_data.records import Entry
from recode_data.validate.verdicts import JUDGE
from recode_data.workspace import Workspace

OWED = ("error", "timeout")
"""Reasons that are not final: a run that could not be made says nothing of the entry."""


def owed(
    workspace: Workspace, libraries: Iterable[str] = (), retry: Iterable[str] = OWED
) -> list[Entry]:
    """Return the entries without a final verdict of this judge, in the order of their ids.

    A verdict whose reason is in ``retry`` is owed again. ``libraries`` keeps only the
    entries whose dependency one of those definitions matches; empty keeps all.
    """
    reasons = list(retry)
    marks = ", ".join("?" * len(reasons)) or "NULL"
    settled = f"SELECT entry_id FROM verdicts WHERE judge = ? AND reason NOT IN ({marks})"
    if not reasons:
        settled = "SELECT entry_id FROM verdicts WHERE judge = ?"
    entries = workspace.all(Entry, f"id NOT IN ({settled})", [JUDGE, *reasons])
    wanted = set(libraries)
    if not wanted:
        return entries
    known = Definitions()
    return [e for e in entries if (found := known.match(e.dependency)) and found.name in wanted]


class Definitions:
    """Library definitions by any name that a data set may write: ``NumPy``, ``PyTorch``."""

    def __init__(self) -> None:
        self.names: dict[str, Library] = {}
        for name in library_files():
            library = load_library(name)
            for known in (library.title, library.import_name, library.name, name):
                if known:
                    self.names[plain(known)] = library

    def match(self, dependency: str) -> Library | None:
        """Return the definition that ``dependency`` means, `None` when there is none."""
        return self.names.get(plain(dependency))


def plain(name: str) -> str:
    """Return a package's name as it is compared: ``Scikit_Learn`` is ``scikit-learn``.

    >>> plain("Scikit_Learn")
    'scikit-learn'
    """
    return name.strip().lower().replace("_", "-").replace(" ", "-")
