"""Polite HTTP: robots.txt, a delay for each host, retries, and a cache that asks what changed."""

from __future__ import annotations

import email.utils
import hashlib
import json
import time
import urllib.robotparser
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import requests

from recode_data import __version__
from recode_data.cache import cache_folder, written_whole
from recode_data.errors import NetworkError

AGENT = f"recode-data/{__version__}"
ATTEMPTS = 3
LONGEST_WAIT = 120.0
"""Seconds; a server that asks for more is asked again by the next run."""
LARGEST_PAGE = 20_000_000
TRANSIENT = {429, 500, 502, 503, 504}


@dataclass(frozen=True)
class Page:
    """An answer, from the server or from the cache."""

    url: str
    text: str
    headers: dict[str, str] = field(default_factory=dict)
    fresh: bool = True
    """False: the server said that what the cache holds has not changed."""


class Fetcher:
    """Fetches pages one at a time; ``delay`` seconds pass between two requests to a host."""

    def __init__(
        self, delay: float = 1.0, backoff: float = 1.0, headers: dict[str, str] | None = None
    ) -> None:
        self.delay = delay
        self.backoff = backoff
        self.session = requests.Session()
        self.session.headers.update({"User-Agent": AGENT, **(headers or {})})
        self._last: dict[str, float] = {}
        self._robots: dict[str, urllib.robotparser.RobotFileParser | None] = {}

    def get(self, url: str, robots: bool = True) -> Page:
        """Return a page, from the cache when the server says that it has not changed.

        Raises `NetworkError` when the site forbids it, does not answer or does not have it.
        """
        if robots and not self._allowed(url):
            raise NetworkError(f"robots.txt forbids {url}", "choose another source in the TOML")
        cached, file = self._cached(url)
        conditions = {}
        if cached is not None:
            tags = {"If-None-Match": "etag", "If-Modified-Since": "last-modified"}
            conditions = {k: cached.headers[v] for k, v in tags.items() if v in cached.headers}
        try:
            answer = self._ask(url, conditions)
        except requests.RequestException as error:
            raise NetworkError(
                f"{urlsplit(url).netloc} did not answer: {type(error).__name__}",
                "check the network, then run it again",
            ) from error
        if answer.status_code == 304 and cached is not None:
            return Page(url, cached.text, cached.headers, fresh=False)
        if not answer.ok:
            raise NetworkError(f"{url} answered {answer.status_code}", "run it again later")
        page = Page(answer.url, _body(answer), {k.lower(): v for k, v in answer.headers.items()})
        with written_whole(file) as part:
            part.write_text(json.dumps(asdict(page)), encoding="utf-8", errors="replace")
        return page

    def _cached(self, url: str) -> tuple[Page | None, Path]:
        name = hashlib.sha256(url.encode()).hexdigest()[:32]
        file = cache_folder("pages") / f"{name}.json"
        try:
            return Page(**json.loads(file.read_text(encoding="utf-8"))), file
        except (OSError, ValueError, TypeError):
            return None, file

    def _ask(self, url: str, headers: dict[str, str]) -> requests.Response:
        for attempt in range(ATTEMPTS):
            last = attempt == ATTEMPTS - 1
            self._wait(url)
            try:
                answer = self.session.get(url, headers=headers, timeout=30, stream=True)
            except requests.ConnectionError as error:
                if last or "resol" in str(error).lower():  # an unknown name stays unknown
                    raise
                time.sleep(self.backoff * 2**attempt)
                continue
            if last or not _again(answer):
                return answer
            pause = _retry_after(answer.headers)
            answer.close()
            if pause > LONGEST_WAIT:
                return answer
            time.sleep(max(pause, self.backoff * 2**attempt))
        raise AssertionError("unreachable")

    def _wait(self, url: str) -> None:
        host = urlsplit(url).netloc
        due = self._last.get(host, -1e9) + self._delay(host)
        time.sleep(max(0.0, due - time.monotonic()))
        self._last[host] = time.monotonic()

    def _delay(self, host: str) -> float:
        robots = self._robots.get(host)
        asked = robots.crawl_delay(AGENT) if robots is not None else None
        return max(self.delay, min(float(asked or 0), 30.0))

    def _allowed(self, url: str) -> bool:
        parts = urlsplit(url)
        if parts.netloc not in self._robots:
            rules = urllib.robotparser.RobotFileParser()
            try:
                answer = self._ask(f"{parts.scheme}://{parts.netloc}/robots.txt", {})
            except requests.RequestException as error:
                raise NetworkError(
                    f"{parts.netloc} did not answer: {type(error).__name__}",
                    "check the network, then run it again",
                ) from error
            if answer.status_code >= 500:
                raise NetworkError(
                    f"{parts.netloc} answered {answer.status_code} for its rules",
                    "try again later: without its robots.txt a site is not read",
                )
            rules.parse(_body(answer).splitlines() if answer.ok else [])
            self._robots[parts.netloc] = rules
        known = self._robots[parts.netloc]
        return known is None or known.can_fetch(AGENT, url)


def _again(answer: requests.Response) -> bool:
    limited = answer.status_code == 403 and answer.headers.get("X-RateLimit-Remaining") == "0"
    return answer.status_code in TRANSIENT or limited


def _retry_after(headers: requests.structures.CaseInsensitiveDict[str]) -> float:
    """Return the seconds that the server asks to wait: given as such, as a date, or as the
    second in which a rate limit ends."""
    said = headers.get("Retry-After", "")
    if said.isdigit():
        return float(said)
    if said:
        try:
            then = email.utils.parsedate_to_datetime(said).timestamp()
        except ValueError:
            return 0.0
        return max(0.0, then - time.time())
    if headers.get("X-RateLimit-Remaining") == "0":
        return max(0.0, float(headers.get("X-RateLimit-Reset", "0") or 0) - time.time())
    return 0.0


def _body(answer: requests.Response) -> str:
    """Read an answer up to the size that a page may have."""
    blocks, size = [], 0
    for block in answer.iter_content(1 << 16):
        blocks.append(block)
        size += len(block)
        if size > LARGEST_PAGE:
            break
    answer.close()
    encoding = answer.encoding if "charset" in answer.headers.get("Content-Type", "") else "utf-8"
    try:
        return b"".join(blocks).decode(encoding or "utf-8", "replace")
    except LookupError:
        return b"".join(blocks).decode("utf-8", "replace")
