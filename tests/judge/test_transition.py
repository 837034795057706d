"""The scan over the matrix finds the transition with few runs, for every shape of history."""

from __future__ import annotations

import pytest

from recode_data.judge.transition import State, Transition, claimed_index, scan

SHORT: dict[str, State] = {
    "c": "clean",
    "w": "warns",
    "f": "fails",
    "x": "changes",
    "o": "other",
    "a": "absent",
}


def search(history: str, claimed: int, kind: str = "") -> tuple[Transition | None, int]:
    """Return the best transition in ``history`` and how many versions were run."""
    asked: set[int] = set()
    steps = scan(len(history), claimed, kind)
    indexes = next(steps)
    while True:
        assert not asked & set(indexes)
        asked |= set(indexes)
        try:
            indexes = steps.send({index: SHORT[history[index]] for index in indexes})
        except StopIteration as end:
            return (end.value[0] if end.value else None), len(asked)


@pytest.mark.parametrize(
    ("history", "claimed", "kind", "transition"),
    [
        ("ccccccccccff", 10, "removed", (9, 10)),
        ("ccccccccccff", 3, "removed", (9, 10)),
        ("ccccwwwwwwff", 4, "deprecated", (3, 4)),
        ("ccccwwwwwwff", 4, "removed", (3, 10)),
        ("ccccwwwwwwff", 10, "removed", (3, 10)),
        ("ccccwwwwwwff", 10, "deprecated", (3, 4)),
        ("ccccccccccff", 5, "deprecated", (9, 10)),
        ("ccccwwwwwwff", 9, "renamed", (3, 10)),
        ("ffffccwwwwff", 6, "deprecated", (5, 6)),
        ("ffffcfffffff", 8, "removed", (4, 5)),
        ("ccccaawwwwww", 4, "deprecated", (3, 6)),
        ("ccccccoowwww", 8, "", (5, 8)),
        ("cccccxxxxxxx", 5, "behaviour", (4, 5)),
        ("cccccccccccc", 5, "removed", None),
        ("oooooooooooo", 5, "removed", None),
        ("ffffffffffff", 5, "removed", None),
        ("wwwwwwwwffff", 5, "removed", None),
    ],
)
def test_the_flip_that_fits_the_claim(
    history: str, claimed: int, kind: str, transition: tuple[int, int] | None
) -> None:
    found, _ = search(history, claimed, kind)
    assert (found and (found.old, found.new)) == transition


def test_a_claim_that_holds_costs_two_runs_and_a_wrong_one_few() -> None:
    assert search("c" * 15 + "f" * 5, 15, "removed")[1] == 2
    assert search("c" * 15 + "f" * 5, 4, "removed")[1] <= 9
    assert search("o" * 20, 4, "removed")[1] <= 7


@pytest.mark.parametrize(
    ("claimed", "index"),
    [("==1.25.0", 2), ("==1.25.2", 2), ("1.24", 1), ("==9.0", 3), ("==0.1", 1), ("soon", 3)],
)
def test_a_claimed_version_becomes_a_step_of_the_matrix(claimed: str, index: int) -> None:
    assert claimed_index(claimed, ["1.23.5", "1.24.4", "1.25.2", "2.0.2"]) == index
