"""Stage 1 on the real index: NumPy's sdist, SQLAlchemy's rendered pages, real environments."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from served import scrape as scrape_folder
from served import told

from recode_data.api.history import History
from recode_data.index import sdist
from recode_data.library import Library, load_library
from recode_data.notes.extract.changes import changes_of, read_note
from recode_data.notes.markup.html import read_html
from recode_data.notes.markup.items import find_items
from recode_data.notes.markup.rst import read_rst
from recode_data.notes.sources.protocol import split_history
from recode_data.notes.sources.sdist import members
from recode_data.notes.stage import scrape
from recode_data.progress import Progress
from recode_data.records import Change, Grounding, ReleaseNote
from recode_data.workspace import Workspace

pytestmark = pytest.mark.index


def test_numpy_by_the_text_alone_and_again(tmp_path: Path) -> None:
    numpy = load_library("numpy")
    with Workspace.open(tmp_path) as workspace:
        first = scrape(workspace, [numpy], Progress(quiet=True), grounding=False)
        changes = workspace.all(Change)
        again = scrape(workspace, [numpy], Progress(quiet=True), grounding=False)
        assert workspace.all(Change) == changes
    assert first.came_in == again.came_in > 120
    stated = {(c.version, c.kind, c.old_symbol, c.new_symbol) for c in changes}
    assert ("2.0.0", "removed", "numpy.float_", "numpy.float64") in stated
    assert ("2.0.0", "deprecated", "numpy.in1d", "numpy.isin") in stated


def test_a_grounded_library_through_the_command_line(tmp_path: Path) -> None:
    definition = tmp_path / "networkx.toml"
    definition.write_text(
        'name = "networkx"\nmatrix = ["2.8.8", "3.0"]\n[aliases]\nnx = "networkx"\n'
        '[[sources]]\nkind = "sdist"\npaths = ["doc/release/release_3.0.rst"]\nversions = ["3.0"]\n'
        '[pins]\n"2.8.8" = { python = "3.10" }\n"3.0" = { python = "3.10" }\n'
    )
    run = [sys.executable, "-m", "recode_data"]
    place = ["--workspace", str(tmp_path / "workspace")]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    subprocess.run([*run, "scrape", str(definition), *place], check=True, env=environment)
    shown = subprocess.run(
        [*run, "changes", "networkx", "--json", *place],
        check=True, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    rows = [json.loads(line) for line in shown.stdout.splitlines()]
    gone = {row["old_symbol"]: row for row in rows if row["kind"] == "removed"}
    assert gone["networkx.to_numpy_recarray"]["grounded"] is True
    assert gone["networkx.to_numpy_recarray"]["flip_version"] == "3.0"
    with Workspace.open(tmp_path / "workspace") as workspace:
        assert workspace.count(Grounding) == workspace.count(Change)


def ends(changes: list[Change]) -> set[tuple[str, str]]:
    """The kinds and the last parts of the names: a source spells out what its page shortens."""
    return {(kind, old.rsplit(".", 1)[-1]) for kind, old, _, _ in told(changes)}


def test_sqlalchemys_rendered_pages_over_http_state_what_their_sources_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, archive = sdist("sqlalchemy", "2.0.36")
    names = ["doc/changelog/changelog_20.html", "doc/build/changelog/changelog_20.rst"]
    texts = dict(members(archive, names))
    (tmp_path / "changelog_20.html").write_text(texts[names[0]], encoding="utf-8")
    monkeypatch.setenv("RECODE_DATA_CACHE", str(tmp_path / "cache"))
    page = scrape_folder(tmp_path, "changelog_20.html", r"changelog_20\.html$", "sqlalchemy")
    library = Library(name="sqlalchemy")
    shared, rows = 0, 0
    for version, text in split_history(texts[names[1]], "rst"):
        note = ReleaseNote("sqlalchemy", version, "sdist", names[1], "rst", text)
        written = ends(changes_of(note, read_note(note), library, History([])))
        shared += len(written & ends(page.get(version, [])))
        rows += len(written)
    assert len(page) > 30
    assert rows > 50
    assert shared >= 0.75 * rows


def test_pages_that_sqlalchemy_renders_say_what_their_sources_say() -> None:
    _, archive = sdist("sqlalchemy", "2.0.36")
    names = ["doc/changelog/changelog_20.html", "doc/build/changelog/changelog_20.rst"]
    texts = dict(members(archive, names))
    page = dict(split_history(texts[names[0]], "html"))
    source = dict(split_history(texts[names[1]], "rst"))
    assert len(set(page) & set(source)) > 30
    for version in ("2.0.30", "2.0.10"):
        read = {item.text for item in find_items(read_html(page[version]))}
        written = {item.text for item in find_items(read_rst(source[version]))}
        words = {word for text in written for word in text.split()}
        assert len(read) >= len(written) * 0.8
        assert len(words & {w for text in read for w in text.split()}) > len(words) * 0.8
