"""Commands on whole sets: several workspaces as one, and what came and went between two sets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recode_data.cli.app import app
from recode_data.cli.options import JsonOption


@app.command()
def merge(
    into: Annotated[Path, typer.Argument(help="Workspace that the others are added to.")],
    workspaces: Annotated[list[Path], typer.Argument(help="Workspaces that are only read.")],
    as_json: JsonOption = False,
) -> None:
    """Add workspaces that were built apart to one: what both answer stays as it is there.

    Example: recode-data merge joined workspace
    """
    import json

    from recode_data.workspace.merging import merge as add

    for one in add(into, workspaces):
        if as_json:
            print(json.dumps({"workspace": str(one.folder), "new": one.new, "kept": one.kept}))
            continue
        told = _counts(one.new) or "nothing new"
        kept = f"; kept as they were: {_counts(one.kept)}" if one.kept else ""
        print(f"{one.folder}: {told}{kept}")


def _counts(tables: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {table}" for table, count in tables.items())


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="Workspace, or folder of an export.")],
    new: Annotated[Path, typer.Argument(help="The same of a later day.")],
    as_json: JsonOption = False,
) -> None:
    """Show the rows that came, went, were re-dated or changed between two data sets, and why.

    Example: recode-data diff dataset workspace
    """
    import json

    from recode_data.publish.differences import differences

    found = differences(old, new)
    if not as_json:
        print(found)
        return
    for row in found.rows:
        print(json.dumps(vars(row)))
