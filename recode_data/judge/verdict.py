"""The one judge: what four runs of an entry prove.

    |              | old version      | new version                                        |
    | ``old_code`` | must run clean   | fails → breaking; warns of it → deprecated;        |
    |              |                  | returns something else → behavioural               |
    | ``new_code`` | fails → additive | must run clean, without that warning               |

The judge is a pure function of the entry and its runs. It is the same for the data set,
for the execution reward and for the evaluation.
"""

from __future__ import annotations

import ast
from functools import lru_cache

from recode_data.errors import EnvironmentUnusable
from recode_data.judge.alignment import Alignment, align
from recode_data.judge.claim import Claim
from recode_data.judge.comparison import brief_text, mask
from recode_data.judge.evidence import FourRuns, Scene, effect, failure, observe, told
from recode_data.judge.finding import Finding
from recode_data.judge.old_api import keeps_old
from recode_data.judge.replacement import find_replacement, prints_result, still_missing
from recode_data.judge.robustness import Proof, disagreement, weigh
from recode_data.records import Entry, Json, Run, Verdict

JUDGE = "8"
"""Version of the judge: verdicts of another version are owed again."""


def judge(entry: Entry, runs: FourRuns, proof: Proof | None = None) -> Verdict:
    """Return the verdict on ``entry``: valid, or the first reason why not.

    Without ``proof`` only the four runs are judged; with it also whether they are
    evidence at all: repeated, opened and with other inputs (see `Proof`).
    """
    finding = static_finding(entry) or four_finding(entry, runs)
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
    if dumps[0] == dumps[1] or not aligned(entry.old_code, entry.new_code).sites:
        return Finding("identical")
    return None


@lru_cache(maxsize=64)
def aligned(old: str, new: str) -> Alignment:
    """Return the alignment of two programs, the same one while an entry is judged."""
    return align(old, new)


def scene_of(entry: Entry, runs: FourRuns) -> Scene:
    """Return an entry's programs, what they claim, and their runs."""
    return Scene(Claim.of(entry), aligned(entry.old_code, entry.new_code), runs)


def four_finding(entry: Entry, runs: FourRuns) -> Finding:
    """Return what the four runs say: the kind of update, or the first thing amiss."""
    if amiss := _unfinished(runs) or _diagonal(runs):
        return amiss
    scene = scene_of(entry, runs)
    update = observe(scene, entry.change_kind)
    if update.reason != "ok":
        return update
    if kept := keeps_old(scene):
        return Finding("keeps_old", kept, update.kind)
    old, new = runs.old_on_old, runs.new_on_new
    other = disagreement(old, new, scene.spelled)
    if update.kind == "behavioural" and not effect(runs, scene.spelled)[1]:
        other = other or "what changed is not as it was"
    if other:
        reason = "not_restored" if update.kind == "behavioural" else "differs"
        return Finding(reason, other, update.kind)
    if not find_replacement(scene):
        return Finding("not_exercised", "nothing stands in the place of the old call", update.kind)
    if missing := still_missing(scene):
        detail = f"the call has no `{missing}` either, which the new version misses"
        return Finding("not_exercised", detail, update.kind)
    if literal := prints_result(scene):
        detail = f"it prints {brief_text(literal)} where the old code computed it"
        return Finding("not_exercised", detail, update.kind)
    return update


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


def _diagonal(runs: FourRuns) -> Finding | None:
    if runs.old_on_old.status != "clean":
        return Finding("old_fails", failure(runs.old_on_old))
    if runs.new_on_new.status != "clean":
        return Finding("new_fails", failure(runs.new_on_new))
    return None


def brief(run: Run) -> dict[str, Json]:
    """Return the short form of a run that stands in a verdict: no times, no addresses."""
    short: dict[str, Json] = {"run": run.id, "version": run.version, "python": run.python}
    short["status"] = run.status
    if run.status == "raised":
        short["exception"], short["message"] = run.exception, mask(run.message)[:300]
        short["line"] = run.line
    warned = [mask(told(caught))[:200] for caught in run.warnings]
    if warned:
        short["warnings"] = list(dict.fromkeys(warned))[:5]
    return short


def compared(runs: FourRuns) -> dict[str, Json]:
    """Return what both diagonal runs have to compare: lines of output and shared names."""
    old, new = runs.old_on_old, runs.new_on_new
    shared = sorted(old.values.keys() & new.values.keys())
    return {"stdout_lines": len(old.stdout.splitlines()), "values": shared}


def words(name: str) -> str:
    return name.replace("_", " ")
