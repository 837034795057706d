"""A copy of a workspace's file while another process may be writing to it."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from recode_data.errors import WorkspaceLocked
from recode_data.files import writing

FILE = "recode.duckdb"
HEADER = 3 * 4096
"""Bytes in which DuckDB counts its checkpoints: the main header and two that take turns."""
ATTEMPTS = 50


def copy_file(folder: Path, into: Path) -> None:
    """Copy the database in ``folder`` to ``into`` as it was at one moment.

    Commits go to the write-ahead log; only a checkpoint, which is short, changes the file
    itself. A log that is cut in the middle of a commit is read up to the commit before. Raises
    `WorkspaceLocked` when checkpoints leave no moment for the copy, `DiskFull`.
    """
    file, log = folder / FILE, folder / f"{FILE}.wal"
    for _ in range(ATTEMPTS):
        before = _state(file)
        with writing(into, "set TMPDIR to a folder with more room"):
            shutil.copyfile(file, into / FILE)
            (into / log.name).unlink(missing_ok=True)
            if log.exists():
                try:
                    shutil.copyfile(log, into / log.name)
                except FileNotFoundError:
                    continue  # a checkpoint has just taken it in
        if _state(file) == before:
            return
        time.sleep(0.1)
    raise WorkspaceLocked(
        f"the workspace {folder} is being written to all the time", "try again a little later"
    )


def _state(file: Path) -> tuple[int, int, bytes]:
    status = file.stat()
    with file.open("rb") as stream:
        return status.st_size, status.st_mtime_ns, stream.read(HEADER)
