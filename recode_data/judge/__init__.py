"""The judge: what four runs of an entry prove, and the stage that makes them.

`judge` and `judge_candidate` are what the data set, the execution reward and the
evaluation share; `validate` is the stage over a workspace, `validate_entries` the same for
entries that are at hand. A run is not made here: it is given, so what the judge says of it
can be tried by hand.

>>> from dataclasses import replace
>>> from recode_data import Entry, Run
>>> entry = Entry("numpy", "==2.0.2", "", "`np.in1d` is gone: use `np.isin`.",
...               "import numpy as np\\nprint(np.in1d([1], [1]))",
...               "import numpy as np\\nprint(np.isin([1], [1]))")
>>> def ran(version, status="clean", **more):
...     return Run("code", "environment", "numpy", version, "3.12", "1", status, **more)

The evidence is what a call does: that the old code fails on the new version where the new
code does not, whatever the failure says. What is printed must be the same:

>>> old, new = ran("1.26.4", stdout="[ True]"), ran("2.0.2", stdout="[ True]")
>>> gone = ran("2.0.2", "raised", exception="AttributeError", message="no attribute", line=2)
>>> runs = FourRuns(old_on_old=old, old_on_new=gone, new_on_old=old, new_on_new=new)
>>> verdict = judge(entry, runs)
>>> verdict.status, verdict.kind, verdict.new_version
('valid', 'breaking', '2.0.2')
>>> judge(entry, replace(runs, new_on_new=ran("2.0.2", stdout="[False]"))).reason
'differs'
>>> judge(entry, replace(runs, old_on_new=new)).reason
'inert'

So must the update be the one that the text names, and something stand in its place:

>>> judge(replace(entry, update_info="`np.trapz` is deprecated."), runs).reason
'off_topic'
>>> judge(replace(entry, new_code="print([True])"), runs).reason
'not_exercised'

An answer of a model is held against the row's own codes in the same way:

>>> judge_candidate(entry, entry.new_code, new, reference=new).passed
True
>>> judge_candidate(entry, "print([False])", ran("2.0.2", stdout="[False]"), new).reason
'differs'
>>> judge_candidate(entry, entry.old_code, gone, new).reason
'new_fails'
>>> judge_candidate(entry, entry.new_code, new, reference=gone).passed is None  # not wrong
True

Every reason that a verdict can have is told in `REASONS`:

>>> REASONS["degenerate"]
'the output would be the same if the replacement were wrong'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recode_data.judge.evidence import FourRuns
from recode_data.judge.finding import REASONS, Finding
from recode_data.judge.grade import Judgement, judge_candidate
from recode_data.judge.robustness import Pair, Proof
from recode_data.judge.verdict import JUDGE, judge

if TYPE_CHECKING:
    from recode_data.judge.entries import validate_entries
    from recode_data.judge.scheduler import validate

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
    homes = {"validate": "scheduler", "validate_entries": "entries"}
    if name in homes:  # they bring the workspace with them, which a reward does not need
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{homes[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
