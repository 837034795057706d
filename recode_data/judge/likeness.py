"""Whether two values of two programs hold the same, however they are built.

What a migration changes is how a value is made and what its class is called: a matrix
becomes an array, a list an iterator, a float an integer that prints alike. Two values are
alike when they hold the same numbers, texts and truths in the same arrangement. Of objects
that hold none of these nothing is said.
"""

from __future__ import annotations

import re
from typing import Any

from recode_data.judge.comparison import close, same_text, same_value, shown
from recode_data.records import Json

Held = Any
"""What a value holds: a scalar, a list of such, a dict of such; or `OPAQUE`."""
OPAQUE = object()
_STRICT = frozenset(("estimator", "graph", "artist"))


def unlike(
    left: Json, right: Json, changed: frozenset[str] = frozenset(), objects: bool = False
) -> str:
    """Return how two encoded values differ in what they hold, empty when they do not.

    ``changed`` are the names that the update puts in place of one another. ``objects`` says
    whether objects that hold nothing known are compared as they are shown.
    """
    kinds = left.get("type"), right.get("type")
    if kinds[0] == kinds[1] and (kinds[0] == "graph" or (objects and kinds[0] in _STRICT)):
        return "" if same_value(left, right, changed) else _told(left, right)
    if {"step", "length"} & (left.keys() | right.keys()):
        return "" if _same_cut(left, right) else _told(left, right)
    if kinds == ("object", "object"):
        return _unlike_objects(left, right, changed) if objects else ""
    ours, theirs = held(left), held(right)
    if ours is OPAQUE or theirs is OPAQUE:
        return ""
    if objects and kinds == ("series", "series"):
        ours, theirs = [_labels(left, "index"), ours], [_labels(right, "index"), theirs]
    if objects and kinds == ("dataframe", "dataframe"):
        ours, theirs = [_labels(left, "columns"), ours], [_labels(right, "columns"), theirs]
    if kinds == ("ndarray", "ndarray") and _kind(left) != _kind(right):
        return _told(left, right)
    return "" if same(ours, theirs) else _told(left, right)


def unlike_rows(left: Json, right: Json) -> str:
    """Return how the labels of the rows of two series, or of two frames, differ, empty when
    they do not or have none."""
    one, other = left.get("index"), right.get("index")
    if left.get("type") != right.get("type") or not isinstance(one, dict):
        return ""
    if not isinstance(other, dict) or same(held(one), held(other)):
        return ""
    return f"rows {shown(one)} against {shown(other)}"


def _labels(value: Json, axis: str) -> Held:
    """Return the labels of an axis of a series or a frame; those of some libraries have none."""
    found = value.get(axis)
    return held(found) if isinstance(found, dict) else found


def _unlike_objects(left: Json, right: Json, changed: frozenset[str]) -> str:
    """Objects of one class are compared as they are shown, if the update is not part of it."""
    classes = [str(value.get("class", "")).rpartition(".")[2] for value in (left, right)]
    if classes[0] != classes[1] or "attributes" in left or "attributes" in right:
        return ""
    texts = [str(value.get("repr", "")) for value in (left, right)]
    if any(re.search(rf"\b{re.escape(name)}\b", text) for name in changed for text in texts):
        return ""
    return "" if same_text(texts[0], texts[1]) else _told(left, right)


def held(value: Json) -> Held:
    """Return what an encoded value holds, `OPAQUE` where that cannot be told."""
    kind = value.get("type")
    if kind in ("none", "bool", "str", "float", "int", "time"):
        return value.get("value", OPAQUE) if kind != "none" else None
    if kind == "scalar":
        found = value.get("value")
        return OPAQUE if isinstance(found, list) else found
    if kind in ("list", "tuple", "iterator"):
        return [held(item) for item in value["items"]]
    if kind in ("ndarray", "extension"):
        return _nested(value)
    if kind in ("series", "index"):
        return held(value["data"])
    if kind == "dataframe":
        return [held(column) for column in value["data"]]  # what a column is called may change
    if kind == "dict":
        return {_key(key): held(item) for key, item in value["items"]}
    if kind == "set":
        return {_key(item): None for item in value["items"]}
    return OPAQUE


def same(left: Held, right: Held) -> bool:
    """Return whether two holdings agree; what is opaque agrees with everything."""
    if left is OPAQUE or right is OPAQUE:
        return True
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    ours, theirs = _number(left), _number(right)
    if ours is not None and theirs is not None:
        return close(ours, theirs)
    return type(left) is type(right) and bool(left == right)


def _nested(value: Json) -> Held:
    data = value.get("data")
    if isinstance(data, dict):
        return held(data)
    if not isinstance(data, list):
        return OPAQUE
    flat = [held(item) if isinstance(item, dict) else item for item in data]
    for size in reversed(value.get("shape", [len(flat)])[1:]):
        flat = [flat[i : i + size] for i in range(0, len(flat), size)] if size else []
    return flat if value.get("shape") != [] else flat[0] if flat else OPAQUE


def _key(value: Json) -> str:
    found = held(value)
    return "?" if found is OPAQUE else repr(found)


def _number(value: Held) -> float | None:
    if isinstance(value, str):
        return float(value) if value in ("nan", "inf", "-inf") else None
    return float(value) if isinstance(value, int | float) and abs(value) < 1e300 else None


def _kind(array: Json) -> str:
    """Return a letter for numbers with a point, whole ones, truths, texts, and the others."""
    dtype = str(array.get("dtype", ""))
    if dtype.startswith(("<U", ">U", "|S", "object")):
        return "O"
    return {"f": "f", "c": "c", "b": "b", "i": "i", "u": "i"}.get(dtype[:1], "?")


def _same_cut(left: Json, right: Json) -> bool:
    """Large values are compared by what was kept of them, if both were cut alike."""
    if left.get("shape") != right.get("shape") or left.get("length") != right.get("length"):
        return False
    ours, theirs = left.get("data", left.get("items")), right.get("data", right.get("items"))
    if isinstance(ours, list) and isinstance(theirs, list):
        return same([_loose(item) for item in ours], [_loose(item) for item in theirs])
    return True


def _loose(item: Json) -> Held:
    return held(item) if isinstance(item, dict) else item


def _told(left: Json, right: Json) -> str:
    return f"{shown(left)} against {shown(right)}"
