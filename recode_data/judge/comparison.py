"""Equality of what two runs did: printed text by tokens, values by type and tolerance.

Floats agree within a tolerance because two versions may sum in another order; an integer
never equals a float, a missing name never equals anything, and addresses are masked.
"""

from __future__ import annotations

import math
import re
from typing import Any

from recode_data.adapters import equal_classes, masks
from recode_data.records import Json, Run

RELATIVE = 1e-6
ABSOLUTE = 1e-9

_MASKS = (
    (re.compile(r"\b0x[0-9a-fA-F]{6,}"), "0x…"),
    (re.compile(r"/tmp/[\w./-]+"), "/tmp/…"),
    (re.compile(r"/[\w./@+-]*/site-packages/"), "…/"),
)
_TOKEN = re.compile(
    r"(?P<number>(?<![\w.])[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?j?(?!\w))"
    r"|(?P<special>[-+]?\b(?:inf|nan)\b)|\w+|[^\w\s]"
)


def mask(text: str) -> str:
    """Return ``text`` without what differs from run to run or by print style alone."""
    for pattern, replacement in (*_MASKS, *masks()):
        text = pattern.sub(replacement, text)
    return text


def mask_addresses(text: str) -> str:
    """Return ``text`` without memory addresses and private folders."""
    for pattern, replacement in _MASKS:
        text = pattern.sub(replacement, text)
    return text


def difference(left: Run, right: Run, changed: frozenset[str] = frozenset()) -> str:
    """Return the first difference between what two clean runs did, empty when there is
    none: their standard output and the values of the names that both define.

    ``changed`` are the names that the update is about: the codes spell them in two ways, so
    a class of that name, a parameter of a fitted estimator and a name in a text that an
    object is shown as say nothing of the results.
    """
    if not same_text(left.stdout, right.stdout, changed):
        return f"stdout: {brief_text(left.stdout)} against {brief_text(right.stdout)}"
    for name in sorted(left.values.keys() & right.values.keys()):
        if not same_value(left.values[name], right.values[name], changed):
            return f"{name}: {shown(left.values[name])} against {shown(right.values[name])}"
    return ""


def same_text(left: str, right: str, changed: frozenset[str] = frozenset()) -> bool:
    """Return whether two outputs agree token by token; spaces do not count, and of two names
    in ``changed`` one may stand for the other.

    >>> same_text("[ 1.  2.]", "[1.0 2.0000000001]"), same_text("[1. 2.]", "[1 2]")
    (True, False)
    """
    if left == right:
        return True
    ours, theirs = tokens(left), tokens(right)
    return len(ours) == len(theirs) and all(
        a == b
        or (isinstance(a, float) and isinstance(b, float) and close(a, b))
        or (a in changed and b in changed)
        for a, b in zip(ours, theirs, strict=True)
    )


def tokens(text: str) -> list[str | float]:
    """Return the words, signs and numbers of ``text``; floats as floats, integers as text."""
    found: list[str | float] = []
    for match in _TOKEN.finditer(mask(text)):
        word = match[0]
        if match["special"] or (match["number"] and not word.lstrip("+-").isdigit()):
            found.append(_number(word))
        else:
            found.append(word)
    return found


def close(left: float, right: float) -> bool:
    """Return whether two floats agree within `RELATIVE` and `ABSOLUTE`; NaN equals NaN."""
    if math.isnan(left) or math.isnan(right):
        return math.isnan(left) and math.isnan(right)
    return math.isclose(left, right, rel_tol=RELATIVE, abs_tol=ABSOLUTE)


def same_value(left: Json, right: Json, changed: frozenset[str] = frozenset()) -> bool:
    """Return whether two values, as the runner encodes them, are the same thing: the same
    type, dtype and shape, and the same numbers within the tolerance; see `difference`."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, float) and isinstance(right, float):
        return close(left, right)
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        if left.get("type") == right.get("type") == "estimator":
            return _same_estimator(left, right, changed)
        return _same_fields(left, right, changed)
    if isinstance(left, list):
        return len(left) == len(right) and all(
            same_value(a, b, changed) for a, b in zip(left, right, strict=True)
        )
    return bool(left == right)


def _same_fields(left: dict[str, Any], right: dict[str, Any], changed: frozenset[str]) -> bool:
    if left.get("type") == right.get("type") == "artist":
        left, right = _shared(left, right), _shared(right, left)
    return left.keys() == right.keys() and all(
        _same_field(left, right, key, changed) for key in left
    )


def _same_estimator(left: dict[str, Any], right: dict[str, Any], changed: frozenset[str]) -> bool:
    """One that was fitted is what fitting left: beneath it the changed parameters, which were
    fitted too or had their effect, are not compared. One that was not is its parameters."""
    fitted = left["fitted"] or right["fitted"]
    left, right = _shared(left, right), _shared(right, left)
    if fitted and not left["fitted"]:
        return False  # one was fitted and the other was not, or to something else
    if fitted:
        left, right = _results(left, changed), _results(right, changed)
    return _same_fields(left, right, changed)


def _results(value: Any, changed: frozenset[str]) -> Any:
    """Return a fitted estimator without the changed parameters of the estimators in it. That
    a version keeps a float as a scalar of NumPy, and another as one of Python, is no result."""
    if isinstance(value, list):
        return [_results(part, changed) for part in value]
    if not isinstance(value, dict):
        return value
    if value.get("type") == "scalar" and value.get("dtype") == "float64":
        return {"type": "float", "value": value["value"]}
    kept = {key: _results(part, changed) for key, part in value.items()}
    if value.get("type") == "estimator":
        parameters = kept["parameters"].items()
        kept["parameters"] = {name: told for name, told in parameters if name not in changed}
    return kept


def _shared(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    """Versions add parameters to estimators and getters to artists: compare what both have."""
    return {
        key: _shared(part, theirs[key])
        if key in ("parameters", "fitted") and isinstance(theirs[key], dict)
        else part
        for key, part in ours.items()
        if key in theirs
    }


def _same_field(
    left: dict[str, Any], right: dict[str, Any], key: str, changed: frozenset[str]
) -> bool:
    ours, theirs = left[key], right[key]
    if key == "hash" and _inexact(left) and _inexact(right):
        return True  # of floats only the elements are compared, with their tolerance
    if isinstance(ours, str) and isinstance(theirs, str):
        if key == "class":
            ours, theirs = _class(ours), _class(theirs)
            return ours == theirs or {ours, theirs} <= changed
        if key == "repr":
            return same_text(ours, theirs)
        if key == "value" and "/tmp/" in ours:
            return mask(ours) == mask(theirs)
    return same_value(ours, theirs, changed)


def _inexact(array: dict[str, Any]) -> bool:
    return str(array.get("dtype", "")).startswith(("float", "complex"))


def _class(path: str) -> str:
    """Private modules come and go, and so do classes that count as one."""
    leaf = path.rpartition(".")[2]
    return equal_classes().get(leaf, leaf)


def _number(word: str) -> str | float:
    try:
        return float(word)
    except ValueError:  # an imaginary part: the sign is written, the rest by its digits
        return f"{complex(word).imag:.6g}j"


def shown(value: Json, limit: int = 80) -> str:
    """Return an encoded value as people read it: what it is and what it holds."""
    if isinstance(value, dict) and "type" in value:
        kind = value.get("class") or value["type"]
        what = f"{kind}[{value['dtype']}]" if "dtype" in value else str(kind)
        held = next((value[key] for key in _HELD if key in value), "")
        return brief_text(f"{what} {shown(held, limit)}".strip(), limit)
    if isinstance(value, list):
        return brief_text(f"[{', '.join(shown(part, limit) for part in value[:20])}]", limit)
    return brief_text(str(value), limit)


def brief_text(text: str, limit: int = 80) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


_HELD = ("value", "data", "items", "repr", "attributes")
