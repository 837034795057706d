"""Programs that draw: their result is a figure, not a text.

What a plotting function returns prints as an address. Such a program says what it did by
the data of its figures, which a run reports as final values; so what it prints of artists
is left out, and the figure gets a name where it has none.
"""

from __future__ import annotations

import ast
import re
from dataclasses import replace

from recode_data.codemods.candidates import Candidate
from recode_data.judge.comparison import same_value
from recode_data.records import Json, Run

_PYPLOT = re.compile(r"\bplt\.(?!rc|get_cmap|style|colormaps)\w+\(")
_MAKES = re.compile(r"\b(?:subplots?|figure|gc[af]|axes|subplot_mosaic|subplot2grid|add_subplot)\(")
_ARTIST = re.compile(
    r"object at 0x|^<|\b(?:Text|Annotation|Axes\w*|Figure|Line2D|Rectangle|Polygon|\w+Patch)\([^)]"
    r"|<(?:Axes|Figure|BarContainer|ErrorbarContainer|StemContainer|a list of|matplotlib)"
    r"|\b[XY]Axis\(|\bSpine\b",
    re.MULTILINE,
)


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
    if _PYPLOT.search(text) and not _names_a_figure(ast.parse(text)):
        text += "fig = plt.gcf()\n"
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
        isinstance(node, ast.Assign) and _MAKES.search(ast.unparse(node.value))
        for node in ast.walk(tree)
    )


def shows_artists(run: Run | None) -> bool:
    """Tell whether a run printed a figure, a line or another artist: what it is, not what it
    shows."""
    return run is not None and run.status == "clean" and bool(_ARTIST.search(run.stdout))


def _is_artist(value: Json) -> bool:
    return isinstance(value, dict) and (
        value.get("type") == "artist" or any(map(_is_artist, _items(value)))
    )


def _items(value: dict[str, Json]) -> list[Json]:
    items = value.get("items") if value.get("type") in ("list", "tuple") else None
    return items[:20] if isinstance(items, list) else []


def drawn(old: Run, new: Run) -> str:
    """Return what is wrong with two runs that print nothing: they should share names of
    artists, and these have the same data. Empty when nothing is."""
    shared = [name for name in old.values if name in new.values]
    if not any(_is_artist(old.values[name]) for name in shared):
        return "prints nothing"
    same = all(same_value(old.values[name], new.values[name]) for name in shared)
    return "" if same else "draws something else"
