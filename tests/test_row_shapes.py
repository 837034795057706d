"""How much a migration changes: places, lines, and the largest kind of difference."""

from __future__ import annotations

import pytest

from recode_data.publish.rows import lines_of, shape_of


@pytest.mark.parametrize(
    ("old", "new", "edits", "shape"),
    [
        ("from a import f\nf(1)", "from b import f\nf(1)", 1, "import"),
        ("import m\nm.f(1)", "import m\nm.g(1)", 1, "name"),
        ("import m\nm.f(1, k=2)", "import m\nm.g(1, k=2)", 1, "name"),
        ("from m import f\nf(1)", "from m import g\ng(1)", 2, "name"),
        ("t(step='M')", "t(step='ME')", 1, "value"),
        ("f(1, old=2)", "f(1, new=2)", 1, "keyword"),
        ("f(1, old=2)", "f(1)", 1, "keyword"),
        ("f(1, 2)", "f(2, 1)", 2, "value"),
        ("f(1, 2)", "f((1, 2))", 1, "call"),
        ("a.append(b)", "m.concat([a, b])", 1, "call"),
        ("x = row['a']", "x = row.a", 1, "expression"),
        ("e.run(1)", "with e.connect() as c:\n    c.run(1)", 2, "statements"),
        ("f(1)\nh(2)", "f(1)", 1, "statements"),
        ("import m\nm.f(1)\nprint(m.f(k=1))", "import m\nm.g(1)\nprint(m.g(j=1))", 2, "call"),
        ("f(1)", "f(1)", 0, "import"),
    ],
)
def test_what_changes_in_a_program(old: str, new: str, edits: int, shape: str) -> None:
    assert shape_of(old, new) == (edits, shape)


def test_blank_lines_and_comments_are_no_lines() -> None:
    assert lines_of("# a comment\nimport m\n\nm.f(1)  # shown\n") == 2
