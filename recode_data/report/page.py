"""The page: one HTML file that loads nothing, readable on a phone and on a wide screen.

Bars are drawn by the page's own script from the rows that it carries, so that a reader can
choose one library; the policy of the page lets that script run and no other, by its hash, and
the script puts every text in as text. Curves of a training run are SVG by Vega-Lite.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from recode_data import __version__
from recode_data.errors import MissingExtra
from recode_data.files import write_text
from recode_data.report.curves import evaluation_figures, training_figures
from recode_data.report.figures import (
    Figure,
    Headline,
    headlines,
    library_figures,
    workspace_figures,
)
from recode_data.workspace import Workspace
from recode_data.workspace.figures import libraries

WIDTH = 620
HEIGHT = 260
TABLE_ROWS = 200
MOST_LIBRARIES = 40
"""Libraries that a reader can choose, those with the most valid entries; each adds its rows."""
NAMED = 4
"""Libraries that the title names before it only counts them."""
# Legible on white and on near-black alike (Okabe and Ito, "Color Universal Design", 2008).
PALETTE = ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#8a8a00", "#888888",
           "#4b3f99", "#b04a5a", "#2f6f4f", "#7a5230"]  # fmt: skip


def write_report(
    workspace: Workspace,
    file: Path,
    runs: list[Path] | None = None,
    evaluations: list[Path] | None = None,
) -> int:
    """Write the report of ``workspace`` (and of training ``runs`` and ``evaluations``) to
    ``file``.

    Returns how many figures it has. Raises `MissingExtra` where curves are to be drawn
    without vl-convert-python, `BadFile` and `DiskFull` where the file cannot be written; then
    an earlier report stays as it was.
    """
    figures = workspace_figures(workspace) + training_figures(runs or [])
    figures += evaluation_figures(evaluations or [])
    names = libraries(workspace)
    chosen = names[:MOST_LIBRARIES] if len(names) > 1 else []
    own = {name: library_figures(workspace, name) for name in chosen}
    folder = workspace.folder.resolve().name
    page = render(figures, _title(names, folder), headlines(workspace), own, folder)
    write_text(file, page, "name a file to write, as in: recode-data report report.html")
    return len(figures)


def _title(names: Sequence[str], folder: str) -> str:
    if not names:
        return folder
    rest = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {rest} more libraries" if rest > 0 else "")


def render(
    figures: list[Figure],
    title: str,
    numbers: Sequence[Headline] = (),
    of_library: dict[str, list[Figure]] | None = None,
    folder: str = "",
) -> str:
    """Return the whole page as HTML text; ``of_library`` are the figures of one library each."""
    from jinja2 import Environment, PackageLoader

    environment = Environment(loader=PackageLoader("recode_data.report", ""), autoescape=True)
    script = files("recode_data.report").joinpath("page.js").read_text(encoding="utf-8")
    data = {
        "palette": PALETTE,
        "figures": [_drawing(figure) for figure in figures if not figure.curve],
        "libraries": {
            name: {figure.title: figure.rows for figure in own}
            for name, own in (of_library or {}).items()
        },
    }
    drawn = [
        {
            "title": figure.title,
            "about": figure.about,
            "svg": draw(figure) if figure.curve else "",
            "columns": list(figure.rows[0]),
            "rows": [list(row.values()) for row in figure.rows[:TABLE_ROWS]],
            "more": max(0, len(figure.rows) - TABLE_ROWS),
        }
        for figure in figures
    ]
    template = environment.get_template("page.html.j2")
    return template.render(
        title=title,
        folder=folder,
        numbers=numbers,
        libraries=list(of_library or {}),
        figures=drawn,
        version=__version__,
        script=script,
        hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        # No sign of it can end the element that it stands in.
        data=json.dumps(data).replace("<", "\\u003c"),
    )


def _drawing(figure: Figure) -> dict[str, Any]:
    """Return what the page's script needs of a figure."""
    return {
        "title": figure.title,
        "label": figure.label,
        "value": figure.value,
        "colour": figure.colour,
        "byValue": figure.by_value,
        "rows": figure.rows,
    }


def draw(figure: Figure) -> str:
    """Return a curve as an SVG element. All text in it is escaped by Vega's renderer."""
    try:
        import vl_convert
    except ImportError as error:
        raise MissingExtra(
            "the curves of a run are drawn with vl-convert-python",
            "pip install 'recode-data[report]'; without --run and --eval the report needs nothing "
            "more",
        ) from error
    svg: str = vl_convert.vegalite_to_svg(json.dumps(_specification(figure)))
    return svg


def _specification(figure: Figure) -> dict[str, Any]:
    text = {"labelColor": "currentColor", "titleColor": "currentColor"}
    words = isinstance(figure.rows[0][figure.label], str)
    lines = {"gridColor": "#88888844", "domainColor": "#888888", "tickColor": "#888888"}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": WIDTH,
        "height": HEIGHT,
        "data": {"values": figure.rows},
        "mark": {"type": "line", "point": True},
        "encoding": {
            "x": {"field": figure.label, "type": "ordinal" if words else "quantitative"},
            "y": {
                "field": figure.value,
                "type": "quantitative",
                "title": None,
                "scale": {"zero": False},
            },
            "color": {
                "field": figure.colour,
                "type": "nominal",
                "legend": {"orient": "bottom"},
            },
        },
        "config": {
            "background": None,
            # The reader's font is wider than the one that Vega measures with.
            "padding": {"left": 36, "right": 8, "top": 8, "bottom": 8},
            "view": {"stroke": None},
            "axis": {**text, **lines, "labelFontSize": 12, "labelSeparation": 12, "tickCount": 7},
            "legend": {**text, "columns": 4, "columnPadding": 24, "labelFontSize": 12},
            "range": {"category": PALETTE},
            "font": "system-ui, sans-serif",
        },
    }
