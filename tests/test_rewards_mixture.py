"""The mixture's gate and weights, and the penalty on length."""

from __future__ import annotations

import asyncio
import inspect
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest

from recode_data.errors import UsageError
from recode_data.rewards import mixture
from recode_data.rewards.mixtures import Mixture, make_mixture, overlong_penalty
from recode_data.training.recipe import Policy
from recode_data.training.rewards import reward_functions
from recode_data.training.settings import resolve

OLD = "import lib\nprint(lib.old(1))"
NEW = "import lib\nprint(lib.new(1))"


def tagged(code: str) -> str:
    return f"<think>so</think><answer>\n```python\n{code}\n```\n</answer>"


def test_the_gate_closes_on_what_is_no_python() -> None:
    reward = make_mixture(Mixture(execution=0))
    twice = NEW.replace("1)", "x=1, x=1)")
    completions = ["no code", tagged("print(("), tagged(twice), tagged(""), tagged(OLD),
                   tagged(NEW), f"```python\n{NEW}\n```"]  # fmt: skip
    values = asyncio.run(reward(completions, [NEW] * 7, old_code=[OLD] * 7))
    assert values[:4] == [-1.0] * 4
    assert values[4:] == [0.0, 1.0, pytest.approx(0.8)]


def test_neither_part_is_paid_alone() -> None:
    weights = Mixture()
    refused = [weights.substance(worth, 0.0) for worth in (-1.0, 0.0, 0.5, 1.0)]
    accepted = [weights.substance(worth, 1.0) for worth in (-1.0, 0.0, 0.5, 1.0)]
    assert refused == [0.0, 0.0, 0.125, 0.25]
    assert accepted == [0.5, 0.5, 0.75, 1.0]


def test_one_part_judges_alone_and_none_says_nothing() -> None:
    columns = {"old_code": [OLD], "dependency": ["no such library"], "new_version": ["==1"]}
    assert asyncio.run(mixture([tagged(NEW)], [NEW], **columns)) == [1.0]
    assert asyncio.run(mixture([tagged(OLD)], [NEW], **columns)) == [0.0]
    assert asyncio.run(mixture([tagged("pass")], [OLD], **columns)) == [None]


def test_without_a_target_nothing_is_said() -> None:
    columns = {"old_code": [OLD], "dependency": ["x"], "new_version": ["==1"]}
    assert asyncio.run(mixture([tagged(NEW)], [None], **columns)) == [None]


def test_weights_that_cannot_be_are_refused() -> None:
    with pytest.raises(UsageError, match="weights"):
        Mixture(migration=0, execution=0)
    with pytest.raises(UsageError, match="weights"):
        Mixture(format=-1)


def test_configured_rewards_can_be_pickled_into_another_process() -> None:
    """TRL's asynchronous trainer sends its rewards to a process that it spawns."""
    settings = ["rewards={mixture: 1.0, execution: 1.0, es_star: 1.0}", "execution_budget=7",
                "overlong_buffer=0"]  # fmt: skip
    recipe = resolve(recipe="migration", settings=settings)
    assert isinstance(recipe, Policy)
    rewards = [*reward_functions(recipe), overlong_penalty(100, 20)]
    columns = {"dependency": ["no such library"], "new_version": ["==1"], "old_code": [OLD]}
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        sent = [pool.submit(paid, reward, tagged(NEW), NEW, columns) for reward in rewards]
        values = dict(future.result(60) for future in sent)
    assert values == {"mixture": [1.0], "execution": [None], "es_star": [2.0], "overlong": [0.0]}
    assert rewards[1].budget == 7


def paid(reward: Any, completion: str, target: str, columns: dict[str, Any]) -> tuple[str, Any]:
    """Return a reward's name and what it pays, in a process that has only its pickle."""
    value = reward(completions=[completion], target=[target], completion_ids=[[1]], **columns)
    if inspect.isawaitable(value):

        async def waited() -> Any:
            return await value

        value = asyncio.run(waited())
    return reward.__name__, value


def test_the_penalty_on_length_falls_in_a_line() -> None:
    penalty = overlong_penalty(max_length=100, buffer=20)
    ids = [[0] * count for count in (1, 80, 90, 100, 120)]
    assert penalty([""] * 5, completion_ids=ids) == [0.0, 0.0, -0.5, -1.0, -1.0]
    with pytest.raises(UsageError, match="buffer"):
        overlong_penalty(10, 20)
