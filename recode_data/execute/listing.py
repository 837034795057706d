"""What the index has of a library, with upload times, kept in the user's cache for a day.

A listing that lacks the version that is asked for is fetched again; without a network an
old listing is better than none.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from recode_data.cache import cache_folder, written_whole
from recode_data.errors import NetworkError, NoSuchVersion
from recode_data.index import indexed, upload_times
from recode_data.index_settings import visible
from recode_data.unreleased import unreleased

FRESH = 24 * 3600.0
"""Seconds that a listing is taken as it is."""
SOON = 600.0
"""Seconds after which a listing is fetched again for a version that it lacks."""


@dataclass(frozen=True)
class File:
    """A file of the index."""

    version: str
    filename: str
    requires_python: str
    is_wheel: bool
    uploaded: str
    """RFC 3339, or empty where the index does not tell."""
    yanked: bool = False


def listing(name: str, version: str) -> tuple[File, ...]:
    """Return every file that the index has of ``name``, knowing that ``version`` is wanted;
    an empty one stands for whichever there are; where the index is looked at as of a day, what
    was there then. Those of an unreleased version that a
    workspace holds come first.

    Raises `NoSuchVersion` when there is nothing of that name, `NetworkError` when the index
    does not answer and was never asked before.
    """
    own = tuple(
        File(file.version, file.path.name, file.requires_python, file.is_wheel, "")
        for file in unreleased.files(name)
    )
    if not own:
        return _seen(name, version)
    try:
        return own + _seen(name, "" if version in {file.version for file in own} else version)
    except NoSuchVersion:
        return own


def _seen(name: str, version: str) -> tuple[File, ...]:
    """Return what the index has of a library, as of the day that it is looked at."""
    found = tuple(file for file in _kept(name, version) if visible(file.uploaded))
    if not found:
        raise NoSuchVersion(f"the package index had no distribution {name!r} by then", "")
    return found


@lru_cache(maxsize=256)
def _kept(name: str, version: str) -> tuple[File, ...]:
    """Return what the index itself has of a library."""
    place = cache_folder("listings") / f"{re.sub(r'[^a-z0-9._-]', '-', name.lower())}.json"
    kept, age = _read(place)
    known = any(file.version == version or not version for file in kept)
    if kept and age < (FRESH if known else SOON):
        return kept
    try:
        found = _fetch(name)
    except NetworkError:
        if known:
            return kept
        raise
    with written_whole(place) as part:
        part.write_text(json.dumps([asdict(file) for file in found]), encoding="utf-8")
    return found


def forget() -> None:
    """Ask again for what was asked by this process, as after new settings of the index."""
    _kept.cache_clear()


def day_after(uploaded: list[str]) -> str:
    """Return the end of the day after the last upload, for ``--exclude-newer``; empty when
    there is none."""
    times = [datetime.fromisoformat(text.replace("Z", "+00:00")) for text in uploaded if text]
    if not times:
        return ""
    end = max(times).astimezone(UTC) + timedelta(days=2)
    return end.strftime("%Y-%m-%dT00:00:00Z")


def _read(place: Path) -> tuple[tuple[File, ...], float]:
    try:
        written = place.stat().st_mtime_ns
        return _rows(place, written), time.time() - written / 1e9
    except (OSError, ValueError, TypeError):
        return (), 0.0


@lru_cache(maxsize=16)
def _rows(place: Path, written: int) -> tuple[File, ...]:  # noqa: ARG001  (of the cache's key)
    """Return the rows of a listing as it was ``written``: it is asked of each version."""
    return tuple(File(**row) for row in json.loads(place.read_text(encoding="utf-8")))


def _fetch(name: str) -> tuple[File, ...]:
    files = indexed(name)
    if not files:
        raise NoSuchVersion(
            f"the package index has no distribution {name!r}",
            "check the name, and the index that pip and uv are configured with",
        )
    try:
        times = upload_times(name)
    except NetworkError:
        times = {}  # an index of files only
    return tuple(
        File(
            f.version,
            f.filename,
            f.requires_python,
            f.is_wheel,
            times.get(f.filename, ""),
            f.yanked,
        )
        for f in files
    )
