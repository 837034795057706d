"""Patterns: what they match and write, and the files that they come from."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from frames import LIBRARY, change

from recode_data.codemods.patterns import (
    Pattern,
    Patterns,
    apply_pattern,
    read_file,
    read_patterns,
)
from recode_data.codemods.program import Use
from recode_data.codemods.stage import STAGE, VERSION, Engine
from recode_data.errors import BadFile
from recode_data.execute import Executor
from recode_data.progress import Progress
from recode_data.records import Attempt, Change
from recode_data.workspace import Workspace

NP = "import numpy as np\n\n"
SHIPPED = read_patterns()
PATTERNS = [one for fitting in SHIPPED.by_symbol.values() for one in fitting]


@pytest.mark.parametrize(
    ("source", "target", "before", "after", "use"),
    [
        (
            "numpy.asscalar(_a)",
            "_a.item()",
            NP + "print(np.asscalar(np.ones(1) + 1))\n",
            NP + "print((np.ones(1) + 1).item())\n",
            Use("numpy.asscalar"),
        ),
        (
            "pandas.np",
            "numpy",
            "import pandas as pd\n\nprint(pd.np.array([1]))\n",
            NP + "print(np.array([1]))\n",
            Use("pandas.np"),
        ),
        (
            "pandas.np",
            "numpy",
            "import pandas as pd\n\nprint(pd.np.array([1]), pd)\n",
            "import pandas as pd\nimport numpy as np\n\nprint(np.array([1]), pd)\n",
            Use("pandas.np", in_place=True),
        ),
        (
            "_a.itemset(_i, _v)",
            "_a[_i] = _v",
            NP + "x = np.arange(3)\nx.itemset(1, 4 + 5)\n",
            NP + "x = np.arange(3)\nx[1] = 4 + 5\n",
            Use("numpy.ndarray.itemset", frozenset({(4, 9)})),
        ),
        (
            "_a.ptp(*__rest)",
            "numpy.ptp(_a, *__rest)",
            NP + "x = np.arange(3)\nprint(x.ptp(axis=0), x.ptp())\n",
            NP + "x = np.arange(3)\nprint(np.ptp(x, axis=0), np.ptp(x))\n",
            Use("numpy.ndarray.ptp", frozenset({(4, 11), (4, 26)})),
        ),
        (
            "numpy.random.random_integers(_h, size=_s)",
            "numpy.random.randint(1, _h + 1, size=_s)",
            NP + "print(np.random.random_integers(5, size=(3, 2)))\n",
            NP + "print(np.random.randint(1, 5 + 1, size=(3, 2)))\n",
            Use("numpy.random.random_integers"),
        ),
        (
            "numpy.NINF",
            "-numpy.inf",
            NP + "print(np.NINF)\n",
            NP + "print(-np.inf)\n",
            Use("numpy.NINF"),
        ),
    ],
)
def test_pattern(source: str, target: str, before: str, after: str, use: Use) -> None:
    assert apply_pattern(before, source, target, use) == after


def test_what_a_pattern_writes_twice_is_a_name() -> None:
    source, target = "numpy.f(_a)", "_a.view(_a.dtype)"
    use = Use("numpy.f")
    assert apply_pattern(NP + "print(np.f(x))\n", source, target, use) == (
        "print(x.view(x.dtype))\n"
    )
    assert apply_pattern(NP + "print(np.f(g(3)))\n", source, target, use) is None


def test_a_pattern_with_other_arguments_does_not_fit() -> None:
    code = NP + "print(np.asscalar())\n"
    assert apply_pattern(code, "numpy.asscalar(_a)", "_a.item()", Use("numpy.asscalar")) is None


@pytest.mark.parametrize("one", PATTERNS, ids=lambda one: f"{one.symbol} {one.old}")
def test_every_pattern_fits_its_own_old_pattern(one: Pattern) -> None:
    program = re.sub(r"(=[^,()]+, )\*__\w+", r"\1z=more", one.old)
    program = re.sub(r"\*__\w+", "more", program)
    program = re.sub(r"(?<![\w.])_([a-z])\b", r"\1", program)
    root = one.symbol.partition(".")[0]
    code = (
        f"import {root}\nfrom x import a, b, c, f, g, h, i, l, m, n, p, s, t, v, more\n{program}\n"
    )
    sites = None
    leaf = one.symbol.split("(")[0].rpartition(".")[2]
    if f"_a.{leaf}" in one.old or f"_g.{leaf}" in one.old:
        sites = frozenset({(3, len(f"a.{leaf}"))})
    use = Use(one.symbol.split("(")[0], sites)
    changed = apply_pattern(code, one.old, one.new, use)
    assert changed and program not in changed.split("\n")


def test_a_keyword_after_the_rest_of_the_arguments() -> None:
    old, new = "_a.boxplot(*__rest, vert=False)", "_a.boxplot(*__rest, orientation='horizontal')"
    before = "from x import ax\n\nax.boxplot([1, 2], vert=False, notch=True)\n"
    after = "from x import ax\n\nax.boxplot([1, 2], notch=True, orientation='horizontal')\n"
    assert apply_pattern(before, old, new, Use("x")) == after
    assert apply_pattern(after, new, old, Use("x")) is not None
    assert apply_pattern(before.replace("False", "True"), old, new, Use("x")) is None


@pytest.mark.parametrize(
    ("symbol", "before", "after"),
    [
        ("sqlalchemy.select", "select([t.c.x, t.c.y])", "select(t.c.x, t.c.y)"),
        ("sqlalchemy.case", "case([(a, b)], else_=3)", "case((a, b), else_=3)"),
        ("sqlalchemy.delete(whereclause=)", "delete(t, t.c.x == 3)", "delete(t).where(t.c.x == 3)"),
    ],
)
def test_statements_of_sqlalchemy(symbol: str, before: str, after: str) -> None:
    head = "from sqlalchemy import case, delete, select\n\nprint({})\n"
    use = Use(symbol.split("(", maxsplit=1)[0])
    fitting = [one for one in PATTERNS if one.symbol == symbol]
    changed = [apply_pattern(head.format(before), one.old, one.new, use) for one in fitting]
    assert [code.split("\n")[2] for code in changed if code] == [f"print({after})"]


# Files


def from_text(text: str) -> tuple[list[Pattern], dict[str, str]]:
    return read_file(Path("mine.toml"), text)


def test_a_set_stands_for_each_of_its_members() -> None:
    patterns, replacements = from_text("""
patterns = [
  { old = "_a.{name.old}()", new = "_a.{name.new}", symbol = "{owner}.{name.old}" },
  { old = "a.count(_g)", new = "{n: b.g(n) for n in _g}", replacement = "" },
]

[replacements]
"a.{gone}" = "b.{gone}"

[sets]
owner = ["a.X", "a.Y"]
name = [{ old = "f", new = "g" }, { old = "h", new = "k" }]
gone = ["p", "q"]
""")
    assert [(one.symbol, one.old, one.new) for one in patterns] == [
        ("a.X.f", "_a.f()", "_a.g"),
        ("a.X.h", "_a.h()", "_a.k"),
        ("a.Y.f", "_a.f()", "_a.g"),
        ("a.Y.h", "_a.h()", "_a.k"),
        ("a.count", "a.count(_g)", "{n: b.g(n) for n in _g}"),
    ]
    assert replacements == {"a.p": "b.p", "a.q": "b.q"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("patterns = [", "cannot read mine.toml"),
        ("patterns = 3", "mine.toml: patterns: Input should be a valid list"),
        ("pattern = []", "mine.toml: unknown key 'pattern'"),
        ('patterns = [{ old = "a.f()" }]', r"mine.toml: pattern 'a.f\(\)': new: Field required"),
        ("patterns = [{ new = 'a' }]", "mine.toml: pattern 1: old: Field required"),
        (
            'patterns = [{ old = "a.f()", new = "b", symbl = "a.f" }]',
            r"mine.toml: pattern 'a.f\(\)': unknown key 'symbl'",
        ),
        (
            'patterns = [{ old = "_a.f(", new = "_a", symbol = "a.X.f" }]',
            r"mine.toml: pattern 'a.X.f': '_a.f\(' is no expression or statement",
        ),
        (
            'patterns = [{ old = "_a.f()", new = "for", symbol = "a.X.f" }]',
            "mine.toml: pattern 'a.X.f': 'for' is no expression or statement",
        ),
        (
            'patterns = [{ old = "_a.f()", new = "if _a: pass", symbol = "a.X.f" }]',
            "mine.toml: pattern 'a.X.f': 'if _a: pass' is no expression or statement",
        ),
        (
            'patterns = [{ old = "_a.f()", new = "_a; _a", symbol = "a.X.f" }]',
            "mine.toml: pattern 'a.X.f': '_a; _a' is no expression or statement",
        ),
        (
            'patterns = [{ old = "_a.f()", new = "", symbol = "a.X.f" }]',
            "mine.toml: pattern 'a.X.f': '' is no expression or statement",
        ),
        (
            'patterns = [{ old = "_a.f()", new = "_b.g()", symbol = "a.X.f" }]',
            "mine.toml: pattern 'a.X.f': _b stands in new and not in old",
        ),
        ('patterns = [{ old = "_a.f()", new = "_a" }]', r"pattern '_a.f\(\)': no symbol"),
        (
            'patterns = [{ old = "a.{namme}()", new = "1" }]\nsets.name = ["f"]',
            "pattern 'a.{namme}\\(\\)': no set is called 'namme'",
        ),
        (
            'patterns = [{ old = "a.{name.odl}()", new = "1" }]\nsets.name = [{ old = "f" }]',
            "no member of the set has {name.odl}",
        ),
        (
            'replacements = { "a.f" = "b", "a.{name}" = "c" }\nsets.name = ["f"]',
            "mine.toml: two replacements of a.f",
        ),
        (
            'replacements = { "a.f; import os" = "b.f" }',
            "mine.toml: replacement 'a.f; import os': 'a.f; import os' is no symbol",
        ),
        ("replacements = { 'a.f' = 'run(1)' }", r"replacement 'a.f': 'run\(1\)' is no symbol"),
        ("sets.name = [3]", "mine.toml: sets.name"),
    ],
)
def test_a_bad_file_is_one_line_with_the_pattern(text: str, why: str) -> None:
    with pytest.raises(BadFile, match=why) as told:
        from_text(text)
    assert "\n" not in told.value.message


def test_the_users_file_takes_the_place_of_a_shipped_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "pipeline" / "codemods"
    folder.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert read_patterns().own == ""
    (folder / "mine.toml").write_text('replacements = { "mine.f" = "mine.g" }', encoding="utf-8")
    mine = read_patterns()
    assert mine.replacements["mine.f"] == "mine.g"
    assert mine.replacements["numpy.product"] == "numpy.prod"
    (folder / "numpy.toml").write_text("", encoding="utf-8")
    theirs = read_patterns()
    assert "numpy.product" not in theirs.replacements
    assert len({"", mine.own, theirs.own}) == 3


def test_with_own_patterns_what_had_no_entry_is_looked_at_again(tmp_path: Path) -> None:
    changes = [change(text, "frames.old") for text in ("`old` is gone.", "`old` was gone.", "New")]
    with Workspace.open(tmp_path) as workspace:
        workspace.add(changes)
        workspace.add([
            Attempt(STAGE, changes[0].id, VERSION, 0, "no replacement told", ""),
            Attempt(STAGE, changes[1].id, VERSION, 2, "", ""),
        ])  # fmt: skip

        def pending(patterns: Patterns) -> list[Change]:
            with Executor(jobs=1) as executor:
                engine = Engine(
                    workspace, LIBRARY, patterns, executor, Progress(True), jobs=1, timeout=1.0
                )
                return engine.pending(changes)

        assert pending(Patterns({}, {})) == [changes[2]]
        assert pending(Patterns({}, {}, own="theirs")) == [changes[0], changes[2]]


def test_a_bad_file_ends_the_command_before_anything_runs(tmp_path: Path) -> None:
    folder = tmp_path / "pipeline" / "codemods"
    folder.mkdir(parents=True)
    text = 'patterns = [{ old = "_a.f()", new = "_b", symbol = "mine.X.f" }]'
    (folder / "mine.toml").write_text(text, encoding="utf-8")
    with Workspace.open(tmp_path / "ws") as workspace:
        workspace.add([change("`old` is gone.", "numpy.old")])
    command = [sys.executable, "-m", "recode_data", "synthesize", "numpy", "-w", "ws"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "mine.toml: pattern 'mine.X.f': _b stands in new and not in old\n" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_files_that_are_shipped_are_no_ones_own() -> None:
    assert SHIPPED.own == ""
    assert Patterns({}, {}).own == SHIPPED.own
