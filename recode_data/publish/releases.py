"""When each version of a library was released, as the package index tells."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import TypeAlias

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)

from recode_data.errors import UsageError
from recode_data.index import upload_times
from recode_data.index_settings import visible
from recode_data.workspace import Workspace
from recode_data.workspace.dataset import keep_release_days, release_days

Dates: TypeAlias = dict[str, str]


def checked_day(text: str) -> str:
    """Return ``text`` when it is a day as in ``2025-06-01``; raises `UsageError`."""
    try:
        if date.fromisoformat(text).isoformat() == text:
            return text
    except ValueError:
        pass
    raise UsageError(f"{text!r} is no day of the calendar", "write it as in 2025-06-01")


def release_dates(
    workspace: Workspace, library: str, ask: Callable[[str], Dates] | None = None
) -> Dates:
    """Return version → day of its first file (``2024-06-16``), asked once per workspace.

    ``ask`` looks a distribution up in the index. Raises `NetworkError` when the index does
    not answer and nothing is stored.
    """
    days = release_days(workspace, library)
    if not days:
        days = (ask or from_index)(library)
        keep_release_days(workspace, library, days)
    return days


def from_index(library: str) -> Dates:
    """Ask the index that pip and uv are configured with; a version without a date is left
    out, and one of after the day that the index is looked at as of. Raises `NetworkError`."""
    return first_days([file for file in upload_times(library).items() if visible(file[1])])


def first_days(files: Iterable[tuple[str, str | None]]) -> Dates:
    """Return version → first day over files (name, RFC 3339 time or None)."""
    dates: Dates = {}
    for name, time in files:
        version = _version(name.strip())
        if version and time:
            dates[version] = min(dates.get(version, "9"), str(time)[:10])
    return dates


def _version(filename: str) -> str:
    try:
        if filename.endswith(".whl"):
            return str(parse_wheel_filename(filename)[1])
        return str(parse_sdist_filename(filename)[1])
    except (InvalidWheelFilename, InvalidSdistFilename):
        return ""
