"""Marks of what a model may have seen: the solution in the documentation of its prompt, or
nearly the same program in a public benchmark."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from recode_data.errors import BadFile
from recode_data.files import read_jsonl
from recode_data.records import Entry

Shingles: TypeAlias = frozenset[tuple[str, ...]]
SIZE = 4
"""Tokens of a shingle."""
NEAR = 0.8
"""Share of a program's shingles that stand in another text where it is nearly a part of it."""
DOCUMENTATION = "documentation"
_TOKEN = re.compile(r"\w+|[^\w\s]")
_PROMPT = re.compile(r"^\s*(?:>>>|\.\.\.|In \[\d+\]:)\s?", re.MULTILINE)
_PRINTED = re.compile(r"^\s*print\((.*)\)\s*$")
_IMPORT = re.compile(r"^\s*(?:import|from)\s")
TIP = "give a JSONL file of a benchmark's rows"


def shingles(text: str) -> Shingles:
    """Return the runs of `SIZE` tokens of a program or a text with programs in it; of a shorter
    one all of its tokens."""
    tokens = _TOKEN.findall(_PROMPT.sub("", text))
    last = max(1, len(tokens) - SIZE + 1)
    return frozenset(tuple(tokens[at : at + SIZE]) for at in range(last)) if tokens else frozenset()


def contained(program: str, other: Shingles) -> float:
    """Return the share of a program's shingles that another text has."""
    own = shingles(program)
    return len(own & other) / len(own) if own else 0.0


def solution_lines(entry: Entry) -> str:
    """Return the lines that only the reference has, without imports and what prints them."""
    old = {line.strip() for line in entry.old_code.splitlines()}
    lines = [line for line in entry.new_code.splitlines() if line.strip() not in old]
    plain = [_PRINTED.sub(r"\1", line) for line in lines if not _IMPORT.match(line)]
    return "\n".join(line for line in plain if line.strip())


def marks(entry: Entry, shown: str, benchmarks: Mapping[str, Sequence[Shingles]]) -> list[str]:
    """Return why an answer may be no more than remembered: `DOCUMENTATION` where the solution
    stands in what is ``shown``, and the names of ``benchmarks`` with nearly the same program."""
    found = []
    if shown and contained(solution_lines(entry), shingles(shown)) >= NEAR:
        found.append(DOCUMENTATION)
    own = [shingles(entry.new_code), shingles(entry.old_code)]
    return found + [
        name
        for name in sorted(benchmarks)
        if any(_near(one, other) for one in own for other in benchmarks[name])
    ]


def _near(one: Shingles, other: Shingles) -> bool:
    smaller = min(len(one), len(other))
    return bool(smaller) and len(one & other) / smaller >= NEAR and 2 * smaller > len(one)


def read_benchmark(path: Path) -> list[Shingles]:
    """Return the shingles of every text with code in the rows of a JSONL file.

    Raises `BadFile` for a file that holds none.
    """
    found = [
        shingles(text)
        for _, row in read_jsonl(path, TIP)
        for text in _texts(row)
        if len(text.splitlines()) > 1
    ]
    if not found:
        raise BadFile(f"{path} holds no programs", TIP)
    return found


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for part in parts for text in _texts(part)]
