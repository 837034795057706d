"""The same judge for code that a model wrote: the execution reward and the evaluation.

A completion is run once, on the new version of its entry, and must do what the entry's
own new code does there. ``passed`` is `None` where nothing can be said, which is not the
same as wrong.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from recode_data.records import Entry, Run
from recode_data.judge.comparison import difference, same_value
from recode_data.judge.evidence import failure


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of a completion: ``reason`` is one of the judge's reason codes."""

    passed: bool | None
    reason: str
    detail: str = ""


def judge_candidate(
    entry: Entry, code: str, run: Run | None, reference: Run, *, needs_update: bool = True
) -> Judgement:
    """Judge ``code``, whose run on the entry's new version is ``run``.

    ``reference`` is the run of the entry's new code in the same environment. ``run`` may
    be `None` for code that was not executed. With ``needs_update`` the code has to
    resolve the replacement that the entry names, so a printed answer does not pass.
    """
    if reference.status != "clean":
        return Judgement(None, "error", f"the reference did not run: {failure(reference)}")
    try:
        ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return Judgement(False, "unparsable", str(error))
    if run is None or run.status == "error":
        return Judgement(None, "error", run.message if run else "not executed")
    if run.status == "timeout":
        return Judgement(False, "timeout", run.message)
    if run.status != "clean":
        return Judgement(False, "new_fails", failure(run))
    subject = subject_of(entry)
    if left := subject.warning(run):
        return Judgement(False, "new_warns", f"{left.category}: {left.message}")
    if other := _other_result(run, reference):
        return Judgement(False, "differs", other)
    measurable = needs_update and not exercised(subject, "", reference, reference)
    if measurable and (missing := exercised(subject, "", run, run)):
        return Judgement(False, "not_exercised", missing)
    return Judgement(True, "ok")


def _other_result(run: Run, reference: Run) -> str:
    """A program that prints nothing is known by its values: then none may be missing,
    though each may stand under another name."""
    missing = reference.values.keys() - run.values.keys()
    if not missing or reference.stdout.strip() or run.stdout.strip():
        return difference(reference, run)
    spare = [run.values[name] for name in sorted(run.values)]
    for name, value in sorted(reference.values.items()):
        found = next((i for i, other in enumerate(spare) if same_value(value, other)), None)
        if found is None:
            return f"{name} is not there"
        del spare[found]
    return ""
