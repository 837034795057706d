"""Markdown to blocks, by way of the HTML that it means."""

from __future__ import annotations

import re

from recode_data.notes.markup.blocks import Block, readable
from recode_data.notes.markup.html import read_html


def read_markdown(text: str) -> list[Block]:
    """Return the blocks of a Markdown document (CommonMark with tables).

    MyST's roles (``{func}`numpy.isin` ``) are read as code spans.
    """
    from markdown_it import MarkdownIt

    text = re.sub(r"\{[\w:.+-]+\}(?=`)", "", readable(text))
    text = re.sub(r"^\(([\w-]+)\)=$", "", text, flags=re.M)
    reader = MarkdownIt("commonmark", {"maxNesting": 40}).enable("table")
    return read_html(f"<body>{reader.render(text)}</body>")
