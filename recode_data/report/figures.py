"""What the report shows: each figure is a table from the workspace and how to draw it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from recode_data.workspace import Workspace
from recode_data.workspace import figures as queries
from recode_data.workspace.funnel import funnel


@dataclass(frozen=True)
class Figure:
    """A titled table, one dict a row, and which of its columns are drawn as bars."""

    title: str
    about: str
    rows: list[dict[str, Any]]
    label: str
    """Column that names a bar; ``x`` of a curve."""
    value: str
    """Column that says how long a bar is; ``y`` of a curve."""
    colour: str = ""
    """Column that cuts a bar into parts; the run that a curve is of."""
    curve: bool = False
    by_value: bool = False
    """Longest bars first; otherwise in the order of the rows."""


@dataclass(frozen=True)
class Headline:
    """One of the numbers that matter."""

    number: str
    text: str


def workspace_figures(workspace: Workspace) -> list[Figure]:
    """Return the figures of the way from notes to rows; those without rows are left out."""
    figures = [_funnel(workspace), *_counted(workspace)]
    return [figure for figure in figures if figure.rows]


def library_figures(workspace: Workspace, library: str) -> list[Figure]:
    """Return the figures that one library alone would give."""
    return [figure for figure in _counted(workspace, library) if figure.rows]


def headlines(workspace: Workspace) -> list[Headline]:
    """Return what a reader wants to know first; nothing where nothing was judged."""
    stages = {stage.name: stage for stage in funnel(workspace)}
    judged, valid = stages["judged"].count, stages["valid"].count
    if not judged:
        return []
    changes, of = queries.valid_changes(workspace)
    several = "library" if of == 1 else "libraries"
    return [
        Headline(f"{stages['unique'].count:,}", "rows that are proven and no duplicates"),
        Headline(f"{changes:,}", f"distinct changes in {of:,} {several}"),
        Headline(f"{valid / judged:.0%}", f"of {judged:,} judged entries are valid"),
        Headline(f"{stages['changes'].count:,}", f"changes in {stages['notes'].count:,} notes"),
    ]


def _counted(workspace: Workspace, library: str = "") -> list[Figure]:
    return [
        Figure(title, about, rows(workspace, library), **how) for title, about, rows, how in FIGURES
    ]


def _funnel(workspace: Workspace) -> Figure:
    rows = [{"stage": stage.name, "rows": stage.count} for stage in funnel(workspace)]
    return Figure(
        "From notes to rows",
        "What each stage left. The drops between them are below.",
        rows if rows[0]["rows"] or rows[2]["rows"] else [],
        label="stage",
        value="rows",
    )


FIGURES: list[tuple[str, str, Callable[[Workspace, str], list[dict[str, Any]]], dict[str, Any]]] = [
    (
        "What was dropped, and why",
        "Every dropped subject is kept in the workspace with its reason. The table says what each "
        "reason means; `recode-data show` tells the rest of an entry's.",
        queries.dropped,
        {"label": "reason", "value": "dropped", "colour": "stage", "by_value": True},
    ),
    (
        "Verdicts by library",
        "What running each entry in pinned environments proved.",
        queries.verdicts_by_library,
        {"label": "library", "value": "entries", "colour": "verdict"},
    ),
    (
        "API changes by release",
        "Changes that the release notes state, by the version that announces them: of the last "
        "releases of each library that state any, forty in all or six of each.",
        queries.changes_by_release,
        {"label": "release", "value": "changes", "colour": "kind"},
    ),
    (
        "Valid entries by version",
        "The version in which the update was seen to take effect.",
        queries.valid_by_release,
        {"label": "release", "value": "entries", "colour": "kind"},
    ),
    (
        "Where the code came from",
        "Real code was found in a library; derived code was made from the other side by a "
        "codemod; written code is a model's or a person's.",
        queries.origins,
        {"label": "origin", "value": "entries"},
    ),
    (
        "Length of the old code",
        "Valid entries by lines of `old_code`.",
        queries.lengths,
        {"label": "lines", "value": "entries"},
    ),
    (
        "Evidence: how the runs ended",
        "Every execution, by library and status.",
        queries.run_statuses,
        {"label": "library", "value": "runs", "colour": "status"},
    ),
    (
        "Spend and yield by model",
        "Calls of the LLM engine: tokens, money, and the valid entries that came of them.",
        queries.yields_by_model,
        {"label": "model", "value": "valid"},
    ),
    (
        "Yield by author",
        "Entries that each rule or model wrote, by what the judge said of them.",
        queries.verdicts_by_author,
        {"label": "author", "value": "entries", "colour": "verdict"},
    ),
    (
        "Duplicates",
        "Valid entries by what dedup found: kept as the one of their cluster, or as good as it.",
        queries.duplicates_by_library,
        {"label": "library", "value": "entries", "colour": "reason"},
    ),
    (
        "Decisions of reviewers",
        "What people decided in `recode-data review`; `--agreement` tells how far they agree.",
        queries.decisions_by_reviewer,
        {"label": "reviewer", "value": "entries", "colour": "decided"},
    ),
]
"""Title, text, rows and drawing of every figure that is counted in one query."""
