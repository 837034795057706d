"""The user's cache folder: downloads and environments, shared by every workspace."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs


def cache_folder(*parts: str) -> Path:
    """Return the cache folder, or a folder inside it, made when it is not there.

    ``RECODE_DATA_CACHE`` wins over the platform's usual place.
    """
    root = os.environ.get("RECODE_DATA_CACHE") or platformdirs.user_cache_dir("recode-data")
    folder = Path(root, *parts)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def written_whole(target: Path) -> Iterator[Path]:
    """Yield a file beside ``target`` that takes its place when the block ends well, so that
    another process sees the whole file or none."""
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=target.parent)
    os.close(handle)
    part = Path(name)
    try:
        yield part
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
