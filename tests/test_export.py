"""An export is the same bytes every time, and `datasets` reads from it what was in it."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from recode_data.duplicates import dedup
from recode_data.errors import UsageError
from recode_data.evaluate.heldout import load
from recode_data.progress import Progress
from recode_data.publish import Configuration, export
from recode_data.publish.formats import FORMATS
from recode_data.publish.rows import COLUMNS, published_rows
from recode_data.records import ENTRY_FIELDS, Entry, Record, Verdict
from recode_data.rewards.executed import SYMBOLS
from recode_data.workspace import Workspace

ROOT = Path(__file__).parent.parent


def records(count: int = 40) -> list[Record]:
    """Return entries over ten symbols of two libraries, each with a valid verdict."""
    made: list[Record] = []
    for number in range(count):
        library = ("NumPy", "pandas")[number % 2]
        symbol = f"{library.lower()}.name{number // 2 % 5}"
        entry = Entry(
            library, "==9.9.9", f"does {number}", "It is renamed – at last.",
            f"import x\nx.{symbol}({[number * k for k in range(9)]})",
            f"import x\nx.new{number}({[number * k for k in range(9)]})",
            engine="rules", author="rename", old_symbol=symbol, old_origin="real",
            change_id=f"c{number % 10}",
        )  # fmt: skip
        evidence = {"runs": {"old": {"status": "clean", "seconds": random.random()}}}
        made += [
            entry,
            Verdict(entry.id, "1", "valid", "ok", "breaking", "1.26.4", "2.0.0", "x", evidence),
        ]
    return made


def exported(folder: Path, made: list[Record]) -> Path:
    with Workspace.open(folder / "workspace") as workspace:
        for record in made:
            workspace.add([record])
        dedup(workspace, Progress(quiet=True))
        export(workspace, folder / "out", Configuration())
    return folder / "out"


def test_a_row_whose_code_is_another_librarys_has_both_licences(tmp_path: Path) -> None:
    entries = [record for record in records(4) if isinstance(record, Entry)][:2]
    places = ("matplotlib-3.4.3:lib/x.py::f", "numpy-1.26.4:numpy/x.py::f")
    made: list[Record] = [
        replace(entry, location=place, dependency="NumPy", new_code=f"{entry.new_code} + {number}")
        for number, (entry, place) in enumerate(zip(entries, places, strict=True))
    ]
    made += [Verdict(one.id, "1", "valid", "ok", "breaking", "1", "2", "", {}) for one in made]
    with Workspace.open(tmp_path) as workspace:
        workspace.add(made)
        found = {
            row["location"].partition("-")[0]: row["licence"] for row in published_rows(workspace)
        }
    assert found == {
        "matplotlib": "BSD-3-Clause and Matplotlib (PSF-based)",
        "numpy": "BSD-3-Clause",
    }


def test_a_row_says_which_packages_its_new_code_was_run_with(tmp_path: Path) -> None:
    entries = [record for record in records() if isinstance(record, Entry)][:2]
    needs = {"requirements": {"old": [], "new": ["six>=1", "toy[more]<3,>=2"]}}
    made: list[Record] = [*entries]
    made += [
        Verdict(one.id, "1", "valid", "ok", "breaking", "1", "2", "", evidence)
        for one, evidence in zip(entries, (needs, {}), strict=True)
    ]
    with Workspace.open(tmp_path) as workspace:
        workspace.add(made)
        rows = {row["id"]: row for row in published_rows(workspace)}
    told = [rows[entry.id]["requirements"] for entry in entries]
    assert told == ["six>=1, toy[more]<3,>=2", ""]
    loaded = load([rows[entry.id] for entry in entries])
    first, second = loaded.entries.values()
    assert first.requirements == tuple(needs["requirements"]["new"])
    assert second.requirements == ()
    with pytest.raises(UsageError, match="six @"):
        load([rows[entries[0].id] | {"requirements": "six @ file:///six"}])


def contents(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_bytes_do_not_depend_on_order_or_time(tmp_path: Path) -> None:
    made = records()
    first = contents(exported(tmp_path / "a", made))
    random.Random(0).shuffle(made)
    assert contents(exported(tmp_path / "b", made)) == first
    with Workspace.open(tmp_path / "b" / "workspace") as workspace:  # over what is there
        export(workspace, tmp_path / "b" / "out", Configuration())
    assert contents(tmp_path / "b" / "out") == first


def test_bytes_do_not_depend_on_the_hash_seed(tmp_path: Path) -> None:
    with Workspace.open(tmp_path / "workspace") as workspace:
        workspace.add(records(12))
    for seed in ("1", "2"):
        command = [sys.executable, "-m", "recode_data", "export", str(tmp_path / seed)]
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        where = ["--workspace", str(tmp_path / "workspace"), "--quiet"]
        subprocess.run([*command, *where], env=environment, check=True, capture_output=True)
    assert contents(tmp_path / "1") == contents(tmp_path / "2")


def test_datasets_reads_equal_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    folder = exported(tmp_path, records())
    loaded = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    assert set(loaded) == {"train", "test"}
    for split, rows in loaded.items():
        lines = (folder / "jsonl" / f"{split}.jsonl").read_text(encoding="utf-8").splitlines()
        stored = sorted(map(json.loads, lines), key=lambda row: row["id"])
        assert sorted(rows, key=lambda row: row["id"]) == stored
    assert loaded["train"].column_names == list(COLUMNS)
    assert tuple(loaded["train"].column_names[:6]) == ENTRY_FIELDS
    assert {row["new_version"] for row in loaded["train"]} == {"==2.0.0"}
    assert datasets.get_dataset_config_names(str(folder)) == [
        "default", "numpy", "pandas", "train", "test",
    ]  # fmt: skip
    held_out = datasets.load_dataset(str(folder), "test", cache_dir=str(tmp_path / "cache"))
    assert held_out["test"]["id"][:] == loaded["test"]["id"][:]
    assert set(held_out) == {"test"}
    one = datasets.load_dataset(str(folder), "pandas", cache_dir=str(tmp_path / "cache"))
    assert {row["dependency"] for rows in one.values() for row in rows} == {"pandas"}


@pytest.mark.parametrize("name", ["raw", "trl", "trl-chat", "sft", "verl"])
def test_every_format_loads_with_the_features_its_card_states(tmp_path: Path, name: Any) -> None:
    import datasets

    with Workspace.open(tmp_path / "workspace") as workspace:
        workspace.add(records())
        dedup(workspace, Progress(quiet=True))
        export(workspace, tmp_path / "out", Configuration(), name)
    stated = datasets.load_dataset_builder(str(tmp_path / "out")).info.features
    loaded = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert loaded["train"].features == stated
    row = loaded["test"][0]
    line = (tmp_path / "out" / "jsonl" / "test.jsonl").read_text().splitlines()[0]
    assert json.loads(line) in list(loaded["test"])
    if name == "verl":
        files = sorted(path.name for path in (tmp_path / "out").glob("*.parquet"))
        assert files == ["test.parquet", "train.parquet"]  # as train/README.md names them
        assert row["reward_model"]["ground_truth"].startswith("import x")
        assert [message["role"] for message in row["prompt"]] == ["system", "user"]
    if name == "raw":
        assert tuple(row) == ENTRY_FIELDS


@pytest.mark.parametrize("name", ["trl", "trl-chat", "verl"])
def test_a_format_keeps_what_the_execution_reward_judges_by(name: Any) -> None:
    row = {column: f"a {column}" for column in COLUMNS}
    shaped = FORMATS[name].shape(row, "train", 0)
    kept = shaped.get("extra_info", shaped)
    wanted = {"dependency", "new_version", "old_code", *SYMBOLS}
    assert {column: kept.get(column) for column in wanted} == {
        column: row[column] for column in wanted
    }


def test_another_format_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    with Workspace.open(tmp_path / "workspace") as workspace:
        workspace.add(records())
        export(workspace, tmp_path / "out", Configuration(), "verl")
        export(workspace, tmp_path / "out", Configuration(), "sft")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "README.md", "croissant.json", "data", "jsonl",
    }  # fmt: skip


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # its own use of rdflib
def test_croissant_validates(tmp_path: Path) -> None:
    mlcroissant = pytest.importorskip("mlcroissant")
    folder = exported(tmp_path, records())
    described = mlcroissant.Dataset(jsonld=str(folder / "croissant.json"))
    assert described.metadata.issues.errors == set()
    read = {
        row[f"{name}/id"].decode()
        for name in ("numpy/train-00000-of-00001", "pandas/train-00000-of-00001")
        for row in described.records(name)
    }
    lines = (folder / "jsonl" / "train.jsonl").read_text(encoding="utf-8").splitlines()
    assert read == {json.loads(line)["id"] for line in lines}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # its own use of rdflib
@pytest.mark.parametrize("name", ["trl-chat", "sft", "verl"])
def test_croissant_of_nested_columns_validates(tmp_path: Path, name: Any) -> None:
    mlcroissant = pytest.importorskip("mlcroissant")
    with Workspace.open(tmp_path / "workspace") as workspace:
        workspace.add(records(6))
        dedup(workspace, Progress(quiet=True))
        export(workspace, tmp_path / "out", Configuration(), name)
    described = mlcroissant.Dataset(jsonld=str(tmp_path / "out" / "croissant.json"))
    assert described.metadata.issues.errors == set()


def test_no_symbol_is_on_two_sides(tmp_path: Path) -> None:
    folder = exported(tmp_path, records())
    sides: dict[str, set[str]] = {}
    for split in ("train", "test"):
        for line in (folder / "jsonl" / f"{split}.jsonl").read_text(encoding="utf-8").splitlines():
            sides.setdefault(json.loads(line)["old_symbol"], set()).add(split)
    assert all(len(found) == 1 for found in sides.values())


def test_a_split_without_rows_is_said(tmp_path: Path) -> None:
    with Workspace.open(tmp_path / "workspace") as workspace:
        workspace.add(records(2)[:2])
        dedup(workspace, Progress(quiet=True))
        summary = export(workspace, tmp_path / "out", Configuration())
    assert str(summary).endswith("no row is in test: the rows share one changed symbol: build more")


def test_nothing_valid_and_a_folder_that_is_something_else(tmp_path: Path) -> None:
    with Workspace.open(tmp_path / "workspace") as workspace:
        with pytest.raises(UsageError, match="no valid entry"):
            export(workspace, tmp_path / "out", Configuration())
        workspace.add(records(4))
        dedup(workspace, Progress(quiet=True))
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "thesis.txt").write_text("years of work")
        with pytest.raises(UsageError, match="thesis"):
            export(workspace, tmp_path / "mine", Configuration())
