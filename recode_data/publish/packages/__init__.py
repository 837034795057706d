"""Data sets that trainers plug in: a folder with a check that runs, in the shape that each knows.

A package is written from `Item`s, rows that carry their grading task. What each framework
wants stands in one module of this room; all of them grade by the one judge, through
`recode_data.rewards.tasks` or the command ``recode-data grade``.
"""

from __future__ import annotations

from recode_data.publish.packages import harbor, nemo_gym, openenv, trl_env, verifiers
from recode_data.publish.packages.item import Item, Package, PackageName

PACKAGES: dict[PackageName, Package] = {
    "harbor": harbor,
    "verifiers": verifiers,
    "trl-env": trl_env,
    "nemo-gym": nemo_gym,
    "openenv": openenv,
}

__all__ = ["PACKAGES", "Item", "Package", "PackageName"]
