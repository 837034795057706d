"""Pages that Sphinx really builds, over real HTTP, in the themes that libraries use."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from served import scrape, told

pytest.importorskip("sphinx")
THEMES = ("alabaster", "furo", "pydata_sphinx_theme", "sphinx_rtd_theme")
INDEX = """
Release notes
=============

.. toctree::

   v2.1.0
   v2.0.0
"""
NOTES = """
What's new in {version}
=======================

.. currentmodule:: tiny

Removals
--------

- :meth:`Table.glue` and ``tiny.old_sum`` have been removed, use :func:`tiny.total` instead
  (:issue:`12`)

  - nested: the ``tiny.inner`` function was removed

- Removed the *width* keyword of ``tiny.draw``

.. list-table:: Names that were removed
   :header-rows: 1

   * - Removed
     - Use instead
   * - ``tiny.left``
     - ``tiny.right``

.. deprecated:: {version}

   ``tiny.slow`` is deprecated in favour of ``tiny.fast``.

Deprecations
------------

``tiny.shape``
   This function is deprecated.

.. code-block:: python

   >>> tiny.total([1, 2])
"""
CONF = """
extensions = ["sphinx.ext.extlinks"]
extlinks = {{"issue": ("https://issues.invalid/%s", "GH%s")}}
html_theme = "{theme}"
"""
MYST = """# Change log

## tiny 2.1.0

* Removals:
  * {obj}`tiny.old_sum` has been removed; use `tiny.total` instead.
  * The `width` argument to `tiny.draw` was removed.

## tiny 2.0.0

* `tiny.left` was removed
"""


def build(folder: Path, theme: str, files: dict[str, str], more: str = "") -> Path:
    """Write the files and have Sphinx build their pages."""
    source = folder / "source"
    source.mkdir()
    (source / "conf.py").write_text(CONF.format(theme=theme) + more)
    for name, text in files.items():
        (source / name).write_text(text)
    command = [sys.executable, "-m", "sphinx", "-q", "-b", "html", str(source), str(folder / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    return folder / "out"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("RECODE_DATA_CACHE", str(tmp_path / "cache"))
    yield tmp_path


@pytest.mark.parametrize("theme", THEMES)
def test_pages_of_a_theme(cache: Path, theme: str) -> None:
    pytest.importorskip(theme)
    files = {"index.rst": INDEX}
    files |= {f"v{v}.rst": NOTES.format(version=v) for v in ("2.1.0", "2.0.0")}
    found = scrape(build(cache, theme, files), "index.html", r"/v(?P<version>[\d.]+)\.html$")
    assert set(found) == {"2.1.0", "2.0.0"}
    assert told(found["2.1.0"]) == {
        ("removed", "tiny.Table.glue", "", "tiny.total"),
        ("removed", "tiny.old_sum", "", "tiny.total"),
        ("removed", "tiny.inner", "", ""),
        ("keyword_removed", "tiny.draw", "width", ""),
        ("removed", "tiny.left", "", "tiny.right"),
        ("deprecated", "tiny.slow", "", "tiny.fast"),
        ("deprecated", "tiny.shape", "", ""),
    }
    assert not any("Quick search" in c.text or "¶" in c.text for c in found["2.1.0"])


def test_a_page_of_many_versions_that_myst_made(cache: Path) -> None:
    pytest.importorskip("myst_parser")
    more = 'extensions.append("myst_parser")\n'
    out = build(cache, "alabaster", {"index.md": MYST}, more)
    found = scrape(out, "index.html", r"/index\.html$")
    assert set(found) == {"2.1.0", "2.0.0"}
    assert told(found["2.1.0"]) == {
        ("removed", "tiny.old_sum", "", "tiny.total"),
        ("keyword_removed", "tiny.draw", "width", ""),
    }
    assert told(found["2.0.0"]) == {("removed", "tiny.left", "", "")}
