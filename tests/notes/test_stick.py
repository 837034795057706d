"""What the measuring stick of the extraction calls a reference."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
from passages import passages_of  # type: ignore[import-not-found]

NOTE = """
Tiny 2.0
========

Removals
--------

The following functions in `tiny.io` were removed:

* ``load`` and ``save``
* `np.exp` and `pd.Index.union` stand for another library's

Improvements
------------

* ``tiny.fast`` is faster, e.g. on ``tiny.tree.Tree``
* The ``width`` keyword of ``draw`` is deprecated
* ``grow`` takes a ``height``

Pull requests of removed and other things
-----------------------------------------

Pull requests
-------------

* ENH: ``tiny.wide`` is wider
"""


@pytest.mark.parametrize(
    ("path", "mentioned"),
    [
        ("tiny.io.load", True),
        ("tiny.io.save", True),
        ("tiny.net.load", False),
        ("tiny.exp", False),
        ("tiny.Index.union", False),
        ("tiny.fast", False),
        ("tiny.tree", False),
        ("tiny.e", False),
        ("tiny.wide", False),
    ],
)
def test_a_name_is_mentioned_where_it_stands_in_code_beside_an_end(
    path: str, mentioned: bool
) -> None:
    assert any(passage.ends([path]) for passage in passages_of(NOTE)) is mentioned


def test_a_keyword_is_mentioned_with_its_callable() -> None:
    found = passages_of(NOTE)
    assert any(passage.ends_keyword(["tiny.draw"], "width") for passage in found)
    assert not any(passage.ends_keyword(["tiny.grow"], "width") for passage in found)
    assert not any(passage.ends_keyword(["tiny.grow"], "height") for passage in found)
