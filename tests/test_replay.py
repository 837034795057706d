"""A past month is built as if on its last day: nothing in it was uploaded later."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from wheels import make_sdist, make_wheel, write_index

from recode_data import index
from recode_data.definition_files import known
from recode_data.errors import EnvironmentUnusable, NoSuchVersion, UsageError
from recode_data.evaluate import heldout, release
from recode_data.execute import ensure, listing, resolve, wheels
from recode_data.execute.environments import DESCRIPTION, later
from recode_data.index_settings import NEWEST, as_of, before, visible
from recode_data.library import Library, load_library
from recode_data.notes.sources.github import _note
from recode_data.progress import Progress
from recode_data.publish.releases import from_index
from recode_data.replay import FIRST, NO_RELEASE, build_month, versions_of
from recode_data.workspace import Workspace
from recode_data.workspace.changes import notes_of

QUIET = Progress(quiet=True)
DAYS = {"1.0": "2024-01-10", "1.1": "2024-05-20", "1.2": "2024-08-05"}
MAY = "2024-06-01T00:00:00Z"


def module(old: str, new: str, deprecated: bool) -> str:
    """Return a library in which ``old`` is there still, or no more, and ``new`` is, or not yet."""
    one = '    """Double every number of a list.\n\n    >>> import tiny\n    >>> tiny.{}([1, 2])\n'
    body = '    [2, 4]\n    """\n    return [2 * value for value in values]\n'
    text = "" if deprecated else f"def {old}(values):\n{one.format(old)}{body}"
    return text + (f"def {new}(values):\n{one.format(new)}{body}" if new else "")


SOURCES = {
    "1.0": module("twice", "doubled", False),
    "1.1": module("twice", "doubled", True),
    "1.2": module("doubled", "by_two", True),
}
NOTES = {
    "1.0": "1.0 (2024-01-10)\n----------------\n\n- First release.\n\n",
    "1.1": "1.1 (2024-05-20)\n----------------\n\n- Removed ``tiny.twice``, use ``tiny.doubled``"
    " instead.\n\n",
    "1.2": "1.2 (2024-08-05)\n----------------\n\n- Removed ``tiny.doubled``, use ``tiny.by_two``"
    " instead.\n\n",
}


@pytest.fixture(autouse=True)
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An index with three releases of one library, and what it needs, which has two."""
    files = {}
    for number, (version, day) in enumerate(DAYS.items()):
        notes = "".join(reversed(list(NOTES.values())[: number + 1]))
        sdist = {"HISTORY.rst": notes, "tiny/__init__.py": SOURCES[version]}
        headers = "Requires-Dist: needed\n"
        wheel = {"tiny/__init__.py": SOURCES[version]}
        files[make_wheel(tmp_path, "tiny", wheel, "needed", version)] = day
        files[make_sdist(tmp_path, "tiny", version, sdist | {"PKG-INFO": headers})] = day
    files[make_wheel(tmp_path, "needed", {"needed.py": ""}, version="1.0")] = "2023-02-01"
    files[make_wheel(tmp_path, "needed", {"needed.py": ""}, version="2.0")] = "2024-07-01"
    files[make_wheel(tmp_path, "late", {"late.py": ""}, "later", version="1.0")] = "2024-05-02"
    files[make_wheel(tmp_path, "later", {"later.py": ""}, version="1.0")] = "2024-07-01"
    monkeypatch.setenv("UV_DEFAULT_INDEX", write_index(tmp_path / "simple", files))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    for variable in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "UV_INDEX", "UV_FIND_LINKS", NEWEST):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("RECODE_DATA_CACHE", str(tmp_path / "cache"))
    forget()
    yield
    forget()


def forget() -> None:
    index.forget()
    listing.forget()
    wheels._wheels.cache_clear()
    heldout._place.cache_clear()
    known.forget()


def test_the_index_as_of_a_day_has_nothing_later() -> None:
    with as_of(MAY):
        assert index.versions("tiny") == ["1.1", "1.0"]
        assert {file.version for file in listing.listing("tiny", "")} == {"1.0", "1.1"}
        assert from_index("tiny") == {version: DAYS[version] for version in ("1.0", "1.1")}
        assert index.sdist("tiny")[0] == "1.1"
        with pytest.raises(NoSuchVersion):
            resolve(Library(name="tiny"), "1.2")
        with pytest.raises(NoSuchVersion):
            index.versions("later")
        place = resolve(Library(name="tiny"), "1.1")
    assert index.versions("tiny") == ["1.2", "1.1", "1.0"]
    assert place.until <= MAY


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("", ""),
        ("2024-05-31", MAY),
        ("2024-06-01T00:00:00Z", MAY),
        ("2024-06-01T02:00:00+02:00", MAY),
        ("2024-12-31", "2025-01-01T00:00:00Z"),
    ],
)
def test_a_day_is_read_as_uv_reads_it(
    given: str, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NEWEST, given)
    assert before() == found
    assert visible("2024-05-31T23:59:59.9Z")
    assert visible("2024-06-01T00:00:00Z") is (found != MAY)
    assert visible("") is (not found)


def test_a_day_that_is_none_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NEWEST, "banana")
    with pytest.raises(UsageError, match="banana"):
        index.versions("tiny")


def test_no_package_of_an_environment_is_looked_for_later() -> None:
    assert later("2024-05-22T00:00:00Z")[-1] == ""
    with as_of(MAY):
        assert later("2024-05-22T00:00:00Z") == ["2024-05-22T00:00:00Z", MAY]
        assert later("") == [MAY]
        with pytest.raises(EnvironmentUnusable):
            ensure(resolve(Library(name="late"), "1.0"))
    made = ensure(resolve(Library(name="late"), "1.0"))
    assert "later==1.0" in json.loads((made.folder / DESCRIPTION).read_text())["packages"]
    with as_of(MAY), pytest.raises(EnvironmentUnusable, match="of after 2024-06-01"):
        ensure(resolve(Library(name="late"), "1.0"))


def test_releases_that_were_published_later_are_not_read() -> None:
    import re

    told = {"tag_name": "v1.1", "body": "- text", "published_at": "2024-06-02T00:00:00Z"}
    pattern = re.compile(r"v(?P<version>.*)")
    assert _note(Library(name="tiny"), told, pattern)
    with as_of(MAY):
        assert _note(Library(name="tiny"), told, pattern) is None
        assert _note(Library(name="tiny"), told | {"published_at": ""}, pattern) is None
        early = told | {"published_at": "2024-05-20T00:00:00Z"}
        assert _note(Library(name="tiny"), early, pattern)


def test_a_shipped_definition_does_not_tell_what_there_was() -> None:
    assert load_library("networkx").matrix
    with as_of(MAY):
        library = load_library("networkx")
    assert (library.matrix, library.sources) == ([], [])
    assert library.aliases == {"nx": "networkx"}


def test_the_versions_of_a_month_and_the_last_before_it() -> None:
    with as_of(MAY):
        assert versions_of("tiny", "2024-05") == (["1.0", "1.1"], "")
        assert versions_of("tiny", "2024-04") == ([], NO_RELEASE)
        assert versions_of("tiny", "2024-01") == ([], FIRST)


def test_a_month_is_built_from_nothing_and_holds_nothing_later(tmp_path: Path) -> None:
    folder, written = tmp_path / "w", {}
    for number in range(2):
        forget()
        with as_of(MAY):
            left = build_month("2024-05", MAY, ["tiny", "later"], folder, QUIET)
            done = release.release(folder, "2024-05", tmp_path / f"r{number}")
        assert set(left) == {"later"}
        assert (done.tasks, done.libraries, done.month) == (1, 1, "2024-05")
        with Workspace.open_to_look(folder) as workspace:
            assert {note.version for note in notes_of(workspace, "tiny")} == {"1.0", "1.1"}
        written[number] = {f.name: f.read_bytes() for f in (tmp_path / f"r{number}").iterdir()}
        assert b"by_two" not in b"".join(written[number].values())
        assert b"needed==2.0" not in written[number][release.PLACES]
        assert b"needed==1.0" in written[number][release.PLACES]
        folder = tmp_path / "again"
    assert written[0] == written[1]


def test_a_workspace_of_another_day_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "mine").write_text("")
    with as_of(MAY):
        with pytest.raises(UsageError, match="is no workspace of a month"):
            build_month("2024-05", MAY, ["tiny"], tmp_path / "w", QUIET)
        with pytest.raises(UsageError, match="no library has a part in 2024-05"):
            build_month("2024-05", MAY, ["later"], tmp_path / "v", QUIET)
    with as_of("2024-09-01T00:00:00Z"), pytest.raises(UsageError, match="was built as of 2024-06"):
        build_month("2024-08", "2024-09-01T00:00:00Z", ["tiny"], tmp_path / "v", QUIET)
