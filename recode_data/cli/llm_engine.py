"""How ``synthesize --engine llm`` calls the engine and shows what came of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recode_data.errors import UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from recode_data.llm import Author
    from recode_data.progress import Progress
    from recode_data.workspace.llm import Yield


def author(
    chosen: Mapping[str, Any], base_url: str, request_timeout: float, gaps_only: bool
) -> Author:
    """Return who writes, of the values of the command's options; raises `UsageError` for what
    the user cannot ask, before any work."""
    from recode_data.cli.choices import check_change_kinds, check_rules_reasons
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


def preview(names: Sequence[str], folder: Path, author: Author, progress: Progress) -> None:
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


def show_yields(folder: Path, currency: str, as_json: bool) -> None:
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
