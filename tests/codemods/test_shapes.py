"""Each codemod, before and after, through the ways a program may import what it uses."""

from __future__ import annotations

import re

import pytest

from recode_data.codemods import keyword as kw
from recode_data.codemods.member import rename_member
from recode_data.codemods.rename import rename
from recode_data.codemods.source import Use
from recode_data.codemods.template import Template, apply_template
from recode_data.codemods.templates import TEMPLATES

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
    assert rename(before, old, new) == after


def test_a_name_that_only_looks_the_same_is_left_alone() -> None:
    assert (
        rename(NP + "in1d = 3\nprint(in1d, dict(in1d=np.pi))\n", "numpy.in1d", "numpy.isin") is None
    )


def test_keyword_renamed() -> None:
    use = Use("numpy.percentile")
    before = NP + 'print(np.percentile(a, 50, interpolation="lower"))\n'
    after = NP + 'print(np.percentile(a, 50, method="lower"))\n'
    assert kw.rename_keyword(before, use, "interpolation", "method") == after
    assert kw.rename_keyword(after, use, "interpolation", "method") is None


def test_keyword_removed_and_put_in() -> None:
    use = Use("numpy.save")
    without = NP + "np.save(f, a)\n"
    given = NP + "np.save(f, a, fix_imports=True)\n"
    assert kw.put_keyword(without, use, "fix_imports", "True") == given
    assert kw.remove_keyword(given, use, "fix_imports") == without
    assert kw.put_keyword(given, use, "fix_imports", "True") is None


def test_arguments_by_name_and_by_position() -> None:
    use, names = Use("numpy.reshape"), ["a", "newshape", "order"]
    plain = NP + "print(np.reshape(a, (2, 3), 'C'))\n"
    named = NP + "print(np.reshape(a, newshape=(2, 3), order='C'))\n"
    assert kw.name_argument(plain, use, names, 1) == named
    assert kw.unname_argument(named, use, names, "order") == plain
    assert kw.name_argument(NP + "print(np.reshape(*a))\n", use, names, 1) is None


def test_defaults_are_written_out_before_an_argument_by_position() -> None:
    use, names = Use("numpy.f"), ["a", "b", "c", "d", "e"]
    known = {"b": "None", "c": "'x'", "d": "3", "e": "4"}
    named = NP + "np.f(a, d=5)\n"
    assert kw.unname_argument(named, use, names, "d") is None
    assert kw.unname_argument(named, use, names, "d", known) == NP + "np.f(a, None, 'x', 5)\n"
    assert kw.unname_argument(named, use, names, "c", known) is None  # nobody gives it
    assert kw.unname_argument(NP + "np.f(a, e=5)\n", use, names, "e", known) is None  # too many


def test_value_changed() -> None:
    use = Use("pandas.date_range")
    before = "import pandas as pd\n\nprint(pd.date_range('2020', periods=2, freq='M'))\n"
    assert kw.change_value(before, use, "freq", "M", "ME") == before.replace("'M'", "'ME'")


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
def test_template(source: str, target: str, before: str, after: str, use: Use) -> None:
    assert apply_template(before, source, target, use) == after


def test_what_a_template_writes_twice_is_a_name() -> None:
    source, target = "numpy.f(_a)", "_a.view(_a.dtype)"
    use = Use("numpy.f")
    assert apply_template(NP + "print(np.f(x))\n", source, target, use) == (
        "print(x.view(x.dtype))\n"
    )
    assert apply_template(NP + "print(np.f(g(3)))\n", source, target, use) is None


def test_a_template_with_other_arguments_does_not_fit() -> None:
    code = NP + "print(np.asscalar())\n"
    assert apply_template(code, "numpy.asscalar(_a)", "_a.item()", Use("numpy.asscalar")) is None


@pytest.mark.parametrize("one", TEMPLATES, ids=lambda one: f"{one.symbol} {one.old}")
def test_every_template_fits_its_own_old_pattern(one: Template) -> None:
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
    changed = apply_template(code, one.old, one.new, use)
    assert changed and program not in changed.split("\n")


def test_a_new_name_that_a_variable_has_already() -> None:
    code = "from a import graph_laplacian\n\nlaplacian = graph_laplacian(m)\nprint(laplacian)\n"
    assert rename(code, "a.graph_laplacian", "b.laplacian") is None
    assert rename(code, "a.graph_laplacian", "a.laplacian") is None
    assert rename(code, "a.graph_laplacian", "numpy.laplacian") is not None


def test_a_keyword_is_put_where_the_others_stand() -> None:
    code = "from a import f\n\nx = f(\n    1,\n    b=2,\n)\n"
    assert kw.put_keyword(code, Use("a.f"), "c", "3") == (
        "from a import f\n\nx = f(\n    1,\n    b=2,\n    c=3,\n)\n"
    )


def test_a_keyword_after_the_rest_of_the_arguments() -> None:
    old, new = "_a.boxplot(*__rest, vert=False)", "_a.boxplot(*__rest, orientation='horizontal')"
    before = "from x import ax\n\nax.boxplot([1, 2], vert=False, notch=True)\n"
    after = "from x import ax\n\nax.boxplot([1, 2], notch=True, orientation='horizontal')\n"
    assert apply_template(before, old, new, Use("x")) == after
    assert apply_template(after, new, old, Use("x")) is not None
    assert apply_template(before.replace("False", "True"), old, new, Use("x")) is None


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
    fitting = [one for one in TEMPLATES if one.symbol == symbol]
    changed = [apply_template(head.format(before), one.old, one.new, use) for one in fitting]
    assert [code.split("\n")[2] for code in changed if code] == [f"print({after})"]


def test_a_module_that_a_package_does_not_import_by_itself() -> None:
    code = "import matplotlib as mpl\n\nprint(mpl.rcParams['a'], np.exp(3))\n"
    code = code.replace("import matplotlib as mpl", "import matplotlib as mpl\nimport numpy as np")
    changed = rename(code, "numpy.exp", "matplotlib.mlab.exp_safe")
    assert changed is not None and "from matplotlib.mlab import exp_safe\n" in changed
    assert rename(code, "matplotlib.rcParams", "matplotlib.settings") == code.replace(
        "rcParams", "settings"
    )
