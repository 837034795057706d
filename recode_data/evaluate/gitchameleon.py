"""GitChameleon 2.0 (arXiv 2507.12367): write code for a given, often old, version.

``dataset.jsonl`` holds the problems; ``hidden_tests`` and ``visible_tests`` beside it, where
they are there, hold pytest files. An answer passes when its hidden tests do, or the visible
ones where these are asked for, or the assertions of the data set where there are no files.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from recode_data.errors import BadFile
from recode_data.evaluate.problem import Problem
from recode_data.evaluate.pytest_program import pytest_test
from recode_data.evaluate.tested import TestedBenchmark
from recode_data.execute.interpreters import interpreters
from recode_data.files import mended, read_text
from recode_data.records import Environment

TIMEOUT = 240.0
TIP = "give GitChameleon's dataset.jsonl as it was published"
UNTIL = "2025-06-07T00:00:00Z"
"""The day of the published problems: what a library needs is as it was then."""
BESIDE = {
    "3.7": ("pytest==6.2.5", "numpy<=1.21.6", "scipy<=1.7.1"),
    "3.9": ("pytest==7.1.2", "numpy<=1.21.6", "scipy<=1.9.1"),
    "3.10": ("pytest==7.2.0", "numpy<=1.23.0", "scipy<=1.10.1"),
}
"""Python → what is there beside every library that does not say otherwise. The published
harness forces these versions; here they give way to what the library can go with."""
SYSTEM = "You write Python code for a given version of a library."
NEEDED = ("example_id", "python_version", "library", "version", "problem", "starting_code",
          "solution", "test")  # fmt: skip


def load(path: Path, tests: str = "hidden") -> TestedBenchmark:
    """Read ``dataset.jsonl``, or the folder that it lies in; ``tests`` are hidden or visible.

    Raises `BadFile` with the line that is no problem. Problems whose Python is not on this
    machine are skipped and counted.
    """
    file = path / "dataset.jsonl" if path.is_dir() else path
    lines = read_text(file, TIP).split("\n")
    here = interpreters()
    problems: list[Problem] = []
    skipped: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        row = _row(line, f"{file}, line {number}")
        if row["python_version"] not in here:
            reason = f"no Python {row['python_version']} here"
            skipped[reason] = skipped.get(reason, 0) + 1
            continue
        problems.append(_problem(row, file.parent / f"{tests}_tests", tests))
    return TestedBenchmark("gitchameleon", problems, skipped)


def _row(line: str, where: str) -> dict[str, Any]:
    try:
        row = mended(json.loads(line))
        missing = [name for name in NEEDED if name not in row]
    except (ValueError, TypeError, RecursionError) as error:
        raise BadFile(f"{where}: no JSON object ({error})", TIP) from error
    if missing:
        raise BadFile(f"{where}: no problem of GitChameleon, it lacks {missing[0]}", TIP)
    return dict(row)


def _problem(row: dict[str, Any], folder: Path, kind: str) -> Problem:
    name = f"sample_{row['example_id']}"
    file = folder / f"test_{name}.py"
    start = row["starting_code"]
    defined = re.search(r"^\s*(?:async\s+)?(?:def|class)\s+(\w+)", start, re.MULTILINE)
    labels = {"library": row["library"], "kind": row.get("type_of_change") or ""}
    if file.exists():
        tests = ((kind, pytest_test(read_text(file, TIP), name, file.name)),)
    else:
        tests = (("test", row["test"]),)
    return Problem(
        id=str(row["example_id"]),
        messages=_messages(row),
        reference=start + row["solution"],
        tests=tests,
        environment=environment_of(row),
        prefix=start,
        timeout=TIMEOUT,
        labels=labels | {"entry_point": defined[1] if defined else ""},
    )


def environment_of(row: dict[str, Any]) -> Environment:
    """Return where a problem's answers run: what it pins, and `BESIDE` for the rest."""
    library, python = row["library"], row["python_version"]
    extra = (row.get("additional_dependencies") or "").split()
    named = {_package(text) for text in (library, *extra)}
    beside = [text for text in BESIDE.get(python, ("pytest",)) if _package(text) not in named]
    requirements = (*extra, *beside, "setuptools<81")  # old libraries import pkg_resources
    return Environment(library, row["version"], python, requirements, UNTIL)


def _package(requirement: str) -> str:
    return re.split(r"[<>=!~\[ ]", requirement, maxsplit=1)[0].lower()


def _messages(row: dict[str, Any]) -> list[dict[str, str]]:
    extra = row.get("additional_dependencies")
    beside = f" Beside it these are installed: {extra}." if extra else ""
    text = f"""{row["problem"].strip()}

Write for Python {row["python_version"]} and {row["library"]} {row["version"]}.{beside}
Complete this code:
```python
{row["starting_code"].rstrip()}
```
Return the whole program, starting code included, in one ```python block."""
    return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": text}]
