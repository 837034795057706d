"""The package index: which versions it has, and their sdists, never built."""

from __future__ import annotations

import atexit
import hashlib
import logging
import ssl
import time
from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from packaging.version import InvalidVersion, Version

from recode_data.cache import cache_folder, written_whole
from recode_data.errors import BrokenSource, NetworkError, NoSuchVersion
from recode_data.index_settings import before, index_settings, visible
from recode_data.unreleased import UnreleasedFile, unreleased

if TYPE_CHECKING:
    from unearth import PackageFinder

ATTEMPTS = 4
LARGEST = 1 << 30
"""Bytes of a download at most."""


@dataclass(frozen=True)
class Distribution:
    """One file of the index: an sdist or a wheel of one version."""

    name: str
    version: str
    filename: str
    url: str
    sha256: str
    requires_python: str
    is_wheel: bool
    yanked: bool = False


def distributions(name: str) -> tuple[Distribution, ...]:
    """Return every file that the index has of ``name``, newest version first, and before them
    those of an unreleased version that a workspace holds; where the index is looked at as of a
    day, what was there then.

    Raises `NoSuchVersion` when it has none, `NetworkError` when it does not answer.
    """
    listed = indexed(name)
    if listed and before():
        times = upload_times(name)
        listed = tuple(file for file in listed if visible(times.get(file.filename, "")))
    found = (*map(_own, unreleased.files(name)), *listed)
    if not found:
        raise NoSuchVersion(
            f"the package index has no distribution {name!r}",
            "check the name, and the index that pip and uv are configured with",
        )
    return found


def indexed(name: str) -> tuple[Distribution, ...]:
    """Return every file that the index itself has of ``name``, newest version first; none where
    it has none. Raises `NetworkError` when it does not answer."""
    return _look_up(name)


def _own(file: UnreleasedFile) -> Distribution:
    return Distribution(
        file.name,
        file.version,
        file.path.name,
        file.path.as_uri(),
        "",
        file.requires_python,
        file.is_wheel,
    )


def versions(name: str, wheels: bool | None = None) -> list[str]:
    """Return the final versions of ``name``, newest first, an unreleased one with them;
    ``wheels`` asks for those that have a wheel (True) or an sdist (False)."""
    own = {file.version for file in unreleased.files(name)}
    files = (file for file in distributions(name) if wheels in (None, file.is_wheel))
    final = {
        file.version
        for file in files
        if file.version in own or not Version(file.version).is_prerelease
    }
    return sorted(final, key=Version, reverse=True)


def sdist(name: str, version: str = "newest") -> tuple[str, Path]:
    """Download the sdist of a version into the cache, once.

    ``version`` is exact, ``newest``, or the start of one: ``2.0`` is the newest 2.0.x.
    Returns the exact version and the archive's path. Raises `NoSuchVersion`,
    `NetworkError`, or `BrokenSource` when the file is not the one that the index lists.
    """
    have = versions(name, wheels=False)
    exact = next((v for v in have if version in ("newest", v) or v.startswith(version + ".")), None)
    if exact is None:
        raise NoSuchVersion(
            f"the package index has no sdist of {name} {version}",
            f"it has {', '.join(have[:5])}…" if have else "this library publishes wheels only",
        )
    files = [f for f in distributions(name) if f.version == exact and not f.is_wheel]
    file = min(files, key=lambda f: (not f.filename.endswith(".tar.gz"), f.filename))
    own = next((u.path for u in unreleased.files(name) if u.path.name == file.filename), None)
    if own is not None:
        return exact, own
    target = cache_folder("sdists") / file.filename
    if not target.exists():
        _download(file, target)
    return exact, target


def project_page(name: str) -> Any:
    """Return the index's answer about ``name``, in the form that tells upload times.

    Raises `NetworkError` when it does not answer.
    """
    import httpx2

    finder = _finder()
    index = str(next(source["url"] for source in finder.sources if source["type"] == "index"))
    accept = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.9"
    page = f"{index.rstrip('/')}/{name}/" + ("index.html" if index.startswith("file:") else "")
    try:
        answer = finder.session.get(page, headers={"Accept": accept})
        answer.raise_for_status()
    except (httpx2.HTTPError, OSError) as error:
        raise NetworkError(
            f"the package index did not answer: {error}", "check the network, then run it again"
        ) from error
    return answer


@lru_cache(maxsize=256)
def upload_times(name: str) -> dict[str, str]:
    """Return file name → instant of its upload (RFC 3339), where the index tells it.

    Raises `NetworkError` when it does not answer.
    """
    answer = project_page(name)
    if "json" in answer.headers.get("content-type", ""):
        return {f["filename"]: f.get("upload-time") or "" for f in answer.json()["files"]}
    links = _Links()
    links.feed(answer.text)
    return links.times


class _Links(HTMLParser):
    """Reads the file names and upload times of an index page."""

    def __init__(self) -> None:
        super().__init__()
        self.times: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a" and given.get("href") and given.get("data-upload-time"):
            name = unquote(str(given["href"]).partition("#")[0].rpartition("/")[2])
            self.times[name] = str(given["data-upload-time"])


def forget() -> None:
    """Close the connection to the index and forget its answers, as after new settings."""
    if _finder.cache_info().currsize:
        session: Any = _finder().session
        session.close()
    _finder.cache_clear()
    _look_up.cache_clear()
    upload_times.cache_clear()


@lru_cache(maxsize=1)
def _finder() -> PackageFinder:
    from unearth import PackageFinder
    from unearth.fetchers import PyPIClient

    atexit.register(forget)  # an open connection is closed at exit
    settings = index_settings()
    verify: Any = True
    if settings.certificate and Path(settings.certificate).is_file():
        verify = ssl.create_default_context(cafile=settings.certificate)
    client: Any = PyPIClient(trusted_hosts=settings.trusted_hosts, verify=verify, timeout=60)
    finder = PackageFinder(
        client,
        index_urls=[settings.index] if settings.index else [],
        ignore_compatibility=True,
    )
    for url in settings.extra:
        finder.add_index_url(url)
    for link in settings.find_links:
        if "://" in link or Path(link).exists():
            finder.add_find_links(link)
    return finder


@lru_cache(maxsize=256)
def _look_up(name: str) -> tuple[Distribution, ...]:
    import httpx2

    heard = _Complaints()
    logger = logging.getLogger("unearth.collector")
    logger.addHandler(heard)
    try:
        packages = _retried(lambda: list(_finder().find_all_packages(name)))
    except (httpx2.HTTPError, OSError) as error:
        raise NetworkError(
            f"the package index did not answer: {error}", "check the network, then run it again"
        ) from error
    finally:
        logger.removeHandler(heard)
    found = tuple(file for file in map(_distribution, packages) if file is not None)
    if not found and heard.servers:
        raise NetworkError(f"the package index failed: {heard.servers[-1]}", "try again later")
    return found


class _Complaints(logging.Handler):
    """Hears of server errors, which unearth logs and takes for an empty page."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.servers: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if "Server Error" in message:
            self.servers.append(message)


def _distribution(package: Any) -> Distribution | None:
    link = package.link
    try:
        version = str(Version(package.version or ""))
    except InvalidVersion:
        return None
    hashes = (link.hash_option or {}).get("sha256") or [""]
    return Distribution(
        package.name,
        version,
        link.filename,
        link.normalized,
        hashes[0],
        link.requires_python or "",
        link.is_wheel,
        link.is_yanked,
    )


def _retried(action: Any) -> Any:
    """Try ``action`` again after a failure of the network, waiting 1, 2, 4 seconds; where no
    connection can be made, unearth's client has tried five times already."""
    import httpx2

    for attempt in range(ATTEMPTS - 1):
        try:
            return action()
        except httpx2.ConnectError:
            raise
        except httpx2.TransportError:
            time.sleep(2**attempt)
    return action()


def _download(file: Distribution, target: Path) -> None:
    import httpx2

    with written_whole(target) as part:
        try:
            digest = _retried(lambda: _stream(file.url, part))
        except (httpx2.HTTPError, OSError) as error:
            raise NetworkError(
                f"cannot download {file.filename}: {error}", "check the network, then run it again"
            ) from error
        if file.sha256 and digest != file.sha256:
            raise BrokenSource(
                f"{file.filename} is not what the index lists (SHA-256 differs)",
                "run it again; a cache between here and the index may be damaged",
            )


def _stream(url: str, part: Path) -> str:
    digest = hashlib.sha256()
    size = 0
    client: Any = _finder().session
    with client.stream("GET", url, follow_redirects=True) as answer:
        answer.raise_for_status()
        with part.open("wb") as out:
            for block in answer.iter_bytes(1 << 16):
                size += len(block)
                if size > LARGEST:
                    raise BrokenSource(
                        f"{url.rsplit('/', 1)[-1]} is larger than {LARGEST} bytes",
                        "name another version of it in the library's definition",
                    )
                digest.update(block)
                out.write(block)
    return digest.hexdigest()
