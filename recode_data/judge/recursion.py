"""Room for syntax trees that are deeper than the interpreter's usual recursion limit."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

DEPTH = 12_000
"""Calls that may be open at once. `ast.unparse` opens five for each term of a sum, so this is
room for 2,400 of them. On Python 3.10 each call takes a piece of the C stack, and with 8 MiB
20,000 overflow it; so does the parser of 3.11 with 50,000."""


@contextmanager
def deep_trees() -> Iterator[None]:
    """Raise the recursion limit of this interpreter to `DEPTH` within the block.

    A tree that is deeper still raises `RecursionError`, as it does without.
    """
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(max(usual, DEPTH))
    try:
        yield
    finally:
        sys.setrecursionlimit(usual)
