"""What the environments in the user's cache take, and which to remove."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from recode_data.cache import cache_folder
from recode_data.execute.environments import DESCRIPTION

IN_USE = 3600.0
"""Seconds after its last use during which an environment is never removed."""
STALE = 24 * 3600.0
"""Seconds after which a half-made environment belongs to nobody."""


@dataclass(frozen=True)
class Stored:
    """An environment on disk."""

    folder: Path
    library: str
    version: str
    python: str
    size: int
    """Bytes of its files."""
    own: int
    """Bytes that are its own: not hard links that it shares with uv's cache."""
    used: float
    """When it was last used, in seconds since 1970."""


def stored() -> list[Stored]:
    """Return every environment in the cache, the one used longest ago first."""
    folders = cache_folder("environments").glob("[0-9a-f]*")
    found = [_read(folder) for folder in folders]
    return sorted((one for one in found if one is not None), key=lambda one: one.used)


def prune(most: int, unused: float | None = None) -> list[Stored]:
    """Remove environments until at most ``most`` bytes are left, those used longest ago
    first; with ``unused``, first all that were not used for so many seconds.

    What was used within the hour stays. Also removes what dead processes left half made.
    Returns what was removed.
    """
    _sweep()
    now = time.time()
    have = stored()
    total = sum(one.size for one in have)
    removed = []
    for one in have:
        idle = now - one.used
        too_old = unused is not None and idle > unused
        if idle > IN_USE and (too_old or total > most):
            _remove(one.folder)
            total -= one.size
            removed.append(one)
    return removed


def _read(folder: Path) -> Stored | None:
    try:
        told = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        used = (folder / DESCRIPTION).stat().st_mtime
        size, own = measure(folder)
        return Stored(folder, told["library"], told["version"], told["python"], size, own, used)
    except (OSError, ValueError, KeyError):
        return None


def measure(folder: Path) -> tuple[int, int]:
    """Return the bytes of all files below ``folder``, and of those with no other link."""
    size = own = 0
    for entry in _files(folder):
        status = entry.stat(follow_symlinks=False)
        size += status.st_blocks * 512
        own += status.st_blocks * 512 if status.st_nlink == 1 else 0
    return size, own


def _files(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path)
            else:
                yield entry


def _remove(folder: Path) -> None:
    """Take the environment out of sight at once, then delete it."""
    gone = folder.with_name(f".{folder.name}-{os.getpid()}.part")
    folder.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def _sweep() -> None:
    for folder in cache_folder("environments").glob(".*.part"):
        if time.time() - folder.stat().st_mtime > STALE:
            shutil.rmtree(folder, ignore_errors=True)
    for folder in cache_folder("scratch").iterdir():
        owner = folder.name.partition("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists():
            shutil.rmtree(folder, ignore_errors=True)
