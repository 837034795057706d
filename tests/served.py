"""A folder of pages served over HTTP, and what scraping it finds."""

from __future__ import annotations

import functools
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from recode_data.api.history import History
from recode_data.library import Library, Source
from recode_data.notes.extract.changes import changes_of, read_note
from recode_data.notes.sources.fetch import Fetcher
from recode_data.notes.sources.web import notes_from_web
from recode_data.progress import Progress
from recode_data.records import Change


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def scrape(folder: Path, index: str, pages: str, name: str = "tiny") -> dict[str, list[Change]]:
    """Scrape a folder's pages over HTTP; return the changes by version."""
    handler = functools.partial(Quiet, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_address[1]}/{index}"
        library = Library(name=name)
        source = Source(kind="web", index=url, pages=pages)
        fetcher = Fetcher(delay=0.0, backoff=0.01)
        notes = list(notes_from_web(library, source, Progress(quiet=True), fetcher))
    finally:
        server.shutdown()
        server.server_close()
    return {n.version: changes_of(n, read_note(n), library, History([])) for n in notes}


def told(changes: list[Change]) -> set[tuple[str, str, str, str]]:
    rows = {(c.kind, c.old_symbol, c.old_keyword, c.new_symbol) for c in changes}
    return {row for row in rows if row[0] not in ("behaviour", "added")}
