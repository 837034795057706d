"""The judge: what four runs of an entry prove, and the stage that makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recode_data.judge.evidence import FourRuns
from recode_data.judge.grade import Judgement, judge_candidate
from recode_data.judge.reasons import REASONS, Finding
from recode_data.judge.robustness import Pair, Proof
from recode_data.judge.verdict import JUDGE, judge

if TYPE_CHECKING:
    from recode_data.judge.entries import validate_entries
    from recode_data.judge.stage import validate

__all__ = [
    "JUDGE",
    "REASONS",
    "Finding",
    "FourRuns",
    "Judgement",
    "Pair",
    "Proof",
    "judge",
    "judge_candidate",
    "validate",
    "validate_entries",
]


def __getattr__(name: str) -> Any:
    homes = {"validate": "stage", "validate_entries": "entries"}
    if name in homes:  # they bring the workspace with them, which a reward does not need
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{homes[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
