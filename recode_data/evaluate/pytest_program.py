"""A file of pytest tests as one test of the harness.

The answer is importable under the name that the file expects. The test passes when pytest
ran something, and nothing failed, errored or was skipped away. A file of bare assertions
has nothing for pytest to run: it goes on where the answer ends, with the answer's names.
"""

from __future__ import annotations

import ast

_BARE = """
import sys

sys.modules[{module!r}] = sys.modules["solution"]
__file__ = "/tmp/" + {file!r}
"""
_PROGRAM = """
import os, sys, warnings
import pytest

sys.modules[{module!r}] = sys.modules["solution"]
sys.path.insert(0, "/tmp")
with open("/tmp/" + {file!r}, "w") as stream:
    stream.write({text!r})


class Seen:
    def __init__(self):
        self.passed = 0
        self.failed = []

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.failed.append(report.nodeid.rpartition("::")[2])
        elif report.when == "call" and report.passed:
            self.passed += 1

    def pytest_collectreport(self, report):
        if report.failed:
            self.failed.append("cannot be collected: " + str(report.longrepr)[-200:])


seen = Seen()
code = pytest.main(
    ["-s", "-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:faulthandler",
     "--rootdir=/tmp", "/tmp/" + {file!r}],
    plugins=[seen],
)
assert not seen.failed, seen.failed[0]
assert seen.passed, "no test was run, pytest ended with {{}}".format(code)
"""

GUARDED = ("pytest", "_pytest.runner", "_pytest.python", "_pytest.reports", "_pytest.main",
           "_pytest.unittest", "unittest")  # fmt: skip
"""Modules whose functions decide what pytest reports."""


def pytest_test(text: str, module: str, file: str) -> str:
    """Return the harness's test that runs the tests in ``text`` against the answer.

    ``module`` is the name under which they import it, ``file`` the name of their file.
    """
    if not _collected(text):
        return _BARE.format(module=module, file=file) + text
    imports = "\n".join(f"import {name}" for name in GUARDED)
    return imports + _PROGRAM.format(text=text, module=module, file=file)


def _collected(text: str) -> bool:
    """Say whether pytest would find tests, and nothing runs or asserts by itself."""
    try:
        body = ast.parse(text).body
    except SyntaxError:
        return True
    calls = [
        n.value.func for n in body if isinstance(n, ast.Expr) and isinstance(n.value, ast.Call)
    ]
    alone = any(isinstance(node, ast.Assert) for node in body) or any(
        isinstance(call, ast.Name) and call.id.startswith("test") for call in calls
    )
    return not alone and any(_is_test(node) for node in body)


def _is_test(node: ast.stmt) -> bool:
    if isinstance(node, ast.ClassDef):
        bases = " ".join(ast.unparse(base) for base in node.bases)
        return node.name.startswith("Test") or "TestCase" in bases
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return isinstance(node, functions) and node.name.startswith("test")
