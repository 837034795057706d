"""The user's cache folder: downloads and environments, shared by every workspace."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from recode_data.files import writing, written_whole

__all__ = ["cache_folder", "cache_place", "written_whole"]


def cache_place(*parts: str) -> Path:
    """Return the cache folder, or a folder inside it, whether it is there or not.

    ``RECODE_DATA_CACHE`` wins over the platform's usual place.
    """
    root = os.environ.get("RECODE_DATA_CACHE") or platformdirs.user_cache_dir("recode-data")
    return Path(root, *parts)


def cache_folder(*parts: str) -> Path:
    """Return the cache folder, or a folder inside it, made when it is not there.

    Raises `BadFile` where it cannot be made, `DiskFull`.
    """
    folder = cache_place(*parts)
    with writing(folder, "RECODE_DATA_CACHE names another folder for the cache"):
        folder.mkdir(parents=True, exist_ok=True)
    return folder
