"""The command that writes entries: by rules, by a language model, or by both."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

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
    descriptions: llm.DescriptionsOption = False,
    batch: llm.BatchOption = "",
    batch_out: llm.BatchOutOption = None,
    batch_in: llm.BatchInOption = None,
) -> None:
    """Write migration entries for the changes that scrape found.

    Example: recode-data synthesize numpy
    Example: recode-data synthesize numpy --engine llm --model NAME --base-url URL
    Example: recode-data synthesize numpy --engine both --model NAME --max-requests 500
    Example: recode-data synthesize numpy --engine llm --model NAME --descriptions --batch api
    """
    from dataclasses import fields
    from functools import partial

    from recode_data.cli import llm_engine
    from recode_data.cli.choices import check_change_kinds, check_rules_reasons
    from recode_data.definition import define
    from recode_data.errors import UsageError
    from recode_data.library import load_library
    from recode_data.llm import Options
    from recode_data.llm.prices import read_prices
    from recode_data.progress import Progress
    from recode_data.workspace import Workspace
    from recode_data.workspace.changes import scraped_libraries

    check_change_kinds(kind)
    check_rules_reasons(reason)
    if engine is Engine.rules:
        _refuse_model_options(context)
    elif descriptions and engine is Engine.both:
        raise UsageError(
            "--descriptions writes no entries, and --engine both would", "add --engine llm"
        )
    progress = Progress(quiet)
    asking: llm_engine.Asking | None = None
    if engine is not Engine.rules:
        chosen = context.params | {
            "kinds": tuple(kind),
            "reasons": tuple(reason),
            "prices": read_prices(prices),
        }
        known = {field.name for field in fields(Options)} & chosen.keys()
        asking = llm_engine.prepare(
            Options(**{name: chosen[name] for name in known}, gaps_only=engine is Engine.both),
            base_url,
            request_timeout,
            dry_run=dry_run,
            judge=judge,
            replay=replay,
            batch_out=batch_out,
            batch_in=batch_in,
            batch=batch,
            descriptions=descriptions,
        )
    definitions = [define(name, progress, workspace) for name in libraries or []]
    # A dry run looks symbols up as a real one does, and leaves the workspace as it was.
    opening = Workspace.open_copy if dry_run else partial(Workspace.open, create=False)
    with opening(workspace) as opened:
        definitions = definitions or [load_library(name) for name in scraped_libraries(opened)]
        if engine is not Engine.llm and not dry_run:
            from recode_data.codemods.examples import pair_examples
            from recode_data.codemods.stage import synthesize_by_rules

            for stage in (pair_examples, synthesize_by_rules):
                summary = stage(
                    opened, definitions, progress, jobs=jobs, limit=limit, timeout=timeout
                )
                print(summary, file=sys.stderr if as_json else sys.stdout)
        if asking:
            llm_engine.run(opened, definitions, asking, progress, as_json)


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
