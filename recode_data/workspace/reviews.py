"""What people decided about entries, what is still before them, and how far they agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from recode_data.reasons import Reason
from recode_data.records import Decision
from recode_data.workspace import Workspace
from recode_data.workspace.verdicts import LATEST

_REJECTED = "SELECT entry_id FROM decisions WHERE decision = 'reject'"
_REPLACED = f"""SELECT d.entry_id FROM decisions d JOIN ({LATEST}) v ON v.entry_id = d.edited_as
    WHERE d.decision = 'edit' AND v.status = 'valid'"""
UNWANTED = f"{_REJECTED} UNION {_REPLACED}"
"""Entries that are not published: one rejection is enough, and an edit takes the place of
the entry that it changed once it has been judged to be valid."""


def withheld(workspace: Workspace) -> dict[str, set[str]]:
    """Return the entries that people keep from being published, by the reason."""
    rejected = set(workspace.sql(_REJECTED)["entry_id"].to_pylist())
    edited = set(workspace.sql(_REPLACED)["entry_id"].to_pylist()) - rejected
    return {Reason.REJECTED: rejected, Reason.EDITED: edited}


@dataclass(frozen=True)
class Agreement:
    """Two reviewers over the entries that both decided."""

    first: str
    second: str
    entries: int
    same: int
    kappa: float | None
    """None when chance alone would agree on everything, or nothing is shared."""


def cohens_kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Return (p_o - p_e) / (1 - p_e) over pairs of labels (Cohen, 1960); None where it is
    not defined.

    >>> cohens_kappa([("accept", "accept"), ("reject", "reject")])
    1.0
    >>> cohens_kappa([("accept", "reject"), ("reject", "accept")])
    -1.0
    >>> cohens_kappa([("accept", "accept")]) is None
    True
    """
    if not pairs:
        return None
    size = len(pairs)
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    observed = sum(a == b for a, b in pairs) / size
    chance = sum(first[label] * second[label] for label in first) / size**2
    return None if chance == 1 else (observed - chance) / (1 - chance)


def decided(workspace: Workspace) -> Counter[str]:
    """Return how many entries were accepted, rejected or edited by anyone."""
    rows = workspace.sql(
        """SELECT decision, count(DISTINCT entry_id) AS n FROM decisions
           WHERE decision <> 'skip' GROUP BY decision"""
    ).to_pylist()
    return Counter({row["decision"]: row["n"] for row in rows})


def agreements(workspace: Workspace) -> list[Agreement]:
    """Return the agreement of every two reviewers who share an entry; skips do not count."""
    labels: dict[str, dict[str, str]] = {}
    for decision in workspace.all(Decision, "decision <> 'skip'"):
        labels.setdefault(decision.reviewer, {})[decision.entry_id] = decision.decision
    found = []
    for one, other in combinations(sorted(labels), 2):
        shared = sorted(labels[one].keys() & labels[other].keys())
        pairs = [(labels[one][entry], labels[other][entry]) for entry in shared]
        if pairs:
            same = sum(a == b for a, b in pairs)
            found.append(Agreement(one, other, len(pairs), same, cohens_kappa(pairs)))
    return found


def decision_of(workspace: Workspace, entry_id: str, reviewer: str) -> Decision | None:
    """Return what ``reviewer`` decided of an entry, or None."""
    found = workspace.all(Decision, "entry_id = ? AND reviewer = ?", [entry_id, reviewer])
    return found[0] if found else None


def remove_decision(workspace: Workspace, decision: Decision) -> None:
    """Remove a decision, and the entry that it made, unless other decisions are about that."""
    with workspace.transaction():
        workspace.execute("DELETE FROM decisions WHERE id = ?", [decision.id])
        for table, column in (("verdicts", "entry_id"), ("entries", "id")):
            workspace.execute(
                f"""DELETE FROM {table} WHERE {column} = ? AND {column} NOT IN (
                        SELECT edited_as FROM decisions UNION SELECT entry_id FROM decisions)""",
                [decision.edited_as],
            )


@dataclass(frozen=True)
class Filters:
    """Which entries are reviewed; an empty field leaves them all."""

    library: str = ""
    kind: str = ""
    """Kind of update, as the judge found it: ``breaking``, ``deprecated``, …"""
    engine: str = ""
    status: str = "valid"

    def _listed(self) -> tuple[str, list[Any]]:
        """Return SQL for the entries that they leave, and its parameters."""
        parts = {
            "dependency": self.library,
            "kind": self.kind,
            "engine": self.engine,
            "status": self.status,
        }
        given = {name: value for name, value in parts.items() if value}
        condition = " AND ".join([f"{name} = ?" for name in given] or ["true"])
        return f"SELECT * FROM ({_JUDGED}) WHERE {condition}", list(given.values())


_JUDGED = f"""SELECT e.id, e.dependency, e.engine, coalesce(v.kind, '') AS kind,
           coalesce(v.status, 'unjudged') AS status
    FROM entries e LEFT JOIN ({LATEST}) v ON v.entry_id = e.id"""


def next_entry(workspace: Workspace, reviewer: str, filters: Filters) -> str | None:
    """Return the id of the first entry that ``reviewer`` has not decided, or None.

    Those skipped come again when nothing else is left.
    """
    listed, values = filters._listed()
    rows = workspace.sql(
        f"""SELECT j.id FROM ({listed}) j
            LEFT JOIN decisions d ON d.entry_id = j.id AND d.reviewer = ?
            WHERE d.id IS NULL OR d.decision = 'skip'
            ORDER BY d.decided NULLS FIRST, j.id LIMIT 1""",
        [*values, reviewer],
    ).to_pylist()
    return rows[0]["id"] if rows else None


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
    listed, values = filters._listed()
    [row] = workspace.sql(
        f"""WITH listed AS ({listed}), asked AS (SELECT ? AS one, ? AS reviewer)
            SELECT count(*) AS total, count(*) FILTER (id <= one) AS number,
                   count(*) FILTER (id = one) AS inside,
                   coalesce(max(id) FILTER (id < one), '') AS before,
                   coalesce(min(id) FILTER (id > one), '') AS after,
                   count(*) FILTER (id NOT IN (
                       SELECT d.entry_id FROM decisions d JOIN asked a ON d.reviewer = a.reviewer
                       WHERE d.decision <> 'skip')) AS left
            FROM listed, asked""",
        [*values, entry_id, reviewer],
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
    listed, values = filters._listed()
    rows = workspace.sql(
        f"""SELECT reviewer, decision, count(*) AS n, count(*) FILTER (
                WHERE decision <> 'skip' AND entry_id IN (SELECT id FROM ({listed}))) AS done
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
    listed, values = filters._listed()
    return int(workspace.sql(f"SELECT count(*) AS n FROM ({listed})", values)["n"][0].as_py())


def choices(workspace: Workspace) -> dict[str, list[str]]:
    """Return the values that each filter can take in this workspace."""
    table = workspace.sql(f"SELECT DISTINCT dependency, kind, engine, status FROM ({_JUDGED})")
    rows = table.to_pylist()
    columns = {"library": "dependency", "kind": "kind", "engine": "engine", "status": "status"}
    return {
        name: sorted({row[column] for row in rows if row[column]})
        for name, column in columns.items()
    }
