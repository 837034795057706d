"""Foreign rows: what is taken, what is kept with a reason, and the pair a claim means."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recode_data.errors import BadFile, UsageError
from recode_data.judge.claimed import claimed_pairs
from recode_data.judge.importing import import_file
from recode_data.judge.request import name_pairs, reasons
from recode_data.library import Library
from recode_data.records import ENTRY_FIELDS, Attempt, Entry
from recode_data.workspace import Workspace

ROW = dict.fromkeys(ENTRY_FIELDS, "text") | {"dependency": "NumPy", "new_version": "==1.25.0"}
BAD = {
    b"{": "not_json",
    b'"a"': "not_an_object",
    b"\xff\xfe": "not_utf8",
    json.dumps({"dependency": "numpy"}).encode(): "missing_field",
    json.dumps(ROW | {"old_code": 3}).encode(): "not_text",
    json.dumps(ROW | {"new_code": "  "}).encode(): "empty_field",
    json.dumps(ROW | {"new_version": "latest"}).encode(): "no_version",
    json.dumps(ROW | {"new_version": "2.0\u2028print(1)"}).encode(): "no_version",
    json.dumps(ROW | {"new_version": "2" * 4400}).encode(): "no_version",
    json.dumps(ROW | {"dependency": "nu\0mpy"}).encode(): "not_text",
    json.dumps(ROW | {"dependency": "numpy" * 40}).encode(): "not_text",
    json.dumps(ROW | {"requirements": 3}).encode(): "bad_requirement",
    json.dumps(ROW | {"requirements": ["six", "-r x"]}).encode(): "bad_requirement",
    json.dumps(ROW | {"requirements": "six @ file:///six"}).encode(): "bad_requirement",
    json.dumps(ROW).encode(): "duplicate",
}


def test_every_bad_row_is_kept_with_its_reason(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    rows = [b"\xef\xbb\xbf" + json.dumps(ROW).encode(), b"", *BAD]
    file.write_bytes(b"\r\n".join(rows))
    with Workspace.open(tmp_path / "w") as workspace:
        summary = import_file(workspace, file, {"numpy": "Numeric"})
        kept = workspace.all(Attempt)
        (entry,) = workspace.all(Entry)
        again = import_file(workspace, file)
    assert (summary.came_in, summary.went_out) == (len(BAD) + 1, 1)
    assert sorted(attempt.reason for attempt in kept) == sorted(BAD.values())
    assert all("rows.jsonl:" in attempt.detail for attempt in kept)
    assert (entry.engine, entry.author, entry.dependency) == ("import", "rows.jsonl", "Numeric")
    assert again.dropped == summary.dropped


@pytest.mark.parametrize("value", [["Six>=1", "toy"], "toy,six>=1", None, "", []])
def test_a_row_may_say_which_packages_it_needs(tmp_path: Path, value: object) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(ROW | {"requirements": value}), encoding="utf-8")
    with Workspace.open(tmp_path / "w") as workspace:
        import_file(workspace, file)
        (entry,) = workspace.all(Entry)
    assert entry.requirements == (("six>=1", "toy") if value else ())


def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_text("\n")
    with Workspace.open(tmp_path / "w") as workspace:
        for file in (empty, tmp_path / "none.jsonl", tmp_path):
            with pytest.raises(BadFile):
                import_file(workspace, file)


def test_a_file_without_any_entry_is_an_error_and_its_rows_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    bad = [row for row, reason in BAD.items() if reason != "duplicate"]
    file.write_bytes(b"\n".join(bad))
    with Workspace.open(tmp_path / "w") as workspace:
        with pytest.raises(BadFile, match="not_json"):
            import_file(workspace, file)
        assert workspace.count(Attempt) == len(bad)


@pytest.mark.parametrize(
    ("claimed", "first"),
    [
        ("==1.25.0", ("1.24.4", "1.25.0")),
        ("1.25.x", ("1.24.4", "1.25.0")),
        ("==1.25.2", ("1.25.0", "1.25.2")),
        ("==1.25.1", ("1.25.0", "1.25.2")),
        ("==2.0", ("1.25.2", "2.0.1")),
        ("==1.3.0", None),
        ("==1.24.0", None),
    ],
)
def test_a_claim_means_the_version_and_the_one_before(
    claimed: str, first: tuple[str, str] | None
) -> None:
    versions = ["2.0.1", "1.25.2", "1.25.0", "1.24.4", "1.24.3"]
    assert next(claimed_pairs(claimed, versions), None) == first


def test_a_series_without_wheels_is_judged_by_the_release_after_it() -> None:
    versions = ["1.11", "2.1", "2.2", "3.0"]
    assert next(claimed_pairs("==2.0", versions), None) == ("1.11", "2.1")
    assert next(claimed_pairs("==2.3", versions), None) is None, "3.0 has more than that"


def test_names_of_libraries_are_found_in_any_spelling() -> None:
    numpy = Library.matching("numpy")
    assert numpy is not None
    assert all(Library.matching(name) is numpy for name in ("NumPy", " numpy ", "NUMPY"))
    learn = Library.matching("scikit-learn")
    assert learn is not None
    for name in ("scikit_learn", "sklearn", "Scikit Learn", "scikit.learn"):
        assert Library.matching(name) is learn
    assert Library.matching("no such library") is None


def test_options_of_the_command_line_are_read_or_refused() -> None:
    assert reasons("error, flaky") == ("error", "flaky")
    assert reasons("none") == ()
    assert name_pairs("PyTorch=torch, a=b") == {"PyTorch": "torch", "a": "b"}
    with pytest.raises(UsageError) as caught:
        reasons("flakey")
    assert "flaky" in caught.value.tip
    with pytest.raises(UsageError):
        name_pairs("PyTorch")
