"""What can be known to be wrong with a run before it starts: the work of a dry run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from recode_data.errors import MachineTooSmall, MissingExtra, NetworkError, UsageError
from recode_data.training.arguments import trl_config, world_size
from recode_data.training.machine import require_device, require_memory
from recode_data.training.planning import Plan
from recode_data.training.recipe import Policy
from recode_data.training.resume import checkpoint_to_resume, configuration
from recode_data.training.rewards import reward_functions
from recode_data.training.run import require_packages, require_prompts


def checked(plan: Plan, resume: bool = False, push_to: str = "") -> Plan:
    """Return ``plan`` with what this machine lacks for it.

    Raises what `train` would raise for the recipe, the data, the folder and the name to push
    to. What only this machine lacks is no reason to refuse: the run may be for another one.
    """
    recipe, folder = plan.recipe, plan.folder
    # Where there is no GPU, TRL would refuse what it takes on the machine that has one.
    arguments = trl_config(recipe.model_copy(update={"use_cpu": True}), folder)
    if recipe.adapter != "none" and not plan.estimate.trained:
        raise UsageError(
            f"no layer of {recipe.model} is called {recipe.target_modules!r}: nothing would train",
            "--set target_modules=all-linear, or a list of the layers' names",
        )
    if isinstance(recipe, Policy):
        reward_functions(recipe)
        require_prompts(recipe, arguments, plan.data)
    if recipe.chat_template and not Path(recipe.chat_template).is_file():
        raise UsageError(
            f"no file {recipe.chat_template}", "name a Jinja file with --set chat_template=FILE"
        )
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file", "name a folder with --output")
    checkpoint_to_resume(folder, configuration(recipe, plan.data, world_size()), resume)
    if push_to:
        _require_token(push_to)
    return replace(plan, lacking=_lacking(plan))


def require_model_checked(plan: Plan) -> None:
    """Raise `NetworkError` where nobody could say whether the plan's model exists."""
    if plan.estimate.guessed:
        raise NetworkError(
            f"not checked whether there is a model {plan.recipe.model}: the Hub does not answer",
            "all else was checked; check the network and HF_ENDPOINT and repeat the dry run, or "
            "give --model a folder",
        )


def _require_token(name: str) -> None:
    from huggingface_hub import get_token

    if not get_token():
        raise UsageError(
            f"no token for the Hub, to push {name}", "set HF_TOKEN to a token that may write"
        )


def _lacking(plan: Plan) -> tuple[str, ...]:
    found = []
    checks: list[Callable[[], None]] = [
        lambda: require_packages(plan.recipe),
        lambda: require_device(plan.recipe),
        lambda: require_memory(plan.recipe, plan.estimate),
    ]
    for check in checks:
        try:
            check()
        except (MachineTooSmall, MissingExtra) as error:
            found.append(error.message)
    return tuple(found)
