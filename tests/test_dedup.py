"""Codes that are one code are found, the stated one is kept, in whatever order they came."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from recode_data.cli import app
from recode_data.duplicates import compare_new, contaminated, dedup, duplicates_of, near
from recode_data.duplicates.clusters import components
from recode_data.duplicates.near import numbers
from recode_data.duplicates.normalise import normalise
from recode_data.errors import BadFile
from recode_data.progress import Progress
from recode_data.publish import published_rows
from recode_data.records import Entry, Verdict
from recode_data.workspace import Workspace
from recode_data.workspace.funnel import funnel

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


def test_the_old_and_the_new_code_do_not_run_together(tmp_path: Path) -> None:
    there, back = entry(OLD, NEW), entry(NEW, OLD)
    with Workspace.open(tmp_path) as workspace:
        workspace.add([there, back, valid(there), valid(back)])
        dedup(workspace, QUIET)
        assert "exact" not in {why for _, why in kept(workspace).values()}


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
        entries.append(entry("\n".join(lines), NEW))
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


def documents(workspace: Workspace, texts: dict[int, str]) -> None:
    """Put texts where the normal forms of entries go."""
    table = pa.table({"code": pa.array(texts, pa.uint64()), "words": list(texts.values())})
    workspace.connection.register("texts", table)
    workspace.execute(f"INSERT INTO documents SELECT code, {numbers('words')} FROM texts")
    workspace.connection.unregister("texts")


def linked(workspace: Workspace) -> set[tuple[int, int]]:
    pairs = workspace.sql("SELECT code, other FROM near_pairs").to_pylist()
    return {(pair["code"], pair["other"]) for pair in pairs}


def shingles(text: str) -> set[tuple[str, ...]]:
    words = text.split()
    return set(zip(words, words[1:], words[2:], strict=False))


def test_similarity_is_the_true_jaccard_and_no_pair_is_missed(tmp_path: Path) -> None:
    draw = random.Random(5)
    texts: dict[int, str] = {}
    for number in range(0, 600, 2):
        words = [f"w{draw.randrange(3000)}" for _ in range(60)]
        texts[number] = " ".join(words)
        for _ in range(draw.randrange(5)):
            words[draw.randrange(60)] = "changed"
        texts[number + 1] = " ".join(words)
    true = {}
    for number in range(0, 600, 2):
        one, other = shingles(texts[number]), shingles(texts[number + 1])
        true[number, number + 1] = len(one & other) / len(one | other)
    with Workspace.open(tmp_path) as workspace:
        documents(workspace, texts)
        compare_new(workspace)
        assert linked(workspace) == {pair for pair, value in true.items() if value >= 0.8}
        for pair in workspace.sql("SELECT * FROM near_pairs").to_pylist():
            assert pair["similarity"] == pytest.approx(true[pair["code"], pair["other"]])


def test_a_crowd_of_likes_is_one_cluster_at_little_cost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(near, "CROWD", 40)
    base = [f"w{number}" for number in range(80)]
    draw = random.Random(0)
    texts = {}
    for number in range(900):
        base_copy = base.copy()
        base_copy[draw.randrange(80)] = f"x{number}"
        texts[number] = " ".join(base_copy)
    results = []
    for step in (900, 350):
        with Workspace.open(tmp_path / str(step)) as workspace:
            for start in range(0, 900, step):
                part = dict(list(texts.items())[start : start + step])
                documents(workspace, part)
                compare_new(workspace)
            results.append(linked(workspace))
    assert results[0] == results[1]
    assert len(results[0]) < 900 * 16 * 4
    assert len(set(components(results[0]).values())) == 1


def test_what_resembles_a_benchmark_is_marked_then_and_later(tmp_path: Path) -> None:
    first, second = entry(), entry("import numpy\nprint(numpy.product([1, 2]))", "x = 3")
    renamed = OLD.replace("part", "piece").replace("arange(3)", "arange(8)")
    rows = [{"tests": [{"code": renamed}], "name": "x"}, {"solution": "print('nothing like it')"}]
    file = tmp_path / "arena.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    with Workspace.open(tmp_path / "workspace") as workspace:
        workspace.add([first, second, valid(first), valid(second)])
        dedup(workspace, QUIET, [file])
        assert [(r["entry_id"], r["row"]) for r in contaminated(workspace)] == [(first.id, 0)]
        assert [row["id"] for row in published_rows(workspace)] == [second.id]
        late = entry(NEW, "import numpy\nnothing = 'of the kind'", old_symbol="a.b")
        workspace.add([late, valid(late)])
        dedup(workspace, QUIET)
        assert {row["entry_id"] for row in contaminated(workspace)} >= {first.id, late.id}


def test_a_benchmark_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.jsonl").write_text('{"a": 1}\n{"b": ')
    with Workspace.open(tmp_path / "workspace") as workspace:
        (tmp_path / "cut.jsonl.gz").write_bytes(gzip.compress(b'{"a": 1}')[:-9])
        for name in ("broken.jsonl", "absent.jsonl", "cut.jsonl.gz"):
            with pytest.raises(BadFile, match=name):
                dedup(workspace, QUIET, [tmp_path / name])


def test_the_command_shows_clusters_and_reasons(tmp_path: Path) -> None:
    first, second = entry(old_origin="real"), entry(OLD + "  # again")
    with Workspace.open(tmp_path) as workspace:
        workspace.add([first, second, valid(first), valid(second)])
    result = CliRunner().invoke(app, ["dedup", "--workspace", str(tmp_path)])
    assert f"{first.id} is kept" in result.stdout
    assert f"{second.id} is dropped: exact, similarity 1.00" in result.stdout
    assert "dedup: 2 in, 1 out, dropped 1 (1 exact)" in result.stdout


def test_a_stop_in_the_middle_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = [entry(OLD.replace("arange(3)", f"arange({n})"), NEW) for n in range(40)]
    results = []
    for stopped in (True, False):
        with Workspace.open(tmp_path / str(stopped)) as workspace:
            workspace.add([*entries, *map(valid, entries)])
            if stopped:
                for step in ("measure", "_find_candidates"):
                    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
                        patched.setattr(near, step, stop)
                        dedup(workspace, QUIET)
        with Workspace.open(tmp_path / str(stopped)) as workspace:
            dedup(workspace, QUIET)
            results.append(kept(workspace))
    assert results[0] == results[1]
    assert len(results[0]) == 40


def stop(*arguments: object) -> None:
    raise KeyboardInterrupt


def test_the_funnel_ends_with_what_is_published(tmp_path: Path) -> None:
    first, second = entry(old_origin="real"), entry(OLD + "  # again")
    other = entry("import numpy\nprint(numpy.product([1, 2, 3, 4]))", "x = 3")
    file = tmp_path / "arena.jsonl.gz"
    file.write_bytes(gzip.compress(json.dumps({"solution": other.old_code}).encode()))
    with Workspace.open(tmp_path / "workspace") as workspace:
        workspace.add([first, second, other, *map(valid, (first, second, other))])
        dedup(workspace, QUIET, [file])
        stages = {stage.name: stage for stage in funnel(workspace)}
        assert stages["unique"].count == len(published_rows(workspace)) == 1
        assert stages["valid"].dropped == {"exact": 1, "in_benchmark": 1}
