"""Stage 4: of valid entries that are one code, or nearly so, one is kept.

Which one: real old code before written or derived, breaking before deprecated before the
rest, the newest version, then the smallest id. Nothing here depends on the order in which
entries arrived.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import pyarrow as pa
from packaging.version import InvalidVersion, Version

from recode_data.dedup import near
from recode_data.dedup.clusters import components
from recode_data.dedup.normalise import VERSION, normalise, pair_words
from recode_data.progress import Progress, Summary
from recode_data.records import content_id
from recode_data.workspace import Workspace
from recode_data.workspace.queries import judged_entries

__all__ = ["dedup", "duplicates_of"]

BATCH = 2_000
ORIGINS = {"real": 0, "written": 1, "derived": 2}
KINDS = {"breaking": 0, "deprecated": 1, "behavioural": 2, "additive": 3}


def dedup(workspace: Workspace, progress: Progress) -> Summary:
    """Find the duplicates among the valid entries and write table ``duplicates``.

    Only entries that are new since the last time are normalised, hashed and compared with
    all others; the clusters are then drawn anew.
    """
    started = time.monotonic()
    _forget_other_versions(workspace)
    entries = judged_entries(workspace, status="valid")
    _normalise_new(workspace, entries, progress)
    _compare_new(workspace)
    rows = _clustered(workspace, entries)
    _write(workspace, rows)
    dropped = Counter(row["reason"] for row in rows if row["entry_id"] != row["representative"])
    return Summary(
        "dedup",
        came_in=len(entries),
        went_out=len(entries) - dropped.total(),
        dropped=dropped,
        seconds=time.monotonic() - started,
    )


def duplicates_of(workspace: Workspace, entry_id: str) -> list[dict[str, Any]]:
    """Return the cluster of an entry: entry_id, representative, similarity (Jaccard with
    the representative, 0 to 1) and reason (``kept``, ``exact``, ``near``) of each member."""
    rows: list[dict[str, Any]] = workspace.sql(
        """SELECT entry_id, representative, similarity, reason FROM duplicates
           WHERE "cluster" IN (SELECT "cluster" FROM duplicates WHERE entry_id = ?)
           ORDER BY reason <> 'kept', similarity DESC, entry_id""",
        [entry_id],
    ).to_pylist()
    return rows


def _forget_other_versions(workspace: Workspace) -> None:
    """Start anew when what is stored was made by other rules than those of today."""
    today = f"normal form {VERSION}, {near.fingerprint(workspace)}"
    stored = workspace.sql("SELECT fingerprint FROM dedup_state").to_pylist()
    if stored == [{"fingerprint": today}]:
        return
    workspace.execute("BEGIN")
    for table in ("normal_forms", "documents", "bands", "near_pairs", "dedup_state"):
        workspace.execute(f"DELETE FROM {table}")
    workspace.execute("INSERT INTO dedup_state VALUES (?)", [today])
    workspace.execute("COMMIT")


def _normalise_new(workspace: Workspace, entries: list[dict[str, Any]], progress: Progress) -> None:
    known = set(workspace.sql("SELECT entry_id FROM normal_forms")["entry_id"].to_pylist())
    new = [entry for entry in entries if entry["id"] not in known]
    with progress.task("normalise", len(new)) as task:
        for start in range(0, len(new), BATCH):
            batch = new[start : start + BATCH]
            _store_normal_forms(workspace, batch)
            task.advance(len(batch))


def _store_normal_forms(workspace: Workspace, entries: list[dict[str, Any]]) -> None:
    forms = [(normalise(entry["old_code"]), normalise(entry["new_code"])) for entry in entries]
    incoming = pa.table(
        {
            "entry_id": [entry["id"] for entry in entries],
            "code": pa.array([int(content_id(*form), 16) for form in forms], pa.uint64()),
            "words": [pair_words(*form) for form in forms],
        }
    )
    workspace.connection.register("incoming_forms", incoming)
    workspace.execute("BEGIN")
    workspace.execute(
        "INSERT INTO normal_forms SELECT entry_id, ?, code FROM incoming_forms", [VERSION]
    )
    workspace.execute(
        """INSERT INTO documents SELECT DISTINCT ON (code) code, words FROM incoming_forms
           ANTI JOIN documents USING (code)"""
    )
    workspace.execute("COMMIT")
    workspace.connection.unregister("incoming_forms")


def _compare_new(workspace: Workspace) -> None:
    """Hash the documents that have no bands yet and compare them with all."""
    workspace.execute(
        """CREATE OR REPLACE TEMP TABLE fresh AS
           SELECT * FROM documents ANTI JOIN bands USING (code)"""
    )
    workspace.execute("BEGIN")
    near.add_bands(workspace, "fresh")
    near.add_pairs(workspace, "fresh")
    workspace.execute("COMMIT")
    workspace.execute("DROP TABLE fresh")


def _clustered(workspace: Workspace, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the members of every cluster of two or more entries."""
    forms = workspace.sql("SELECT entry_id, code FROM normal_forms").to_pylist()
    code_of = {form["entry_id"]: form["code"] for form in forms}
    present = {code_of[entry["id"]] for entry in entries}
    pairs = workspace.sql("SELECT code, other, similarity FROM near_pairs").to_pylist()
    similar = {
        (pair["code"], pair["other"]): pair["similarity"]
        for pair in pairs
        if pair["code"] in present and pair["other"] in present
    }
    roots = components(similar)
    clusters: dict[int, list[dict[str, Any]]] = {}
    for entry in entries:
        code = code_of[entry["id"]]
        clusters.setdefault(roots.get(code, code), []).append(entry)
    rows: list[dict[str, Any]] = []
    for members in clusters.values():
        if len(members) > 1:
            rows += _members(workspace, members, code_of)
    return sorted(rows, key=lambda row: str(row["entry_id"]))


def _members(
    workspace: Workspace, members: list[dict[str, Any]], code_of: dict[str, int]
) -> list[dict[str, Any]]:
    kept = min(members, key=_rank)
    codes = [code_of[entry["id"]] for entry in members]
    similarity = near.similarities(workspace, code_of[kept["id"]], codes)
    cluster = min(entry["id"] for entry in members)
    rows = []
    for entry in members:
        code = code_of[entry["id"]]
        exact = code == code_of[kept["id"]]
        reason = "kept" if entry is kept else "exact" if exact else "near"
        rows.append(
            {
                "entry_id": entry["id"],
                "cluster": cluster,
                "representative": kept["id"],
                "similarity": 1.0 if exact else similarity[code],
                "reason": reason,
            }
        )
    return rows


def _rank(entry: dict[str, Any]) -> tuple[int, int, tuple[int, ...], str]:
    """Order the members of a cluster: the first is kept."""
    try:
        release = Version(entry["measured_version"]).release
    except InvalidVersion:
        release = ()
    newest = tuple(-part for part in (*release, 0, 0, 0, 0)[:4])
    return (
        ORIGINS.get(entry["old_origin"], 3),
        KINDS.get(entry["kind"], 4),
        newest,
        entry["id"],
    )


def _write(workspace: Workspace, rows: list[dict[str, Any]]) -> None:
    names = ("entry_id", "cluster", "representative", "similarity", "reason")
    columns = {name: [row[name] for row in rows] for name in names}
    types = [pa.string(), pa.string(), pa.string(), pa.float64(), pa.string()]
    table = pa.table(
        {name: pa.array(columns[name], kind) for name, kind in zip(names, types, strict=True)}
    )
    workspace.connection.register("found", table)
    workspace.execute("BEGIN")
    workspace.execute("DELETE FROM duplicates")
    workspace.execute("INSERT INTO duplicates SELECT * FROM found")
    workspace.execute("COMMIT")
    workspace.connection.unregister("found")
