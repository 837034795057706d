"""Equality of what runs did: text by tokens, values by type and tolerance."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recode_data.judge.comparison import same_text, same_value
from recode_data.records import Json


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


def fitted(criterion: str, coefficient: float, inner: Json = None) -> dict[str, Any]:
    scalar = {"type": "scalar", "dtype": "float64", "value": coefficient}
    left = {"coef_": scalar, **({"base_": inner} if inner else {})}
    return {
        "type": "estimator",
        "class": "Tree",
        "parameters": {"criterion": criterion, "depth": 3},
        "fitted": left,
    }


def test_a_fitted_estimator_may_spell_the_changed_parameter_in_two_ways() -> None:
    changed = frozenset({"criterion"})
    old, new = fitted("mse", 0.5), fitted("squared_error", 0.5)
    assert same_value(old, new, changed)
    assert same_value(fitted("a", 1.0, old), fitted("b", 1.0, new), changed)
    assert same_value({"type": "list", "items": [old]}, {"type": "list", "items": [new]}, changed)
    assert not same_value(old, new)
    assert not same_value(old, new, frozenset({"other"}))
    assert not same_value(old, fitted("squared_error", 0.6), changed)
    assert not same_value(old, {**new, "parameters": {"criterion": "mse", "depth": 4}}, changed)
    bare = {**old, "fitted": {}}, {**new, "fitted": {}}
    assert not same_value(*bare, changed)  # of these nothing is known but the parameters


def test_a_fitted_float_of_numpy_is_one_of_python_and_nowhere_else() -> None:
    scalar, plain = ({"type": "scalar", "dtype": "float64", "value": 0.5},
                     {"type": "float", "value": 0.5})  # fmt: skip
    old, new = fitted("mse", 0.5), fitted("mse", 0.5)
    new["fitted"] = {"coef_": plain}
    assert same_value(old, new) and not same_value(scalar, plain)


def test_a_class_may_have_the_two_names_of_the_update() -> None:
    old, new = fitted("mse", 0.5), {**fitted("mse", 0.5), "class": "Wood"}
    assert same_value(old, new, frozenset({"Tree", "Wood"}))
    assert not same_value(old, new, frozenset({"Tree", "Forest"}))


@given(st.text(), st.text())
def test_comparing_any_text_is_symmetric_and_never_fails(left: str, right: str) -> None:
    assert same_text(left, left)
    assert same_text(left, right) == same_text(right, left)
