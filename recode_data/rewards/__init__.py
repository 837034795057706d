"""Rewards for models that migrate code, each with TRL's signature; nothing needs torch.

``f(completions, target, **columns) -> list[float | None]``: completions as texts or lists
of chat messages, ``target`` the ``new_code`` of each, None where it cannot be judged.
`execution` and `mixture` are coroutines, which TRL awaits beside other rewards.

    format      -1 or 1   reasoning and answer in their tags
    em, es      -2 to 2   the target's text, exactly or nearly
    em_star     -2 to 2   the same, of code that parses
    es_star     -2 to 2   the same, of code that parses: the paper's reward
    migration   -1 to 1   what had to change, read from the text; needs ``old_code``
    execution   0 or 1    what the judge accepts in the new version; needs ``dependency``
                          and ``new_version``
    mixture     -1 to 1   the product of form and the last two; needs the three of them

>>> new = "import numpy as np\\nprint(np.isin([1], [1]))"
>>> old = new.replace("isin", "in1d")
>>> right, copied, broken, silent = (f"```python\\n{code}\\n```" for code in (new, old, "x =", ""))
>>> said, target = [right, copied, broken, "I do not know."], [new] * 4
>>> migration(said, target, old_code=[old] * 4)
[1.0, 0.0, -1.0, -1.0]
>>> [round(value, 2) for value in es_star(said, target)]  # it pays for copying as well
[2.0, 1.76, -2.0, -2.0]
>>> em_star(said, target)
[2.0, -1.5, -2.0, -2.0]
>>> format(["<think>It was renamed.</think><answer>np.isin</answer>", right])
[1.0, -1.0]
>>> es_star([right], [None]) == em([right], [None])
True

``mixture`` behind its gate runs nothing that cannot be judged, so these need no environment:

>>> import asyncio
>>> from recode_data.rewards import execution, mixture
>>> row = {"old_code": [old], "dependency": ["numpy"], "new_version": ["==2.0.2"]}
>>> asyncio.run(mixture([broken], [new], **row))
[-1.0]
>>> asyncio.run(execution([right], [None], **row))
[None]
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
