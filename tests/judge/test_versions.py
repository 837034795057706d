"""The verdict table on real versions of real libraries, through the real stage."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from recode_data.judge import validate
from recode_data.judge.pending import owed
from recode_data.library import load_library
from recode_data.records import Entry, Verdict
from recode_data.workspace import Workspace

pytestmark = [pytest.mark.index, pytest.mark.timeout(900)]
NP = "import numpy as np\n"
SP = "import numpy as np\nfrom scipy import special, stats\n"
X = "x = np.array([1.5, 2.5, -4.0])\n"


def entry(
    claim: str, change: str, old: str, new: str, library: str = "numpy", *, keywords: str = ">"
) -> Entry:
    """``claim`` is kind and version; ``change`` and ``keywords`` are ``old>new``."""
    kind, _, version = claim.partition(" ")
    old_symbol, _, new_symbol = change.partition(">")
    old_keyword, _, new_keyword = keywords.partition(">")
    head = NP if library == "numpy" else SP
    return Entry(
        library,
        f"=={version}",
        "",
        change,
        head + old,
        head + new,
        change_kind=kind,
        engine="rules",
        old_symbol=old_symbol,
        new_symbol=new_symbol,
        old_keyword=old_keyword,
        new_keyword=new_keyword,
    )


def claimed(claim: str, change: str, old: str, new: str) -> Entry:
    """Return a row of a foreign data set, which is judged on the pair that it claims."""
    return replace(entry(claim, change, old, new), engine="import")


IN1D = ("print(np.in1d([1, 2, 5], [2, 5]))", "print(np.isin([1, 2, 5], [2, 5]))")
PRODUCT = ("print(np.product([2, 3]))", "print(np.prod([2, 3]))")
NORMED = (
    "h, e = np.histogram([1, 2, 2], normed=True)",
    "h, e = np.histogram([1, 2, 2], density=True)",
)

TABLE: dict[str, tuple[Entry, str, str]] = {
    "announced": (
        entry("deprecated 2.0.0", "numpy.in1d>numpy.isin", *IN1D),
        "deprecated ok",
        "1.26.4 2.0.2",
    ),
    "announced where the note says": (
        entry("deprecated 1.25.0", "numpy.product>numpy.prod", *PRODUCT),
        "deprecated ok",
        "1.24.4 1.25.2",
    ),
    "removed after its announcement": (
        entry("removed 2.0.0", "numpy.product>numpy.prod", *PRODUCT),
        "breaking ok",
        "1.24.4 2.0.2",
    ),
    "the note's version is wrong": (
        entry("removed 1.15.0", "numpy.product>numpy.prod", *PRODUCT),
        "breaking ok",
        "1.24.4 2.0.2",
    ),
    "a keyword": (
        entry(
            "keyword_removed 1.24.0",
            "numpy.histogram>numpy.histogram",
            *NORMED,
            keywords="normed>density",
        ),
        "breaking ok",
        "1.14.6 1.24.4",
    ),
    "a constant": (
        entry("removed 2.0.0", "numpy.Inf>numpy.inf", "print(np.Inf, -1)", "print(np.inf, -1)"),
        "breaking ok",
        "1.26.4 2.0.2",
    ),
    "something new": (
        entry(
            "added 2.0.0",
            ">numpy.astype",
            X + "print(x.astype(int))",
            X + "print(np.astype(x, int))",
        ),
        "additive ok",
        "1.26.4 2.0.2",
    ),
    "a method becomes a function": (
        entry(
            "removed 2.0.0",
            "numpy.ndarray.ptp>numpy.ptp",
            X + "print(x.ptp())",
            X + "print(np.ptp(x))",
        ),
        "breaking ok",
        "1.26.4 2.0.2",
    ),
    "a behaviour that is brought back": (
        entry(
            "behaviour 2.0.0",
            "numpy.float32>numpy.float64",
            "r = np.float32(3) + 3.5",
            "r = np.float64(np.float32(3)) + 3.5",
        ),
        "behavioural ok",
        "1.26.4 2.0.2",
    ),
    "a behaviour that is not brought back": (
        entry(
            "behaviour 2.0.0",
            "numpy.float32>numpy.add",
            "r = np.float32(3) + 3.5",
            "r = np.add(np.float32(3), 3.5)",
        ),
        "behavioural not_restored",
        "",
    ),
    "nothing happened": (
        entry(
            "removed 2.0.0",
            "numpy.sum>numpy.add.reduce",
            "print(np.sum([1, 2]))",
            "print(np.add.reduce([1, 2]))",
        ),
        "inert",
        "1.26.4 2.0.2",
    ),
    "never worked": (
        entry(
            "removed 2.0.0",
            "numpy.nothing>numpy.sum",
            "print(np.nothing([1]))",
            "print(np.sum([1]))",
        ),
        "old_fails",
        "",
    ),
    "announced before the claim": (
        claimed("removed 1.26.4", "numpy.product>numpy.prod", *PRODUCT),
        "old_warns",
        "1.26.3 1.26.4",
    ),
    "a version without wheels": (
        claimed("removed 1.5.0", "numpy.product>numpy.prod", *PRODUCT),
        "no_such_version",
        "",
    ),
    "no Python": (
        entry("removed 2.0.0", "numpy.product>numpy.prod", "print np.product([2])", PRODUCT[1]),
        "unparsable",
        "",
    ),
    "one program": (
        entry("removed 2.0.0", "numpy.product>numpy.prod", PRODUCT[0], f"{PRODUCT[0]}  # new"),
        "identical",
        "",
    ),
    "no library that anyone knows": (
        replace(entry("removed 2.0.0", "numpy.product>numpy.prod", *PRODUCT), dependency="numby"),
        "no_definition",
        "",
    ),
    "the replacement fails": (
        entry(
            "removed 2.0.0",
            "numpy.product>numpy.prod",
            PRODUCT[0],
            "print(np.prod([2, 3], axes=1))",
        ),
        "new_fails",
        "",
    ),
    "the replacement is deprecated": (
        entry(
            "deprecated 1.25.0", "numpy.product>numpy.prod", PRODUCT[0], "print(np.product((2, 3)))"
        ),
        "new_warns",
        "",
    ),
    "another name goes": (
        entry(
            "removed 2.0.0",
            "numpy.sum>numpy.add",
            "print(np.sum([np.Inf]))",
            "print(np.add(np.inf, 1))",
        ),
        "breaking off_topic",
        "",
    ),
    "another name is announced": (
        entry(
            "deprecated 2.0.0",
            "numpy.sum>numpy.add",
            "print(np.sum(np.in1d([1], [1])))",
            "print(np.add(0, 1))",
        ),
        "deprecated off_topic",
        "",
    ),
    "another result": (
        entry("removed 2.0.0", "numpy.product>numpy.sum", PRODUCT[0], "print(np.sum([2, 3]))"),
        "breaking differs",
        "",
    ),
    "the replacement is not used": (
        entry("removed 2.0.0", "numpy.product>numpy.prod", PRODUCT[0], "print(6)"),
        "breaking not_exercised",
        "",
    ),
    "floats hide a lost conversion": (
        entry(
            "removed 2.0.0",
            "numpy.asfarray>numpy.asarray",
            "print(np.asfarray([2.5, 4.0]))",
            "print(np.asarray([2.5, 4.0]))",
        ),
        "breaking differs",
        "",
    ),
    "the conversion kept": (
        entry(
            "removed 2.0.0",
            "numpy.asfarray>numpy.asarray",
            "print(np.asfarray([2.5, 4.0]))",
            "print(np.asarray([2.5, 4.0], dtype=float))",
        ),
        "breaking ok",
        "1.26.4 2.0.2",
    ),
    "zeros hide everything": (
        entry(
            "renamed 2.0.0",
            "numpy.trapz>numpy.trapezoid",
            "print(np.trapz([0, 0]))",
            "print(np.trapezoid([0, 0]))",
        ),
        "deprecated degenerate",
        "",
    ),
    "nothing is shown": (
        entry(
            "renamed 2.0.0",
            "numpy.trapz>numpy.trapezoid",
            "np.trapz([1, 2])",
            "np.trapezoid([1, 2])",
        ),
        "deprecated degenerate",
        "",
    ),
    "an order that the hash seed makes": (
        entry(
            "removed 2.0.0",
            "numpy.product>numpy.prod",
            *[
                f"{code}\nfor name in {{'a', 'b', 'c', 'd', 'e'}}:\n    print(name)"
                for code in PRODUCT
            ],
        ),
        "breaking flaky",
        "",
    ),
    "zeros hide a swapped order": (
        entry(
            "deprecated 1.15.0",
            "scipy.special.sph_harm>scipy.special.sph_harm_y",
            "print(special.sph_harm(0, 0, 0.0, 0.0))",
            "print(special.sph_harm_y(0, 0, 0.0, 0.0))",
            "scipy",
        ),
        "deprecated differs",
        "",
    ),
    "symmetric arguments": (
        entry(
            "deprecated 1.15.0",
            "scipy.special.sph_harm>scipy.special.sph_harm_y",
            "print(special.sph_harm(0, 0, np.zeros(2), np.zeros(2)))",
            "print(special.sph_harm_y(0, 0, np.zeros(2), np.zeros(2)))",
            "scipy",
        ),
        "deprecated degenerate",
        "",
    ),
    "the order swapped as it must be": (
        entry(
            "deprecated 1.15.0",
            "scipy.special.sph_harm>scipy.special.sph_harm_y",
            "print(special.sph_harm(1, 2, 0.3, 0.7))",
            "print(special.sph_harm_y(2, 1, 0.7, 0.3))",
            "scipy",
        ),
        "deprecated ok",
        "1.14.1 1.15.3",
    ),
    "an assertion hides the difference": (
        entry(
            "deprecated 1.15.0",
            "scipy.stats.find_repeats>numpy.unique_counts",
            "assert np.allclose(stats.find_repeats([1, 1, 2, 2]).values, [1, 2])",
            "assert np.allclose(np.unique_counts([1, 1, 2, 2]).values, [1, 2])",
            "scipy",
        ),
        "deprecated differs",
        "",
    ),
    "another class of array that holds the same": (
        entry(
            "deprecated 2.5.0",
            "numpy.char.chararray>numpy.ndarray",
            "a = np.char.chararray((2, 2))\na[:] = 'a'\nprint(a.shape)",
            "a = np.ndarray((2, 2), dtype='S1')\na[:] = 'a'\nprint(a.shape)",
        ),
        "deprecated ok",
        "",
    ),
}


def test_the_table(tmp_path: Path) -> None:
    """All rows in one validation, so that each environment is warmed once."""
    with Workspace.open(tmp_path) as workspace:
        workspace.add([row for row, _, _ in TABLE.values()])
        validate(workspace, timeout=60.0)
        verdicts = {verdict.entry_id: verdict for verdict in workspace.all(Verdict)}
    found = {}
    for name, (row, _, pair) in TABLE.items():
        verdict = verdicts[row.id]
        measured = f"{verdict.old_version} {verdict.new_version}" if pair else ""
        found[name] = (f"{verdict.kind} {verdict.reason}".strip(), measured)
    assert found == {name: (expected, pair) for name, (_, expected, pair) in TABLE.items()}


def test_what_never_ends_is_owed(tmp_path: Path) -> None:
    endless = claimed("removed 1.26.4", "numpy.product>numpy.prod", "while True: pass", PRODUCT[1])
    with Workspace.open(tmp_path) as workspace:
        workspace.add([endless])
        assert validate(workspace, timeout=3.0).owed == 1
        (verdict,) = workspace.all(Verdict)
        assert (verdict.reason, verdict.status) == ("timeout", "timeout")
        assert owed(workspace) == [endless]


def test_a_library_that_is_defined_later_is_owed_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = replace(
        entry("removed 2.0.0", "numpy.product>numpy.prod", *PRODUCT), dependency="Number things"
    )
    with Workspace.open(tmp_path / "workspace") as workspace:
        workspace.add([row])
        assert validate(workspace, timeout=60.0).dropped == {"no_definition": 1}
        assert owed(workspace) == []
        file = tmp_path / "things.toml"
        matrix = 'matrix = ["1.24.4", "2.0.2"]'
        file.write_text(f'name = "numpy"\ntitle = "Number things"\n{matrix}', encoding="utf-8")
        load_library(str(file))
        assert validate(workspace, timeout=60.0).went_out == 1
        (verdict,) = workspace.all(Verdict)
        assert (verdict.reason, verdict.kind) == ("ok", "breaking")
