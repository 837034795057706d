"""What the environments in the user's cache take, and which to remove."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from recode_data.cache import cache_folder, cache_place, written_whole
from recode_data.execute.environments import DESCRIPTION

MEASURED = "size.json"
"""Beside `DESCRIPTION`: what `measure` found."""
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
    folders = cache_place("environments").glob("[0-9a-f]*")
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
        size, own = measured(folder)
        return Stored(folder, told["library"], told["version"], told["python"], size, own, used)
    except (OSError, ValueError, KeyError):
        return None


def measured(folder: Path) -> tuple[int, int]:
    """Return what `measure` returns, from a note beside the files: an environment is never
    changed once it is made, and to look at all of its files takes a second.

    What is its own grows when uv's cache is emptied; the largest file that was shared tells.
    """
    note = folder / MEASURED
    try:
        kept = json.loads(note.read_text(encoding="utf-8"))
        if not kept["shared"] or (folder / kept["shared"]).stat().st_nlink > 1:
            return int(kept["size"]), int(kept["own"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    size, own, shared = _looked_at(folder)
    told = {"size": size, "own": own, "shared": shared}
    with suppress(OSError), written_whole(note) as part:  # one that is not ours is measured anew
        part.write_text(json.dumps(told), encoding="utf-8")
    return size, own


def measure(folder: Path) -> tuple[int, int]:
    """Return the bytes of all files below ``folder``, and of those with no other link."""
    size, own, _ = _looked_at(folder)
    return size, own


def _looked_at(folder: Path) -> tuple[int, int, str]:
    """Return what `measure` does, and the largest file that has another link."""
    size = own = most = 0
    largest = ""
    for entry in _files(folder):
        status = entry.stat(follow_symlinks=False)
        bytes_of = status.st_blocks * 512
        size += bytes_of
        if status.st_nlink == 1:
            own += bytes_of
        elif bytes_of > most:
            most, largest = bytes_of, str(Path(entry.path).relative_to(folder))
    return size, own, largest


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
