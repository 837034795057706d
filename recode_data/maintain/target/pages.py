"""Runs the blocks of code of one page one after the other, in one namespace, as a reader would.

The answer has a row for each block: ``[status, exception, message, line, output, warnings]`` with
``status`` one of ``clean``, ``raised``, ``skipped``; each warning ``[category, message, line]``.
"""

import ast
import contextlib
import io
import sys
import traceback
import warnings

LONGEST = 4000
MOST_WARNINGS = 20


def main(blocks):
    space = {"__name__": "__main__"}
    sys.argv = ["page"]
    return [run(number, block, space) for number, block in enumerate(blocks)]


def run(number, block, space):
    code, interactive, skip = block
    name = "<block %d>" % number
    if skip:
        return ["skipped", "", "", 0, "", []]
    try:
        tree = ast.parse(code, name)
    except (SyntaxError, ValueError) as error:
        return [
            "skipped",
            "SyntaxError",
            str(error)[:300],
            getattr(error, "lineno", 0) or 0,
            "",
            [],
        ]
    output = io.StringIO()
    status = ["clean", "", "", 0]
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(output):
        warnings.simplefilter("always")
        try:
            for node in tree.body:
                alone = interactive and isinstance(node, ast.Expr)
                part = ast.Interactive([node]) if alone else ast.Module([node], [])
                exec(compile(part, name, "single" if alone else "exec"), space)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            status = ["raised", type(error).__name__, str(error)[:300], line_in(name, error)]
    told = [
        [one.category.__name__, str(one.message)[:300], one.lineno if one.filename == name else 0]
        for one in caught
        if issubclass(one.category, (DeprecationWarning, FutureWarning, PendingDeprecationWarning))
    ]
    return status + [output.getvalue()[:LONGEST], told[:MOST_WARNINGS]]


def line_in(name, error):
    frames = traceback.extract_tb(error.__traceback__)
    return max([frame.lineno or 0 for frame in frames if frame.filename == name] or [0])
