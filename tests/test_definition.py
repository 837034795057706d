"""A definition that nobody wrote: derived from a small package index, corrected, and kept."""

from __future__ import annotations

import email
import json
import os
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from wheels import make_sdist, make_wheel, write_index

from recode_data import index
from recode_data.definition import define, define_missing, definition_text
from recode_data.definition.derive import (
    derive,
    elsewhere,
    read_layout,
    tag_pattern,
    versions_of_notes,
)
from recode_data.definition.installed import described, is_web_address, repository_of, top_packages
from recode_data.definition.matrix import matrix_of, spread
from recode_data.definition_files import known
from recode_data.errors import (
    BadFile,
    EnvironmentFailed,
    NetworkError,
    NoSuchVersion,
    UnknownLibrary,
    UsageError,
)
from recode_data.execute import listing
from recode_data.library import Library, load_library
from recode_data.notes.sources.fetch import Fetcher
from recode_data.notes.sources.web import notes_from_web
from recode_data.progress import Progress
from recode_data.workspace import Workspace

QUIET = Progress(quiet=True)
HEADERS = (
    "License-Expression: BSD-3-Clause\n"
    "Project-URL: Change Log, https://tiny.test/en/latest/changelog.html\n"
    "Project-URL: Source, https://github.com/owner/tiny-lib\n"
)
PACKAGE = {
    "tiny_/__init__.py": "from tiny_.core import new\n",
    "tiny_/core.py": "def new():\n    return 1\n",
    "tinier/__init__.py": "",
    "tests/__init__.py": "",
}
SDIST = {
    "CHANGES.rst": "2.0\n===\n* ``old`` is removed, use ``new``.\n\n1.1.1\n=====\n* x\n",
    "src/tiny_/__init__.py": "",
    "src/tiny_/core.py": "",
    "src/tinier/__init__.py": "",
    "src/tiny_/_vendor/other/tests/test_other.py": "",
    "tests/unit/test_core.py": "import tiny_ as nothing\n",
    "docs/guide.rst": ">>> import tiny_ as ty\n>>> ty.new()\n1\n" * 3,
    "docs/conf.py": "",
    "README.md": "",
}
DAYS = {"1.0": "2021-02-01", "1.1": "2021-03-01", "1.1.1": "2021-04-01", "2.0": "2022-05-01"}


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An index with the four versions of one library, wheels and source distributions."""
    yield from served(tmp_path, monkeypatch, SDIST)


def served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sdist: Mapping[str, str]
) -> Iterator[Path]:
    files = {}
    for version, day in DAYS.items():
        files[make_wheel(tmp_path, "tiny", PACKAGE, version=version, headers=HEADERS)] = day
        files[make_sdist(tmp_path, "tiny", version, sdist)] = day
    files[make_wheel(tmp_path, "tiny", PACKAGE, version="3.0rc1")] = "2022-06-01"
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    for variable in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "UV_INDEX", "UV_FIND_LINKS"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("UV_DEFAULT_INDEX", write_index(tmp_path / "simple", files))
    monkeypatch.setenv("RECODE_DATA_CACHE", str(tmp_path / "cache"))
    known.forget()
    monkeypatch.chdir(tmp_path)
    forget()
    yield tmp_path
    forget()


def forget() -> None:
    from recode_data.execute import wheels

    index.forget()
    listing.forget()
    wheels._wheels.cache_clear()


def test_everything_is_derived_from_the_name(tiny: Path) -> None:
    library = define("tiny", QUIET)
    assert library.model_dump(exclude_defaults=True) == {
        "name": "tiny",
        "import_name": "tiny_",
        "other_imports": ["tinier"],
        "licence": "BSD-3-Clause",
        "matrix": ["1.0", "1.1.1", "2.0"],
        "aliases": {"ty": "tiny_"},
        "sources": [{"kind": "sdist", "paths": ["CHANGES.rst"]}, {"kind": "package"}],
        "usage": {
            "versions": ["newest", "1.1.1", "1.0"],
            "docstrings": ["src/tinier", "src/tiny_"],
            "tests": ["tests/**/*.py"],
            "docs": ["README.md", "docs/**/*.md", "docs/**/*.rst"],
        },
    }


def test_a_partial_definition_is_read_over_the_derived_one(tiny: Path) -> None:
    mine = tiny / "mine.toml"
    mine.write_text(
        'name = "tiny"\nmatrix = ["1.1", "2.0"]\n[usage]\ntests = []\n[aliases]\nt = "tiny_"\n'
    )
    library = define(str(mine), QUIET)
    assert library.matrix == ["1.1", "2.0"]
    assert library.import_name == "tiny_"
    assert library.usage.tests == [] and library.usage.docs
    assert library.aliases == {"ty": "tiny_", "t": "tiny_"}
    assert library.usage.versions == ["newest", "1.1"]


def test_a_definition_that_says_all_asks_no_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    index.forget()
    mine = tmp_path / "mine.toml"
    mine.write_text(
        'name = "tiny"\nmatrix = ["1.0"]\n[[sources]]\nkind = "package"\n[usage]\ndocs = ["a"]\n'
    )
    assert define(str(mine), QUIET).matrix == ["1.0"]
    index.forget()


def test_the_text_is_the_definition_with_its_marks_taken_away(tiny: Path) -> None:
    text = definition_text("tiny", QUIET)
    assert tomllib.loads(text) == {"name": "tiny"}
    whole = "\n".join(line.removeprefix("# ") for line in text.splitlines())
    table = tomllib.loads(whole)
    pins = table.pop("pins")
    assert table == define("tiny", QUIET).model_dump(exclude_defaults=True)
    assert pins["2.0"]["until"] == "2022-05-03T00:00:00Z"
    assert Library.model_validate(table | {"pins": pins}).pins["1.0"].python


def test_what_a_person_has_written_stays_in_the_text(tiny: Path) -> None:
    mine = tiny / "tiny.toml"
    mine.write_text('name = "tiny"\n[usage]\ndocs = ["a\\\\b"]\n'.replace("\\\\", "/"))
    table = tomllib.loads(definition_text(str(mine), QUIET))
    assert table == {"name": "tiny", "usage": {"docs": ["a/b"]}}


def test_a_workspace_keeps_what_was_derived(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    define("tiny", QUIET)
    Workspace.open(tiny / "ws").close()
    known.forget()
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    forget()
    assert define("Tiny", QUIET, tiny / "ws").package == "tiny_", "the index was asked"
    assert load_library("tiny").matrix == ["1.0", "1.1.1", "2.0"]


def test_a_later_build_takes_what_came_out_since(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    define("tiny", QUIET)
    Workspace.open(tiny / "ws").close()
    page = tiny / "simple" / "tiny" / "index.html"
    new = make_wheel(tiny, "tiny", PACKAGE, version="2.1", headers=HEADERS)
    link = f'<a href="{new.as_uri()}" data-upload-time="2022-09-01T12:00:00Z">{new.name}</a>'
    page.write_text(page.read_text() + link)
    for kept in (tiny / "cache" / "listings").iterdir():
        kept.unlink()
    forget()
    known.forget()
    assert define("tiny", QUIET, tiny / "ws").matrix[-1] == "2.0"
    assert define("tiny", QUIET, tiny / "ws", anew=True).matrix[-1] == "2.1"


def test_a_build_where_nothing_answers_uses_what_is_kept(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    define("tiny", QUIET)
    Workspace.open(tiny / "ws").close()
    known.forget()
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("RECODE_DATA_CACHE", str(tiny / "empty"))
    forget()
    assert define("tiny", QUIET, tiny / "ws", anew=True).matrix[-1] == "2.0"
    with pytest.raises(NetworkError):
        define("tiny", QUIET, anew=True)


def test_rows_of_a_library_that_nobody_defined_are_judged(tiny: Path) -> None:
    """Not only `build` derives: a row of a stranger's file names its library itself."""
    rows = [
        {"dependency": name, "new_version": "2.0", "description": "Show a one.",
         "update_info": "f was removed in 2.0, use tiny_.new.",
         "old_code": "import tiny_\nprint(tiny_.f())\n",
         "new_code": "import tiny_\nprint(tiny_.new())\n"}
        for name in ("Tiny", "no-such-thing-at-all", "../../evil")
    ]  # fmt: skip
    (tiny / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert command(tiny, "import", "rows.jsonl").returncode == 0
    judged = command(tiny, "validate")
    assert judged.returncode == 0, judged.stderr
    assert "2 no_definition" in judged.stdout
    assert "old_fails" in judged.stdout  # no version of it had f
    assert "evil' is no name of a distribution" in judged.stderr
    assert [file.name for file in tiny.glob("**/derived/*")] == ["tiny.json"]


def test_a_row_may_name_its_library_as_it_is_imported(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tiny / "site" / "tiny-1.0.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Name: tiny\nVersion: 1.0\n", encoding="utf-8")
    (installed / "top_level.txt").write_text("tiny_\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tiny / "site")
    define_missing(["tiny_"], QUIET, tiny)
    found = Library.matching("tiny_")
    assert found is not None
    assert found.name == "tiny"


def test_a_damaged_kept_definition_is_derived_again(tiny: Path) -> None:
    folder = tiny / "ws" / "libraries" / "derived"
    folder.mkdir(parents=True)
    (folder / "tiny.json").write_text('{"name": "tiny", "matrix": 3}')
    assert define("tiny", QUIET, tiny / "ws").matrix == ["1.0", "1.1.1", "2.0"]


def test_a_name_that_the_index_lacks_is_one_line(tiny: Path) -> None:
    with pytest.raises(UnknownLibrary, match="the package index has no distribution 'tinny'"):
        define("tinny", QUIET)
    with pytest.raises(UnknownLibrary) as caught:
        define("numpi", QUIET)
    assert caught.value.tip == "did you mean 'numpy'?"


def test_a_wrong_import_name_is_told(tiny: Path) -> None:
    mine = tiny / "mine.toml"
    mine.write_text('name = "tiny"\nimport_name = "tyni"\n')
    with pytest.raises(UsageError, match="tiny installs no package 'tyni'") as caught:
        define(str(mine), QUIET)
    assert "tiny_" in caught.value.tip


def test_a_wrong_import_name_of_a_whole_definition_is_told_when_it_is_built(tiny: Path) -> None:
    mine = tiny / "mine.toml"
    mine.write_text(
        'name = "tiny"\nimport_name = "tiny"\nmatrix = ["1.0", "2.0"]\n'
        '[[sources]]\nkind = "package"\n[usage]\ndocs = []\n'
    )
    assert define(str(mine), QUIET).package == "tiny"
    with pytest.raises(UsageError, match="tiny installs no package 'tiny'"):
        define(str(mine), QUIET, anew=True)


def test_a_glob_that_matches_nothing_is_told(
    tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tiny / "mine.toml"
    mine.write_text(
        'name = "tiny"\n[[sources]]\nkind = "sdist"\npaths = ["CHANGE.rst", "CHANGES.*"]\n'
        '[usage]\ntests = ["tests/**/*.py", "test/*.py"]\ndocs = ["docs/*.rst"]\n'
        'docstrings = ["src/tiny_", "tiny_"]\n'
    )
    define(str(mine), Progress(), anew=True)
    told = [line for line in capsys.readouterr().err.splitlines() if "nothing" in line]
    assert told == [
        "tiny: [[sources]] paths: 'CHANGE.rst' matches nothing; did you mean 'CHANGES.rst'?",
        "tiny: [usage] tests: 'test/*.py' matches nothing; did you mean 'tests/unit/test_core.py'?",
        "tiny: [usage] docstrings: 'tiny_' matches nothing",
    ]


@pytest.mark.parametrize("name", ["../../evil", "a/b", "..", "-x", "x\n", "a" * 120])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="is no name of a distribution"):
        define(name, QUIET, tmp_path / "ws")
    mine = tmp_path / "mine.toml"
    mine.write_text(f"name = {json.dumps(name)}\nimport_name = 'x'\n")
    with pytest.raises(BadFile, match="is no name of a distribution"):
        define(str(mine), QUIET, tmp_path / "ws")
    with pytest.raises(BadFile, match="is no name of a distribution"):
        load_library(str(mine))
    assert [file.name for file in tmp_path.iterdir()] == ["mine.toml"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('import_name = "os; x"', "is no name of a module"),
        ('matrix = ["../1.0"]', "is no version number"),
        ('aliases = {"a b" = "x"}', "is no name of a module"),
        ('usage = {docs = ["/etc/*"]}', "leads out of the source distribution"),
        ('sources = [{kind = "sdist", paths = ["../*"]}]', "leads out of the source distribution"),
    ],
)
def test_a_wrong_value_is_refused_when_it_is_read(tmp_path: Path, line: str, said: str) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(f'name = "mine"\n{line}\n')
    with pytest.raises(BadFile, match=said):
        load_library(str(mine))


def test_the_command_line_writes_nothing_for_an_evil_name(tmp_path: Path) -> None:
    done = command(tmp_path, "build", "../../evil", "--workspace", "ws")
    assert done.returncode == 2
    assert done.stderr.startswith("error: '../../evil' is no name of a distribution\ntip: ")
    assert list(tmp_path.iterdir()) == []


def test_init_writes_a_file_that_build_reads(tiny: Path) -> None:
    done = command(tiny, "init", "tiny", "--quiet")
    file = tiny / "pipeline" / "libraries" / "tiny.toml"
    assert (done.returncode, done.stderr) == (0, "")
    assert tomllib.loads(file.read_text()) == {"name": "tiny"}
    again = command(tiny, "init", "tiny", "--quiet")
    assert again.returncode == 2 and "is there already" in again.stderr
    assert command(tiny, "init", "tiny", "--out", "-", "--quiet").stdout == file.read_text()
    assert command(tiny, "init", "tinny").stderr.splitlines()[-2:] == [
        "error: the package index has no distribution 'tinny'",
        "tip: did you mean 'tiny'?",
    ]


def command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    return subprocess.run(
        [sys.executable, "-m", "recode_data", *words],
        capture_output=True, text=True, check=False, cwd=folder, env=environment,
    )  # fmt: skip


def test_notes_of_an_older_release_are_read_where_the_newest_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = {path: text for path, text in SDIST.items() if path != "CHANGES.rst"}
    for folder in served(tmp_path, monkeypatch, bare):
        make_sdist(folder, "tiny", "1.1.1", SDIST)
        sources = derive("tiny", QUIET)["sources"]
        assert sources[0] == {"kind": "sdist", "paths": ["CHANGES.rst"], "versions": ["1.1.1"]}
        assert [source["kind"] for source in sources] == ["sdist", "package"], "it reaches 2.0"


def test_without_notes_inside_the_web_and_github_are_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = {path: text for path, text in SDIST.items() if path != "CHANGES.rst"}
    for _ in served(tmp_path, monkeypatch, bare):
        web, github, package = derive("tiny", QUIET)["sources"]
    assert web["index"] == "https://tiny.test/en/latest/changelog.html"
    assert github["repository"] == "owner/tiny-lib"
    assert package == {"kind": "package"}
    assert len(Library(name="tiny", sources=[web, github, package]).sources) == 3


def test_a_derived_page_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address in a wheel's metadata, the pattern derived from it, and the notes behind it."""
    pages = {
        "/docs/changes/": '<a href="v1.1.html">1.1</a> <a href="../guide.html">guide</a>'
        "<main><h2>2.0</h2><ul><li><code>old</code> is removed.</li></ul><h2>1.9</h2>x</main>",
        "/docs/changes/v1.1.html": "<main><h1>1.1</h1><p>The first.</p></main>",
    }
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = pages.get(self.path, "").encode()
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("RECODE_DATA_CACHE", str(tmp_path / "cache"))
    address = f"http://127.0.0.1:{server.server_address[1]}/docs/changes/"
    metadata = email.message_from_string(f"Project-URL: Release Notes, {address}\n")
    library = Library.model_validate(
        {"name": "tiny", "sources": elsewhere("tiny", described(metadata, []))}
    )
    notes = list(notes_from_web(library, library.sources[0], QUIET, Fetcher(delay=0.0)))
    server.shutdown()
    server.server_close()
    assert {note.version for note in notes} == {"2.0", "1.9", "1.1"}
    assert "/docs/guide.html" not in asked


def test_a_library_without_wheels_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sdist = make_sdist(tmp_path, "tiny", "1.0", SDIST)
    monkeypatch.setenv("UV_DEFAULT_INDEX", write_index(tmp_path / "simple", {sdist: "2021-01-01"}))
    monkeypatch.setenv("RECODE_DATA_CACHE", str(tmp_path / "cache"))
    forget()
    with pytest.raises(NoSuchVersion, match="no version of tiny has a wheel"):
        derive("tiny", QUIET)
    forget()


def test_newest_versions_that_cannot_be_installed_say_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in served(tmp_path, monkeypatch, SDIST):
        wheel = make_wheel(tmp_path, "tiny", PACKAGE, needs="nowhere-to-be-had")
        page = write_index(tmp_path / "other", {wheel: "2021-01-01"})
        monkeypatch.setenv("UV_DEFAULT_INDEX", page)
        forget()
        with pytest.raises(EnvironmentFailed, match="nowhere-to-be-had"):
            derive("tiny", QUIET)


def test_what_is_yanked_is_left_out(tiny: Path) -> None:
    page = tiny / "simple" / "tiny" / "index.html"
    page.write_text(page.read_text().replace(">tiny-2.0", ' data-yanked="broken">tiny-2.0'))
    assert matrix_of("tiny") == ["1.0", "1.1.1"]


def test_versions_from_before_every_python_are_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = {"0.1": "2012-01-01", "0.2": "2013-01-01", "0.3": "2014-01-01"}
    for folder in served(tmp_path, monkeypatch, SDIST):
        files = {make_wheel(folder, "tiny", PACKAGE, version=v): day for v, day in days.items()}
        write_index(
            folder / "simple", {folder / "tiny-2.0-py3-none-any.whl": "2022-05-01", **files}
        )
        assert matrix_of("tiny") == ["0.3", "2.0"]


def test_a_long_history_is_spread() -> None:
    versions = [f"{major}.{minor}" for major in range(4) for minor in range(15)]
    chosen = spread(versions, 24)
    assert len(chosen) == 24
    assert chosen == sorted(chosen, key=versions.index)
    assert {"0.0", "0.14", "1.14", "2.14", *versions[-12:]} <= set(chosen)
    assert spread([f"{n}.0" for n in range(60)], 24)[0] == "0.0"
    assert len(spread([f"{n}.0" for n in range(60)], 24)) == 24


@pytest.mark.parametrize(
    ("path", "text", "versions"),
    [
        ("CHANGES", "2.0\n===\nx\n\n1.0\n===\nx\n", {"2.0", "1.0"}),
        ("docs/whatsnew/2.1.rst", "What is new\n===========\n", {"2.1"}),
        ("doc/release/1.25.0-notes.rst", "Notes\n=====\n", {"1.25.0"}),
        ("docs/releasenotes/9.0.0.rst", "1.0\n---\n\n2.0\n---\n", {"9.0.0"}),
        ("docs/changes/1.0.md", "", {"1.0"}),
        ("CHANGELOG.md", "# 2.0\nx\n# 1.0\nx\n", {"2.0", "1.0"}),
        ("docs/usage.rst", "2.0\n===\n\n1.0\n===\n", set()),
        ("src/tiny/history.md", "# 2.0\n# 1.0\n", set()),
        ("changelog.d/12.removal.rst", "x", set()),
        ("tests/data/CHANGES.rst", "2.0\n===\n\n1.0\n===\n", set()),
        ("docs/_vendor/x/CHANGES.rst", "2.0\n===\n\n1.0\n===\n", set()),
        ("docs/deprecations.rst", "Python 2.7\n----------\n\nPython 3.5\n----------\n", set()),
        ("docs/news.html.txt.exe", "2.0\n===\n\n1.0\n===\n", set()),
    ],
)  # fmt: skip
def test_files_of_notes_are_known_by_name_and_by_their_versions(
    path: str, text: str, versions: set[str]
) -> None:
    assert versions_of_notes(path, text) == versions


def test_many_notes_of_a_folder_are_one_glob(tmp_path: Path) -> None:
    files = {f"doc/release/{n}.0-notes.rst": "x" for n in range(1, 5)} | {
        "NEWS.md": "# 2.0\n# 1.0\n"
    }
    layout = read_layout(make_sdist(tmp_path, "tiny", "1.0", files), ["tiny"])
    assert layout.note_globs == ["NEWS.md", "doc/release/*.rst"]
    assert layout.versions == {"1.0", "2.0", "3.0", "4.0"}


def test_tests_and_examples_are_found_where_projects_keep_them(tmp_path: Path) -> None:
    files = dict.fromkeys(
        ["Tests/test_a.py", "more/tests/test_d.py", "tiny/test/b_test.py", "test_top.py",
         "tiny/sub/tests/test_c.py", "tiny/testing/public.py",
         "unit/deep/test_e.py", "unit/f_test.py", "docs/examples/test_shown.py",
         "examples/tiny.py",
         "examples/e.py", "doc/source/tutorials/t.py", "docs/index.md", "tiny/__init__.py",
         "tiny/vendor/tests/test_x.py"], "x = 1\n",
    )  # fmt: skip
    layout = read_layout(make_sdist(tmp_path, "tiny", "1.0", files), ["tiny"])
    assert layout.docstrings == ["tiny"]
    assert layout.tests == [
        "Tests/**/*.py",
        "more/tests/**/*.py",
        "test_top.py",
        "tiny/**/tests/**/*.py",
        "tiny/test/**/*.py",
        "unit/**/*_test.py",
        "unit/**/test_*.py",
    ]
    assert layout.docs == [
        "doc/**/*.py", "docs/**/*.md", "docs/**/*.py", "docs/**/*.rst", "examples/**/*.py",
    ]  # fmt: skip


def test_an_archive_with_hostile_paths_gives_none_of_them(tmp_path: Path) -> None:
    names = ["../../../docs/evil.rst", "docs/../../x.rst", "/docs/abs.rst", "docs/[a]*.rst", "\n"]
    files = dict.fromkeys(names, "2.0\n===\n\n1.0\n===\n") | {"docs/ok.rst": "x"}
    layout = read_layout(make_sdist(tmp_path, "tiny", "1.0", files), ["tiny"])
    assert (layout.docs, layout.notes) == (["docs/**/*.md", "docs/**/*.rst"], {})


def test_metadata_is_read_and_its_addresses_are_held_against_sense() -> None:
    metadata = email.message_from_string(
        "Name: Tiny\nLicense: BSD License\nClassifier: License :: OSI Approved :: MIT License\n"
        "Home-page: file:///etc/passwd\n"
        "Project-URL: Release notes, https://me:secret@host.test/notes\n"
        "Project-URL: Docs, http://169.254.169.254/latest\n"
        "Project-URL: Bug Tracker, https://github.com/owner/tiny/issues\n\n"
    )
    found = described(metadata, ["tiny/__init__.py"])
    assert (found.title, found.licence, found.imports) == ("Tiny", "MIT", ("tiny",))
    assert found.urls == {}
    assert found.repository == "owner/tiny"


def test_addresses_of_the_web_only() -> None:
    assert is_web_address("https://tiny.readthedocs.io/en/stable/")
    for address in ("ftp://x.test", "javascript:x", "http://", "http://[", "https://a b.test"):
        assert not is_web_address(address), address
    assert repository_of("https://github.com/sponsors/tiny") == ""
    assert repository_of("git@github.com:owner/tiny.git") == ""


def test_packages_of_a_wheel() -> None:
    assert top_packages(["google/cloud/x/__init__.py", "google/cloud/x/y.py"]) == ["google.cloud.x"]
    assert top_packages(["_ext.cpython-311.so", "a/__init__.py", "a/tests/__init__.py"]) == [
        "a",
        "_ext",
    ]
    assert top_packages(["../../bin/x.py", "tests/__init__.py", "a-b.py"]) == []


def test_pages_and_tags_of_releases() -> None:
    import re

    metadata = email.message_from_string(HEADERS)
    web, github = elsewhere("tiny", described(metadata, []))
    address = "https://tiny.test/en/latest/"
    found = [re.search(web["pages"], address + page) for page in ("changelog.html", "v2.0.html")]
    assert all(found)
    assert not re.search(web["pages"], address + "guide.html")
    for tag in (
        "v2.0.1",
        "2.0.1",
        "tiny-2.0.1",
        "Tiny_v2.0.1",
        "release-2.0.1",
        "tiny@2.0.1",
        "py-2.0.1",
    ):
        match = re.search(github["tag"], tag)
        assert match is not None and match["version"] == "2.0.1", tag
    assert not re.search(tag_pattern("tiny"), "tiny-js-2.0.1")
