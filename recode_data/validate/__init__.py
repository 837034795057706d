"""The judge: what four runs of an entry prove, and the stage that makes them.

`judge` and `judge_candidate` are what the data set, the execution reward and the
evaluation share.
"""

from __future__ import annotations

from recode_data.validate.candidate import Judgement, judge_candidate
from recode_data.validate.findings import REASONS, Finding
from recode_data.validate.proof import Pair, Proof
from recode_data.validate.verdicts import JUDGE, FourRuns, judge

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
]
