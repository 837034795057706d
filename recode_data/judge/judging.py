"""The runs that one entry needs, asked for step by step.

A judging is a generator: it yields the jobs of its next step, is sent their runs, and
returns the verdict. It neither executes nor stores anything, so the same judging serves the
local executor, a Ray cluster and the tests.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import TypeAlias

from packaging.version import Version

from recode_data.errors import NoSuchVersion
from recode_data.execute import Job
from recode_data.judge.claimed import claimed_pairs, series_pair
from recode_data.judge.context import Context
from recode_data.judge.finding import Finding
from recode_data.judge.proving import prove, repeat
from recode_data.judge.requirements import Measured, measure, refused
from recode_data.judge.search import find_transitions
from recode_data.judge.verdict import (
    judge,
    static_finding,
    verdict_without_runs,
)
from recode_data.library import Library
from recode_data.records import Entry, Run, Verdict

Judging: TypeAlias = Generator[list[Job], list[Run], Verdict]
CANDIDATES = 2
"""Flips that are tried before an entry is given up."""
UNSEEN = ("inert", "old_fails", "old_warns")
"""Reasons that say that the update is not between the two versions of a pair."""


def judging(entry: Entry, library: Library, context: Context) -> Judging:
    """Judge ``entry``: find its transition, make the four runs there, and then the proof."""
    if finding := static_finding(entry) or refused(entry):
        return verdict_without_runs(entry, finding)
    if entry.engine == "import":
        return (yield from _claimed(entry, library, context))
    if len(library.matrix) < 2:
        return verdict_without_runs(entry, Finding("no_such_version", "the matrix has no pair"))
    transitions = yield from find_transitions(entry, library, context)
    first: Verdict | None = None
    for transition in transitions[:CANDIDATES]:
        old, new = library.matrix[transition.old], library.matrix[transition.new]
        verdict = yield from _at(entry, library, context, old, new)
        if verdict.status == "valid":
            return verdict
        first = first or verdict
    assert first is not None
    return first


def _claimed(entry: Entry, library: Library, context: Context) -> Judging:
    """Judge a row of a foreign data set on the pair of versions that it claims."""
    reason = ""
    unusable: Verdict | None = None
    try:
        for old, new in claimed_pairs(entry.new_version, context.resolver.versions(library)):
            try:
                context.resolver.pair(library, old, new)
            except NoSuchVersion as error:
                reason = reason or error.message
                continue
            verdict = yield from _at(entry, library, context, old, new)
            if verdict.reason == "no_such_version":  # installed, and it cannot be imported
                unusable = unusable or verdict
                continue
            if verdict.reason in UNSEEN:
                verdict = yield from _in_series(entry, library, context, new, verdict)
            if context.redate and verdict.reason in UNSEEN:
                return (yield from _redated(entry, library, context, (old, new), verdict))
            return verdict
    except NoSuchVersion as error:
        reason = error.message
    if unusable is not None:
        return unusable
    reason = reason or f"the index has no {library.name} {entry.new_version} with a wheel"
    return verdict_without_runs(entry, Finding("no_such_version", reason))


def _in_series(
    entry: Entry, library: Library, context: Context, new: str, verdict: Verdict
) -> Judging:
    """Judge a row that names a patch against the series before, where the patch before it
    shows no update: such rows name the version that the new code was run on."""
    pair = series_pair(new, context.resolver.versions(library))
    if pair is None:
        return verdict
    wider = yield from _at(entry, library, context, *pair)
    return wider if wider.reason not in UNSEEN else verdict


def _redated(
    entry: Entry, library: Library, context: Context, claimed: tuple[str, str], verdict: Verdict
) -> Judging:
    """Judge a foreign row where its update is, given its ``verdict`` on the claimed pair.

    The old code is run over the library's versions as for any other entry. The evidence
    keeps the version that was claimed and the one that was measured, which is empty where
    no other pair shows an update either.
    """
    known = {Version(version): version for version in (*claimed, *library.matrix)}
    versions = [known[version] for version in sorted(known)]
    wider = library.model_copy(update={"matrix": versions})
    transitions = yield from find_transitions(entry, wider, context)
    dates = {"claimed": claimed[1], "measured": ""}
    first: Verdict | None = None
    for transition in transitions[:CANDIDATES]:
        old, new = versions[transition.old], versions[transition.new]
        if (Version(old), Version(new)) == tuple(map(Version, claimed)):
            continue
        found = yield from _at(entry, library, context, old, new)
        found = replace(found, evidence=found.evidence | dates | {"measured": new})
        if found.status == "valid":
            return found
        first = first or found
    return first or replace(verdict, evidence=verdict.evidence | dates)


def _at(
    entry: Entry, library: Library, context: Context, old: str, new: str
) -> Generator[list[Job], list[Run], Verdict]:
    """Judge ``entry`` on one pair of versions: the four runs, and the proof if they pass."""
    try:
        environments = context.resolver.pair(library, old, new)
    except NoSuchVersion as error:
        return verdict_without_runs(entry, Finding("no_such_version", error.message))
    measured = yield from measure(entry, library, context, environments)
    verdict = yield from _weighed(entry, library, context, measured)
    return replace(verdict, evidence=verdict.evidence | measured.evidence)


def _weighed(entry: Entry, library: Library, context: Context, measured: Measured) -> Judging:
    """Judge four runs, and make the proof if they pass."""
    environments, four = measured.environments, measured.runs
    verdict = judge(entry, four)
    if verdict.status != "valid":
        return verdict
    proof = yield from prove(entry, library, context, environments, four, kind=verdict.kind)
    verdict = judge(entry, four, proof)
    if verdict.status != "valid":
        return verdict
    first, again = yield from repeat(entry, library, context, environments, four)
    return judge(entry, four, replace(proof, first=first, repeated=(again,)))
