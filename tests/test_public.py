"""The public names: importable, documented, and their examples run."""

from __future__ import annotations

import dataclasses
import doctest
import importlib
import inspect

import pytest

import recode_data

DOCTESTED = [
    "recode_data", "recode_data.workspace", "recode_data.workspace.reviews", "recode_data.rewards",
    "recode_data.rewards.published", "recode_data.rewards.worth", "recode_data.judge",
    "recode_data.duplicates.clusters",
]  # fmt: skip


@pytest.mark.parametrize("name", recode_data.__all__)
def test_every_public_name_is_documented(name: str) -> None:
    value = getattr(recode_data, name)
    assert inspect.getdoc(value)
    if inspect.isclass(value) and value.__module__.startswith("recode_data"):
        methods = inspect.getmembers(value, inspect.isfunction)
        own = [m for n, m in methods if not n.startswith("_") and n in vars(value)]
        assert all(inspect.getdoc(method) for method in own)


def test_dir_lists_the_public_names() -> None:
    assert set(recode_data.__all__) <= set(dir(recode_data))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="frobnicate"):
        _ = recode_data.frobnicate


@pytest.mark.parametrize("module", DOCTESTED)
def test_the_examples_run(module: str) -> None:
    results = doctest.testmod(importlib.import_module(module))
    assert results.attempted > 0
    assert results.failed == 0


@pytest.mark.index
@pytest.mark.timeout(200)
def test_entries_at_hand_are_judged_in_their_order() -> None:
    code = "import numpy as np\nrows = np.array([[3, 1, 4], [1, 5, 9]])\n"
    entry = recode_data.Entry(
        "numpy", "==1.25.0", "Multiply.", "`np.product` is deprecated, use `np.prod`.",
        code + "print(np.product(rows, axis=1).tolist())",
        code + "print(np.prod(rows, axis=1).tolist())",
    )  # fmt: skip
    same = dataclasses.replace(entry, new_code=entry.old_code)
    verdicts = recode_data.validate_entries([same, entry])
    assert [verdict.entry_id for verdict in verdicts] == [same.id, entry.id]
    assert [verdict.status for verdict in verdicts] == ["invalid", "valid"], verdicts[1].detail
    assert verdicts[1].kind == "deprecated"
