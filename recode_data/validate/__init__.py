"""The judge: what four runs of an entry prove, and the stage that makes them.

`judge` and `judge_candidate` are what the data set, the execution reward and the
evaluation share; `validate` is the stage over a workspace, `validate_entries` the same for
entries that are at hand. A run is not made here: it is given, so what the judge says of it
can be tried by hand.

>>> from recode_data import Entry, Run
>>> entry = Entry("numpy", "==2.0.2", "", "`np.in1d` is gone: use `np.isin`.",
...               "print(np.in1d([1], [1]))", "print(np.isin([1], [1]))")
>>> def ran(status, **more):
...     return Run("code", "environment", "numpy", "2.0.2", "3.12", "1", status, **more)
>>> right = ran("clean", stdout="[ True]")
>>> judge_candidate(entry, entry.new_code, right, reference=right).passed
True
>>> judge_candidate(entry, "print([False])", ran("clean", stdout="[False]"), right).reason
'differs'
>>> gone = ran("raised", exception="AttributeError", message="no in1d")
>>> judge_candidate(entry, entry.old_code, gone, right).reason
'new_fails'
>>> judge_candidate(entry, entry.new_code, right, reference=gone).passed is None  # not wrong
True

Every reason that a verdict can have is told in `REASONS`:

>>> REASONS["degenerate"]
'the output would be the same if the replacement were wrong'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recode_data.validate.candidate import Judgement, judge_candidate
from recode_data.validate.findings import REASONS, Finding
from recode_data.validate.proof import Pair, Proof
from recode_data.validate.verdicts import JUDGE, FourRuns, judge

if TYPE_CHECKING:
    from recode_data.validate.entries import validate_entries
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
    "validate_entries",
]


def __getattr__(name: str) -> Any:
    homes = {"validate": "stage", "validate_entries": "entries"}
    if name in homes:  # they bring the workspace with them, which a reward does not need
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{homes[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
