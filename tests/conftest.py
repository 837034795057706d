"""What every test process starts with."""

from __future__ import annotations

import signal

# A shell that starts the tests in the background has them ignore Ctrl-C, and every process
# that they start inherits that: then no test of an interrupt could pass.
signal.signal(signal.SIGINT, signal.default_int_handler)
