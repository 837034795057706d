"""Runs and verdicts: what was executed, what it proved, and what has still to be judged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from recode_data.records import Entry, Run, Verdict
from recode_data.workspace import Workspace

LATEST = """
    SELECT * FROM verdicts QUALIFY row_number() OVER (
        PARTITION BY entry_id ORDER BY length(judge) DESC, judge DESC) = 1"""
"""SQL for the newest judge's verdict of each entry."""

RUNS = ("old_on_old", "old_on_new", "new_on_old", "new_on_new")


def latest_verdict(workspace: Workspace, entry_id: str) -> Verdict | None:
    """Return what the newest judge said of an entry, or None."""
    return latest_verdicts(workspace, [entry_id]).get(entry_id)


def latest_verdicts(workspace: Workspace, entry_ids: Iterable[str]) -> dict[str, Verdict]:
    """Return what the newest judge said, by entry, of those of ``entry_ids`` that it judged."""
    where = "list_contains(?::VARCHAR[], entry_id)"
    found = workspace.all(Verdict, where, [list(entry_ids)])
    found.sort(key=lambda verdict: (len(verdict.judge), verdict.judge))
    return {verdict.entry_id: verdict for verdict in found}


def runs_of(workspace: Workspace, verdict: Verdict | None) -> dict[str, Run]:
    """Return the runs that a verdict stands on by their part in it: ``old_on_old``, …"""
    told = verdict.evidence.get("runs", {}) if verdict else {}
    ids = {name: run["run"] for name, run in told.items() if "run" in run}
    made = runs(workspace, list(ids.values()))
    found = {name: made[run] for name, run in ids.items() if run in made}
    return dict(sorted(found.items(), key=lambda one: RUNS.index(one[0]) if one[0] in RUNS else 9))


def runs(workspace: Workspace, ids: Sequence[str]) -> dict[str, Run]:
    """Return the runs that the workspace has of ``ids``, by their ids."""
    marks = ", ".join("?" * len(ids))  # unlike a list's, their look-up goes by the index
    found = workspace.all(Run, f"id IN ({marks})", ids) if ids else []
    return {run.id: run for run in found}


def finished_runs(workspace: Workspace) -> set[str]:
    """Return the ids of the runs that came to an end; a timeout or an error is made again."""
    ended = workspace.sql("SELECT id FROM runs WHERE status NOT IN ('error', 'timeout')")
    return set(ended["id"].to_pylist())


def has_failed(workspace: Workspace, entry_id: str, judge: str, detail: str) -> bool:
    """Return whether ``judge`` failed on an entry before, in the same way."""
    where = "entry_id = ? AND judge = ? AND detail = ? AND status = 'error'"
    return workspace.count(Verdict, where, [entry_id, judge, detail]) > 0


def unsettled(workspace: Workspace, judge: str, reasons: Iterable[str]) -> list[Entry]:
    """Return the entries that ``judge`` gave no verdict, or one for one of ``reasons``."""
    settled = """SELECT entry_id FROM verdicts
                 WHERE judge = ? AND NOT list_contains(?::VARCHAR[], reason)"""
    return workspace.all(Entry, f"id NOT IN ({settled})", [judge, list(reasons)])


def judged_before(  # noqa: PLR0917
    workspace: Workspace,
    judge: str,
    dependency: str,
    broad: int,
    newest: int,
    reasons: Iterable[str],
) -> list[Entry]:
    """Return the entries of a library that ``judge`` judged in a generation of inputs before
    ``broad``, or, for one of ``reasons``, before ``newest``."""
    number = "coalesce(CAST(json_extract_string(evidence, '$.generation') AS INTEGER), 0)"
    outdated = f"""SELECT entry_id FROM verdicts WHERE judge = ? AND ({number} < ?
                   OR ({number} < ? AND list_contains(?::VARCHAR[], reason)))"""
    where = f"dependency = ? AND id IN ({outdated})"
    return workspace.all(Entry, where, [dependency, judge, broad, newest, list(reasons)])


def refused(workspace: Workspace, judge: str, reasons: Iterable[str]) -> list[Verdict]:
    """Return the verdicts of ``judge`` whose reason is one of ``reasons``."""
    where = "judge = ? AND list_contains(?::VARCHAR[], reason)"
    return workspace.all(Verdict, where, [judge, list(reasons)])


def has_valid_entry(workspace: Workspace, dependencies: Sequence[str] = ()) -> bool:
    """Return whether an entry was found valid: any, or one of a library that is called one of
    ``dependencies``."""
    where = "status = 'valid'"
    if dependencies:
        where += """ AND entry_id IN (
            SELECT id FROM entries WHERE list_contains(?::VARCHAR[], lower(dependency)))"""
    names = [[name.lower() for name in dependencies]] if dependencies else []
    return workspace.count(Verdict, where, names) > 0
