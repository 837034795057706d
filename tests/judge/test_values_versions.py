"""Equality by value between two real versions of real libraries: the same object is the same,
and what differs in type, shape, labels or contents is not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from recode_data.execute import Executor, Job
from recode_data.execute.wheels import resolve_pair
from recode_data.judge.comparison import difference
from recode_data.library import load_library

pytestmark = [pytest.mark.index, pytest.mark.timeout(600)]

VERSIONS = {
    "pandas": ("1.5.3", "2.2.3"),
    "scikit-learn": ("1.4.2", "1.6.1"),
    "matplotlib": ("3.8.4", "3.9.4"),
    "networkx": ("2.8.8", "3.2.1"),
}
HEADS = {
    "pandas": "import numpy as np\nimport pandas as pd\n",
    "scikit-learn": "import numpy as np\nfrom sklearn.linear_model import Ridge\n"
    "X = np.arange(8.0).reshape(4, 2)\ny = np.array([1.0, 2.0, 2.5, 4.0])\n",
    "matplotlib": "import matplotlib\nmatplotlib.use('Agg')\nimport matplotlib.pyplot as plt\n"
    "fig, ax = plt.subplots()\n",
    "networkx": "import networkx as nx\nG = nx.Graph()\n",
}
SAME = {
    "pandas": (
        ("df = pd.DataFrame({'a': [1, 2]}, index=['x', 'y'])",) * 2,
        ("i = pd.Index([1, 2, 3])", "i = pd.Index(np.array([1, 2, 3]))"),
        ("s = pd.Series([0.1 + 0.2, np.nan])", "s = pd.Series([0.3, np.nan])"),
    ),
    "scikit-learn": (("m = Ridge(alpha=1.0).fit(X, y)", "m = Ridge().fit(X, y)"),),
    "matplotlib": (
        ("ax.plot([1, 2], [3, 4])", "ax.plot((1, 2), (3, 4))"),
        ("ax.plot([1, 2], [3, 4], 'r')", "ax.plot([1, 2], [3, 4], color='#ff0000')"),
        ("ax.boxplot([[1, 2, 3]], labels=['a'])", "ax.boxplot([[1, 2, 3]], tick_labels=['a'])"),
    ),
    "networkx": (("G.add_edge(1, 2)", "G.add_edges_from([(1, 2)])"),),
}
OTHER = {
    "pandas": (
        ("s = pd.Series([1, 2])", "s = pd.Series([1.0, 2.0])"),
        ("s = pd.Series([1, 2])", "s = pd.Series([1, 2], index=[1, 2])"),
        ("s = pd.Series([1, 2])", "s = pd.DataFrame([1, 2])"),
        ("s = pd.Series([1, 2], name='a')", "s = pd.Series([1, 2], name='b')"),
        ("d = pd.DataFrame({'a': [1]})", "d = pd.DataFrame({'b': [1]})"),
        ("c = pd.Series(list('ab'))", "c = pd.Series(list('ab'), dtype='category')"),
    ),
    "scikit-learn": (
        ("m = Ridge().fit(X, y)", "m = Ridge(alpha=2.0).fit(X, y)"),
        ("m = Ridge().fit(X, y)", "m = Ridge()"),
    ),
    "matplotlib": (
        ("ax.plot([1, 2], [3, 4])", "ax.plot([1, 2], [3, 5])"),
        ("ax.plot([1, 2], [3, 4])", "ax.bar([1, 2], [3, 4])"),
        ("ax.set_title('a')", "ax.set_title('b')"),
        ("ax.plot([1, 2], color='r')", "ax.plot([1, 2], color='b')"),
        ("ax.plot([1, 2], label='a')", "ax.plot([1, 2], label='b')"),
        ("ax.plot([1, 2], label='a')\nax.legend()", "ax.plot([1, 2], label='a')"),
    ),
    "networkx": (("G.add_edge(1, 2)", "G.add_edge(1, 3)"),),
}


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    with Executor(jobs=1) as opened:
        yield opened


@pytest.mark.parametrize("name", VERSIONS)
def test_values_of_two_versions(name: str, executor: Executor) -> None:
    pair = resolve_pair(load_library(name), *VERSIONS[name])
    found: dict[tuple[str, str], bool] = {}
    for codes in SAME[name] + OTHER[name]:
        left, right = (
            executor.run_one(Job(HEADS[name] + code, environment, timeout=60.0))
            for code, environment in zip(codes, pair, strict=True)
        )
        assert (left.status, right.status) == ("clean", "clean"), left.message + right.message
        found[codes] = difference(left, right) == ""
    assert found == dict.fromkeys(SAME[name], True) | dict.fromkeys(OTHER[name], False)
