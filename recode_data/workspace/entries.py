"""Entries: found by id, by library, by the change that they show, and with their verdicts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from recode_data.errors import UnknownName
from recode_data.records import Change, Entry, Run
from recode_data.workspace import Workspace
from recode_data.workspace.verdicts import LATEST

EXAMPLE_PAIR = "example_pair"
"""The author of entries that are two versions of one example."""


def find_entry(workspace: Workspace, entry_id: str) -> Entry:
    """Return an entry; raises `UnknownName`."""
    found = workspace.all(Entry, "id = ?", [entry_id])
    if not found:
        raise UnknownName(f"no entry has the id {entry_id!r}", "recode-data entries lists the ids")
    return found[0]


def find_record(workspace: Workspace, prefix: str) -> Entry | Change | Run:
    """Return the one entry, change or run whose id begins with ``prefix``.

    Raises `UnknownName` when there is none or more than one.
    """
    kinds: dict[str, type[Entry] | type[Change] | type[Run]] = {
        kind.table: kind for kind in (Entry, Change, Run)
    }
    query = " UNION ALL ".join(
        f"SELECT '{table}' AS kind, id FROM {table} WHERE starts_with(id, $1)" for table in kinds
    )
    found = workspace.sql(query + " LIMIT 3", [prefix]).to_pylist()
    if not found:
        raise UnknownName(f"nothing has the id {prefix!r}", "recode-data entries lists the ids")
    if len(found) > 1:
        raise UnknownName(f"several ids begin with {prefix!r}", "type more of the id")
    kind = kinds[found[0]["kind"]]
    return workspace.all(kind, "id = ?", [found[0]["id"]])[0]


def entries_of_change(workspace: Workspace, change_id: str) -> list[Entry]:
    """Return the entries that were written for a change."""
    return workspace.all(Entry, "change_id = ?", [change_id])


def entries_of_rules(workspace: Workspace, dependency: str) -> list[Entry]:
    """Return the entries of a library that the rules wrote."""
    return workspace.all(Entry, "engine = 'rules' AND dependency = ?", [dependency])


def forget_entries_of_rules(
    workspace: Workspace, dependency: str, change_ids: Iterable[str]
) -> None:
    """Remove what the rules wrote of changes of a library, and that was not made of two versions
    of an example. What was judged of it is kept."""
    workspace.execute(
        """DELETE FROM entries WHERE engine = 'rules' AND dependency = ? AND author <> ?
           AND list_contains(?::VARCHAR[], change_id)""",
        [dependency, EXAMPLE_PAIR, list(change_ids)],
    )


def forget_example_pairs(workspace: Workspace, dependency: str) -> None:
    """Remove the entries of a library that were made of two versions of an example."""
    workspace.execute(
        "DELETE FROM entries WHERE engine = 'rules' AND dependency = ? AND author = ?",
        [dependency, EXAMPLE_PAIR],
    )


def entries_to_describe(workspace: Workspace, dependencies: Sequence[str]) -> list[Entry]:
    """Return the valid entries of libraries whose description no model wrote and on which nobody
    has decided; of all libraries where none is named."""
    where = f"""engine = 'rules' AND json_extract(parameters, '$.description') IS NULL
        AND id IN (SELECT entry_id FROM ({LATEST}) WHERE status = 'valid')
        AND id NOT IN (SELECT entry_id FROM decisions)
        AND (len($1) = 0 OR list_contains($1, lower(dependency)))"""
    return workspace.all(Entry, where, [[name.lower() for name in dependencies]])


def put_in_place_of(workspace: Workspace, entries: Mapping[str, Entry]) -> None:
    """Put each entry in the place of the one with the id that it stands under."""
    workspace.add(entries.values())
    gone = [old for old, new in entries.items() if new.id != old]
    workspace.execute("DELETE FROM entries WHERE list_contains(?::VARCHAR[], id)", [gone])


def imported_entries(workspace: Workspace, ids: Iterable[str]) -> list[Entry]:
    """Return those of ``ids`` that were imported."""
    where = "engine = 'import' AND list_contains(?::VARCHAR[], id)"
    return workspace.all(Entry, where, [list(ids)])


def has_entry(workspace: Workspace, dependencies: Sequence[str]) -> bool:
    """Return whether there is an entry of a library that is called one of ``dependencies``."""
    where = "list_contains(?::VARCHAR[], lower(dependency))"
    return workspace.count(Entry, where, [[name.lower() for name in dependencies]]) > 0


def entry_libraries(workspace: Workspace) -> list[str]:
    """Return the names of the libraries that have entries here."""
    names = workspace.sql("SELECT DISTINCT dependency FROM entries ORDER BY dependency")
    return [str(name) for name in names["dependency"].to_pylist()]


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
    query = f"""
        SELECT e.*, coalesce(v.status, '') AS status, coalesce(v.reason, '') AS reason,
               coalesce(v.kind, '') AS kind, coalesce(v.detail, '') AS detail,
               coalesce(v.old_version, '') AS measured_old_version,
               coalesce(v.new_version, '') AS measured_version
        FROM entries e LEFT JOIN ({LATEST}) v ON v.entry_id = e.id
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
