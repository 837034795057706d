"""The workspace keeps what it is given, once, and says clearly what is wrong with a file."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from recode_data.errors import BadFile, UsageError, WorkspaceLocked, WorkspaceTooNew
from recode_data.records import (
    Attempt,
    Call,
    Caught,
    Change,
    Decision,
    Entry,
    Grounding,
    ReleaseNote,
    Run,
    Symbol,
    Verdict,
)
from recode_data.workspace import Workspace
from recode_data.workspace.schema import MIGRATIONS

RECORDS = [
    ReleaseNote("numpy", "1.25.0", "sdist", "doc/1.25.0.rst", "rst", "Deprecations\n===="),
    Change("numpy", "2.0.0", "renamed", "`in1d` is gone", "Expired", "sdist", "x", "n1", "np.a"),
    Grounding("c1", None, "", "no environment"),
    Entry("numpy", "==2.0.0", "d", "u", "a = 1", "a = 2", parameters={"seed": 3}),
    Run("c", "e", "numpy", "2.0.0", "3.11", "1", "clean", warnings=(Caught("W", "m", 2),),
        values={"x": {"type": "int", "value": 1}}, calls=("numpy.isin",)),
    Verdict("e1", "1", "valid", "ok", "breaking", evidence={"runs": ["a"]}),
    Attempt("scrape", "numpy", "1", 0, "no_notes"),
    Symbol("numpy", "1.26.4", "numpy.in1d", True, "function", "(ar1, ar2)", "Test whether …"),
    Call({"model": "m", "messages": [], "seed": 3}, "m", "1/renamed", "c1", "renamed", 0, 0),
    Call({"model": "m"}, "m", "1/x", "c1", "x", 0, 1, "answered", "{}", "stop", 9, 8, 0.5, 1.5),
    Decision("e1", "Ada", "reject", "wrong", "no", "", "2026-11-20T22:00:00+00:00"),
]  # fmt: skip


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.table)
def test_a_record_comes_back_as_it_went_in(tmp_path: Path, record: object) -> None:
    with Workspace.open(tmp_path) as workspace:
        assert workspace.add([record]) == 1  # type: ignore[list-item]
        assert workspace.add([record]) == 0  # type: ignore[list-item]
    with Workspace.open(tmp_path, read_only=True) as workspace:
        assert workspace.all(type(record)) == [record]  # type: ignore[type-var]


def test_half_a_surrogate_pair_is_stored(tmp_path: Path) -> None:
    with Workspace.open(tmp_path) as workspace:
        workspace.add([Attempt("scrape", "x", "1", 0, "odd", "\ud800")])
        assert workspace.all(Attempt)[0].detail == "?"


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    with Workspace.open(tmp_path) as workspace:
        with pytest.raises(UsageError):
            workspace.add([RECORDS[0], object()])  # type: ignore[list-item]
        assert workspace.count(ReleaseNote) == 0
        assert workspace.add([RECORDS[0]]) == 1


def test_a_second_process_is_told_who_owns_it(tmp_path: Path) -> None:
    code = (
        "from recode_data.workspace import Workspace\n"
        f"workspace = Workspace.open({str(tmp_path)!r})\n"
        "input(print('ready', flush=True))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as owner:
        assert owner.stdout
        assert owner.stdout.readline() == b"ready\n"
        with pytest.raises(WorkspaceLocked, match=str(owner.pid)):
            Workspace.open(tmp_path)
        with Workspace.open_to_export(tmp_path) as copy:
            assert copy.add([RECORDS[0]]) == 1
        owner.communicate(b"\n")


def test_one_whose_making_was_killed_is_not_there_yet(tmp_path: Path) -> None:
    duckdb.connect(str(tmp_path / "recode.duckdb")).close()
    with pytest.raises(BadFile, match="no workspace in"):
        Workspace.open(tmp_path, read_only=True)
    with Workspace.open(tmp_path) as workspace:
        assert workspace.add([RECORDS[0]]) == 1


def test_a_newer_workspace_is_refused(tmp_path: Path) -> None:
    with Workspace.open(tmp_path) as workspace:
        workspace.execute("INSERT INTO schema_version VALUES (999)")
    with pytest.raises(WorkspaceTooNew, match="999"):
        Workspace.open(tmp_path)


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
def test_reading_a_workspace_of_an_older_version_brings_it_up_to_date(
    tmp_path: Path, version: int
) -> None:
    note, entry = RECORDS[0], RECORDS[3]
    with Workspace.open(tmp_path / "new") as workspace:
        workspace.add([note, entry])
        rows = {name: workspace.sql(f"SELECT * FROM {name}") for name in ("notes", "entries")}
    (tmp_path / "old").mkdir()
    with duckdb.connect(str(tmp_path / "old" / "recode.duckdb")) as connection:
        connection.execute("CREATE TABLE schema_version (version INTEGER)")
        for number, statements in enumerate(MIGRATIONS[:version], 1):
            connection.execute(statements)
            connection.execute("INSERT INTO schema_version VALUES (?)", [number])
        for name, table in rows.items():
            known = [row[0] for row in connection.execute(f"DESCRIBE {name}").fetchall()]
            connection.register("incoming", table.select(known))
            connection.execute(f"INSERT INTO {name} SELECT * FROM incoming")
            connection.unregister("incoming")
    with Workspace.open(tmp_path / "old", read_only=True) as workspace:
        assert workspace.all(ReleaseNote) == [note]
        assert workspace.all(Entry) == [entry]
        assert workspace.sql("SELECT count(*) AS n FROM llm_calls")["n"][0].as_py() == 0


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "recode.duckdb").write_bytes(b"not a database at all" * 400)
    with pytest.raises(BadFile):
        Workspace.open(tmp_path)


def test_no_workspace_to_read(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="no workspace"):
        Workspace.open(tmp_path / "none", read_only=True)


@pytest.mark.skipif(not shutil.which("bwrap"), reason="bubblewrap makes the small disk")
def test_a_full_disk_is_named_and_loses_nothing_committed(tmp_path: Path) -> None:
    code = f"""
import os
from recode_data.errors import DiskFull
from recode_data.records import Attempt
from recode_data.workspace import Workspace

added = 0
try:
    with Workspace.open({str(tmp_path)!r}) as workspace:
        for n in range(200):
            texts = [os.urandom(500).hex() for _ in range(500)]
            rows = [Attempt("s", f"{{n}}-{{k}}", "1", 0, "r", x) for k, x in enumerate(texts)]
            added += workspace.add(rows)
            workspace.execute("CHECKPOINT")
except DiskFull as full:
    print(full.message, "|", full.tip)
with Workspace.open({str(tmp_path)!r}, read_only=True) as workspace:
    print(added, workspace.count(Attempt))
"""
    command = ["bwrap", "--dev-bind", "/", "/", "--size", "8000000", "--tmpfs", str(tmp_path)]
    done = subprocess.run(
        [*command, sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    said, counts = done.stdout.splitlines() or ["", done.stderr]
    assert "no space left" in said, done.stderr
    added, kept = map(int, counts.split())
    assert 0 < added <= kept


def damaged(content: bytes, kind: str) -> bytes:
    half = len(content) // 2
    if kind == "cut":
        return content[:half]
    if kind == "empty":
        return b""
    start = {"block": half, "header": 4096}[kind]
    return content[:start] + b"\xa5" * 4096 + content[start + 4096 :]


@pytest.mark.parametrize("kind", ["cut", "empty", "block", "header"])
@pytest.mark.parametrize("read_only", [True, False])
def test_a_damaged_file_is_said_in_one_line(tmp_path: Path, kind: str, read_only: bool) -> None:
    with Workspace.open(tmp_path) as workspace:
        workspace.add([Entry("numpy", "==2", "d", f"u{n}", "x = 1\n" * n, "y") for n in range(400)])
    file = tmp_path / "recode.duckdb"
    file.write_bytes(damaged(file.read_bytes(), kind))
    with pytest.raises(BadFile) as caught:
        with Workspace.open(tmp_path, read_only=read_only) as workspace:
            workspace.all(Entry)
            workspace.add([Entry("numpy", "==2", "d", "new", "x", "y")])
        raise BadFile("an empty file is a new database", "")
    assert "\n" not in caught.value.message


def test_one_that_is_written_to_can_be_looked_at(tmp_path: Path) -> None:
    code = (
        "import itertools\n"
        "from recode_data.records import Attempt\n"
        "from recode_data.workspace import Workspace\n"
        f"workspace = Workspace.open({str(tmp_path / 'ws')!r})\n"
        "print('ready', flush=True)\n"
        "for n in itertools.count():\n"
        "    workspace.add([Attempt('scrape', f'{n}.{k}', '1', k) for k in range(10)])\n"
        "    if n % 3 == 2:\n"
        "        workspace.execute('CHECKPOINT')\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as owner:
        try:
            assert owner.stdout and owner.stdout.readline() == b"ready\n"
            seen: list[int] = []
            while len(set(seen)) < 4:
                with Workspace.open_to_look(tmp_path / "ws") as workspace:
                    seen.append(workspace.count(Attempt))
                    copy = workspace._copy
                assert copy is not None and not Path(copy.name).exists()
        finally:
            owner.kill()
    assert seen == sorted(seen)
    assert all(count % 10 == 0 for count in seen), "half a commit was seen"


def test_one_that_may_only_be_read_is_exported_from_a_copy(tmp_path: Path) -> None:
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        pytest.skip("no bubblewrap")
    with Workspace.open(tmp_path / "ws") as workspace:
        workspace.add([RECORDS[0]])
    code = (
        "from recode_data.errors import WorkspaceReadOnly\n"
        "from recode_data.records import Attempt, ReleaseNote\n"
        "from recode_data.workspace import Workspace\n"
        f"folder = {str(tmp_path / 'ws')!r}\n"
        "try:\n"
        "    Workspace.open(folder)\n"
        "except WorkspaceReadOnly as error:\n"
        "    print(error.message)\n"
        "with Workspace.open(folder, read_only=True) as workspace:\n"
        "    print(workspace.count(ReleaseNote))\n"
        "with Workspace.open_to_export(folder) as workspace:\n"
        "    print(workspace.add([Attempt('scrape', 'x', '1', 1)]), workspace.folder)\n"
    )
    boxed = [bwrap, "--dev-bind", "/", "/", "--ro-bind", str(tmp_path / "ws"), str(tmp_path / "ws")]
    done = subprocess.run(
        [*boxed, sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    if "namespace" in done.stderr:
        pytest.skip("bubblewrap may not make namespaces here")
    folder = tmp_path / "ws"
    assert done.stdout.splitlines() == [
        f"the workspace {folder} cannot be written to: Read-only file system", "1", f"1 {folder}"
    ], done.stderr  # fmt: skip
