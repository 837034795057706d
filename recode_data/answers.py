"""The program in what a model wrote: one reading for rewards, evaluation and export.

The format is that of ReCode (arXiv 2506.20495): ``<think>…</think><answer>…</answer>``, the
program as one fenced block of the answer. What counts is decided by five rules:

1. Text between ``<think>`` and ``</think>`` never counts. The tags nest, in any case; one
   that is not closed reaches to the end, and text before a ``</think>`` that nothing opened
   is thought as well, because a prompt may end with ``<think>``.
2. The answer is what stands in the last ``<answer>``, which may lack its end. Without that
   tag it is all that is left.
3. Of several blocks the last one labelled as Python counts; without such a label the last
   one without any label; else the last one.
4. A fence is a line of three or more backticks or tildes (CommonMark 0.31, section 4.5) and
   closes with as many or more of the same, at most three columns deeper than it opened; so
   a fence in an indented docstring ends nothing. It may lack its end. A Python fence may
   also open at the end of a line of prose.
5. Without any fence the whole answer is the program, if it is one that does something.
"""

from __future__ import annotations

import ast
import re
import warnings
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, TypeAlias

Completion: TypeAlias = str | Sequence[Mapping[str, Any]]
"""A completion as TRL hands it over: its text, or a list of chat messages."""

_ANY_TAG = r"<(/?)(think|answer)(?:\s+[\w-]+=[^\s<>]*)*\s*(/?)>"
_TAG = re.compile(_ANY_TAG, re.IGNORECASE)
_FENCE = re.compile("`{3}|~{3}")
_OPENING = re.compile(r"([ \t]*)(`{3,}(?=[^`]*\Z)|~{3,})(.*)")
_AFTER_PROSE = re.compile(r"()[^`~]+?(`{3,}|~{3,})((?:python|py)3?)[ \t]*\Z", re.IGNORECASE)
_PYTHON = re.compile(r"\{?\s*\.?(?:python|py|ipython)[\d.]*(?![\w.])", re.IGNORECASE)
DEEPER = 3
"""Columns by which the end of a block may stand further right than its beginning."""
PATIENCE = 20
"""Blocks without an end that are looked into for tags; hostile text is made of nothing else."""
_SPOKEN = {None, "text", "output_text"}
"""Types of a message's parts that were said; a part of another type may be reasoning."""


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: what its fence says of it, its text, and whether the fence closes."""

    info: str
    code: str
    closed: bool
    lines: int
    """Lines that it takes, its fences among them."""

    @property
    def rank(self) -> int:
        """How strongly its label says that it is the program."""
        return 2 if _PYTHON.match(self.info) else 0 if self.info else 1


def text_of(completion: Completion) -> str:
    """Return the text of a completion: of a chat, what its last message says."""
    if isinstance(completion, str):
        return completion
    if not completion:
        return ""
    content = completion[-1].get("content") or ""
    if isinstance(content, str):
        return content
    return "".join(part.get("text") or "" for part in content if part.get("type") in _SPOKEN)


def program_of(completion: Completion) -> str | None:
    """Return the program that a completion hands in, or None where it hands in none.

    Lines end in ``\\n``; what all lines are indented by is taken off.

    >>> program_of("<think>```python\\nx = 1\\n```</think><answer>\\n~~~\\nx = 2\\n~~~\\n</answer>")
    'x = 2'
    """
    code = block_of(completion)
    return None if code is None else _dedented(code)


def block_of(completion: Completion) -> str | None:
    """Return the program as it stands in its block: a rest of a function stays indented."""
    said = answer_of(text_of(completion))
    blocks = blocks_of(said)
    if blocks:
        best = max(block.rank for block in blocks)
        return [block.code for block in blocks if block.rank == best][-1]
    return said.strip("\n") if any(map(_does_something, statements_of(said))) else None


def answer_of(text: str) -> str:
    """Return the part of a completion's text that is its answer."""
    reader = _Reader(text.replace("\r\n", "\n").replace("\r", "\n"))
    return reader.read()


def blocks_of(text: str) -> list[Block]:
    """Return the fenced blocks of a text, in order."""
    blocks: list[Block] = []
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        if opening := _opening(lines[at]):
            blocks.append(_block(lines, at, opening)[0])
            at += blocks[-1].lines
        else:
            at += 1
    return blocks


def statements_of(code: str) -> list[ast.stmt]:
    """Return a program's statements, none for what is no program."""
    try:
        with warnings.catch_warnings():  # what a model wrote may be odd and still run
            warnings.simplefilter("ignore")
            return ast.parse(code).body
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return []


def fenced(code: str) -> str:
    """Return ``code`` as a Python block that `program_of` reads back, whatever it holds."""
    runs = re.findall(r"`{3,}", code)
    fence = "`" * max([3, *(len(run) + 1 for run in runs)])
    return f"{fence}python\n{code}\n{fence}"


def _does_something(node: ast.stmt) -> bool:
    """Tell a statement from prose that happens to parse, such as "done" or "it is old"."""
    return not isinstance(node, ast.Expr) or any(isinstance(n, ast.Call) for n in ast.walk(node))


class _Reader:
    """Reads the tags of a completion from left to right.

    Within an answer, what looks like a tag in a closed block is part of the program.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.said: list[str] = []
        self.answer: list[str] | None = None
        """Parts of the last answer, None as long as there is none."""
        self.inside = False
        self.depth = 0
        self.patience = PATIENCE
        self.lines = text.split("\n")
        self.starts = list(accumulate((len(line) + 1 for line in self.lines), initial=0))

    def read(self) -> str:
        place = 0
        while tag := _TAG.search(self.text, self._beyond_blocks(place)):
            self._keep(place, tag.start())
            self._enter(tag)
            place = tag.end()
        self._keep(place, len(self.text))
        return "".join(self.said if self.answer is None else self.answer)

    def _keep(self, start: int, end: int) -> None:
        if self.depth == 0:
            self.said.append(self.text[start:end])
            if self.inside and self.answer is not None:
                self.answer.append(self.text[start:end])

    def _enter(self, tag: re.Match[str]) -> None:
        closing = bool(tag[1])
        if tag[2].lower() == "answer":
            if self.depth == 0:
                self.inside = not closing
                self.answer = self.answer if closing else []
        elif not closing:
            self.depth += not tag[3]  # <think/> is empty
        elif self.depth:
            self.depth -= 1
        else:  # all that came before was thought
            self.said, self.answer, self.inside = [], None, False

    def _beyond_blocks(self, place: int) -> int:
        """Return from where to look for the next tag: in an answer, behind closed blocks."""
        if not self.inside or self.depth or self.patience == 0:
            return place
        line = place
        while tag := _TAG.search(self.text, line):
            fence = _FENCE.search(self.text, line, tag.start())
            if fence is None or self.patience == 0:
                return line
            number = bisect_right(self.starts, fence.start()) - 1
            line = max(line, self.starts[number])
            end = self.starts[number + 1]
            opening = _opening(self.text[line : end - 1])
            if opening:
                block, length = _block(self.lines, number, opening)
                line = end + length
            if not (block.closed if opening else end <= tag.start()):
                self.patience -= 1
                return min(line, tag.start())
            line = line if opening else end
        return line


def _opening(line: str) -> re.Match[str] | None:
    return _OPENING.match(line) or _AFTER_PROSE.match(line)


def _block(lines: Sequence[str], at: int, opening: re.Match[str]) -> tuple[Block, int]:
    """Return the block that opens in line ``at``, and the characters below it that it takes."""
    indent, fence, info = opening[1], opening[2], opening[3].strip()
    column = len(indent.expandtabs(4))
    closing = re.compile(rf"([ \t]*){fence[0]}{{{len(fence)},}}[ \t]*(?:\Z|(?={_ANY_TAG}))", re.I)
    length = 0
    for end in range(at + 1, len(lines)):
        found = closing.match(lines[end])
        if found and len(found[1].expandtabs(4)) <= column + DEEPER:
            code = "\n".join(_without(line, indent) for line in lines[at + 1 : end])
            return Block(info, code, True, end + 1 - at), length + found.end()
        length += len(lines[end]) + 1
    code = "\n".join(_without(line, indent) for line in lines[at + 1 :]).rstrip()
    return Block(info, code, False, len(lines) - at), length


def _without(line: str, indent: str) -> str:
    """Take off the indentation of the fence, or as much of it as the line has."""
    if line.startswith(indent):
        return line[len(indent) :]
    own = line[: len(line) - len(line.lstrip(" \t"))]
    return line[len(own) :]


def _dedented(code: str) -> str:
    lines = code.split("\n")
    first = next((line for line in lines if line.strip()), "")
    margin = first[: len(first) - len(first.lstrip(" \t"))]
    if not margin or any(line.strip() and not line.startswith(margin) for line in lines):
        return code
    return "\n".join(line.removeprefix(margin) for line in lines)
