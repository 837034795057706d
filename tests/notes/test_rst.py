"""reStructuredText of real notes to changes, by the text alone."""

from __future__ import annotations

import pytest

from recode_data.api.history import History
from recode_data.api.references import read_code
from recode_data.library import load_library
from recode_data.notes.extract.changes import changes_of, read_note
from recode_data.notes.markup.rst import read_rst
from recode_data.notes.sources.protocol import split_history, version_in
from recode_data.records import Change, ReleaseNote


def changes(text: str, library: str = "numpy") -> list[Change]:
    note = ReleaseNote(library, "2.0.0", "sdist", "x.rst", "rst", text)
    return changes_of(note, read_note(note), load_library(library), History([]))


def stated(text: str) -> set[tuple[str, str, str, str, str]]:
    return {
        (c.kind, c.old_symbol, c.old_keyword, c.new_symbol, c.new_keyword) for c in changes(text)
    }


def section(title: str, body: str) -> str:
    return f"{title}\n{'=' * len(title)}\n\n{body}\n"


def test_alias_with_replacement() -> None:
    text = section(
        "Removals", "* Alias ``np.float_`` has been removed. Use ``np.float64`` instead."
    )
    assert stated(text) == {("removed", "numpy.float_", "", "numpy.float64", "")}


def test_several_names_share_one_replacement() -> None:
    text = section(
        "Expired deprecations",
        "* ``np.recfromcsv`` and ``np.recfromtxt`` were removed from the main namespace.\n"
        "  Use ``np.genfromtxt`` with comma delimiter instead.\n\n"
        "  (`gh-24154 <https://github.com/numpy/numpy/pull/24154>`__)",
    )
    assert stated(text) == {
        ("removed", "numpy.recfromcsv", "", "numpy.genfromtxt", ""),
        ("removed", "numpy.recfromtxt", "", "numpy.genfromtxt", ""),
    }


def test_keyword_of_several_functions() -> None:
    text = section(
        "Expired deprecations",
        "* The ``normed`` keyword argument has been removed from `np.histogram` and\n"
        "  `np.histogram2d`. Use ``density`` instead.",
    )
    assert stated(text) == {
        ("keyword_renamed", "numpy.histogram", "normed", "numpy.histogram", "density"),
        ("keyword_renamed", "numpy.histogram2d", "normed", "numpy.histogram2d", "density"),
    }


def test_headline_and_paragraph_are_one_item() -> None:
    text = section(
        "Deprecations",
        "Deprecate ``msort``\n-------------------\n"
        "The ``numpy.msort`` function is deprecated. Use ``np.sort(a, axis=0)`` instead.",
    )
    assert ("deprecated", "numpy.msort", "", "numpy.sort", "") in stated(text)
    assert all("`np.sort(a, axis=0)`" in c.text or "Deprecate" in c.text for c in changes(text))


def test_unknown_roles_directives_and_substitutions() -> None:
    blocks = read_rst(
        ".. currentmodule:: numpy\n\n"
        "- |API| :strangerole:`~numpy.isin` replaces `in1d` (:issue:`12`, :pr:`34`).\n\n"
        ".. strangedirective:: 1.2\n   :tags: a\n\n   Inside it.\n"
    )
    assert [(b.kind, b.text) for b in blocks] == [
        ("module", "numpy"),
        ("item", "API `numpy.isin` replaces `in1d`."),
        ("paragraph", "Inside it."),
    ]


def test_table_rows() -> None:
    text = section(
        "Deprecations",
        "The following were deprecated:\n\n"
        "===============  ============\n"
        "Deprecated name  Identical to\n"
        "===============  ============\n"
        "``np.int``       ``int``\n"
        "``np.float``     ``float``\n"
        "===============  ============\n",
    )
    assert ("deprecated", "numpy.int", "", "builtins.int", "") in stated(text)
    assert ("deprecated", "numpy.float", "", "builtins.float", "") in stated(text)


def test_braces_name_several_symbols() -> None:
    assert [m.path for m in read_code("signal.{lsim2,step2}")] == ["signal.lsim2", "signal.step2"]


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("doc/source/release/1.25.0-notes.rst", "1.25.0"),
        ("doc/whats_new/v0.24.rst", "0.24"),
        ("doc/release/release_3.0.rst", "3.0"),
        ("doc/api/prev_api_changes/api_changes_3.5.0/removals.rst", "3.5.0"),
        ("CHANGES.rst", ""),
    ],
)
def test_versions_in_paths(name: str, version: str) -> None:
    assert version_in(name) == version


def test_a_history_is_cut_at_its_versions() -> None:
    rst = "Version 2.1\n-----------\n\n- a\n\nVersion 2.0.1\n-------------\n\n- b\n"
    assert [version for version, _ in split_history(rst, "rst")] == ["2.1", "2.0.1"]
    md = "# Changes\n\n## v2.1 (2025-01-01)\n\n### Fixed 3 bugs\n\n## v2.0\n\nx\n"
    assert [version for version, _ in split_history(md, "md")] == ["2.1", "2.0"]


def test_what_a_callable_loses_is_its_keyword() -> None:
    text = section(
        "Other API changes",
        "- `np.histogram` has dropped the ``new`` parameter in favor of ``density``.",
    )
    assert stated(text) == {
        ("keyword_renamed", "numpy.histogram", "new", "numpy.histogram", "density")
    }


def test_a_class_of_the_library_is_no_member_of_another() -> None:
    text = section(
        "Removals", "- Remove ``DataFrame.delevel`` method in favor of ``DataFrame.reset_index``"
    )
    found = [(c.old_symbol, c.new_symbol) for c in changes(text, "pandas")]
    assert found == [("pandas.DataFrame.delevel", "pandas.DataFrame.reset_index")]


def test_escapes_of_the_markup_do_not_leak() -> None:
    blocks = read_rst("The `args_key` attribute of `MovieWriter`\\ s is gone.\n")
    assert [block.text for block in blocks] == [
        "The `args_key` attribute of `MovieWriter`s is gone."
    ]
