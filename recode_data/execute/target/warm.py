"""What the server does before its first fork, so that no child has to do it again.

Samples of what programs typically do are run: a function runs slowly the first few times,
while the interpreter specialises its code, fills caches, imports what is imported late, and
writes all that into memory that a child would have to copy page by page. Each piece must be
harmless on every version: it prints to nowhere, warns into nothing, and may fail half way.
None of it may change what a program can see, such as the state of a global random generator.

What the interpreter compiles while it imports a library is handed to the owner, to be kept:
installers leave modules uncompiled, and the environment cannot be written from here, so every
server would compile them anew, which is most of what importing takes.
"""

import builtins
import contextlib
import importlib.machinery
import json
import os
import sys
import time
import types
import warnings

import adapting
import encode
import trace_calls

PYTHON = [
    """
import collections, functools, itertools, math, os as o
class Point:
    def __init__(self, x, y=0, *rest, **named):
        self.x, self.y = x, y
    def __repr__(self):
        return "Point({}, {})".format(self.x, self.y)
    @property
    def size(self):
        return math.hypot(self.x, self.y)
def collect(count: int, *names, **more) -> list:
    found = [Point(i, y=i * 0.5) for i in range(count) if i % 2 == 0]
    return sorted(found, key=lambda point: -point.size)
path = o.path.join("a", "b")
points = collect(6)
table = {str(p): (p.x, [p.y], {p.x}) for p in points}
try:
    table["missing"]
except KeyError as error:
    print("no", error, type(error).__name__)
for name, (x, (y,), numbers) in sorted(table.items()):
    print(name, x, "{:.3f} {!r}".format(y, numbers), "%s %d" % (name, x), end="\\n")
with open(o.devnull) as file:
    text = file.read() + ", ".join(str(p) for p in points)
counted = collections.Counter(text).most_common(2)
total = functools.reduce(lambda a, b: a + b, itertools.chain([1.5], [2, 3j]))
nothing, yes, small, big = None, True, 1, 1 << 80
print(counted, total, max(points, key=lambda p: p.x), nothing, yes, big, sep=" | ")
assert isinstance(points[0], Point) and len(table) == 3, "as it was"
""",
]


LONGEST = 0.4
"""Seconds of processor time after which no further round is begun."""
ROUNDS = 10
"""Python 3.11 specialises a function at its eighth call, later versions earlier."""


def up():
    """Run the samples of what is loaded, traced and encoded as a program's values are."""
    pieces = [("", code) for code in PYTHON]
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


@contextlib.contextmanager
def handed_over(folder, give):
    """Call ``give(path, data)`` with each bytecode file that would be written meanwhile,
    its path relative to ``folder``; those of other folders are let go."""
    loader = importlib.machinery.SourceFileLoader
    usual, dont_write = loader.set_data, sys.dont_write_bytecode
    inside = os.path.join(folder, "")

    def set_data(self, path, data, **options):
        if path.startswith(inside):
            give(path[len(inside) :], data)

    loader.set_data, sys.dont_write_bytecode = set_data, False
    try:
        yield
    finally:
        loader.set_data, sys.dont_write_bytecode = usual, dont_write
