"""When a version was published, as the package index tells."""

from __future__ import annotations

import re
from functools import lru_cache

from recode_data.index_settings import index_settings

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.9"
TIMEOUT = 30.0
_LINK = re.compile(r"<a\b[^>]*>", re.IGNORECASE)
_TIME = re.compile(r'data-upload-time="([^"]+)"')


@lru_cache(maxsize=256)
def release_days(name: str) -> dict[str, str]:
    """Return file name → day of upload, ``2024-06-16``; empty where the index tells none."""
    import requests

    base = index_settings().index
    if not base:
        return {}
    address = f"{base.rstrip('/')}/{re.sub(r'[-_.]+', '-', name).lower()}/"
    try:
        answer = requests.get(address, headers={"Accept": ACCEPT}, timeout=TIMEOUT)
        answer.raise_for_status()
        if "json" in answer.headers.get("Content-Type", ""):
            files = answer.json().get("files", [])
            return {f["filename"]: f["upload-time"][:10] for f in files if f.get("upload-time")}
    except (requests.RequestException, ValueError, KeyError):
        return {}
    days = {}
    for link in _LINK.findall(answer.text):
        day, file = _TIME.search(link), re.search(r'/([^/"#]+)(?:#[^"]*)?"', link)
        if day and file:
            days[file[1]] = day[1][:10]
    return days


def release_day(name: str, version: str) -> str:
    """Return the day of a version's first file, or an empty string."""
    pattern = re.compile(rf"-{re.escape(version)}(?:-|\.tar|\.zip)")
    return min(
        (day for file, day in release_days(name).items() if pattern.search(file)), default=""
    )
