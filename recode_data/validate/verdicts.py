"""The one judge: what four runs of an entry prove.

    |              | old version      | new version                                        |
    | ``old_code`` | must run clean   | fails → breaking; warns of it → deprecated         |
    | ``new_code`` | fails → additive | must run clean, without that warning               |

The judge is a pure function of the entry and its runs. It is the same for the data set,
for the execution reward and for the evaluation.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from recode_data.errors import EnvironmentUnusable
from recode_data.records import Entry, Json, Run, Verdict
from recode_data.validate.compare import difference, mask
from recode_data.validate.exercise import exercised
from recode_data.validate.findings import Finding
from recode_data.validate.proof import Proof, weigh
from recode_data.validate.subject import Subject, obsolescence, subject_of

JUDGE = "2"
"""Version of the judge: verdicts of another version are owed again."""

BEHAVIOURAL_KINDS = ("", "behaviour", "default_changed", "value_renamed", "keyword_only")


@dataclass(frozen=True, slots=True)
class FourRuns:
    """Both codes on both versions of the measured pair, all on one Python."""

    old_on_old: Run
    old_on_new: Run
    new_on_old: Run
    new_on_new: Run

    def items(self) -> list[tuple[str, Run]]:
        return [(name, getattr(self, name)) for name in self.__dataclass_fields__]


def judge(entry: Entry, runs: FourRuns, proof: Proof | None = None) -> Verdict:
    """Return the verdict on ``entry``: valid, or the first reason why not.

    Without ``proof`` only the four runs are judged; with it also whether they are
    evidence at all: repeated, unmasked and with other inputs (see `Proof`).
    """
    subject = subject_of(entry)
    finding = static_finding(entry) or four_finding(entry, subject, runs)
    if finding.reason == "ok" and proof is not None:
        worse = weigh(proof)
        finding = Finding(worse.reason, worse.detail, finding.kind) if worse else finding
    evidence: dict[str, Json] = {"runs": {name: brief(run) for name, run in runs.items()}}
    evidence["compared"] = compared(runs)
    if proof is not None:
        evidence["proof"] = proof.brief()
    return Verdict(
        entry.id,
        JUDGE,
        finding.status,
        finding.reason,
        finding.kind,
        runs.old_on_old.version,
        runs.new_on_new.version,
        finding.detail,
        evidence,
    )


def verdict_without_runs(entry: Entry, finding: Finding) -> Verdict:
    """Return the verdict on an entry whose four runs were never made."""
    return Verdict(
        entry.id, JUDGE, finding.status, finding.reason, finding.kind, "", "", finding.detail
    )


def static_finding(entry: Entry) -> Finding | None:
    """Return why an entry needs no run: it is not Python, or its codes are one program."""
    dumps = []
    for name in ("old_code", "new_code"):
        code = getattr(entry, name)
        try:
            dumps.append(ast.dump(ast.parse(code)))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            return Finding("unparsable", f"{name}: {error}")
        if not code.strip():
            return Finding("unparsable", f"{name} is empty")
    return Finding("identical") if dumps[0] == dumps[1] else None


def four_finding(entry: Entry, subject: Subject, runs: FourRuns) -> Finding:
    """Return what the four runs say: the kind of update, or the first thing amiss."""
    amiss = _unfinished(runs) or _diagonal(subject, runs)
    if amiss:
        return amiss
    update = _update(entry, subject, runs)
    if update.reason != "ok":
        return update
    other = difference(runs.old_on_old, runs.new_on_new, subject.spelled)
    if other:
        reason = "not_restored" if update.kind == "behavioural" else "differs"
        return Finding(reason, other, update.kind)
    missing = exercised(subject, update.kind, runs.old_on_old, runs.new_on_new)
    return Finding("not_exercised", missing, update.kind) if missing else update


def _unfinished(runs: FourRuns) -> Finding | None:
    for name, run in runs.items():
        if run.status == "error" and _unresolvable(run):
            return Finding("no_such_version", mask(run.message)[:500])
        if run.status == "error":
            return Finding("error", f"{words(name)}: {run.message}")
    for name, run in runs.items():
        if run.status == "timeout" and name != "new_on_old":
            return Finding("timeout", f"{words(name)}: over {run.seconds:.0f} s")
    return None


def _unresolvable(run: Run) -> bool:
    """No set of wheels makes that version's environment, or the library cannot be imported
    in it: trying again changes nothing."""
    return run.exception == EnvironmentUnusable.__name__


def _diagonal(subject: Subject, runs: FourRuns) -> Finding | None:
    old, new = runs.old_on_old, runs.new_on_new
    if old.status != "clean":
        return Finding("old_fails", failure(old))
    if early := subject.warning(old):
        return Finding("old_warns", f"{early.category}: {early.message}")
    if new.status != "clean":
        return Finding("new_fails", failure(new))
    if left := subject.warning(new):
        return Finding("new_warns", f"{left.category}: {left.message}")
    return None


def _update(entry: Entry, subject: Subject, runs: FourRuns) -> Finding:
    """Return the kind of update that ``old_code`` on the new version shows."""
    run = runs.old_on_new
    if run.status != "clean":
        if run.status == "raised" and subject.explains(run):
            return Finding("ok", failure(run), "breaking")
        return Finding("fails_other", failure(run))
    if caught := subject.warning(run):
        return Finding("ok", f"{caught.category}: {caught.message}", "deprecated")
    changed = difference(runs.old_on_old, run)
    # Of a foreign row the kind is not known, and random numbers differ everywhere too.
    same = not difference(runs.old_on_old, runs.new_on_new, subject.spelled)
    claimed = entry.change_kind or same
    if changed and claimed and entry.change_kind in BEHAVIOURAL_KINDS:
        return Finding("ok", changed, "behavioural")
    before = runs.new_on_old
    if before.status == "raised" and subject.explains_addition(before):
        return Finding("ok", failure(before), "additive")
    known = {caught.message for caught in runs.old_on_old.warnings}
    for caught in run.warnings:
        if obsolescence(caught) and caught.message not in known:
            return Finding("warns_other", f"{caught.category}: {caught.message}")
    return Finding("inert", changed)


def failure(run: Run) -> str:
    """Return one line that says how ``run`` ended."""
    if run.status != "raised":
        return f"{run.status} on {run.library} {run.version}"
    text = " ".join(mask(run.message).split())
    return f"{run.exception}: {text} (line {run.line}, {run.library} {run.version})"


def brief(run: Run) -> dict[str, Json]:
    """Return the short form of a run that stands in a verdict: no times, no addresses."""
    short: dict[str, Json] = {"run": run.id, "version": run.version, "python": run.python}
    short["status"] = run.status
    if run.status == "raised":
        short["exception"], short["message"] = run.exception, mask(run.message)[:300]
    told = [f"{caught.category}: {mask(caught.message)[:200]}" for caught in run.warnings]
    if told:
        short["warnings"] = list(dict.fromkeys(told))[:5]
    return short


def compared(runs: FourRuns) -> dict[str, Json]:
    """Return what both diagonal runs have to compare: lines of output and shared names."""
    old, new = runs.old_on_old, runs.new_on_new
    shared = sorted(old.values.keys() & new.values.keys())
    return {"stdout_lines": len(old.stdout.splitlines()), "values": shared}


def words(name: str) -> str:
    return name.replace("_", " ")
