"""A maintainer's version that is on no index, against the releases: a tree, a branch, a wheel."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from packaging.version import Version
from wheels import make_sdist, make_wheel, write_index

from recode_data import index
from recode_data.definition import is_path, take
from recode_data.definition_files import known
from recode_data.errors import (
    BadFile,
    EnvironmentFailed,
    NoSuchVersion,
    UsageError,
    without_credentials,
)
from recode_data.execute import ensure, listing, resolve, wheels
from recode_data.execute.building import split_address
from recode_data.library import know_derived, load_library
from recode_data.records import Entry, Verdict
from recode_data.unreleased import keep, unreleased
from recode_data.workspace import Workspace

USER, PASSWORD = "ada", "hunter2-s3cret"

CODE = '''"""Words."""

def join_words(words, separator=" "):
    """Join words.

    >>> import wordy
    >>> wordy.join_words(["a", "b"], separator="-")
    'a-b'
    """
    return separator.join(words)


def count(text):
    """Count words.

    >>> import wordy
    >>> wordy.count("a b c")
    3
    """
    return len(text.split())
'''
NEXT = CODE.replace("join_words", "join")
BACKEND = """
import io, tarfile, zipfile
META = "Metadata-Version: 2.1\\nName: wordy\\nVersion: {version}\\nRequires-Python: >=3.6\\n"
WHEEL = "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
ABOUT = "wordy-{version}.dist-info"
def build_wheel(directory, config_settings=None, metadata_directory=None):
    name = "wordy-{version}-py3-none-any.whl"
    names = ["wordy/__init__.py", *(ABOUT + "/" + n for n in ("METADATA", "WHEEL", "RECORD"))]
    with zipfile.ZipFile(directory + "/" + name, "w") as wheel:
        wheel.write(names[0])
        record = "".join(n + ",,\\n" for n in names)
        for path, text in zip(names[1:], (META, WHEEL, record)):
            wheel.writestr(path, text)
    return name
def build_sdist(directory, config_settings=None):
    name = "wordy-{version}.tar.gz"
    with tarfile.open(directory + "/" + name, "w:gz") as archive:
        for file in ("wordy/__init__.py", "pyproject.toml", "backend.py", "CHANGES.md"):
            archive.add(file, "wordy-{version}/" + file)
        info = tarfile.TarInfo("wordy-{version}/PKG-INFO")
        info.size = len(META)
        archive.addfile(info, io.BytesIO(META.encode()))
    return name
"""
NOTES = "# Changes\n\n## 1.2\n\n- `join_words` is renamed to `join`.\n\n## 1.1\n\n- Faster.\n"


def project(folder: Path, version: str = "1.2", code: str = NEXT) -> Path:
    (folder / "wordy").mkdir(parents=True)
    (folder / "wordy" / "__init__.py").write_text(code)
    (folder / "CHANGES.md").write_text(NOTES)
    (folder / "backend.py").write_text(BACKEND.replace("{version}", version))
    (folder / "pyproject.toml").write_text(
        f'[project]\nname = "wordy"\nversion = "{version}"\n'
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    return folder


class Guarded(SimpleHTTPRequestHandler):
    """An index that wants a name and a password."""

    def do_GET(self) -> None:
        wanted = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {wanted}":
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="index"')
            self.end_headers()
            return
        super().do_GET()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A private index with two releases of one library, and its address with credentials."""
    folder = tmp_path / "index"
    folder.mkdir()
    files = {}
    for version, day in (("1.0", "2025-10-01"), ("1.1", "2025-11-01")):
        package = {"wordy/__init__.py": CODE}
        files[make_wheel(folder, "wordy", package, version=version)] = day
        files[make_sdist(folder, "wordy", version, {**package, "CHANGES.md": NOTES})] = day
    write_index(folder / "simple", files)
    page = folder / "simple" / "wordy" / "index.html"
    page.write_text(page.read_text().replace(folder.as_uri(), "../.."))
    handler = partial(Guarded, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://{USER}:{PASSWORD}@127.0.0.1:{server.server_port}/simple"
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    for variable in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "UV_INDEX", "UV_FIND_LINKS"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("UV_DEFAULT_INDEX", address)
    monkeypatch.setenv("RECODE_DATA_CACHE", str(tmp_path / "cache"))
    known.forget()
    forget()
    yield address
    forget()
    server.shutdown()
    server.server_close()


def forget() -> None:
    index.forget()
    listing.forget()
    wheels._wheels.cache_clear()


def recode(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "recode_data", *arguments]
    variables = os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)}
    return subprocess.run(
        command, cwd=folder, env=variables, capture_output=True, text=True, check=False
    )


def holds(folder: Path, secret: str) -> list[Path]:
    return [
        file
        for file in folder.rglob("*")
        if file.is_file() and secret.encode() in file.read_bytes()
    ]


def test_a_tree_is_compared_with_the_releases_of_a_private_index(
    tmp_path: Path, private: str
) -> None:
    project(tmp_path / "mylib")
    done = recode(tmp_path, "build", "./mylib")
    assert done.returncode == 0, done.stderr
    assert "outside the sandbox" in done.stderr.splitlines()[0]
    with Workspace.open(tmp_path / "workspace") as workspace:
        library = load_library("wordy")
        valid = {v.entry_id: v for v in workspace.all(Verdict) if v.status == "valid"}
        entries = [entry for entry in workspace.all(Entry) if entry.id in valid]
    assert library.matrix[:2] == ["1.0", "1.1"]
    assert library.matrix[2].startswith("1.2+n")
    [entry] = [e for e in entries if e.author == "example_pair"]
    assert (entry.old_symbol, entry.new_symbol) == ("wordy.join_words", "wordy.join")
    verdict = valid[entry.id]
    assert (verdict.kind, verdict.old_version) == ("breaking", "1.1")
    assert verdict.new_version == library.matrix[2]
    assert PASSWORD not in done.stdout + done.stderr
    assert holds(tmp_path / "workspace", PASSWORD) == []
    assert holds(tmp_path / "cache", PASSWORD) == []


def test_a_failure_of_a_private_index_tells_no_password(
    tmp_path: Path, private: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", private.replace("/simple", "/nowhere"))
    done = recode(tmp_path, "build", "wordy")
    assert done.returncode != 0
    assert PASSWORD not in done.stdout + done.stderr
    assert holds(tmp_path, PASSWORD) == []


def test_a_wheel_becomes_the_newest_version(tmp_path: Path, private: str) -> None:
    wheel = make_wheel(tmp_path, "wordy", {"wordy/__init__.py": NEXT}, version="1.1")
    said: list[str] = []
    assert take("wordy", tmp_path / "w", said.append, wheel) == "wordy"
    know_derived("wordy", {"name": "wordy", "matrix": ["1.0", "1.1"]})
    library = load_library("wordy")
    newest = library.matrix[-1]
    assert library.matrix[:-1] == ["1.0", "1.1"]
    assert Version(newest) > Version("1.1"), "its number is that of a release"
    made = ensure(resolve(library, newest))
    [installed] = made.folder.glob("lib/python*/site-packages/wordy/__init__.py")
    assert installed.read_text() == NEXT
    assert not list(made.folder.glob("lib/python*/site-packages/wordy-1.1.dist-info"))


def test_a_wheel_that_was_built_again_is_another_version(tmp_path: Path) -> None:
    versions = []
    for code in (CODE, NEXT, NEXT):
        wheel = make_wheel(tmp_path, "wordy", {"wordy/__init__.py": code}, version="2.0.dev0")
        versions.append(keep(tmp_path / "unreleased", [wheel]).version)
    assert versions[0] != versions[1] == versions[2]
    assert len(list((tmp_path / "unreleased").iterdir())) == 1
    assert all(version.startswith("2.0.dev0+n") for version in versions)


def test_a_labelled_wheel_is_whole(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "wordy", {"wordy/__init__.py": CODE}, version="2.0+local.1")
    kept = keep(tmp_path / "unreleased", [wheel])
    with zipfile.ZipFile(kept.path) as archive:
        names = set(archive.namelist())
        about = f"wordy-{kept.version}.dist-info"
        record = archive.read(f"{about}/RECORD").decode()
        metadata = archive.read(f"{about}/METADATA").decode()
    assert {row.split(",")[0] for row in record.splitlines()} == names
    assert f"Version: {kept.version}\n" in metadata
    assert kept.version.startswith("2.0+local.1.n")


def test_a_branch_is_cloned_built_and_told_of(tmp_path: Path, private: str) -> None:
    tree = project(tmp_path / "upstream", "1.1")
    git = ["git", "-C", str(tree), "-c", "user.name=a", "-c", "user.email=a@b.test"]
    for command in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *command], check=True)
    subprocess.run([*git, "branch", "next"], check=True)
    said: list[str] = []
    target = f"wordy==1.1..git+file://{tree}@next"
    assert take(target, tmp_path / "w", said.append) == "wordy"
    assert "cloning" in said[0] and "outside the sandbox" in said[1]
    know_derived("wordy", {"name": "wordy", "matrix": ["1.0", "1.1"]})
    matrix = load_library("wordy").matrix
    assert matrix[0] == "1.1" and matrix[1].startswith("1.1+n") and len(matrix) == 2
    with pytest.raises(EnvironmentFailed, match="has no nowhere"):
        take(f"wordy==1.1..git+file://{tree}@nowhere", tmp_path / "w", said.append)


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("wordy==1.0..2.0", "no address of a repository"),
        ("wordy==x..git+https://host.test/a@b", "no version"),
        ("wordy==1.0..git+ext://host.test/a@b", "no address of a repository"),
        ("wordy==1.0..git+https://host.test/a@--upload-pack=x", "no branch"),
        (".", "no Python project"),
    ],
)
def test_a_wrong_target_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=told):
        take(target, tmp_path / "w", lambda line: None)
    assert not (tmp_path / "w").exists()


def test_a_wheel_of_another_library_is_refused(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "other", {"other.py": ""})
    with pytest.raises(UsageError, match="one of other, not of wordy"):
        take("wordy", tmp_path / "w", lambda line: None, wheel)
    assert unreleased.files("other") == []
    with pytest.raises(BadFile, match="no wheel"):
        take("wordy", tmp_path / "w", lambda line: None, tmp_path / "wordy.whl")


def test_what_is_refused_takes_nothing_away(tmp_path: Path) -> None:
    folder = tmp_path / "w" / "unreleased"
    kept = keep(folder, [make_wheel(tmp_path, "wordy", {"wordy/__init__.py": CODE})])
    unreleased.look_in(folder)
    bare = tmp_path / "wordy-3.0-py3-none-any.whl"
    with zipfile.ZipFile(bare, "w") as archive:
        archive.writestr("wordy/__init__.py", "")
    damaged = make_wheel(tmp_path, "wordy", {"wordy/__init__.py": NEXT}, version="4.0")
    damaged.write_bytes(damaged.read_bytes().replace(b"Count words", b"Count w0rds"))
    for wheel, told in ((bare, "no METADATA"), (damaged, "__init__.py is damaged")):
        with pytest.raises(BadFile, match=told):
            take("wordy", tmp_path / "w", lambda line: None, wheel)
    definition = tmp_path / "mine.toml"
    definition.write_text('name = "other"')
    again = make_wheel(tmp_path, "wordy", {"wordy/__init__.py": NEXT}, version="5.0")
    for target in ("other", str(definition)):
        with pytest.raises(UsageError, match="one of wordy, not of other"):
            take(target, tmp_path / "w", lambda line: None, again)
    assert unreleased.files("wordy") == [kept]
    keep(folder, [kept.path])
    [found] = unreleased.files("wordy")
    with zipfile.ZipFile(found.path) as archive:
        assert archive.read("wordy/__init__.py").decode() == CODE


def test_the_folders_of_a_wheel_may_spell_its_name_otherwise(tmp_path: Path) -> None:
    made = make_wheel(tmp_path, "Wordy", {"wordy/__init__.py": CODE})
    wheel = made.rename(tmp_path / "wordy-1.0-py3-none-any.whl")
    kept = keep(tmp_path / "unreleased", [wheel])
    with zipfile.ZipFile(kept.path) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
    assert tops == {"wordy", f"wordy-{kept.version}.dist-info"}


def test_names_and_paths() -> None:
    assert [is_path(text) for text in (".", "./mylib", "/a/b", "a/b")] == [True] * 4
    assert [is_path(text) for text in ("numpy", "my.toml", "./my.toml")] == [False] * 3


def test_addresses() -> None:
    assert split_address("git+ssh://git@host.test/a/b.git@v1.0") == (
        "ssh://git@host.test/a/b.git",
        "v1.0",
    )
    assert split_address("git+https://host.test/a/b") == ("https://host.test/a/b", "")
    told = NoSuchVersion("https://a:b@host.test/x is gone", "see http://c@host.test")
    assert (told.message, told.tip) == ("https://host.test/x is gone", "see http://host.test")
    assert without_credentials("mail a@host.test") == "mail a@host.test"
