"""Code without what does not run: comments and blank lines.

Nothing inside a string literal is ever touched, so the meaning stays. Two readers of the
same grammar live here: one regular expression, fifteen times as fast as the tokenizer of
the standard library and as exact up to Python 3.11; and that tokenizer, for f-strings from
Python 3.12 on, which may hold quotes of their own kind and are no regular language.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import token
import tokenize
import warnings
from functools import lru_cache

_STRING = (
    r'"""(?:[^"\\]|\\.|"(?!""))*"""'
    r"|'''(?:[^'\\]|\\.|'(?!''))*'''"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'(?:[^'\\\n]|\\.)*'"
)
# A line that follows a backslash belongs to the statement even when it is empty.
_CONTINUED = r"\\\n(?:[ \t\f]*(?=\n))?"
_BLANK = r"(?:\n[ \t\f]*(?:\#[^\n]*)?(?=\n|\Z))+"
_COMMENT = r"(?<![ \t\f])[ \t\f]*\#[^\n]*"
_NOISE = re.compile(rf"({_STRING}|{_CONTINUED})|{_BLANK}|{_COMMENT}", re.DOTALL)
_FORMATTED = re.compile(r"(?<![^\W\d_])(?:[ft]r?|r[ft])['\"]", re.IGNORECASE)
_OPENERS = {getattr(token, name, -1) for name in ("FSTRING_START", "TSTRING_START")}
_CLOSERS = {getattr(token, name, -1) for name in ("FSTRING_END", "TSTRING_END")}


@lru_cache(maxsize=8192)
def normalise(code: str) -> str:
    """Return ``code`` without comments and blank lines, dedented, lines ending in ``\\n``.

    Code that is no Python comes back as far as it can be read, never as an error.

    >>> normalise("x = '# no'  # yes\\r\\n\\r\\n# all of it\\r\\ny = 1")
    "x = '# no'\\ny = 1"
    """
    code = code.replace("\r\n", "\n").replace("\r", "\n")
    if sys.version_info >= (3, 12) and _FORMATTED.search(code):
        bare = by_tokens(code)
    else:
        bare = by_pattern(code)
    bare = bare.strip("\n").rstrip()
    return dedent(bare) if bare[:1] in (" ", "\t") else bare


def by_pattern(code: str) -> str:
    """Drop comments and blank lines with one regular expression."""
    return _NOISE.sub(r"\1", "\n" + code)


def by_tokens(code: str) -> str:
    """Drop comments and blank lines as the tokenizer sees them; on code that it refuses,
    as the regular expression does."""
    try:
        comments, busy = _read_tokens(code)
    except (tokenize.TokenError, SyntaxError):
        return by_pattern(code)
    kept = []
    for number, line in enumerate(code.split("\n"), 1):
        if number in comments:
            line = line[: comments[number]].rstrip(" \t\f")  # noqa: PLW2901
        if number in busy:
            kept.append(line)
    return "\n".join(kept)


def _read_tokens(code: str) -> tuple[dict[int, int], set[int]]:
    """Return the column of each line's comment, and the lines that hold anything else."""
    comments: dict[int, int] = {}
    busy: set[int] = set()
    depth = 0
    # An indented snippet is a program of its own once it stands in a block.
    shift = 1 if code.lstrip("\n")[:1] in (" ", "\t") else 0
    source = "if 1:\n" + code if shift else code
    for piece in tokenize.generate_tokens(io.StringIO(source).readline):
        first, last = piece.start[0] - shift, piece.end[0] - shift
        depth += (piece.type in _OPENERS) - (piece.type in _CLOSERS)
        if piece.type == token.COMMENT and depth == 0:
            comments[first] = piece.start[1]
        elif depth or (piece.string and piece.type not in (token.NL, token.DEDENT)):
            busy.update(range(first, last + 1))
    return comments, busy


def dedent(code: str) -> str:
    """Take the first line's indentation from every line.

    Where a string reaches further left than the code, as docstrings cut out of a class may,
    only lines outside of strings move.
    """
    margin = code[: len(code) - len(code.lstrip(" \t"))]
    lines = code.split("\n")
    if all(line.startswith(margin) or not line.strip() for line in lines):
        return "\n".join(line.removeprefix(margin) for line in lines)
    return re.sub(rf"({_STRING})|(\n){margin}", r"\1\2", "\n" + code, flags=re.DOTALL)[1:]


def spaced(code: str) -> str:
    """Return ``code`` with every tab of its indentation as four spaces."""
    indented = re.compile(rf"({_STRING})|(?<=\n)\t+", re.DOTALL)
    return indented.sub(lambda found: found[1] or "    " * len(found[0]), "\n" + code)[1:]


@lru_cache(maxsize=8192)
def parses(code: str) -> bool:
    """Say whether ``code`` is a Python program to the running interpreter."""
    try:
        with warnings.catch_warnings():  # an invalid escape is no concern of a reward
            warnings.simplefilter("ignore")
            ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return False
    return True


@lru_cache(maxsize=8192)
def compiles(code: str) -> bool:
    """Say whether ``code`` can be compiled by the running interpreter, which refuses more
    than its parser does: an argument given twice, a ``return`` outside of a function."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(code, "<answer>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return False
    return True
