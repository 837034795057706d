"""Equality of what runs did: text by tokens, values by type and tolerance."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recode_data.validate.compare import same_text, same_value


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("[ 1.  2.]", "[1. 2.]", True),
        ("0.1", "0.10000000001", True),
        ("[1. 2.]", "[1 2]", False),
        ("3", "4", False),
        ("1000000", "1000001", False),
        ("nan inf", "nan inf", True),
        ("nan", "inf", False),
        ("np.float64(3.5) np.True_", "3.5 True", True),
        ("Table('a', MetaData(bind=None))", "Table('a', MetaData())", True),
        ("MetaData(bind=engine)", "MetaData()", False),
        ("<A at 0x7f00aa112233>", "<A at 0x7f00aa99>", True),
        ("-1.5", "1.5", False),
        ("-0.0", "0.0", True),
        ("(1+2j)", "(1+2j)", True),
        ("(1+2.5j)", "(1+3.5j)", False),
        ("a\nb", "a b", True),
        ("a,b", "a b", False),
        ("float64", "float32", False),
        ("1e-12", "0.0", True),
    ],
)
def test_printed_text(left: str, right: str, same: bool) -> None:
    assert same_text(left, right) is same
    assert same_text(right, left) is same


def array(data: list[Any], dtype: str = "float64", **more: Any) -> dict[str, Any]:
    return {"type": "ndarray", "dtype": dtype, "shape": [len(data)], "data": data, **more}


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (array([1.0]), array([1.0 + 1e-9]), True),
        (array([1.0]), array([1.1]), False),
        (array([1.0]), array([1.0], "float32"), False),
        (array([1]), array([1.0]), False),
        (array([True]), array([1]), False),
        (array(["nan"]), array([0.0]), False),
        (array([1.0], hash="a"), array([1.0], hash="b"), True),
        (array([1], "int64", hash="a"), array([1], "int64", hash="b"), False),
        (array([1.0], **{"class": "numpy.core.x.A"}), array([1.0], **{"class": "numpy.y.A"}), True),
        (array([1.0], **{"class": "numpy.chararray"}), array([1.0]), False),
        ({"type": "int", "value": 1}, {"type": "bool", "value": True}, False),
        (
            {"type": "index", "class": "Int64Index", "dtype": "int64"},
            {"type": "index", "class": "Index", "dtype": "int64"},
            True,
        ),
        (
            {"type": "estimator", "class": "A", "parameters": {"c": 1.0}, "fitted": {}},
            {"type": "estimator", "class": "A", "parameters": {"c": 1.0, "new": 2}, "fitted": {}},
            True,
        ),
        (
            {"type": "estimator", "class": "A", "parameters": {"c": 1.0}, "fitted": {"b_": 1}},
            {"type": "estimator", "class": "A", "parameters": {"c": 2.0}, "fitted": {"b_": 1}},
            False,
        ),
    ],
)
def test_values(left: object, right: object, same: bool) -> None:
    assert same_value(left, right) is same
    assert same_value(right, left) is same


@given(st.text(), st.text())
def test_comparing_any_text_is_symmetric_and_never_fails(left: str, right: str) -> None:
    assert same_text(left, left)
    assert same_text(left, right) == same_text(right, left)
