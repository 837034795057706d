"""What the report counts: one row a bar, over the whole workspace or over one library.

Each function takes the ``library`` whose entries alone are to count; empty counts all.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, TypeAlias

from recode_data.reasons import code_of, sentence_of
from recode_data.workspace import Workspace
from recode_data.workspace.verdicts import LATEST

Row: TypeAlias = dict[str, Any]

MOST_REASONS = 40
"""Reasons that the report shows."""

RELEASE = """regexp_replace(regexp_replace({0}, '^(\\d+)$', '\\1.0'),
                     '^(\\d+\\.\\d+)(\\.0)+$', '\\1')"""
"""SQL for a version as releases are told apart: 2, 2.0 and 2.0.0 are one."""


def libraries(workspace: Workspace) -> list[str]:
    """Return the libraries that have entries, those with the most valid ones first."""
    rows = workspace.sql(
        f"""SELECT e.dependency AS library
            FROM entries e LEFT JOIN ({LATEST}) v ON v.entry_id = e.id
            GROUP BY ALL ORDER BY count(*) FILTER (v.status = 'valid') DESC, library"""
    )
    return [str(row["library"]) for row in rows.to_pylist()]


def valid_changes(workspace: Workspace) -> tuple[int, int]:
    """Return how many distinct changes valid entries show, and of how many libraries."""
    [row] = workspace.sql(
        f"""SELECT count(DISTINCT coalesce(nullif(e.old_symbol, ''), nullif(e.change_id, ''), e.id)
                         || ':' || e.old_keyword) AS changes,
                   count(DISTINCT e.dependency) AS libraries
            FROM entries e JOIN ({LATEST}) v ON v.entry_id = e.id WHERE v.status = 'valid'"""
    ).to_pylist()
    return row["changes"], row["libraries"]


def dropped(workspace: Workspace, library: str = "") -> list[Row]:
    """Return ``stage``, ``reason``, ``dropped`` and ``meaning``: how many subjects of a stage
    came to nothing for a reason, the most frequent first."""
    rows = _rows(
        workspace,
        library,
        f"""SELECT stage, reason, count(*)::INTEGER AS dropped FROM (
                SELECT split_part(stage, '.', 1) AS stage, reason FROM attempts
                WHERE produced = 0 AND reason <> ''
                UNION ALL SELECT 'validate', reason FROM ({LATEST}) WHERE status <> 'valid'
                UNION ALL SELECT 'dedup', reason FROM duplicates WHERE entry_id <> representative)
            GROUP BY ALL""",
    )
    counts: Counter[tuple[str, str]] = Counter()
    for row in rows:
        counts[row["stage"], code_of(row["reason"])] += row["dropped"]
    ordered = sorted(counts.items(), key=lambda item: (item[0][0], -item[1], item[0][1]))
    return [
        {"stage": stage, "reason": code, "dropped": count, "meaning": sentence_of(code)}
        for (stage, code), count in ordered[:MOST_REASONS]
    ]


def verdicts_by_library(workspace: Workspace, library: str = "") -> list[Row]:
    """Return ``library``, ``verdict`` (the kind of update, or why it is none) and ``entries``."""
    return _rows(
        workspace,
        library,
        f"""SELECT e.dependency AS library,
                   CASE v.status WHEN 'valid' THEN v.kind ELSE v.status END AS verdict,
                   count(*)::INTEGER AS entries
            FROM entries e JOIN ({LATEST}) v ON v.entry_id = e.id
            GROUP BY ALL ORDER BY ALL""",
    )


def changes_by_release(workspace: Workspace, library: str = "") -> list[Row]:
    """Return ``release``, ``kind`` and ``changes`` of the last releases of each library that state
    any change: forty in all, or six of each."""
    return _rows(
        workspace,
        library,
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
    )


def valid_by_release(workspace: Workspace, library: str = "") -> list[Row]:
    """Return ``release``, ``kind`` and ``entries``: where valid updates take effect."""
    return _rows(
        workspace,
        library,
        f"""SELECT library || ' ' || version AS release, kind, count(*)::INTEGER AS entries
            FROM (SELECT e.dependency AS library, {RELEASE.format("v.new_version")} AS version,
                         v.kind AS kind
                  FROM entries e JOIN ({LATEST}) v ON v.entry_id = e.id WHERE v.status = 'valid')
            GROUP BY library, version, kind
            ORDER BY library, regexp_extract_all(version, '\\d+')::BIGINT[], kind""",
    )


def origins(workspace: Workspace, library: str = "") -> list[Row]:
    """Return ``origin``, where both codes of valid entries are from, and ``entries``."""
    return _rows(
        workspace,
        library,
        f"""SELECT engine || ': ' || old_origin || ' → ' || new_origin AS origin,
                   count(*)::INTEGER AS entries
            FROM entries e JOIN ({LATEST}) v ON v.entry_id = e.id WHERE v.status = 'valid'
            GROUP BY ALL ORDER BY entries DESC, origin""",
    )


def lengths(workspace: Workspace, library: str = "") -> list[Row]:
    """Return ``lines`` of the old code of valid entries, by fives, and ``entries``."""
    return _rows(
        workspace,
        library,
        f"""SELECT CASE WHEN long > 40 THEN 'more than 40'
                        ELSE (long - 4)::VARCHAR || ' to ' || long::VARCHAR END AS lines,
                   count(*)::INTEGER AS entries
            FROM (SELECT 5 * least(9, ceil(
                      len(string_split(trim(old_code, chr(10)), chr(10))) / 5))::INTEGER AS long
                  FROM entries e JOIN ({LATEST}) v ON v.entry_id = e.id WHERE v.status = 'valid')
            GROUP BY long ORDER BY long""",
    )


def run_statuses(workspace: Workspace, library: str = "") -> list[Row]:
    """Return ``library``, ``status``, ``runs`` and ``median_ms``, of every execution."""
    return _rows(
        workspace,
        library,
        """SELECT library, status, count(*)::INTEGER AS runs,
                  round(1000 * median(seconds), 1) AS median_ms
           FROM runs GROUP BY ALL ORDER BY ALL""",
    )


def yields_by_model(workspace: Workspace, library: str = "") -> list[Row]:
    """Return ``model``, ``calls``, ``tokens``, ``cost``, and how many entries are ``valid``."""
    return _rows(
        workspace,
        library,
        f"""SELECT c.model AS model, count(*)::INTEGER AS calls,
                   sum(c.prompt_tokens + c.answer_tokens)::BIGINT AS tokens,
                   round(sum(c.cost), 4) AS cost,
                   (SELECT count(*) FROM entries e JOIN ({LATEST}) v ON v.entry_id = e.id
                    WHERE e.engine = 'llm' AND starts_with(e.author, c.model || ', prompt ')
                      AND v.status = 'valid')::INTEGER AS valid
            FROM llm_calls c WHERE c.state = 'answered' GROUP BY ALL ORDER BY model""",
    )


def verdicts_by_author(workspace: Workspace, library: str = "") -> list[Row]:
    """Return ``author`` (a rule or a model), ``verdict`` and ``entries``."""
    return _rows(
        workspace,
        library,
        f"""SELECT engine || ': ' || split_part(author, ',', 1) AS author,
                   coalesce(v.status, 'not judged') AS verdict, count(*)::INTEGER AS entries
            FROM entries e LEFT JOIN ({LATEST}) v ON v.entry_id = e.id
            GROUP BY ALL ORDER BY author, verdict LIMIT 80""",
    )


def duplicates_by_library(workspace: Workspace, library: str = "") -> list[Row]:
    """Return ``library``, ``reason`` and ``entries``: what dedup made of valid entries."""
    return _rows(
        workspace,
        library,
        """SELECT e.dependency AS library, d.reason, count(*)::INTEGER AS entries
           FROM duplicates d JOIN entries e ON e.id = d.entry_id GROUP BY ALL ORDER BY ALL""",
    )


def decisions_by_reviewer(workspace: Workspace, library: str = "") -> list[Row]:
    """Return ``reviewer``, what they ``decided``, and ``entries``."""
    return _rows(
        workspace,
        library,
        """SELECT reviewer, decision || CASE reason WHEN '' THEN '' ELSE ': ' || reason END
                   AS decided, count(*)::INTEGER AS entries
           FROM decisions GROUP BY ALL ORDER BY ALL""",
    )


def _rows(workspace: Workspace, library: str, query: str) -> list[Row]:
    within = _of_library(library) if library else ""
    rows: list[Row] = workspace.sql(f"{within} SELECT * FROM ({query})").to_pylist()
    return rows


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
