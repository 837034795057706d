"""What the report shows: each figure is a table from the workspace and how to draw it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from recode_data.workspace import Workspace
from recode_data.workspace.queries import funnel

LATEST = """
    SELECT * FROM verdicts QUALIFY row_number() OVER (
        PARTITION BY entry_id ORDER BY length(judge) DESC, judge DESC) = 1"""


@dataclass(frozen=True)
class Figure:
    """A titled table, one dict a row, and the Vega-Lite mark and encoding that draw it."""

    title: str
    about: str
    rows: list[dict[str, Any]]
    mark: str
    encoding: dict[str, Any]


def workspace_figures(workspace: Workspace) -> list[Figure]:
    """Return the figures of the way from notes to rows; those without rows are left out."""
    queried = [
        Figure(title, about, workspace.sql(query).to_pylist(), mark, encoding)
        for title, about, query, mark, encoding in QUERIES
    ]
    figures = [_funnel(workspace), *queried]
    return [figure for figure in figures if figure.rows]


def _funnel(workspace: Workspace) -> Figure:
    rows = [{"stage": stage.name, "rows": stage.count} for stage in funnel(workspace)]
    return Figure(
        "From notes to rows",
        "What each stage left. The drops between them are below.",
        rows if rows[0]["rows"] or rows[2]["rows"] else [],
        "bar",
        {"y": _names("stage", sort=None), "x": _amount("rows")},
    )


def _names(field: str, **more: Any) -> dict[str, Any]:
    return {"field": field, "type": "nominal", "title": None, **more}


def _amount(field: str, **more: Any) -> dict[str, Any]:
    return {"field": field, "type": "quantitative", "title": field, **more}


def _colour(field: str) -> dict[str, Any]:
    return {"field": field, "type": "nominal", "legend": {"orient": "bottom", "title": None}}


QUERIES: list[tuple[str, str, str, str, dict[str, Any]]] = [
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
        "bar",
        {"y": _names("reason", sort="-x"), "x": _amount("dropped"), "color": _colour("stage")},
    ),
    (
        "Verdicts by library",
        "What running each entry in pinned environments proved.",
        f"""SELECT e.dependency AS library,
                   CASE v.status WHEN 'valid' THEN v.kind ELSE v.status END AS verdict,
                   count(*)::INTEGER AS entries
            FROM entries e JOIN ({LATEST}) v ON v.entry_id = e.id
            GROUP BY ALL ORDER BY ALL""",
        "bar",
        {"y": _names("library"), "x": _amount("entries"), "color": _colour("verdict")},
    ),
    (
        "API changes by release",
        "Changes that the release notes state, by the version that announces them: of the last "
        "releases of each library that state any, forty in all or six of each.",
        """WITH recent AS (
                SELECT library, version FROM (SELECT DISTINCT library, version FROM changes)
                QUALIFY row_number() OVER (
                    PARTITION BY library
                    ORDER BY regexp_extract_all(version, '\\d+')::INTEGER[] DESC)
                <= greatest(6, 40 // (SELECT count(DISTINCT library) FROM changes)))
           SELECT library || ' ' || version AS release, kind, count(*)::INTEGER AS changes
           FROM changes SEMI JOIN recent USING (library, version)
           GROUP BY library, version, kind
           ORDER BY library, regexp_extract_all(version, '\\d+')::INTEGER[], kind""",
        "bar",
        {"y": _names("release", sort=None), "x": _amount("changes"), "color": _colour("kind")},
    ),
    (
        "Valid entries by version",
        "The version in which the update was seen to take effect.",
        f"""SELECT e.dependency || ' ' || v.new_version AS release, v.kind AS kind,
                   count(*)::INTEGER AS entries
            FROM entries e JOIN ({LATEST}) v ON v.entry_id = e.id WHERE v.status = 'valid'
            GROUP BY e.dependency, v.new_version, v.kind
            ORDER BY e.dependency, regexp_extract_all(v.new_version, '\\d+')::INTEGER[], v.kind""",
        "bar",
        {"y": _names("release", sort=None), "x": _amount("entries"), "color": _colour("kind")},
    ),
    (
        "Where the code came from",
        "Real code was found in a library; derived code was made from the other side by a "
        "codemod; written code is a model's or a person's.",
        f"""SELECT engine || ': ' || old_origin || ' → ' || new_origin AS origin,
                   count(*)::INTEGER AS entries
            FROM entries e JOIN ({LATEST}) v ON v.entry_id = e.id WHERE v.status = 'valid'
            GROUP BY ALL ORDER BY entries DESC, origin""",
        "bar",
        {"y": _names("origin", sort=None), "x": _amount("entries")},
    ),
    (
        "Length of the old code",
        "Valid entries by lines of `old_code`.",
        f"""SELECT least(len(string_split(trim(old_code, chr(10)), chr(10))), 40)::INTEGER AS lines,
                   count(*)::INTEGER AS entries
            FROM entries e JOIN ({LATEST}) v ON v.entry_id = e.id WHERE v.status = 'valid'
            GROUP BY ALL ORDER BY lines""",
        "bar",
        {"x": {"field": "lines", "type": "ordinal"}, "y": _amount("entries")},
    ),
    (
        "Evidence: how the runs ended",
        "Every execution, by library and status.",
        """SELECT library, status, count(*)::INTEGER AS runs,
                  round(1000 * median(seconds), 1) AS median_ms
           FROM runs GROUP BY ALL ORDER BY ALL""",
        "bar",
        {"y": _names("library"), "x": _amount("runs"), "color": _colour("status")},
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
        "bar",
        {"y": _names("model"), "x": _amount("valid")},
    ),
    (
        "Yield by author",
        "Entries that each rule or model wrote, by what the judge said of them.",
        f"""SELECT engine || ': ' || split_part(author, ',', 1) AS author,
                   coalesce(v.status, 'not judged') AS verdict, count(*)::INTEGER AS entries
            FROM entries e LEFT JOIN ({LATEST}) v ON v.entry_id = e.id
            GROUP BY ALL ORDER BY author, verdict LIMIT 80""",
        "bar",
        {"y": _names("author"), "x": _amount("entries"), "color": _colour("verdict")},
    ),
    (
        "Duplicates",
        "Valid entries by what dedup found: kept as the one of their cluster, or as good as it.",
        """SELECT e.dependency AS library, d.reason, count(*)::INTEGER AS entries
           FROM duplicates d JOIN entries e ON e.id = d.entry_id GROUP BY ALL ORDER BY ALL""",
        "bar",
        {"y": _names("library"), "x": _amount("entries"), "color": _colour("reason")},
    ),
    (
        "Decisions of reviewers",
        "What people decided in `recode-data review`; `--agreement` tells how far they agree.",
        """SELECT reviewer, decision || CASE reason WHEN '' THEN '' ELSE ': ' || reason END
                   AS decided, count(*)::INTEGER AS entries
           FROM decisions GROUP BY ALL ORDER BY ALL""",
        "bar",
        {"y": _names("reviewer"), "x": _amount("entries"), "color": _colour("decided")},
    ),
]
"""Title, text, query, mark and encoding of every figure that one query gives."""
