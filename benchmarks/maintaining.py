"""How long `migrate` and `check --no-run` take on many files, with two processes.

    python -m benchmarks.maintaining WORKSPACE LIBRARY FOLDER [FILES]

The Python files of a folder, such as an environment's ``site-packages``, are copied to a folder of
its own until there are FILES (10,000) of them. Told are seconds by the clock, and those of all
processors, which other programs do not change.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from recode_data.definition import define
from recode_data.errors import RecodeError
from recode_data.maintain.check import check_files
from recode_data.maintain.migrate import migrate_files
from recode_data.maintain.updates import updates_of
from recode_data.progress import Progress
from recode_data.workspace import Workspace

JOBS = 2


def copied(folder: Path, files: int, to: Path) -> int:
    """Copy that many Python files, in the order of their names; return how many there were."""
    found = sorted(path for path in folder.rglob("*.py") if path.is_file())[:files]
    for path in found:
        target = to / path.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return len(found)


def told(name: str, work: Callable[[], Iterable[object]]) -> None:
    """Do some work, and print how many files it was about and how long it took."""
    clock, before = time.monotonic(), os.times()
    found = sum(1 for _ in work())
    after = os.times()
    spent = sum(after[:4]) - sum(before[:4])
    print(f"{name}: {found} files, {time.monotonic() - clock:.1f} s, {spent:.1f} s of processors")


def main(workspace: Path, name: str, folder: Path, files: int) -> None:
    progress = Progress(quiet=True)
    library = define(name, progress, workspace)
    with Workspace.open(workspace, read_only=True) as opened:
        updates = updates_of(opened, library, progress)
    problems: list[RecodeError] = []
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        print(f"{copied(folder, files, place):,} files")
        told("migrate", lambda: migrate_files([place], updates, problems, jobs=JOBS))
        told(
            "check --no-run",
            lambda: check_files([place], updates, problems, run=False, jobs=JOBS),
        )


if __name__ == "__main__":
    given = sys.argv[1:]
    main(Path(given[0]), given[1], Path(given[2]), int(given[3]) if len(given) > 3 else 10_000)
