"""Which entries a validation still owes a verdict, and which library judges each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from recode_data.judge.verdict import JUDGE
from recode_data.library import Library
from recode_data.progress import Progress
from recode_data.reasons import Reason
from recode_data.records import Entry
from recode_data.redo import INSTALLED, generation
from recode_data.workspace import Workspace
from recode_data.workspace.attempts import Inputs
from recode_data.workspace.entries import entry_libraries, imported_entries
from recode_data.workspace.verdicts import judged_before, refused, unsettled

OWED = (Reason.ERROR, Reason.TIMEOUT)
"""Reasons that are not final: a run that could not be made says nothing of the entry."""
OF_A_PYTHON = (Reason.NO_SUCH_VERSION, Reason.INERT, Reason.OLD_FAILS, Reason.OLD_WARNS)
"""Reasons that another Python on the machine may take away."""
GENERATION = "generation"
"""In a verdict's evidence: which generation of inputs it was made of, where not the first."""
STAGE = "validate"
UNKNOWN = Reason.NO_DEFINITION
"""Final only as long as nobody defines the library."""


def owed(
    workspace: Workspace,
    libraries: Iterable[str] = (),
    retry: Iterable[str] = OWED,
    redate: Iterable[str] = (),
    made_of: Mapping[str, Inputs] | None = None,
) -> list[Entry]:
    """Return the entries without a final verdict of this judge, in the order of their ids.

    A verdict whose reason is in ``retry`` is owed again, and so is one for want of a
    definition that is there now. ``libraries`` keeps only the entries whose dependency one
    of those definitions matches; empty keeps all. An imported row whose verdict has a reason
    in ``redate`` is owed again until its update was searched for. A verdict that was made of
    something else than ``made_of`` says (see `judged_with`) is owed again where that matters.
    """
    reasons = [*retry, UNKNOWN]
    entries = unsettled(workspace, JUDGE, reasons)
    given_up = {verdict.entry_id for verdict in refused(workspace, JUDGE, [UNKNOWN])}
    entries += _undated(workspace, [reason for reason in redate if reason not in reasons])
    entries += _outdated(workspace, made_of or {}, {entry.id for entry in entries})
    entries.sort(key=lambda entry: entry.id)
    wanted = set(libraries)
    return [
        entry
        for entry in entries
        if _due(Library.matching(entry.dependency), entry.id in given_up, wanted)
    ]


def judged_with(workspace: Workspace, progress: Progress) -> dict[str, Inputs]:
    """Return what verdicts on the entries of each library are made of, by the name that rows
    give it, with a new generation where that has changed (see `recode_data.redo`)."""
    found = {}
    for name in entry_libraries(workspace):
        library = Library.matching(name)
        if library is not None:
            found[name] = generation(
                *(workspace, STAGE, library, (*INSTALLED, "preload"), progress),
                "its entries are judged again where that matters",
            )
    return found


def _outdated(
    workspace: Workspace, made_of: Mapping[str, Inputs], known: Collection[str]
) -> list[Entry]:
    """Return the entries whose verdict is of an earlier generation: all of them, or, where only
    a Python has come since, those for which a version was missing or showed nothing."""
    found: list[Entry] = []
    for name, inputs in made_of.items():
        if inputs.generation:
            found += judged_before(
                workspace, JUDGE, name, inputs.broad, inputs.generation, OF_A_PYTHON
            )
    return [entry for entry in found if entry.id not in known]


def _undated(workspace: Workspace, reasons: list[str]) -> list[Entry]:
    """Return the imported rows that were judged on the pair that they claim alone."""
    verdicts = refused(workspace, JUDGE, reasons) if reasons else []
    ids = [verdict.entry_id for verdict in verdicts if "claimed" not in verdict.evidence]
    return imported_entries(workspace, ids) if ids else []


def _due(library: Library | None, given_up: bool, wanted: set[str]) -> bool:
    if library is None:
        return not given_up and not wanted
    return not wanted or library.name in wanted
