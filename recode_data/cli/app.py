"""The typer application that every group of commands registers itself on."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import typer
from typer.core import TyperCommand

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
