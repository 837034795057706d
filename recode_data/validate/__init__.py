"""The judge: what four runs of an entry prove, and the stage that makes them.

`judge` and `judge_candidate` are what the data set, the execution reward and the
evaluation share; `validate` is the stage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recode_data.validate.candidate import Judgement, judge_candidate
from recode_data.validate.findings import REASONS, Finding
from recode_data.validate.proof import Pair, Proof
from recode_data.validate.verdicts import JUDGE, FourRuns, judge

if TYPE_CHECKING:
    from recode_data.validate.stage import validate

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
]


def __getattr__(name: str) -> Any:
    if name == "validate":  # brings the workspace with it, which a reward does not need
        from recode_data.validate.stage import validate

        return validate
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
