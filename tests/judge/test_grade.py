"""Completions are judged as entries are: by what their run shows, `None` where nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from recode_data.judge import judge_candidate
from recode_data.records import Caught, Entry, Run

ENTRY = Entry(
    "numpy",
    "==2.0.0",
    "",
    "in1d is deprecated, use isin.",
    "import numpy as np\nr = np.in1d([1, 2], [2])",
    "import numpy as np\nr = np.isin([1, 2], [2])",
    old_symbol="numpy.in1d",
    new_symbol="numpy.isin",
)
R = {"r": {"type": "ndarray", "dtype": "bool", "shape": [2], "data": [False, True]}}
CALLS = ("numpy", "numpy.isin")
REFERENCE = Run("c", "e", "numpy", "2.0.2", "3.12", "1", "clean", values=R, calls=CALLS)
WARNING = (Caught("DeprecationWarning", "`in1d` is deprecated", 2),)


@pytest.mark.parametrize(
    ("changed", "passed", "reason"),
    [
        ({}, True, "ok"),
        ({"warnings": WARNING}, False, "new_warns"),
        ({"status": "raised", "exception": "ValueError"}, False, "new_fails"),
        ({"status": "killed"}, False, "new_fails"),
        ({"status": "timeout"}, False, "timeout"),
        ({"status": "error"}, None, "error"),
        ({"values": {}}, False, "differs"),
        ({"stdout": "more"}, False, "differs"),
        ({"calls": ("numpy",)}, False, "not_exercised"),
    ],
)
def test_a_completion(changed: dict[str, Any], passed: bool | None, reason: str) -> None:
    judgement = judge_candidate(ENTRY, ENTRY.new_code, replace(REFERENCE, **changed), REFERENCE)
    assert (judgement.passed, judgement.reason) == (passed, reason)


def test_a_printed_answer_may_pass_where_the_update_is_not_asked_for() -> None:
    printed = replace(REFERENCE, calls=())
    judgement = judge_candidate(ENTRY, "r = 1", printed, REFERENCE, needs_update=False)
    assert judgement.passed


def test_what_cannot_be_judged_is_none_and_what_is_not_python_is_wrong() -> None:
    broken = replace(REFERENCE, status="raised", exception="ImportError")
    assert judge_candidate(ENTRY, "x", REFERENCE, broken).passed is None
    assert judge_candidate(ENTRY, "x", None, REFERENCE).passed is None
    assert judge_candidate(ENTRY, "print 1", None, REFERENCE).reason == "unparsable"
