"""Training with GRPO, DAPO or SFT: the only room that imports torch, trl and peft.

The names here import what they need when they are first asked for, so that a mistake in a
recipe is told before torch is loaded.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recode_data.training.checks import checked, require_model_checked
    from recode_data.training.planning import Plan, default_folder, plan
    from recode_data.training.report import summary
    from recode_data.training.run import train
    from recode_data.training.settings import recipes, resolve

_HOMES = {
    "checked": "checks",
    "Plan": "planning",
    "default_folder": "planning",
    "plan": "planning",
    "recipes": "settings",
    "require_model_checked": "checks",
    "resolve": "settings",
    "summary": "report",
    "train": "run",
}
__all__ = [
    "Plan",
    "checked",
    "default_folder",
    "plan",
    "recipes",
    "require_model_checked",
    "resolve",
    "summary",
    "train",
]


def __getattr__(name: str) -> Any:
    """Import a public name from the module that has it."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
