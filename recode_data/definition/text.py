"""A definition as TOML that a person can correct: what was derived stands as comments, so that
it is derived anew until somebody takes the ``#`` away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from recode_data.library import Library, Table

WIDTH = 96
WHOLE = {"matrix", "sources", "usage"}
"""Keys of a definition that nothing has to be derived for."""

_SAID = {
    "title": "the library's name in the data set",
    "import_name": "what one imports",
    "other_imports": "further packages that it installs",
    "licence": "of its notes and code",
    "matrix": "the versions that are installed and compared: the last patch of each minor",
    "aliases": "the names that its documentation imports it under",
    "sources": "where its changes are told",
    "usage": "where code that uses it is found in its source distributions",
    "pins": "the Python and the day whose packages go with a version",
}
_SOURCES = {
    "sdist": "notes inside the source distribution",
    "web": "pages that a page links; `pages` is a regular expression of their addresses",
    "github": "releases; `tag` is a regular expression of their tags",
    "package": "docstrings and warnings of the library itself",
}


def commented(table: Table, pins: dict[str, Table], written: Table | None = None) -> str:
    """Return the definition of a library as TOML, with only ``name`` and what is ``written``
    not commented out.

    ``table`` is what was derived, ``pins`` the Python and the day that were found for each
    version of its matrix. With every ``# `` at the start of a line taken away it is the whole
    definition.
    """
    written = written or {}
    told = (
        "What has a # before it is derived anew by\n## each build; take the # away, of a key and "
        "of the table above it, to have your own."
    )
    if written.keys() >= WHOLE:
        told = (
            "What has a # before it would be derived:\n## nothing is, as matrix, sources and usage "
            "are all given; take one of them away for that."
        )
    lines = [
        *f"## {table['name']}, as recode-data derives it. {told}".splitlines(),
        f"name = {_value(table['name'])}",
    ]
    for key in Library.model_fields:
        if key not in ("name", "sources", "usage", "pins", "aliases"):
            lines += _key(key, written[key]) if key in written else []
            lines += _off(_key(key, table[key])) if key in table and key not in written else []
    for key in ("aliases", "usage"):
        lines += _table(key, table.get(key, {}), written.get(key, {}))
    for source in written.get("sources", []):
        lines += ["", "[[sources]]", *_plain(source)]
    for source in [] if written.get("sources") else table.get("sources", []):
        lines += ["", f"# [[sources]]  # {_SOURCES[source['kind']]}", *_off(_plain(source))]
    lines += _table("pins", pins, written.get("pins", {}))
    return "\n".join(lines) + "\n"


def _key(key: str, value: Any) -> list[str]:
    said = f"  # {_SAID[key]}" if key in _SAID else ""
    first, *more = _assigned(key, value)
    return [f"{first}{said}", *more]


def _table(key: str, derived: Table, written: Table) -> Iterator[str]:
    if not derived and not written:
        return
    yield ""
    yield f"[{key}]  # {_SAID[key]}" if written else f"# [{key}]  # {_SAID[key]}"
    yield from _plain(written)
    yield from _off(_plain({name: v for name, v in derived.items() if name not in written}))


def _plain(table: Table) -> list[str]:
    return [line for key, value in table.items() for line in _assigned(key, value)]


def _assigned(key: str, value: Any) -> list[str]:
    """Return ``key = value``; a list that is too long for a line goes over several."""
    name = key if key.replace("_", "").replace("-", "").isalnum() and key.isascii() else _value(key)
    line = f"{name} = {_value(value)}"
    if len(line) <= WIDTH or not isinstance(value, list):
        return [line]
    lines = [f"{name} = ["]
    current = "   "
    for item in value:
        text = f" {_value(item)},"
        if len(current) + len(text) > WIDTH:
            lines.append(current)
            current = "   "
        current += text
    return [*lines, current, "]"]


def _value(value: Any) -> str:
    """Return a value as TOML writes it; its strings are JSON's but for the delete character."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(part)}" for key, part in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value(part) for part in value) + "]"
    return json.dumps(value).replace("\x7f", "\\u007f")


def _off(lines: list[str]) -> list[str]:
    return [f"# {line}" for line in lines]
