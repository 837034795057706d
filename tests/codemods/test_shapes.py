"""Each codemod, before and after, through the ways a program may import what it uses."""

from __future__ import annotations

import pytest

from recode_data.api.snapshot import ApiSymbol, Parameter, ParameterKind
from recode_data.codemods.calls import name_argument, put_keyword
from recode_data.codemods.program import Use
from recode_data.codemods.shapes.default_changed import leave_out, left_out
from recode_data.codemods.shapes.keyword_only import recipes as keyword_only
from recode_data.codemods.shapes.keyword_only import unname_argument
from recode_data.codemods.shapes.keyword_removed import remove_keyword
from recode_data.codemods.shapes.keyword_renamed import rename_keyword
from recode_data.codemods.shapes.keyword_value import change_value
from recode_data.codemods.shapes.member import rename_member
from recode_data.codemods.shapes.rename import rename

NP = "import numpy as np\n\n"


@pytest.mark.parametrize(
    ("old", "new", "before", "after"),
    [
        ("numpy.in1d", "numpy.isin", NP + "print(np.in1d(a, b))\n", NP + "print(np.isin(a, b))\n"),
        (
            "numpy.in1d",
            "numpy.isin",
            "from numpy import in1d as f\n\nprint(f([1], [2]))\n",
            "from numpy import isin as f\n\nprint(f([1], [2]))\n",
        ),
        (
            "numpy.in1d",
            "numpy.isin",
            "from numpy import array, in1d\n\nprint(in1d(array([1]), [2]))\n",
            "from numpy import array, isin\n\nprint(isin(array([1]), [2]))\n",
        ),
        (
            "numpy.int",
            "int",
            NP + "x = np.int(3)\nprint(np.ones(x))\n",
            NP + "x = int(3)\nprint(np.ones(x))\n",
        ),
        ("int", "numpy.int", "print(int(3))\n", NP + "print(np.int(3))\n"),
        (
            "scipy.misc.comb",
            "scipy.special.comb",
            "from scipy.misc import comb\n\nprint(comb(3, 2))\n",
            "from scipy.special import comb\n\nprint(comb(3, 2))\n",
        ),
        (
            "scipy.misc.comb",
            "scipy.special.comb",
            "from scipy.misc import comb as choose\n\nprint(choose(3, 2))\n",
            "from scipy.special import comb as choose\n\nprint(choose(3, 2))\n",
        ),
        (
            "scipy.misc.comb",
            "scipy.special.comb",
            "from scipy import misc\n\nprint(misc.comb(3, 2))\n",
            "from scipy.special import comb\n\nprint(comb(3, 2))\n",
        ),
        (
            "pandas.datetime",
            "datetime.datetime",
            "import pandas as pd\n\nprint(pd.datetime(2012, 5, 1))\n",
            "from datetime import datetime\n\nprint(datetime(2012, 5, 1))\n",
        ),
        (
            "numpy.core",
            "numpy._core",
            NP + "print(np.core.ones(2))\n",
            NP + "print(np._core.ones(2))\n",
        ),
    ],
)
def test_rename(old: str, new: str, before: str, after: str) -> None:
    assert rename(before, Use(old), new) == after


@pytest.mark.parametrize(
    ("old", "new", "before", "after"),
    [
        (
            "pics.Image.CUBIC",
            "pics.Image.Way.CUBIC",
            "from pics import Image\n\nprint(size(Image.CUBIC))\n",
            "from pics import Image\n\nprint(size(Image.Way.CUBIC))\n",
        ),
        (
            "pics.Image.Way.CUBIC",
            "pics.Image.CUBIC",
            "from pics import Image\n\nprint(size(Image.Way.CUBIC))\n",
            "from pics import Image\n\nprint(size(Image.CUBIC))\n",
        ),
        (
            "pics.Image.CUBIC",
            "pics.Image.Way.CUBIC",
            "from pics.Image import CUBIC\n\nprint(size(CUBIC))\n",
            "from pics.Image import Way\n\nprint(size(Way.CUBIC))\n",
        ),
        (
            "pics.CUBIC",
            "pics.ways.Way.CUBIC",
            "import pics\n\nprint(pics.size(pics.CUBIC))\n",
            "import pics\nfrom pics.ways import Way\n\nprint(pics.size(Way.CUBIC))\n",
        ),
    ],
)
def test_rename_to_a_member_of_a_class_and_back(
    old: str, new: str, before: str, after: str
) -> None:
    assert rename(before, Use(old), new, member=new.count(".") > old.count(".")) == after


def test_a_member_cannot_be_imported_under_a_name() -> None:
    code = "from pics.Image import CUBIC as how\n\nprint(size(how))\n"
    assert rename(code, Use("pics.Image.CUBIC"), "pics.Image.Way.CUBIC", member=True) is None


def test_the_old_default_is_written_out_where_it_was_relied_on() -> None:
    use = Use("planted.pad")
    code = "import planted\n\nprint(planted.pad('a'))\n"
    given = "import planted\n\nprint(planted.pad('a', width=6))\n"
    assert left_out(code, use, 1) and not left_out("import planted\nplanted.pad('a', 3)\n", use, 1)
    assert leave_out(given, use, "width", "6") == code
    assert leave_out(given, use, "width", "8") is None
    assert leave_out(given, use, "width", "6.0") is None


def test_a_name_that_only_looks_the_same_is_left_alone() -> None:
    assert (
        rename(NP + "in1d = 3\nprint(in1d, dict(in1d=np.pi))\n", Use("numpy.in1d"), "numpy.isin")
        is None
    )


def test_keyword_renamed() -> None:
    use = Use("numpy.percentile")
    before = NP + 'print(np.percentile(a, 50, interpolation="lower"))\n'
    after = NP + 'print(np.percentile(a, 50, method="lower"))\n'
    assert rename_keyword(before, use, "interpolation", "method") == after
    assert rename_keyword(after, use, "interpolation", "method") is None


def test_keyword_removed_and_put_in() -> None:
    use = Use("numpy.save")
    without = NP + "np.save(f, a)\n"
    given = NP + "np.save(f, a, fix_imports=True)\n"
    assert put_keyword(without, use, "fix_imports", "True") == given
    assert remove_keyword(given, use, "fix_imports") == without
    assert put_keyword(given, use, "fix_imports", "True") is None


def test_arguments_by_name_and_by_position() -> None:
    use, names = Use("numpy.reshape"), ["a", "newshape", "order"]
    plain = NP + "print(np.reshape(a, (2, 3), 'C'))\n"
    named = NP + "print(np.reshape(a, newshape=(2, 3), order='C'))\n"
    assert name_argument(plain, use, names, 1) == named
    assert unname_argument(named, use, names, "order") == plain
    assert name_argument(NP + "print(np.reshape(*a))\n", use, names, 1) is None


def test_defaults_are_written_out_before_an_argument_by_position() -> None:
    use, names = Use("numpy.f"), ["a", "b", "c", "d", "e"]
    known = {"b": "None", "c": "'x'", "d": "3", "e": "4"}
    named = NP + "np.f(a, d=5)\n"
    assert unname_argument(named, use, names, "d") is None
    assert unname_argument(named, use, names, "d", known) == NP + "np.f(a, None, 'x', 5)\n"
    assert unname_argument(named, use, names, "c", known) is None  # nobody gives it
    assert unname_argument(NP + "np.f(a, e=5)\n", use, names, "e", known) is None  # too many


def test_an_argument_that_no_example_gives_is_put_in_by_position_and_by_name() -> None:
    def symbol(kind: ParameterKind) -> ApiSymbol:
        rows = (Parameter("number", "POSITIONAL_OR_KEYWORD"), Parameter("deep", kind, "False"))
        return ApiSymbol("planted.scale", "callable", False, rows, True)

    made = keyword_only(symbol("POSITIONAL_OR_KEYWORD"), symbol("KEYWORD_ONLY"), False)
    head = "from planted import scale\n\n"
    pairs = made[-1].rewrite(f"{head}print(scale(3))\n", Use("planted.scale"))
    assert pairs == [
        (f"{head}print(scale(3, {value}))\n", f"{head}print(scale(3, deep={value}))\n")
        for value in ("True", "False")
    ]
    assert made[-1].last


def test_value_changed() -> None:
    use = Use("pandas.date_range")
    before = "import pandas as pd\n\nprint(pd.date_range('2020', periods=2, freq='M'))\n"
    assert change_value(before, use, "freq", "M", "ME") == before.replace("'M'", "'ME'")


def test_member_renamed_only_where_the_receiver_fits() -> None:
    code = NP + "x = np.arange(3)\nprint(x.tostring(), other.tostring())\n"
    use = Use("numpy.ndarray.tostring", frozenset({(4, 16)}))
    changed = rename_member(code, use, "tobytes")
    assert changed == code.replace("x.tostring", "x.tobytes")


def test_attribute_becomes_a_call_and_back() -> None:
    code = "import networkx as nx\n\ng = nx.Graph()\nprint(g.node)\n"
    use = Use("networkx.Graph.node", frozenset({(4, 12)}))
    called = rename_member(code, use, "nodes", "to_call")
    assert called == code.replace("g.node", "g.nodes()")
    back = Use("networkx.Graph.nodes", frozenset({(4, 13)}))
    assert called and rename_member(called, back, "node", "to_attribute") == code


def test_a_new_name_that_a_variable_has_already() -> None:
    code = "from a import graph_laplacian\n\nlaplacian = graph_laplacian(m)\nprint(laplacian)\n"
    assert rename(code, Use("a.graph_laplacian"), "b.laplacian") is None
    assert rename(code, Use("a.graph_laplacian"), "a.laplacian") is None
    assert rename(code, Use("a.graph_laplacian"), "numpy.laplacian") is not None


def test_a_keyword_is_put_where_the_others_stand() -> None:
    code = "from a import f\n\nx = f(\n    1,\n    b=2,\n)\n"
    assert put_keyword(code, Use("a.f"), "c", "3") == (
        "from a import f\n\nx = f(\n    1,\n    b=2,\n    c=3,\n)\n"
    )


def test_a_module_that_a_package_does_not_import_by_itself() -> None:
    code = "import matplotlib as mpl\n\nprint(mpl.rcParams['a'], np.exp(3))\n"
    code = code.replace("import matplotlib as mpl", "import matplotlib as mpl\nimport numpy as np")
    changed = rename(code, Use("numpy.exp"), "matplotlib.mlab.exp_safe")
    assert changed is not None and "from matplotlib.mlab import exp_safe\n" in changed
    assert rename(code, Use("matplotlib.rcParams"), "matplotlib.settings") == code.replace(
        "rcParams", "settings"
    )
