"""The command that trains a model, train, and its options."""

from __future__ import annotations

import atexit
import json
import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

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

AlgoOption = Annotated[
    str, typer.Option(envvar="RECODE_DATA_ALGO", help="grpo, dapo or sft.", show_default=False)
]
ModelOption = Annotated[
    str,
    typer.Option(
        envvar="RECODE_DATA_MODEL",
        help="A folder or a name on the Hub; `scratch` makes a small new one.",
        show_default="Qwen/Qwen2.5-Coder-7B-Instruct",
    ),
]
DataOption = Annotated[
    str,
    typer.Option(
        envvar="RECODE_DATA_DATA",
        help="A workspace, an exported folder, a file or a data set on the Hub.",
        show_default="the workspace",
    ),
]
RecipeOption = Annotated[
    str,
    typer.Option(
        envvar="RECODE_DATA_RECIPE",
        help="A YAML file, or the name of a shipped recipe.",
        show_default="the paper's",
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override a key of the recipe; again."),
]
OutputOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="Folder of the run.", show_default="models/…"),
]
ResumeOption = Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint.")]
MergeOption = Annotated[bool, typer.Option("--merge", help="Save the adapter inside the model.")]
PushOption = Annotated[
    str, typer.Option(metavar="HUB_ID", help="Upload the model when it is trained.")
]


@app.command()
def train(  # noqa: PLR0917
    algo: AlgoOption = "",
    model: ModelOption = "",
    data: DataOption = "",
    recipe: RecipeOption = "",
    setting: SetOption = None,
    output: OutputOption = None,
    resume: ResumeOption = False,
    merge: MergeOption = False,
    push: PushOption = "",
    workspace: WorkspaceOption = WORKSPACE,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Train a model to follow updates, by GRPO, DAPO or supervised fine-tuning.

    A dry run ends with exit code 1 where the Hub does not say whether it has the model.

    Example: recode-data train --algo grpo --dry-run
    """
    from recode_data import training
    from recode_data.cli.options import check_repository
    from recode_data.progress import Progress

    if push:
        check_repository(push)
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
        plan = training.checked(plan, resume, push)
        print(json.dumps(plan.as_json()) if as_json else plan, flush=True)
        training.require_model_checked(plan)
        return
    result = training.train(plan, resume, merge, push, Progress(quiet))
    if os.environ.get("RANK", "0") == "0":  # one process of a launcher speaks for all
        print(json.dumps(result) if as_json else training.summary(result))
    if "LOCAL_RANK" in os.environ:
        _leave()


def _leave() -> NoReturn:
    """End a launcher's process at once, its work being done.

    Threads of PyTorch's process groups outlive the last line. Now and then one is met by the
    end of the interpreter, which aborts the process, and the launcher calls the run failed.
    """
    atexit._run_exitfuncs()  # loggers send their last lines there
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
