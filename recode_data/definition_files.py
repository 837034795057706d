"""Which definitions of libraries this process knows, besides the shipped and the user's own.

A definition may be given by its path, or be derived from the package index; a workspace keeps
it, so that it can judge later what it was given in an earlier run. Nothing is parsed here: every
command opens a workspace, and few of them need a definition. `recode_data.library` reads them.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from recode_data.files import write_text, writing
from recode_data.unreleased import FOLDER, unreleased

DERIVED = "derived"
"""The folder inside that of a workspace's definitions that has what was derived."""


class DefinitionFiles:
    """Definitions by name, and the folders of workspaces that keep more of them."""

    def __init__(self) -> None:
        self._given: dict[str, Path] = {}
        self._derived: dict[str, str] = {}
        self._folders: list[Path] = []

    def forget(self) -> None:
        """Know nothing any more, as a new process does."""
        self._given.clear()
        self._derived.clear()
        self._folders.clear()
        unreleased.forget()

    def give(self, name: str, file: Path) -> None:
        """Know the definition of ``name`` that stands in ``file``."""
        self._given[name] = file.resolve()

    def give_derived(self, name: str, text: str) -> None:
        """Know what was derived of the distribution ``name``, as JSON."""
        self._derived[name] = text

    def look_in(self, folder: Path) -> None:
        """Know the definitions that a workspace keeps in ``folder``, now or later."""
        if folder.resolve() not in self._folders:
            self._folders.append(folder.resolve())
            unreleased.look_in(folder.parent / FOLDER)

    def keep_in(self, folder: Path) -> None:
        """Copy what was given and derived to ``folder``, and know what is there already.

        Raises `BadFile` or `DiskFull` where it cannot be written.
        """
        for name, file in self._given.items():
            if file.exists() and file.parent != folder.resolve():
                with writing(folder):
                    folder.mkdir(exist_ok=True)
                    shutil.copyfile(file, folder / f"{name}.toml")
        for name, text in self._derived.items():
            write_text(folder / DERIVED / f"{name}.json", text)
        self.look_in(folder)

    def derived(self) -> dict[str, str]:
        """Return what was derived, by the name of the distribution: what this process has
        derived wins over what is kept."""
        found: dict[str, str] = {}
        for folder in reversed(self._folders):
            found |= derived_in(folder)
        return found | self._derived

    def files(self) -> dict[str, Path]:
        """Return the files of definitions by name: what was given wins over what is kept, and
        of two workspaces the one that was opened first."""
        found: dict[str, Path] = {}
        for folder in reversed(self._folders):
            found |= {file.stem: file for file in sorted(folder.glob("*.toml"))}
        return found | {name: file for name, file in self._given.items() if file.exists()}


def derived_in(folder: Path) -> dict[str, str]:
    """Return what a workspace keeps in its ``folder`` of definitions that was derived."""
    found = {}
    for file in sorted((folder / DERIVED).glob("*.json")):
        with suppress(OSError):
            found[file.stem] = file.read_text(encoding="utf-8", errors="replace")
    return found


known = DefinitionFiles()
"""Those of this process."""
