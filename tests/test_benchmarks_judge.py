"""The rows of known truth that measure the judge: each operator does what it says."""

from __future__ import annotations

import ast
import contextlib
import functools
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks import judge as bench
from benchmarks.judge_rows import (
    MEASURED,
    NOTED,
    SYMBOLS,
    Base,
    Row,
    given,
    in_turns,
    make,
    operator_names,
)
from benchmarks.operators import right, wrong
from benchmarks.operators.claims import text_of_another, version_before
from benchmarks.operators.program import Program, renaming
from recode_data import Entry, Run, Verdict

SHELF = '''
import pathlib, warnings
CALLED = pathlib.Path(__file__).with_name("called")
OFFSET = 0
def take(items, count, *, start=0):
    """The new function."""
    return [OFFSET + item for item in items[start:start + count]]
'''
OLD = '''
def fetch(items, count, *, start=0):
    """The old function."""
    with CALLED.open("a") as file:
        file.write("fetch ")
    warnings.warn("use take", DeprecationWarning, stacklevel=2)
    return take(items, count, start=start)
'''

SHOWN = """import shelf as sh

# what is on the shelf
items = [3, 1, 2]
count = 2
found = sh.take(items, count, start=1)
print(found)
"""
INSIDE = """import shelf as sh
names = ["b", "a"]
print(len(names), sh.take([4, 5, 6], 2))
"""
SHORT = """import shelf
first = shelf.take([1, 2], 2)
print(first)
"""
TRUTH = """import shelf as sh
print(sh.take([7, 9], 1) == [7])
"""
NUMBER = """import shelf as sh
total = sum(sh.take([7, 9], 2))
print(total)
"""
SAMPLES = (SHOWN, INSIDE, SHORT, TRUTH, NUMBER)


@pytest.fixture(scope="module")
def shelves(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A library before and after its old function was removed, and one that is mistaken."""
    texts = {"deprecated": SHELF + OLD, "breaking": SHELF, "mistaken": SHELF + "OFFSET = 1\n"}
    folders = {}
    for name, text in texts.items():
        folders[name] = tmp_path_factory.mktemp(name)
        (folders[name] / "shelf.py").write_text(text + "__version__ = '2.1'\n")
    return folders


@functools.cache
def run(code: str, folder: Path) -> str:
    command = [sys.executable, "-S", "-B", "-W", "ignore", "-c", code]
    environment = {"PYTHONPATH": str(folder)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def here(code: str) -> str:
    """Run a program that leaves nothing behind in this process."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(code, "program", "exec"), {"__name__": "__main__"})
    return printed.getvalue()


@pytest.fixture
def shelf(shelves: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(shelves["breaking"]))
    monkeypatch.delitem(sys.modules, "shelf", raising=False)


def program(code: str) -> Program:
    """A new code whose old code calls the other function."""
    return Program(code, code.replace("take", "fetch"), here(code), "2.1")


@pytest.mark.parametrize("name", right.RIGHT)
def test_right_operator_keeps_what_a_program_prints(name: str, shelf: None) -> None:
    applied = 0
    for code in SAMPLES:
        changed = right.RIGHT[name](program(code))
        if changed is not None:
            applied += changed != code
            assert here(changed) == here(code), changed
    assert applied or name == "unchanged"


def test_right_operators_say_what_they_do(shelf: None) -> None:
    made = {name: operator(program(SHOWN)) or "" for name, operator in right.RIGHT.items()}
    assert "found" not in made["renamed_variables"]
    assert "from shelf import take" in made["from_import"]
    assert "import shelf\n" in made["no_alias"] and "shelf.take(" in made["no_alias"]
    assert "def compute(count, items)" in made["helper_function"]
    assert "print(f'{found!s}')" in made["f_string"]
    assert "items: list" in made["type_hints"] and "found: object" in made["type_hints"]
    assert made["assert_printed"].count("assert str(found) == '[1, 2]'") == 1
    assert made["comments"].count("#") == 1 + made["unchanged"].count("\n") - 2
    lines = made["lines_reordered"].splitlines()
    assert lines.index("count = 2") < lines.index("items = [3, 1, 2]")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("renamed_variables", "x = 1\nprint(f'{x=}')"),
        ("renamed_variables", "x = 1\nprint(eval('x'))"),
        ("renamed_variables", "def f(x):\n    return x\nx = 1\nprint(f(x=2))"),
        ("from_import", "import os\nprint(os.sum)\nprint(os.open)"),
        ("from_import", "import os\nif hasattr(os, 'gone'):\n    os.gone()\nprint(os.sep)"),
        ("no_alias", "import os as o\nos = 1\nprint(o.sep)"),
        ("main_function", "def f():\n    global x\n    x = 1\nf()\nprint(x)"),
        ("lines_reordered", "x = 1\ndef f():\n    return x\nprint(f())\nx = 2"),
        ("lines_reordered", "y = g()\nx = y"),
        ("variable_inlined", "x = 1\nprint(x)\nprint(x)"),
        ("f_string", "print('a', end='')"),
        ("assert_not_none", "x = None\nprint(x)"),
    ],
)
def test_right_operator_is_not_applied_where_it_could_change_something(
    name: str, code: str
) -> None:
    assert right.RIGHT[name](Program(code, "", "None\n")) is None


def test_first_call_moves_before_its_statement_only_when_nothing_runs_before_it() -> None:
    for code, applies in (
        ("print(f(1), g())", True),
        ("print(h(), f(1))", False),
        ("print([f(1) for _ in a])", False),
        ("x = f(1)", False),
    ):
        changed = right.variable_introduced(Program(code, code.replace("f(", "old("), "1\n"))
        assert (changed is not None) == applies, code


@pytest.mark.parametrize("name", [n for n in wrong.WRONG if n.startswith("literal")])
def test_literal_does_not_depend_on_the_library(name: str, shelves: dict[str, Path]) -> None:
    applied = 0
    for code in SAMPLES:
        original = Program(code, code.replace("take", "fetch"), run(code, shelves["breaking"]))
        changed = wrong.WRONG[name].function(original)
        if changed is not None:
            applied += 1
            assert run(changed, shelves["mistaken"]) == original.stdout, changed
            assert run(code, shelves["mistaken"]) != original.stdout
    assert applied


KEEPS_OLD = [n for n in wrong.WRONG if n.startswith(("put_back", "chosen", "statement"))]


@pytest.mark.parametrize("name", KEEPS_OLD)
def test_old_api_put_back_runs_where_it_is_gone(name: str, shelves: dict[str, Path]) -> None:
    new = Program(SHOWN, SHOWN.replace("take", "fetch"), "[1, 2]\n", "2.1")
    changed = wrong.WRONG[name].function(new)
    assert changed is not None
    assert "fetch" in changed.replace("' + '", "")
    assert run(changed, shelves["breaking"]) == new.stdout


@pytest.mark.parametrize("name", [n for n in wrong.WRONG if n.startswith("silenced")])
def test_silenced_code_calls_what_is_deprecated(name: str, shelves: dict[str, Path]) -> None:
    new = Program(SHOWN, SHOWN.replace("take", "fetch"), "[1, 2]\n", "2.1")
    changed = wrong.WRONG[name].function(new)
    assert changed is not None and wrong.WRONG[name].kinds == {"deprecated"}
    called = shelves["deprecated"] / "called"
    called.unlink(missing_ok=True)
    assert run.__wrapped__(changed, shelves["deprecated"]) == new.stdout
    assert called.exists()


@pytest.mark.parametrize("name", [n for n in wrong.WRONG if n.startswith("prints")])
def test_altered_result_is_printed(name: str, shelf: None) -> None:
    applied = [
        (code, changed)
        for code in SAMPLES
        if (changed := wrong.WRONG[name].function(program(code))) is not None
    ]
    assert applied and all(here(changed) != here(code) for code, changed in applied)


@pytest.mark.parametrize("name", [n for n in wrong.WRONG if n.startswith("old_code")])
def test_old_code_stays_old(name: str, shelf: None) -> None:
    changed = wrong.WRONG[name].function(program(SHOWN))
    assert changed is not None and "fetch(" in changed and "take" not in changed


def test_every_wrong_operator_is_tested() -> None:
    tested = ("literal", "put_back", "chosen", "statement", "silenced", "prints", "old_code")
    rest = [name for name in wrong.WRONG if not name.startswith(tested)]
    assert rest == ["keyword_put_back"]


def test_keyword_is_put_back() -> None:
    new = "import json\nprint(json.dumps({2: 1, 1: 2}, sort_keys=True))"
    changed = wrong.keyword_put_back(Program(new, new.replace("sort_keys", "ordered"), "x"))
    assert changed is not None and "ordered=True" in changed
    code = changed.replace("json.dumps = taking_both", "").replace("json.dumps({", "taking_both({")
    assert here(code) == '{"1": 2, "2": 1}\n'


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("argument_dropped", "sh.take(items, count)"),
        ("arguments_swapped", "sh.take(count, items, start=1)"),
        ("constant_changed", "sh.take(items, count, start=2)"),
        ("result_negated", "found = not sh.take("),
    ],
)
def test_replaced_call_is_varied(name: str, expected: str, shelf: None) -> None:
    made = list(wrong.VARIED[name](program(SHOWN)))
    assert any(expected in code for code in made)
    assert all(ast.dump(ast.parse(code)) != ast.dump(ast.parse(SHOWN)) for code in made)


def test_renaming_is_the_only_difference() -> None:
    old = "import numpy as np\nprint(np.in1d(a, b))"
    assert renaming(old, old.replace("in1d", "isin")) == ("numpy.in1d", "numpy.isin")
    assert renaming(old, "from numpy import isin\nprint(isin(a, b))") == (
        "numpy.in1d",
        "numpy.isin",
    )
    assert renaming(old, "print(len(a, b))") == ("numpy.in1d", "len")
    assert renaming(old, old.replace("in1d(a", "isin(b")) is None
    assert renaming(old, old) is None


def test_text_of_another_names_nothing_that_differs() -> None:
    old, new = "import m\nm.f(axis=1)", "import m\nm.g(axis=1)"
    texts = ["`m.f` is gone.", "Use m.g instead.", "`axis` is now checked."]
    assert text_of_another(old, new, texts) == "`axis` is now checked."
    assert text_of_another(old, new, texts[:2]) is None


def test_wrong_version_lies_long_before() -> None:
    matrix = [f"1.{minor}" for minor in range(8)]
    assert version_before(matrix, "1.6") == "1.1"
    assert version_before(matrix, "1.4") is None
    assert version_before(matrix, "9") is None


def base(number: int, library: str = "numpy", kind: str = "deprecated") -> Base:
    new = f"import shelf as sh\nitems = [{number}, 2]\nfound = sh.take(items, 1)\nprint(found)\n"
    old = new.replace("take", "fetch")
    entry = Entry(
        library, "==2.0.0", "", "`sh.fetch` is deprecated: use `sh.take`.", old, new,
        engine="rules", old_symbol=f"shelf.fetch{number}", new_symbol="shelf.take",
    )  # fmt: skip
    verdict = Verdict(entry.id, "1", "valid", "ok", kind, "1.26.4", "2.0.2")  # type: ignore[arg-type]
    out = f"[{number}]\n"
    return Base(
        entry, verdict, Program(new, old, out, "2.0.2"), Program(old, new, out), True, "3.12"
    )


def ran(programs: object) -> list[Run]:
    """Every program prints another number, the new code what it printed before."""
    found = []
    for number, (one, code) in enumerate(programs):  # type: ignore[arg-type, var-annotated]
        printed = one.new.stdout if code == one.new.code else f"{number}!\n"
        found.append(Run("", "", "", "", "", "", "clean", stdout=printed))
    return found


BASES = [base(number) for number in range(6)]


def test_rows_come_in_turns_and_are_the_same_for_a_seed() -> None:
    rows = make(BASES, 150, run=ran, seed=3)
    assert rows == make(BASES, 150, run=ran, seed=3)
    assert len(rows) == 150 == len({row.entry.id for row in rows})
    counts = [sum(row.operator == name for row in rows) for name in {r.operator for r in rows}]
    assert max(counts) <= 3
    bare = [row for row in rows if not row.entry.old_symbol]
    assert 0 < len(bare) < 150 and all(row.entry.engine == "import" for row in bare)
    versions = {(row.form, row.entry.new_version) for row in rows if row.by_execution}
    assert versions == {(SYMBOLS, "==2.0.2"), (MEASURED, "==2.0.2"), (NOTED, "==2.0.0")}


def test_only_altered_new_codes_are_answers() -> None:
    rows = make(BASES, 1000, run=ran)
    for row in rows:
        assert row.base is not None
        entry = row.base.entry
        same = (row.entry.old_code, row.entry.update_info) == (entry.old_code, entry.update_info)
        assert row.answer <= same and (row.by_execution or not row.entry.old_symbol)
    assert {row.operator for row in rows if row.truth} > {"comments (new)", "comments (both)"}
    silent = make([base(1, kind="breaking")], 1000, run=ran)
    assert not any(row.operator.startswith("silenced") for row in silent)


def test_varied_program_counts_only_when_it_prints_something_else() -> None:
    names = list(wrong.VARIED)
    assert make(BASES, 1000, run=ran, operators=names)
    same = [Run("", "", "", "", "", "", "clean", stdout="[1]\n")]
    assert not make([base(1)], 1000, run=lambda programs: same * len(programs), operators=names)


def test_in_turns() -> None:
    assert list(in_turns(["abc", "", "d"])) == ["a", "d", "b", "c"]


def outcome(row: Row, status: str, reward: float | None = None) -> bench.Outcome:
    verdict = Verdict(row.entry.id, "1", status, "differs", "deprecated")  # type: ignore[arg-type]
    return bench.Outcome(row, verdict, reward)


def test_report_tells_the_wrongly_judged_and_saves_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["comments", "old_code"]
    rows = make(BASES, 18, run=ran, operators=names)
    first = {name: next(row for row in rows if row.operator.startswith(name)) for name in names}
    outcomes = [
        outcome(first["comments"], "invalid", 1.0),
        outcome(first["comments"], "valid", None),
        outcome(first["old_code"], "valid", 1.0),
        outcome(first["old_code"], "error", 0.0),
    ]
    bench.report(outcomes)
    lines = {line.split()[0]: line.split() for line in capsys.readouterr().out.splitlines() if line}
    assert " ".join(lines["comments"][2:]) == "2 1 50.0% 0 2 0 0.0% 1 differs 1"
    told = " ".join(lines["old_code"][1:])
    assert told == "2 1 100.0% 1 2 1 50.0% 0 deprecated 1, (differs) 1"
    saved = tmp_path / "wrong.jsonl"
    assert bench.save(saved, outcomes) == 2
    rows_told = [json.loads(line) for line in saved.read_text().splitlines()]
    assert [(row["truth"], row["status"], row["reward"]) for row in rows_told] == [
        ("valid", "invalid", 1.0),
        ("invalid", "valid", 1.0),
    ]
    again = given(saved)
    bench.report([outcome(again[0], "invalid"), outcome(again[1], "invalid")])
    printed = capsys.readouterr().out
    assert f"  {again[0].key}: differs: " in printed and f"  {again[1].key}:" not in printed
    assert [(row.entry.id, row.truth, row.operator) for row in again] == [
        (outcomes[i].row.entry.id, outcomes[i].row.truth, outcomes[i].row.operator) for i in (0, 2)
    ]


def test_given_row_without_truth_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"dependency": "numpy"}\n')
    with pytest.raises(SystemExit, match="line 1 is no row with a truth"):
        given(path)


def test_given_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"rows\.jsonl cannot be read"):
        given(tmp_path / "rows.jsonl")


def test_unknown_operator_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["judge", "workspace", "--operators", "comment"])
    with pytest.raises(SystemExit, match="2"):
        bench.arguments()
    assert "did you mean 'comments'?" in capsys.readouterr().err
    assert len(operator_names()) == len(set(operator_names()))
