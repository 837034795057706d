"""Notes on a documentation site: an index page, and the pages it links that match a pattern."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

from recode_data.errors import BrokenSource
from recode_data.index_settings import before
from recode_data.library import Library, Source
from recode_data.notes.markup.html import CONTENT, title_of
from recode_data.notes.sources.fetch import Fetcher
from recode_data.notes.sources.protocol import normal, split_history, version_in, version_of_title
from recode_data.progress import Progress
from recode_data.records import ReleaseNote


def notes_from_web(
    library: Library, source: Source, progress: Progress, fetcher: Fetcher | None = None
) -> Iterator[ReleaseNote]:
    """Yield the notes on the pages of a site; a page with many versions gives one for each.

    Raises `NetworkError`, or `BrokenSource` when the index links no page of the pattern.
    """
    if before():  # a page says today what it may not have said then
        progress.say(f"{library.name}: pages of the web are not read as of a past day")
        return
    fetcher = fetcher or Fetcher()
    index = fetcher.get(source.index)
    pattern = re.compile(source.pages)
    pages = page_addresses(index.url, index.text, pattern)
    if not pages:
        raise BrokenSource(
            f"{source.index} links no page that matches {source.pages!r}",
            f"the site has changed: mend pipeline/libraries/{library.name}.toml",
        )
    with progress.task(f"pages of {library.name}", len(pages)) as task:
        for url in pages:
            text = index.text if url == index.url else fetcher.get(url).text
            yield from _notes(library, url, _content(text, source.content), pattern)
            task.advance()


def page_addresses(base: str, html: str, pattern: re.Pattern[str]) -> list[str]:
    """Return the addresses that a page links and the pattern finds, the page's own included."""
    from bs4 import BeautifulSoup

    found = [base] if pattern.search(base) else []
    for link in BeautifulSoup(html, "html.parser").find_all("a", href=True):
        url = urldefrag(urljoin(base, str(link["href"])))[0]
        if pattern.search(url):
            found.append(url)
    return list(dict.fromkeys(found))


def _content(html: str, selector: str) -> str:
    """Cut a page down to its text, so that a new menu does not make a new note."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(html, "html.parser")
    selectors = ([selector] if selector else []) + list(CONTENT)
    root: Any = next((node for s in selectors if (node := soup.select_one(s))), soup)
    return str(root)


def _notes(
    library: Library, url: str, html: str, pattern: re.Pattern[str]
) -> Iterator[ReleaseNote]:
    match = pattern.search(url)
    said = match.groupdict().get("version") if match else None
    version = normal(said or "") or version_in(urlsplit(url).path)
    parts = [(version, html)] if version else split_history(html, "html")
    if not parts and (version := version_of_title(title_of(html))):
        parts = [(version, html)]  # "2.0 Changelog" may stand above many versions, or one
    for number, part in parts:
        yield ReleaseNote(library.name, number, "web", url, "html", part)
