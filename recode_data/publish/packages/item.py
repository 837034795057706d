"""What a package is made of, and what every package offers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

from recode_data.errors import BadFile
from recode_data.files import read_jsonl, write_text
from recode_data.publish.rows import Row
from recode_data.records import Environment

PackageName: TypeAlias = Literal["harbor", "verifiers", "trl-env", "nemo-gym", "openenv", "skyrl"]
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

    def tasks(self, folder: Path) -> Iterator[tuple[str, str]]:
        """Yield the id and the grading task of every row of a package that was written into
        ``folder``; none where that holds no package of this framework."""
        ...


def by_split(items: Sequence[Item]) -> dict[str, list[Item]]:
    """Return the items of ``train`` and of ``test``, which may be none."""
    return {split: [one for one in items if one.split == split] for split in ("train", "test")}


def json_rows(files: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """Yield the objects of JSON lines files; those that are not there have none.

    Raises `BadFile` for what is no JSON object.
    """
    for file in files:
        if not file.is_file():
            continue
        for number, row in read_jsonl(file, "export the package again"):
            if not isinstance(row, dict):
                raise BadFile(f"{file}, line {number} is no object", "export the package again")
            yield row


def copy_files(name: str, folder: Path) -> None:
    """Copy what is the same for every data set of a package into ``folder``."""
    place = FILES / name
    for file in sorted(place.rglob("*")):
        if file.is_file() and file.suffix != ".pyc":
            write_text(folder / file.relative_to(place), file.read_text(encoding="utf-8"))
