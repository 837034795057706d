"""Commands about this machine: environments, doctor."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from recode_data.cli.app import app
from recode_data.cli.options import WORKSPACE, JsonOption, WorkspaceOption


class Action(StrEnum):
    list = "list"
    size = "size"
    prune = "prune"
    make = "make"


@app.command()
def environments(
    action: Annotated[Action, typer.Argument(help="list, size, prune or make.")] = Action.list,
    most: Annotated[
        float,
        typer.Option(
            "--most", envvar="RECODE_DATA_MOST", min=0, help="prune: gigabytes that may stay."
        ),
    ] = 20.0,
    unused: Annotated[
        float | None,
        typer.Option("--unused", min=0, help="prune: also what was not used for so many days."),
    ] = None,
    description: Annotated[
        Path | None,
        typer.Option("--description", help="make: environment.json of an exported package."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show the environments in the cache, what they take, remove the least used, or make one.

    Example: recode-data environments prune --most 10
    """
    from recode_data.execute.environments import prune, stored

    if action is Action.make:
        print(_make(description))
        return
    if action is Action.prune:
        removed = prune(round(most * 1e9), unused * 86400 if unused is not None else None)
        freed = sum(one.own for one in removed)
        print(f"removed {len(removed)} environments, {freed / 1e9:.2f} GB of their own")
        return
    found = stored()
    if as_json:
        for one in found:
            print(json.dumps({**asdict(one), "folder": str(one.folder)}))
        return
    if action is Action.list:
        for one in found:
            name = f"{one.library} {one.version}"
            print(f"{one.folder.name}  {name:28} Python {one.python:5} {one.size / 1e6:8.1f} MB")
    total, own = sum(one.size for one in found), sum(one.own for one in found)
    print(
        f"{len(found)} environments, {total / 1e9:.2f} GB,"
        f" of which {own / 1e9:.2f} GB not shared with uv's cache"
    )


def _make(description: Path | None) -> Path:
    """Make the environment that a file describes and return its folder."""
    from pydantic import TypeAdapter, ValidationError

    from recode_data.errors import BadFile, UsageError
    from recode_data.execute import ensure
    from recode_data.files import read_text
    from recode_data.records import Environment

    if description is None:
        raise UsageError("make needs --description", "name the environment.json of a package")
    tip = "recode-data export --format harbor writes one beside each Dockerfile"
    try:
        wanted = TypeAdapter(Environment).validate_json(read_text(description, tip))
    except ValidationError as error:
        raise BadFile(f"{description} describes no environment", tip) from error
    return ensure(wanted).folder


@app.command()
def doctor(workspace: WorkspaceOption = WORKSPACE, as_json: JsonOption = False) -> None:
    """Say what this machine has: Pythons, uv, sandbox, disk, keys, extras; and what to do.

    Example: recode-data doctor
    """
    from recode_data.execute.doctor import examine

    bad = False
    for finding in examine(workspace):
        bad = bad or finding.state == "bad"
        if as_json:
            print(json.dumps(asdict(finding)))
            continue
        print(f"{finding.state:8} {finding.topic:16} {finding.text}")
        if finding.advice:
            print(f"{'':25} → {finding.advice}")
    if bad:
        raise typer.Exit(1)
