"""Blocks to items: the smallest pieces of a note that stand for themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from recode_data.notes.markup.blocks import Block
from recode_data.notes.markup.sections import Section, section_of

LONGEST_ITEM = 6_000
"""Characters of one item's text that are kept."""


@dataclass
class Item:
    """One piece of a note.

    ``parts`` are its sentences' paragraphs in order, its headline first; ``lead`` is the
    sentence that announces the list it stands in ("The following were removed:").
    """

    section: Section
    path: tuple[str, ...]
    module: str
    parts: list[str] = field(default_factory=list)
    body: list[str] = field(default_factory=list)
    lead: str = ""
    cells: tuple[str, ...] = ()
    header: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The item as Markdown, with what announces it."""
        lines = list(self.body)
        if self.lead and lines:
            lines = [self.lead, "", "- " + lines[0], *lines[1:]]
        return "\n".join(lines).strip()[:LONGEST_ITEM]


class _Reader:
    """Walks the blocks of one note and keeps what is open: headings, leads, the item."""

    def __init__(self) -> None:
        self.headings: list[tuple[int, str, Section]] = []
        self.module = ""
        self.leads: list[tuple[int, str]] = []
        self.item: Item | None = None
        self.item_level = 0
        self.previous = ""

    def section(self) -> Section:
        for _, _, section in reversed(self.headings):
            if section not in ("neutral", "title"):
                return section
        return "neutral"

    def new(self, text: str, level: int, lead: str = "") -> Item:
        path = tuple(title for _, title, _ in self.headings)
        self.item = Item(self.section(), path, self.module, [text], [text], lead)
        self.item_level = level
        return self.item

    def heading(self, block: Block) -> Item | None:
        while self.headings and self.headings[-1][0] >= block.level:
            self.headings.pop()
        kind = section_of(block.text)
        self.leads, self.item, self.previous = [], None, ""
        item = self.new(block.text, 0) if kind == "title" and block.level > 1 else None
        self.headings.append((block.level, block.text, kind))
        return item

    def headline(self) -> str:
        return self.headings[-1][1] if self.headings and self.headings[-1][2] == "title" else ""

    def list_item(self, block: Block) -> Item:
        if block.level == 1 and not (self.leads and self.leads[-1][0] == 0):
            self.leads = [(0, self.previous)] if self.previous.endswith(":") else []
        self.leads = [lead for lead in self.leads if lead[0] < block.level]
        lead = self.leads[-1][1] if self.leads else self.headline()
        item = self.new(block.text, block.level, lead)
        self.leads.append((block.level, block.text))
        return item

    def paragraph(self, block: Block) -> Item | None:
        self.previous = block.text
        if block.level == 0:
            self.leads = []
        if self.item is not None and (block.level >= self.item_level > 0):
            self._more(block.text)
            return None
        if self.headline() and block.level == 0:
            if self.item is None or self.item_level > 0:
                return self.new(block.text, 0, self.headline())
            self._more(block.text)
            return None
        return self.new(block.text, block.level)

    def _more(self, text: str) -> None:
        assert self.item is not None
        self.item.parts.append(text)
        self.item.body += ["", text]

    def code(self, block: Block) -> None:
        if self.item is not None:
            fence = "```" if "```" not in block.text else "~~~~"
            self.item.body += ["", fence, block.text, fence]

    def row(self, block: Block) -> Item:
        lead = self.previous or self.headline()
        item = self.new(block.text, 1, lead)
        item.cells, item.header = block.cells, block.header
        return item


def find_items(blocks: Iterable[Block]) -> Iterator[Item]:
    """Yield the items of a note in its order."""
    reader = _Reader()
    found: list[Item] = []
    for block in blocks:
        if not block.text and block.kind != "code":
            continue
        made: Item | None = None
        if block.kind == "heading":
            made = reader.heading(block)
        elif block.kind == "module":
            reader.module = block.text
        elif block.kind in ("item", "term"):
            made = reader.list_item(block)
        elif block.kind == "paragraph":
            made = reader.paragraph(block)
        elif block.kind == "code":
            reader.code(block)
        elif block.kind == "row":
            made = reader.row(block)
        if made is not None:
            found.append(made)
    for item in found:
        if re.search(r"\w{2}", item.text):
            yield item
