"""The page: figures drawn to inline SVG by Vega-Lite, in a template that escapes all text.

Nothing is loaded from a network and no script runs. Colours of text and axes are
``currentColor``, so one drawing serves a light and a dark page.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from recode_data import __version__
from recode_data.errors import MissingExtra
from recode_data.files import write_text
from recode_data.report.figures import Figure, workspace_figures
from recode_data.report.training import training_figures
from recode_data.workspace import Workspace

WIDTH = 620
HEIGHT = 260
TABLE_ROWS = 200
# Legible on white and on near-black alike (Okabe and Ito, "Color Universal Design", 2008).
PALETTE = ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#8a8a00", "#888888",
           "#4b3f99", "#b04a5a", "#2f6f4f", "#7a5230"]  # fmt: skip


def write_report(workspace: Workspace, file: Path, runs: list[Path] | None = None) -> int:
    """Write the report of ``workspace`` (and of training ``runs``) to ``file``.

    Returns how many figures it has. Raises `MissingExtra` without vl-convert-python.
    """
    figures = workspace_figures(workspace) + training_figures(runs or [])
    page = render(figures, title=workspace.folder.resolve().name)
    write_text(file, page, "name a file to write, as in: recode-data report report.html")
    return len(figures)


def render(figures: list[Figure], title: str) -> str:
    """Return the whole page as HTML text."""
    from jinja2 import Environment, PackageLoader

    environment = Environment(loader=PackageLoader("recode_data.report", ""), autoescape=True)
    drawn = [
        {
            "title": figure.title,
            "about": figure.about,
            "svg": draw(figure),
            "columns": list(figure.rows[0]),
            "rows": [list(row.values()) for row in figure.rows[:TABLE_ROWS]],
            "more": max(0, len(figure.rows) - TABLE_ROWS),
        }
        for figure in figures
    ]
    template = environment.get_template("page.html.j2")
    return template.render(title=title, figures=drawn, version=__version__)


def draw(figure: Figure) -> str:
    """Return ``figure`` as an SVG element. All text in it is escaped by Vega's renderer."""
    try:
        import vl_convert
    except ImportError as error:
        raise MissingExtra(
            "the report draws with vl-convert-python", "pip install 'recode-data[report]'"
        ) from error
    svg: str = vl_convert.vegalite_to_svg(json.dumps(_specification(figure)))
    return svg


def _specification(figure: Figure) -> dict[str, Any]:
    text = {"labelColor": "currentColor", "titleColor": "currentColor"}
    lines = {"gridColor": "#88888844", "domainColor": "#888888", "tickColor": "#888888"}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": WIDTH,
        "height": _height(figure),
        "data": {"values": figure.rows},
        "mark": {"type": figure.mark, "point": figure.mark == "line"},
        "encoding": figure.encoding,
        "config": {
            "background": None,
            # The reader's font is wider than the one that Vega measures with.
            "padding": {"left": 36, "right": 8, "top": 8, "bottom": 8},
            "view": {"stroke": None},
            "axis": {
                **text,
                **lines,
                "labelLimit": 240,
                "labelFontSize": 12,
                "labelSeparation": 12,
            },
            "axisQuantitative": {"tickCount": 7},
            "legend": {**text, "columns": 4, "columnPadding": 24, "labelFontSize": 12},
            "bar": {"color": PALETTE[0]},
            "range": {"category": PALETTE},
            "font": "system-ui, sans-serif",
        },
    }


def _height(figure: Figure) -> int | dict[str, int]:
    by_name = figure.encoding["y"].get("type") == "nominal"
    return {"step": 20} if by_name else HEIGHT
