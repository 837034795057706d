"""The options of the LLM engine, one type each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_PANEL = "LLM engine"
_SPEND = "LLM engine: limits and spend"
_BATCH = "LLM engine: batch files"


def _env(name: str) -> str:
    return f"RECODE_DATA_{name}"


ModelOption = Annotated[
    str, typer.Option(envvar=_env("MODEL"), help="Name of the model.", rich_help_panel=_PANEL)
]
BaseUrlOption = Annotated[
    str,
    typer.Option(
        envvar=_env("BASE_URL"),
        help="Address of any OpenAI-compatible server, such as http://localhost:8000/v1.",
        rich_help_panel=_PANEL,
    ),
]
PerChangeOption = Annotated[
    int, typer.Option(min=1, help="Entries to ask for each change.", rich_help_panel=_PANEL)
]
RepairOption = Annotated[
    int,
    typer.Option(
        min=0,
        help="Times an entry goes back with the judge's evidence.",
        rich_help_panel=_PANEL,
    ),
]
JudgeOption = Annotated[
    bool,
    typer.Option(
        "--judge/--no-judge",
        help="Execute entries at once, or leave it to validate and repair what it has judged.",
        rich_help_panel=_PANEL,
    ),
]
KindOption = Annotated[
    list[str],
    typer.Option(help="Only changes of this kind; may be repeated.", rich_help_panel=_PANEL),
]
ReasonOption = Annotated[
    list[str],
    typer.Option(
        help="Only changes that the rules left for this reason, such as no_replacement; may be "
        "repeated.",
        rich_help_panel=_PANEL,
    ),
]
TemperatureOption = Annotated[
    float, typer.Option(min=0.0, max=2.0, help="Sampling temperature.", rich_help_panel=_PANEL)
]
SeedOption = Annotated[
    int, typer.Option(help="First seed; each entry of a change adds one.", rich_help_panel=_PANEL)
]
AnswerTokensOption = Annotated[
    int, typer.Option(min=64, help="Most tokens of one answer.", rich_help_panel=_PANEL)
]
PromptsOption = Annotated[
    Path | None,
    typer.Option(
        help="Folder with prompt templates of your own.",
        exists=True,
        file_okay=False,
        rich_help_panel=_PANEL,
    ),
]
ConcurrencyOption = Annotated[
    int,
    typer.Option(
        envvar=_env("CONCURRENCY"), min=1, help="Requests under way.", rich_help_panel=_SPEND
    ),
]
RpmOption = Annotated[
    int, typer.Option(min=0, help="Most requests a minute; 0: no limit.", rich_help_panel=_SPEND)
]
TpmOption = Annotated[
    int, typer.Option(min=0, help="Most tokens a minute; 0: no limit.", rich_help_panel=_SPEND)
]
MaxRequestsOption = Annotated[
    int,
    typer.Option(
        min=0, help="Most requests to this model, earlier runs included.", rich_help_panel=_SPEND
    ),
]
MaxTokensOption = Annotated[
    int,
    typer.Option(
        min=0, help="Most tokens of this model, earlier runs included.", rich_help_panel=_SPEND
    ),
]
MaxCostOption = Annotated[
    float,
    typer.Option(
        min=0.0, help="Most money, earlier runs included; needs --prices.", rich_help_panel=_SPEND
    ),
]
PricesOption = Annotated[
    Path | None,
    typer.Option(
        envvar=_env("PRICES"),
        help="TOML file with prices per million tokens.",
        exists=True,
        dir_okay=False,
        rich_help_panel=_SPEND,
    ),
]
RequestTimeoutOption = Annotated[
    float, typer.Option(min=1.0, help="Seconds for one answer.", rich_help_panel=_SPEND)
]
ReplayOption = Annotated[
    bool,
    typer.Option(
        "--replay", help="Answer from the workspace's cache only.", rich_help_panel=_PANEL
    ),
]
DescriptionsOption = Annotated[
    bool,
    typer.Option(
        "--descriptions",
        help="Write no entries: have the model write the descriptions of the rules' valid ones.",
        rich_help_panel=_PANEL,
    ),
]
BatchOption = Annotated[
    str,
    typer.Option(
        help="Ask in batches: 'api' for the endpoint's batch API, or a command such as "
        "'vllm run-batch -i {input} -o {output} --model NAME'; the same command resumes.",
        rich_help_panel=_BATCH,
    ),
]
BatchOutOption = Annotated[
    Path | None,
    typer.Option(
        dir_okay=False,
        help="Write the requests that have no answer yet to this file; ask nobody.",
        rich_help_panel=_BATCH,
    ),
]
BatchInOption = Annotated[
    Path | None,
    typer.Option(
        exists=True,
        dir_okay=False,
        help="Read answers from this file; ask nobody.",
        rich_help_panel=_BATCH,
    ),
]
