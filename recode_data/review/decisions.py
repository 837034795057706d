"""What a reviewer sees of an entry, and what becomes of a decision or an edit."""

from __future__ import annotations

import ast
import dataclasses
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime

from recode_data.errors import UnknownName, UsageError
from recode_data.reasons import Reason
from recode_data.records import Decision, DecisionKind, Entry, Run, Verdict
from recode_data.workspace import Workspace
from recode_data.workspace.entries import find_entry
from recode_data.workspace.reviews import decision_of, remove_decision
from recode_data.workspace.verdicts import latest_verdict, runs_of

REASONS = Reason.of_stage("reject")
"""Why an entry is rejected."""


@dataclass(frozen=True)
class Case:
    """An entry with all that a reviewer looks at."""

    entry: Entry
    verdict: Verdict | None
    runs: dict[str, Run]
    """``old_on_old`` and the other three, where they were made."""
    decision: Decision | None
    """The reviewer's own, when they have been here before."""


def case(workspace: Workspace, entry_id: str, reviewer: str) -> Case:
    """Return an entry with its evidence; raises `UnknownName`."""
    entry, verdict = find_entry(workspace, entry_id), latest_verdict(workspace, entry_id)
    own = decision_of(workspace, entry_id, reviewer)
    return Case(entry, verdict, runs_of(workspace, verdict), own)


def decide(
    workspace: Workspace,
    entry_id: str,
    reviewer: str,
    decision: DecisionKind,
    reason: str = "",
    *,
    note: str = "",
    edited_as: str = "",
) -> Decision:
    """Keep a decision, committed when this returns; raises `UsageError`, `UnknownName`."""
    if decision not in ("accept", "reject", "edit", "skip"):
        raise UsageError(f"no decision is called {decision!r}", "reload the page")
    if decision == "reject" and reason not in REASONS:
        raise UsageError("a rejection needs a reason", f"one of {', '.join(REASONS)}")
    if decision == "reject" and reason == Reason.OTHER and not note.strip():
        raise UsageError("this reason needs a note", "say in it what is wrong")
    find_entry(workspace, entry_id)
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    kept = Decision(
        entry_id,
        reviewer,
        decision,
        reason if decision == "reject" else "",
        note[:2_000],
        edited_as,
        now,
    )
    workspace.replace([kept])
    return kept


def withdraw(workspace: Workspace, entry_id: str, reviewer: str) -> Decision:
    """Take back what ``reviewer`` decided of an entry, and the entry that an edit made.

    Returns the decision as it was; raises `UnknownName` where there is none.
    """
    decision = decision_of(workspace, entry_id, reviewer)
    if decision is None:
        raise UnknownName(
            f"{reviewer} has decided nothing of the entry {entry_id!r}", "go back to the overview"
        )
    remove_decision(workspace, decision)
    return decision


EDITABLE = ("description", "update_info", "old_code", "new_code")
"""Fields of an entry that a reviewer may change."""


def edited(entry: Entry, reviewer: str, fields: dict[str, str]) -> Entry:
    """Return ``entry`` as a reviewer has changed it: its texts and codes.

    Raises `UsageError` when nothing differs, a field is empty or a code is not Python.
    """
    wanted = {
        name: fields.get(name, getattr(entry, name) if name == "update_info" else "")
        .replace("\r\n", "\n")
        .strip("\n")
        for name in EDITABLE
    }
    if not all(value.strip() for value in wanted.values()):
        raise UsageError("an edit needs both texts and both codes", "fill in all four")
    for name in ("old_code", "new_code"):
        _require_python(wanted[name], name.replace("_", " "))
    made = dataclasses.replace(
        entry,
        description=wanted["description"],
        update_info=wanted["update_info"],
        old_code=wanted["old_code"],
        new_code=wanted["new_code"],
        author=f"{entry.author}, edited by {reviewer}",
        parameters={**entry.parameters, "edited_from": entry.id},
        old_origin="written" if wanted["old_code"] != entry.old_code else entry.old_origin,
        new_origin="written" if wanted["new_code"] != entry.new_code else entry.new_origin,
    )
    if made.id == entry.id:
        raise UsageError("nothing was changed", "change a field, or accept the entry as it is")
    return made


def _require_python(code: str, what: str) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of invalid escapes, which old code may have
            ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
        reason = error.msg if isinstance(error, SyntaxError) else str(error)
        raise UsageError(
            f"the {what} is no Python: {reason}{line}", "nothing was kept: mend it and save again"
        ) from error
