"""The reward function that verl calls, made of the same rewards as TRL's; needs no torch.

``train/verl/*.yaml`` name it as ``pkg://recode_data.training.verl`` and give the weights.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from recode_data.training.rewards import find_reward

PUBLISHED = {"format": 1.0, "es_star": 1.0}


async def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: str,
    extra_info: Mapping[str, Any] | None = None,
    rewards: Mapping[str, float] | None = None,
    **kwargs: Any,
) -> dict[str, float]:
    """Return ``score``, the weighted sum of ``rewards``, and each of them by its name.

    ``ground_truth`` is the entry's ``new_code``, ``extra_info`` its other columns as
    ``recode-data export --format verl`` writes them. A reward that cannot judge counts 0,
    because verl knows no missing value; the default are the rewards of the paper.
    """
    columns = {name: [value] for name, value in (extra_info or {}).items()}
    weights = rewards or PUBLISHED
    values: dict[str, float] = {}
    for name in weights:
        paid = find_reward(name)(
            completions=[solution_str], prompts=[None], target=[ground_truth], **columns
        )
        value = (await paid if inspect.isawaitable(paid) else paid)[0]
        values[name] = 0.0 if value is None else float(value)
    return {"score": sum(weights[name] * values[name] for name in weights), **values}
