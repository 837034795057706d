"""Codes that are one code are found, the stated one is kept, in whatever order they came."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from recode_data.dedup import dedup, duplicates_of
from recode_data.dedup.normalise import exact_key, normalise
from recode_data.progress import Progress
from recode_data.records import Entry, Verdict
from recode_data.workspace import Workspace

QUIET = Progress(quiet=True)
LONG = "\n".join(f"part{i} = np.arange({i}).sum() + {i * 7 % 5}" for i in range(30))
OLD = f"import numpy as np\n{LONG}\nprint(np.in1d([1, 2], [2]))"
NEW = OLD.replace("in1d", "isin")


def entry(old: str = OLD, new: str = NEW, **fields: str) -> Entry:
    known = {"dependency": "NumPy", "new_version": "==2.0.0", "old_symbol": "numpy.in1d"}
    return Entry(description="d", update_info="u", old_code=old, new_code=new, **known | fields)


def valid(one: Entry, kind: str = "breaking", version: str = "2.0.0", judge: str = "1") -> Verdict:
    return Verdict(one.id, judge, "valid", "ok", kind, "1.26.4", version)  # type: ignore[arg-type]


def kept(workspace: Workspace) -> dict[str, tuple[str, str]]:
    rows = workspace.sql("SELECT * FROM duplicates").to_pylist()
    return {row["entry_id"]: (row["representative"], row["reason"]) for row in rows}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 'a'  # why", 'x = "a"'),
        ("x=1\n\n\nprint( x )", "y = 1\nprint(y)"),
        ("import numpy as np\nnp.isin(a, b)", "import numpy as xp\nxp.isin(a, b)"),
        ("from numpy import isin as f\nf(1)", "from numpy import isin\nisin(1)"),
        ("def f(a):\n    '''Doc.'''\n    return a", "def g(x):\n    return x"),
        ("try:\n    pass\nexcept E as e:\n    e", "try:\n    pass\nexcept E as x:\n    x"),
        ("match p:\n    case [a, *b]:\n        a", "match p:\n    case [c, *d]:\n        c"),
        ("def f():\n    global n\n    n = 1", "def g():\n    global m\n    m = 1"),
        ("print 'old' # py2", 'print   "old"'),
    ],
)
def test_what_does_not_matter_is_ignored(one: str, other: str) -> None:
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 1\ny = 2\nprint(x)", "x = 1\ny = 2\nprint(y)"),
        ("np.in1d(a)", "np.isin(a)"),
        ("f(a=1)", "f(b=1)"),
        ("x = 'a b'", "x = 'a  b'"),
        ("x.real", "x.imag"),
        ("from a import b\nb()", "from c import b\nb()"),
    ],
)
def test_what_matters_is_kept(one: str, other: str) -> None:
    assert normalise(one) != normalise(other)


def test_the_old_and_the_new_code_do_not_run_together() -> None:
    assert exact_key("a", "b") != exact_key("b", "a")


def test_exact_and_near_duplicates_of_one_cluster(tmp_path: Path) -> None:
    first = entry(old_origin="real")
    exact = entry(OLD.replace("part", "piece") + "  # same", NEW.replace("part", "piece"))
    near = entry(OLD.replace("arange(3)", "arange(4)"), NEW.replace("arange(3)", "arange(4)"))
    other = entry("import numpy\nprint(numpy.product([1, 2]))", "import numpy\nnumpy.prod([3])")
    entries = [first, exact, near, other]
    with Workspace.open(tmp_path) as workspace:
        workspace.add([*entries, *map(valid, entries)])
        summary = dedup(workspace, QUIET)
        assert kept(workspace) == {
            first.id: (first.id, "kept"),
            exact.id: (first.id, "exact"),
            near.id: (first.id, "near"),
        }
        assert summary.went_out == 2
        found = {row["entry_id"]: row["similarity"] for row in duplicates_of(workspace, near.id)}
        assert found[exact.id] == 1.0
        assert 0.8 <= found[near.id] < 1.0


def test_the_rule_that_says_which_one_is_kept(tmp_path: Path) -> None:
    real, derived = entry(old_origin="real"), entry(OLD + "  # d", old_origin="derived")
    breaking, older = entry(OLD + "  # b", old_origin="real"), entry(OLD + " # o")
    with Workspace.open(tmp_path) as workspace:
        workspace.add([real, derived, breaking, older])
        workspace.add([valid(real, "deprecated"), valid(derived), valid(older, version="1.9.0")])
        workspace.add([valid(breaking)])
        dedup(workspace, QUIET)
        assert {representative for representative, _ in kept(workspace).values()} == {breaking.id}
        workspace.replace([valid(breaking, "breaking", "1.9.3"), valid(real, version="1.10.0")])
        dedup(workspace, QUIET)
        assert {representative for representative, _ in kept(workspace).values()} == {real.id}


def test_what_is_no_longer_valid_drops_nothing(tmp_path: Path) -> None:
    first, second = entry(old_origin="real"), entry(OLD + "  # again")
    with Workspace.open(tmp_path) as workspace:
        workspace.add([first, second, valid(first), valid(second)])
        assert dedup(workspace, QUIET).went_out == 1
        workspace.add([Verdict(first.id, "2", "invalid", "flaky")])
        assert dedup(workspace, QUIET).went_out == 1
        assert kept(workspace) == {}


def test_neither_order_nor_batches_matter(tmp_path: Path) -> None:
    noise = random.Random(1)
    entries = []
    for number in range(60):
        lines = OLD.splitlines()
        for _ in range(noise.randrange(6)):
            lines[noise.randrange(1, 30)] = f"part{number} = {noise.randrange(4)}"
        entries.append(
            entry("\n".join(lines), NEW, description=str(number))
            if False
            else entry("\n".join(lines), NEW)
        )
    entries = list({one.id: one for one in entries}.values())
    results = []
    for run in range(3):
        noise.shuffle(entries)
        with Workspace.open(tmp_path / str(run)) as workspace:
            for start in range(0, len(entries), 7 + 20 * run):
                part = entries[start : start + 7 + 20 * run]
                workspace.add([*part, *map(valid, part)])
                dedup(workspace, QUIET)
            results.append(workspace.sql("SELECT * FROM duplicates ORDER BY entry_id").to_pylist())
    assert results[0] == results[1] == results[2]
    assert len({row["cluster"] for row in results[0]}) >= 1
