"""The web and GitHub sources over real HTTP, against servers on the loopback."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from recode_data.errors import BrokenSource, NetworkError
from recode_data.library import Library, Source
from recode_data.notes.sources.fetch import Fetcher
from recode_data.notes.sources.github import notes_from_github
from recode_data.notes.sources.web import notes_from_web
from recode_data.progress import Progress
from recode_data.records import ReleaseNote

Answer = tuple[int, dict[str, str], str]


class Site:
    """A server whose answers a test sets; it remembers what it was asked, and when."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[dict[str, str]], Answer]] = {}
        self.asked: list[tuple[str, dict[str, str], float]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                headers = {k.lower(): v for k, v in self.headers.items()}
                site.asked.append((self.path, headers, time.monotonic()))
                make = site.answers.get(self.path, lambda _: (404, {}, "none"))
                status, extra, body = make(headers)
                content = body.encode()
                self.send_response(status)
                for name, value in extra.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def page(self, path: str, body: str, **headers: str) -> None:
        self.answers[path] = lambda _: (200, {"Content-Type": "text/html", **headers}, body)

    def paths(self) -> list[str]:
        return [path for path, _, _ in self.asked]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("RECODE_DATA_CACHE", str(tmp_path))
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    made = Site()
    yield made
    made.close()


def fetcher() -> Fetcher:
    return Fetcher(delay=0.0, backoff=0.01)


def from_web(site: Site, **source: str) -> list[ReleaseNote]:
    pages = r"/v(?P<version>[\d.]+)\.html$"
    made = Source(kind="web", **{"index": f"{site.url}/index.html", "pages": pages, **source})  # type: ignore[arg-type]
    return list(notes_from_web(Library(name="tiny"), made, Progress(quiet=True), fetcher()))


INDEX = '<a href="v1.0.html">1.0</a> <a href="v2.0.html#x">2.0</a> <a href="other.html">x</a>'


def test_pages_of_the_pattern_become_notes(site: Site) -> None:
    site.page("/index.html", INDEX)
    for version in ("1.0", "2.0"):
        text = (
            f"<nav>menu</nav><div role=main><h1>{version}</h1><p>Removed <code>a.b</code></p></div>"
        )
        site.page(f"/v{version}.html", text)
    notes = from_web(site)
    assert [(note.version, note.source, note.format) for note in notes] == [
        ("1.0", "web", "html"),
        ("2.0", "web", "html"),
    ]
    assert "menu" not in notes[0].text
    assert "/other.html" not in site.paths()


def test_a_page_of_many_versions_is_cut(site: Site) -> None:
    site.page("/log.html", "<main><h2>tiny 2.1</h2><p>a</p><h2>tiny 2.0</h2><p>b</p></main>")
    notes = from_web(site, index=f"{site.url}/log.html", pages=r"log\.html$")
    assert [note.version for note in notes] == ["2.1", "2.0"]


def test_robots_are_heeded(site: Site) -> None:
    site.page("/robots.txt", "User-agent: *\nDisallow: /index.html\n")
    site.page("/index.html", INDEX)
    with pytest.raises(NetworkError, match="forbids"):
        from_web(site)
    assert site.paths() == ["/robots.txt"]


@pytest.mark.parametrize(
    ("delay", "robots"), [(1000.0, ""), (0.0, "User-agent: *\nCrawl-delay: 20")]
)
def test_crawl_delay_and_own_delay(
    site: Site, monkeypatch: pytest.MonkeyPatch, delay: float, robots: str
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("recode_data.notes.sources.fetch.time.sleep", pauses.append)
    site.page("/a", "x")
    if robots:
        site.page("/robots.txt", robots)
    polite = Fetcher(delay=delay)
    for _ in range(3):
        polite.get(f"{site.url}/a")
    assert len(site.paths()) == 4, "robots.txt once, the page three times"
    asked = delay or 20.0
    assert pauses[0] == 0
    assert all(asked / 2 < pause <= asked for pause in pauses[2:])


def test_second_scrape_asks_only_what_changed(site: Site) -> None:
    def page(headers: dict[str, str]) -> Answer:
        if headers.get("if-none-match") == '"one"':
            return 304, {}, ""
        return 200, {"ETag": '"one"', "Content-Type": "text/html"}, "text"

    site.answers["/a"] = page
    first, second = fetcher().get(f"{site.url}/a"), fetcher().get(f"{site.url}/a")
    assert (first.fresh, second.fresh) == (True, False)
    assert first.text == second.text == "text"


def test_retries_with_retry_after_then_gives_up(site: Site) -> None:
    failures = iter([(503, {"Retry-After": "0"}, ""), (429, {}, ""), (200, {}, "at last")])
    site.answers["/a"] = lambda _: next(failures)
    assert fetcher().get(f"{site.url}/a", robots=False).text == "at last"
    site.answers["/b"] = lambda _: (500, {}, "")
    with pytest.raises(NetworkError, match="answered 500"):
        fetcher().get(f"{site.url}/b", robots=False)
    assert site.paths().count("/b") == 3


def test_no_waiting_for_hours(site: Site) -> None:
    site.answers["/a"] = lambda _: (429, {"Retry-After": "7200"}, "")
    with pytest.raises(NetworkError, match="answered 429"):
        fetcher().get(f"{site.url}/a", robots=False)
    assert site.paths() == ["/a"]


def test_a_site_that_changed_is_told(site: Site) -> None:
    site.page("/index.html", "<p>nothing here</p>")
    with pytest.raises(BrokenSource, match="links no page"):
        from_web(site)


def test_a_host_that_is_not_there() -> None:
    with pytest.raises(NetworkError, match="did not answer"):
        Fetcher(delay=0, backoff=0).get("http://127.0.0.1:9/x", robots=False)


def release(tag: str, body: str = "- Removed `a.b`", **more: object) -> dict[str, object]:
    return {"tag_name": tag, "body": body, "html_url": f"https://x.test/{tag}", **more}


def from_github(site: Site, monkeypatch: pytest.MonkeyPatch) -> list[ReleaseNote]:
    monkeypatch.setenv("GITHUB_API_URL", site.url)
    source = Source(kind="github", repository="own/tiny", tag=r"^v(?P<version>\d+(?:\.\d+)+)$")
    return list(notes_from_github(Library(name="tiny"), source, Progress(quiet=True)))


def test_releases_over_several_pages(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    first = "/repos/own/tiny/releases?per_page=100"
    second = "/repositories/1/releases?per_page=100&page=2"
    releases = [release("v2.1"), release("v2.0rc1", prerelease=True), release("nightly")]
    link = f'<{site.url}{second}>; rel="next", <{site.url}/x>; rel="last"'
    site.answers[first] = lambda _: (200, {"Link": link}, json.dumps(releases))
    site.answers[second] = lambda _: (200, {}, json.dumps([release("v2.0"), release("v1.0", "")]))
    notes = from_github(site, monkeypatch)
    assert [(n.version, n.source, n.location) for n in notes] == [
        ("2.1", "github", "https://x.test/v2.1"),
        ("2.0", "github", "https://x.test/v2.0"),
    ]
    assert {headers["authorization"] for _, headers, _ in site.asked} == {"Bearer secret"}


def test_rate_limit_waits_for_its_end(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    path = "/repos/own/tiny/releases?per_page=100"
    limited = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) + 1)}
    answers = iter([(403, limited, "{}"), (200, {}, json.dumps([release("v1.0")]))])
    site.answers[path] = lambda _: next(answers)
    assert [note.version for note in from_github(site, monkeypatch)] == ["1.0"]


def test_rate_limit_of_an_hour_names_the_token(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    limited = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) + 3600)}
    site.answers["/repos/own/tiny/releases?per_page=100"] = lambda _: (403, limited, "{}")
    with pytest.raises(NetworkError) as caught:
        from_github(site, monkeypatch)
    assert "GITHUB_TOKEN" in caught.value.tip
