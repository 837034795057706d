"""Which entries a validation still owes a verdict, and which library judges each."""

from __future__ import annotations

from collections.abc import Iterable

from recode_data.judge.verdict import JUDGE
from recode_data.library import Library
from recode_data.reasons import Reason
from recode_data.records import Entry
from recode_data.workspace import Workspace
from recode_data.workspace.entries import imported_entries
from recode_data.workspace.verdicts import refused, unsettled

OWED = (Reason.ERROR, Reason.TIMEOUT)
"""Reasons that are not final: a run that could not be made says nothing of the entry."""
UNKNOWN = Reason.NO_DEFINITION
"""Final only as long as nobody defines the library."""


def owed(
    workspace: Workspace,
    libraries: Iterable[str] = (),
    retry: Iterable[str] = OWED,
    redate: Iterable[str] = (),
) -> list[Entry]:
    """Return the entries without a final verdict of this judge, in the order of their ids.

    A verdict whose reason is in ``retry`` is owed again, and so is one for want of a
    definition that is there now. ``libraries`` keeps only the entries whose dependency one
    of those definitions matches; empty keeps all. An imported row whose verdict has a reason
    in ``redate`` is owed again until its update was searched for.
    """
    reasons = [*retry, UNKNOWN]
    entries = unsettled(workspace, JUDGE, reasons)
    given_up = {verdict.entry_id for verdict in refused(workspace, JUDGE, [UNKNOWN])}
    entries += _undated(workspace, [reason for reason in redate if reason not in reasons])
    entries.sort(key=lambda entry: entry.id)
    wanted = set(libraries)
    return [
        entry
        for entry in entries
        if _due(Library.matching(entry.dependency), entry.id in given_up, wanted)
    ]


def _undated(workspace: Workspace, reasons: list[str]) -> list[Entry]:
    """Return the imported rows that were judged on the pair that they claim alone."""
    verdicts = refused(workspace, JUDGE, reasons) if reasons else []
    ids = [verdict.entry_id for verdict in verdicts if "claimed" not in verdict.evidence]
    return imported_entries(workspace, ids) if ids else []


def _due(library: Library | None, given_up: bool, wanted: set[str]) -> bool:
    if library is None:
        return not given_up and not wanted
    return not wanted or library.name in wanted
