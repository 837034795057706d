"""Cheap runs that tell which candidates are worth the judge's time.

The old code must run on the version before the update, the new one on the version with
it, both must print the same, and the old one must fail there or be warned of.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from recode_data.adapters import every, finds
from recode_data.codemods.candidates import Candidate
from recode_data.codemods.figures import other_figures
from recode_data.codemods.recipes import Plan
from recode_data.reasons import Reason
from recode_data.records import Run
from recode_data.usage.imports import conventions, qualified, read_imports

_ADDRESS = re.compile(r"\bat 0x[0-9a-f]+|object at |<(?:function|module|class|bound method) ")
_OBSOLETE = re.compile(r"deprecat|remov|instead|no longer|future|renam|obsolete", re.IGNORECASE)

_NOW = frozenset(
    ("now", "utcnow", "today", "time_ns", "perf_counter", "perf_counter_ns", "monotonic")
)
"""Functions that tell the time."""
_OF_NOW = frozenset(("time", "localtime", "gmtime", "ctime", "asctime"))
"""Functions that tell it where they are given none."""


@dataclass(frozen=True)
class Trial:
    """A candidate's old code on both versions of a pair, and its new code on the new one;
    None for what was not worth running."""

    old_on_old: Run | None
    old_on_new: Run | None
    new_on_new: Run | None


def objection(candidate: Candidate, plan: Plan, trial: Trial) -> Reason | None:
    """Return what is wrong with a candidate on one pair of versions; None: it is worth judging."""
    if trial.old_on_old is None or trial.old_on_old.status != "clean":
        return Reason.PROGRAM_FAILS
    if _warned(plan, trial.old_on_old):
        return Reason.PROGRAM_WARNS
    if trial.old_on_new is None or trial.new_on_new is None or trial.new_on_new.status != "clean":
        return Reason.REWRITTEN_FAILS
    old, new = trial.old_on_old.stdout.strip(), trial.new_on_new.stdout.strip()
    if old != new:
        return Reason.PRINTS_OTHER
    if not new:
        other = other_figures(trial.old_on_old, trial.new_on_new)
        return other or _no_transition(candidate, plan, trial.old_on_new, trial.new_on_new)
    why = unshown(candidate.old_code, candidate.new_code, new)
    return why or _no_transition(candidate, plan, trial.old_on_new, trial.new_on_new)


def unshown(old_code: str, new_code: str, printed: str) -> Reason | None:
    """Return why what two programs print does not show that they do the same; None where it
    may."""
    if not printed:
        return Reason.PRINTS_NOTHING
    if _ADDRESS.search(printed) or finds("opaque", printed) or len(printed) > 4000:
        return Reason.PRINTS_ADDRESS
    if prints_uninitialised(new_code):
        return Reason.PRINTS_UNINITIALISED
    if reads_clock(new_code):
        return Reason.READS_CLOCK
    if _only_settings(old_code, printed):
        return Reason.PRINTS_SETTINGS
    return Reason.PRINTS_ZEROS if _empty(printed) else None


def _no_transition(candidate: Candidate, plan: Plan, before: Run, after: Run) -> Reason | None:
    """Return None when the new version rejects the old code, run ``before``, or does something
    else with it where that is the change, and is content with the new code, run ``after``."""
    otherwise = plan.change.kind == "default_changed" and before.stdout != after.stdout
    if not updated(plan, before) and not (otherwise and before.status == "clean"):
        return Reason.NO_TRANSITION
    if _warned(plan, after) and plan.new_symbol != plan.old_symbol:
        return Reason.REWRITTEN_WARNS
    told = _told(after)
    fresh = told - _told(before) if before.status == "clean" else set()
    added = _keywords(candidate.new_code) - _keywords(candidate.old_code)
    if fresh or any(re.search(rf"\b{word}\b", text) for word in added for text in told):
        return Reason.REWRITTEN_WARNS
    return None


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
    if shown is None or re.search(rf"^class {shown[1]}\b", code, re.MULTILINE):
        return False  # a class of the program's own shows what the library made of it
    return bool(re.search(rf"\b{shown[1]}\(", code))


def _empty(printed: str) -> bool:
    """Tell whether a value says nothing: it is empty, false, or nothing but zeros."""
    words = set(re.findall(r"[A-Za-z_]+|\d+", printed))
    return words <= {"0", "False", "None", "nan", "array", "j", "set", "dtype"}


def reads_clock(code: str) -> bool:
    """Tell whether ``code`` asks what time or day it is: two runs within one second agree by
    accident, and what it prints is true on one day."""
    for node in ast.walk(ast.parse(code)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        given = [*node.args, *(word.value for word in node.keywords)]
        texts = {part.value for part in given if isinstance(part, ast.Constant)}
        if name in _NOW or (name != "print" and texts & {"now", "today"}):
            return True
        if name in _OF_NOW and not given:
            return True
    return False


def prints_uninitialised(code: str) -> bool:
    """Tell whether ``code`` prints memory as it was: what an array holds of which nothing was
    ever set is an accident.

    It is printed where it is made, or by a name that is used in no other place than `print`:
    a method, an item or an argument may fill it.
    """
    tree = ast.parse(code)
    makers = dict(every("uninitialised"))
    imports = {**conventions().usual, **read_imports(tree.body)}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    printed = [
        argument
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "print"
        for argument in call.args
    ]
    in_print = {id(node) for node in printed}
    used = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name)
        and isinstance(node.ctx, ast.Load)
        and id(node) not in in_print
    }
    made = {id(call) for call in calls if _leaves(call, makers.get(qualified(call.func, imports)))}
    names = {
        node.targets[0].id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and id(node.value) in made
    }
    return any(
        id(node) in made or (isinstance(node, ast.Name) and node.id in names - used)
        for node in printed
    )


def _leaves(call: ast.Call, maker: tuple[int, str] | None) -> bool:
    """Tell whether a call of ``maker`` (see `Adapter.uninitialised`) leaves memory as it was."""
    return (
        maker is not None
        and len(call.args) <= maker[0]
        and all(keyword.arg != maker[1] for keyword in call.keywords if keyword.arg)
        and not _nothing(call)
    )


def _nothing(call: ast.Call) -> bool:
    """Tell whether an array has no item to set: its shape is written as 0, or with a 0."""
    shape = call.args[0] if call.args else None
    items = shape.elts if isinstance(shape, ast.Tuple | ast.List) else [shape]
    return any(isinstance(item, ast.Constant) and item.value == 0 for item in items)
