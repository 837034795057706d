"""Several workspaces as one: each library built on a machine of its own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from recode_data.errors import BadFile, UsageError
from recode_data.workspace import Workspace
from recode_data.workspace.copying import FILE, copy_file

BY_ID = (
    *("notes", "changes", "groundings", "entries", "runs", "verdicts", "attempts", "symbols"),
    *("llm_calls", "llm_batches", "surfaces", "decisions"),
)
"""Tables whose rows have the hash of what they hold, or of what they answer, as ``id``."""
WHOLE = ("releases", "llm_dialects", "benchmark_documents", "package_uses")
"""Tables without ids, in which equal rows are one."""
DECIDED = ("groundings", "verdicts", "decisions")
"""Tables whose rows answer a question: two workspaces may have answered it otherwise. Runs
differ by the time that they took."""


@dataclass(frozen=True)
class Merged:
    """What one workspace brought into another."""

    folder: Path
    new: dict[str, int]
    """Rows that were not there, by table."""
    kept: dict[str, int]
    """Rows that say something else than those that were there and stay, by table."""


def merge(into: Path, folders: Sequence[Path]) -> list[Merged]:
    """Add what the workspaces in ``folders`` hold to the one in ``into``, in their order; where
    two answer the same question, what is there stays. Duplicates have to be found again.

    Raises what `Workspace.open` raises, and `UsageError` where one is named twice, or a library
    is defined otherwise in two.
    """
    named = [folder.resolve() for folder in (into, *folders)]
    if len(set(named)) < len(named):
        raise UsageError("a workspace is named twice", "name each workspace once")
    with tempfile.TemporaryDirectory(prefix="recode-data-merge-") as scratch:
        copies = [_copied(folder, Path(scratch) / str(n)) for n, folder in enumerate(folders)]
        for folder in folders:
            _merge_definitions(folder / "libraries", into / "libraries")
        with Workspace.open(into) as opened:
            return [_merged(opened, *pair) for pair in zip(folders, copies, strict=True)]


def _copied(folder: Path, into: Path) -> Path:
    """Return a copy of a workspace's file with the tables of today; another process may be
    writing to the workspace."""
    if not (folder / FILE).exists():
        Workspace.open(folder, read_only=True)  # says that there is none
    into.mkdir()
    copy_file(folder, into)
    with _named(folder, into):
        Workspace.open(into).close()
    return into / FILE


@contextmanager
def _named(folder: Path, copy: Path) -> Iterator[None]:
    """Have what is wrong with a copy said of the workspace that it is a copy of."""
    try:
        yield
    except BadFile as error:
        if str(copy) not in error.message:
            raise
        reason = error.message.partition(": ")[2].replace(str(copy), str(folder))
        raise BadFile(f"cannot read the workspace {folder}: {reason}", error.tip) from error


def _merged(into: Workspace, folder: Path, file: Path) -> Merged:
    quoted = str(file).replace("'", "''")
    into.execute(f"ATTACH '{quoted}' AS other (READ_ONLY)")
    try:
        with _named(folder, file.parent), into.transaction():
            otherwise = {table: _otherwise(into, table) for table in DECIDED}
            new = {table: _add(into, table) for table in (*BY_ID, *WHOLE, "inputs")}
    finally:
        into.execute("DETACH other")
    return Merged(folder, *({k: n for k, n in found.items() if n} for found in (new, otherwise)))


def _merge_definitions(source: Path, target: Path) -> None:
    """Copy the definitions that the other workspace keeps; none is lost."""
    for file in sorted(source.glob("*.toml")) if source.is_dir() else ():
        there = target / file.name
        if not there.exists():
            target.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, there)
        elif there.read_bytes() != file.read_bytes():
            raise UsageError(
                f"{file} and {there} define a library otherwise",
                "build both workspaces with one definition, or merge them apart",
            )


def _add(into: Workspace, table: str) -> int:
    before = _count(into, f"SELECT count(*) AS n FROM {table}")
    if table in BY_ID:
        into.execute(f"INSERT OR IGNORE INTO {table} SELECT * FROM other.{table} ORDER BY id")
    elif table == "inputs":
        into.execute(
            """INSERT INTO inputs SELECT * FROM other.inputs o WHERE NOT EXISTS
               (SELECT 1 FROM inputs i WHERE i.stage = o.stage AND i.library = o.library)"""
        )
    else:
        into.execute(
            f"INSERT INTO {table} SELECT * FROM other.{table} EXCEPT SELECT * FROM {table}"
        )
    return _count(into, f"SELECT count(*) AS n FROM {table}") - before


def _otherwise(into: Workspace, table: str) -> int:
    return _count(
        into,
        f"""SELECT count(*) AS n FROM
            (SELECT * FROM other.{table} WHERE id IN (SELECT id FROM {table})
             EXCEPT SELECT * FROM {table})""",
    )


def _count(workspace: Workspace, query: str) -> int:
    return int(workspace.sql(query)["n"][0].as_py())
