"""Releases of a repository through GitHub's REST API."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from typing import Any

from recode_data.errors import BrokenSource, NetworkError
from recode_data.index_settings import visible
from recode_data.library import Library, Source
from recode_data.notes.sources.fetch import Fetcher
from recode_data.notes.sources.protocol import normal
from recode_data.progress import Progress
from recode_data.records import ReleaseNote

API = "https://api.github.com"
MOST_PAGES = 50


def notes_from_github(
    library: Library, source: Source, progress: Progress, fetcher: Fetcher | None = None
) -> Iterator[ReleaseNote]:
    """Yield the published releases whose tags match the definition's pattern.

    ``GITHUB_TOKEN`` is sent when it is set; ``GITHUB_API_URL`` names another server. Raises
    `NetworkError`, also when the rate limit is used up.
    """
    fetcher = fetcher or Fetcher(delay=0.1, headers=_headers())
    base = os.environ.get("GITHUB_API_URL") or API
    url = f"{base.rstrip('/')}/repos/{source.repository}/releases?per_page=100"
    pattern = re.compile(source.tag)
    for number in range(MOST_PAGES):
        progress.say(f"{library.name}: releases of {source.repository}, page {number + 1}")
        releases, following = _page(fetcher, url)
        for release in releases:
            note = _note(library, release, pattern)
            if note is not None:
                yield note
        if not following:
            return
        url = following


def _headers() -> dict[str, str]:
    headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
    token = os.environ.get("GITHUB_TOKEN")
    return {**headers, "Authorization": f"Bearer {token}"} if token else headers


def _page(fetcher: Fetcher, url: str) -> tuple[list[dict[str, Any]], str]:
    try:
        page = fetcher.get(url, robots=False)  # an API is made for programs
    except NetworkError as error:
        tip = "set GITHUB_TOKEN to raise the rate limit, then run it again"
        raise NetworkError(error.message, tip if " 403" in error.message else error.tip) from error
    try:
        releases = json.loads(page.text)
    except ValueError as error:
        raise BrokenSource(
            f"{url} did not answer with JSON",
            "try again later; GITHUB_TOKEN in the environment raises the limit",
        ) from error
    following = re.search(r'<([^>]+)>;\s*rel="next"', page.headers.get("link", ""))
    if not isinstance(releases, list):
        raise BrokenSource(
            f"{url} did not answer with a list of releases",
            "check the repository's name in the library's definition",
        )
    return releases, following[1] if following else ""


def _note(
    library: Library, release: dict[str, Any], pattern: re.Pattern[str]
) -> ReleaseNote | None:
    match = pattern.search(str(release.get("tag_name", "")))
    body = release.get("body") or ""
    if not visible(str(release.get("published_at") or "")):
        return None
    if match is None or release.get("draft") or release.get("prerelease") or not body:
        return None
    version = normal(match["version"])
    where = str(release.get("html_url", ""))
    return ReleaseNote(library.name, version, "github", where, "md", body) if version else None
