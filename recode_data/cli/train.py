"""The command that trains a model: train."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from recode_data.cli.app import app
from recode_data.cli.options import (
    WORKSPACE,
    DryRunOption,
    JsonOption,
    QuietOption,
    WorkspaceOption,
)
from recode_data.errors import MissingExtra


@app.command()
def train(  # noqa: PLR0917
    algo: Annotated[
        str, typer.Option(envvar="RECODE_DATA_ALGO", help="grpo, dapo or sft.", show_default=False)
    ] = "",
    model: Annotated[
        str,
        typer.Option(
            envvar="RECODE_DATA_MODEL",
            help="A folder or a name on the Hub; `scratch` makes a small new one.",
            show_default="Qwen/Qwen2.5-Coder-7B-Instruct",
        ),
    ] = "",
    data: Annotated[
        str,
        typer.Option(
            envvar="RECODE_DATA_DATA",
            help="A workspace, an exported folder, a file or a data set on the Hub.",
            show_default="the workspace",
        ),
    ] = "",
    recipe: Annotated[
        str,
        typer.Option(
            envvar="RECODE_DATA_RECIPE",
            help="A YAML file, or the name of a shipped recipe.",
            show_default="the paper's",
        ),
    ] = "",
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Override a key of the recipe; again."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder of the run.", show_default="models/…"),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the last checkpoint.")
    ] = False,
    merge: Annotated[
        bool, typer.Option("--merge", help="Save the adapter inside the model.")
    ] = False,
    push: Annotated[
        str, typer.Option(metavar="HUB_ID", help="Upload the model when it is trained.")
    ] = "",
    workspace: WorkspaceOption = WORKSPACE,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Train a model to follow updates, by GRPO, DAPO or supervised fine-tuning.

    Example: recode-data train --algo grpo --dry-run
    """
    from recode_data import training
    from recode_data.progress import Progress

    resolved = training.resolve(algo, recipe, model, setting or ())
    try:
        folder = output or training.default_folder(resolved, recipe or algo)
    except ImportError as error:
        raise MissingExtra(
            f"training needs a package that is not installed: {error.name}",
            "pip install 'recode-data[train]'",
        ) from error
    plan = training.plan(resolved, data or workspace, folder)
    if dry_run:
        print(json.dumps(plan.as_json()) if as_json else plan)
        return
    result = training.train(plan, resume, merge, push, Progress(quiet))
    if os.environ.get("RANK", "0") == "0":  # one process of a launcher speaks for all
        print(json.dumps(result) if as_json else training.summary(result))
