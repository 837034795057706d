"""The public names: importable, documented, and their examples run."""

from __future__ import annotations

import dataclasses
import doctest
import importlib
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import recode_data
from recode_data import rewards
from recode_data.errors import UsageError

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


ENTRY = recode_data.Entry("numpy", "==2.0", "Describe.", "Update.", "x = 1", "y = 1")
ANSWER = "```python\ny = 1\n```"
WRONG: dict[str, tuple[Callable[..., Any], tuple[Any, ...], str]] = {
    "a status that no entry has": (recode_data.Workspace.entries, ("", "vald"), "vald"),
    "a number as a status": (recode_data.Workspace.entries, ("", 3), "status is a text, not 3"),
    "a number as a library": (recode_data.Workspace.entries, (3,), "library is a text, not 3"),
    "a kind that is none": (recode_data.Workspace.all, (int,), "keeps no int"),
    "a kind by its name": (recode_data.Workspace.all, ("Entry",), "keeps no 'Entry'"),
    "one record": (recode_data.Workspace.add, (ENTRY,), "not as one Entry"),
    "a row": (recode_data.Workspace.add, ([{"dependency": "numpy"}],), "no record: dict"),
    "nothing": (recode_data.Workspace.add, (None,), "not as one NoneType"),
    "bytes as code": (
        recode_data.Workspace.add, ([dataclasses.replace(ENTRY, old_code=b"x")],),
        "old_code of Entry cannot be b'x'",
    ),
    "a number as a name": (lambda _, name: recode_data.load_library(name), (3,), "3 is no name"),
    "one entry": (lambda _, given: recode_data.validate_entries(given), (ENTRY,), "a list"),
    "rows to judge": (lambda _, given: recode_data.validate_entries(given), ([{}],), "a list"),
    "no jobs": (lambda _, jobs: recode_data.validate_entries([], jobs=jobs), (0,), "not 0"),
    "one text for all": (
        lambda _, target: rewards.es_star([ANSWER], target), ("y = 1",), "one text for 1",
    ),
    "too few targets": (
        lambda _, target: rewards.migration([ANSWER] * 2, target, ["x"] * 2), (["y"],),
        "1 values for 2 completions",
    ),
    "a number as a target": (
        lambda _, target: rewards.em([ANSWER], target), ([3],), "of type int",
    ),
    "one completion": (
        lambda _, target: rewards.migration(ANSWER, target, ["x"]), (["y"],), "for 1 completions",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_argument_is_said_in_one_line(name: str, tmp_path: Path) -> None:
    called, arguments, line = WRONG[name]
    with recode_data.Workspace.open(tmp_path) as workspace:
        with pytest.raises(UsageError) as caught:
            called(workspace, *arguments)
        assert workspace.count(recode_data.Entry) == 0, "nothing is kept"
    assert line in caught.value.message and "\n" not in caught.value.message
    assert caught.value.tip
