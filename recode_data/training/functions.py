"""The execution reward as other trainers call it: OpenRLHF, slime, AReaL and ms-swift.

Each function is named and takes what the framework hands over, as their sources call them; all
of them read a row's grading task from the column ``task`` of ``recode-data export --format
trl-env`` and grade a batch at once. They need none of the frameworks, and torch only where
OpenRLHF is answered.

=============  ====================================================================
OpenRLHF       ``--remote_rm_url FILE --label_key task``: `reward_func`
slime          ``--custom-rm-path recode_data.training.functions.custom_rm
               --label-key task``, with ``--group-rm`` or without
AReaL          ``reward_fn="recode_data.training.functions.reward_fn"``
ms-swift       ``--external_plugins FILE --reward_funcs recode_execution``
=============  ====================================================================

``FILE`` is this module's own: ``python -m recode_data.training.functions`` prints it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from recode_data.rewards.tasks import Task, grade_all, paid


def reward_func(
    queries: Sequence[str], prompts: Sequence[str], labels: Sequence[str], **_kwargs: Any
) -> dict[str, Any]:
    """Return OpenRLHF's ``rewards``, ``scores`` and ``extra_logs`` for a batch.

    ``queries`` are prompts with their responses, ``labels`` grading tasks. Raises `RecodeError`
    where an answer cannot be graded, which is no reward.
    """
    import torch

    responses = [query.removeprefix(prompt) for query, prompt in zip(queries, prompts, strict=True)]
    rewards = torch.tensor(_paid(labels, responses))
    return {"rewards": rewards, "scores": rewards, "extra_logs": {"execution": rewards}}


async def custom_rm(args: Any, sample: Any, **_kwargs: Any) -> Any:  # noqa: ARG001
    """Return slime's reward of a sample, or a list for a list of them (``--group-rm``).

    A sample's ``label`` is a grading task, its ``response`` what the model said. Raises as
    `reward_func` does.
    """
    samples = sample if isinstance(sample, list) else [sample]
    rewards = await asyncio.to_thread(
        _paid, [one.label for one in samples], [one.response for one in samples]
    )
    return rewards if isinstance(sample, list) else rewards[0]


def reward_fn(
    prompt: str,  # noqa: ARG001
    completions: str,
    prompt_ids: Any,  # noqa: ARG001
    completion_ids: Any,  # noqa: ARG001
    task: str,
    **_row: Any,
) -> float:
    """Return AReaL's reward of one completion, whose row has the column ``task``.

    Raises as `reward_func` does.
    """
    return _paid([task], [completions])[0]


class Execution:
    """ms-swift's outcome reward, registered as ``recode_execution`` where ms-swift is there."""

    def __init__(self, args: Any = None, **kwargs: Any) -> None:
        """Take what ms-swift's own reward classes take."""

    def __call__(
        self, completions: Sequence[str], task: Sequence[str], **_kwargs: Any
    ) -> list[float | None]:
        """Return 1 or 0 for each completion, None where it cannot be graded."""
        judged = grade_all([Task.from_json(text) for text in task], completions)
        return [None if one.passed is None else float(one.passed) for one in judged]


def _paid(tasks: Sequence[str], responses: Sequence[str]) -> list[float]:
    """Return the rewards of a batch; what a busy machine does not grade is tried once more."""
    read = [Task.from_json(text) for text in tasks]
    judged = grade_all(read, responses)
    if any(one.passed is None for one in judged):
        judged = grade_all(read, responses)
    return [paid(one) for one in judged]


def _register() -> None:
    try:
        from swift.rewards import orms  # type: ignore[import-not-found]
    except ImportError:  # the other frameworks import this module too
        return
    orms["recode_execution"] = Execution


_register()

if __name__ == "__main__":
    print(__file__)
