"""One program as ``__main__``: what it issues while it runs, and its report at the end."""

import atexit
import json
import linecache
import os
import sys
import threading
import types
import warnings

import adapting
import encode
import scratch
import streams
import trace_calls
import warned

FILENAME = "/tmp/main.py"
MOST_TEXT = 2000


class Program:
    """A program that is about to run as ``__main__``.

    ``folder``: what is /tmp to it in a tier that has no /tmp of its own, or None.
    """

    def __init__(self, code, packages, folder):
        self.code = code
        self.tracer = trace_calls.Tracer(packages, folder)
        self.warned = warned.Recorder(FILENAME)
        self.folder = folder or "/tmp"
        self.module = types.ModuleType("__main__")
        self.module.__file__ = FILENAME
        self.module.__builtins__ = __builtins__
        self.given = frozenset(vars(self.module))
        sys.modules["__main__"] = self.module
        sys.argv = [FILENAME]
        linecache.cache[FILENAME] = (len(code), None, code.splitlines(True), FILENAME)
        atexit._clear()
        self.listen()

    def listen(self):
        """Write down every warning from now on."""
        warnings.resetwarnings()
        warnings.simplefilter("always")
        warnings.showwarning = unseen
        self.warned.install()

    def compiled(self):
        """Return the code object; where it cannot be compiled, one that says so."""
        try:
            return self.tracer.compile(self.code, FILENAME)
        except BaseException as error:
            self.end(error)

    def end(self, error):
        """Report and leave; ``error`` is what ended the program, or None."""
        code = 72
        try:
            data = self.written(self.told(error))
            while data:
                data = data[os.write(streams.CHANNEL, data) :]
            code = 0
        finally:
            os._exit(code)

    def told(self, error):
        try:
            return self.report(error)
        except adapting.Broken as failure:
            return {"adapter": str(failure)}
        except BaseException as failure:  # such as a sys.exit in a __repr__
            return {"failure": "{}: {}".format(type(failure).__name__, failure)}

    def written(self, report):
        """Return a report as JSON; what we encode ourselves JSON can hold."""
        try:
            return as_json(report)
        except (TypeError, ValueError) as failure:
            return as_json({"adapter": str(failure)})

    def report(self, error):
        told = raised(error) if error is not None else finish()
        flush()
        told["warnings"] = list(self.warned.found)  # what encoding causes is not the program's
        sys.modules["warnings"] = warnings
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if error is None:
                found = {k: v for k, v in vars(self.module).items() if k not in self.given}
                told["values"] = encode.program_values(found)
        told["calls"] = self.tracer.names()
        told["uses"] = self.tracer.places()
        told["files"] = scratch.files(self.folder)
        return told


class Probe(Program):
    """A program that leaves an answer. It starts as an interpreter does, with what the packages
    of its environment do then, and does not end as one."""

    def __init__(self, code, packages, folder):
        Program.__init__(self, "import site; site.main()\n" + code, packages, folder)

    def listen(self):
        """Leave the warnings to the program."""

    def told(self, error):
        flush()
        return raised(error) if error is not None else vars(self.module)["answer"]

    def written(self, report):
        return as_json(report)


def as_json(value):
    return json.dumps(value).encode("utf-8", "surrogatepass")


def unseen(message, category, filename, lineno, file=None, line=None):
    """Show nothing: the recorder has the warning already."""


def raised(error):
    """Return type name, text and the innermost place in the user's code."""
    where = [0]
    step = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        if code.co_filename == FILENAME:
            where = warned.place(code, step.tb_lasti, step.tb_lineno)
        step = step.tb_next
    if isinstance(error, SyntaxError) and error.filename == FILENAME:
        where = [error.lineno or 0]
    try:
        text = str(error)[:MOST_TEXT]
    except Exception:
        text = ""
    return {"exception": type(error).__name__, "message": text, "where": where}


def finish():
    """Do what an interpreter does at its end, as far as a program can see it."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    atexit._run_exitfuncs()
    return {}


def flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            os.write(2, b"the program closed its output\n")
