"""From the names in a recipe to the reward functions that TRL calls."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from recode_data import rewards as library
from recode_data.answers import Completion
from recode_data.errors import BadFile, nearest
from recode_data.training.curriculum import put_back
from recode_data.training.recipe import Policy

Reward: TypeAlias = Callable[..., Any]
"""``f(prompts, completions, completion_ids, <columns>, …) -> list[float | None]``."""


def reward_functions(recipe: Policy) -> list[Reward]:
    """Return the rewards in the recipe's order, the overlong penalty last.

    All but a reward of the user's own can be pickled, as trainers need that score in another
    process.

    Raises `BadFile` for a name that is neither in `recode_data.rewards` nor an importable
    ``module:function``.
    """
    bounded = {"mixture": _mixture, "execution": _execution}
    functions = [
        bounded[name](recipe) if name in bounded else find_reward(name) for name in recipe.rewards
    ]
    if recipe.invented:
        functions = [RealNames(function) for function in functions]
    if recipe.overlong_buffer:
        from trl.rewards import get_soft_overlong_punishment

        functions.append(
            get_soft_overlong_punishment(recipe.max_completion_length, recipe.overlong_buffer)
        )
    return functions


@dataclass(frozen=True)
class RealNames:
    """A reward that reads answers with invented names as answers to the real entry."""

    reward: Reward

    @property
    def __name__(self) -> str:
        return str(getattr(self.reward, "__name__", "reward"))

    async def __call__(
        self, completions: Sequence[Completion], names: Sequence[str], **kwargs: Any
    ) -> Any:
        given = [_real(*pair) for pair in zip(completions, names, strict=True)]
        paid = self.reward(completions=given, **kwargs)
        return await paid if inspect.isawaitable(paid) else paid


def _real(completion: Completion, names: str) -> Completion:
    if isinstance(completion, str):
        return put_back(completion, names)
    return [{**turn, "content": put_back(turn["content"], names)} for turn in completion]


def _mixture(recipe: Policy) -> Reward:
    from recode_data.rewards.mixtures import Mixture, make_mixture

    return make_mixture(Mixture(**recipe.mixture.model_dump()), recipe.execution_budget)


def _execution(recipe: Policy) -> Reward:
    from recode_data.rewards.executed import ExecutionReward

    return ExecutionReward(recipe.execution_budget)


def find_reward(name: str) -> Reward:
    """Return the reward called ``name``, or the function that ``module:function`` names."""
    module_name, colon, function_name = name.partition(":")
    if colon:
        return _imported(module_name, function_name)
    if name not in library.__all__:
        tip = nearest(name, library.__all__) or f"known: {', '.join(library.__all__)}"
        raise BadFile(f"no reward is called {name!r}", tip)
    function: Reward = getattr(library, name)
    return function


def _imported(module_name: str, function_name: str) -> Reward:
    here = str(Path.cwd())
    if here not in sys.path:  # an installed command does not look in the current folder
        sys.path.insert(0, here)
    try:
        function: Reward = getattr(importlib.import_module(module_name), function_name)
    except (ImportError, AttributeError) as error:
        tip = "module:function must be importable from the current folder"
        raise BadFile(
            f"cannot import reward {module_name}:{function_name}: {error}", tip
        ) from error
    return function
