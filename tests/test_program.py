"""What a run tells of its program: values, calls and warnings, exactly."""

from __future__ import annotations

import ast
import json
import math
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from execution import server, told

from recode_data.adapters import adapters
from recode_data.execute.interpreters import interpreters
from recode_data.execute.sandbox import TARGET
from recode_data.execute.warm import WarmServer


def samples() -> dict[str, list[str]]:
    """Return the pieces of code that warm a server, by the module that they need."""
    warm = ast.parse((TARGET / "warm.py").read_text(encoding="utf-8")).body
    [python] = [ast.literal_eval(one.value) for one in warm if isinstance(one, ast.Assign)
                and ast.unparse(one.targets[0]) == "PYTHON"]  # fmt: skip
    found = {"json": python}
    for one in adapters():
        found |= runpy.run_path(str(one.path)).get("SAMPLES", {})
    return found


@pytest.fixture(scope="module")
def warm() -> Iterator[WarmServer]:
    """A server with the packages of the environment that runs the tests."""
    opened = server("bwrap", environment=Path(sys.prefix), preload=("numpy", "pandas"))
    opened.prepare()
    yield opened
    opened.close()


def report(warm: WarmServer, code: str, *trace: str) -> dict[str, Any]:
    answer = warm.run(code, trace, 30.0)
    assert answer.header["ended"], answer.report[:2000]
    return told(answer)


def value(warm: WarmServer, code: str) -> dict[str, Any]:
    found = report(warm, code)["values"]["x"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    ("code", "encoded"),
    [
        ("x = None", {"type": "none"}),
        ("x = True", {"type": "bool", "value": True}),
        ("x = 10**30", {"type": "int", "value": 10**30}),
        ("x = 0.1 + 0.2", {"type": "float", "value": 0.1 + 0.2}),
        ("x = -0.0", {"type": "float", "value": -0.0}),
        ("x = float('nan')", {"type": "float", "value": "nan"}),
        ("x = -float('inf')", {"type": "float", "value": "-inf"}),
        ("x = 1 + 2j", {"type": "complex", "value": [1.0, 2.0]}),
        ("x = 'é\\ud800'", {"type": "str", "value": "é\ud800"}),
        ("x = b'\\0a'", {"type": "bytes", "value": "0061"}),
        ("x = range(3)", {"type": "object", "class": "builtins.range", "repr": "range(0, 3)"}),
        ("x = [1]\nx.append(x)", {"type": "list", "items": [
            {"type": "int", "value": 1}, {"type": "cut", "class": "builtins.list"}]}),
    ],
)  # fmt: skip
def test_plain_values(warm: WarmServer, code: str, encoded: dict[str, Any]) -> None:
    found = value(warm, code)
    assert found == encoded
    if isinstance(encoded.get("value"), float):
        assert math.copysign(1, found["value"]) == math.copysign(1, encoded["value"])


def test_order_of_sets_and_dicts_does_not_count(warm: WarmServer) -> None:
    one = value(warm, "x = [{'b': 1, 'a': 2}, {3, 1, 2}]")
    other = value(warm, "x = [{'a': 2, 'b': 1}, {2, 3, 1}]")
    assert one == other


def test_a_dict_of_another_class_says_so(warm: WarmServer) -> None:
    found = value(warm, "import collections\nx = collections.OrderedDict(a=1)")
    assert (found["type"], found["class"]) == ("dict", "collections.OrderedDict")


def test_addresses_are_removed(warm: WarmServer) -> None:
    code = (
        "class A:\n    def __init__(self): self.a = 1\nx = [A(), map(str, []), 'at 0x7f00112233']"
    )
    assert json.dumps(value(warm, code)) == json.dumps(value(warm, code))
    assert "0x7f00112233" in json.dumps(value(warm, code))  # a text keeps what it says


def test_arrays(warm: WarmServer) -> None:
    code = "import numpy as np\nx = np.array([[1.5, np.nan], [np.inf, -0.0]], dtype='f4')"
    assert value(warm, code) == {
        "type": "ndarray", "dtype": "float32", "shape": [2, 2], "data": [1.5, "nan", "inf", -0.0],
    }  # fmt: skip
    assert value(warm, "import numpy as np\nx = np.float32(0.1)") == {
        "type": "scalar", "dtype": "float32", "value": 0.10000000149011612,
    }  # fmt: skip
    record = value(
        warm, "import numpy as np\nx = np.array([(1, 'a')], dtype=[('n', 'i4'), ('s', 'U1')])"
    )
    assert record["data"][0]["items"][1] == {"type": "str", "value": "a"}
    masked = value(warm, "import numpy as np\nx = np.ma.array([1, 2], mask=[0, 1])")
    assert masked["mask"] == [False, True]
    time = value(warm, "import numpy as np\nx = np.array(['2020-01-02'], dtype='M8[D]')")
    assert time["data"] == ["2020-01-02"]


def test_a_large_array_is_sampled_and_hashed(warm: WarmServer) -> None:
    code = "import numpy as np\nx = np.arange(1_000_000.0)\nx[{}] += 1"
    first, second = value(warm, code.format(999_999)), value(warm, code.format(1))
    assert len(first["data"]) <= 2000
    assert first["shape"] == [1_000_000]
    assert first["data"] == second["data"]
    assert first["hash"] != second["hash"]


def test_pandas_objects_keep_index_and_dtypes(warm: WarmServer) -> None:
    found = value(
        warm, "import pandas as pd\nx = pd.DataFrame({'a': [1, 2], 'b': list('xy')}, index=[5, 7])"
    )
    assert found["type"] == "dataframe"
    assert found["dtypes"][0] == "int64"
    assert found["index"]["data"]["data"] == [5, 7]
    assert found["data"][0]["data"] == [1, 2]
    series = value(
        warm, "import pandas as pd\nx = pd.Series([1.5, None], name='n').astype('Float64')"
    )
    assert (series["type"], series["dtype"]) == ("series", "Float64")
    dates = value(warm, "import pandas as pd\nx = pd.date_range('2020', periods=2, freq='D')")
    assert (dates["class"], dates["frequency"]) == ("DatetimeIndex", "D")


def test_definitions_are_no_values(warm: WarmServer) -> None:
    code = "import os, numpy as np\nfrom numpy import isin, add\nclass A: pass\ndef f(): pass\n_p = 1\ny = 2"
    assert list(report(warm, code)["values"]) == ["y"]


@pytest.mark.parametrize(
    ("code", "calls"),
    [
        ("import numpy as np\nnp.isin([1], [2])", {"numpy.isin"}),
        ("from numpy import isin as i\ni([1], test_elements=[2])",
         {"numpy.isin", "numpy.isin(test_elements=)"}),
        ("import numpy as np\nnp.array([1.5]).tobytes(order='C')",
         {"numpy.ndarray.tobytes", "numpy.ndarray.tobytes(order=)", "numpy.ndarray.tobytes(order='C')"}),
        ("import numpy as np\ngetattr(np, 'isin')", {"numpy.isin"}),
        ("import numpy.linalg as la\nla.norm([1])", {"numpy.linalg", "numpy.linalg.norm"}),
        ("import numpy as np\nnp.add.reduce([1])", {"numpy.add.reduce", "numpy.ufunc.reduce"}),
        ("import numpy as np\nclass M(np.ndarray): pass\nnp.zeros(2).view(M).sum()",
         {"numpy.ndarray.sum"}),
        ("import numpy as np\nf = lambda a, k=np.pi: [b.real for b in a]\nf([np.float64(1)])",
         {"numpy.pi", "numpy.float64"}),
        ("import numpy as np\nx: np.ndarray = np.ones(1)\nprint(f'{np.e:.1f}')", {"numpy.e"}),
    ],
)  # fmt: skip
def test_calls_are_traced(warm: WarmServer, code: str, calls: set[str]) -> None:
    assert calls <= set(report(warm, code, "numpy")["calls"])


def test_calls_of_a_receiver_are_named_by_its_class(warm: WarmServer) -> None:
    code = "import pandas as pd\ns = pd.Series(['a'])\ns.str.upper()\npd.DataFrame({'a': [1]}).to_csv(index=False)"
    calls = set(report(warm, code, "pandas")["calls"])
    assert {
        "pandas.Series.str",
        "pandas.Series.str.upper",
        "pandas.DataFrame.to_csv(index=)",
    } <= calls


def test_other_packages_and_text_are_not_traced(warm: WarmServer) -> None:
    code = "import json, numpy as np\njson.dumps('np.isin')  # np.isin\nx = 'numpy.isin'"
    assert set(report(warm, code, "numpy")["calls"]) == {"numpy"}


SEMANTICS = """
from __future__ import annotations
"a docstring"
import inspect, numpy as np, sys, typing
class K:
    __slots__ = ("_K__p", "q")
    def __init__(self): self.__p = 1; self.q = 2
    def get(self): return self.__p
    def zero(self): return super().__init__
def annotated(a: np.ndarray, *b: np.generic, c: int = 1) -> np.float64: return a
k = K()
k.q += 1
del k.q
with np.errstate(divide="ignore") as state: pass
name = sys._getframe().f_code.co_name
lines = [frame.lineno for frame in inspect.stack()][:1]
hints = annotated.__annotations__
match_ok = None
try:
    np.no_such_thing
except AttributeError as error:
    message = str(error)
    line = error.__traceback__.tb_lineno
got = k.get()
source = inspect.getsource(annotated)
"""


def test_tracing_changes_nothing_that_a_program_sees(warm: WarmServer) -> None:
    plain, traced = report(warm, SEMANTICS), report(warm, SEMANTICS, "numpy", "sys", "inspect")
    assert plain["values"] == traced["values"]
    assert plain["warnings"] == traced["warnings"]


@pytest.mark.parametrize("trace", [(), ("warnings",)])
def test_lines_of_errors_and_warnings_stay_right(warm: WarmServer, trace: tuple[str, ...]) -> None:
    code = (
        "import warnings\n"
        "class Old:\n"
        "    @property\n"
        "    def gone(self):\n"
        "        warnings.warn('gone', DeprecationWarning, stacklevel=2)\n"
        "old = Old()\n"
        "\n"
        "x = old.gone\n"
        "{}.y\n"
    )
    answer = warm.run(code, trace, 10.0)
    found = told(answer)
    assert [warned[:2] for warned in found["warnings"]] == [["DeprecationWarning", "gone"]]  # type: ignore[attr-defined]
    assert found["warnings"][0][2][0] == 5  # type: ignore[index]  # the program's innermost line
    assert (found["exception"], found["where"][0]) == ("AttributeError", 9)  # type: ignore[index]


LIBRARY = """
import sys, types, warnings
source = '''
import warnings
def old():
    warnings.warn("gone", DeprecationWarning, stacklevel=2)
    return 4
def quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return old()
class quieter(warnings.catch_warnings):
    def __enter__(self):
        super().__enter__()
        warnings.simplefilter("ignore")
'''
library = types.ModuleType("library")
exec(compile(source, "/lib/library.py", "exec"), vars(library))
old, quiet, quieter = library.old, library.quiet, library.quieter
"""
HIDE = "('ignore', None, Warning, None, 0)"


@pytest.mark.parametrize(
    "silencing",
    [
        "with warnings.catch_warnings():\n    warnings.simplefilter('ignore')\n    old()",
        "with warnings.catch_warnings(record=True) as kept:\n    old()",
        "warnings.filterwarnings('ignore', category=DeprecationWarning)\nold()",
        "warnings.filterwarnings('ignore', 'gone')\nold()",
        "def hush():\n    warnings.simplefilter('ignore')\nhush()\nold()",
        "warnings.warn = lambda *a, **k: None\nold()",
        "warnings.showwarning = lambda *a, **k: None\nold()",
        f"warnings.filters = [{HIDE}]\nold()",
        f"warnings.filters[:] = [{HIDE}]\nold()",
        f"warnings.filters.clear()\nwarnings.filters.append({HIDE})\nold()",
        "warnings.simplefilter('error')\ntry:\n    old()\nexcept DeprecationWarning:\n    pass",
        "with quieter():\n    old()",
        "from unittest import mock\nwith mock.patch('warnings.warn'):\n    old()",
        "import logging\nlogging.captureWarnings(True)\nold()",
    ],
)
def test_a_program_cannot_silence_what_is_written_down(warm: WarmServer, silencing: str) -> None:
    found = told(warm.run(LIBRARY + silencing, (), 10.0))
    assert [warned[:2] for warned in found["warnings"]] == [["DeprecationWarning", "gone"]]  # type: ignore[attr-defined]


def test_what_a_library_silences_itself_is_not_written_down(warm: WarmServer) -> None:
    assert report(warm, LIBRARY + "x = quiet()")["warnings"] == []
    heard = report(warm, LIBRARY + "x = quiet() + old()")["warnings"]
    assert [warned[:2] for warned in heard] == [["DeprecationWarning", "gone"]]


def test_a_program_that_records_warnings_still_gets_them(warm: WarmServer) -> None:
    code = LIBRARY + (
        "with warnings.catch_warnings(record=True) as kept:\n"
        "    warnings.simplefilter('always')\n"
        "    old()\n"
        "    old()\n"
        "x = [(str(w.message), w.category.__name__) for w in kept]\n"
    )
    assert len(report(warm, code)["values"]["x"]["items"]) == 2


@pytest.mark.parametrize(
    "code",
    [
        "getattr(np, 'in' + '1d', None)",
        "hasattr(np, 'in1d')",
        "exec('f = np.in1d')",
        "eval('np.in1d')",
        "np.in1d",
        "def f():\n    return getattr(np, 'in1d', 1)\nf()",
    ],
)
def test_a_name_is_traced_however_it_is_looked_up(warm: WarmServer, code: str) -> None:
    guarded = f"import numpy as np\ntry:\n{indented(code)}\nexcept AttributeError:\n    pass"
    assert "numpy.in1d" in report(warm, guarded, "numpy")["calls"]


@pytest.mark.parametrize(
    "code",
    [
        "np.float_ = float",
        "setattr(np, 'float_', float)",
        "vars(np)['float_'] = float",
        "np.__dict__.update(float_=float)",
    ],
)
def test_what_is_put_into_a_library_is_traced(warm: WarmServer, code: str) -> None:
    found = report(warm, f"import numpy as np\nnp.ones(1)\n{code}", "numpy")
    assert "numpy.float_=" in found["calls"]


def indented(code: str) -> str:
    return "\n".join(f"    {line}" for line in code.splitlines())


@pytest.mark.parametrize(
    ("code", "files"),
    [
        ("x = 1", 0),
        ("open('left.txt', 'w').write('x')", 1),
        ("import os\nos.makedirs('a/b')\nopen('a/b/c', 'w').close()\nopen('.d', 'w').close()", 2),
        ("import os\nos.makedirs('.cache')\nopen('.cache/fonts', 'w').close()", 0),
        ("import atexit\natexit.register(lambda: open('late', 'w').close())", 1),
        (
            "import tempfile\nwith tempfile.TemporaryDirectory() as d: open(d + '/x', 'w').close()",
            0,
        ),
    ],
)
def test_files_that_are_left_are_counted(warm: WarmServer, code: str, files: int) -> None:
    assert report(warm, code)["files"] == files


def test_uses_have_their_places(warm: WarmServer) -> None:
    code = "import numpy as np\nfrom numpy import isin\nx = isin([1], np.ones(1)).sum()\n"
    uses = report(warm, code, "numpy")["uses"]
    assert [3, 4, "numpy.isin"] in uses and [3, 14, "numpy.ones"] in uses
    assert [3, 4, "numpy.ndarray.sum"] in uses


@pytest.mark.parametrize("prepared", [False, True])
@pytest.mark.parametrize("python", list(interpreters()))
def test_the_same_on_every_python(python: str, prepared: bool) -> None:
    opened = server("bwrap", python=python)
    if prepared:
        opened.prepare()
    code = (
        "import json as j, sys, warnings\n"
        "from json import dumps\n"
        "x = {'a': [1.5, (None, 'é')]}\n"
        "y = dumps(x, sort_keys=True)\n"
        "warnings.warn('w', FutureWarning)\n"
        "print(j.loads(y, parse_int=int), *sys.version_info[:2])\n"
    )
    try:
        answer = opened.run(code, ("json",), 20.0)
        found = told(answer)
        assert answer.header["ended"]
        assert answer.output.decode().split()[-2:] == python.split(".")
        [[category, message, where]] = found["warnings"]  # type: ignore[misc]
        assert (category, message, where[0]) == ("FutureWarning", "w", 5)
        exact = tuple(map(int, python.split("."))) >= (3, 11)
        assert where[1:] == ([0, 5, 33] if exact else [])
        assert set(found["calls"]) >= {  # type: ignore[call-overload]
            "json", "json.dumps", "json.dumps(sort_keys=)", "json.loads", "json.loads(parse_int=)",
        }  # fmt: skip
        for lie in ("import os\nos._exit(0)", "import sys\nsys.exit(0)", "1/0"):
            assert not opened.run(lie, (), 20.0).header["ended"]
    finally:
        opened.close()


def test_a_program_may_use_names_that_the_harness_has(warm: WarmServer) -> None:
    code = (
        "import sys\nnames = ['forks', 'program', 'encode', 'streams', 'jail', 'warm', 'server']\n"
        "mine = [n for n in names if n in sys.modules]\n"
        "found = []\n"
        "for name in names:\n"
        "    try: __import__(name); found.append(name)\n"
        "    except ImportError: pass\n"
    )
    values = report(warm, code)["values"]
    assert values["mine"]["items"] == values["found"]["items"] == []


def test_what_warms_a_server_leaves_nothing_behind(warm: WarmServer) -> None:
    code = (
        "import builtins, sys\n"
        "left = [n for n in dir(builtins) if 'recode' in n]\n"
        "heard = len(sys.modules['__main__'].__dict__.get('__warningregistry__', {}))\n"
    )
    values = report(warm, code)["values"]
    assert values["left"]["items"] == []
    assert values["heard"]["value"] == 0


@pytest.mark.parametrize("python", [p for p in interpreters() if p in ("3.12", "3.13")])
def test_what_a_prepared_server_holds_is_not_counted(python: str) -> None:
    opened = server("bwrap", python=python, preload=("decimal", "json"))
    opened.prepare()
    code = (
        "import decimal, json, sys\n"
        "method = vars(decimal.Decimal)['quantize']\n"
        "names = [name for name in vars(decimal.Decimal) if name == 'quantize']\n"
        "held = [method, names[0], json.dumps, json.dumps.__code__, json.encoder.INFINITY]\n"
        "few = [str(x) for x in held if sys.getrefcount(x) < 1 << 31]\n"
    )
    try:
        assert told(opened.run(code, (), 20.0))["values"]["few"]["items"] == []
    finally:
        opened.close()


@pytest.mark.parametrize(
    ("module", "piece"),
    [(name, piece) for name, pieces in samples().items() for piece in pieces],
)
def test_what_warms_a_server_runs_to_its_end(warm: WarmServer, module: str, piece: str) -> None:
    pytest.importorskip(module)
    assert report(warm, piece, module.partition(".")[0])["calls"] is not None


def test_values_of_a_pandas_that_has_no_to_numpy() -> None:
    np = pytest.importorskip("numpy")
    [pandas] = [one for one in adapters() if one.name == "pandas"]
    plain = runpy.run_path(str(pandas.path))["plain"]

    class Old:
        def __init__(self, values: Any, dtype: str) -> None:
            self.values, self.dtype = values, dtype

        def astype(self, kind: type) -> Old:
            return Old(np.asarray(["u", "v"], dtype=kind), "object")

    numbers = np.array([1, 2])
    assert plain(Old(numbers, "int64")) is numbers
    assert plain(Old(["u", "v"], "category")).tolist() == ["u", "v"]
    assert plain(Old(numbers, "datetime64[ns, UTC]")).dtype == object


@pytest.mark.parametrize("python", list(interpreters()))
@pytest.mark.parametrize(
    "code",
    [
        "import decimal\nx = decimal.Decimal(1)" + ".copy_abs()" * 165,
        "import decimal\nx = decimal.Decimal(1)" + ".copy_abs()" * 600,
        "import decimal\nx = " + " + ".join(["decimal.Decimal(1)"] * 330),
        "import decimal\nx = " + " + ".join(["decimal.Decimal(1)"] * 2000),
    ],
    ids=["chain of 165", "chain of 600", "sum of 330", "sum of 2000"],
)
def test_a_deep_program_is_traced_and_its_limit_is_the_usual_one(python: str, code: str) -> None:
    opened = server("bwrap", python=python)
    try:
        answer = opened.run(code + "\nimport sys\nprint(sys.getrecursionlimit())", ("decimal",), 30)
    finally:
        opened.close()
    assert answer.header["ended"]
    assert answer.output == b"1000\n"
    deepest = code.count("(") > 500
    if not (deepest and python == "3.12"):  # its compiler takes no deeper tree whatever the limit
        assert "decimal.Decimal" in told(answer)["calls"]  # type: ignore[operator]
