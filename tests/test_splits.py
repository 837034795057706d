"""No symbol is on two sides, and what is on a side stays there when entries are added."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from recode_data.errors import NetworkError, UsageError
from recode_data.publish.releases import first_days, release_dates
from recode_data.publish.splits import (
    Configuration,
    SplitBy,
    group_rows,
    leaks,
    split_by_hash,
    split_by_time,
    split_rows,
)
from recode_data.workspace import Workspace


def row(number: int, old: str = "", new: str = "", **fields: str) -> dict[str, Any]:
    known = {"id": f"{number:016x}", "library": "numpy", "new_version": "==2.0.0"}
    return known | {"old_symbol": old, "new_symbol": new, "change_id": ""} | fields


def many(count: int) -> list[dict[str, Any]]:
    draw = random.Random(3)
    return [row(n, f"a.f{draw.randrange(count // 4)}", f"a.g{n % 9}_{n}") for n in range(count)]


def test_rows_that_share_a_symbol_directly_or_over_others_are_one_group() -> None:
    rows = [row(1, "a.x", "a.y"), row(2, "a.y", "a.z"), row(3, "a.z", "int"), row(4, "b.x", "int")]
    groups = group_rows(rows)
    assert sorted(len(members) for members in groups.values()) == [1, 3]
    assert set(groups) == {"a.x", "b.x"}


def test_rows_without_symbols_are_grouped_by_their_change() -> None:
    rows = [row(1, change_id="c"), row(2, change_id="c"), row(3), row(4)]
    assert len(group_rows(rows)) == 3


def test_the_share_is_kept_and_the_seed_counts() -> None:
    groups = group_rows(many(2000))
    sides = split_by_hash(groups, 0.2, 0)
    assert 0.15 < sum(side == "test" for side in sides.values()) / 2000 < 0.25
    assert split_by_hash(groups, 0.2, 1) != sides


@pytest.mark.parametrize("size", [0.0, 0.0001, 0.9999, 1.0])
def test_neither_side_is_empty(size: float) -> None:
    rows = [row(n, f"a.f{n}", f"a.g{n}") for n in range(4)]
    assert set(split_by_hash(group_rows(rows), size, 0).values()) == {"train", "test"}
    assert set(split_by_hash(group_rows(rows[:1]), size, 0).values()) == {"train"}


def test_entries_that_are_added_move_no_other() -> None:
    rows = many(400)
    before = split_by_hash(group_rows(rows), 0.1, 7)
    added = [row(1000 + n, f"b.f{n}", f"b.g{n}") for n in range(200)]
    added += [row(2000 + n, rows[n]["old_symbol"], f"z.new{n}") for n in range(50)]
    after = split_by_hash(group_rows([*added, *rows]), 0.1, 7)
    assert {key: after[key] for key in before} == before


def test_whole_libraries_are_held_out(tmp_path: Path) -> None:
    rows = [row(n, f"l{n % 8}.f{n}", f"l{n % 8}.g{n}", library=f"l{n % 8}") for n in range(80)]
    with Workspace.open(tmp_path) as workspace:
        sides = split_rows(workspace, rows, Configuration("library", 0.3))
        assert leaks(workspace, rows, sides).libraries == 0
    assert set(sides.values()) == {"train", "test"}


def test_one_library_cannot_be_held_out(tmp_path: Path) -> None:
    rows = [row(n, f"a.f{n}", f"a.g{n}") for n in range(9)]
    with (
        Workspace.open(tmp_path) as workspace,
        pytest.raises(UsageError, match="only numpy is here") as raised,
    ):
        split_rows(workspace, rows, Configuration("library"))
    assert "--split change" in raised.value.tip


def test_time_splits_and_what_would_leak_is_left_out() -> None:
    rows = [
        row(1, "a.x", "a.y"),
        row(2, "b.x", "b.y", new_version="==2.3.0"),
        row(3, "b.x", "b.z"),
        row(4, "c.x", "c.y", new_version="==9.9.9"),
    ]
    dates = {"numpy": {"2.0.0": "2024-06-16", "2.3.0": "2025-06-07"}}
    sides = split_by_time(rows, dates, "2025-06-01")
    assert list(sides.values()) == ["train", "test", "out", "out"]
    assert split_by_time(rows, dates, "2025-06-07")[rows[1]["id"]] == "test"
    assert split_by_time(rows, dates, "2025-06-08")[rows[1]["id"]] == "train"


@pytest.mark.parametrize(
    ("split", "cutoff", "line"),
    [
        ("time", "", "needs the day"),
        ("time", "june", "'june' is no day"),
        ("time", "2025-6-1", "is no day"),
        ("time", "20250601", "is no day"),
        ("time", "2025-13-45", "is no day"),
        ("change", "2025-06-01", "the split is by change"),
        ("change", "banana", "is no day"),
    ],
)
def test_a_cutoff_is_a_day_and_belongs_to_a_split_by_time(
    split: SplitBy, cutoff: str, line: str
) -> None:
    with pytest.raises(UsageError, match=line):
        Configuration(split, cutoff=cutoff)


def test_release_dates_are_asked_once(tmp_path: Path) -> None:
    asked = []

    def ask(library: str) -> dict[str, str]:
        asked.append(library)
        return {"2.0.0": "2024-06-16"}

    with Workspace.open(tmp_path) as workspace:
        for _ in range(2):
            assert release_dates(workspace, "numpy", ask) == {"2.0.0": "2024-06-16"}
    assert asked == ["numpy"]


def test_the_first_file_of_a_version_dates_it() -> None:
    files = [
        ("numpy-2.0.0-cp312-cp312-win_amd64.whl", "2024-06-20T10:00:00Z"),
        ("numpy-2.0.0.tar.gz", "2024-06-16T13:20:06.123Z"),
        ("numpy-2.0.1.tar.gz", None),
        ("numpy.exe", "2001-01-01T00:00:00Z"),
    ]
    assert first_days(files) == {"2.0.0": "2024-06-16"}


@pytest.mark.index
def test_the_index_tells_release_dates(tmp_path: Path) -> None:
    with Workspace.open(tmp_path) as workspace:
        assert release_dates(workspace, "numpy")["2.0.0"] == "2024-06-16"


def test_no_index_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from recode_data import index

    index.forget()
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    try:
        with Workspace.open(tmp_path) as workspace, pytest.raises(NetworkError):
            release_dates(workspace, "numpy")
    finally:
        index.forget()
