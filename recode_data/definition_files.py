"""Which definitions of libraries this process knows, besides the shipped and the user's own.

A definition may be given by its path; a workspace keeps it, so that it can judge later what it
was given in an earlier run. Nothing is read here: every command opens a workspace, and few of
them need a definition. `recode_data.library` reads.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from recode_data.files import writing


class DefinitionFiles:
    """Definitions by name, and the folders of workspaces that keep more of them."""

    def __init__(self) -> None:
        self._given: dict[str, Path] = {}
        self._folders: list[Path] = []

    def forget(self) -> None:
        """Know nothing any more, as a new process does."""
        self._given.clear()
        self._folders.clear()

    def give(self, name: str, file: Path) -> None:
        """Know the definition of ``name`` that stands in ``file``."""
        self._given[name] = file.resolve()

    def look_in(self, folder: Path) -> None:
        """Know the definitions that a workspace keeps in ``folder``, now or later."""
        if folder.resolve() not in self._folders:
            self._folders.append(folder.resolve())

    def keep_in(self, folder: Path) -> None:
        """Copy what was given to ``folder``, and know what is there already.

        Raises `BadFile` or `DiskFull` where it cannot be written.
        """
        for name, file in self._given.items():
            if file.exists() and file.parent != folder.resolve():
                with writing(folder):
                    folder.mkdir(exist_ok=True)
                    shutil.copyfile(file, folder / f"{name}.toml")
        self.look_in(folder)

    def files(self) -> dict[str, Path]:
        """Return the files of definitions by name: what was given wins over what is kept, and
        of two workspaces the one that was opened first."""
        found: dict[str, Path] = {}
        for folder in reversed(self._folders):
            found |= {file.stem: file for file in sorted(folder.glob("*.toml"))}
        return found | {name: file for name, file in self._given.items() if file.exists()}


known = DefinitionFiles()
"""Those of this process."""
