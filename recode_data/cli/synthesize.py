"""The command that writes entries, by rules, by a language model or by both, and its options."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recode_data.cli.app import app
from recode_data.cli.options import (
    JOBS,
    TIMEOUT,
    WORKSPACE,
    DryRunOption,
    JobsOption,
    JsonOption,
    LimitOption,
    QuietOption,
    TimeoutOption,
    WorkspaceOption,
)
from recode_data.errors import UsageError

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


if TYPE_CHECKING:
    from recode_data.llm import Author


class Engine(StrEnum):
    """Who writes: ``both`` asks the model for what the rules could not do."""

    rules = "rules"
    llm = "llm"
    both = "both"


OF_BOTH = {"libraries", "engine", "workspace", "jobs", "limit", "timeout", "quiet", "as_json"}
"""Options that the rules look at too."""


@app.command()
def synthesize(  # noqa: PLR0917
    context: typer.Context,
    libraries: Annotated[
        list[str] | None, typer.Argument(help="Libraries, such as numpy; all that were scraped.")
    ] = None,
    engine: Annotated[Engine, typer.Option(help="Who writes the entries.")] = Engine.rules,
    workspace: WorkspaceOption = WORKSPACE,
    jobs: JobsOption = JOBS,
    limit: LimitOption = None,
    timeout: TimeoutOption = TIMEOUT,
    quiet: QuietOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
    model: ModelOption = "",
    base_url: BaseUrlOption = "",
    per_change: PerChangeOption = 1,
    repair_rounds: RepairOption = 2,
    judge: JudgeOption = True,
    kind: KindOption = [],  # noqa: B006
    reason: ReasonOption = [],  # noqa: B006
    temperature: TemperatureOption = 0.7,
    seed: SeedOption = 0,
    answer_tokens: AnswerTokensOption = 2_048,
    prompts: PromptsOption = None,
    concurrency: ConcurrencyOption = 8,
    rpm: RpmOption = 0,
    tpm: TpmOption = 0,
    max_requests: MaxRequestsOption = 0,
    max_tokens: MaxTokensOption = 0,
    max_cost: MaxCostOption = 0.0,
    prices: PricesOption = None,
    request_timeout: RequestTimeoutOption = 300.0,
    replay: ReplayOption = False,
    batch: BatchOption = "",
    batch_out: BatchOutOption = None,
    batch_in: BatchInOption = None,
    descriptions: DescriptionsOption = False,
) -> None:
    """Write migration entries for the changes that scrape found.

    Example: recode-data synthesize numpy
    Example: recode-data synthesize numpy --engine llm --model NAME --base-url URL
    Example: recode-data synthesize numpy --engine both --model NAME --max-requests 500
    Example: recode-data synthesize numpy --engine llm --model NAME --descriptions --batch api
    """
    from recode_data.progress import Progress

    names, progress, author = libraries or [], Progress(quiet), None
    if engine is Engine.rules:
        _refuse_model_options(context)
    else:
        both = engine is Engine.both
        author = _author(context.params, base_url, request_timeout, both)
    if dry_run:
        if author:
            _preview(names, workspace, author, progress)
        return
    settings = {"jobs": jobs, "limit": limit, "timeout": timeout, "progress": progress}
    _write(names, workspace, author, engine is not Engine.llm, as_json, settings)


def _write(  # noqa: PLR0917
    names: list[str],
    workspace: Path,
    author: Author | None,
    rules: bool,
    as_json: bool,
    settings: dict[str, Any],
) -> None:
    """Have the rules and the model write, and say what came of each; exit code 1 when owed."""
    from recode_data import steps

    told = sys.stderr if as_json else sys.stdout
    if rules:
        for part in steps.synthesize(names, workspace, **settings).parts:
            print(part, file=told)
    if author:
        summary = steps.synthesize(names, workspace, author=author, **settings)
        _show_yields(workspace, author.options.prices.currency, as_json)
        print(summary, file=told)
        if summary.owed and not author.batch_out:
            raise typer.Exit(1)


def _refuse_model_options(context: typer.Context) -> None:
    """Raise `UsageError` for an option on the command line that the rules would not look at."""
    from recode_data.errors import UsageError

    for parameter in context.command.params:
        name = str(parameter.name)
        source = context.get_parameter_source(name)
        if name not in OF_BOTH and source is not None and source.name == "COMMANDLINE":
            raise UsageError(
                f"{parameter.opts[0]} is about a language model, and --engine rules asks none",
                "add --engine llm or --engine both, or leave it away",
            )


if TYPE_CHECKING:
    from rich.table import Table

    from recode_data.llm import Author
    from recode_data.progress import Progress
    from recode_data.workspace.llm import Yield


def _author(
    chosen: Mapping[str, Any], base_url: str, request_timeout: float, gaps_only: bool
) -> Author:
    """Return who writes, of the values of the command's options; raises `UsageError` for what
    the user cannot ask, before any work."""
    from recode_data.cli.options import check_change_kinds, check_rules_reasons
    from recode_data.llm import Author, Endpoint, Options, find_endpoint
    from recode_data.llm.batch import API
    from recode_data.llm.prices import read_prices

    check_change_kinds(chosen["kind"])
    check_rules_reasons(chosen["reason"])
    if chosen["descriptions"] and gaps_only:
        raise UsageError(
            "--descriptions writes no entries, and --engine both would", "add --engine llm"
        )
    batch = chosen["batch"]
    offline = any(chosen[name] for name in ("dry_run", "replay", "batch_out", "batch_in"))
    endpoint = None
    if batch not in ("", API) and not offline:  # a command answers
        endpoint = Endpoint("", "", timeout=request_timeout)
    elif not offline:
        endpoint = find_endpoint(base_url, timeout=request_timeout)
    if not chosen["model"]:
        raise UsageError(
            "the llm engine needs --model NAME",
            "the server's list of models: curl $BASE_URL/models; --engine rules needs none",
        )
    if batch and offline:
        raise UsageError(
            "--batch asks, and --dry-run, --replay, --batch-out and --batch-in do not",
            "give one of them",
        )
    values = dict(chosen) | {
        "kinds": tuple(chosen["kind"]),
        "reasons": tuple(chosen["reason"]),
        "prices": read_prices(chosen["prices"]),
        "gaps_only": gaps_only,
    }
    known = {field.name for field in fields(Options)} & values.keys()
    options = Options(**{name: values[name] for name in known})
    given = [chosen[name] for name in ("batch", "batch_out", "batch_in", "descriptions")]
    return Author(options, endpoint, *given)


def _preview(names: Sequence[str], folder: Path, author: Author, progress: Progress) -> None:
    """Print what a run would ask. Symbols are looked up as in a real one, in a copy of the
    workspace, which stays as it was."""
    from recode_data.definition import define
    from recode_data.library import load_library
    from recode_data.llm.preview import preview
    from recode_data.workspace import Workspace
    from recode_data.workspace.changes import scraped_libraries

    chosen = [define(name, progress, folder) for name in names]
    with Workspace.open_copy(folder) as opened:
        chosen = chosen or [load_library(name) for name in scraped_libraries(opened)]
        for line in preview(opened, chosen, author.options, progress, author.descriptions):
            print(line)


def _show_yields(folder: Path, currency: str, as_json: bool) -> None:
    """Print what each model was asked in a workspace, and what came of it."""
    from recode_data.workspace import Workspace
    from recode_data.workspace.llm import yields

    with Workspace.open_to_look(folder) as opened:
        lines = yields(opened)
    if as_json:
        for line in lines:
            print(json.dumps({**vars(line), "cost_of_valid": line.cost_of_valid}))
    elif lines:
        from recode_data.cli.render import out

        out().print(_table(lines, currency))


def _table(lines: list[Yield], currency: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("model", "kind"):
        table.add_column(name)
    for name in ("calls", "repairs", "entries", "valid", "mended", "tokens", "cost", "per valid"):
        table.add_column(name, justify="right")
    for line in lines:
        counts = (line.calls, line.repairs, line.entries, line.valid, line.mended)
        tokens = line.prompt_tokens + line.answer_tokens
        cost = f"{currency}{line.cost:.4f}" if line.priced else "?"
        each = f"{currency}{line.cost_of_valid:.4f}" if line.cost_of_valid is not None else "–"
        cells = [f"{count:,}" for count in (*counts, tokens)]
        table.add_row(line.model, line.kind, *cells, cost, each)
    return table
