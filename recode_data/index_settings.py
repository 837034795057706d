"""Which package index the user has configured: pip's and uv's variables and files, and the day
that it is looked at as of (uv's ``UV_EXCLUDE_NEWER``)."""

from __future__ import annotations

import configparser
import os
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import platformdirs

from recode_data.errors import UsageError

NEWEST = "UV_EXCLUDE_NEWER"
"""The variable by which uv leaves out what was uploaded at or after an instant."""


@dataclass(frozen=True)
class IndexSettings:
    """Addresses to look in. An empty ``index`` is the default index of the tools."""

    index: str = ""
    extra: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    certificate: str = ""


def index_settings() -> IndexSettings:
    """Read what pip and uv would use here: variables win over files, uv over pip."""
    pip, uv = _pip_files(), _uv_file()
    environ = os.environ
    index = (
        environ.get("UV_DEFAULT_INDEX")
        or environ.get("UV_INDEX_URL")
        or environ.get("PIP_INDEX_URL")
        or uv.get("index-url")
        or pip.get("index-url")
        or ""
    )
    extra = [environ.get("UV_INDEX"), environ.get("UV_EXTRA_INDEX_URL")]
    extra += [environ.get("PIP_EXTRA_INDEX_URL"), uv.get("extra-index-url")]
    extra += [pip.get("extra-index-url")]
    links = [environ.get("UV_FIND_LINKS", "").replace(",", " "), environ.get("PIP_FIND_LINKS")]
    links += [pip.get("find-links")]
    hosts = [environ.get("PIP_TRUSTED_HOST"), pip.get("trusted-host")]
    certificate = environ.get("SSL_CERT_FILE") or environ.get("PIP_CERT") or pip.get("cert") or ""
    return IndexSettings(index.strip(), _words(extra), _words(links), _words(hosts), certificate)


def before() -> str:
    """Return the instant from which on the index is taken to be empty, as RFC 3339 in UTC;
    empty where nothing is left out.

    As for uv, a day stands for its end. Raises `UsageError` for what is neither a day nor an
    instant.
    """
    text = os.environ.get(NEWEST, "").strip()
    if not text:
        return ""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"{NEWEST}={text!r} is no day and no instant", "write it as in 2025-06-30"
        ) from error
    found = found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    if len(text) == len("2025-06-30"):
        found += timedelta(days=1)
    return found.strftime("%Y-%m-%dT%H:%M:%SZ")


def visible(uploaded: str) -> bool:
    """Return whether a file that was uploaded at an instant (RFC 3339, UTC) is seen; where the
    index is looked at as of a day, one whose time it does not tell is not."""
    limit = before()
    return not limit or (bool(uploaded) and uploaded < limit)


@contextmanager
def as_of(instant: str) -> Iterator[None]:
    """Have this process, and those that it starts, see nothing that was uploaded at or after an
    instant. What was looked up before is not forgotten: begin with it."""
    kept = os.environ.get(NEWEST)
    os.environ[NEWEST] = instant
    try:
        yield
    finally:
        if kept is None:
            del os.environ[NEWEST]
        else:
            os.environ[NEWEST] = kept


def _words(values: list[str | None]) -> tuple[str, ...]:
    """Split on white space; ``name=address``, as uv writes an index, becomes its address."""
    words = [word for value in values if value for word in value.split()]
    bare = [word.split("=", 1)[1] if "=" in word.split("://")[0] else word for word in words]
    return tuple(dict.fromkeys(bare))


def _pip_files() -> dict[str, str]:
    """Merge pip's configuration files; the nearest to the user wins."""
    if os.environ.get("PIP_CONFIG_FILE") == os.devnull:
        return {}
    files = [Path("/etc/pip.conf"), Path.home() / ".pip/pip.conf"]
    files.append(Path(platformdirs.user_config_dir("pip")) / "pip.conf")
    files.append(Path(sys.prefix) / "pip.conf")
    files.append(Path(os.environ.get("PIP_CONFIG_FILE") or os.devnull))
    found: dict[str, str] = {}
    for file in files:
        parser = configparser.RawConfigParser()
        try:
            parser.read(file, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError, OSError):
            continue  # pip will complain of it, and says it better
        for section in ("global", "install", "download"):
            if parser.has_section(section):
                found.update(parser.items(section))
    return found


def _uv_file() -> dict[str, Any]:
    """Read uv's own file in the form of pip's keys."""
    named = os.environ.get("UV_CONFIG_FILE")
    files = (
        [Path(named)] if named else [Path.home() / ".config/uv/uv.toml", Path("/etc/uv/uv.toml")]
    )
    found: dict[str, Any] = {}
    for file in files:
        try:
            table = tomllib.loads(file.read_text(encoding="utf-8-sig"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
            continue
        flat = {**table, **table.get("pip", {})}
        extra = flat.get("extra-index-url", [])
        for entry in flat.get("index", []):
            if entry.get("default"):
                flat.setdefault("index-url", entry["url"])
            else:
                extra = [*extra, entry["url"]]
        found = {"extra-index-url": " ".join(extra), "index-url": flat.get("index-url"), **found}
    return found
