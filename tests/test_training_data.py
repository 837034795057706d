"""The data of a run: from files and workspaces, with what cannot be used counted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_export import exported, records
from toy_task import rows, write

from recode_data.errors import BadFile, UsageError
from recode_data.training.data import answer_rows, fitting, load, prompt_rows
from recode_data.workspace import Workspace


def test_a_folder_has_its_splits(tmp_path: Path) -> None:
    data = load(write(tmp_path / "set", train=5, test=3))
    assert (len(data.train), len(data.test)) == (5, 3)
    assert str(data) == f"5 train, 3 test entries from {tmp_path / 'set'}"
    assert data.train[0]["id"] != data.train[1]["id"]


def test_a_workspace_and_its_export_are_the_same_data(tmp_path: Path) -> None:
    folder = exported(tmp_path, records(40))
    workspace, export = load(tmp_path / "workspace"), load(folder)
    assert workspace.fingerprint == export.fingerprint
    assert [row["id"] for row in workspace.test] == [row["id"] for row in export.test]
    assert len(workspace.train) + len(workspace.test) == 40
    assert workspace.test
    assert workspace.train[0]["old_symbol"].startswith(("numpy.", "pandas."))


def test_a_single_file_is_a_training_split(tmp_path: Path) -> None:
    data = load(write(tmp_path, train=4) / "train.jsonl")
    assert (len(data.train), len(data.test)) == (4, 0)


def test_the_fingerprint_is_of_the_rows_and_not_of_the_folder(tmp_path: Path) -> None:
    one, same, other = (
        load(write(tmp_path / name, train=4, seed=seed))
        for name, seed in (("one", 0), ("same", 0), ("other", 1))
    )
    assert one.fingerprint == same.fingerprint != other.fingerprint


def test_incomplete_rows_are_counted_and_left_out(tmp_path: Path) -> None:
    good = rows(2, 0)
    broken = {**good[0], "old_code": None}
    (tmp_path / "a.jsonl").write_text("\n".join(json.dumps(row) for row in [*good, broken]))
    data = load(tmp_path)
    assert (len(data.train), data.incomplete) == (2, 1)


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("", "", "no workspace, folder or file"),
        ("readme.txt", "hello", "no Parquet or JSONL file in"),
        ("a.jsonl", '{"x": 1}\n', "no row of"),
        ("a.jsonl", "not json\n", "cannot read"),
        ("a.parquet", "not parquet\n", "cannot read"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(
    tmp_path: Path, name: str, text: str, line: str
) -> None:
    folder = tmp_path / "data"
    if name:
        folder.mkdir()
        (folder / name).write_text(text)
    with pytest.raises(BadFile) as caught:
        load(folder)
    assert caught.value.message.startswith(line)
    assert "\n" not in caught.value.message


def test_an_empty_split_is_said_with_a_tip(tmp_path: Path) -> None:
    with Workspace.open(tmp_path):
        pass
    with pytest.raises(UsageError) as caught:
        load(tmp_path)
    assert caught.value.message == f"the training split of {tmp_path} is empty"
    assert "recode-data status" in caught.value.tip


def test_entries_that_do_not_fit_are_counted_and_none_left_is_an_error(tmp_path: Path) -> None:
    data = load(write(tmp_path, train=5, test=3))
    short = fitting(data, lambda row: row["id"] != data.train[0]["id"])
    assert (len(short.train), short.too_long) == (4, 1)
    with pytest.raises(UsageError, match="every one of 5 entries is longer than the limit"):
        fitting(data, lambda row: False)


def test_a_policy_sees_the_prompt_and_rewards_see_the_target(tmp_path: Path) -> None:
    data = load(write(tmp_path, train=1))
    (row,) = prompt_rows(data.train, "answer", False)
    assert row["target"] == data.train[0]["new_code"]
    assert row["old_code"] == data.train[0]["old_code"]
    assert row["target"] not in row["prompt"][-1]["content"]
    (supervised,) = answer_rows(data.train, "answer", False)
    assert supervised["prompt"] == row["prompt"]
    assert supervised["completion"][0]["content"] == f"```python\n{row['target']}\n```"
