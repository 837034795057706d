"""The same judge for code that a model wrote: the execution reward and the evaluation.

An answer is run on the new version of its row, beside the row's own codes, and must do what
the row's new code does there for the same reason: it exercises a replacement, does without
the old API, and agrees on other inputs too. ``passed`` is `None` where nothing can be said,
which is not the same as wrong.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from recode_data.execute import Job
from recode_data.execute.report import ADAPTER
from recode_data.judge.alignment import Alignment
from recode_data.judge.claim import Claim
from recode_data.judge.comparison import brief_text, difference, same_value
from recode_data.judge.evidence import (
    FourRuns,
    Scene,
    cured_warnings,
    failure,
    obsolescence,
    told,
    warning_key,
)
from recode_data.judge.instrument import left_out, opened, unseen_text
from recode_data.judge.likeness import unlike
from recode_data.judge.old_api import keeps_old
from recode_data.judge.places import callee
from recode_data.judge.proving import break_before, compare
from recode_data.judge.replacement import (
    Replacement,
    find_replacement,
    of_any_form,
    prints_result,
    renamed_as_told,
    without_keyword,
)
from recode_data.judge.robustness import Proof, weigh
from recode_data.judge.side_effects import side_effect
from recode_data.judge.trees import walk
from recode_data.judge.variation import MOST_OF_OTHERS, USUAL, variations
from recode_data.judge.verdict import aligned
from recode_data.records import Entry, Run

MOST = 4
"""Variations of an answer that is the old code with the names which the update tells; a data
set's entry, which is judged once, gets more."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of an answer: ``reason`` is one of the judge's reason codes."""

    passed: bool | None
    reason: str
    detail: str = ""


GRADE = "2"
"""Version of what is asked of an answer beside what the judge asks of an entry."""

Grading = Generator[list[Job], list[Run], Judgement]
"""Yields the jobs of its next step, is sent their runs, returns the judgement."""


def grading(entry: Entry, code: str, job: Callable[[str], Job]) -> Grading:
    """Grade ``code`` as an answer to ``entry``; ``job`` makes the job that runs a program in
    the environment of the entry's new version.

    The runs of the entry's own codes are the same for every answer: whoever drives the
    generator should remember them.
    """
    if broken := _unparsable(code):
        return Judgement(False, "unparsable", broken)
    own = [entry.new_code, entry.old_code] if entry.old_code.strip() else [entry.new_code]
    run, reference, *old = yield [job(text) for text in (code, *own)]
    sides = _Sides(entry, code, run, reference, old[0] if old else reference)
    judgement = _judge(sides)
    if not judgement.passed:
        return judgement
    alignment = aligned(entry.new_code, code)
    if not alignment.sites:
        return judgement
    proof = yield from _prove(sides, alignment, job)
    if lost := next((run for run in _made(proof) if _ours(run)), None):
        return Judgement(None, "error", lost.message)
    worse = weigh(proof)
    if worse is None or worse.reason in ("error", "timeout"):
        return judgement
    return Judgement(False, worse.reason, worse.detail)


def _made(proof: Proof) -> list[Run]:
    """Return the runs of a proof."""
    pairs = [proof.opened, *proof.varied]
    return [*(run for pair in pairs for run in (pair.old, pair.new)), *proof.wrong]


def _ours(run: Run) -> bool:
    """Say whether a run failed for a reason of ours; what a program's own process tells of
    adapters it can make up."""
    return run.status == "error" and run.exception != ADAPTER


def judge_candidate(
    entry: Entry,
    code: str,
    run: Run | None,
    reference: Run,
    old: Run | None = None,
    *,
    needs_update: bool = True,
) -> Judgement:
    """Judge ``code``, whose run on the entry's new version is ``run``.

    ``reference`` is the run of the entry's new code in the same environment, ``old`` that of
    its old code. ``run`` may be `None` for code that was not executed. With
    ``needs_update`` the code has to use something in place of the old API, so a printed
    answer does not pass.
    """
    return _judge(_Sides(entry, code, run, reference, old or reference), needs_update)


@dataclass(frozen=True)
class _Sides:
    """An answer and its reference, each beside the old code; all run on the new version."""

    entry: Entry
    code: str
    run: Run | None
    reference: Run
    old: Run

    @cached_property
    def scene(self) -> Scene:
        """The answer beside the old code."""
        assert self.run is not None
        return answer_scene(self.entry, self.code, self.run, self.old)

    @cached_property
    def own(self) -> Scene:
        """The reference beside the old code."""
        return answer_scene(self.entry, self.entry.new_code, self.reference, self.old)

    @cached_property
    def replacement(self) -> Replacement:
        """What the answer uses; the function itself where the reference has no new keyword."""
        found = find_replacement(self.scene)
        return found if found or self.own_replacement.keywords else without_keyword(self.scene)

    @cached_property
    def own_replacement(self) -> Replacement:
        return find_replacement(self.own)


def _judge(sides: _Sides, needs_update: bool = True) -> Judgement:
    """Judge an answer by its run and its reference's."""
    run, reference = sides.run, sides.reference
    if reference.status != "clean":
        return Judgement(None, "error", f"the reference did not run: {failure(reference)}")
    if broken := _unparsable(sides.code):
        return Judgement(False, "unparsable", broken)
    if run is None or _ours(run):
        return Judgement(None, "error", run.message if run else "not executed")
    if run.status == "timeout":
        return Judgement(False, "timeout", run.message)
    if run.status != "clean":
        return Judgement(False, "new_fails", failure(run))
    if left := _left_warning(sides.scene, reference):
        return Judgement(False, "new_warns", left)
    if other := _other_result(run, reference, sides.scene.claim.symbols):
        return Judgement(False, "differs", other)
    own = sides.own.alignment.new
    if effect := side_effect(sides.scene.alignment.new, own, run, reference):
        return Judgement(False, "differs", effect)
    if not needs_update or not sides.entry.old_code.strip():
        return Judgement(True, "ok")
    return _updated(sides)


def _updated(sides: _Sides) -> Judgement:
    """Judge whether an answer does what its reference does by the update."""
    scene, own = sides.scene, sides.own
    if (kept := keeps_old(scene) or _resolves_old(scene, own, sides.reference)) and not keeps_old(
        own
    ):
        return Judgement(False, "keeps_old", kept)
    if sides.own_replacement and not sides.replacement:
        return Judgement(False, "not_exercised", "nothing stands in the place of the old call")
    if (literal := prints_result(scene)) and not prints_result(own):
        return Judgement(False, "not_exercised", f"it prints {brief_text(literal)} as it stands")
    return Judgement(True, "ok")


def answer_scene(entry: Entry, code: str, run: Run, old: Run) -> Scene:
    """Return an answer beside the old code, both run on the new version."""
    runs = FourRuns(replace(old, warnings=()), old, old, run)
    return Scene(Claim.of(entry), aligned(entry.old_code, code), runs)


def _left_warning(scene: Scene, reference: Run) -> str:
    """Return an announcement that the answer and the old code have and the reference not."""
    known = {warning_key(caught) for caught in reference.warnings}
    own = {warning_key(caught) for caught in scene.runs.old_on_new.warnings}
    for caught in scene.runs.new_on_new.warnings:
        key = warning_key(caught)
        if key in known or not obsolescence(caught):
            continue
        if key in own or scene.about(scene.runs.new_on_new, caught.message, caught.span):
            return told(caught)
    return ""


def _resolves_old(scene: Scene, own: Scene, reference: Run) -> str:
    """Return the old symbol if the answer resolved it and the reference did not."""
    claim = scene.claim
    if claim.old_keyword:
        return _passes_refused_keyword(scene, own)
    if not claim.old_symbol:
        return ""
    for path in scene.runs.new_on_new.calls:
        if path == claim.old_symbol and path not in reference.calls:
            return f"it uses {path}"
    warned = {
        name for c in cured_warnings(scene.runs) for name in scene.at(scene.runs.old_on_new, c.span)
    }
    gone = warned & {claim.old_symbol.rpartition(".")[2]}
    for path in scene.runs.new_on_new.calls:
        if path.rpartition(".")[2] in gone and path not in reference.calls:
            return f"it uses {path}"
    return ""


def _passes_refused_keyword(scene: Scene, own: Scene) -> str:
    """Return the call of the old code that the new version refused for a keyword if the answer
    makes it too, as it can where it catches that, and the reference (``own``) does not.

    What is compared are the calls, not their places: the rest of an answer may be its own.
    """
    old, keyword = scene.runs.old_on_new, scene.claim.old_keyword
    if (old.status, old.exception) != ("raised", "TypeError"):
        return ""

    def calls(tree: ast.Module) -> set[str]:
        return {
            callee(node)
            for node in walk(tree)
            if isinstance(node, ast.Call) and any(k.arg == keyword for k in node.keywords)
        }

    kept = calls(scene.alignment.old) & calls(scene.alignment.new) - calls(own.alignment.new)
    return f"it passes {keyword} to {min(kept)}" if kept else ""


def _prove(
    sides: _Sides, alignment: Alignment, job: Callable[[str], Job]
) -> Generator[list[Job], list[Run], Proof]:
    """Make the runs that show whether an answer agrees with the reference for a reason."""
    replacement, reference = sides.replacement, sides.own_replacement
    pairs = {"opened": opened(alignment, replacement, reference.names)}
    names = replacement.names | reference.names
    names |= {name for name, _ in (*replacement.keywords, *reference.keywords)}
    pairs |= variations(*pairs["opened"], names, *_asked(sides.scene))
    left = left_out(alignment, sides.scene.claim.names, wanted=True)
    if not left[0]:
        left = unseen_text(alignment, _texts(sides.entry.old_code) & _texts(sides.entry.new_code))

    def either(code: str, _side: int) -> Job:
        return job(code)

    proof = yield from compare(alignment, replacement, pairs, left, either)
    proof = replace(proof, spelled=sides.scene.claim.symbols)
    return (yield from break_before(proof, alignment, reference.names, either))


def _texts(code: str) -> set[str]:
    """Return the texts that stand in a program; none of what cannot be parsed."""
    tree = ast.parse(code) if not _unparsable(code) else ast.Module([], [])
    return {
        node.value
        for node in walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def _asked(scene: Scene) -> tuple[int, Sequence[str]]:
    """Return how many variations of an answer's inputs are asked, and which."""
    return (MOST, USUAL) if renamed_as_told(scene) else (MOST_OF_OTHERS, of_any_form(scene))


def _unparsable(code: str) -> str:
    try:
        ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return str(error) or type(error).__name__
    return ""


def _other_result(run: Run, reference: Run, spelled: frozenset[str]) -> str:
    """Return how an answer's result differs from the reference's: what is printed, or, where
    nothing is, the values, each of which may stand under another name."""
    if reference.stdout.strip() or run.stdout.strip():
        return difference(replace(reference, values={}), replace(run, values={}))
    missing = reference.values.keys() - run.values.keys()
    for name in sorted(reference.values) if not missing else ():
        if other := unlike(reference.values[name], run.values[name], spelled, objects=True):
            return f"{name}: {other}"
    spare = [run.values[name] for name in sorted(run.values)]
    for name in sorted(reference.values) if missing else ():
        value = reference.values[name]
        found = next((i for i, other in enumerate(spare) if same_value(value, other)), None)
        if found is None:
            return f"{name} is not there"
        del spare[found]
    return ""
