"""Records of runs made by hand, with the places that a trace of the program would have."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Any

from recode_data.judge import FourRuns
from recode_data.judge.alignment import align
from recode_data.judge.claim import Claim
from recode_data.judge.evidence import Scene
from recode_data.records import Caught, Entry, Run, Use, content_id

HEAD = "import toy\n"


def row(old: str, new: str, text: str = "", **more: Any) -> Entry:
    """Return a row of a foreign data set about the library ``toy``, which both import."""
    return Entry("toy", "==2.0", "", text, HEAD + old, HEAD + new, **more)


def place(code: str, part: str) -> tuple[int, int, int, int]:
    """Return where ``part`` first stands in a program, as a traceback tells it."""
    assert part in code
    before = code.partition(part)[0]
    line, column = before.count("\n") + 1, len(before.rpartition("\n")[2])
    return line, column, line, column + len(part)


def uses_of(code: str, paths: tuple[str, ...]) -> tuple[Use, ...]:
    """Return where a program names the last parts of ``paths``; ``f(key=)`` is a call."""
    found = []
    for path in paths:
        function, _, keyword = path.rstrip(")").partition("(")
        leaf = function.rstrip("=").rpartition(".")[2]
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.Call) and keyword:
                named = ast.unparse(node.func).rpartition(".")[2] == leaf
                if named and any(part.arg == keyword.partition("=")[0] for part in node.keywords):
                    found.append(Use(node.lineno, node.col_offset, path))
            elif not keyword and leaf in (getattr(node, "attr", ""), getattr(node, "id", "")):
                assert isinstance(node, ast.expr)
                found.append(Use(node.lineno, node.col_offset, path))
            elif isinstance(node, ast.ImportFrom) and not keyword:
                names = [alias.name for alias in node.names if alias.name == leaf]
                found += [Use(node.lineno, node.col_offset, path) for _ in names]
    return tuple(found)


def ran(code: str, version: str, *paths: str, **more: Any) -> Run:
    """Return a clean run that reached the library's objects at ``paths``."""
    ids = content_id(code), content_id("toy", version)
    made = Run(*ids, "toy", version, "3.12", "1", "clean", stdout="[1, 2]\n")
    return replace(made, **{"calls": paths, "uses": uses_of(code, paths), **more})


def raised(code: str, version: str, at: str, error: str, *paths: str) -> Run:
    """Return a run that failed at the part ``at`` of its code; ``error`` is type and text."""
    exception, _, message = error.partition(": ")
    span = place(code, at)
    failed = {"status": "raised", "stdout": "", "line": span[0], "span": span}
    return ran(code, version, *paths, exception=exception, message=message, **failed)


def caught(code: str, at: str, message: str, category: str = "DeprecationWarning") -> Caught:
    """Return a warning that the part ``at`` of a program led to."""
    span = place(code, at)
    return Caught(category, message, span[0], span)


def four(
    entry: Entry,
    old: tuple[str, ...] = ("toy.old",),
    new: tuple[str, ...] = ("toy.new",),
    **changed: Run,
) -> FourRuns:
    """Return four clean runs that do the same, but for those that are ``changed``."""
    made = FourRuns(
        ran(entry.old_code, "1.0", *old),
        ran(entry.old_code, "2.0", *old),
        ran(entry.new_code, "1.0", *new),
        ran(entry.new_code, "2.0", *new),
    )
    return replace(made, **changed)


def scene(entry: Entry, runs: FourRuns) -> Scene:
    """Return what the checks of the judge look at."""
    return Scene(Claim.of(entry), align(entry.old_code, entry.new_code), runs)
