"""The typer application that every group of commands registers itself on, and its defaults from
a file: ``recode-data.toml`` in the current folder.

A flag wins over ``RECODE_DATA_*`` in the environment, that wins over the file, and the
file over the built-in default. Keys at the top hold for every command that has such an
option; a table named after a command holds for that command::

    workspace = "/data/recode"
    [validate]
    jobs = 8
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import typer
from typer.core import TyperCommand

from recode_data.errors import BadFile, nearest
from recode_data.files import read_text

Function = TypeVar("Function", bound=Callable[..., Any])
LARGEST = 2**31 - 1
"""Of whole numbers: what the database's and the trainers' own types can hold."""
LONGEST = 1e9
"""Of fractions: a timeout above it is one that the system refuses."""


class Command(TyperCommand):
    """A command that refuses values which no command can do anything with."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the words of a command line, and hold every value against common sense."""
        given = list(args)
        if "" in given:
            before = given[given.index("") - 1] if given.index("") else "an argument"
            raise typer.BadParameter(f"the value of {before} is empty: leave it away", ctx=ctx)
        rest: list[str] = super().parse_args(ctx, args)
        parameter: Any
        for parameter in self.params:
            values = ctx.params.get(parameter.name)
            for value in values if isinstance(values, list | tuple) else [values]:
                if fault := _fault(value):
                    raise typer.BadParameter(f"{value!r} {fault}", ctx=ctx, param=parameter)
        return rest


def _fault(value: object) -> str:
    """Return what is wrong with a value whatever it is for, or nothing."""
    if isinstance(value, float) and not (math.isfinite(value) and abs(value) <= LONGEST):
        return "is no usable number"
    if isinstance(value, int) and abs(value) > LARGEST:
        return "is too large a number"
    if isinstance(value, str | Path) and any("\ud800" <= sign <= "\udfff" for sign in str(value)):
        return "is not UTF-8 text"
    return ""


class _Typer(typer.Typer):
    def command(  # type: ignore[override]
        self, name: str | None = None
    ) -> Callable[[Function], Function]:
        """Register a command, each of the one class."""
        return super().command(name, cls=Command)


app = _Typer(
    name="recode-data",
    help="Build, validate, publish and use data sets of library API updates.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


FILE = Path("recode-data.toml")
TIP = "it is TOML with the options of recode-data COMMAND --help, as jobs = 2"


def read_defaults(options: Mapping[str, set[str]]) -> dict[str, dict[str, Any]]:
    """Return command → option → value from the file, or nothing where there is no file.

    ``options`` names every command's options. Raises `BadFile` for a key or a table that
    no command knows, with the nearest known one.
    """
    if not FILE.exists():
        return {}
    table = _parse(FILE)
    shared = {key: value for key, value in table.items() if not isinstance(value, dict)}
    _check(shared, set().union(*options.values()), "option")
    _check({key: None for key in table if key not in shared}, set(options), "command")
    defaults: dict[str, dict[str, Any]] = {}
    for command, names in options.items():
        own = {key.replace("-", "_"): value for key, value in table.get(command, {}).items()}
        _check(own, names, f"option of {command}")
        defaults[command] = {key: value for key, value in shared.items() if key in names} | own
    return defaults


def _parse(file: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(read_text(file, TIP))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadFile(f"cannot read {file}: {error}", TIP) from error


def _check(given: Mapping[str, Any], known: set[str], what: str) -> None:
    for key in given:
        if key not in known:
            raise BadFile(f"{FILE}: no {what} is called {key!r}", nearest(key, known) or TIP)
