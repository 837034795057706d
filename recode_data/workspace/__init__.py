"""The workspace: one DuckDB file in a folder, owned and written by one process.

This package is the only one that imports duckdb, and all SQL but that of `recode_data.duplicates`
stands in it: a module of queries for each stage. Workers never open the file: they hand their
results to the owner, which commits them in batches as they arrive.
"""

from __future__ import annotations

import errno
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, get_args

import duckdb
import pyarrow as pa

from recode_data.definition_files import known
from recode_data.errors import (
    BadFile,
    DiskFull,
    UsageError,
    WorkspaceLocked,
    WorkspaceReadOnly,
    WorkspaceTooNew,
    nearest,
)
from recode_data.reasons import Reason
from recode_data.records import Record, VerdictStatus
from recode_data.workspace.copying import FILE, copy_file
from recode_data.workspace.schema import MIGRATIONS, R, from_table, require_fields, to_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Workspace"]


class Workspace:
    """What a folder holds, as records in and records out.

    >>> import tempfile
    >>> from recode_data.records import Attempt
    >>> with Workspace.open(tempfile.mkdtemp()) as workspace:
    ...     workspace.add([Attempt("scrape", "numpy", "1", 3)])
    ...     workspace.count(Attempt)
    1
    1
    """

    def __init__(self, folder: Path, connection: duckdb.DuckDBPyConnection) -> None:
        self.folder = folder
        self.connection = connection
        self._copy: tempfile.TemporaryDirectory[str] | None = None

    @classmethod
    def open(
        cls, folder: str | Path = "workspace", read_only: bool = False, create: bool = True
    ) -> Workspace:
        """Open the workspace in ``folder``, made and migrated when it is not there yet.

        ``read_only`` lets several processes read it together. Without ``create``, and for
        reading, it has to be there. Raises `WorkspaceLocked` while another process has
        it, `WorkspaceTooNew` when a newer version of this program made it, `BadFile` when
        it is not a workspace.
        """
        if not isinstance(folder, str | Path):
            raise UsageError(f"a workspace is a folder, not {folder!r}", "give its path")
        folder = Path(folder)
        file = folder / FILE
        if (read_only or not create) and not file.exists():
            raise BadFile(*_absent(folder))
        try:
            if not read_only:
                folder.mkdir(parents=True, exist_ok=True)
            connection = duckdb.connect(str(file), read_only=read_only)
        except (OSError, duckdb.Error) as error:
            raise _classified(error, folder) from error
        workspace = cls(folder, connection)
        try:
            current = workspace._migrate(read_only)
        except BaseException:
            connection.close()
            raise
        if read_only:
            known.look_in(folder / "libraries")
        else:
            known.keep_in(folder / "libraries")
        if current:
            return workspace
        # Made by an older version and asked for reading: migrate it, then read.
        connection.close()
        cls.open(folder).close()
        return cls.open(folder, read_only)

    @classmethod
    def open_copy(cls, folder: str | Path) -> Workspace:
        """Open a copy of the workspace in ``folder``, made now and removed when it is closed.

        It can be made while another process writes, and it can be written to where the
        workspace itself cannot. Raises what `open` raises.
        """
        folder = Path(folder)
        if not (folder / FILE).exists():
            return cls.open(folder, read_only=True)
        copy = tempfile.TemporaryDirectory(prefix="recode-data-copy-")
        try:
            copy_file(folder, Path(copy.name))
            workspace = cls.open(copy.name)
        except BaseException:
            copy.cleanup()
            raise
        known.look_in(folder / "libraries")
        workspace.folder = folder
        workspace._copy = copy
        return workspace

    @classmethod
    def open_to_look(cls, folder: str | Path) -> Workspace:
        """Open the workspace for reading, or a copy of it while another process writes to it."""
        try:
            return cls.open(folder, read_only=True)
        except WorkspaceLocked:
            return cls.open_copy(folder)

    @classmethod
    def open_to_export(cls, folder: str | Path) -> Workspace:
        """Open the workspace, or a copy of it where it may only be read or another process
        writes to it; what is added to the copy goes with it."""
        try:
            return cls.open(folder, create=False)
        except (WorkspaceReadOnly, WorkspaceLocked):
            return cls.open_copy(folder)

    def __enter__(self) -> Workspace:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Write everything to the file and give it free."""
        try:
            self.connection.close()
        finally:
            if self._copy is not None:
                self._copy.cleanup()

    def add(self, records: Iterable[Record]) -> int:
        """Add records in one transaction; those whose id is there already are left alone.

        Returns how many rows are new. Raises `UsageError` for what is no record.
        """
        return self._write(records, "OR IGNORE")

    def replace(self, records: Iterable[Record]) -> int:
        """Add records in one transaction, each in the place of one with the same id."""
        return self._write(records, "OR REPLACE")

    def all(self, kind: type[R], where: str = "", params: Sequence[Any] = ()) -> list[R]:
        """Return the records of ``kind`` in the order of their ids.

        ``where`` is an SQL condition with ``?`` for each of ``params``. Raises `UsageError` for
        a ``kind`` that no workspace keeps.
        """
        if kind not in get_args(Record):
            raise UsageError(
                f"a workspace keeps no {getattr(kind, '__name__', repr(kind))}",
                f"one of {', '.join(sorted(one.__name__ for one in get_args(Record)))}",
            )
        condition = f"WHERE {where}" if where else ""
        query = f"SELECT * FROM {kind.table} {condition} ORDER BY id"
        return from_table(kind, self.sql(query, params))

    def count(self, kind: type[Record], where: str = "", params: Sequence[Any] = ()) -> int:
        """Return how many records of ``kind`` there are."""
        condition = f"WHERE {where}" if where else ""
        table = self.sql(f"SELECT count(*) AS n FROM {kind.table} {condition}", params)
        return int(table["n"][0].as_py())

    def entries(
        self, library: str = "", status: str = "", limit: int | None = None
    ) -> pd.DataFrame:
        """Return the entries with their verdicts as a pandas table, one row an entry.

        ``library`` and ``status`` (``valid``, ``invalid``, ``error``, ``timeout``,
        ``unjudged``, or a reason) choose rows when they are given. `entries_arrow` returns
        the same as an Arrow table; `recode_data.workspace.entries.judged_table` names the
        columns.

        >>> import tempfile
        >>> with Workspace.open(tempfile.mkdtemp()) as workspace:
        ...     list(workspace.entries().columns)[1:7]
        ['dependency', 'new_version', 'description', 'update_info', 'old_code', 'new_code']

        Raises `UsageError` for a status that no entry can have.
        """
        table: pd.DataFrame = self.entries_arrow(library, status, limit).to_pandas()
        return table

    def entries_arrow(
        self, library: str = "", status: str = "", limit: int | None = None
    ) -> pa.Table:
        """Return what `entries` returns, as an Arrow table."""
        from recode_data.workspace.entries import judged_table

        for name, value in (("library", library), ("status", status)):
            if not isinstance(value, str):
                raise UsageError(f"{name} is a text, not {value!r}", f"leave {name} away for all")
        known = (*get_args(VerdictStatus), "unjudged", *Reason.of_stage("validate"))
        if status and status not in known:
            raise UsageError(
                f"no entry can have the status {status!r}",
                nearest(status, known) or "valid, invalid, error, timeout, unjudged, or a reason",
            )
        return judged_table(self, library, status, limit)

    def sql(self, query: str, params: Sequence[Any] = ()) -> pa.Table:
        """Return the result of ``query`` as an Arrow table."""
        try:
            return self.connection.sql(query, params=list(params)).to_arrow_table()
        except duckdb.Error as error:
            raise _classified(error, self.folder) from error

    def execute(self, statement: str, params: Sequence[Any] = ()) -> None:
        """Run a statement that returns nothing; a full disk becomes `DiskFull`."""
        try:
            self.connection.execute(statement, list(params))
        except duckdb.Error as error:
            raise _classified(error, self.folder) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit all that the block writes at its end, or nothing where it raises."""
        self.execute("BEGIN")
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            with suppress(duckdb.Error):  # a Ctrl-C can come after the commit
                self.connection.execute("ROLLBACK")
            raise

    @contextmanager
    def registered(self, **tables: pa.Table) -> Iterator[None]:
        """Let statements in the block name these Arrow tables."""
        for name, table in tables.items():
            self.connection.register(name, table)
        try:
            yield
        finally:
            for name in tables:
                with suppress(duckdb.Error):  # a transaction that has failed lets nothing through
                    self.connection.unregister(name)

    def _write(self, records: Iterable[Record], conflict: str) -> int:
        ordered = sorted(_checked(records), key=lambda record: record.table)
        new = 0
        with self.transaction():
            for name, group in groupby(ordered, key=lambda record: record.table):
                rows = list(group)
                require_fields(rows)
                # The last of several records with one id counts, as in separate calls.
                unique = list({record.id: record for record in rows}.values())
                new += self._insert(name, to_table(unique), conflict)
        return new

    def _insert(self, name: str, rows: pa.Table, conflict: str) -> int:
        with self.registered(incoming=rows):
            try:
                statement = f"INSERT {conflict} INTO {name} SELECT * FROM incoming"
                count = self.connection.execute(statement).fetchall()
            except duckdb.Error as error:
                raise _classified(error, self.folder) from error
        return int(count[0][0])

    def _migrate(self, read_only: bool) -> bool:
        """Bring the tables up to date; return whether they are, which a reader cannot do."""
        if not read_only:
            self.execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER)")
        try:
            found = self.connection.execute("SELECT max(version) FROM schema_version").fetchall()
        except duckdb.CatalogException as error:
            if not self.connection.execute("SELECT 1 FROM duckdb_tables()").fetchall():
                # a kill while it was made: whoever writes makes it now
                raise BadFile(*_absent(self.folder)) from error
            raise BadFile(
                f"{self.folder / FILE} is not a workspace", "name another folder with --workspace"
            ) from error
        version = int(found[0][0] or 0)
        if version > len(MIGRATIONS):
            raise WorkspaceTooNew(
                f"{self.folder} was made by a newer recode-data (schema {version}, "
                f"this one knows {len(MIGRATIONS)})",
                "upgrade with: pip install --upgrade recode-data",
            )
        if read_only:
            return version == len(MIGRATIONS)
        for number, statements in enumerate(MIGRATIONS[version:], version + 1):
            with self.transaction():
                self.execute(statements)
                self.execute("INSERT INTO schema_version VALUES (?)", [number])
        return True


DAMAGE = (
    duckdb.IOException,
    duckdb.SerializationException,
    duckdb.FatalException,
    duckdb.InternalException,
)
"""What DuckDB raises for a file that is cut, overwritten, or none of its own."""


def _checked(records: Iterable[Record]) -> list[Record]:
    """Return the records as a list. Raises `UsageError` for anything that is none."""
    kinds = get_args(Record)
    if isinstance(records, (*kinds, str)) or not isinstance(records, Iterable):
        raise UsageError(
            f"records come in a list, not as one {type(records).__name__}",
            "write [entry] for a single one",
        )
    found = list(records)
    for record in found:
        if type(record) not in kinds:
            raise UsageError(
                f"no record: {type(record).__name__}",
                "make one of a row with Entry(**row), or import the file it is in",
            )
    return found


def _classified(error: Exception, folder: Path) -> Exception:
    """Turn a failure of the file or the disk into one that says what to do."""
    text = str(error)
    if "Could not set lock" in text:
        owner = re.search(r"PID (\d+)", text)
        who = f"process {owner[1]}" if owner else "another process"
        return WorkspaceLocked(
            f"the workspace {folder} is in use by {who}",
            "wait for it to end, stop it, or name another folder with --workspace",
        )
    full = isinstance(error, OSError) and error.errno == errno.ENOSPC
    if full or "No space left" in text or "Out of disk" in text:
        return DiskFull(
            f"no space left for the workspace {folder}",
            "nothing committed is lost: free some space and run the same command again",
        )
    if isinstance(error, OSError):
        return BadFile(
            f"cannot use {folder} as a workspace: {error.strerror or error}",
            "name a folder that can be written to with --workspace",
        )
    if refused := re.search("Permission denied|Read-only file system|read-only mode", text):
        if not os.access(folder / FILE, os.R_OK):
            return BadFile(f"you may not read the workspace {folder}", "ask whoever owns it")
        return WorkspaceReadOnly(
            f"the workspace {folder} cannot be written to: {refused[0]}",
            f"work on a copy: cp -r {folder} mine, then --workspace mine",
        )
    if isinstance(error, DAMAGE) or "Corrupt" in text or "corrupt" in text:
        return BadFile(
            f"cannot read the workspace {folder}: {text.splitlines()[0]}",
            "the file is damaged, or no workspace: take a backup, or build anew with --workspace",
        )
    return error


def _absent(folder: Path) -> tuple[str, str]:
    return f"no workspace in {folder}", "recode-data build numpy makes one"
