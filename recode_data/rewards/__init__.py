"""Rewards for models that migrate code, each with TRL's signature; nothing needs torch.

``f(completions, target, **columns) -> list[float | None]``: completions as texts or lists
of chat messages, ``target`` the ``new_code`` of each, None where it cannot be judged.
"""

from __future__ import annotations

from recode_data.rewards.migration import migration
from recode_data.rewards.published import em, em_star, es, es_star, format

__all__ = ["em", "em_star", "es", "es_star", "format", "migration"]
