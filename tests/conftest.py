"""What every test process starts with."""

from __future__ import annotations

import signal

import pytest

# A shell that starts the tests in the background has them ignore Ctrl-C, and every process
# that they start inherits that: then no test of an interrupt could pass.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def no_definitions_of_another_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """A definition given by its path is known to the process from then on, and every workspace
    opened for writing gets a copy of it."""
    monkeypatch.setattr("recode_data.library._given", {})
