"""Entries of two versions of one example: three releases of a made-up library, whose
documentation followed what it removed, renamed, warned of and added."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from wheels import make_wheel, write_index

from recode_data import index
from recode_data.codemods.examples import PER_CHANGE, STAGE, pair_examples
from recode_data.codemods.observed import brief
from recode_data.definition_files import known
from recode_data.execute import listing, wheels
from recode_data.judge import validate
from recode_data.library import Library, know_derived
from recode_data.progress import Progress
from recode_data.records import Attempt, Change, Entry, Verdict
from recode_data.workspace import Workspace

QUIET = Progress(quiet=True)

OLD = '''
"""Sums."""

import warnings


def add_up(values, start=0):
    """Add up values.

    >>> import tiny
    >>> tiny.add_up([1, 2, 4])
    7
    """
    return sum(values, start)


def spread(values, width=1):
    """Tell how far values spread.

    >>> tiny.spread([3, 5, 9], width=2)
    12
    """
    return (max(values) - min(values)) * width


def squares(values):
    """Square values.

    >>> values = [2, 3]
    >>> [value ** 2 for value in values]
    [4, 9]
    """
    return [value * value for value in values]


def size(values):
    """Count values.

    >>> values = [4, 5, 6]
    >>> tiny.size(values)
    3
    """
    return len(values)
'''

MIDDLE = (
    OLD.replace(
        "def spread(values, width=1):",
        "def spread(values, factor=1, width=None):",
    )
    .replace(
        "    return (max(values) - min(values)) * width",
        "    if width is not None:\n"
        "        warnings.warn('`width` is deprecated, use `factor` instead.', DeprecationWarning,"
        " stacklevel=2)\n"
        "        factor = width\n"
        "    return (max(values) - min(values)) * factor",
    )
    .replace("width=2)", "factor=2)")
)

NEW = (
    MIDDLE.replace("def add_up(", "def total(")
    .replace("tiny.add_up(", "tiny.total(")
    .replace("tiny.size(values)", "tiny.size(values=values)")
)

RELEASES = {"1.0": OLD, "1.1": MIDDLE, "2.0": NEW}


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    """A library with three releases in an index of its own."""
    files = {
        make_wheel(tmp_path, "tiny", {"tiny/__init__.py": text}, version=version): "2025-11-01"
        for version, text in RELEASES.items()
    }
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    for variable in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "UV_INDEX", "UV_FIND_LINKS"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("UV_DEFAULT_INDEX", write_index(tmp_path / "simple", files))
    monkeypatch.setenv("RECODE_DATA_CACHE", str(tmp_path / "cache"))
    known.forget()
    forget()
    table = {"name": "tiny", "matrix": list(RELEASES), "aliases": {"tiny": "tiny"}}
    know_derived("tiny", table)
    yield Library.model_validate(table)
    forget()


def forget() -> None:
    index.forget()
    listing.forget()
    wheels._wheels.cache_clear()


def test_a_changed_example_becomes_a_valid_entry_with_two_real_codes(
    tmp_path: Path, tiny: Library
) -> None:
    told = Change(
        *("tiny", "1.1", "deprecated", "`tiny.spread(width=)` is now called `factor`."),
        *("Deprecations", "sdist", "CHANGES.rst"),
        old_symbol="tiny.spread",
        old_keyword="width",
    )  # type: ignore[arg-type]
    with Workspace.open(tmp_path / "w") as workspace:
        workspace.add([told])
        summary = pair_examples(workspace, [tiny], QUIET)
        validate(workspace, ["tiny"])
        entries = {entry.old_symbol: entry for entry in workspace.all(Entry)}
        verdicts = {v.entry_id: v for v in workspace.all(Verdict)}
        again = pair_examples(workspace, [tiny], QUIET)
        attempts = workspace.all(Attempt, "stage = ?", [STAGE])
        made = workspace.all(Change, "source = 'example'")
    assert set(entries) == {"tiny.add_up", "tiny.spread"}
    assert {(e.old_origin, e.new_origin) for e in entries.values()} == {("real", "real")}

    gone = entries["tiny.add_up"]
    assert "print(tiny.add_up([1, 2, 4]))" in gone.old_code
    assert "print(tiny.total([1, 2, 4]))" in gone.new_code
    assert gone.update_info == "`tiny.add_up` is gone since tiny 2.0. Use `tiny.total` instead."
    assert (gone.change_kind, gone.new_symbol) == ("renamed", "tiny.total")
    assert [change.id for change in made] == [gone.change_id]
    verdict = verdicts[gone.id]
    assert (verdict.status, verdict.kind) == ("valid", "breaking")
    assert (verdict.old_version, verdict.new_version) == ("1.1", "2.0")

    warned = entries["tiny.spread"]
    assert warned.change_id == told.id
    assert "use `factor` instead" in warned.update_info
    assert (warned.old_keyword, warned.new_keyword) == ("width", "factor")
    verdict = verdicts[warned.id]
    assert (verdict.status, verdict.kind, verdict.new_version) == ("valid", "deprecated", "1.1")

    assert (summary.came_in, summary.went_out) == (3, 2)
    assert summary.dropped == {"no_transition": 1}, "`values` could always be given by name"
    assert (again.came_in, again.went_out) == (0, 0)
    assert sorted(a.reason for a in attempts) == ["", "", "", "no_transition"]


def test_a_limit_leaves_the_rest_owed(tmp_path: Path, tiny: Library) -> None:
    with Workspace.open(tmp_path / "w") as workspace:
        first = pair_examples(workspace, [tiny], QUIET, limit=1)
        rest = pair_examples(workspace, [tiny], QUIET)
        count = workspace.count(Entry)
    assert (first.came_in, rest.came_in, count) == (1, 3, 2)
    assert count <= PER_CHANGE * 2


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("`a` is gone (see https://x.test/a.html). Use `b`.", "`a` is gone. Use `b`."),
        ("Use `b`. For details and guidance:\n  https://x.test/b", "Use `b`."),
        ("use b", "use b."),
        ("", ""),
    ],
)
def test_a_message_is_told_on_one_line_without_links(message: str, told: str) -> None:
    assert brief(message) == told
