"""A completion and its tests as one program, and what a run of it proves.

The completion and the tests share a process, as they have to where tests call functions,
but the verdict is not theirs to write: it is raised by the harness after the last test,
with a word that only this check knows. A completion that leaves early, prints what a test
might print, or replaces what the tests call has not passed.
"""

from __future__ import annotations

import ast
import json
import secrets
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from recode_data.errors import EnvironmentUnusable
from recode_data.evaluate.store import NOT_JUDGED, UNSCORABLE
from recode_data.execute import Job
from recode_data.execute.report import ADAPTER
from recode_data.records import Environment, Run

WATCHED = {"math", "cmath", "itertools", "operator", "re", "copy", "unittest", "pytest", "_pytest",
           "numpy", "pandas", "torch", "sympy"}  # fmt: skip
"""Packages whose functions tests rely on and whose import replaces none of another's."""
HARNESS = "4"
"""Version of the harness: scores of another one are owed again."""


@dataclass(frozen=True, slots=True)
class Check:
    """One completion and what it is held against."""

    completion: str
    """The solution's code."""
    tests: tuple[tuple[str, str], ...]
    """Name and code of each test: it passes when it runs to its end."""
    environment: Environment
    setup: str = ""
    """Code that runs before the completion, such as the update of a library."""
    timeout: float = 15.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check proved."""

    status: str
    """``passed``, ``failed``, ``timeout``, ``memory`` when a test wanted more of it than a run
    may have, ``not judged`` when it could not be run, which is owed again, or ``unscorable``
    when its environment cannot be made on this machine."""
    reason: str = ""
    tests: int = 0
    failures: int = 0
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        return self.status == "passed"


def job_of(check: Check) -> tuple[Job, str]:
    """Return the job that runs a check, and the word that its verdict must carry."""
    word = secrets.token_hex(8)
    guarded = sorted(_modules(check))
    arguments = (check.setup, check.completion, list(check.tests), guarded, word)
    call = f"check({', '.join(map(repr, arguments))})"
    return Job(f"{_program()}\n\n{call}\n", check.environment, timeout=check.timeout), word


def outcome_of(run: Run, word: str) -> Outcome:
    """Return what a run of `job_of` proves; only the harness's own verdict can pass."""
    if run.status == "timeout":
        return Outcome("timeout", run.message, seconds=run.seconds)
    if run.status == "error" and run.exception != ADAPTER:
        return lost_outcome(run)
    told = _verdict(run, word)
    if told is None:
        reason = f"{run.exception or run.status}: left before its end"
        return Outcome("failed", reason, seconds=run.seconds)
    count, reason, failed, failures = told
    if not reason and failed:
        reason = f"{failed[0][0]}: {failed[0][1]}"
    passed = count > 0 and not reason and not failures
    full = failures == 1 and failed[0][1].startswith("MemoryError")  # the others have passed
    status = "passed" if passed else "memory" if full else "failed"
    return Outcome(status, reason, count, failures, run.seconds)


def lost_outcome(run: Run) -> Outcome:
    """Return the outcome of a run that says nothing of an answer."""
    final = run.exception == EnvironmentUnusable.__name__
    return Outcome(UNSCORABLE if final else NOT_JUDGED, run.message, seconds=run.seconds)


def _verdict(run: Run, word: str) -> tuple[int, str, list[list[str]], int] | None:
    if run.status != "raised" or run.exception != "Verdict":
        return None
    try:
        told_word, count, reason, failed, failures = json.loads(run.message)
    except (ValueError, TypeError):
        return None
    return (count, reason, failed, failures) if told_word == word else None


@lru_cache(maxsize=1)
def _program() -> str:
    return (Path(__file__).parent / "target" / "check.py").read_text(encoding="utf-8")


def _modules(check: Check) -> set[str]:
    """Return the modules whose functions the tests rely on."""
    found = {"math"}
    for _, text in check.tests:
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module)
            elif isinstance(node, ast.Attribute) and node.attr == "testing":
                found.add(f"{check.environment.library}.testing")
    return {name for name in found if name.partition(".")[0] in WATCHED}


def split_tests(code: str, prefix: str = "test") -> tuple[tuple[str, str], ...]:
    """Cut a file of test functions into one test for each; other statements go before all.

    Raises `SyntaxError` when ``code`` is no Python.
    """
    tree = ast.parse(code)
    functions = [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith(prefix)
    ]
    shared = [node for node in tree.body if node not in functions]
    preface = "\n".join(ast.unparse(node) for node in shared)
    return tuple(
        (node.name, f"{preface}\n{ast.unparse(node)}\n{node.name}()".lstrip("\n"))
        for node in functions
    )
