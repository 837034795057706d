"""How records look on a terminal. Notes and code are untrusted: never read as markup."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from packaging.version import InvalidVersion, Version
from rich.console import Console, RenderableType
from rich.markdown import Markdown
from rich.panel import Panel
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from recode_data.records import Change, Entry, Run, Verdict
from recode_data.workspace import Workspace
from recode_data.workspace.dataset import duplicate_of
from recode_data.workspace.entries import entries_of_change, find_record
from recode_data.workspace.funnel import Stage
from recode_data.workspace.verdicts import latest_verdict, runs_of


def out() -> Console:
    """Return a console on stdout; plain text when it is not a terminal."""
    return Console(highlight=False, soft_wrap=False)


def wide() -> Console:
    """Return a console for tables on stdout: on a pipe or in a file no cell is cut."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else 100_000)


def json_text(value: Any) -> str:
    """Return ``value`` as one line of JSON, in signs that stdout's encoding has."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return json.dumps(value)
    return text


def funnel_table(stages: Iterable[Stage]) -> Table:
    """Return the funnel: a line a stage, with what was dropped after it and why."""
    table = Table("stage", "count", "owed", "dropped after it, by reason", box=None)
    table.columns[1].justify = table.columns[2].justify = "right"
    for stage in stages:
        drops = ", ".join(f"{count:,} {reason}" for reason, count in stage.dropped.most_common(8))
        table.add_row(
            stage.name, f"{stage.count:,}", f"{stage.owed:,}" if stage.owed else "", drops
        )
    return table


def entries_table(rows: Iterable[dict[str, Any]]) -> Table:
    """Return one line an entry."""
    table = Table("id", "library", "version", "status", "kind", "what changed", box=None)
    for row in rows:
        keyword = f"({row['old_keyword']}=)" if row["old_keyword"] else ""
        version = (row["measured_version"] or row["new_version"]).removeprefix("==")
        what = Text(row["old_symbol"] + keyword)
        dropped = row["status"] not in ("valid", "")
        status = row["reason"] if dropped else row["status"] or "unjudged"
        table.add_row(row["id"], row["dependency"], version, status, row["kind"], what)
    return table


def release_order(row: dict[str, Any]) -> tuple[str, bool, Version, str]:
    """Return what sorts rows by library, then 2.3.1 before 10.0.0, then what is no version."""
    library, version = row["library"], row["version"]
    try:
        return library, False, Version(version), row["id"]
    except InvalidVersion:
        return library, True, Version("0"), row["id"]


def show_record(workspace: Workspace, prefix: str) -> Iterator[RenderableType]:
    """Yield what to print for the record whose id begins with ``prefix``."""
    found = find_record(workspace, prefix)
    if isinstance(found, Entry):
        yield from _entry(workspace, found)
    elif isinstance(found, Change):
        yield from _change(workspace, found)
    else:
        yield _runs({found.id: found})


def _entry(workspace: Workspace, entry: Entry) -> Iterator[RenderableType]:
    verdict = latest_verdict(workspace, entry.id)
    yield _facts(
        {
            "entry": entry.id,
            "library": f"{entry.dependency} {entry.new_version}",
            "written by": f"{entry.engine} ({entry.author})",
            "changed": _symbols(entry),
            "from": entry.location,
            "change": entry.change_id,
            "verdict": _verdict_line(verdict),
            "duplicate": _duplicate(workspace, entry.id),
        }
    )
    yield Text(f"\n{entry.description}\n")
    yield Panel(Text(entry.update_info), title="update", title_align="left")
    grid = Table.grid(expand=True, padding=(0, 1))
    grid.add_column(ratio=1)
    grid.add_column(ratio=1)
    grid.add_row(_code(f"old ({entry.old_origin})", entry.old_code),
                 _code(f"new ({entry.new_origin})", entry.new_code))  # fmt: skip
    yield grid
    if runs := runs_of(workspace, verdict):
        yield _runs(runs)


def _duplicate(workspace: Workspace, entry_id: str) -> str:
    found = duplicate_of(workspace, entry_id)
    return "of {} ({}, similarity {:.2f})".format(*found) if found else ""


def _change(workspace: Workspace, change: Change) -> Iterator[RenderableType]:
    written = entries_of_change(workspace, change.id)
    yield _facts(
        {
            "change": change.id,
            "library": f"{change.library} {change.version}",
            "kind": change.kind,
            "changed": _symbols(change),
            "section": change.section,
            "from": f"{change.source}: {change.location}",
            "entries": ", ".join(entry.id for entry in written),
        }
    )
    yield Panel(Markdown(change.text))


def _runs(runs: Mapping[str, Run]) -> Table:
    table = Table("run", "version", "Python", "status", "what it said", "ms", "sandbox", box=None)
    for name, run in runs.items():
        said = f"{run.exception}: {run.message}" if run.exception else run.stdout
        said = next((f"{w.category}: {w.message}" for w in run.warnings), said)
        first = Text((said.strip().splitlines() or [""])[0], overflow="ellipsis", no_wrap=True)
        spent = f"{1000 * run.seconds:.0f}"
        part = name.replace("_", " ")
        table.add_row(part, run.version, run.python, run.status, first, spent, run.tier)
    return table


def _facts(facts: dict[str, str]) -> Table:
    table = Table.grid(padding=(0, 2))
    for name, value in facts.items():
        if value:
            table.add_row(Text(name, style="bold"), Text(value))
    return table


def _code(title: str, code: str) -> Panel:
    return Panel(Syntax(code, "python", word_wrap=True, background_color="default"), title=title)


def _symbols(record: Entry | Change) -> str:
    old, new = record.old_symbol, record.new_symbol
    old += f"({record.old_keyword}=)" if record.old_keyword else ""
    new += f"({record.new_keyword}=)" if record.new_keyword else ""
    return f"{old} → {new}" if new else old


def _verdict_line(verdict: Verdict | None) -> str:
    if verdict is None:
        return "not validated yet: recode-data validate"
    pair = f"{verdict.old_version} → {verdict.new_version}" if verdict.new_version else ""
    parts = [verdict.status, verdict.kind, verdict.reason, pair, verdict.detail]
    return ", ".join(part for part in parts if part and part != "ok")
