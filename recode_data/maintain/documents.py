"""Documents with code in them: Markdown, reStructuredText, notebooks and Python files, read as
blocks of code and lines of prose, and written back with other code in the same places."""

from __future__ import annotations

import ast
import doctest
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from recode_data.errors import BadFile
from recode_data.maintain.sources import Source

SUFFIXES = (".md", ".rst", ".txt", ".ipynb", ".py", ".mdx", ".markdown")
_FENCE = re.compile(r"^(?P<indent>[ \t>]*)(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^`\n]*)$")
_PYTHON = re.compile(
    r"\{?\.?\s*(?:code-block\}?\s+|code-cell\}?\s+)?(?:i?python3?|py3?|pycon)\b", re.I
)
_DIRECTIVE = re.compile(
    r"^(?P<indent>[ \t]*)\.\. (?P<name>code-block|code|sourcecode|ipython|plot|testcode)::"
    r"[ \t]*(?P<language>\S*)\s*$"
)
_OPTION = re.compile(r"^\s+:[\w-]+:.*$")
_SKIP = re.compile(
    r"recode-data:\s*skip|doctest:\s*\+SKIP|:okexcept:|\braises-exception\b|:skip", re.I
)
_OLD = re.compile(
    r"^\W*(?:before|old|previous(?:ly)?|deprecated|don't|do not|instead of|until)\b"
    r"|\b(?:before|old|previously|deprecated|no longer|used to)\b[^`]{0,60}:\W*$",
    re.IGNORECASE,
)
"""What introduces code that shows how it was."""
_MAGIC = re.compile(
    r"^\s*(?:[%!]|\?|@(?:suppress|savefig|verbatim|doctest|okwarning|okexcept))|\?\s*$"
)
_PARSER = doctest.DocTestParser()


@dataclass(frozen=True)
class Block:
    """A piece of code of a document that is run as one."""

    line: int
    """The line of the document that it begins in, counted from 1."""
    code: str
    shown: str | None = None
    """What the document shows as its output; None where it shows nothing."""
    interactive: bool = False
    """An expression's value is printed, as at a prompt."""
    old: bool = False
    """The document shows how it was before."""
    skip: bool = False
    """The document says that it is not to be run."""
    lines: tuple[int, ...] = ()
    """The lines of the document that its lines of code stand in; empty: one after the other."""
    prefix: tuple[str, str] = ("", "")
    """What stands before its first line and before each further one."""

    def line_of(self, number: int) -> int:
        """Return the document's line of the code's line ``number``, counted from 1."""
        if self.lines:
            return self.lines[min(max(number, 1), len(self.lines)) - 1]
        return self.line + max(number, 1) - 1


@dataclass
class Document:
    """A file as blocks of code and lines of prose."""

    source: Source
    blocks: list[Block] = field(default_factory=list)
    prose: list[tuple[int, str]] = field(default_factory=list)
    """Each line that is no code, with its number."""
    cells: list[dict[str, Any]] = field(default_factory=list)
    """A notebook's code cells, in the order of its blocks."""
    notebook: Any = None

    def with_codes(self, codes: Sequence[str]) -> str:
        """Return the document's text with ``codes`` in the places of its blocks."""
        if self.notebook is not None:
            for cell, block, code in zip(self.cells, self.blocks, codes, strict=True):
                if code != block.code:
                    cell["source"] = code.splitlines(keepends=True)
            text = json.dumps(self.notebook, indent=1, ensure_ascii=False)
            return text + ("\n" if self.source.text.endswith("\n") else "")
        lines = self.source.text.split("\n")
        pairs = sorted(zip(self.blocks, codes, strict=True), key=lambda pair: -pair[0].line)
        for block, code in pairs:
            if code == block.code:
                continue
            first = block.line - 1
            count = len(block.code.split("\n"))
            lines[first : first + count] = _with_prefix(code, block)
        return "\n".join(lines)


def _with_prefix(code: str, block: Block) -> list[str]:
    first, rest = block.prefix
    if first == rest:
        return [f"{first}{line}" if line else line for line in code.split("\n")]
    starts = {node.lineno for node in ast.parse(code).body}
    return [
        f"{first if number in starts or number == 1 else rest}{line}".rstrip()
        for number, line in enumerate(code.split("\n"), 1)
    ]


def read_document(source: Source) -> Document:
    """Return a file as a document; raises `BadFile` for a notebook that is none."""
    suffix = source.path.suffix.lower()
    if suffix == ".ipynb":
        return _notebook(source)
    if suffix in (".py", ".pyi"):
        return Document(source, [Block(1, source.text)])
    return _text(source, _rst_block if suffix in (".rst", ".txt") else _fenced_block)


def _notebook(source: Source) -> Document:
    try:
        held = json.loads(source.text)
        cells = [
            cell
            for cell in held["cells"]
            if isinstance(cell["source"], str | list) and cell["cell_type"] in ("code", "markdown")
        ]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        where = f":{error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise BadFile(
            f"{source.path}{where}: no notebook that can be read", "it is left alone"
        ) from error
    document = Document(source, notebook=held)
    at = 0
    for cell in cells:
        text = (
            cell["source"] if isinstance(cell["source"], str) else "".join(map(str, cell["source"]))
        )
        first = next((line for line in text.split("\n") if line.strip()), "")
        found = source.text.find(json.dumps(first, ensure_ascii=False)[1:-1], at) if first else -1
        at = found if found >= 0 else at
        line = source.text[:at].count("\n") + 1
        if cell["cell_type"] == "markdown":
            document.prose += [(line + n, said) for n, said in enumerate(text.split("\n"))]
            continue
        magic = any(_MAGIC.match(part) for part in text.split("\n"))
        tags = str(cell.get("metadata", {}))
        skip = magic or bool(_SKIP.search(tags))
        document.blocks.append(Block(line, text, _cell_output(cell), True, skip=skip))
        document.cells.append(cell)
    return document


def _cell_output(cell: dict[str, Any]) -> str | None:
    found = []
    for output in cell.get("outputs") or []:
        if not isinstance(output, dict) or output.get("output_type") not in (
            "stream",
            "execute_result",
        ):
            return None
        if output.get("name") == "stderr":
            continue
        text = output.get("text", (output.get("data") or {}).get("text/plain"))
        if text is None:
            return None
        found.append(text if isinstance(text, str) else "".join(map(str, text)))
    return "\n".join(part.rstrip("\n") for part in found) or None


Opened = tuple[str, bool, int]
"""Of a block of code: the indent of its text, whether its end is a fence, and where it begins."""


def _text(
    source: Source, block_at: Callable[[list[str], int], tuple[int, int, bool] | None]
) -> Document:
    document = Document(source)
    lines = source.text.split("\n")
    number = 0
    before = ""
    while number < len(lines):
        found = block_at(lines, number)
        if found is not None:
            first, last, python = found
            if python:
                intro = "\n".join(lines[max(0, number - 3) : first])
                document.blocks += _blocks(lines, first, last, bool(_OLD.search(before)), intro)
            number = max(last, number + 1)
            if number < len(lines) and _FENCE.match(lines[number]):
                number += 1
            continue
        if lines[number].lstrip().startswith(">>> "):
            last = number
            while last < len(lines) and lines[last].strip():
                last += 1
            document.blocks += _blocks(lines, number, last, bool(_OLD.search(before)), "")
            number = last
            continue
        document.prose.append((number + 1, lines[number]))
        before = lines[number] if lines[number].strip() else before
        number += 1
    return document


def _fenced_block(lines: list[str], number: int) -> tuple[int, int, bool] | None:
    opened = _FENCE.match(lines[number])
    if opened is None:
        return None
    fence = opened["fence"]
    last = number + 1
    while last < len(lines):
        closed = _FENCE.match(lines[last])
        if closed and closed["fence"].startswith(fence) and not closed["info"].strip():
            break
        last += 1
    return number + 1, last, bool(_PYTHON.match(opened["info"].strip()))


def _rst_block(lines: list[str], number: int) -> tuple[int, int, bool] | None:
    opened = _DIRECTIVE.match(lines[number])
    if opened is None:
        return None
    first = number + 1
    while first < len(lines) and (_OPTION.match(lines[first]) or not lines[first].strip()):
        first += 1
    last, indent = first, len(opened["indent"])
    while last < len(lines) and (
        not lines[last].strip() or len(lines[last]) - len(lines[last].lstrip()) > indent
    ):
        last += 1
    while last > first and not lines[last - 1].strip():
        last -= 1
    python = opened["name"] in ("ipython", "plot", "testcode")
    return first, last, python or bool(_PYTHON.match(opened["language"] or "x"))


def _blocks(lines: list[str], first: int, last: int, old: bool, intro: str) -> Iterator[Block]:
    """Yield what is run of the lines of a block: each example at a prompt, or all of it."""
    part = lines[first:last]
    filled = [line for line in part if line.strip()]
    if not filled:
        return
    indent = min(len(line) - len(line.lstrip()) for line in filled)
    left = filled[0][:indent]
    body = [line[indent:] for line in part]
    skip = bool(_SKIP.search(intro))
    if any(line.startswith(">>> ") for line in body):
        yield from _examples(body, first, left, old, skip)
        return
    code = "\n".join(body)
    skip = skip or bool(_SKIP.search(code)) or any(_MAGIC.match(line) for line in body)
    yield Block(first + 1, code, None, False, old, skip, (), (left, left))


def _examples(body: list[str], first: int, left: str, old: bool, skip: bool) -> Iterator[Block]:
    try:
        examples = _PARSER.get_examples("\n".join(body) + "\n")
    except ValueError:
        return
    for example in examples:
        code = example.source.rstrip("\n")
        off = skip or bool(_SKIP.search(code)) or example.exc_msg is not None
        prefix = " " * example.indent
        yield Block(
            first + example.lineno + 1,
            code,
            example.want or None,
            True,
            old,
            off,
            (),
            (f"{left}{prefix}>>> ", f"{left}{prefix}... "),
        )
