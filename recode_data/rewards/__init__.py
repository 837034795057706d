"""Rewards for models that migrate code, each with TRL's signature; nothing needs torch.

``f(completions, target, **columns) -> list[float | None]``: completions as texts or lists
of chat messages, ``target`` the ``new_code`` of each, None where it cannot be judged.
`execution` and `mixture` are coroutines, which TRL awaits beside other rewards.

    format      -1 or 1   reasoning and answer in their tags
    em, es      -2 to 2   the target's text, exactly or nearly
    em_star     -2 to 2   the same, of code that parses
    es_star     -2 to 2   the same, of code that parses: the paper's reward
    migration   -1 to 1   the part that had to change; needs ``old_code``
    execution   0 or 1    what the judge accepts in the new version; needs ``dependency``
                          and ``new_version``
    mixture     -1 to 1   all of it behind a gate; needs the three of them
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recode_data.rewards.published import em, em_star, es, es_star, format
from recode_data.rewards.worth import migration

if TYPE_CHECKING:
    from recode_data.rewards.executed import execution
    from recode_data.rewards.mixtures import mixture

__all__ = ["em", "em_star", "es", "es_star", "execution", "format", "migration", "mixture"]

_LATER = {"execution": "executed", "mixture": "mixtures"}


def __getattr__(name: str) -> Any:
    """Import what executes code only when it is asked for."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
