"""The Pythons of this machine: on PATH, in pyenv's folder, and those that uv manages."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

OLDEST, NEWEST = (3, 6), (3, 14)
"""What the code that runs inside environments supports."""


WANTED = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13")
"""Versions that most versions of most libraries ran on, each for some years."""
OLD_PYTHONS = (
    "old versions of libraries need old Pythons, and a build without them finds a third fewer"
    " entries: uv python install"
)


@dataclass(frozen=True)
class Interpreter:
    """A CPython of this machine."""

    version: str
    """Major and minor, ``3.9``."""
    full: str
    """``3.9.18``."""
    path: Path
    """The real executable, no link and no shim."""
    prefix: Path

    @property
    def key(self) -> tuple[int, ...]:
        return tuple(int(part) for part in self.version.split("."))


@lru_cache(maxsize=1)
def interpreters() -> dict[str, Interpreter]:
    """Return one interpreter for each minor version, oldest first.

    Where there are several, pyenv's and uv's own win over the system's, which may lack
    parts of the standard library, and a newer patch wins over an older one.
    """
    found: dict[str, Interpreter] = {}
    for path in [*_on_path(), *_in_folders()]:
        interpreter = _inspect(path)
        if interpreter is not None and OLDEST <= interpreter.key <= NEWEST:
            found[interpreter.version] = interpreter
    return dict(sorted(found.items(), key=lambda item: item[1].key))


def missing_pythons() -> list[str]:
    """Return which of `WANTED` this machine lacks."""
    return [version for version in WANTED if version not in interpreters()]


def _on_path() -> list[Path]:
    names = [f"python3.{minor}" for minor in range(OLDEST[1], NEWEST[1] + 1)]
    folders = [Path(f) for f in os.environ.get("PATH", "").split(os.pathsep) if f]
    files = [folder / name for folder in folders if folder.name != "shims" for name in names]
    return [file for file in reversed(files) if file.is_file() and os.access(file, os.X_OK)]


def _in_folders() -> list[Path]:
    """Return pyenv's and uv's interpreters, older patches first."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share")
    managed = Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or data / "uv/python")
    folders = [*pyenv.glob("3.*"), *managed.glob("cpython-3.*")]
    files = [folder / "bin" / "python3" for folder in folders]
    return sorted((file for file in files if file.is_file()), key=_numbers)


def _numbers(file: Path) -> tuple[int, ...]:
    return tuple(int(n) for n in re.findall(r"\d+", file.parent.parent.name)[:3])


@lru_cache(maxsize=64)
def _inspect(path: Path) -> Interpreter | None:
    """Ask an executable who it is; None for what does not run or is no CPython."""
    question = (
        "import sys, os; print(sys.implementation.name); print(sys.version.split()[0]);"
        "print(os.path.realpath(sys.executable)); print(sys.base_prefix)"
    )
    try:
        answer = subprocess.run(
            [path, "-I", "-S", "-c", question],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        ).stdout.split("\n")
    except (OSError, subprocess.SubprocessError):
        return None
    name, full, executable, prefix = answer[:4]
    if name != "cpython" or not re.fullmatch(r"\d+\.\d+\.\d+", full):
        return None
    return Interpreter(".".join(full.split(".")[:2]), full, Path(executable), Path(prefix))
