"""Write the data set of a workspace into a folder, the same bytes every time."""

from __future__ import annotations

import errno
import shutil
import time
from collections import Counter
from pathlib import Path

from recode_data.errors import BadFile, DiskFull, UsageError
from recode_data.progress import Summary
from recode_data.publish.card import Written, card
from recode_data.publish.croissant import croissant
from recode_data.publish.files import Shard, write_jsonl, write_parquet
from recode_data.publish.formats import FORMATS, Format, FormatName
from recode_data.publish.rows import Row, published_rows
from recode_data.publish.splits import Configuration, Sides, leaks, split_rows
from recode_data.publish.statistics import measure
from recode_data.workspace import Workspace

SPLITS = ("train", "test")
OWN = ("README.md", "croissant.json", "data", "jsonl")
"""All that an export writes into its folder."""


def export(
    workspace: Workspace,
    folder: Path,
    configuration: Configuration,
    format_name: FormatName = "full",
) -> Summary:
    """Write Parquet shards, JSONL, card and Croissant description into ``folder``, in the
    place of what an earlier export left there.

    Raises `UsageError` when there is no valid entry or the folder holds something else,
    `BadFile` when it cannot be written, `DiskFull`.
    """
    started = time.monotonic()
    rows = published_rows(workspace)
    if not rows:
        raise UsageError("no valid entry to export", "recode-data validate finds the valid ones")
    sides = split_rows(workspace, rows, configuration)
    kept = [row for row in rows if sides[row["id"]] != "out"]
    facts = measure(workspace, kept, sides, leaks(workspace, rows, sides))
    shape = FORMATS[format_name]
    try:
        _clear(folder)
        written = Written(shape.schema, _write(folder, kept, sides, shape))
        text = card(kept, written, configuration, facts)
        (folder / "README.md").write_text(text, encoding="utf-8")
        (folder / "croissant.json").write_text(croissant(written, facts), encoding="utf-8")
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFull(f"no space left for {folder}", "free some and export again") from error
        raise BadFile(
            f"cannot write {folder}: {error.strerror or error}",
            "name a folder that can be written to",
        ) from error
    dropped = Counter({"would_leak": len(rows) - len(kept)} if len(rows) > len(kept) else {})
    return Summary(
        "export",
        len(rows),
        len(kept),
        dropped,
        seconds=time.monotonic() - started,
        note=_one_sided(kept, sides, configuration),
    )


def _one_sided(rows: list[Row], sides: Sides, configuration: Configuration) -> str:
    """Say which split has no row, and what would give it some."""
    missing = sorted(set(SPLITS) - {sides[row["id"]] for row in rows})
    if not missing:
        return ""
    cure = "the rows share one changed symbol: build more"
    if configuration.split == "time":
        cure = "choose another --cutoff"
    return f"no row is in {' or '.join(missing)}: {cure}"


def split_workspace(
    workspace: Workspace, configuration: Configuration | None = None
) -> dict[str, list[Row]]:
    """Return ``train`` and ``test`` as `export` would write them."""
    rows = published_rows(workspace)
    sides = split_rows(workspace, rows, configuration or Configuration())
    return {split: [row for row in rows if sides[row["id"]] == split] for split in SPLITS}


def _clear(folder: Path) -> None:
    """Make room for an export, only where nothing but an earlier export can be lost."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file", "name a folder")
    there = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if there and not there <= set(OWN):
        other = sorted(there - set(OWN))[0]
        raise UsageError(
            f"{folder} holds {other}, which no export wrote", "name a new or an empty folder"
        )
    for name in ("data", "jsonl"):
        shutil.rmtree(folder / name, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)


def _write(folder: Path, rows: list[Row], sides: Sides, shape: Format) -> list[Shard]:
    shards: list[Shard] = []
    for split in SPLITS:
        part = [row for row in rows if sides[row["id"]] == split]
        shaped = [shape.shape(row, split, number) for number, row in enumerate(part)]
        if shaped:
            write_jsonl(folder / "jsonl" / f"{split}.jsonl", shaped)
        if shaped and not shape.by_library:
            shards += write_parquet(folder, "", split, shaped, shape.schema)
            continue
        for library in sorted({row["library"] for row in part}):
            own = [new for row, new in zip(part, shaped, strict=True) if row["library"] == library]
            shards += write_parquet(folder, library, split, own, shape.schema)
    return shards
