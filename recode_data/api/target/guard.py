"""Introspects a package that takes its process down, step by step.

Each step that may end the process (importing a module, getting a name, reading a signature) is
written to the journal before it is taken, and the one around it when it is done: the last line
of a dead process's journal is the step that ended it. Steps that are left out are not taken:
their names stay in the snapshot, undescribed. A module that ends the process on import is not
there.
"""

import functools
import os

import introspect
import signatures

LONGEST = 300
"""Characters of a step that tell it from others."""


class Journal:
    def __init__(self, fd):
        self.fd = fd
        self.steps = []

    def begin(self, step):
        self.steps.append(step)
        self.tell()

    def end(self):
        self.steps.pop()
        self.tell()

    def tell(self):
        step = self.steps[-1] if self.steps else ""
        os.write(self.fd, ("> %s\n" % step).encode("utf-8", "replace"))


def guarded(function, label, otherwise, left_out, journal):
    """Return ``function`` with a journal of its calls, and ``otherwise`` for those left out."""

    @functools.wraps(function)
    def guard(*args):
        step = " ".join(label(*args).split())[:LONGEST]
        if step in left_out:
            return otherwise
        journal.begin(step)
        try:
            return function(*args)
        finally:
            journal.end()

    return guard


def name_of(value):
    home = getattr(value, "__module__", None)
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None)
    if not isinstance(name, str):
        name = type(value).__name__
    return name if not isinstance(home, str) else "%s.%s" % (home, name)


def guard_all(left_out, fd):
    """Put a guard on every step of the introspector; names that are left out count as there."""
    journal = Journal(fd)

    def guard(owner, name, label, otherwise):
        setattr(owner, name, guarded(getattr(owner, name), label, otherwise, left_out, journal))

    guard(introspect, "load", lambda name: "import " + name, None)
    guard(introspect, "fetch", lambda o, a: "get %s.%s" % (name_of(o), a), (None, "", True))
    guard(introspect, "describe", lambda v, *_: "describe " + name_of(v), {"kind": "function"})
    guard(signatures, "describe", lambda v: "read " + name_of(v), {})
