"""Published rows: ReCode's six fields first, then where each comes from and its evidence."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from recode_data.judge.alignment import Site, align
from recode_data.library import Library
from recode_data.publish.popularity import Popularity
from recode_data.records import ENTRY_FIELDS
from recode_data.workspace import Workspace
from recode_data.workspace.dataset import published_entries

Row: TypeAlias = dict[str, Any]
Matching: TypeAlias = Callable[[str], Library | None]

PROVENANCE = (
    "id",
    "library",
    "old_version",
    "python",
    "requirements",
    "kind",
    "change_id",
    "change_kind",
    "old_symbol",
    "old_keyword",
    "new_symbol",
    "new_keyword",
    "engine",
    "author",
    "old_origin",
    "new_origin",
    "location",
    "licence",
    "review",
    "evidence",
)
EXTENT = ("edits", "lines", "shape")
"""How much of the program changes, as `recode_data.publish.rows` tells it."""
USES = ("old_uses", "new_uses")
"""How often the APIs are used, as `recode_data.publish.popularity` counts it."""
MEANINGS = {
    "edits": "places where the two codes differ",
    "lines": "lines of the new code, without blank ones and comments",
    "shape": "the largest kind of difference between the codes",
    "old_uses": "uses of the old API in the installed code of other packages; null where none was "
    "looked at",
    "new_uses": "uses of the new API there; null also where nothing takes the old one's place",
}
"""What the columns of numbers say, and ``shape``."""
COLUMNS = (*ENTRY_FIELDS, *PROVENANCE, *EXTENT, *USES)
"""``evidence`` is a JSON object, ``requirements`` the packages that the new code needs besides
the library, with commas between them."""
NUMBERS = ("edits", "lines", *USES)
"""The columns that are numbers; the others are texts."""

UNSTABLE = {"seconds", "time", "started", "ended", "tier", "pid", "host", "folder", "path"}
"""What differs from one measurement to the next proves nothing and is not published."""


def published_rows(workspace: Workspace) -> list[Row]:
    """Return the valid entries that duplicate nothing kept and no benchmark, by id."""
    matching = lru_cache(Library.matching)
    entries = published_entries(workspace)
    symbols = {entry[name] for entry in entries for name in ("old_symbol", "new_symbol")} - {None}
    popularity = Popularity(workspace, symbols)
    return [_row(entry, matching, popularity) for entry in entries]


def _row(entry: Row, matching: Matching, popularity: Popularity) -> Row:
    known = matching(entry["dependency"])
    entry["library"] = known.name if known else _slug(entry["dependency"])
    entry["licence"] = " and ".join(_licences(entry, known, matching))
    for name in ("old_version", "new_version"):
        entry[name] = f"=={entry[name]}" if entry[name] else ""
    entry["review"] = f"accepted by {entry['accepted']}" if entry["accepted"] else ""
    proof = {"judge": entry["judge"], "detail": entry["detail"]}
    evidence = _stable(json.loads(entry["evidence"])) | proof
    runs = evidence.get("runs")
    entry["python"] = runs.get("new_on_new", {}).get("python") if isinstance(runs, dict) else ""
    entry["requirements"] = ", ".join(evidence.get("requirements", {}).get("new", []))
    entry["evidence"] = json.dumps(evidence, ensure_ascii=False, sort_keys=True)
    entry["edits"], entry["shape"] = shape_of(entry["old_code"], entry["new_code"])
    entry["lines"] = lines_of(entry["new_code"])
    entry |= _uses(entry, popularity)
    return {
        name: "" if entry[name] is None and name not in NUMBERS else entry[name] for name in COLUMNS
    }


def _uses(entry: Row, popularity: Popularity) -> Row:
    old, new = entry["old_symbol"] or "", entry["new_symbol"] or ""
    keyword = entry["new_keyword"] or ""
    return {
        "old_uses": popularity.of(old, entry["old_keyword"] or ""),
        "new_uses": popularity.of(new or (old if keyword else ""), keyword),
    }


def _licences(entry: Row, known: Library | None, matching: Matching) -> list[str]:
    """Return the licences of a row: its library's, and that of the one its code is from."""
    found = re.match(r"([^:]+?)-\d[^-:]*:", entry["location"] or "")
    origin = matching(found[1]) if found else None
    return list(dict.fromkeys(one.licence for one in (known, origin) if one and one.licence))


def _slug(name: str) -> str:
    """Return a library's name in letters that a path and a configuration may have."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "unknown"


def _stable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _stable(part) for key, part in value.items() if key not in UNSTABLE}
    if isinstance(value, list):
        return [_stable(part) for part in value]
    return value


ShapeName: TypeAlias = Literal[
    "import", "name", "value", "keyword", "call", "expression", "statements"
]
ORDER: tuple[ShapeName, ...] = (
    *("import", "name", "value", "keyword", "call", "expression", "statements"),
)
"""From what is least to what is most to write."""


def shape_of(old: str, new: str) -> tuple[int, ShapeName]:
    """Return the number of places where two codes differ, and the largest kind of difference.

    The kinds are ``import`` (the same name from elsewhere), ``name`` (another function, method
    or attribute with the same arguments), ``value`` (another constant), ``keyword`` (keywords of
    the same call), ``call`` (other arguments), ``expression`` and ``statements``. Raises what
    `ast.parse` raises.
    """
    sites = align(old, new).sites
    return len(sites), max(map(_shape, sites), key=ORDER.index, default="import")


def lines_of(code: str) -> int:
    """Return the lines of a code without blank ones and those that hold a comment alone."""
    lines = (line.strip() for line in code.splitlines())
    return sum(bool(line) and not line.startswith("#") for line in lines)


def _shape(site: Site) -> ShapeName:
    sides = [side for side in (site.old, site.new) if side is not None]
    if all(isinstance(side, ast.Import | ast.ImportFrom) for side in sides):
        return "import"
    if len(sides) == 1 or any(isinstance(side, ast.stmt) for side in sides):
        return "statements"
    old, new = sides
    if isinstance(old, ast.Constant) and isinstance(new, ast.Constant):
        return "value"
    if all(isinstance(side, ast.Name | ast.Attribute | ast.alias) for side in sides):
        return "name"
    if isinstance(old, ast.Call) and isinstance(new, ast.Call):
        return _shape_of_call(old, new)
    return "expression"


def _shape_of_call(old: ast.Call, new: ast.Call) -> ShapeName:
    by_place = list(map(ast.dump, old.args)) == list(map(ast.dump, new.args))
    by_name = sorted(map(ast.dump, old.keywords)) == sorted(map(ast.dump, new.keywords))
    if by_place and by_name:
        return "name"
    return "keyword" if by_place and ast.dump(old.func) == ast.dump(new.func) else "call"
