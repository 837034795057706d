"""Reads the JSON that a package may have had a hand in."""

from __future__ import annotations

import json


def whole_json(text: bytes) -> bytes:
    """Return the same JSON in UTF-8, each key once and no half of a surrogate pair left, so
    that it can be validated and stored.

    Raises `ValueError` for what is no JSON, or nested too deeply.
    """
    try:
        return json.dumps(json.loads(text), ensure_ascii=False).encode("utf-8", "replace")
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
