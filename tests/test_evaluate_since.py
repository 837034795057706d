"""What changed since the cut-off: which entries are asked, in which arms, and what is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_evaluate import QUIET
from test_evaluate_command import run as command
from test_evaluate_failures import ENTRY, answers, assert_final, evaluated, held_out

from recode_data.errors import NetworkError, UsageError
from recode_data.evaluate import heldout, since
from recode_data.evaluate.sources.file import PredictionFile
from recode_data.publish import releases

__all__ = ["held_out"]  # the fixture

DAYS = {"2": "2025-07-01"}


@pytest.fixture
def days(held_out: heldout.HeldOut, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releases, "from_index", lambda name: DAYS)


@pytest.mark.usefixtures("days")
def test_entries_after_the_cutoff_are_asked_in_both_arms() -> None:
    unknown = ENTRY | {"new_version": "==9"}
    bench = since.load([ENTRY, unknown], "2025-06")
    assert bench.skipped == {since.KNOWN: 0, since.UNKNOWN: 1}
    assert [problem.labels["arm"] for problem in bench.problems] == ["alone", "update"]
    assert {problem.labels["month"] for problem in bench.problems} == {"2025-07"}
    alone, update = (problem.messages[1]["content"] for problem in bench.problems)
    assert "is gone, use" in update
    assert "is gone, use" not in alone
    assert all(ENTRY["new_code"] not in text for text in (alone, update))
    assert len(since.load([ENTRY], "2025-06-30").problems) == 2
    for late in ("2025-07", "2025-07-01"):
        with pytest.raises(UsageError, match="none of 1 entries was released after 2025-07-"):
            since.load([ENTRY], late)


@pytest.mark.usefixtures("days")
def test_the_arms_are_told_apart(tmp_path: Path) -> None:
    bench = since.load([ENTRY], "2025-06")
    file = answers(tmp_path, bench, "old_code", "new_code")
    summary = evaluated(tmp_path / "run", file, bench)
    assert_final(summary, 0.5)
    assert {arm: part["pass@1"] for arm, part in summary["by_arm"].items()} == {
        "alone": 0.0,
        "update": 1.0,
    }
    assert summary["by_month"]["2025-07"]["problems"] == 2
    assert PredictionFile(file).samples == 1
    assert QUIET.quiet


def test_an_index_that_does_not_tell_days_chooses_nothing(
    held_out: heldout.HeldOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(name: str) -> dict[str, str]:
        raise NetworkError("the package index did not answer", "")

    monkeypatch.setattr(releases, "from_index", gone)
    for load in (since.load, lambda rows, day: heldout.load(rows, cutoff=day)):
        with pytest.raises(NetworkError):
            load([ENTRY], "2025-06-30")


@pytest.mark.parametrize("text", ["banana", "2025-13", "2025-00", "2025-13-45", "0000-01", "2025"])
def test_a_cutoff_is_a_day_or_a_month(text: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no day of the calendar"):
        since.cutoff_day(text)
    (tmp_path / "rows.jsonl").write_text(json.dumps(ENTRY) + "\n", encoding="utf-8")
    done = command(
        "eval", "since", "rows.jsonl", "--predictions", "reference", "--cutoff", text,
        folder=tmp_path,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert "is no day of the calendar" in done.stderr


def test_a_month_ends_with_its_last_day() -> None:
    assert since.cutoff_day("2024-02") == "2024-02-29"
    assert since.cutoff_day("2025-06-17") == "2025-06-17"


def test_a_cutoff_has_to_be_given(tmp_path: Path) -> None:
    done = command("eval", "since", "x", "--predictions", "reference", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "since needs --cutoff" in done.stderr
