"""What the workspace already knows of runs, and what it is about to be told."""

from __future__ import annotations

import time

from recode_data.judge.finding import Finding
from recode_data.judge.verdict import JUDGE
from recode_data.records import Record, Run, Verdict
from recode_data.workspace import Workspace
from recode_data.workspace.verdicts import finished_runs, has_failed, runs

FLUSH_ROWS = 500
FLUSH_SECONDS = 1.0


class RunCache:
    """Reuses finished runs and commits new ones in batches as they arrive.

    Only the owner of the workspace has one. A kill costs at most what is not flushed:
    `FLUSH_SECONDS` of runs, never a row that was committed.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.known = finished_runs(workspace)
        self.waiting: dict[str, Record] = {}
        self.flushed = time.monotonic()

    def find(self, ids: list[str]) -> dict[str, Run]:
        """Return the finished runs among ``ids``; a timeout or an error is made again."""
        wanted = [id for id in ids if id in self.known]
        waiting = ((id, self.waiting.get(id)) for id in wanted)
        found = {id: run for id, run in waiting if isinstance(run, Run)}
        kept = [id for id in wanted if id not in found]
        return found | runs(self.workspace, kept) if kept else found

    def found_before(self, entry_id: str, finding: Finding) -> bool:
        """Return whether this judge came to the same failure about an entry before."""
        return has_failed(self.workspace, entry_id, JUDGE, finding.detail)

    def write(self, record: Run | Verdict) -> None:
        """Take a record; it is committed with the next batch."""
        self.waiting[record.id] = record
        if isinstance(record, Run) and record.status not in ("error", "timeout"):
            self.known.add(record.id)
        if len(self.waiting) >= FLUSH_ROWS or time.monotonic() - self.flushed >= FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Commit everything that waits, in one transaction."""
        if self.waiting:
            self.workspace.replace(self.waiting.values())
            self.waiting = {}
        self.flushed = time.monotonic()
