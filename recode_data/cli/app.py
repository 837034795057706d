"""The typer application that every group of commands registers itself on."""

from __future__ import annotations

import typer

app = typer.Typer(
    name="recode-data",
    help="Build, validate, publish and use data sets of library API updates.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
