"""The mixture's gate and weights, and the penalty on length."""

from __future__ import annotations

import asyncio

import pytest

from recode_data.errors import UsageError
from recode_data.rewards import mixture
from recode_data.rewards.mixtures import Mixture, make_mixture, overlong_penalty

OLD = "import lib\nprint(lib.old(1))"
NEW = "import lib\nprint(lib.new(1))"


def tagged(code: str) -> str:
    return f"<think>so</think><answer>\n```python\n{code}\n```\n</answer>"


def test_the_gate_closes_on_what_is_no_python() -> None:
    reward = make_mixture(Mixture(execution=0))
    completions = ["no code", tagged("print(("), tagged(OLD), tagged(NEW), f"```python\n{NEW}\n```"]
    values = asyncio.run(reward(completions, [NEW] * 5, old_code=[OLD] * 5))
    closed, broken, old, new, untagged = values
    assert closed == broken == -1.0
    assert new == 1.0
    assert old == pytest.approx((0.1 + 0.1 + 0.4 * 0) / 0.6)
    assert untagged == pytest.approx((-0.1 + 0.1 + 0.4) / 0.6)


def test_a_part_that_cannot_judge_leaves_its_weight() -> None:
    columns = {"old_code": [OLD], "dependency": ["no such library"], "new_version": ["==1"]}
    assert asyncio.run(mixture([tagged(NEW)], [NEW], **columns)) == [1.0]


def test_without_a_target_nothing_is_said() -> None:
    columns = {"old_code": [OLD], "dependency": ["x"], "new_version": ["==1"]}
    assert asyncio.run(mixture([tagged(NEW)], [None], **columns)) == [None]


def test_weights_that_cannot_be_are_refused() -> None:
    with pytest.raises(UsageError, match="weights"):
        Mixture(0, 0, 0, 0)
    with pytest.raises(UsageError, match="weights"):
        Mixture(format=-1)


def test_the_penalty_on_length_falls_in_a_line() -> None:
    penalty = overlong_penalty(max_length=100, buffer=20)
    ids = [[0] * count for count in (1, 80, 90, 100, 120)]
    assert penalty([""] * 5, completion_ids=ids) == [0.0, 0.0, -0.5, -1.0, -1.0]
    with pytest.raises(UsageError, match="buffer"):
        overlong_penalty(10, 20)
