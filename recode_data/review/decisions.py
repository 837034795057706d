"""Which entries a reviewer has before them, and what becomes of a decision."""

from __future__ import annotations

import ast
import dataclasses
import warnings
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from recode_data.errors import UnknownName, UsageError
from recode_data.records import Decision, DecisionKind, Entry, Run, Verdict
from recode_data.workspace import Workspace
from recode_data.workspace.queries import latest_verdict, runs_of

REASONS = {
    "wrong": "the new code does not do what the old code did",
    "unrelated": "the codes do not show the change that the text tells",
    "text": "the update text is wrong, cut, or says nothing",
    "description": "the description does not fit the codes",
    "trivial": "nothing can be learnt from it",
    "style": "nobody would write code like this",
    "other": "another reason, told in the note",
}
"""Why an entry is rejected."""


@dataclass(frozen=True)
class Filters:
    """Which entries are reviewed; an empty field leaves them all."""

    library: str = ""
    kind: str = ""
    """Kind of update, as the judge found it: ``breaking``, ``deprecated``, …"""
    engine: str = ""
    status: str = "valid"

    def condition(self) -> tuple[str, list[Any]]:
        """Return an SQL condition over ``judged`` with its parameters."""
        parts = {
            "dependency": self.library,
            "kind": self.kind,
            "engine": self.engine,
            "status": self.status,
        }
        given = {name: value for name, value in parts.items() if value}
        return " AND ".join([f"{name} = ?" for name in given] or ["true"]), list(given.values())


_JUDGED = """
    SELECT e.id, e.dependency, e.engine, coalesce(v.kind, '') AS kind,
           coalesce(v.status, 'unjudged') AS status
    FROM entries e LEFT JOIN (
        SELECT * FROM verdicts QUALIFY row_number() OVER (
            PARTITION BY entry_id ORDER BY length(judge) DESC, judge DESC) = 1
    ) v ON v.entry_id = e.id"""


@dataclass(frozen=True)
class Case:
    """An entry with all that a reviewer looks at."""

    entry: Entry
    verdict: Verdict | None
    runs: dict[str, Run]
    """``old_on_old`` and the other three, where they were made."""
    decision: Decision | None
    """The reviewer's own, when they have been here before."""


def next_entry(workspace: Workspace, reviewer: str, filters: Filters) -> str | None:
    """Return the id of the first entry that ``reviewer`` has not decided, or None.

    Those skipped come again when nothing else is left.
    """
    condition, values = filters.condition()
    rows = workspace.sql(
        f"""SELECT j.id FROM ({_JUDGED}) j
            LEFT JOIN decisions d ON d.entry_id = j.id AND d.reviewer = ?
            WHERE {condition} AND (d.id IS NULL OR d.decision = 'skip')
            ORDER BY d.decided NULLS FIRST, j.id LIMIT 1""",
        [reviewer, *values],
    ).to_pylist()
    return rows[0]["id"] if rows else None


def case(workspace: Workspace, entry_id: str, reviewer: str) -> Case:
    """Return an entry with its evidence; raises `UnknownName`."""
    found = workspace.all(Entry, "id = ?", [entry_id])
    if not found:
        raise UnknownName(f"no entry has the id {entry_id!r}", "recode-data entries lists the ids")
    verdict = latest_verdict(workspace, entry_id)
    own = workspace.all(Decision, "entry_id = ? AND reviewer = ?", [entry_id, reviewer])
    return Case(found[0], verdict, runs_of(workspace, verdict), own[0] if own else None)


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
    if decision == "reject" and reason == "other" and not note.strip():
        raise UsageError("this reason needs a note", "say in it what is wrong")
    if not workspace.count(Entry, "id = ?", [entry_id]):
        raise UnknownName(f"no entry has the id {entry_id!r}", "recode-data entries lists the ids")
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
    found = workspace.all(Decision, "entry_id = ? AND reviewer = ?", [entry_id, reviewer])
    if not found:
        raise UnknownName(
            f"{reviewer} has decided nothing of the entry {entry_id!r}", "go back to the overview"
        )
    [decision] = found
    workspace.execute("BEGIN")
    workspace.execute("DELETE FROM decisions WHERE id = ?", [decision.id])
    for table, column in (("verdicts", "entry_id"), ("entries", "id")):
        workspace.execute(
            f"""DELETE FROM {table} WHERE {column} = ? AND {column} NOT IN (
                    SELECT edited_as FROM decisions UNION SELECT entry_id FROM decisions)""",
            [decision.edited_as],
        )
    workspace.execute("COMMIT")
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


@dataclass(frozen=True)
class Place:
    """Where an entry stands among those that the filters leave, in the order of their ids."""

    number: int
    """From 1; 0 when the filters leave it out."""
    total: int
    before: str
    """Id of the entry before it, empty for the first."""
    after: str
    left: int
    """How many of them the reviewer has not decided."""


def place(workspace: Workspace, entry_id: str, reviewer: str, filters: Filters) -> Place:
    """Return where ``entry_id`` stands for ``reviewer``."""
    condition, values = filters.condition()
    [row] = workspace.sql(
        f"""WITH listed AS (SELECT id FROM ({_JUDGED}) WHERE {condition})
            SELECT count(*) AS total, count(*) FILTER (id <= $one) AS number,
                   count(*) FILTER (id = $one) AS inside,
                   coalesce(max(id) FILTER (id < $one), '') AS before,
                   coalesce(min(id) FILTER (id > $one), '') AS after,
                   count(*) FILTER (id NOT IN (
                       SELECT entry_id FROM decisions
                       WHERE reviewer = $two AND decision <> 'skip')) AS left
            FROM listed""".replace("$one", "?").replace("$two", "?"),
        [*values, *[entry_id] * 4, reviewer],
    ).to_pylist()
    number = row["number"] if row["inside"] else 0
    return Place(number, row["total"], row["before"], row["after"], row["left"])


@dataclass(frozen=True)
class Tally:
    """What one reviewer has decided, and what is left under the filters."""

    reviewer: str
    counts: Counter[str]
    left: int


def tallies(workspace: Workspace, reviewers: list[str], filters: Filters) -> list[Tally]:
    """Return a tally for each of ``reviewers`` and everyone who has decided before."""
    condition, values = filters.condition()
    rows = workspace.sql(
        f"""SELECT reviewer, decision, count(*) AS n, count(*) FILTER (
                WHERE decision <> 'skip' AND entry_id IN (
                    SELECT id FROM ({_JUDGED}) WHERE {condition})) AS done
            FROM decisions GROUP BY ALL""",
        values,
    ).to_pylist()
    total = matching(workspace, filters)
    names = sorted({row["reviewer"] for row in rows} | {name for name in reviewers if name})
    return [
        Tally(
            name,
            Counter({row["decision"]: row["n"] for row in rows if row["reviewer"] == name}),
            total - sum(row["done"] for row in rows if row["reviewer"] == name),
        )
        for name in names
    ]


def matching(workspace: Workspace, filters: Filters) -> int:
    """Return how many entries the filters leave."""
    condition, values = filters.condition()
    counted = workspace.sql(f"SELECT count(*) AS n FROM ({_JUDGED}) WHERE {condition}", values)
    return int(counted["n"][0].as_py())


def choices(workspace: Workspace) -> dict[str, list[str]]:
    """Return the values that each filter can take in this workspace."""
    table = workspace.sql(f"SELECT DISTINCT dependency, kind, engine, status FROM ({_JUDGED})")
    rows = table.to_pylist()
    columns = {"library": "dependency", "kind": "kind", "engine": "engine", "status": "status"}
    return {
        name: sorted({row[column] for row in rows if row[column]})
        for name, column in columns.items()
    }
