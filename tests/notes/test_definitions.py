"""The definitions of libraries whose notes are on a site or on GitHub, end to end: each one's
own address, pattern and tag, against samples of its markup that the loopback serves."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from recode_data.api.history import History
from recode_data.library import Source, load_library
from recode_data.notes.extract.changes import changes_of, read_note
from recode_data.notes.sources.fetch import Fetcher
from recode_data.notes.sources.github import notes_from_github
from recode_data.notes.sources.web import notes_from_web
from recode_data.progress import Progress
from recode_data.records import Change

SAMPLES = Path(__file__).parent / "pages"
Row = tuple[str, str, str, str, str]


class Pages:
    """A server of a few pages; what it lacks is a 404."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        pages = self.pages

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                text = pages.get(self.path)
                body = (text or "none").encode()
                self.send_response(200 if text is not None else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pages]:
    monkeypatch.setenv("RECODE_DATA_CACHE", str(tmp_path))
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    made = Pages()
    monkeypatch.setenv("GITHUB_API_URL", made.url)
    yield made
    made.server.shutdown()
    made.server.server_close()


def sample(name: str) -> str:
    return (SAMPLES / name).read_text(encoding="utf-8")


def source_of(name: str, kind: str) -> Source:
    return next(source for source in load_library(name).sources if source.kind == kind)


def told(name: str, notes: list[Any]) -> dict[str, set[Row]]:
    """What the notes of a library state, by version, by the text alone."""
    found: dict[str, set[Row]] = {}
    for note in notes:
        changes: list[Change] = changes_of(note, read_note(note), load_library(name), History([]))
        rows = {
            (c.kind, c.old_symbol, c.old_keyword, c.new_symbol, c.new_keyword)
            for c in changes
            if c.kind not in ("behaviour", "added")
        }
        found.setdefault(note.version, set()).update(rows)
    return found


def from_github(name: str, pages: Pages, *releases: dict[str, Any]) -> dict[str, set[Row]]:
    source = source_of(name, "github")
    pages.pages[f"/repos/{source.repository}/releases?per_page=100"] = json.dumps(releases)
    return told(name, list(notes_from_github(load_library(name), source, Progress(quiet=True))))


def release(tag: str, body: str, **more: Any) -> dict[str, Any]:
    return {"tag_name": tag, "body": body, "draft": False, "prerelease": False, **more}


def from_web(name: str, pages: Pages, shown: dict[str, str]) -> dict[str, set[Row]]:
    """Serve pages at the paths that the definition's site has them at."""
    source = source_of(name, "web")
    pages.pages |= shown
    local = source.model_copy(update={"index": f"{pages.url}{urlsplit(source.index).path}"})
    fetcher = Fetcher(delay=0.0, backoff=0.01)
    found = notes_from_web(load_library(name), local, Progress(quiet=True), fetcher)
    return told(name, list(found))


def test_torch(pages: Pages) -> None:
    body = sample("torch.md")
    candidate = release("v2.10.0-rc1", body, prerelease=True)
    trunk = release("ciflow/trunk/1", body)
    assert from_github("torch", pages, candidate, trunk, release("v2.9.1", body)) == {
        "2.9.1": {
            ("removed", "torch.old_norm", "", "torch.linalg.norm", ""),
            ("keyword_removed", "torch.optim.lr_scheduler.StepLR", "verbose", "", ""),
            ("deprecated", "torch.cuda.amp.GradScaler", "", "torch.amp.GradScaler", ""),
        }
    }


JAX = {
    ("removed", "jax.old_pmap", "", "jax.shard_map", ""),
    ("deprecated", "jax.core.pp_old", "", "jax.extend.core.pp_new", ""),
    ("deprecated", "jax.scipy.linalg.solve", "sym_pos", "jax.scipy.linalg.solve", "assume_a"),
}


def test_jax_releases(pages: Pages) -> None:
    body = sample("jax.md")
    jaxlib = release("jaxlib-v0.6.2", body)
    assert from_github("jax", pages, jaxlib, release("jax-v0.6.2", body)) == {"0.6.2": JAX}


def test_jax_page(pages: Pages) -> None:
    page = sample("jax.html").replace("https://docs.jax.dev", pages.url)  # it links itself
    found = from_web("jax", pages, {"/en/latest/changelog.html": page})
    assert found == {
        "0.6.2": {
            ("removed", "jax.old_pmap", "", "jax.shard_map", ""),
            ("deprecated", "jax.scipy.linalg.solve", "sym_pos", "", ""),
        },
        "0.6.1": {("removed", "jax.lib.old_client", "", "", "")},
    }


def test_transformers(pages: Pages) -> None:
    body = sample("transformers.md")
    patch = release("v5.7.0.post1", "")
    lm, causal = "transformers.AutoModelWithLMHead", "transformers.AutoModelForCausalLM"
    config = "transformers.AutoConfig.from_pretrained"
    old, new = "transformers.TinyFeatureExtractor", "transformers.TinyImageProcessor"
    assert from_github("transformers", pages, patch, release("v5.7.0", body)) == {
        "5.7.0": {
            ("removed", lm, "", causal, ""),
            ("keyword_renamed", config, "use_auth_token", config, "token"),
            ("deprecated", old, "", new, ""),
        }
    }


def test_polars_releases(pages: Pages) -> None:
    body = sample("polars.md")
    rust = release("rs-0.46.0", body)
    assert from_github("polars", pages, rust, release("py-1.22.0", body)) == {
        "1.22.0": {
            ("keyword_removed", "polars.Expr.old_shift", "offset", "", ""),
            ("renamed", "polars.DataFrame.groupby", "", "polars.DataFrame.group_by", ""),
            ("deprecated", "polars.count", "", "polars.len", ""),
        }
    }


def test_pandas_after_its_sdists_carry_none(pages: Pages) -> None:
    links = ["v3.0.0", "v2.2.0", "v2.1.4", "v2.0.3", "v1.5.3", "v0.25.0"]
    index = "".join(
        f'<li class="toctree-l2"><a class="reference internal" href="{each}.html">x</a></li>'
        for each in links
    )
    shown = {"/docs/whatsnew/index.html": f"<main><article>{index}</article></main>"}
    empty = "<main><article class=bd-article><h1>x</h1></article></main>"
    shown |= {f"/docs/whatsnew/{each}.html": empty for each in ("v3.0.0", "v2.1.4")}
    shown["/docs/whatsnew/v2.2.0.html"] = sample("pandas.html")
    found = from_web("pandas", pages, shown)
    assert set(found) == {"3.0.0", "2.2.0", "2.1.4"}, "what the sdist has is not asked for"
    assert found["2.2.0"] == {
        ("deprecated", "pandas.DataFrame.applymap", "", "pandas.DataFrame.map", ""),
        ("deprecated", "pandas.Series.resample", "kind", "", ""),
    }


@pytest.mark.parametrize("name", ["torch", "jax", "transformers", "polars", "pandas"])
def test_every_version_of_the_matrix_could_have_notes(name: str) -> None:
    library = load_library(name)
    tags = [re.compile(s.tag) for s in library.sources if s.kind == "github"]
    prefix = {"jax": "jax-v", "polars": "py-"}.get(name, "v")
    for tag in tags:
        for version in library.matrix:
            match = tag.search(f"{prefix}{version}")
            assert match is not None
            assert match["version"] == version
