"""How many rows each stage has left, and why the others were dropped."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from recode_data.reasons import Reason
from recode_data.records import Entry
from recode_data.workspace import Workspace
from recode_data.workspace.attempts import fruitless
from recode_data.workspace.dataset import DUPLICATE
from recode_data.workspace.reviews import withheld
from recode_data.workspace.verdicts import LATEST


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
    stuck = Reason.JUDGE_FAILS
    given_up = Counter({str(stuck): verdicts["error"].pop(stuck, 0)})
    owed = verdicts["error"].total() + verdicts["timeout"].total()
    dropped = verdicts["invalid"] + given_up
    judged = valid + owed + dropped.total()
    entries = workspace.count(Entry)
    duplicates = _duplicates(workspace) + _withheld(workspace)
    return [
        Stage("notes", _count(workspace, "notes"), fruitless(workspace, "scrape")),
        Stage("changes", _count(workspace, "changes"), fruitless(workspace, "synthesize")),
        Stage("entries", entries, Counter()),
        Stage("judged", judged, dropped, owed + entries - judged),
        Stage("valid", valid, duplicates),
        Stage("unique", valid - duplicates.total(), Counter()),
    ]


def losses(workspace: Workspace) -> list[Stage]:
    """Return what each stage was given and what it dropped, in the order of the stages, pairs of
    examples with them; only those that were given something."""
    notes, changes, _, judged, valid, _ = funnel(workspace)
    pairs = fruitless(workspace, "pair-examples")
    examples = Stage("changed examples", pairs.total(), pairs)
    return [stage for stage in (notes, examples, changes, judged, valid) if stage.dropped]


def _count(workspace: Workspace, table: str) -> int:
    return int(workspace.sql(f"SELECT count(*) AS n FROM {table}")["n"][0].as_py())


def _latest_verdicts(workspace: Workspace) -> dict[str, Counter[str]]:
    """Return status → reason → count over the newest verdict of each entry."""
    rows = workspace.sql(
        f"""SELECT status, reason, count(*) AS n
            FROM ({LATEST}) SEMI JOIN entries ON entries.id = entry_id GROUP BY ALL"""
    ).to_pylist()
    counts: dict[str, Counter[str]] = {
        status: Counter() for status in ("valid", "invalid", "error", "timeout")
    }
    for row in rows:
        counts[row["status"]][row["reason"]] = row["n"]
    return counts


def _duplicates(workspace: Workspace) -> Counter[str]:
    rows = workspace.sql(
        f"""SELECT reason, count(*) AS n FROM duplicates WHERE entry_id <> representative
            GROUP BY ALL
            UNION ALL SELECT '{Reason.IN_BENCHMARK}', count(DISTINCT entry_id) AS n
            FROM contaminated WHERE entry_id NOT IN ({DUPLICATE}) HAVING n > 0"""
    )
    return Counter({row["reason"]: row["n"] for row in rows.to_pylist()})


def _withheld(workspace: Workspace) -> Counter[str]:
    """Count the valid entries that reviewers keep back and that are dropped for nothing else."""
    kept_back = withheld(workspace)
    listed = [(name, id) for name, ids in kept_back.items() for id in ids]
    if not listed:
        return Counter()
    valid = workspace.sql(
        f"""SELECT entry_id FROM ({LATEST}) SEMI JOIN entries ON entries.id = entry_id
            WHERE status = 'valid' AND entry_id NOT IN ({DUPLICATE})
            AND entry_id NOT IN (SELECT entry_id FROM contaminated)"""
    )
    published = set(valid["entry_id"].to_pylist())
    return Counter(name for name, id in listed if id in published)
