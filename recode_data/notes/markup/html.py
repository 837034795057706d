"""HTML pages of documentation sites to blocks: Sphinx's themes, MkDocs, GitHub's pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from recode_data.notes.markup.blocks import DEEPEST, Block, clean, code_span, readable

CONTENT = (
    "div[itemprop=articleBody]", "article.bd-article", "div.body[role=main]",
    "div.document div.body", "article.md-content__inner", "article.markdown-body",
    "div.markdown-body", "div[role=main]",
    "main article", "article", "main", "#content", "body",
)  # fmt: skip
"""Where the usual themes put the text, the most telling first."""
DROPPED = {"script", "style", "nav", "footer", "aside", "svg", "button", "form", "noscript", "head"}
DROPPED |= {"template", "iframe", "img", "input", "select", "video", "audio"}
BLOCKS = {"p", "ul", "ol", "dl", "table", "pre", "blockquote", "div", "section", "article"}
BLOCKS |= {"h1", "h2", "h3", "h4", "h5", "h6", "li", "dd", "dt", "details", "figure", "main"}
ANCHORS = re.compile(r"headerlink|anchor|viewcode|permalink|linkback")
MOST_ELEMENTS = 200_000


@dataclass
class _Count:
    left: int = MOST_ELEMENTS


def read_html(text: str, content: str = "") -> list[Block]:
    """Return the blocks of a page's content.

    ``content`` is a CSS selector; when it is empty or matches nothing, the places that the
    usual themes use are tried.
    """
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(_shallow(readable(text)), "html.parser")
    selectors = ([content] if content else []) + list(CONTENT)
    root: Any = next((node for s in selectors if (node := soup.select_one(s))), soup)
    return [block for block in _walk(root, 0, 0, _Count()) if block.text or block.cells]


def title_of(text: str) -> str:
    """Return the first heading of a page, or its title."""
    found = re.search(r"<h1[^>]*>(.*?)</h1>", text, re.S) or re.search(r"<title>(.*?)<", text, re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split()) if found else ""


def _shallow(text: str) -> str:
    """Drop the tags below a depth that no page has, before a parser recurses into them."""
    if text.count("<") < DEEPEST * 10:
        return text
    depth, deepest = 0, 300
    kept: list[str] = []
    end = 0
    for match in re.finditer(r"<(/?)([a-zA-Z][\w-]*)[^<>]*?(/?)>", text):
        kept.append(text[end : match.start()])
        end = match.end()
        closing, name, empty = match[1], match[2].lower(), match[3]
        void = empty or name in ("br", "hr", "img", "input", "meta", "link", "col", "wbr", "source")
        if not closing and not void:
            depth += 1
        if depth <= deepest:
            kept.append(match[0])
        if closing:
            depth = max(0, depth - 1)
    kept.append(text[end:])
    return "".join(kept)


def _walk(node: Any, depth: int, nested: int, count: _Count) -> Iterator[Block]:
    """Yield the blocks below an element; ``depth`` counts lists, ``nested`` elements."""
    if nested > DEEPEST * 3:
        return
    loose: list[Any] = []
    for child in node.children:
        count.left -= 1
        if count.left < 0:
            return
        name = getattr(child, "name", None)
        if name in DROPPED:
            continue
        if name is None or name not in BLOCKS:
            loose.append(child)
            continue
        yield from _paragraph(loose, depth)
        loose = []
        yield from _element(child, name, depth, nested + 1, count)
    yield from _paragraph(loose, depth)


def _element(child: Any, name: str, depth: int, nested: int, count: _Count) -> Iterator[Block]:
    if name[0] == "h" and name[1:].isdigit():
        yield Block("heading", clean(_text(child.children)), int(name[1]))
    elif name == "p":
        yield Block("paragraph", clean(_text(child.children)), depth)
    elif name == "pre" or (name == "div" and _has_class(child, "highlight") and child.find("pre")):
        yield Block("code", child.get_text().strip("\n"), depth)
    elif name in ("ul", "ol"):
        yield from _walk(child, depth + 1, nested, count)
    elif name == "li":
        yield from _item(child, depth, nested, count)
    elif name == "dt":
        yield Block("term", clean(_text(child.children)), depth + 1)
    elif name == "dd":
        yield from _walk(child, depth + 1, nested, count)
    elif name == "table":
        yield from _rows(child)
    else:
        yield from _walk(child, depth, nested, count)


def _has_class(node: Any, part: str) -> bool:
    return any(str(each).startswith(part) for each in node.get("class") or ())


def _item(node: Any, depth: int, nested: int, count: _Count) -> Iterator[Block]:
    blocks = list(_walk(node, max(depth, 1), nested, count))
    if blocks and blocks[0].kind == "paragraph":
        yield Block("item", blocks[0].text, max(depth, 1))
        yield from blocks[1:]
    else:
        yield from blocks


def _paragraph(loose: list[Any], depth: int) -> Iterator[Block]:
    text = clean(_text(loose))
    if text:
        yield Block("paragraph", text, depth)


def _rows(table: Any) -> Iterator[Block]:
    header: tuple[str, ...] = ()
    for row in table.find_all("tr", limit=2000):
        cells = row.find_all(["td", "th"], limit=50)
        texts = tuple(clean(_text(cell.children)) for cell in cells)
        if cells and all(cell.name == "th" for cell in cells):
            header = texts
        elif any(texts):
            yield Block("row", " | ".join(texts), cells=texts, header=header)


def _text(children: Any, nested: int = 0) -> str:
    """Return inline Markdown: code in backticks, emphasis in stars, the rest as it reads."""
    if nested > DEEPEST * 2:
        return ""
    parts: list[str] = []
    for child in children:
        name = getattr(child, "name", None)
        if name is None:
            if type(child).__name__ in ("NavigableString", "CData"):
                parts.append(str(child))
        elif name in DROPPED or ANCHORS.search(" ".join(child.get("class") or ())):
            continue
        elif name in ("code", "tt", "kbd", "samp"):
            parts.append(code_span(child.get_text()))
        elif name == "br":
            parts.append(" ")
        elif name in ("em", "i", "strong", "b"):
            inner = _text(child.children, nested + 1)
            mark = "*" if name in ("em", "i") else "**"
            parts.append(
                f"{mark}{inner.strip()}{mark}" if inner.strip() and "`" not in inner else inner
            )
        elif name == "a":
            inner = _text(child.children, nested + 1)
            parts.append("" if re.fullmatch(r"\s*\[?(gh-|#|GH)?\d+\]?\s*", inner) else inner)
        else:
            inner = _text(child.children, nested + 1)
            parts.append(f" {inner} " if name in BLOCKS else inner)
    return "".join(parts)
