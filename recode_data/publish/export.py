"""Write the data set of a workspace into a folder, the same bytes every time."""

from __future__ import annotations

import errno
import shutil
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from recode_data.errors import BadFile, DiskFull, UsageError
from recode_data.progress import Summary
from recode_data.publish.card import write_card
from recode_data.publish.files import write_jsonl, write_parquet
from recode_data.publish.rows import Row, published_rows
from recode_data.publish.splits import SplitBy, group_rows, split_by_groups, symbol_links
from recode_data.workspace import Workspace
from recode_data.workspace.queries import funnel


@dataclass(frozen=True)
class Configuration:
    """What of the workspace becomes a data set, and how it is cut."""

    split: SplitBy = "change"
    test_size: float = 0.1
    """Share of the groups that test, between 0 and 1."""
    seed: int = 0


@dataclass
class Exported:
    """What was written: library → split → rows, and bytes of Parquet."""

    rows: dict[str, dict[str, list[Row]]] = field(default_factory=dict)
    sizes: Counter[tuple[str, str]] = field(default_factory=Counter)


def export(workspace: Workspace, folder: Path, configuration: Configuration) -> Summary:
    """Write Parquet shards, JSONL and the card into ``folder``, in the place of what an
    earlier export left there.

    Raises `UsageError` when there is no valid entry, `BadFile` when the folder holds
    something else, `DiskFull`.
    """
    started = time.monotonic()
    rows = published_rows(workspace)
    if not rows:
        raise UsageError("no valid entry to export", "recode-data validate finds the valid ones")
    sides = split_rows(rows, configuration)
    try:
        _clear(folder)
        written = _write(folder, rows, sides)
        write_card(folder, written.rows, written.sizes, configuration, funnel(workspace))
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFull(f"no space left for {folder}", "free some and export again") from error
        raise BadFile(f"cannot write {folder}: {error.strerror or error}") from error
    return Summary("export", len(rows), len(rows), seconds=time.monotonic() - started)


def split_rows(rows: list[Row], configuration: Configuration) -> dict[str, str]:
    """Return row id → split."""
    groups = group_rows(rows, symbol_links)
    return split_by_groups(groups, configuration.test_size, configuration.seed)


def _clear(folder: Path) -> None:
    """Make room for an export, only where nothing but an earlier export can be lost."""
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "jsonl").is_dir():
        raise UsageError(f"{folder} is not empty and no earlier export", "name another folder")
    for name in ("data", "jsonl"):
        shutil.rmtree(folder / name, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)


def _write(folder: Path, rows: list[Row], sides: dict[str, str]) -> Exported:
    written = Exported()
    for row in rows:
        splits = written.rows.setdefault(row["library"], {})
        splits.setdefault(sides[row["id"]], []).append(row)
    for library, splits in written.rows.items():
        for split, part in splits.items():
            written.sizes[library, split] = write_parquet(folder / "data" / library, split, part)
    for split in ("train", "test"):
        part = [row for row in rows if sides[row["id"]] == split]
        if part:
            write_jsonl(folder / "jsonl" / f"{split}.jsonl", part)
    return written
