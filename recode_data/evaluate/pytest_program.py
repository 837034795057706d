"""A file of pytest tests as one test of the harness.

The answer is importable under the name that the file expects. The test passes when pytest
ran something, and nothing failed, errored or was skipped away.
"""

from __future__ import annotations

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
    imports = "\n".join(f"import {name}" for name in GUARDED)
    return imports + _PROGRAM.format(text=text, module=module, file=file)
