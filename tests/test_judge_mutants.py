"""The programs that show whether an output is evidence, run for real on this Python."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import pytest
from recode_data.judge.mutants import twins, unmasked, wrong
from recode_data.judge.proof import blank

from recode_data.judge.variation import uneven, varied


def run(code: str) -> tuple[str, dict[str, Any]]:
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compile(code, "<program>", "exec"), names)
    return out.getvalue(), names


def test_an_assertion_becomes_a_record_of_what_it_compares() -> None:
    code = "from math import *\nassert sqrt(4) == 2.0\nassert isclose(sqrt(9), 3)\nprint(1)"
    out, names = run(unmasked(code, {"sqrt"}, ""))
    assert out == "1\n"
    assert names["recode_seen"] == [(2.0, 2.0), (3.0, 3), (True,)]
    assert names["recode_results"] == [2.0, 3.0]


def test_assertion_functions_are_opened_but_those_about_exceptions_stay() -> None:
    code = (
        "def assert_equal(a, b): assert a == b\n"
        "def assert_raises(kind, function): function\n"
        "assert_equal([1], [2])\nassert_raises(ValueError, int)"
    )
    _, names = run(unmasked(code, set(), ""))
    assert ([1], [2]) in names["recode_seen"]


@pytest.mark.parametrize(
    ("code", "out"),
    [
        ("from math import sqrt\nprint(sqrt(4))", "13.0\n"),
        ("from math import sqrt as root\nprint(root(4))", "13.0\n"),
        ("import math\nprint([math.sqrt(4)])", "[13.0]\n"),
        ("import math\nprint(list(map(math.sqrt, [4])))", "[13.0]\n"),
        ("from math import pi as sqrt\nprint(sqrt > 4)", "True\n"),
    ],
)
def test_a_wrong_result_reaches_the_output(code: str, out: str) -> None:
    assert run(wrong(code, {"sqrt"}, ""))[0] == out


def test_a_result_that_no_one_uses_is_left_out() -> None:
    code = "a = []\na.append(3)\nlist.sort(a)\nprint(a)"
    assert run(wrong(code, {"append"}, ""))[0] == "[]\n"
    assert wrong(code, {"nothing"}, "") == ""


def test_only_calls_with_the_keyword_are_made_wrong() -> None:
    code = "print(int('7'), int('7', base=8))"
    assert run(wrong("print(int('7'), sorted([1], key=None))", {"sorted"}, "key"))[0] == "7 [10]\n"
    assert wrong(code, {"int"}, "other") == ""


def test_equal_arguments_are_noticed() -> None:
    assert twins("print(divmod(7, 7))", {"divmod"}, "")
    assert twins("f(a[0], a[0], 1)", {"f"}, "")
    assert not twins("print(divmod(7, 2))", {"divmod"}, "")
    assert not twins("print(divmod(7, 7))", {"max"}, "")


def test_a_docstring_and_futures_stay_first() -> None:
    code = '"""Doc."""\nfrom __future__ import annotations\nx = abs(-1)'
    _, names = run(unmasked(code, {"abs"}, ""))
    assert names["__doc__"] == "Doc."
    assert names["recode_results"] == [1]


@pytest.mark.parametrize(
    ("label", "old", "new"),
    [
        ("other data", "f([2, 3, 2.5], axis=0)", "f([2, 3, 2.5], axis=0)"),
        ("other arguments", "f(0, 0)", "f(1, 2)"),
        ("whole numbers", "f([2.5, 0.1], 1.5)", "f([3, 1], 1.5)"),
    ],
)
def test_both_codes_get_the_same_other_numbers(label: str, old: str, new: str) -> None:
    pair = varied(old, old.replace("f(", "g("), {"f", "g"}, label)
    assert pair is not None
    assert pair[0].replace("f(", "g(") == pair[1]
    if label != "other data":
        assert pair[0] == new
    else:
        assert pair[0] == "f([3, 4, 2.875], axis=0)"


def test_nothing_to_vary_is_no_variant() -> None:
    assert varied("f('a')", "g('a')", {"f", "g"}, "other data") is None
    assert varied("f([1, 2])", "g([1, 2])", {"f", "g"}, "whole numbers") is None
    assert varied("f(g([24]))", "g([24]).f()", {"f"}, "other arguments") is None


def test_arrays_of_one_value_become_uneven_in_both_codes() -> None:
    class Array(list[int]):
        size = 3

    pair = uneven("x = ones(3)", "x = ones(3)\ny = 0")
    assert pair is not None
    for code in pair:
        names: dict[str, Any] = {"ones": lambda size: Array()}
        exec(code, names)
        assert names["x"].flat == [1, 4, 7]
    assert uneven("x = ones(3)", "x = 1") is None
    assert uneven("x = 1", "x = 1") is None


def test_wrong_numbers_are_far_enough_to_be_seen_and_wrong_types_are_others() -> None:
    big = "from math import fabs\nprint(fabs(5e13) / 5e13 > 2)"
    assert run(wrong(big, {"fabs"}, ""))[0] == "True\n"
    assert run(wrong("print(complex)", {"complex"}, ""))[0] == "<class 'str'>\n"


def test_a_class_is_a_result_and_no_zero() -> None:
    kept = {"type": "definition", "class": "builtins.type", "name": "numpy.float64"}
    assert not blank({"type": "list", "items": [kept]})
    assert blank({"type": "list", "items": [{"type": "int", "value": 0}]})
