"""The collected breakages: whole rows, and what the benchmark says of programs and workspaces."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path

import pytest

from recode_data.records import Attempt, Caught, Change, Entry, Run, Verdict
from recode_data.workspace import Workspace

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks import breakages as bench

FILE = Path(bench.__file__).parent / "breakages.jsonl"
LINES = FILE.read_text(encoding="utf-8").splitlines()
ROWS = [json.loads(line) for line in LINES]


def test_every_breakage_is_whole_and_of_its_own() -> None:
    assert len({row["id"] for row in ROWS}) == len(ROWS) >= 50
    for row in ROWS:
        assert row["effect"] in ("fails", "warns", "behaves")
        assert bench.api(row["old_api"]) and bench.api(row["new_api"])
        assert row["old_code"] != row["new_code"]
        for code in (row["old_code"], row["new_code"]):
            assert "print(" in ast.unparse(ast.parse(code))


def run(stdout: str = "1\n", status: str = "clean", warned: bool = False) -> Run:
    caught = (Caught("DeprecationWarning", "old is deprecated", 1),) if warned else ()
    return Run("c", "e", "lib", "2.0", "3.12", "1", status, stdout=stdout, warnings=caught)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("effect", "now", "fault"),
    [
        ("fails", run(status="raised"), ""),
        ("warns", run(warned=True), ""),
        ("behaves", run("2\n"), ""),
        ("fails", run(), "the old code does the same"),
        ("fails", run(warned=True), "the old code warns"),
        ("warns", run("2\n", warned=True), "the old code behaves"),
    ],
)
def test_the_old_code_is_held_against_the_effect(effect: str, now: Run, fault: str) -> None:
    assert bench._fault(effect, run(), now, run()).startswith(fault)
    assert bool(bench._fault(effect, run(), now, run())) == bool(fault)


def test_programs_that_fail_or_print_otherwise_are_no_migration() -> None:
    failed = run(status="raised")
    assert bench._fault("fails", failed, failed, run()).startswith("old code, old version")
    assert bench._fault("fails", run(), failed, failed).startswith("new code, new version")
    assert bench._fault("fails", run(), failed, run("3\n")) == "prints '1\\n', then '3\\n'"


def test_a_workspace_is_asked_for_each_and_tells_why_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changes = [
        Change("lib", "2.0", "removed", f"`{name}` is gone.", "", "sdist", "x", name, f"lib.{name}")
        for name in ("told", "lost")
    ]
    entry = Entry("lib", "==2.0", "d", "u", "lib.told(1)", "lib.new(1)", old_symbol="lib.told")
    with Workspace.open(tmp_path) as workspace:
        workspace.add([*changes, entry, Verdict(entry.id, "9", "valid", "ok", "breaking")])
        workspace.add([Attempt("synthesize-rules", changes[1].id, "1", 0, "no_usage")])
    names = ("lib.told", "lib.lost", "lib.never")
    rows = [{"id": name, "library": "lib", "old_api": name} for name in names]
    bench.count([*rows, {"id": "x", "library": "else", "old_api": "else.f"}], [tmp_path])
    said = " ".join(capsys.readouterr().out.split())
    assert "lib.told lib.told entry" in said
    assert "lib.lost change only: 1 no_usage" in said
    assert "lib.never lib.never nothing" in said
    assert "3 breakages: a valid entry for 1, a change alone for 1, nothing for 1" in said
    assert said.endswith("not counted, for no workspace holds them: else")
