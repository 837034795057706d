"""What the report shows: each figure is a table from the workspace and how to draw it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from recode_data.workspace import Workspace
from recode_data.workspace.queries import funnel

LATEST = """
    SELECT * FROM verdicts QUALIFY row_number() OVER (
        PARTITION BY entry_id ORDER BY length(judge) DESC, judge DESC) = 1"""


RELEASE = """regexp_replace(regexp_replace({0}, '^(\\d+)$', '\\1.0'),
                     '^(\\d+\\.\\d+)(\\.0)+$', '\\1')"""
"""SQL for a version as releases are told apart: 2, 2.0 and 2.0.0 are one."""


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
    figures = [_funnel(workspace), *_queried(workspace)]
    return [figure for figure in figures if figure.rows]


def library_figures(workspace: Workspace, library: str) -> list[Figure]:
    """Return the figures that one library alone would give."""
    return [figure for figure in _queried(workspace, _of_library(library)) if figure.rows]


def libraries(workspace: Workspace) -> list[str]:
    """Return the libraries that have entries, those with the most valid ones first."""
    rows = workspace.sql(
        f"""SELECT e.dependency AS library
            FROM entries e LEFT JOIN ({LATEST}) v ON v.entry_id = e.id
            GROUP BY ALL ORDER BY count(*) FILTER (v.status = 'valid') DESC, library"""
    )
    return [str(row["library"]) for row in rows.to_pylist()]


def headlines(workspace: Workspace) -> list[Headline]:
    """Return what a reader wants to know first; nothing where nothing was judged."""
    stages = {stage.name: stage for stage in funnel(workspace)}
    judged, valid = stages["judged"].count, stages["valid"].count
    if not judged:
        return []
    [row] = workspace.sql(
        f"""SELECT count(DISTINCT coalesce(nullif(e.old_symbol, ''), nullif(e.change_id, ''), e.id)
                         || ':' || e.old_keyword) AS changes,
                   count(DISTINCT e.dependency) AS libraries
            FROM entries e JOIN ({LATEST}) v ON v.entry_id = e.id WHERE v.status = 'valid'"""
    ).to_pylist()
    several = "library" if row["libraries"] == 1 else "libraries"
    return [
        Headline(f"{stages['unique'].count:,}", "rows that are proven and no duplicates"),
        Headline(f"{row['changes']:,}", f"distinct changes in {row['libraries']:,} {several}"),
        Headline(f"{valid / judged:.0%}", f"of {judged:,} judged entries are valid"),
        Headline(f"{stages['changes'].count:,}", f"changes in {stages['notes'].count:,} notes"),
    ]


def _queried(workspace: Workspace, within: str = "") -> list[Figure]:
    """Return the figure of each query, asked of the tables that ``within`` defines."""
    return [
        Figure(title, about, workspace.sql(f"{within} SELECT * FROM ({query})").to_pylist(), **how)
        for title, about, query, how in QUERIES
    ]


def _of_library(library: str) -> str:
    """Return SQL under which the tables hold what belongs to one library only."""
    name = library.replace("'", "''")
    return f"""WITH entries AS (SELECT * FROM main.entries WHERE dependency = '{name}'),
        changes AS (SELECT * FROM main.changes WHERE lower(library) = lower('{name}')
            OR library IN (
                SELECT c.library FROM main.changes c JOIN main.entries e ON e.change_id = c.id
                WHERE e.dependency = '{name}')),
        runs AS (SELECT * FROM main.runs WHERE library IN (SELECT library FROM changes)
            OR lower(library) = lower('{name}')),
        attempts AS (SELECT * FROM main.attempts WHERE subject_id IN (
            SELECT id FROM changes UNION ALL SELECT id FROM entries)),
        verdicts AS (SELECT * FROM main.verdicts WHERE entry_id IN (SELECT id FROM entries)),
        duplicates AS (SELECT * FROM main.duplicates WHERE entry_id IN (SELECT id FROM entries)),
        decisions AS (SELECT * FROM main.decisions WHERE entry_id IN (SELECT id FROM entries))"""


def _funnel(workspace: Workspace) -> Figure:
    rows = [{"stage": stage.name, "rows": stage.count} for stage in funnel(workspace)]
    return Figure(
        "From notes to rows",
        "What each stage left. The drops between them are below.",
        rows if rows[0]["rows"] or rows[2]["rows"] else [],
        label="stage",
        value="rows",
    )


QUERIES: list[tuple[str, str, str, dict[str, Any]]] = [
    (
        "What was dropped, and why",
        "Every dropped subject is kept in the workspace with its reason; `recode-data show` "
        "tells the rest of an entry's.",
        f"""SELECT stage, reason, count(*)::INTEGER AS dropped FROM (
                SELECT split_part(stage, '.', 1) AS stage, reason FROM attempts
                WHERE produced = 0 AND reason <> ''
                UNION ALL SELECT 'validate', reason FROM ({LATEST}) WHERE status <> 'valid'
                UNION ALL SELECT 'dedup', reason FROM duplicates WHERE entry_id <> representative)
            GROUP BY ALL ORDER BY stage, dropped DESC, reason LIMIT 40""",
        {"label": "reason", "value": "dropped", "colour": "stage", "by_value": True},
    ),
    (
        "Verdicts by library",
        "What running each entry in pinned environments proved.",
        f"""SELECT e.dependency AS library,
                   CASE v.status WHEN 'valid' THEN v.kind ELSE v.status END AS verdict,
                   count(*)::INTEGER AS entries
            FROM entries e JOIN ({LATEST}) v ON v.entry_id = e.id
            GROUP BY ALL ORDER BY ALL""",
        {"label": "library", "value": "entries", "colour": "verdict"},
    ),
    (
        "API changes by release",
        "Changes that the release notes state, by the version that announces them: of the last "
        "releases of each library that state any, forty in all or six of each.",
        f"""WITH releases AS (
                SELECT library, kind, {RELEASE.format("version")} AS version FROM changes),
            recent AS (
                SELECT library, version FROM (SELECT DISTINCT library, version FROM releases)
                QUALIFY row_number() OVER (
                    PARTITION BY library
                    ORDER BY regexp_extract_all(version, '\\d+')::BIGINT[] DESC)
                <= greatest(6, 40 // (SELECT greatest(1, count(DISTINCT library)) FROM releases)))
           SELECT library || ' ' || version AS release, kind, count(*)::INTEGER AS changes
           FROM releases SEMI JOIN recent USING (library, version)
           GROUP BY library, version, kind
           ORDER BY library, regexp_extract_all(version, '\\d+')::BIGINT[], kind""",
        {"label": "release", "value": "changes", "colour": "kind"},
    ),
    (
        "Valid entries by version",
        "The version in which the update was seen to take effect.",
        f"""SELECT library || ' ' || version AS release, kind, count(*)::INTEGER AS entries
            FROM (SELECT e.dependency AS library, {RELEASE.format("v.new_version")} AS version,
                         v.kind AS kind
                  FROM entries e JOIN ({LATEST}) v ON v.entry_id = e.id WHERE v.status = 'valid')
            GROUP BY library, version, kind
            ORDER BY library, regexp_extract_all(version, '\\d+')::BIGINT[], kind""",
        {"label": "release", "value": "entries", "colour": "kind"},
    ),
    (
        "Where the code came from",
        "Real code was found in a library; derived code was made from the other side by a "
        "codemod; written code is a model's or a person's.",
        f"""SELECT engine || ': ' || old_origin || ' → ' || new_origin AS origin,
                   count(*)::INTEGER AS entries
            FROM entries e JOIN ({LATEST}) v ON v.entry_id = e.id WHERE v.status = 'valid'
            GROUP BY ALL ORDER BY entries DESC, origin""",
        {"label": "origin", "value": "entries"},
    ),
    (
        "Length of the old code",
        "Valid entries by lines of `old_code`.",
        f"""SELECT CASE WHEN long > 40 THEN 'more than 40'
                        ELSE (long - 4)::VARCHAR || ' to ' || long::VARCHAR END AS lines,
                   count(*)::INTEGER AS entries
            FROM (SELECT 5 * least(9, ceil(
                      len(string_split(trim(old_code, chr(10)), chr(10))) / 5))::INTEGER AS long
                  FROM entries e JOIN ({LATEST}) v ON v.entry_id = e.id WHERE v.status = 'valid')
            GROUP BY long ORDER BY long""",
        {"label": "lines", "value": "entries"},
    ),
    (
        "Evidence: how the runs ended",
        "Every execution, by library and status.",
        """SELECT library, status, count(*)::INTEGER AS runs,
                  round(1000 * median(seconds), 1) AS median_ms
           FROM runs GROUP BY ALL ORDER BY ALL""",
        {"label": "library", "value": "runs", "colour": "status"},
    ),
    (
        "Spend and yield by model",
        "Calls of the LLM engine: tokens, money, and the valid entries that came of them.",
        f"""SELECT c.model AS model, count(*)::INTEGER AS calls,
                   sum(c.prompt_tokens + c.answer_tokens)::BIGINT AS tokens,
                   round(sum(c.cost), 4) AS cost,
                   (SELECT count(*) FROM entries e JOIN ({LATEST}) v ON v.entry_id = e.id
                    WHERE e.engine = 'llm' AND starts_with(e.author, c.model || ', prompt ')
                      AND v.status = 'valid')::INTEGER AS valid
            FROM llm_calls c WHERE c.state = 'answered' GROUP BY ALL ORDER BY model""",
        {"label": "model", "value": "valid"},
    ),
    (
        "Yield by author",
        "Entries that each rule or model wrote, by what the judge said of them.",
        f"""SELECT engine || ': ' || split_part(author, ',', 1) AS author,
                   coalesce(v.status, 'not judged') AS verdict, count(*)::INTEGER AS entries
            FROM entries e LEFT JOIN ({LATEST}) v ON v.entry_id = e.id
            GROUP BY ALL ORDER BY author, verdict LIMIT 80""",
        {"label": "author", "value": "entries", "colour": "verdict"},
    ),
    (
        "Duplicates",
        "Valid entries by what dedup found: kept as the one of their cluster, or as good as it.",
        """SELECT e.dependency AS library, d.reason, count(*)::INTEGER AS entries
           FROM duplicates d JOIN entries e ON e.id = d.entry_id GROUP BY ALL ORDER BY ALL""",
        {"label": "library", "value": "entries", "colour": "reason"},
    ),
    (
        "Decisions of reviewers",
        "What people decided in `recode-data review`; `--agreement` tells how far they agree.",
        """SELECT reviewer, decision || CASE reason WHEN '' THEN '' ELSE ': ' || reason END
                   AS decided, count(*)::INTEGER AS entries
           FROM decisions GROUP BY ALL ORDER BY ALL""",
        {"label": "reviewer", "value": "entries", "colour": "decided"},
    ),
]
"""Title, text, query and drawing of every figure that one query gives."""
