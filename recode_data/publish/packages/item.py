"""What a package is made of, and what every package offers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from recode_data.files import write_text
from recode_data.publish.rows import Row
from recode_data.records import Environment

PackageName: TypeAlias = Literal["harbor", "verifiers", "trl-env", "nemo-gym", "openenv"]
FILES = Path(__file__).parent / "files"
"""What packages hold that is the same for every data set, as the framework's own files."""


@dataclass(frozen=True)
class Item:
    """A published row with the task that grades answers to it."""

    row: Row
    split: str
    """``train`` or ``test``."""
    environment: Environment
    """Where its answers run."""
    task: str
    """JSON of its `recode_data.rewards.tasks.Task`: the expected results, so nothing for
    whoever is to solve it."""


class Package(Protocol):
    """A module that writes the items of a data set as one framework takes them."""

    NAMES: tuple[str, ...]
    """All that it writes into its folder, the README aside."""

    FRONT: str
    """What its README begins with, for a place that reads it there."""

    def write(self, folder: Path, items: Sequence[Item]) -> str:
        """Write the package into ``folder`` and return its README's part about using it."""
        ...


def by_split(items: Sequence[Item]) -> dict[str, list[Item]]:
    """Return the items of ``train`` and of ``test``, which may be none."""
    return {split: [one for one in items if one.split == split] for split in ("train", "test")}


def copy_files(name: str, folder: Path) -> None:
    """Copy what is the same for every data set of a package into ``folder``."""
    place = FILES / name
    for file in sorted(place.rglob("*")):
        if file.is_file() and file.suffix != ".pyc":
            write_text(folder / file.relative_to(place), file.read_text(encoding="utf-8"))
