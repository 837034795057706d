"""Does before the fork what nearly every program does after it."""

import builtins
import json
import time
import types
import warnings

import adapting
import encode
import samples
import trace_calls

LONGEST = 0.4
"""Seconds of processor time after which no further round is begun."""
ROUNDS = 10
"""Python 3.11 specialises a function at its eighth call, later versions earlier."""


def up():
    """Run the samples of what is loaded, traced and encoded as a program's values are."""
    pieces = [("", code) for code in samples.PYTHON]
    pieces += adapting.samples()
    until = time.process_time() + LONGEST
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(ROUNDS):
            for package, code in pieces:
                attempt(code, package)
            if time.process_time() > until:
                break
    # A name that comes or goes among the builtins voids what the interpreter has learned of
    # them, in every function that uses one: so the names stay.
    for name in trace_calls.HELPERS:
        setattr(builtins, name, None)


def attempt(code, package):
    """Run one piece in a module of its own; a version that lacks something stops early."""
    module = types.ModuleType("__main__")
    tracer = trace_calls.Tracer([package])
    try:
        exec(tracer.compile(code, "warm"), vars(module))
    except Exception as error:
        str(error)
    try:
        json.dumps([encode.program_values(dict(vars(module))), tracer.names()])
    except (adapting.Broken, TypeError):  # the runs themselves will tell
        return
