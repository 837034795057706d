"""How often the APIs of rows stand in other packages: counted, kept, merged and published."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from recode_data.publish import Configuration, export, popularity
from recode_data.publish.popularity import Popularity
from recode_data.records import Entry, Verdict
from recode_data.usage.counts import uses_of
from recode_data.workspace import Workspace
from recode_data.workspace.libraries import indexed, keep_uses
from recode_data.workspace.merging import merge


@pytest.mark.parametrize(
    ("code", "path", "keyword", "uses"),
    [
        ("import lib as l\nl.old(1)\nl.old", "lib.old", "", 2),
        ("import lib\nlib.old(1)\nlib.old", "lib.old", "()", 1),
        ("import lib.sub\nlib.sub.old(k=1)", "lib.sub.old", "k", 1),
        ("import lib.sub as s\ns.old(k=1, **more)", "lib.sub.old", "k", 1),
        ("from lib import old as f\n[f(x) for x in y]", "lib.old", "()", 1),
        ("def f():\n    from lib.sub import old\n    return old(k=2)", "lib.sub.old", "k", 1),
        ("import lib\nlib.made().old(k=1)", "lib.*.old", "k", 1),
        ("import lib\nclass A:\n    def f(self):\n        self.x.old()", "lib.*.old", "", 1),
        ("import lib\nclass A:\n    def f(self):\n        self.old()", "lib.*.old", "", 0),
        ("import lib\nx._old()", "lib.*._old", "", 0),
        ("from . import old\nold(1)", "old", "", 0),
        ("import os\nos.old(1)\nx.old", "os.old", "", 0),
        ("x.old(1)", "lib.*.old", "", 0),
    ],
)
def test_a_use_counts_by_the_path_that_its_import_tells(
    code: str, path: str, keyword: str, uses: int
) -> None:
    assert uses_of(code)[path, keyword] == uses


def row(old: str, new: str) -> Entry:
    name, other = old.rpartition(".")[2], new.rpartition(".")[2] or "now"
    return Entry(
        "lib", "==2.0", f"Use {name}.", f"`{name}` is gone.", f"import lib\nlib.{name}({old!r})",
        f"import lib\nlib.{other}({new!r}, 'now')", old_symbol=old, new_symbol=new,
    )  # fmt: skip


COUNTS = {
    ("lib.old", ""): 3, ("lib.old", "k"): 1, ("lib.new", ""): 5, ("lib.Frame", "()"): 1,
    ("lib.Frame.drop", ""): 1, ("lib.*.drop", ""): 7, ("lib.*.append", ""): 90,
    ("lib.*.norm", ""): 4,
}  # fmt: skip


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    with Workspace.open(tmp_path / "ws") as opened:
        keep_uses(opened, "other", "9.0", {("lib.old", ""): 99})  # an older version of a user
        keep_uses(opened, "other", "10.0", COUNTS)
        keep_uses(opened, "third", "1.0", {("lib.old", ""): 1})
        keep_uses(opened, "lib", "2.0", {("lib.old", ""): 50})
        yield opened  # type: ignore[misc]


@pytest.mark.parametrize(
    ("symbol", "keyword", "uses"),
    [
        ("lib.old", "", 4),  # in the newest version of each other package
        ("lib.old", "k", 1),
        ("lib.old", "nobody", 0),
        ("lib.Frame.drop", "", 8),  # also on objects whose class is not known
        ("lib.Frame.append", "", 0),  # lists have it too
        ("lib.linalg.norm", "", 0),  # what is in a module is no member of objects
        ("bool", "", None),
        ("", "", None),
    ],
)
def test_the_uses_of_other_packages_are_summed(
    workspace: Workspace, symbol: str, keyword: str, uses: int | None
) -> None:
    assert Popularity(workspace, [symbol]).of(symbol, keyword) == uses


def test_where_no_other_package_was_looked_at_nothing_is_known(tmp_path: Path) -> None:
    with Workspace.open(tmp_path) as opened:
        keep_uses(opened, "lib", "2.0", {("lib.old", ""): 50})
        assert Popularity(opened, ["lib.old"]).of("lib.old") is None


def test_rows_card_and_croissant_tell_the_uses(workspace: Workspace, tmp_path: Path) -> None:
    entries = [row("lib.old", "lib.new"), row("lib.Frame.drop", "")]
    workspace.add(entries)
    workspace.add(Verdict(one.id, "9", "valid", "ok", "breaking", "1.0", "2.0") for one in entries)
    export(workspace, tmp_path / "out", Configuration())
    files = sorted((tmp_path / "out").rglob("*.parquet"))
    rows = [one for file in files for one in pq.ParquetFile(file).read().to_pylist()]
    told = {one["old_symbol"]: (one["old_uses"], one["new_uses"]) for one in rows}
    assert told == {"lib.old": (4, 5), "lib.Frame.drop": (8, None)}
    card = " ".join((tmp_path / "out" / "README.md").read_text().split())
    assert "Of 2 rows the old API stands in the installed code of other packages, of the 3" in card
    assert "- `old_uses`: uses of the old API" in card
    described = json.loads((tmp_path / "out" / "croissant.json").read_text())
    fields = {f["name"].rpartition("/")[2]: f for f in described["recordSet"][0]["field"]}
    assert fields["new_uses"]["description"].startswith("uses of the new API")
    assert fields["new_uses"]["dataType"] == "sc:Integer"


def test_an_index_is_merged_once(workspace: Workspace, tmp_path: Path) -> None:
    workspace.close()
    with Workspace.open(tmp_path / "more") as more:
        keep_uses(more, "third", "1.0", {("lib.old", ""): 1})
        keep_uses(more, "fourth", "1.0", {})
    merge(tmp_path / "ws", [tmp_path / "more"])
    with Workspace.open(tmp_path / "ws", read_only=True) as merged:
        assert ("fourth", "1.0") in indexed(merged)
        assert Popularity(merged, ["lib.old"]).of("lib.old") == 4


def test_what_is_installed_is_read_without_its_tests_and_its_own_names(tmp_path: Path) -> None:
    files = {
        "pack/__init__.py": "import lib\nimport pack\nlib.old()\npack.own()\n",
        "pack/tests/test_it.py": "import lib\nlib.old()\n",
        "pack/broken.py": "import lib\nlib.old(\n",
        "single.py": "from lib import old\nold(k=1)\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    for name, tops in (("pack", ("pack/__init__.py", "pack/broken.py")), ("one", ("single.py",))):
        info = tmp_path / f"{name}-3.1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 3.1\n")
        (info / "RECORD").write_text("".join(f"{top},,\n" for top in tops))
    assert popularity._packages(tmp_path) == [("pack", "3.1"), ("single", "3.1")]
    assert popularity._counted(tmp_path, "pack") == Counter(
        {("lib.old", ""): 1, ("lib.old", "()"): 1}
    )
    assert popularity._counted(tmp_path, "single")["lib.old", "k"] == 1
