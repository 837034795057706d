"""Clusters of entries that are one code or nearly so, and which one of each is kept.

Kept is real old code before written or derived, breaking before deprecated before the
rest, the newest version, then the smallest id.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any, TypeAlias, TypeVar

import pyarrow as pa
from packaging.version import InvalidVersion, Version

from recode_data.duplicates.near import measure
from recode_data.workspace import Workspace

T = TypeVar("T", bound=Hashable)
Member: TypeAlias = dict[str, Any]

ORIGINS = {"real": 0, "written": 1, "derived": 2}
KINDS = {"breaking": 0, "deprecated": 1, "behavioural": 2, "additive": 3}


def components(links: Iterable[tuple[T, T]]) -> dict[T, T]:
    """Return for every linked item a member that stands for its component.

    >>> len(set(components([(1, 2), (2, 3), (8, 9)]).values()))
    2
    """
    parent: dict[T, T] = {}
    for one, other in links:
        a, b = _root(parent, one), _root(parent, other)
        if a != b:
            parent[b] = a
    return {item: _root(parent, item) for item in parent}


def _root(parent: dict[T, T], item: T) -> T:
    """Return the root of ``item``, and shorten the way to it for the next time."""
    parent.setdefault(item, item)
    while parent[item] != item:
        parent[item] = parent[parent[item]]
        item = parent[item]
    return item


def draw(workspace: Workspace) -> None:
    """Write table ``duplicates``: the members of every cluster of the ``valid`` entries."""
    clusters: dict[int, list[Member]] = {}
    for member in _linked_entries(workspace):
        clusters.setdefault(member["root"], []).append(member)
    rows = [row for members in clusters.values() for row in _rows(members)]
    names = ("entry_id", "cluster", "representative", "code", "kept_code")
    types = [pa.string()] * 3 + [pa.uint64()] * 2
    table = pa.table(
        {
            name: pa.array([row[name] for row in rows], kind)
            for name, kind in zip(names, types, strict=True)
        }
    )
    workspace.connection.register("drawn", table)
    workspace.execute("BEGIN")
    workspace.execute(
        """CREATE OR REPLACE TEMP TABLE compared AS SELECT DISTINCT code, kept_code AS other
           FROM drawn WHERE code <> kept_code"""
    )
    measure(workspace, "compared", "documents", "documents")
    workspace.execute("DELETE FROM duplicates")
    workspace.execute(
        """INSERT INTO duplicates
            SELECT entry_id, "cluster", representative,
                   CASE WHEN d.code = kept_code THEN 1.0 ELSE coalesce(similarity, 0.0) END,
                   CASE WHEN entry_id = representative THEN 'kept'
                        WHEN d.code = kept_code THEN 'exact' ELSE 'near' END
            FROM drawn d LEFT JOIN measured s
            ON s.code = d.code AND s.other = d.kept_code ORDER BY entry_id"""
    )
    workspace.execute("COMMIT")
    workspace.execute("DROP TABLE compared")
    workspace.execute("DROP TABLE measured")
    workspace.connection.unregister("drawn")


def _linked_entries(workspace: Workspace) -> list[Member]:
    """Return the valid entries that share a code or are linked to another valid one."""
    workspace.execute(
        """CREATE OR REPLACE TEMP TABLE present AS
           SELECT code, count(*) AS entries FROM normal_forms SEMI JOIN valid USING (entry_id)
           GROUP BY code"""
    )
    pairs = workspace.sql(
        """SELECT code, other FROM near_pairs
           WHERE code IN (SELECT code FROM present) AND other IN (SELECT code FROM present)"""
    )
    roots: dict[int, int] = components(
        zip(*(column.to_pylist() for column in pairs.columns), strict=True)
    )
    table = pa.table(
        {"code": pa.array(roots, pa.uint64()), "root": pa.array(roots.values(), pa.uint64())}
    )
    workspace.connection.register("roots", table)
    members: list[Member] = workspace.sql(
        """SELECT v.entry_id, v.kind, v.new_version, e.old_origin, f.code,
                  coalesce(r.root, f.code) AS root
           FROM valid v JOIN normal_forms f USING (entry_id) JOIN entries e ON e.id = v.entry_id
           LEFT JOIN roots r ON r.code = f.code
           WHERE r.root IS NOT NULL OR f.code IN (SELECT code FROM present WHERE entries > 1)"""
    ).to_pylist()
    workspace.connection.unregister("roots")
    workspace.execute("DROP TABLE present")
    return members


def _rows(members: list[Member]) -> list[Member]:
    kept = min(members, key=rank)
    cluster = min(member["entry_id"] for member in members)
    shared = {
        "cluster": cluster,
        "representative": kept["entry_id"],
        "kept_code": kept["code"],
    }
    return [{"entry_id": member["entry_id"], "code": member["code"]} | shared for member in members]


def rank(member: Member) -> tuple[int, int, tuple[int, ...], str]:
    """Order the members of a cluster; the first is kept."""
    try:
        release = Version(member["new_version"]).release
    except InvalidVersion:
        release = ()
    newest = tuple(-part for part in (*release, 0, 0, 0, 0)[:4])
    origin = ORIGINS.get(member["old_origin"], len(ORIGINS))
    return origin, KINDS.get(member["kind"], len(KINDS)), newest, member["entry_id"]
