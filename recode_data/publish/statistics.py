"""Every number that a card states, counted from the workspace and the rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from recode_data.publish.rows import Row
from recode_data.publish.splits import Leaks, Sides
from recode_data.reasons import sentence_of
from recode_data.workspace import Workspace
from recode_data.workspace.dataset import benchmarks, count_clusters, count_contaminated
from recode_data.workspace.funnel import Stage, funnel
from recode_data.workspace.libraries import indexed
from recode_data.workspace.reviews import Agreement, agreements, decided


@dataclass(frozen=True)
class Facts:
    """What was measured."""

    rows: int
    changes: int
    """Distinct pairs of changed symbol and keyword."""
    stages: list[Stage]
    dropped: dict[str, list[tuple[str, int]]]
    """Stage → reason and count, the most frequent first."""
    meanings: dict[str, str]
    """Sentence of each of these reasons."""
    counts: dict[str, list[tuple[str, int]]]
    """Column → value and rows, the most frequent first."""
    by_library: list[tuple[str, int, int, Counter[str]]]
    """Library, rows that train, rows that test, rows by kind of update."""
    licences: list[tuple[str, str]]
    clusters: int
    contaminated: int
    benchmarks: list[str]
    leaks: Leaks
    decided: Counter[str]
    """What reviewers decided, over entries."""
    agreements: list[Agreement]
    length: int
    """Median characters of both codes together."""
    long: int
    """Rows whose new code has `LONG` lines or more."""
    several: int
    """Rows whose codes differ in several places."""
    packages: int
    """Packages in whose installed code uses were counted."""
    used: int
    """Rows whose old API other packages use."""


COUNTED = ("library", "kind", "change_kind", "shape", "engine", "author", "old_origin",
           "new_origin", "python", "licence")  # fmt: skip


LONG = 15
"""Lines of code that are no small program any more."""


def measure(workspace: Workspace, rows: list[Row], sides: Sides, leaked: Leaks) -> Facts:
    """Count what the card of ``rows`` states."""
    stages = funnel(workspace)
    lengths = sorted(len(row["old_code"]) + len(row["new_code"]) for row in rows)
    changes = {(row["old_symbol"] or row["new_symbol"], row["old_keyword"]) for row in rows}
    return Facts(
        rows=len(rows),
        changes=len(changes),
        stages=stages,
        dropped={stage.name: _ordered(stage.dropped) for stage in stages},
        meanings={
            code: sentence
            for stage in stages
            for code, _ in _ordered(stage.dropped)
            if (sentence := sentence_of(code))
        },
        counts={name: _ordered(Counter(row[name] for row in rows)) for name in COUNTED},
        by_library=_by_library(rows, sides),
        licences=sorted({(row["library"], row["licence"] or "unknown") for row in rows}),
        clusters=count_clusters(workspace),
        contaminated=count_contaminated(workspace),
        benchmarks=benchmarks(workspace),
        leaks=leaked,
        decided=decided(workspace),
        agreements=agreements(workspace),
        length=lengths[len(lengths) // 2],
        long=sum(row["lines"] >= LONG for row in rows),
        several=sum(row["edits"] > 1 for row in rows),
        packages=len({package for package, _ in indexed(workspace)}),
        used=sum((row["old_uses"] or 0) > 0 for row in rows),
    )


def _ordered(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(
        ((name or "not known", count) for name, count in counts.items()),
        key=lambda item: (-item[1], item[0]),
    )


def _by_library(rows: list[Row], sides: Sides) -> list[tuple[str, int, int, Counter[str]]]:
    table = []
    for library in sorted({row["library"] for row in rows}):
        own = [row for row in rows if row["library"] == library]
        split = Counter(sides[row["id"]] for row in own)
        table.append((library, split["train"], split["test"], Counter(row["kind"] for row in own)))
    return table
