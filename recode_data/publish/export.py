"""Write the data set of a workspace into a folder, the same bytes every time."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeAlias

from recode_data.errors import UsageError
from recode_data.files import read_text, refuse_others, write_text, writing
from recode_data.progress import Summary
from recode_data.publish.card import Written, card, package_card
from recode_data.publish.croissant import croissant
from recode_data.publish.differences import compare, rows_of
from recode_data.publish.files import Shard, write_file, write_jsonl, write_parquet
from recode_data.publish.formats import FORMATS, Format, FormatName
from recode_data.publish.packages import PACKAGES, Item, PackageName
from recode_data.publish.rows import Row, published_rows
from recode_data.publish.splits import Configuration, Sides, leaks, split_rows
from recode_data.publish.statistics import measure
from recode_data.reasons import Reason
from recode_data.records import Environment
from recode_data.workspace import Workspace

Grading: TypeAlias = tuple[Environment, str]
SPLITS = ("train", "test")
OWN = sorted(
    {"README.md", "CHANGELOG.md", "croissant.json", "data", "jsonl"}
    | {"train.parquet", "test.parquet"}.union(*(package.NAMES for package in PACKAGES.values()))
)
"""All that an export writes into its folder."""
CHANGELOG = "CHANGELOG.md"
PART = ".part-"
"""How the folder is called in which an export is made."""


def export(
    workspace: Workspace,
    folder: Path,
    configuration: Configuration,
    format_name: FormatName = "full",
    previous: Path | None = None,
) -> Summary:
    """Write Parquet shards, JSONL, card and Croissant description into ``folder``, in the
    place of what an earlier export left there.

    What came and went since ``previous``, a workspace or an export, stands in the card and at
    the head of ``CHANGELOG.md``. Raises `UsageError` when there is no valid entry or the folder
    holds something else, `BadFile` when it cannot be written, `DiskFull`.
    """
    started = time.monotonic()
    refuse_other_files(folder)
    earlier = _changelog(previous)
    rows, kept, sides = _sides(workspace, configuration)
    after = {row["id"]: row for row in kept}
    changes = compare(rows_of(previous), after, workspace) if previous else None
    facts = measure(workspace, kept, sides, leaks(workspace, rows, sides))
    shape = FORMATS[format_name]
    with writing(folder, "name a folder that can be written to"), _replaced(folder) as beside:
        written = Written(shape.schema, _write(beside, kept, sides, shape))
        since = changes.summary if changes else ""
        write_text(beside / "README.md", card(kept, written, configuration, facts, since))
        if changes:
            write_text(beside / CHANGELOG, f"# {changes}\n\n{earlier}".rstrip() + "\n")
        write_text(beside / "croissant.json", croissant(written, facts))
    summary = _summary(rows, kept, sides, configuration)
    summary.seconds = time.monotonic() - started
    return summary


def _changelog(previous: Path | None) -> str:
    """Return what an earlier export tells of the versions before it."""
    file = previous / CHANGELOG if previous else None
    return read_text(file, "name another export") if file and file.is_file() else ""


class Preparing(Protocol):
    """Makes what grades answers to rows, which this room does not do itself."""

    def __call__(self, rows: list[Row]) -> tuple[Mapping[str, Grading], Mapping[str, str]]:
        """Return where the answers to each row run and the JSON of its task, by the row's id,
        and why the other rows have none."""
        ...


def export_package(
    workspace: Workspace,
    folder: Path,
    configuration: Configuration,
    name: PackageName,
    prepare: Preparing,
) -> Summary:
    """Write the data set as a package that a trainer plugs in, in the place of what an earlier
    export left in ``folder``; rows without a task are left out. Raises what `export` does."""
    started = time.monotonic()
    refuse_other_files(folder)
    rows, kept, sides = _sides(workspace, configuration)
    gradings, dropped = prepare(kept)
    graded = [row for row in kept if row["id"] in gradings]
    if not graded:
        raise UsageError(
            "no row can be graded here", "recode-data doctor says what this machine lacks"
        )
    facts = measure(workspace, graded, sides, leaks(workspace, rows, sides))
    items = [Item(row, sides[row["id"]], *gradings[row["id"]]) for row in graded]
    with writing(folder, "name a folder that can be written to"), _replaced(folder) as beside:
        usage = PACKAGES[name].write(beside, items)
        readme = PACKAGES[name].FRONT + package_card(graded, usage, configuration, facts)
        write_text(beside / "README.md", readme)
    summary = _summary(rows, graded, sides, configuration)
    summary.dropped.update(dropped.values())
    summary.seconds = time.monotonic() - started
    return summary


def _sides(
    workspace: Workspace, configuration: Configuration
) -> tuple[list[Row], list[Row], Sides]:
    """Return the published rows, those that are on a side, and the side of each."""
    rows = published_rows(workspace)
    if not rows:
        raise UsageError("no valid entry to export", "recode-data validate finds the valid ones")
    sides = split_rows(workspace, rows, configuration)
    return rows, [row for row in rows if sides[row["id"]] != "out"], sides


def _summary(
    rows: list[Row], kept: list[Row], sides: Sides, configuration: Configuration
) -> Summary:
    out = sum(side == "out" for side in sides.values())
    dropped: Counter[str] = Counter({Reason.WOULD_LEAK: out} if out else {})
    note = _one_sided(kept, sides, configuration)
    return Summary("export", len(rows), len(kept), dropped, note=note)


def _one_sided(rows: list[Row], sides: Sides, configuration: Configuration) -> str:
    """Say which split has no row, and what would give it some."""
    missing = sorted(set(SPLITS) - {sides[row["id"]] for row in rows})
    if not missing:
        return ""
    cure = "the rows share one changed symbol: build more"
    if configuration.split == "time":
        cure = "choose another --cutoff"
    return f"no row is in {' or '.join(missing)}: {cure}"


def split_workspace(workspace: Workspace) -> dict[str, list[Row]]:
    """Return ``train`` and ``test`` as `export` would write them without any option."""
    rows = published_rows(workspace)
    sides = split_rows(workspace, rows, Configuration())
    return {split: [row for row in rows if sides[row["id"]] == split] for split in SPLITS}


def refuse_other_files(folder: Path) -> None:
    """Raise `UsageError` where something else than an earlier export could be lost."""
    refuse_others(folder, OWN, "which no export wrote", begun=PART)


@contextmanager
def _replaced(folder: Path) -> Iterator[Path]:
    """Yield a folder inside ``folder`` whose files take their places when the block ends well.

    What an earlier export left stays until then, and what one left half-made is removed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"{PART}*"):
        shutil.rmtree(left)
    beside = Path(tempfile.mkdtemp(prefix=PART, dir=folder))
    try:
        yield beside
        for name in OWN:
            old, new = folder / name, beside / name
            if old.exists():
                old.replace(beside / f"old-{name}")
            if new.exists():
                new.replace(old)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _write(folder: Path, rows: list[Row], sides: Sides, shape: Format) -> list[Shard]:
    shards: list[Shard] = []
    for split in SPLITS:
        part = [row for row in rows if sides[row["id"]] == split]
        shaped = [shape.shape(row, split, number) for number, row in enumerate(part)]
        if shaped:
            write_jsonl(folder / "jsonl" / f"{split}.jsonl", shaped)
        if shape.flat:
            file = Path(f"{split}.parquet")
            if shaped:
                shards.append(write_file(folder, file, split, shaped, shape.schema, library=""))
            continue
        for library in sorted({row["library"] for row in part}):
            own = [new for row, new in zip(part, shaped, strict=True) if row["library"] == library]
            shards += write_parquet(folder, library, split, own, shape.schema)
    return shards
