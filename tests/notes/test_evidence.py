"""A library without notes: what its three versions show becomes changes, and what rules can
write of those becomes entries that four runs prove."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from wheels import make_wheel, write_index

from recode_data import index
from recode_data.codemods.stage import synthesize_by_rules
from recode_data.definition import define
from recode_data.definition_files import known
from recode_data.execute import listing, wheels
from recode_data.judge.scheduler import validate
from recode_data.notes.stage import scrape
from recode_data.progress import Progress
from recode_data.records import Change, Entry, Grounding, Verdict
from recode_data.workspace import Workspace

QUIET = Progress(quiet=True)
DAYS = {"1.0": "2023-02-01", "1.1": "2023-08-01", "2.0": "2024-05-01"}


def documented(definition: str, summary: str, example: str, body: str) -> str:
    """Return the source of a function with a docstring that has one example."""
    lines = "\n    ".join(example.strip().split("\n"))
    return f'{definition}\n    """{summary}\n\n    {lines}\n    """\n    {body}\n\n\n'


VANISH = documented(
    "def vanish(word):", "Return the word without its first letter.",
    ">>> import planted\n>>> planted.vanish('tree')\n'ree'", "return word[1:]",
)  # fmt: skip
DOUBLE = documented(
    "def {name}(number, times=1):", "Return the number multiplied by two, some times.",
    ">>> import planted\n>>> planted.{name}(21)\n42\n>>> planted.{name}(3, times=2)\n12",
    "return number * 2 ** times",
)  # fmt: skip
JOIN = documented(
    "def join(words, {name}='-'):", "Return the words as one text.",
    ">>> import planted\n>>> planted.join(['a', 'b'], {name}='+')\n'a+b'",
    "return {name}.join(words)",
)  # fmt: skip
PAD = documented(
    "def pad(text, width={width}):", "Return the text with dots up to a width.",
    ">>> import planted\n>>> planted.pad('abc')\n'{shown}'", "return text.ljust(width, '.')",
)  # fmt: skip
SCALE = documented(
    "def scale(number, {star}factor=2):", "Return the number times a factor.",
    ">>> import planted\n>>> planted.scale(5, factor=4)\n20", "return number * factor",
)  # fmt: skip
ORDER = documented(
    "def order(items):", "Return the items in their order.",
    ">>> import planted\n>>> planted.order([3, 1, 2])\n{shown}",
    "return sorted(items{reverse})",
)  # fmt: skip
COUNT = documented(
    "def count(text, letter{extra}):", "Return how often a letter is in a text.",
    ">>> import planted\n>>> planted.count('banana', 'a')\n3", "return text.count(letter)",
)  # fmt: skip
ADD = documented(
    "def add(first, second):", "Return the sum of two numbers.",
    ">>> import planted\n>>> planted.{name}(4, 5)\n9", "return first + second",
)  # fmt: skip
SHOUT = documented(
    "def shout(text):", "Return the text in capitals.",
    ">>> import planted\n>>> planted.shout('hello')\n'HELLO'", "{warning}return text.upper()",
)  # fmt: skip
LOUD = documented(
    "def loud(message):", "Return a message in capitals.",
    ">>> import planted\n>>> planted.loud('hello you')\n'HELLO YOU'", "return message.upper()",
)  # fmt: skip
CLIP = documented(
    "def clip(text, most):", "Return the start of a text.",
    ">>> from planted.{module} import clip\n>>> clip('something', 4)\n'some'",
    "return text[:most]",
)  # fmt: skip
BOX = '''class {name}:
    """A box with a size.

    >>> import planted
    >>> box = planted.{name}(3, 4)
    >>> box.area()
    12
    >>> box.{wide} + 1
    4
    """

    def __init__(self, width, height):
        self._width = width
        self._height = height

    def area(self):
        """Return the area of the box."""
        return self._width * self._height

    def turned(self):
        """Return the box turned by a quarter."""
        return {name}(self._height, self._width)

    @property
    def {wide}(self):
        """How wide the box is, in whole units."""
        return self._width


'''
KIND = '''class {name}:
    """A shape that has a number of corners.

    >>> import planted
    >>> planted.{name}(3).corners
    3
    >>> planted.{name}(4).angle_sum()
    360
    """

    def __init__(self, corners):
        self.corners = corners

    def angle_sum(self):
        """Return the sum of the angles in degrees."""
        return (self.corners - 2) * 180

    def is_flat(self):
        """Tell whether it has fewer than three corners."""
        return self.corners < 3


'''
LIMIT = documented(
    "def most():", "Return the largest number.",
    ">>> from planted{module} import LIMIT\n>>> LIMIT + 1\n100", "return 99",
)  # fmt: skip


def package(version: str) -> dict[str, str]:
    """Return the files of one version of the library."""
    new = version == "2.0"
    warning = (
        "import warnings\n    warnings.warn('`shout` is deprecated, use `loud` instead', "
        "DeprecationWarning, stacklevel=2)\n    "
        if version == "1.1"
        else ""
    )
    core = [
        "" if new else VANISH,
        DOUBLE.format(name="twice" if new else "double"),
        JOIN.format(name="separator" if new else "sep"),
        PAD.format(width=8 if new else 6, shown="abc....." if new else "abc..."),
        SCALE.format(star="*, " if new else ""),
        ORDER.format(
            reverse=", reverse=True" if new else "", shown="[3, 2, 1]" if new else "[1, 2, 3]"
        ),
        COUNT.format(extra=", ignore_case=False" if new else ""),
        ADD.format(name="add" if new else "total"),
        "" if new else SHOUT.format(warning=warning),
        LOUD,
        BOX.format(name="Box", wide="width" if new else "wide"),
        KIND.format(name="Figure" if new else "Shape"),
        LIMIT.format(module=".limits" if new else ""),
    ]
    if not new:
        core.append("total = add\nLIMIT = 99\n")
    names = ["join", "pad", "scale", "order", "count", "add", "loud", "Box", "most"]
    names += ["twice", "Figure"] if new else ["double", "vanish", "total", "shout", "Shape"]
    names += [] if new else ["LIMIT"]
    imports = f"from planted.core import {', '.join(sorted(names))}\n"
    imports += f"__all__ = {sorted(names)}\n"
    files = {"planted/__init__.py": imports, "planted/core.py": "".join(core)}
    module = "text" if new else "tools"
    files[f"planted/{module}.py"] = CLIP.format(module=module)
    files["planted/text.py" if not new else "planted/tools.py"] = '"""Nothing."""\n'
    files["planted/limits.py"] = "LIMIT = 99\n" if new else "import sys\n"
    return files


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An index that has three wheels of the library and nothing else."""
    files = {
        make_wheel(tmp_path, "planted", package(version), version=version): day
        for version, day in DAYS.items()
    }
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    for variable in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "UV_INDEX", "UV_FIND_LINKS"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("UV_DEFAULT_INDEX", write_index(tmp_path / "simple", files))
    monkeypatch.setenv("RECODE_DATA_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    forget()
    yield tmp_path
    forget()


def forget() -> None:
    known.forget()
    index.forget()
    listing.listing.cache_clear()
    wheels._wheels.cache_clear()


EXPECTED = {
    ("removed", "planted.vanish", "", "", "", "", ""),
    ("renamed", "planted.double", "", "", "planted.twice", "", ""),
    ("moved", "planted.tools.clip", "", "", "planted.text.clip", "", ""),
    ("keyword_renamed", "planted.join", "sep", "", "planted.join", "separator", ""),
    ("default_changed", "planted.pad", "width", "6", "planted.pad", "width", "8"),
    ("keyword_only", "planted.scale", "factor", "", "", "", ""),
    ("behaviour", "planted.order", "", "", "", "", ""),
    ("added", "", "", "", "planted.count", "ignore_case", ""),
    ("renamed", "planted.total", "", "", "planted.add", "", ""),
    ("deprecated", "planted.shout", "", "", "planted.loud", "", ""),
    ("moved", "planted.LIMIT", "", "", "planted.limits.LIMIT", "", ""),
    ("renamed", "planted.Box.wide", "", "", "planted.Box.width", "", ""),
    ("renamed", "planted.Shape", "", "", "planted.Figure", "", ""),
}  # fmt: skip
WRITTEN = {
    "planted.double", "planted.tools.clip", "planted.join", "planted.pad", "planted.scale",
    "planted.total", "planted.shout", "planted.LIMIT", "planted.Box.wide", "planted.Shape",
}  # fmt: skip


def test_what_the_versions_show_is_found_and_proven(planted: Path) -> None:
    with Workspace.open(planted / "workspace") as workspace:
        library = define("planted", QUIET, planted / "workspace")
        assert library.matrix == ["1.0", "1.1", "2.0"]
        scrape(workspace, [library], QUIET)
        changes = workspace.all(Change)
        stated = {
            (c.kind, c.old_symbol, c.old_keyword, c.old_value, c.new_symbol, c.new_keyword,
             c.new_value)
            for c in changes
        }  # fmt: skip
        assert stated >= EXPECTED
        gone = {c.old_symbol for c in changes if c.kind in ("removed", "renamed", "moved")}
        assert gone == {
            old for kind, old, *_ in EXPECTED if kind in ("removed", "renamed", "moved")
        } | {"planted.shout"}
        confirmed = {g.change_id for g in workspace.all(Grounding, "grounded")}
        for change in changes:
            assert change.source in ("snapshot", "package", "surface")
            assert change.location and change.id in confirmed
        synthesize_by_rules(workspace, [library], QUIET)
        validate(workspace, ["planted"], progress=QUIET)
        valid = {v.entry_id: v for v in workspace.all(Verdict, "status = 'valid'")}
        entries = {e.id: e for e in workspace.all(Entry)}
        assert {(v.old_version, v.new_version) for v in valid.values()} <= {
            ("1.0", "1.1"), ("1.1", "2.0"), ("1.0", "2.0")
        }  # fmt: skip
        assert {entries[i].old_symbol for i in valid} >= WRITTEN
