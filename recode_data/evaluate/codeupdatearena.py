"""CodeUpdateArena (arXiv 2407.06249): synthetic updates of library functions, and tasks that
can be solved only with them.

The published protocol: imports, the new implementation and its patch, the solution and each
unit test in one program. ``UPass`` wants a solution that passes with the update and not
without it; without it, the implementation is there and the patch is not.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from recode_data.errors import BadFile
from recode_data.evaluate.harness import split_tests
from recode_data.evaluate.problem import Problem
from recode_data.evaluate.tested import TestedBenchmark
from recode_data.files import mended, read_text
from recode_data.records import Environment

ENVIRONMENT = Environment(
    "numpy", "1.26.4", "3.11", ("pandas==2.2.2", "sympy==1.12", "scipy==1.13.1", "pytest==8.2.2")
)
"""The paper's versions, less torch 2.2.2: without it those examples are skipped."""
TORCH = "torch==2.2.2"
SYSTEM = (
    "You are a helpful coding assistant. A library function was updated after your training. "
    "Use the updated function to solve the task."
)


def load(path: Path, torch: bool = False) -> TestedBenchmark:
    """Read the benchmark's JSONL, one update with its tasks, or one task, a line.

    Raises `BadFile` with the line that cannot be read.
    """
    problems, skipped = [], 0
    for update, example in _examples(path):
        if update["package"] == "torch" and not torch:
            skipped += 1
            continue
        problems.append(_problem(update, example, torch))
    return TestedBenchmark("codeupdatearena", problems, {"torch is not installed": skipped})


def _examples(path: Path) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    found = []
    for number, line in enumerate(_lines(path), 1):
        found += _examples_of(line, f"{path}, line {number}")
    return found


def _examples_of(line: str, where: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    try:
        row = mended(json.loads(line))
        update = row["update"]
        update.setdefault("package", update["function_path"].partition(".")[0])
        return [(update, example) for example in row.get("prog_syn_examples", [row])]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadFile(
            f"{where}: not an update of CodeUpdateArena ({error})",
            "give CodeUpdateArena's JSONL as it was published",
        ) from error


def _lines(path: Path) -> list[str]:
    text = read_text(path, "give the path of the arena's JSONL")
    return [line for line in text.split("\n") if line.strip()]


def _problem(update: dict[str, Any], example: dict[str, Any], torch: bool) -> Problem:
    imports = example.get("prog_syn_imports") or example.get("imports") or update["imports"]
    before = f"{update['imports']}\n{imports}\n{update['implementation']}\n"
    requirements = (*ENVIRONMENT.requirements, TORCH) if torch else ENVIRONMENT.requirements
    return Problem(
        id=example["prog_syn_id"],
        messages=_messages(update, example),
        reference=example["ref_solution"],
        tests=split_tests(example["unit_tests"]),
        environment=Environment("numpy", "1.26.4", "3.11", requirements),
        setup=before + _patch(update),
        without=before,
        labels={"library": update["package"], "kind": update["update_type"]},
    )


def _patch(update: dict[str, Any]) -> str:
    """Return the statements that put the new implementation in the library."""
    owner, _, old = update["function_path"].rpartition(".")
    new = update["signature"].partition("(")[0].rpartition(".")[2].strip()
    kind = update["update_type"]
    if kind.startswith("deprecate"):
        return f"del {update['function_path']}\n"
    if new != old:
        gone = f"del {owner}.{old}\n" if kind.startswith("modify-function-name") else ""
        return f"{gone}setattr({owner}, {new!r}, {new})\n"
    return f"{update['function_path']} = {new}\n"


def _messages(update: dict[str, Any], example: dict[str, Any]) -> list[dict[str, str]]:
    first = split_tests(example["unit_tests"])[:1]
    shown = first[0][1].rpartition("\n")[0] if first else ""
    text = f"""The function `{update["function_path"]}` was updated. {update["description"]}

Its signature is now `{update["signature"]}`.
<doc>
{update["docstring"]}
</doc>

Scenario: {example["scenario"]}
Problem: {example["problem"]}

Complete this function:
```python
{example["solution_signature"]}
```
It has to pass tests like this one:
```python
{shown}
```
Return the whole function with the imports that it needs in one ```python block."""
    return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": text}]
