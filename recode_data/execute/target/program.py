"""Runs one program as ``__main__`` and writes down what happened to it."""

import atexit
import linecache
import os
import sys
import threading
import types
import warnings

import encode
import trace_calls

FILENAME = "/tmp/main.py"
MOST_WARNINGS = 200
MOST_TEXT = 2000


class Warned:
    """Collects warnings with the line of the user's code that led to each."""

    def __init__(self):
        self.found = []
        self.seen = set()

    def show(self, message, category, filename, lineno, file=None, line=None):
        frame = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename != FILENAME:
            frame = frame.f_back
        if frame is not None:
            lineno = frame.f_lineno
        elif filename != FILENAME:
            lineno = 0
        self.add(category.__name__, str(message), lineno)

    def add(self, category, text, lineno):
        key = (category, text[:MOST_TEXT], lineno)
        if key not in self.seen and len(self.found) < MOST_WARNINGS:
            self.seen.add(key)
            self.found.append(list(key))


def raised(error):
    """Return type name, text and the innermost line of the user's code."""
    line = 0
    step = error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == FILENAME:
            line = step.tb_lineno
        step = step.tb_next
    if isinstance(error, SyntaxError) and error.filename == FILENAME:
        line = error.lineno or 0
    try:
        text = str(error)
    except Exception:
        text = ""
    return {"exception": type(error).__name__, "message": text[:MOST_TEXT], "line": line}


def prepare(code):
    """Return the new ``__main__`` module, in the place of the old one."""
    main = types.ModuleType("__main__")
    main.__file__ = FILENAME
    main.__builtins__ = __builtins__
    sys.modules["__main__"] = main
    sys.argv = [FILENAME]
    linecache.cache[FILENAME] = (len(code), None, code.splitlines(True), FILENAME)
    return main


def finish():
    """Do what an interpreter does at its end, as far as a program can see it."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    atexit._run_exitfuncs()


def run(code, packages):
    """Run ``code`` to its end and return the report: a dict that JSON can hold."""
    main = prepare(code)
    names = dict.fromkeys(vars(main))
    tracer = trace_calls.Tracer(packages)
    warned = Warned()
    report = {"status": "clean"}
    atexit._clear()
    warnings.resetwarnings()
    warnings.simplefilter("always")
    warnings.showwarning = warned.show
    try:
        exec(tracer.compile(code, FILENAME), vars(main))
        finish()
    except BaseException as error:
        report = dict(raised(error), status="raised")
    flush()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if report["status"] == "clean":
            values = {k: v for k, v in vars(main).items() if k not in names}
            report["values"] = encode.program_values(values)
    report["warnings"] = warned.found
    report["calls"] = tracer.names()
    return report


def flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            os.write(2, b"the program closed its output\n")
