"""How ``synthesize --engine llm`` calls the engine and shows what came of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from recode_data.errors import UsageError
from recode_data.library import Library
from recode_data.progress import Progress

if TYPE_CHECKING:
    from rich.table import Table

    from recode_data.llm import Endpoint, Options
    from recode_data.llm.stage import Judge
    from recode_data.records import Entry
    from recode_data.workspace import Workspace
    from recode_data.workspace.llm import Yield


@dataclass(frozen=True)
class Asking:
    """One use of the engine: options, who answers, and which files stand in for them."""

    options: Options
    endpoint: Endpoint | None
    dry_run: bool
    judge: bool
    batch_out: Path | None
    batch_in: Path | None
    batch: str = ""
    descriptions: bool = False


def prepare(
    options: Options,
    base_url: str,
    request_timeout: float,
    *,
    dry_run: bool,
    judge: bool,
    replay: bool,
    batch_out: Path | None,
    batch_in: Path | None,
    batch: str = "",
    descriptions: bool = False,
) -> Asking:
    """Check what the user asked for before any work; raises `UsageError`."""
    from recode_data.llm import Endpoint, find_endpoint
    from recode_data.llm.batch import API

    offline = bool(dry_run or replay or batch_out or batch_in)
    endpoint = None
    if batch not in ("", API) and not offline:  # a command answers
        endpoint = Endpoint("", "", timeout=request_timeout)
    elif not offline:
        endpoint = find_endpoint(base_url, timeout=request_timeout)
    if not options.model:
        raise UsageError(
            "the llm engine needs --model NAME",
            "the server's list of models: curl $BASE_URL/models; --engine rules needs none",
        )
    if batch and offline:
        raise UsageError(
            "--batch asks, and --dry-run, --replay, --batch-out and --batch-in do not",
            "give one of them",
        )
    return Asking(options, endpoint, dry_run, judge, batch_out, batch_in, batch, descriptions)


def run(
    workspace: Workspace,
    libraries: Sequence[Library],
    asking: Asking,
    progress: Progress,
    as_json: bool,
) -> None:
    """Write the entries, then say what came of it on stdout; exit code 1 when owed."""
    from recode_data.llm import rewrite_descriptions, synthesize_llm
    from recode_data.llm.batch import write_batch
    from recode_data.llm.preview import preview
    from recode_data.workspace.llm import yields

    if asking.dry_run:
        for line in preview(workspace, libraries, asking.options, progress, asking.descriptions):
            print(line)
        return
    judge = _judge(workspace, libraries, asking, progress) if asking.judge else None
    write = rewrite_descriptions if asking.descriptions else synthesize_llm
    outcome = write(
        workspace,
        libraries,
        asking.options,
        asking.endpoint,
        progress=progress,
        judge=judge,
        batch=asking.batch,
        results=asking.batch_in,
    )
    _show(yields(workspace), asking.options.prices.currency, as_json)
    print(outcome.summary, file=sys.stderr if as_json else sys.stdout)
    if asking.batch_out:
        written, limit = write_batch(outcome.asker, outcome.missing, asking.batch_out)
        progress.say(
            f"{asking.batch_out}: {len(written):,} requests; read results with --batch-in"
            + (f"; stopped at {limit}" if limit else "")
        )
    elif outcome.summary.owed:
        raise typer.Exit(1)


def _judge(
    workspace: Workspace, libraries: Sequence[Library], asking: Asking, progress: Progress
) -> Judge:
    """Return what has entries judged: the validation stage, for these entries only."""
    from recode_data.judge import validate

    names = [library.name for library in libraries]
    if asking.options.gaps_only:  # which of the rules' entries left a gap
        validate(
            workspace,
            names,
            jobs=asking.options.jobs,
            timeout=asking.options.timeout,
            retry=(),
            progress=progress,
        )

    def judge(entries: list[Entry]) -> None:
        validate(
            workspace,
            jobs=asking.options.jobs,
            timeout=asking.options.timeout,
            retry=(),
            only=[entry.id for entry in entries],
        )

    return judge


def _show(lines: list[Yield], currency: str, as_json: bool) -> None:
    if as_json:
        for line in lines:
            print(json.dumps({**vars(line), "cost_of_valid": line.cost_of_valid}))
        return
    if lines:
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
