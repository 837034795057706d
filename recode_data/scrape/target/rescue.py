"""Surveys a package that takes its process down: ``python rescue.py PACKAGE JOURNAL < STEPS``.

Each step that may end the process (importing a module, getting a name, reading a signature) is
written to JOURNAL before it is taken and after it, so that who reads the journal of a dead
process knows the step that ended it. The steps on stdin, one a line, are not taken: their names
stay in the surface, undescribed, and ``crashed`` in the answer lists them. A module that ends
the process on import is not there.
"""

import functools
import json
import os
import sys

import signatures
import survey


def guarded(function, label, otherwise, left_out, journal):
    """Return ``function`` with a journal of its calls, and ``otherwise`` for those left out."""

    @functools.wraps(function)
    def guard(*args):
        step = " ".join(label(*args).split())
        if step in left_out:
            return otherwise
        journal.write("> %s\n" % step)
        try:
            return function(*args)
        finally:
            journal.write("<\n")

    return guard


def name_of(value):
    home = getattr(value, "__module__", None)
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None)
    if not isinstance(name, str):
        name = type(value).__name__
    return name if not isinstance(home, str) else "%s.%s" % (home, name)


def guard_all(left_out, journal):
    """Put a guard on every step of the survey; names that are left out count as there."""

    def guard(owner, name, label, otherwise):
        setattr(owner, name, guarded(getattr(owner, name), label, otherwise, left_out, journal))

    guard(survey, "load", lambda name: "import " + name, None)
    guard(survey, "fetch", lambda o, a: "get %s.%s" % (name_of(o), a), (None, "", True))
    guard(survey, "describe", lambda v, *_: "describe " + name_of(v), {"kind": "function"})
    guard(signatures, "describe", lambda v: "read " + name_of(v), {})


if __name__ == "__main__":
    steps = sys.stdin.read().splitlines()
    out = os.fdopen(os.dup(1), "w")  # what the package prints on import is not the answer
    os.dup2(2, 1)
    with open(sys.argv[2], "w", 1, "utf-8", "replace") as log:  # each line is there at once
        guard_all(frozenset(steps), log)
        json.dump(dict(survey.main(sys.argv[1]), crashed=steps), out)
    out.close()
    os._exit(0)  # threads that the package left running do not hold the answer back
