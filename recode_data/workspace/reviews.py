"""What people decided about entries, and how far they agree beyond chance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from recode_data.records import Decision
from recode_data.workspace import Workspace

_REPLACED = """SELECT d.entry_id FROM decisions d JOIN (
        SELECT entry_id, status FROM verdicts QUALIFY row_number() OVER (
            PARTITION BY entry_id ORDER BY length(judge) DESC, judge DESC) = 1
    ) v ON v.entry_id = d.edited_as WHERE d.decision = 'edit' AND v.status = 'valid'"""
UNWANTED = f"SELECT entry_id FROM decisions WHERE decision = 'reject' UNION {_REPLACED}"
"""Entries that are not published: one rejection is enough, and an edit takes the place of
the entry that it changed once it has been judged to be valid."""


def withheld(workspace: Workspace) -> dict[str, set[str]]:
    """Return the entries that people keep from being published, by what they decided."""
    found: dict[str, set[str]] = {"rejected": set(), "edited": set()}
    queries = {"rejected": "SELECT entry_id FROM decisions WHERE decision = 'reject'",
               "edited": _REPLACED}  # fmt: skip
    for name, query in queries.items():
        found[name] = {row["entry_id"] for row in workspace.sql(query).to_pylist()}
    found["edited"] -= found["rejected"]
    return found


@dataclass(frozen=True)
class Agreement:
    """Two reviewers over the entries that both decided."""

    first: str
    second: str
    entries: int
    same: int
    kappa: float | None
    """None when chance alone would agree on everything, or nothing is shared."""


def cohens_kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Return (p_o - p_e) / (1 - p_e) over pairs of labels (Cohen, 1960); None where it is
    not defined.

    >>> cohens_kappa([("accept", "accept"), ("reject", "reject")])
    1.0
    >>> cohens_kappa([("accept", "reject"), ("reject", "accept")])
    -1.0
    >>> cohens_kappa([("accept", "accept")]) is None
    True
    """
    if not pairs:
        return None
    size = len(pairs)
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    observed = sum(a == b for a, b in pairs) / size
    chance = sum(first[label] * second[label] for label in first) / size**2
    return None if chance == 1 else (observed - chance) / (1 - chance)


def decided(workspace: Workspace) -> Counter[str]:
    """Return how many entries were accepted, rejected or edited by anyone."""
    rows = workspace.sql(
        """SELECT decision, count(DISTINCT entry_id) AS n FROM decisions
           WHERE decision <> 'skip' GROUP BY decision"""
    ).to_pylist()
    return Counter({row["decision"]: row["n"] for row in rows})


def agreements(workspace: Workspace) -> list[Agreement]:
    """Return the agreement of every two reviewers who share an entry; skips do not count."""
    labels: dict[str, dict[str, str]] = {}
    for decision in workspace.all(Decision, "decision <> 'skip'"):
        labels.setdefault(decision.reviewer, {})[decision.entry_id] = decision.decision
    found = []
    for one, other in combinations(sorted(labels), 2):
        shared = sorted(labels[one].keys() & labels[other].keys())
        pairs = [(labels[one][entry], labels[other][entry]) for entry in shared]
        if pairs:
            same = sum(a == b for a, b in pairs)
            found.append(Agreement(one, other, len(pairs), same, cohens_kappa(pairs)))
    return found
