"""What knows one library: found, handed into the sandbox, and never a verdict when broken."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from execution import server, told

from recode_data import adapters as room
from recode_data.errors import BrokenAdapter
from recode_data.execute import Executor
from recode_data.execute.job import RUNNER, Job, runner
from recode_data.execute.sandbox import Tier
from recode_data.execute.warm import WarmServer
from recode_data.judge.comparison import same_text, same_value
from recode_data.judge.instrument import checks
from recode_data.judge.likeness import unlike
from recode_data.library import load_library
from recode_data.records import Environment

ROOT = Path(__file__).parent.parent
KEPT = [
    room.adapters,
    room.masks,
    room.equal_classes,
    room.constant_arrays,
    room.checks,
    room.fitting,
]


@pytest.fixture(scope="module")
def warm() -> Iterator[WarmServer]:
    """A server with the packages of the environment that runs the tests."""
    opened = server("bwrap", environment=Path(sys.prefix))
    yield opened
    opened.close()


@pytest.fixture
def bring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return a function that installs a package with an adapter of the given text."""

    def install(source: str, name: str = "fractions", module: str = "theirs.adapter") -> None:
        package = tmp_path / "theirs"
        package.mkdir()
        (package / "__init__.py").write_text("", encoding="utf-8")
        (package / "adapter.py").write_text(source, encoding="utf-8")
        about = tmp_path / "theirs-1.dist-info"
        about.mkdir()
        (about / "METADATA").write_text("Name: theirs\nVersion: 1\n", encoding="utf-8")
        points = f"[{room.GROUP}]\n{name} = {module}\n"
        (about / "entry_points.txt").write_text(points, encoding="utf-8")
        monkeypatch.syspath_prepend(tmp_path)
        importlib.invalidate_caches()
        forget()

    yield install
    monkeypatch.undo()
    sys.modules.pop("theirs", None)
    forget()


def forget() -> None:
    for function in [*KEPT, room.added]:
        function.cache_clear()


GOOD = """
import sys

MODULE = "fractions"
MASKS = ((r"Fraction\\((\\d+), (\\d+)\\)", r"\\1/\\2"),)
EQUAL_CLASSES = {"Fraction": ("Rational",)}
CHECKS = ("same_fraction",)


def encode(value, inner):
    if isinstance(value, sys.modules["fractions"].Fraction):
        return {"type": "list", "items": [inner(value.numerator), inner(value.denominator)]}
    return None
"""
HALF = "import fractions\nx = fractions.Fraction(1, 2)\ny = [x, 3]"


def values(opened: WarmServer, code: str) -> Any:
    answer = opened.run(code, (), 30.0)
    assert answer.header["ended"], answer.report[:2000]
    return told(answer)["values"]


@pytest.mark.parametrize("tier", ["bwrap", "landlock", "rlimits"])
def test_an_adapter_of_another_package_is_asked(bring: Any, tier: Tier) -> None:
    bring(GOOD)
    opened = server(tier)
    try:
        found = values(opened, HALF)
        opened.prepare()
        assert values(opened, HALF) == found
    finally:
        opened.close()
    half = {"type": "list", "items": [{"type": "int", "value": 1}, {"type": "int", "value": 2}]}
    assert found == {"x": half, "y": {"type": "list", "items": [half, {"type": "int", "value": 3}]}}
    assert same_text("Fraction(1, 2)", "1/2")
    assert same_value({"class": "a.Rational"}, {"class": "b.Fraction"})
    assert "same_fraction" in checks()


def test_without_it_there_is_nothing_of_it() -> None:
    assert not same_text("Fraction(1, 2)", "1/2")
    assert runner() == RUNNER


def test_runs_with_an_adapter_of_another_package_are_other_runs(bring: Any) -> None:
    bring(GOOD)
    assert runner().startswith(f"{RUNNER}+")
    assert {one.name for one in room.adapters() if not one.ours} == {"fractions"}


def test_one_of_the_same_name_takes_the_place_of_ours(bring: Any) -> None:
    bring(GOOD, name="pandas")
    assert [one.ours for one in room.adapters() if one.name == "pandas"] == [False]
    assert "Int64Index" not in room.equal_classes()


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("def encode(value, inner):\n    return", "MODULE"),
        ("MODULE = 'a'\ndef encode(value):\n    return", "too many positional"),
        ("import none_such", "none_such"),
        ("MASKS = (('(', ''),)", "unterminated"),
        ("SAMPLES = {'json': ['x', 1]}", "SAMPLES"),
        ("def", "SyntaxError"),
    ],
)
def test_a_broken_one_is_told_before_anything_runs(bring: Any, source: str, why: str) -> None:
    bring(source)
    with pytest.raises(BrokenAdapter, match=why) as told_so:
        Executor(jobs=1)
    assert "'fractions'" in told_so.value.message
    assert "\n" not in told_so.value.message


def test_the_example_of_the_documentation_can_be_read(bring: Any) -> None:
    text = (ROOT / "recode_data" / "adapters" / "README.md").read_text(encoding="utf-8")
    bring(re.findall(r"```python\n(.*?)```", text, re.DOTALL)[0], name="shapely")
    [example] = [one for one in room.adapters() if not one.ours]
    assert (example.name, example.checks) == ("shapely", {"equals_exact"})


def test_one_that_is_not_there_is_told(bring: Any) -> None:
    bring("", module="theirs.none_such")
    with pytest.raises(BrokenAdapter, match=r"theirs\.none_such"):
        room.adapters()


def test_one_that_only_our_own_python_can_read_is_told(bring: Any) -> None:
    bring("import theirs")  # is not there behind the sandbox
    with pytest.raises(BrokenAdapter, match=r"fractions: .*theirs"):
        server("bwrap")


@pytest.mark.parametrize(
    "line",
    [
        "return [1]",
        "return {'kind': 'x'}",
        "return {'type': 'x', 'value': value}",
        "return misspelt(value)",
        "import none_such",
    ],
)
def test_one_that_fails_makes_a_run_owed_and_no_verdict(bring: Any, line: str) -> None:
    from execution import bare_environment

    bring(
        "import sys\nMODULE = 'fractions'\ndef encode(value, inner):\n"
        "    if isinstance(value, sys.modules['fractions'].Fraction):\n"
        f"        {line}\n"
    )
    with Executor(jobs=1) as executor:
        run = executor.run_one(Job(HALF, bare_environment()))
        fine = executor.run_one(Job("x = 1", bare_environment()))
    assert (run.status, run.message.partition(":")[0]) == ("error", "an adapter failed")
    assert fine.status == "clean"


def test_a_name_error_of_the_program_is_not_an_adapters(warm: WarmServer) -> None:
    code = (
        "import sympy\nclass Odd(sympy.Symbol):\n"
        "    is_Integer = property(lambda self: misspelt)\nx = [Odd('o'), 1]\n"
    )
    odd = {"type": "unencodable", "class": "__main__.Odd", "exception": "NameError"}
    assert values(warm, code)["x"]["items"] == [odd, {"type": "int", "value": 1}]


def test_a_program_cannot_take_builtins_from_an_adapter(warm: WarmServer) -> None:
    code = "import torch, builtins\nx = torch.ones(2)\n"
    plain = values(warm, code)
    assert plain["x"]["data"] == [1.0, 1.0]
    assert values(warm, f"{code}del builtins.getattr") == plain


# The libraries


SYMPY = "import sympy\nx, y = sympy.symbols('x y')\n"


@pytest.mark.parametrize(
    ("code", "held"),
    [
        ("v = x**2 + 2*x*y", "x**2 + 2*x*y"),
        ("v = sympy.Integer(3)", 3),
        ("v = sympy.Float(1.5)", 1.5),
        ("v = sympy.true", True),
        ("v = sympy.Rational(1, 2)", "1/2"),
    ],
)
def test_expressions_are_what_they_print_as(warm: WarmServer, code: str, held: Any) -> None:
    found = values(warm, SYMPY + code)["v"]
    assert (found["type"], found["value"]) == ("scalar", held)


def test_matrices_of_expressions_have_a_shape(warm: WarmServer) -> None:
    found = values(
        warm, SYMPY + "v = sympy.Matrix([[1, x], [y, 2]])\nw = v.T\nz = v.as_immutable()"
    )
    assert found["v"]["shape"] == [2, 2]
    assert unlike(found["v"], found["w"])
    assert not unlike(found["v"], found["z"])


def test_a_set_of_expressions_is_a_set(warm: WarmServer) -> None:
    found = values(warm, SYMPY + "v = sympy.FiniteSet(3, 1, 2)\nw = {1, 2, 3}\nz = {1, 2}")
    assert not unlike(found["v"], found["w"])
    assert unlike(found["v"], found["z"])


MODEL = """
import typing
from {} import BaseModel
class Inner(BaseModel):
    x: int
class Outer(BaseModel):
    inner: Inner
    names: typing.List[str] = []
    class Config:
        extra = 'allow'
v = Outer(inner={{'x': '{}'}}, names=['a'], more=1.5)
"""


def test_models_are_their_fields(warm: WarmServer) -> None:
    new = values(warm, MODEL.format("pydantic", 3))["v"]
    assert (new["type"], new["class"]) == ("dict", "__main__.Outer")
    assert [key["value"] for key, _ in new["items"]] == ["inner", "more", "names"]
    assert new["items"][0][1]["items"][0][1] == {"type": "int", "value": 3}
    assert unlike(new, values(warm, MODEL.format("pydantic", 4))["v"])


TENSOR = "import torch\nv = torch.tensor([[1.0, 2.0], [3.0, float('nan')]])\nw = {}\n"


@pytest.mark.parametrize(
    ("other", "differs"),
    [
        ("v + 1e-12", False),
        ("v.double()", False),
        ("v.T", True),
        ("v.flatten()", True),
        ("v.nan_to_num()", True),
        ("v.nan_to_num().int()", True),
    ],
)
def test_tensors_are_their_elements(warm: WarmServer, other: str, differs: bool) -> None:
    pytest.importorskip("torch")
    found = values(warm, TENSOR.format(other))
    assert bool(unlike(found["v"], found["w"])) == differs


def test_texts_of_two_versions_are_the_same_but_for_their_style() -> None:
    error = (
        "[type=int_type] For further information visit https://errors.pydantic.dev/{}/v/int_type"
    )
    assert same_text(error.format("2.0.3"), error.format("2.14"))
    assert not same_text(error.format("2.0.3"), error.format("2.14").replace("int", "str"))
    shown = (
        "<xarray.Dataset>{}\nDimensions:  (x: 2)\nCoordinates:\n"
        "  * x        (x) <U1{} 'p' 'q'\n    c        float64{} 1.5\n"
        "Data variables:\n    v        (x) float64{} 1.0 {}"
    )
    new = (" Size: 1kB", " 8B", " 8B", " 1.2kB")
    assert same_text(shown.format("", "", "", "", "2.0"), shown.format(*new, "2.0"))
    assert not same_text(shown.format("", "", "", "", "2.0"), shown.format(*new, "2.5"))


# Versions


VERSIONS = {
    "polars": (("0.18.15", "3.11", "2023-09-01"), ("1.31.0", "3.13", "2025-07-01")),
    "xarray": (("2023.8.0", "3.11", "2023-09-10"), ("2025.4.0", "3.13", "2025-05-20")),
}
FRAME = """
import polars as pl
frame = pl.DataFrame({'a': [1, 2, None], 'b': ['x', 'y', 'z'], 'c': [0.5, float('nan'), None]})
series = pl.Series('s', list(range(5000)))
nested = pl.DataFrame({'s': [{'x': 1, 'y': 'q'}], 'l': [[1.5]]})
"""
ARRAY = """
import numpy as np
import xarray as xr
array = xr.DataArray([[1.0, 2.0], [3.0, 4.0]], dims=('x', 'y'), coords={'x': ['p', 'q']}, name='n')
data = xr.Dataset({'v': array, 'w': ('x', [1, 2])}, attrs={'k': 1})
print(array, data)
"""
PROGRAMS = [
    ("polars", FRAME, "frame", "frame.with_columns(a=pl.col('a') + 1)"),
    ("polars", FRAME, "frame", "frame.rename({'a': 'z'})"),
    ("polars", FRAME, "frame", "frame.reverse()"),
    ("polars", FRAME, "series", "series + 1"),
    ("polars", FRAME, "nested", "frame"),
    ("xarray", ARRAY, "array", "array.T"),
    ("xarray", ARRAY, "array", "array.rename(x='z')"),
    ("xarray", ARRAY, "array", "array.assign_coords(x=['p', 'r'])"),
    ("xarray", ARRAY, "data", "data + 1"),
    ("xarray", ARRAY, "data", "data.drop_vars('w')"),
]


@pytest.mark.index
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("library", "code", "name", "other"), PROGRAMS)
def test_two_versions_agree_on_a_value_and_not_on_another(
    library: str, code: str, name: str, other: str
) -> None:
    places = [
        Environment(library, version, python, ("numpy",), f"{day}T00:00:00Z")
        for version, python, day in VERSIONS[library]
    ]
    with Executor(jobs=2) as executor:
        old, new = (executor.run_one(Job(code, place, timeout=60.0)) for place in places)
        wrong = executor.run_one(Job(f"{code}{name} = {other}", places[1], timeout=60.0))
    assert [run.status for run in (old, new, wrong)] == ["clean"] * 3, (old, new, wrong)
    assert same_text(old.stdout, new.stdout)
    assert same_value(old.values[name], new.values[name])
    assert not unlike(old.values[name], new.values[name])
    assert not same_value(old.values[name], wrong.values[name])
    labels_only = "assign_coords" in other or "x='z'" in other or "rename(" in other
    assert bool(unlike(old.values[name], wrong.values[name])) != labels_only


# Names


LIBRARIES = [path.stem for path in sorted((ROOT / "pipeline" / "libraries").glob("*.toml"))]
GENERAL = ["judge", "execute", "codemods", "usage"]
JUSTIFIED = {
    ("judge/topic.py", "words of a message that tell no topic"),
    ("judge/request.py", "the example in the tip of an option"),
    ("execute/doctor.py", "packages of our own extras"),
    ("codemods/patterns.py", "the package that reads our files"),
    ("codemods/made.py", "the package that reads what the sandbox tells"),
}


def test_no_general_code_knows_a_library_by_name() -> None:
    names = {part for name in LIBRARIES for part in (name, load_library(name).package)}
    word = re.compile(rf"\b(?:{'|'.join(sorted(map(re.escape, names)))}|np|pd|plt)\b")
    found, excused = [], set()
    for folder in GENERAL:
        for path in sorted((ROOT / "recode_data" / folder).rglob("*.py")):
            place = str(path.relative_to(ROOT / "recode_data"))
            for line, text in spelled(ast.parse(path.read_text(encoding="utf-8"))):
                if word.search(text):
                    found.append((place, line))
    allowed = {place for place, _ in JUSTIFIED}
    excused = {place for place, _ in found if place in allowed}
    assert [f"{place}:{line}" for place, line in found if place not in allowed] == []
    assert excused == allowed, "an exception that nothing needs any more"


def spelled(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield every name and text of a program but its docstrings, with its line."""
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts = [] if id(node) in prose else [node.value]
        else:
            fields = [getattr(node, name, None) for name in ("id", "attr", "name", "module", "arg")]
            texts = [part for part in fields if isinstance(part, str)]
        for text in texts:
            yield getattr(node, "lineno", 0), text.replace("_", " ")
