"""The judge for entries that are at hand, without a workspace to keep."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence

from recode_data.errors import UsageError, above_zero
from recode_data.judge.scheduler import validate
from recode_data.records import Entry, Verdict
from recode_data.workspace import Workspace
from recode_data.workspace.verdicts import latest_verdict


def validate_entries(
    entries: Sequence[Entry], *, jobs: int = 2, timeout: float = 10.0, redate: bool = False
) -> list[Verdict]:
    """Run ``entries`` on both versions and return a verdict for each, in their order.

    The four runs of each are made in the sandbox, ``jobs`` at a time, none for longer than
    ``timeout`` seconds; the environments come from the cache or are made there. A verdict's
    ``status`` is ``valid``, ``invalid`` (why: ``reason`` and ``detail``), or ``error`` or
    ``timeout`` where nothing can be said. With ``redate`` an entry that claims the wrong
    version is judged where its library shows the update. To keep runs and verdicts, add the
    entries to a `Workspace` and call `recode_data.judge.validate`. Raises `SandboxFailed`, and
    `UsageError` for what is no entry, or for no job or no time.

        [verdict] = recode_data.validate_entries([entry])
        print(verdict.status, verdict.kind, verdict.detail)
    """
    if isinstance(entries, Entry) or not all(isinstance(entry, Entry) for entry in entries or ()):
        raise UsageError(
            "validate_entries takes a list of entries", "write [entry]; Entry(**row) makes one"
        )
    above_zero(jobs=jobs, timeout=timeout)
    with (
        tempfile.TemporaryDirectory(prefix="recode-data-") as folder,
        Workspace.open(folder) as workspace,
    ):
        workspace.add(entries)
        validate(workspace, jobs=jobs, timeout=timeout, redate=redate)
        found = [latest_verdict(workspace, entry.id) for entry in entries]
    return [verdict for verdict in found if verdict is not None]
