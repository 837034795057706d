"""Workspaces built apart as one, and what differs between two sets."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from recode_data.cli import app
from recode_data.duplicates import dedup
from recode_data.errors import BadFile, UsageError
from recode_data.progress import Progress
from recode_data.publish import Configuration, export
from recode_data.publish.differences import differences
from recode_data.records import Attempt, Change, Entry, Verdict
from recode_data.workspace import Workspace
from recode_data.workspace.attempts import Inputs, inputs_of, keep_inputs
from recode_data.workspace.merging import merge

NAMES = {"numpy": "trapz", "scipy": "simps", "networkx": "info"}


def entry(library: str, name: str, version: str = "2.0", text: str = "") -> Entry:
    text = text or f"`{name}` was removed. Use `new_{name}`."
    old = f"import {library} as lib\nprint(lib.{name}([1, 2, 3]))\n"
    return Entry(
        library, f"=={version}", f"Print {name} of three numbers.", text, old,
        old.replace(f".{name}", f".new_{name}"), "==1.0",
        old_symbol=f"{library}.{name}", new_symbol=f"{library}.new_{name}",
    )  # fmt: skip


def verdict(one: Entry, status: str = "valid", reason: str = "ok") -> Verdict:
    kind = "breaking" if status == "valid" else ""
    version = one.new_version.removeprefix("==")
    return Verdict(one.id, "9", status, reason, kind, "1.0", version, "a detail", {})  # type: ignore[arg-type]


def filled(folder: Path, *libraries: str) -> Path:
    with Workspace.open(folder) as workspace:
        for library in libraries:
            names = NAMES[library], f"{NAMES[library]}_all"
            entries = [entry(library, name) for name in names]
            workspace.add([*entries, *map(verdict, entries)])
            workspace.add([Change(library, "2.0", "removed", "gone", "", "notes", "x")])
            workspace.add([Attempt("scrape", library, "1", 3)])
            keep_inputs(workspace, "scrape", library, Inputs(1, 1, {"definition": library}))
    return folder


def exported(workspace: Path, out: Path) -> dict[str, bytes]:
    with Workspace.open(workspace) as opened:
        dedup(opened, Progress(quiet=True), [])
        export(opened, out, Configuration())
    files = sorted(file for file in out.rglob("*") if file.is_file())
    return {file.relative_to(out).as_posix(): file.read_bytes() for file in files}


def test_workspaces_of_single_libraries_give_the_set_of_one_build(tmp_path: Path) -> None:
    whole = exported(filled(tmp_path / "whole", *NAMES), tmp_path / "of-whole")
    parts = [filled(tmp_path / name, name) for name in NAMES]
    before = [(part / "recode.duckdb").read_bytes() for part in parts]
    merged = merge(tmp_path / "merged", list(reversed(parts)))
    assert [one.new["entries"] for one in merged] == [2, 2, 2]
    assert exported(tmp_path / "merged", tmp_path / "of-merged") == whole
    assert [(part / "recode.duckdb").read_bytes() for part in parts] == before
    assert [one.new for one in merge(tmp_path / "merged", parts)] == [{}, {}, {}]
    with Workspace.open(tmp_path / "merged") as workspace:
        assert inputs_of(workspace, "scrape", "scipy") == Inputs(1, 1, {"definition": "scipy"})


def test_what_two_workspaces_answer_otherwise_stays_and_is_told(tmp_path: Path) -> None:
    first, second = filled(tmp_path / "first", "numpy"), filled(tmp_path / "second", "numpy")
    one = entry("numpy", "trapz")
    with Workspace.open(second) as workspace:
        workspace.replace([verdict(one, "invalid", "inert")])
        keep_inputs(workspace, "scrape", "numpy", Inputs(2, 1, {"definition": "another"}))
    [merged] = merge(first, [second])
    assert merged.kept == {"verdicts": 1} and merged.new == {}
    with Workspace.open(first) as workspace:
        [kept] = workspace.all(Verdict, "entry_id = ?", [one.id])
        assert kept.status == "valid"
        assert inputs_of(workspace, "scrape", "numpy") == Inputs(1, 1, {"definition": "numpy"})


def test_definitions_go_along_and_two_of_one_library_are_refused(tmp_path: Path) -> None:
    first, second = filled(tmp_path / "first", "numpy"), filled(tmp_path / "second", "scipy")
    for folder in (first, second):
        (folder / "libraries").mkdir(exist_ok=True)
    (second / "libraries" / "toy.toml").write_text('name = "toy"\nmatrix = ["1", "2"]\n')
    merge(first, [second])
    assert (first / "libraries" / "toy.toml").exists()
    (second / "libraries" / "toy.toml").write_text('name = "toy"\nmatrix = ["1", "3"]\n')
    with pytest.raises(UsageError, match="define a library otherwise"):
        merge(first, [second])
    with pytest.raises(UsageError, match="named twice"):
        merge(first, [first])


def test_a_merge_that_is_refused_leaves_the_workspace_as_it_was(tmp_path: Path) -> None:
    first, second = filled(tmp_path / "first", "numpy"), filled(tmp_path / "second", "scipy")
    with pytest.raises(BadFile):
        merge(first, [second, tmp_path / "nowhere"])
    with Workspace.open(first) as workspace:
        assert workspace.count(Entry) == 2


@pytest.mark.parametrize("cut", [5000, 0.5])
def test_a_damaged_workspace_is_named_not_the_one_it_goes_into(tmp_path: Path, cut: float) -> None:
    with Workspace.open(tmp_path / "bad") as workspace:
        workspace.add([Attempt("scrape", f"n{n}" * 50, "1", n) for n in range(5000)])
    file = tmp_path / "bad" / "recode.duckdb"
    whole = file.read_bytes()
    file.write_bytes(whole[: int(cut if cut > 1 else cut * len(whole))])
    with pytest.raises(BadFile) as caught:
        merge(tmp_path / "all", [tmp_path / "bad"])
    assert f"the workspace {tmp_path / 'bad'}: " in caught.value.message
    assert "recode-data-merge" not in caught.value.message


def test_differences_between_two_sets_have_their_reasons(tmp_path: Path) -> None:
    old = filled(tmp_path / "old", "numpy", "scipy", "networkx")
    exported(old, tmp_path / "export")
    new = filled(tmp_path / "new", "numpy", "networkx")
    dated = replace(entry("scipy", "simps"), new_version="==3.0")
    reworded = replace(entry("scipy", "simps_all"), update_info="`simps_all` is gone.")
    with Workspace.open(new) as workspace:
        workspace.replace([verdict(entry("numpy", "trapz"), "invalid", "differs")])
        workspace.add([dated, verdict(dated), reworded, verdict(reworded)])
        more = entry("numpy", "cumtrapz")
        workspace.add([more, verdict(more)])
        workspace.execute("DELETE FROM entries WHERE id = ?", [entry("networkx", "info").id])
        workspace.execute("DELETE FROM verdicts WHERE entry_id = ?", [entry("networkx", "info").id])
        dedup(workspace, Progress(quiet=True), [])
    for before in (old, tmp_path / "export"):
        found = differences(before, new)
        told = {(one.what, one.symbol, one.reason) for one in found.rows}
        assert told == {
            ("removed", "numpy.trapz", "differs"),
            ("removed", "networkx.info", "unwritten"),
            ("re-dated", "scipy.simps", "new_version"),
            ("changed", "scipy.simps_all", "update_info"),
            ("added", "numpy.cumtrapz", ""),
        }
        assert str(found).startswith("6 rows → 5: 2 removed, 1 re-dated, 1 changed, 1 added\n")
        assert "differs: 1 (the two codes do different things)" in str(found)
    assert differences(new, new).rows == []


def test_an_export_says_what_changed_since_another(tmp_path: Path) -> None:
    first, second = filled(tmp_path / "a", "numpy"), filled(tmp_path / "b", "numpy", "scipy")
    exported(first, tmp_path / "one")
    for previous in ("one", "two"):
        with Workspace.open(second) as workspace:
            dedup(workspace, Progress(quiet=True), [])
            export(workspace, tmp_path / "two", Configuration(), "full", tmp_path / previous)
    log = (tmp_path / "two" / "CHANGELOG.md").read_text(encoding="utf-8")
    heads = [line for line in log.splitlines() if line.startswith("# ")]
    assert heads == ["# 4 rows → 4: the same rows", "# 2 rows → 4: 2 added"]
    card = (tmp_path / "two" / "README.md").read_text(encoding="utf-8")
    assert "Since the version before: 4 rows → 4: the same rows." in card


@pytest.mark.parametrize("text", ["{", "[1]", '{"id": "x"}'])
def test_rows_that_are_none_are_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "jsonl").mkdir()
    (tmp_path / "jsonl" / "train.jsonl").write_text(f"{text}\n", encoding="utf-8")
    with pytest.raises(BadFile, match=r"train\.jsonl[:,]"):
        differences(tmp_path, tmp_path)


def test_both_commands_speak_json(tmp_path: Path) -> None:
    old, new = filled(tmp_path / "a", "numpy"), filled(tmp_path / "b", "numpy", "scipy")
    result = CliRunner().invoke(app, ["diff", str(old), str(new), "--json"])
    assert result.exit_code == 0, result.output
    assert [json.loads(line)["library"] for line in result.output.splitlines()] == ["scipy"] * 2
    result = CliRunner().invoke(app, ["merge", str(tmp_path / "c"), str(old), str(new), "--json"])
    assert result.exit_code == 0, result.output
    assert [json.loads(line)["new"]["entries"] for line in result.output.splitlines()] == [2, 2]
