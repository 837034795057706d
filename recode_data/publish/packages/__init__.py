"""Data sets that trainers plug in: a folder with a check that runs, in the shape that each knows.

A package is written from `Item`s, rows that carry their grading task. What each framework
wants stands in one module of this room; all of them grade by the one judge, through
`recode_data.rewards.tasks` or the command ``recode-data grade``.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from recode_data.errors import BadFile, UsageError
from recode_data.publish.packages import harbor, nemo_gym, openenv, skyrl, trl_env, verifiers
from recode_data.publish.packages.item import Item, Package, PackageName

PACKAGES: dict[PackageName, Package] = {
    "harbor": harbor,
    "verifiers": verifiers,
    "trl-env": trl_env,
    "nemo-gym": nemo_gym,
    "openenv": openenv,
    "skyrl": skyrl,
}


def read_tasks(folder: Path) -> dict[str, str]:
    """Return the grading tasks of an exported package, whatever its format, by the row's id.

    Raises `UsageError` where there is none and `BadFile` for a file that no export wrote.
    """
    for package in PACKAGES.values():
        try:
            found = dict(package.tasks(folder))
        except (KeyError, TypeError, OSError, pa.ArrowException) as error:
            raise BadFile(
                f"{folder} holds rows that no export wrote: {type(error).__name__} {error}",
                "export the package again",
            ) from error
        if found:
            return found
    raise UsageError(
        f"{folder} is no package whose answers can be graded",
        "recode-data export --format harbor writes one",
    )


__all__ = ["PACKAGES", "Item", "Package", "PackageName", "read_tasks"]
