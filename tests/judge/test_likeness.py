"""Two values are alike when they hold the same, however they are built."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recode_data.judge.likeness import OPAQUE, held, unlike
from recode_data.records import Json


def scalar(value: Any) -> Json:
    if value is None:
        return {"type": "none"}
    return {"type": type(value).__name__, "value": value}


def listed(*items: Any, kind: str = "list") -> Json:
    return {"type": kind, "items": [i if isinstance(i, dict) else scalar(i) for i in items]}


def array(data: list[Any], dtype: str = "float64", shape: list[int] | None = None) -> Json:
    return {"type": "ndarray", "dtype": dtype, "shape": shape or [len(data)], "data": data}


def matrix(data: list[Any], shape: list[int], dtype: str = "float64") -> Json:
    return {**array(data, dtype, shape), "class": "numpy.matrix"}


def thing(name: str, shown: str, **more: Any) -> Json:
    return {"type": "object", "class": f"toy.{name}", "repr": shown, **more}


SERIES: Json = {"type": "series", "data": array([1.0, 2.0])}


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (scalar(1), scalar(1.0)),
        (scalar(0.1), scalar(0.1 + 1e-12)),
        (listed(1, 2), listed(1, 2, kind="tuple")),
        (listed(1, 2), listed(1, 2, kind="iterator")),
        (matrix([1.0, 2.0], [1, 2]), array([1.0, 2.0], shape=[1, 2])),
        (array([1.0, 2.0]), listed(1, 2)),
        (SERIES, array([1.0, 2.0])),
        ({"type": "scalar", "dtype": "float64", "value": 2.0}, scalar(2)),
        (array(["nan"]), array(["nan"])),
        (array([1], "int32"), array([1], "int64")),
        (thing("Check", "<Check check=1>"), thing("Check", "<Check condition=1>")),
        (thing("Old", "x"), listed(1)),
    ],
)
def test_what_holds_the_same_is_alike(left: Json, right: Json) -> None:
    assert unlike(left, right) == unlike(right, left) == ""


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (scalar(1), scalar(2)),
        (scalar(1), scalar(True)),
        (scalar(1), scalar("1")),
        (scalar(1), scalar(None)),
        (scalar("a"), scalar("b")),
        (listed(1, 2), listed(2, 1)),
        (listed(1, 2), listed(1)),
        (listed(), scalar(None)),
        (array([1.0]), array([1.1])),
        (array([1], "int64"), array([1.0])),
        (array([True], "bool"), array([1], "int64")),
        (array([1.0, 2.0]), array([1.0, 2.0], shape=[2, 1])),
        (array(["nan"]), array([0.0])),
        (listed(float("inf")), listed(1.0)),
    ],
)
def test_what_holds_something_else_is_not(left: Json, right: Json) -> None:
    told = unlike(left, right)
    assert " against " in told
    assert unlike(right, left)


def test_dicts_and_sets_are_alike_in_any_order() -> None:
    def mapping(**items: int) -> Json:
        return {"type": "dict", "items": [[scalar(k), scalar(v)] for k, v in items.items()]}

    assert unlike(mapping(a=1, b=2), mapping(b=2, a=1)) == ""
    assert unlike(mapping(a=1), mapping(a=2)) and unlike(mapping(a=1), mapping(b=1))
    assert unlike(listed(1, 2, kind="set"), listed(2, 1, kind="set")) == ""
    assert unlike(listed(1, 2, kind="set"), listed(1, kind="set"))


def test_frame_is_its_columns_with_their_names() -> None:
    def frame(column: str, value: float) -> Json:
        return {"type": "dataframe", "columns": listed(column), "data": [array([value])]}

    assert unlike(frame("a", 1.0), frame("a", 1.0)) == ""
    assert unlike(frame("a", 1.0), frame("a", 2.0))
    assert unlike(frame("a", 1.0), frame("b", 1.0)) == ""  # on the way to a result
    assert unlike(frame("a", 1.0), frame("b", 1.0), objects=True)  # as the result


def test_objects_are_compared_as_shown_only_where_nothing_else_is_to_be_seen() -> None:
    left, right = thing("Point", "Point(1)"), thing("Point", "Point(2)")
    assert unlike(left, right) == ""
    assert unlike(left, right, objects=True)
    assert unlike(left, thing("Place", "Place(2)"), objects=True) == ""


def test_object_that_shows_how_it_was_built_by_the_update_is_alike() -> None:
    left, right = thing("Check", "<Check check='a'>"), thing("Check", "<Check condition='a'>")
    assert unlike(left, right, objects=True)
    assert unlike(left, right, frozenset({"check", "condition"}), objects=True) == ""


def test_estimators_are_compared_by_what_fitting_left() -> None:
    def fitted(parameters: dict[str, str], coefficient: float) -> Json:
        left = {"coef_": scalar(coefficient)}
        return {"type": "estimator", "class": "Boost", "parameters": parameters, "fitted": left}

    old, new = fitted({"algorithm": "SAMME"}, 0.5), fitted({}, 0.5)
    assert unlike(old, new, frozenset({"algorithm"}), objects=True) == ""
    assert unlike(old, fitted({}, 0.6), frozenset({"algorithm"}), objects=True)


def test_values_that_were_cut_are_compared_by_what_was_kept() -> None:
    def cut(*kept: float, length: int = 9) -> Json:
        return {**array(list(kept)), "shape": [length], "length": length, "step": 3}

    assert unlike(cut(1.0, 2.0), cut(1.0, 2.0)) == ""
    assert unlike(cut(1.0, 2.0), cut(1.0, 3.0))
    assert unlike(cut(1.0, 2.0), cut(1.0, 2.0, length=8))
    assert unlike(cut(1.0, 2.0), array([1.0, 2.0]))


def test_object_is_opaque_and_so_agrees_with_everything_in_a_list() -> None:
    assert held(thing("Old", "x")) is OPAQUE
    assert unlike(listed(thing("Old", "x"), 1), listed(thing("New", "y"), 1)) == ""
    assert unlike(listed(thing("Old", "x"), 1), listed(thing("New", "y"), 2))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=2),
    lambda inner: st.lists(inner, max_size=3),
)


def encoded(value: Any) -> Json:
    return listed(*map(encoded, value)) if isinstance(value, list) else scalar(value)


@given(VALUES, VALUES)
def test_likeness_is_symmetric_and_a_value_is_like_itself(left: Any, right: Any) -> None:
    ours, theirs = encoded(left), encoded(right)
    assert unlike(ours, ours) == ""
    assert bool(unlike(ours, theirs)) == bool(unlike(theirs, ours))
