"""Cheap runs that tell which candidates are worth the judge's time.

The old code must run on the version before the update, the new one on the version with
it, both must print the same, and the old one must fail there or be warned of.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from packaging.version import InvalidVersion, Version

from recode_data.api.symbols import Symbols
from recode_data.codemods.candidates import Candidate
from recode_data.codemods.drawn import drawn
from recode_data.codemods.planned import Plan
from recode_data.codemods.unset import prints_unset
from recode_data.records import Run

_ADDRESS = re.compile(
    r"\bat 0x[0-9a-f]+|object at |<(?:function|module|class|bound method) "
    r"|(?:Resampler|Rolling|Expanding) \["
)
_OBSOLETE = re.compile(r"deprecat|remov|instead|no longer|future|renam|obsolete", re.IGNORECASE)


@dataclass(frozen=True)
class Runs:
    """A candidate's old code on both versions of a pair, and its new code on the new one;
    None for what was not worth running."""

    old_on_old: Run | None
    old_on_new: Run | None
    new_on_new: Run | None


def pairs_to_try(
    plan: Plan, matrix: Sequence[str], facts: dict[str, Symbols]
) -> list[tuple[str, str]]:
    """Return the pairs of versions where the update may be seen, the claimed one first."""
    found: list[tuple[str, str]] = []
    try:
        claimed = Version(plan.change.version)
    except InvalidVersion:
        claimed = None
    if claimed is not None:
        if claimed <= Version(matrix[0]):
            return []  # announced before the oldest version: it is warned of everywhere
        index = min(bisect_left([Version(v) for v in matrix], claimed), len(matrix) - 1)
        found.append((matrix[index - 1], matrix[index]))
        whole = not plan.old_keyword and all(r.rule != "keyword_only" for r in plan.recipes)
        stays = whole and plan.old_symbol in facts[matrix[index]]
        if plan.change.kind == "removed" and stays:
            return found  # what goes later is no proof of this note
    there = [number for number, version in enumerate(matrix) if plan.old_symbol in facts[version]]
    if there and there[-1] + 1 < len(matrix):
        found.append((matrix[there[-1]], matrix[there[-1] + 1]))
    keyword_there = [n for n in there if _has_keyword(facts[matrix[n]], plan)]
    if plan.old_keyword and keyword_there and keyword_there[-1] + 1 < len(matrix):
        found.append((matrix[keyword_there[-1]], matrix[keyword_there[-1] + 1]))
    if plan.recipes and plan.recipes[0].rule == "keyword_only":
        found += [pair for pair in pairwise(matrix) if _narrows(plan.old_symbol, facts, *pair)]
    if there and found and there[0] < matrix.index(found[0][1]):
        # What was announced long before it went is clean only in the oldest versions.
        found.append((matrix[there[0]], found[0][1]))
    came = [number for number, version in enumerate(matrix) if plan.new_symbol in facts[version]]
    if plan.new_symbol != plan.old_symbol and came and came[0]:
        # What a library says in its warnings is found in a later version than it began with.
        found.append((matrix[came[0] - 1], matrix[came[0]]))
    # A property that is there to warn was an attribute of the instances before.
    anywhere = plan.old_fact is not None and plan.old_fact.kind == "property"
    present = [pair for pair in found if anywhere or plan.old_symbol in facts[pair[0]]]
    return list(dict.fromkeys(present))


def _narrows(symbol: str, facts: dict[str, Symbols], old: str, new: str) -> bool:
    """Tell whether a callable takes fewer arguments by position in the newer version."""
    before, after = facts[old].get(symbol), facts[new].get(symbol)
    return (
        before is not None
        and after is not None
        and len(before.positional) > len(after.positional)
        and after.known_signature
    )


def _has_keyword(facts: Symbols, plan: Plan) -> bool:
    fact = facts.get(plan.old_symbol)
    return fact is not None and fact.parameter(plan.old_keyword) is not None


def verdict(candidate: Candidate, plan: Plan, runs: Runs) -> str:
    """Return ``ok``, or what is wrong with a candidate on one pair of versions."""
    if runs.old_on_old is None or runs.old_on_old.status != "clean":
        return "old code fails"
    if _warned(plan, runs.old_on_old):
        return "old code is warned of at once"
    if runs.old_on_new is None or runs.new_on_new is None or runs.new_on_new.status != "clean":
        return "new code fails"
    old, new = runs.old_on_old.stdout.strip(), runs.new_on_new.stdout.strip()
    if old != new:
        return "prints something else"
    if not new:
        other = drawn(runs.old_on_old, runs.new_on_new)
        return other or _flip(candidate, plan, runs.old_on_new, runs.new_on_new)
    if _ADDRESS.search(new) or len(new) > 4000:
        return "prints an address or too much"
    if prints_unset(candidate.new_code):
        return "prints memory that nobody has set"
    if _only_settings(candidate.old_code, new):
        return "prints only its settings"
    if _empty(new):
        return "prints only zeros or nothing"
    return _flip(candidate, plan, runs.old_on_new, runs.new_on_new)


def _flip(candidate: Candidate, plan: Plan, before: Run, after: Run) -> str:
    """Return ``ok`` when the new version rejects the old code, run ``before``, and is content
    with the new code, run ``after``."""
    if not updated(plan, before):
        return "no update seen"
    if _warned(plan, after) and plan.new_symbol != plan.old_symbol:
        return "new code is warned of"
    told = _told(after)
    fresh = told - _told(before) if before.status == "clean" else set()
    added = _keywords(candidate.new_code) - _keywords(candidate.old_code)
    if fresh or any(re.search(rf"\b{word}\b", text) for word in added for text in told):
        return "new code is warned of"
    return "ok"


def _keywords(code: str) -> set[str]:
    return set(re.findall(r"\b(\w+)=(?!=)", code))


def _told(run: Run) -> set[str]:
    """Return the warnings of a run that something is deprecated."""
    return {caught.message for caught in run.warnings if "Deprecat" in caught.category}


def updated(plan: Plan, run: Run) -> bool:
    """Tell whether the old code fails, or is warned of, because of the change."""
    if run.status == "raised":
        return run.exception not in ("NameError", "SyntaxError", "IndentationError")
    return run.status == "clean" and _warned(plan, run)


def _warned(plan: Plan, run: Run) -> bool:
    name = plan.old_keyword or plan.old_symbol.rpartition(".")[2]
    return any(
        re.search(rf"(?<!\w){re.escape(name)}(?!\w)", caught.message)
        and (
            "Deprecat" in caught.category
            or "Future" in caught.category
            or _OBSOLETE.search(caught.message)
        )
        for caught in run.warnings
    )


def _only_settings(code: str, printed: str) -> bool:
    """Tell whether a program prints nothing but an object that shows what it was made with:
    ``KMeans(n_clusters=2)`` proves nothing about what it does."""
    if code.count("print(") != 1:
        return False
    shown = re.match(r"([A-Z]\w*)\((?:\w+=|\)\Z)", printed)
    return shown is not None and bool(re.search(rf"\b{shown[1]}\(", code))


def _empty(printed: str) -> bool:
    """Tell whether a value says nothing: it is empty, false, or nothing but zeros."""
    words = set(re.findall(r"[A-Za-z_]+|\d+", printed))
    return words <= {"0", "False", "None", "nan", "array", "j", "set", "dtype"}
