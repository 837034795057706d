"""reStructuredText to blocks, with docutils and without Sphinx.

Sphinx's roles and directives are unknown to docutils, and every project has its own: each
one that a document uses is registered before it is parsed, a role as a code span and a
directive as a container of its content.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from docutils.core import publish_doctree
from docutils.parsers.rst import Directive, directives, roles
from docutils.parsers.rst.languages import en

from recode_data.notes.markup.blocks import DEEPEST, Block, clean, code_span, readable

REFERENCES = {"issue", "pr", "gh", "user", "ghissue", "ghpull", "ghuser", "cite", "cve", "ticket"}
"""Roles that point outside the text and say nothing of the API."""
TITLES = {"ref", "doc", "term", "guilabel", "numref", "any", "abbr", "dfn", "std:ref", "std:doc"}
"""Roles whose text is prose."""
CODE = {"code-block", "sourcecode", "ipython", "plot", "doctest", "testcode", "testsetup"}
CODE |= {"parsed-literal", "productionlist", "math", "literalinclude", "highlight", "prompt"}
MODULES = {"currentmodule", "module", "py:module", "py:currentmodule"}
DROPPED = {
    "toctree",
    "image",
    "figure",
    "raw",
    "contents",
    "include",
    "only",
    "index",
    "tabularcolumns",
}
DROPPED |= {"autosummary", "highlight", "meta", "default-role", "role", "sectnum"}

SETTINGS = {
    "halt_level": 5,
    "report_level": 5,
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "_disable_config": True,
    "input_encoding": "unicode",
    "doctitle_xform": False,
    "smart_quotes": False,
    "line_length_limit": 30_000,
}


def read_rst(text: str) -> list[Block]:
    """Return the blocks of a document; a damaged one gives what can be read of it."""
    text = readable(text)
    text = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", text)  # Jinja of the project's own build
    _register(text)
    tree = publish_doctree(
        text + _substitutions(text), settings_overrides=dict(SETTINGS), source_path="note"
    )
    return list(_walk(tree, 0, 0))


def inline(text: str) -> str:
    """Return one paragraph of RST as Markdown."""
    return " ".join(block.text for block in read_rst(text))


class Container(Directive):
    """A directive that nobody knows: its argument and its content are read as text."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[nodes.Node]:
        name = self.name.lower()
        if name in DROPPED:
            return []
        # docutils takes the options of a directive it does not know for its argument
        argument = re.split(r"(?:^|\n)\s*:[\w-]+:", (self.arguments or [""])[0])[0].strip()
        if name in MODULES:
            return [nodes.comment("", argument.split("\n")[0], role="module")]
        if name in CODE:
            body = "\n".join(self.content)
            return [nodes.literal_block(body, body)]
        node = nodes.container(classes=[name])
        lines = _without_options(self.content)
        if argument and not re.fullmatch(r"[\d.\w]+|:.*", argument, re.S):
            sentence, _ = self.state.inline_text(argument, self.lineno)
            node += nodes.paragraph(argument, "", *sentence)
        self.state.nested_parse(lines, self.content_offset, node)
        return [node]


def _without_options(content: Any) -> Any:
    """Drop the ``:tags: sql`` lines before a directive's text."""
    start = 0
    while start < len(content) and (
        re.match(r"\s*:[\w-]+:", content[start]) or (start and not content[start].strip())
    ):
        start += 1
    return content[start:]


def _role(  # noqa: PLR0917  (docutils calls it so)
    name: str,
    rawtext: str,
    text: str,
    lineno: int,
    inliner: Any,
    options: Any = None,
    content: Any = (),
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    text = nodes.unescape(text)
    kind = name.lower().rsplit(":", 1)[-1]
    if kind in REFERENCES or re.fullmatch(r"[#\d\s,]+", text):
        return [], []
    explicit = re.fullmatch(r"(.+?)\s*<(.+)>", text, re.S)
    if name.lower() in TITLES:
        return [nodes.Text(explicit[1] if explicit else text.lstrip("~!"))], []
    return [nodes.literal(rawtext, target(text))], []


def target(text: str) -> str:
    """Return the name that the text of a role points to: ``~numpy.isin`` is ``numpy.isin``."""
    explicit = re.fullmatch(r"(.+?)\s*<(.+)>", text, re.S)
    name = explicit[2] if explicit and re.fullmatch(r"[~!.\w]+", explicit[2]) else text
    if explicit and name is text:
        name = explicit[1]
    return re.sub(r"^[~!.]+", "", name) if re.match(r"[~!.]+\w", name) else name


_directives: dict[str, Any] = vars(directives)["_directive_registry"]
_roles: dict[str, Any] = vars(roles)["_role_registry"]
_DIRECTIVES_OF_DOCUTILS = frozenset(_directives) - DROPPED - CODE


def _register(text: str) -> None:
    """Teach docutils the roles and directives that ``text`` uses and it does not know."""
    for name in set(re.findall(r":((?:[a-zA-Z][\w+.-]*:)*[a-zA-Z][\w+.-]*):`", text)):
        if name.lower() not in _roles and name.lower() not in en.roles:
            _roles[name.lower()] = _role
    for name in set(re.findall(r"^[ \t]*(?:\|[^|\n]+\|[ \t]+)?\.\. ([\w:.+-]+?)::", text, re.M)):
        if name.lower() not in _DIRECTIVES_OF_DOCUTILS:
            directives.register_directive(name.lower(), Container)
    for name in DROPPED | CODE:
        directives.register_directive(name, Container)


def _substitutions(text: str) -> str:
    """Define the ``|API|`` that the project defines in a file that is not here."""
    used = set(re.findall(r"(?<![\w|`])\|([A-Za-z][\w .-]{0,40}?)\|(?![\w|`])", text))
    defined = set(re.findall(r"^\s*\.\. \|([^|\n]+)\|", text, re.M))
    lines = [f".. |{name}| replace:: {name}" for name in sorted(used - defined)]
    return "\n\n" + "\n".join(lines) + "\n" if lines else ""


def _walk(node: nodes.Node, section: int, depth: int) -> Iterator[Block]:
    """Yield the blocks below ``node``: ``section`` and ``depth`` count sections and lists."""
    if section + depth > DEEPEST:
        return
    for child in node.children:
        if isinstance(child, nodes.section):
            yield from _walk(child, section + 1, 0)
        elif isinstance(child, nodes.list_item):
            yield from _item(child, section, depth)
        elif isinstance(child, nodes.definition_list_item):
            yield from _definition(child, section, depth)
        elif isinstance(child, nodes.table):
            yield from _rows(child)
        elif isinstance(child, nodes.bullet_list | nodes.enumerated_list):
            yield from _walk(child, section, depth + 1)
        elif isinstance(child, nodes.TextElement):
            yield from _leaf(child, section, depth)
        elif not isinstance(child, nodes.system_message | nodes.Text):
            yield from _walk(child, section, depth)


def _leaf(node: nodes.TextElement, section: int, depth: int) -> Iterator[Block]:
    """A block whose children are text."""
    if isinstance(node, nodes.title | nodes.rubric):
        level = section if isinstance(node, nodes.title) else section + 1
        yield Block("heading", clean(_text(node)), level)
    elif isinstance(node, nodes.paragraph):
        yield Block("paragraph", clean(_text(node)), depth)
    elif isinstance(node, nodes.literal_block | nodes.doctest_block):
        yield Block("code", node.astext(), depth)
    elif isinstance(node, nodes.comment) and node.get("role") == "module":
        yield Block("module", node.astext().strip())


def _item(node: nodes.list_item, section: int, depth: int) -> Iterator[Block]:
    """A list's item: its first paragraph is the item, the rest follows it."""
    blocks = list(_walk(node, section, depth))
    if blocks and blocks[0].kind == "paragraph":
        yield Block("item", blocks[0].text, depth)
        yield from blocks[1:]
    else:
        yield from blocks


def _definition(node: nodes.definition_list_item, section: int, depth: int) -> Iterator[Block]:
    for child in node.children:
        if isinstance(child, nodes.term):
            yield Block("term", clean(_text(child)), depth + 1)
        elif isinstance(child, nodes.definition):
            yield from _walk(child, section, depth + 1)


def _rows(table: nodes.table) -> Iterator[Block]:
    header: tuple[str, ...] = ()
    for row in table.findall(nodes.row):
        cells = tuple(clean(_text(cell)) for cell in row.children)
        if isinstance(row.parent, nodes.thead):
            header = cells
        elif any(cells):
            yield Block("row", " | ".join(cells), cells=cells, header=header)


def _text(node: nodes.Node) -> str:
    """Return the text below ``node`` as Markdown."""
    parts = []
    for child in node.children:
        if isinstance(child, nodes.Text):
            parts.append(child.astext())
        elif isinstance(child, nodes.literal):
            parts.append(code_span(child.astext()))
        elif isinstance(child, nodes.title_reference):
            parts.append(code_span(target(child.astext())))
        elif isinstance(child, nodes.reference):
            shown = _text(child)
            parts.append("" if re.fullmatch(r"(gh-|#|GH|PR ?)?#?\d+|`?#\d+`?", shown) else shown)
        elif isinstance(child, nodes.strong | nodes.emphasis):
            mark = "**" if isinstance(child, nodes.strong) else "*"
            parts.append(f"{mark}{_text(child)}{mark}")
        elif isinstance(child, nodes.problematic):
            parts.append(re.sub(r"^[`_|*]+|[`_|*]+$", "", child.astext()))
        elif not isinstance(child, nodes.system_message | nodes.footnote_reference):
            parts.append(_text(child))
            if isinstance(child, nodes.paragraph | nodes.list_item):
                parts.append(" ")
    return "".join(parts)
