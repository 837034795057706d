"""The options of train, one type each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
