"""The command that writes entries: by rules, by a language model, or by both."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recode_data.cli import llm_options as llm
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
    model: llm.ModelOption = "",
    base_url: llm.BaseUrlOption = "",
    per_change: llm.PerChangeOption = 1,
    repair_rounds: llm.RepairOption = 2,
    judge: llm.JudgeOption = True,
    kind: llm.KindOption = [],  # noqa: B006
    reason: llm.ReasonOption = [],  # noqa: B006
    temperature: llm.TemperatureOption = 0.7,
    seed: llm.SeedOption = 0,
    answer_tokens: llm.AnswerTokensOption = 2_048,
    prompts: llm.PromptsOption = None,
    concurrency: llm.ConcurrencyOption = 8,
    rpm: llm.RpmOption = 0,
    tpm: llm.TpmOption = 0,
    max_requests: llm.MaxRequestsOption = 0,
    max_tokens: llm.MaxTokensOption = 0,
    max_cost: llm.MaxCostOption = 0.0,
    prices: llm.PricesOption = None,
    request_timeout: llm.RequestTimeoutOption = 300.0,
    replay: llm.ReplayOption = False,
    batch: llm.BatchOption = "",
    batch_out: llm.BatchOutOption = None,
    batch_in: llm.BatchInOption = None,
    descriptions: llm.DescriptionsOption = False,
) -> None:
    """Write migration entries for the changes that scrape found.

    Example: recode-data synthesize numpy
    Example: recode-data synthesize numpy --engine llm --model NAME --base-url URL
    Example: recode-data synthesize numpy --engine both --model NAME --max-requests 500
    Example: recode-data synthesize numpy --engine llm --model NAME --descriptions --batch api
    """
    from recode_data.cli import llm_engine
    from recode_data.progress import Progress

    names, progress, author = libraries or [], Progress(quiet), None
    if engine is Engine.rules:
        _refuse_model_options(context)
    else:
        both = engine is Engine.both
        author = llm_engine.author(context.params, base_url, request_timeout, both)
    if dry_run:
        if author:
            llm_engine.preview(names, workspace, author, progress)
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
    from recode_data.cli import llm_engine

    told = sys.stderr if as_json else sys.stdout
    if rules:
        for part in steps.synthesize(names, workspace, **settings).parts:
            print(part, file=told)
    if author:
        summary = steps.synthesize(names, workspace, author=author, **settings)
        llm_engine.show_yields(workspace, author.options.prices.currency, as_json)
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
