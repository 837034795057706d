"""Questions that several commands ask of a workspace."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from recode_data.errors import UnknownName, UsageError
from recode_data.records import Change, Entry, Run, Verdict
from recode_data.workspace import Workspace
from recode_data.workspace.reviews import withheld

RUNS = ("old_on_old", "old_on_new", "new_on_old", "new_on_new")


@dataclass(frozen=True)
class Stage:
    """One line of the funnel: how many rows there are, and what was dropped before."""

    name: str
    count: int
    dropped: Counter[str]
    owed: int = 0


def funnel(workspace: Workspace) -> list[Stage]:
    """Return the stages from release notes to unique valid entries, in order.

    Only the newest judge's verdict of an entry counts.
    """
    verdicts = _latest_verdicts(workspace)
    valid = verdicts["valid"].total()
    stuck = Counter({"judge_fails": verdicts["error"].pop("judge_fails", 0)})
    owed = verdicts["error"].total() + verdicts["timeout"].total()
    dropped = verdicts["invalid"] + stuck
    judged = valid + owed + dropped.total()
    entries = workspace.count(Entry)
    duplicates = _duplicates(workspace) + _withheld(workspace)
    return [
        Stage("notes", _count(workspace, "notes"), _drops(workspace, "scrape")),
        Stage("changes", _count(workspace, "changes"), _drops(workspace, "synthesize")),
        Stage("entries", entries, Counter()),
        Stage("judged", judged, dropped, owed + entries - judged),
        Stage("valid", valid, duplicates),
        Stage("unique", valid - duplicates.total(), Counter()),
    ]


def find_id(workspace: Workspace, prefix: str) -> tuple[str, str]:
    """Return ``(table, id)`` of the one record whose id begins with ``prefix``.

    Raises `UnknownName` when there is none or more than one.
    """
    tables = (Entry.table, Change.table, Run.table)
    query = " UNION ALL ".join(
        f"SELECT '{table}' AS kind, id FROM {table} WHERE starts_with(id, $1)" for table in tables
    )
    found = workspace.sql(query + " LIMIT 3", [prefix]).to_pylist()
    if not found:
        raise UnknownName(f"nothing has the id {prefix!r}", "recode-data entries lists the ids")
    if len(found) > 1:
        raise UnknownName(f"several ids begin with {prefix!r}", "type more of the id")
    return found[0]["kind"], found[0]["id"]


def latest_verdict(workspace: Workspace, entry_id: str) -> Verdict | None:
    """Return what the newest judge said of an entry, or None."""
    found = workspace.all(Verdict, "entry_id = ?", [entry_id])
    return max(found, key=lambda verdict: _order(verdict.judge)) if found else None


def runs_of(workspace: Workspace, verdict: Verdict | None) -> dict[str, Run]:
    """Return the runs that a verdict stands on by their part in it: ``old_on_old``, …"""
    told = verdict.evidence.get("runs", {}) if verdict else {}
    ids = {name: run["run"] for name, run in told.items() if "run" in run}
    rows = workspace.all(Run, "list_contains(?::VARCHAR[], id)", [list(ids.values())])
    made = {run.id: run for run in rows}
    found = {name: made[run] for name, run in ids.items() if run in made}
    return dict(sorted(found.items(), key=lambda one: RUNS.index(one[0]) if one[0] in RUNS else 9))


def _order(version: str) -> list[int]:
    return [int(part) if part.isdigit() else 0 for part in version.split(".")]


def _count(workspace: Workspace, table: str) -> int:
    return int(workspace.sql(f"SELECT count(*) AS n FROM {table}")["n"][0].as_py())


def _drops(workspace: Workspace, stage: str) -> Counter[str]:
    rows = workspace.sql(
        """SELECT reason, count(DISTINCT subject_id) AS n FROM attempts
           WHERE starts_with(stage, ?) AND produced = 0 AND reason <> '' GROUP BY reason""",
        [stage],
    )
    return Counter({row["reason"]: row["n"] for row in rows.to_pylist()})


def _latest_verdicts(workspace: Workspace) -> dict[str, Counter[str]]:
    """Return status → reason → count over the newest verdict of each entry."""
    rows = workspace.sql(
        """SELECT status, reason, count(*) AS n FROM (
               SELECT status, reason FROM verdicts SEMI JOIN entries ON entries.id = entry_id
               QUALIFY row_number() OVER (
                   PARTITION BY entry_id ORDER BY length(judge) DESC, judge DESC) = 1)
           GROUP BY ALL"""
    ).to_pylist()
    counts: dict[str, Counter[str]] = {
        status: Counter() for status in ("valid", "invalid", "error", "timeout")
    }
    for row in rows:
        counts[row["status"]][row["reason"]] = row["n"]
    return counts


def _has_duplicates(workspace: Workspace) -> bool:
    tables = workspace.sql("SELECT table_name FROM information_schema.tables").to_pylist()
    return any(row["table_name"] == "duplicates" for row in tables)


def _duplicates(workspace: Workspace) -> Counter[str]:
    if not _has_duplicates(workspace):
        return Counter()
    rows = workspace.sql(
        """SELECT reason, count(*) AS n FROM duplicates WHERE entry_id <> representative
           GROUP BY ALL
           UNION ALL SELECT 'in a benchmark', count(DISTINCT entry_id) AS n FROM contaminated
           WHERE entry_id NOT IN (
               SELECT entry_id FROM duplicates WHERE entry_id <> representative)
           HAVING n > 0"""
    )
    return Counter({row["reason"]: row["n"] for row in rows.to_pylist()})


def _withheld(workspace: Workspace) -> Counter[str]:
    """Count the valid entries that reviewers keep back and that are dropped for nothing else."""
    kept_back = withheld(workspace)
    listed = [(name, id) for name, ids in kept_back.items() for id in ids]
    if not listed:
        return Counter()
    valid = {
        row["entry_id"]
        for row in workspace.sql(
            """SELECT entry_id FROM (
                   SELECT * FROM verdicts SEMI JOIN entries ON entries.id = entry_id
                   QUALIFY row_number() OVER (
                       PARTITION BY entry_id ORDER BY length(judge) DESC, judge DESC) = 1)
               WHERE status = 'valid'"""
        ).to_pylist()
    }
    if _has_duplicates(workspace):
        gone = workspace.sql(
            """SELECT entry_id FROM duplicates WHERE entry_id <> representative
               UNION SELECT entry_id FROM contaminated"""
        )
        valid -= {row["entry_id"] for row in gone.to_pylist()}
    return Counter(f"{name} in review" for name, id in listed if id in valid)


def duplicate_of(workspace: Workspace, entry_id: str) -> str:
    """Say of which entry this one is a duplicate, or nothing."""
    if not _has_duplicates(workspace):
        return ""
    rows = workspace.sql(
        """SELECT representative, reason, similarity FROM duplicates
           WHERE entry_id = ? AND entry_id <> representative""",
        [entry_id],
    ).to_pylist()
    return "".join(
        f"of {row['representative']} ({row['reason']}, similarity {row['similarity']:.2f})"
        for row in rows
    )


def judged_table(
    workspace: Workspace,
    library: str = "",
    status: str = "",
    limit: int | None = None,
    kind: str = "",
) -> pa.Table:
    """Return each entry as a row: its fields, and what its newest verdict says.

    ``status`` is a status, a reason, or ``unjudged``; ``kind`` the kind of update.

    The verdict's columns are ``status`` (empty before validation), ``reason``, ``kind``,
    ``detail``, ``measured_old_version`` and ``measured_version``. Rows are ordered by
    library, changed symbol and id.
    """
    query = """
        SELECT e.*, coalesce(v.status, '') AS status, coalesce(v.reason, '') AS reason,
               coalesce(v.kind, '') AS kind, coalesce(v.detail, '') AS detail,
               coalesce(v.old_version, '') AS measured_old_version,
               coalesce(v.new_version, '') AS measured_version
        FROM entries e LEFT JOIN (
            SELECT * FROM verdicts QUALIFY row_number() OVER (
                PARTITION BY entry_id ORDER BY length(judge) DESC, judge DESC) = 1
        ) v ON v.entry_id = e.id
        WHERE ($1 = '' OR lower(e.dependency) = lower($1))
          AND ($2 = '' OR coalesce(v.status, 'unjudged') = $2 OR v.reason = $2)
          AND ($4 = '' OR v.kind = $4)
        ORDER BY e.dependency, e.old_symbol, e.id LIMIT $3"""
    return workspace.sql(query, [library, status, limit or 2**31, kind])


def judged_entries(
    workspace: Workspace,
    library: str = "",
    status: str = "",
    limit: int | None = None,
    kind: str = "",
) -> list[dict[str, Any]]:
    """Return the rows of `judged_table`, each with its ``parameters`` as an object."""
    rows: list[dict[str, Any]] = judged_table(workspace, library, status, limit, kind).to_pylist()
    for row in rows:
        row["parameters"] = json.loads(row["parameters"])
    return rows


def entry_libraries(workspace: Workspace) -> list[str]:
    """Return the names of the libraries that have entries here."""
    names = workspace.sql("SELECT DISTINCT dependency FROM entries ORDER BY dependency")
    return [str(name) for name in names["dependency"].to_pylist()]


def scraped_libraries(workspace: Workspace) -> list[str]:
    """Return the names of the libraries whose notes are here.

    Raises `UsageError` when there is none yet.
    """
    names = workspace.sql("SELECT DISTINCT library FROM notes ORDER BY library")["library"]
    if not len(names):
        raise UsageError("no library was scraped yet", "recode-data scrape numpy")
    return [str(name) for name in names.to_pylist()]
