"""The command line: parse, call, print, exit code. No logic lives here.

Stages are imported inside their commands, so that ``--help`` stays instant.
"""

from __future__ import annotations

import io
import os
import sys
import traceback
import warnings
from typing import Annotated, Any

import typer

from recode_data import __version__
from recode_data.cli.app import app, read_defaults
from recode_data.errors import RecodeError
from recode_data.files import FULL

__all__ = ["app", "main"]


def _version(wanted: bool) -> None:
    if wanted:
        print(f"recode-data {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Build, validate, publish and use data sets of library API updates."""
    if debug:
        os.environ["RECODE_DATA_DEBUG"] = "1"
    commands = getattr(context.command, "commands", {})
    options = {name: {p.name for p in command.params} for name, command in commands.items()}
    context.default_map = read_defaults(options)


LONGEST = 1000
"""Characters of an error's line."""
STOPPED = ("stopped", "what was done is kept: run the same command again to go on")


def main() -> None:
    """Run the command line; every failure leaves as one line, a tip and an exit code."""
    for stream in (sys.stdout, sys.stderr):  # an arrow must not stop a program in Latin 1
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    # Python 3.12 and later warn of odd escapes in the code of others, which is only parsed.
    warnings.filterwarnings("ignore", category=SyntaxWarning, module="<unknown>")
    try:
        code = int(app(prog_name="recode-data", standalone_mode=False) or 0)
        sys.stdout.flush()
        if code == 130:  # what typer makes of Ctrl-C
            _explain(*STOPPED)
    except RecodeError as error:
        _explain(error.message, error.tip)
        code = error.exit_code
    except (BrokenPipeError, SystemExit) as left:
        # The reader of stdout, such as head, has seen enough; typer makes an exit of that.
        pipe = left if isinstance(left, BrokenPipeError) else left.__context__
        if not isinstance(pipe, BrokenPipeError):
            raise
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123
        code = 0
    except OSError as error:
        _explain(*_of_the_system(error))
        code = 1 if error.errno in FULL else 2
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123  (what is left may not fit)
    except Exception as error:
        code = _unexpected(error)
    sys.exit(code)


def _unexpected(error: Exception) -> int:
    """Explain what is no failure of ours to foresee; return the exit code."""
    if hasattr(error, "format_message"):  # the option parser's own errors
        if error.format_message():  # none of it without any command: that shows the help
            _explain(*_misused(error))
        return int(getattr(error, "exit_code", 2))
    # DuckDB's word for a Ctrl-C that comes while it works on a query.
    if isinstance(error, RuntimeError) and str(error) == "Query interrupted":
        _explain(*STOPPED)
        return 130
    if isinstance(error, RuntimeError) and str(error).startswith("Symlink loop"):
        _explain(str(error), "a link leads to itself: name another path")
        return 2
    if os.environ.get("RECODE_DATA_DEBUG"):
        raise error
    if isinstance(error, MemoryError):
        _explain("there is not memory enough for this", "try fewer --jobs, or a --limit")
        return 1
    _explain(
        f"unexpected {type(error).__name__}: {str(error) or 'no message'}".splitlines()[0],
        "run it again as `recode-data --debug …` and report the traceback",
    )
    return 1


def _of_the_system(error: OSError) -> tuple[str, str]:
    """Return what the system refused, and what to do about it."""
    where = f" for {error.filename}" if error.filename else ""
    if error.errno in FULL:
        return f"no space left{where}", "free some space and run the same command again"
    reason = error.strerror or str(error) or type(error).__name__
    return (
        f"the system refuses{where}: {reason}",
        "check that the path is right and that you may read or write there",
    )


def _misused(error: Any) -> tuple[str, str]:
    """Return what is wrong with a command line, and the command that shows what is right."""
    message = error.format_message().replace("Value error, ", "")
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "recode-data"
    return message.rstrip("."), f"{path} --help shows what it takes"


def _explain(message: str, tip: str) -> None:
    if os.environ.get("RECODE_DATA_DEBUG"):
        traceback.print_exc()
    if len(message) > LONGEST:  # it repeats a value that somebody pasted
        message = f"{message[: LONGEST // 2]} … {message[-LONGEST // 2 :]}"
    print(f"error: {message}", file=sys.stderr)
    if tip:
        print(f"tip: {tip}", file=sys.stderr)


from recode_data.cli import (  # noqa: E402  (commands register themselves)
    build,  # noqa: F401
    evaluate,  # noqa: F401
    grading,  # noqa: F401
    look,  # noqa: F401
    machine,  # noqa: F401
    maintain,  # noqa: F401
    publish,  # noqa: F401
    review,  # noqa: F401
    scrape,  # noqa: F401
    synthesize,  # noqa: F401
    train,  # noqa: F401
    validate,  # noqa: F401
)
