"""What every test process starts with."""

from __future__ import annotations

import signal

import pytest
from hypothesis import HealthCheck, settings

from recode_data.definition_files import known

# A shell that starts the tests in the background has them ignore Ctrl-C, and every process
# that they start inherits that: then no test of an interrupt could pass.
signal.signal(signal.SIGINT, signal.default_int_handler)


# How fast examples are made says how busy the machine is, not whether the code is right.
settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


@pytest.fixture(autouse=True)
def no_definitions_of_another_test() -> None:
    """A definition given by its path is known to the process from then on, and every workspace
    opened for writing gets a copy of it."""
    known.forget()
