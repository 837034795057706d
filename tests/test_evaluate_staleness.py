"""From when on a model is stale: models of known behaviour get the right month."""

from __future__ import annotations

import random

import pytest

from recode_data.evaluate.staleness import Observation, staleness, told

MONTHS = [f"{year}-{month:02}" for year in (2024, 2025) for month in range(1, 13)]


def observed(  # noqa: PLR0917
    before: float, after: float, turn: str, each: int = 6, seed: int = 0, months: list[str] = MONTHS
) -> list[Observation]:
    """Return ``each`` problems a month, of five answers each that use the old API with
    probability ``before`` up to ``turn`` and ``after`` from it on."""
    chance = random.Random(seed)
    return [
        (month, sum(chance.random() < (before if month < turn else after) for _ in range(5)), 5)
        for month in months
        for _ in range(each)
    ]


def apart(one: str, other: str) -> int:
    a, b = (int(month[:4]) * 12 + int(month[5:]) for month in (one, other))
    return abs(a - b)


@pytest.mark.parametrize("turn", MONTHS[1:])
def test_a_sharp_turn_is_found_in_its_month(turn: str) -> None:
    found = staleness(observed(0, 1, turn))
    assert (found["date"], found["interval"], found["always"]) == (turn, [turn, turn], False)
    assert (found["old_before"], found["old_after"]) == (0.0, 1.0)


@pytest.mark.parametrize("seed", range(20))
def test_a_turn_that_is_not_sharp_is_found_within_a_month(seed: int) -> None:
    found = staleness(observed(0.1, 0.8, "2025-03", seed=seed))
    assert apart(found["date"], "2025-03") <= 1
    assert found["interval"][0] <= "2025-03" <= found["interval"][1]


def test_the_interval_holds_the_month_as_often_as_it_says() -> None:
    held = 0
    for seed in range(200):
        turn = MONTHS[2 + seed % 20]
        low, high = staleness(observed(0.2, 0.55, turn, 2, seed))["interval"]
        held += low <= turn <= (high or "9999")
    assert held >= 180


def test_answers_count_each_where_they_differ_within_a_problem_and_once_where_they_agree() -> None:
    chance, widths = random.Random(0), []
    for seed in range(10):
        drawn = observed(0.3, 0.7, "2024-09", 2, seed)
        alike = [
            (m, n * (chance.random() < (0.3 if m < "2024-09" else 0.7)), n) for m, _, n in drawn
        ]
        ends = [staleness(seen)["interval"] for seen in (drawn, alike)]
        widths.append([apart(low or MONTHS[-1], high or MONTHS[-1]) for low, high in ends])
        assert ends[0][0] <= "2024-09" <= (ends[0][1] or "9999")
    assert sum(one for one, _ in widths) * 2 < sum(other for _, other in widths)


def test_a_model_that_always_uses_the_old_api_is_stale_at_the_first_month_or_before() -> None:
    found = staleness(observed(1, 1, "2024-01"))
    assert (found["date"], found["always"], found["old_before"]) == ("2024-01", True, None)
    assert found["interval"][0] == "2024-01"
    assert "stale at or before 2024-01" in told(found)


def test_a_model_that_never_uses_it_is_not_stale() -> None:
    found = staleness(observed(0, 0, "2024-01"))
    assert (found["date"], found["interval"][1]) == (None, None)
    assert "not stale up to the last release" in told(found)


def test_a_turn_towards_the_new_api_is_no_staleness() -> None:
    found = staleness(observed(1, 0, "2024-09"))
    assert (found["date"], found["new_from"]) == (None, "2024-09")
    assert "from 2024-09 on it uses the new API" in told(found)


def test_a_gap_in_the_releases_is_one_in_the_interval() -> None:
    found = staleness(
        observed(0, 1, "2025-06", months=["2024-01", "2024-02", "2025-06", "2025-07"])
    )
    assert (found["date"], found["interval"]) == ("2025-06", ["2024-03", "2025-06"])


def test_one_problem_tells_no_month() -> None:
    found = staleness([("2025-01", 5, 5)])
    assert found["interval"] == ["2025-01", None]
    assert staleness([]) == {"date": None, "problems": 0}
    assert told(staleness([])) == "nothing is known of it"


def test_the_order_of_observations_does_not_matter() -> None:
    seen = observed(0.1, 0.7, "2024-11", 3)
    assert staleness(seen) == staleness(seen[::-1])


def test_a_model_that_never_uses_the_old_api_is_told_so_whatever_the_number() -> None:
    found = staleness([("2026-05", 0, 5)] * 98)
    assert (found["date"], found["interval"]) == (None, [None, None])
    assert told(found) == "not stale up to the last release [never, never], 0% old API"
