"""Touches, before the fork, what nearly every program touches after it."""

import sys
import warnings

import encode
import trace_calls

SOURCE = "import os as o\nx: int = o.path.join('a', 'b')\ndef f(a: int, *b, **c): return a.b(c=1)\n"


def up():
    """Load lazy modules and fill caches, in the server, where only our own code runs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compile(SOURCE, "warm", "exec")
        trace_calls.instrumented(SOURCE, "warm", [])
        samples = [1, 1.5, "a", [1], {"a": 1}, {1, 2}, object(), 1j, None]
        numpy = sys.modules.get("numpy")
        if numpy is not None and hasattr(numpy, "arange"):
            samples += [numpy.arange(3), numpy.ones((2, 2)), numpy.float64(1)]
        pandas = sys.modules.get("pandas")
        if pandas is not None and hasattr(pandas, "DataFrame"):
            frame = pandas.DataFrame({"a": [1, 2], "b": ["x", "y"], "c": [1.5, 2.5]})
            samples += [frame, frame["a"], frame.groupby("b").sum(), frame.describe()]
        for sample in samples:
            repr(sample)
            encode.program_values({"x": sample})
        warnings.warn("warm", DeprecationWarning, stacklevel=1)
