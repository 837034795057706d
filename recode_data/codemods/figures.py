"""Programs that draw: their result is a figure, not a text.

What a plotting function returns prints as an address. Such a program says what it did by
the data of its figures, which a run reports as final values; so what it prints of artists
is left out, and the figure gets a name where it has none.
"""

from __future__ import annotations

import ast
import re
from dataclasses import replace

from recode_data.adapters import every, finds
from recode_data.codemods.candidates import Candidate
from recode_data.judge.comparison import same_value
from recode_data.reasons import Reason
from recode_data.records import Json, Run

_ADDRESS = re.compile(r"object at 0x|^<", re.MULTILINE)


def undressed(candidate: Candidate) -> Candidate | None:
    """Return a candidate whose codes print no artists; None when one prints what it must."""
    old, new = silent(candidate.old_code), silent(candidate.new_code)
    if old is None or new is None or old == new:
        return None
    return replace(candidate, old_code=old, new_code=new)


def silent(code: str) -> str | None:
    """Return ``code`` without the prints at its end: a call stays as a statement, a name goes,
    another expression gets a name. None when nothing is printed by itself."""
    lines = code.split("\n")
    tree = ast.parse(code)
    printed = [node for node in tree.body if _is_print(node)]
    if not printed:
        return None
    for node in reversed(printed):
        shown = node.value.args[0]  # type: ignore[attr-defined]
        lines[node.lineno - 1 : node.end_lineno] = _kept(shown)
    text = "\n".join(lines).rstrip("\n") + "\n"
    if not _names_a_figure(ast.parse(text)):
        named = (line for code, line in every("current_figure") if code.search(text))
        text += "".join(f"{line}\n" for line in named)
    return text


def _is_print(node: ast.stmt) -> bool:
    call = node.value if isinstance(node, ast.Expr) else None
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "print"
        and len(call.args) == 1
        and not call.keywords
        and not isinstance(call.args[0], ast.Starred)
    )


def _kept(shown: ast.expr) -> list[str]:
    if isinstance(shown, ast.Name | ast.Constant):
        return []
    source = ast.unparse(shown)
    asks = isinstance(shown, ast.Call) and re.match(
        r"(?:get_|is_|contains|gc[af]\b)", _callee(shown)
    )
    return [f"result = {source}"] if asks or not isinstance(shown, ast.Call) else [source]


def _callee(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _names_a_figure(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.Assign) and finds("figure_calls", ast.unparse(node.value))
        for node in ast.walk(tree)
    )


def shows_artists(run: Run | None) -> bool:
    """Tell whether a run printed a figure, a line or another artist: what it is, not what it
    shows."""
    if run is None or run.status != "clean":
        return False
    return bool(_ADDRESS.search(run.stdout)) or finds("artists", run.stdout)


def _is_artist(value: Json) -> bool:
    return isinstance(value, dict) and (
        value.get("type") == "artist" or any(map(_is_artist, _items(value)))
    )


def _items(value: dict[str, Json]) -> list[Json]:
    items = value.get("items") if value.get("type") in ("list", "tuple") else None
    return items[:20] if isinstance(items, list) else []


def other_figures(old: Run, new: Run) -> Reason | None:
    """Return what is wrong with two runs that print nothing: they should share names of
    artists, and these have the same data. None when nothing is."""
    shared = [name for name in old.values if name in new.values]
    if not any(_is_artist(old.values[name]) for name in shared):
        return Reason.PRINTS_NOTHING
    same = all(same_value(old.values[name], new.values[name]) for name in shared)
    return None if same else Reason.DRAWS_OTHER
