"""The command that writes down what is derived of a library: init."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recode_data.cli.app import app
from recode_data.cli.options import QuietOption


@app.command()
def init(
    library: Annotated[str, typer.Argument(help="A distribution's name, or a TOML file.")],
    out: Annotated[
        Path | None,
        typer.Option(help="File to write; default: pipeline/libraries/NAME.toml. '-' prints."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write over a file that is there.")
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Write what is derived of a library as a commented TOML, for corrections.

    Example: recode-data init numpy --out -
    """
    from recode_data.definition import definition_text
    from recode_data.errors import UsageError
    from recode_data.files import write_text
    from recode_data.library import written_definition
    from recode_data.progress import Progress

    table = written_definition(library)[1]
    name = str(table.get("name", library)).lower()
    file = out or Path("pipeline/libraries") / f"{name}.toml"
    printed = file == Path("-")
    if not printed and file.exists() and not force:
        raise UsageError(
            f"{file} is there already", "--out names another file, --force writes over it"
        )
    text = definition_text(library, Progress(quiet))
    if printed:
        print(text, end="")
        return
    write_text(file, text)
    print(f"wrote {file}: correct it, then recode-data build {out or name}")
