"""A note as a flat list of blocks: what every format is read into before items are found.

Text is Markdown of one line a paragraph, code in backticks, whatever the source wrote.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

BlockKind: TypeAlias = Literal["heading", "paragraph", "item", "term", "code", "row", "module"]

LARGEST_DOCUMENT = 2_000_000
"""Characters of a document that are read; no real note comes near it."""
LONGEST_LINE = 20_000
DEEPEST = 40
"""Levels of nested blocks that are followed."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a note.

    ``level`` is the depth of a heading (1 is the title) or of a list (1 is the outermost).
    A ``row`` holds the cells of a table's row in ``cells``; a ``module`` block tells that
    bare names from here on belong to the module ``text``.
    """

    kind: BlockKind
    text: str
    level: int = 0
    cells: tuple[str, ...] = ()
    header: tuple[str, ...] = ()


def code_span(text: str) -> str:
    """Write ``text`` as a Markdown code span, whatever backticks it holds."""
    text = " ".join(text.split())
    if not text:
        return ""
    if "`" not in text:
        return f"`{text}`"
    fence = "`" * (max(len(run) for run in re.findall("`+", text)) + 1)
    return f"{fence} {text} {fence}"


def clean(text: str) -> str:
    """Return ``text`` on one line, without the traces that dropped references leave."""
    text = " ".join(text.split())
    text = re.sub(r"(?<![\w`])[(\[][\s,;.&]*(?:and|see|by|in|from)?[\s,;.&]*[)\]]", "", text)
    text = re.sub(r"\s+([,.;:)])", r"\1", text)
    return " ".join(text.split()).strip()


def readable(text: str) -> str:
    """Cut what no note has: endless documents and lines, and characters that are not text."""
    text = text[:LARGEST_DOCUMENT].replace("\r\n", "\n").replace("\r", "\n")
    text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufeff\ufffe\uffff\ud800-\udfff]", "", text)
    if len(text) > LONGEST_LINE:
        text = "\n".join(line[:LONGEST_LINE] for line in text.split("\n"))
    return text
