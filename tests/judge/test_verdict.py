"""The verdict table on run records made by hand: every reason, and what is no update."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from made import caught, four, raised, ran, row

from recode_data.judge import JUDGE, REASONS, FourRuns, Pair, Proof, judge
from recode_data.judge.finding import Finding
from recode_data.judge.verdict import (
    static_finding,
    verdict_without_runs,
)
from recode_data.records import Entry, Run

ENTRY = row(
    "print(toy.old([1, 2]))",
    "print(toy.new([1, 2]))",
    "`toy.old` is deprecated, use `toy.new`.",
    change_kind="deprecated",
    old_symbol="toy.old",
    new_symbol="toy.new",
)
FOREIGN = replace(ENTRY, change_kind="", old_symbol="", new_symbol="")
WARNING = caught(ENTRY.old_code, "toy.old([1, 2])", "use another function")
OLD = ran(ENTRY.old_code, "1.0", "toy.old")
AFTER = ran(ENTRY.old_code, "2.0", "toy.old")
NEW = ran(ENTRY.new_code, "2.0", "toy.new")
GONE = raised(
    ENTRY.old_code, "2.0", "toy.old", "AttributeError: module 'toy' has no attribute 'old'",
    "toy.old",
)  # fmt: skip
NO_SIX = "ModuleNotFoundError: No module named 'six'"
DEPRECATED = four(ENTRY, old_on_new=replace(AFTER, warnings=(WARNING,)))


def failed(run: Run, error: str) -> Run:
    exception, _, message = error.partition(": ")
    return replace(run, status="raised", exception=exception, message=message, line=2)


def reason(entry: Entry = ENTRY, proof: Proof | None = None, **changed: Run) -> str:
    verdict = judge(entry, replace(DEPRECATED, **changed), proof)
    assert verdict.reason in REASONS
    return f"{verdict.kind} {verdict.reason}".strip()


def test_warning_of_the_replaced_call_is_a_deprecation_whatever_it_says() -> None:
    verdict = judge(ENTRY, DEPRECATED)
    assert (verdict.status, verdict.kind, verdict.reason) == ("valid", "deprecated", "ok")
    assert (verdict.old_version, verdict.new_version) == ("1.0", "2.0")
    assert verdict.evidence["runs"]["old_on_new"]["warnings"]
    assert verdict.evidence["compared"] == {"stdout_lines": 1, "values": []}


def test_foreign_row_without_symbols_is_judged_by_its_text_and_codes() -> None:
    assert reason(FOREIGN) == "deprecated ok"
    assert reason(FOREIGN, old_on_new=GONE) == "breaking ok"


@pytest.mark.parametrize(
    "error",
    [
        "AttributeError: module 'toy' has no attribute 'old'",
        "ValueError: operands could not be broadcast",
        "TypeError: 'int' object is not iterable",
        "NameError: name 'old' is not defined",
        "NotImplementedError: ",
    ],
)
def test_failure_of_the_replaced_call_is_breaking_whatever_it_says(error: str) -> None:
    for entry in (ENTRY, FOREIGN):
        assert reason(entry, old_on_new=failed(AFTER, error)) == "breaking ok"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"old_on_old": failed(OLD, "ValueError: no")}, "old_fails"),
        ({"old_on_old": replace(OLD, status="killed")}, "old_fails"),
        ({"old_on_old": replace(OLD, warnings=(WARNING,))}, "old_warns"),
        ({"new_on_new": failed(NEW, "ValueError: no")}, "new_fails"),
        ({"new_on_new": replace(NEW, warnings=(WARNING,))}, "new_warns"),
        ({"old_on_new": OLD}, "inert"),
        ({"old_on_new": replace(AFTER, status="killed")}, "fails_other"),
        ({"old_on_new": failed(AFTER, NO_SIX)}, "fails_other"),
        ({"new_on_new": replace(NEW, stdout="[True True]\n")}, "deprecated differs"),
        ({"new_on_new": replace(NEW, status="timeout")}, "timeout"),
        ({"new_on_old": replace(NEW, status="timeout")}, "deprecated ok"),
        ({"old_on_new": replace(AFTER, status="error", message="no sandbox")}, "error"),
        (
            {"old_on_old": replace(OLD, status="error", exception="EnvironmentUnusable")},
            "no_such_version",
        ),
        ({"old_on_old": replace(OLD, status="error", exception="EnvironmentFailed")}, "error"),
    ],
)  # fmt: skip
def test_every_reason_of_the_four_runs(changed: dict[str, Run], expected: str) -> None:
    assert reason(**changed) == expected


def test_printed_result_is_no_replacement() -> None:
    printed = row("print(toy.old([1, 2]))", "print([1, 2])", ENTRY.update_info)
    for runs in (DEPRECATED, replace(DEPRECATED, old_on_new=GONE)):
        own = {
            "new_on_old": ran(printed.new_code, "1.0"),
            "new_on_new": ran(printed.new_code, "2.0"),
        }
        assert judge(printed, replace(runs, **own)).reason == "not_exercised"


def test_announcement_and_removal_are_both_valid_and_the_removal_says_so() -> None:
    removal = replace(DEPRECATED, old_on_old=replace(OLD, warnings=(WARNING,)), old_on_new=GONE)
    verdict = judge(ENTRY, removal)
    assert (verdict.status, verdict.kind) == ("valid", "breaking")
    assert "the old version warns of it already" in verdict.detail
    plain = judge(ENTRY, replace(DEPRECATED, old_on_new=GONE))
    assert "already" not in plain.detail


def test_warning_that_both_codes_have_is_not_mended() -> None:
    other = caught(ENTRY.old_code, "print", "printing is deprecated")
    both = {"old_on_new": replace(AFTER, warnings=(other,)),
            "new_on_new": replace(NEW, warnings=(other,))}  # fmt: skip
    assert reason(FOREIGN, **both) == "new_warns"


def test_numerical_accident_is_no_announcement() -> None:
    numeric = caught(ENTRY.old_code, "toy.old", "invalid value in old", "RuntimeWarning")
    assert reason(old_on_new=replace(AFTER, warnings=(numeric,))) == "inert"


def test_text_that_speaks_of_something_else_is_off_topic() -> None:
    other = replace(FOREIGN, update_info="`toy.shape_of` was removed. Use `toy.measure`.")
    assert reason(other) == "deprecated off_topic"
    assert reason(other, old_on_new=GONE) == "breaking off_topic"


def test_what_needs_no_run() -> None:
    broken = replace(ENTRY, new_code="print 'no'")
    found = static_finding(broken)
    assert found is not None and found.reason == "unparsable"
    empty = static_finding(replace(ENTRY, old_code="  \n"))
    assert empty is not None and empty.reason == "unparsable"
    for new in (ENTRY.old_code + "  # the same program", "import toy\n\n\nprint( toy.old([1,2]) )"):
        same = static_finding(replace(ENTRY, new_code=new))
        assert same is not None and same.reason == "identical"


def test_only_other_variable_names_are_the_same_program() -> None:
    old, new = "a = 1\nprint(toy.old(a))", "b = 1\nprint(toy.old(b))"
    same = static_finding(row(old, new))
    assert same is not None and same.reason == "identical"
    assert static_finding(row(old, new.replace("old", "new"))) is None


def test_additive_needs_a_failure_at_a_changed_place_on_the_old_version() -> None:
    added = replace(ENTRY, change_kind="added")
    for error in ("AttributeError: module 'toy' has no attribute 'new'", "ValueError: bad input"):
        missing = raised(added.new_code, "1.0", "toy.new", error, "toy.new")
        assert reason(added, old_on_new=AFTER, new_on_old=missing) == "additive ok"
    assert reason(added, old_on_new=AFTER) == "inert"


def test_behaviour_change_is_valid_when_the_new_code_restores_it() -> None:
    entry = replace(ENTRY, change_kind="behaviour")
    drifted = replace(AFTER, stdout="[True True]\n")
    assert reason(entry, old_on_new=drifted) == "behavioural ok"
    as_drifted = replace(NEW, stdout="[True True]\n")
    assert reason(entry, old_on_new=drifted, new_on_new=as_drifted) == "behavioural not_restored"
    assert reason(ENTRY, old_on_new=drifted) == "inert"


def test_behaviour_is_brought_back_only_as_it_was() -> None:
    def kept(run: Run, dtype: str) -> Run:
        scalar = {"type": "scalar", "dtype": dtype, "value": 6.5}
        return replace(run, stdout="", values={"r": scalar})

    entry = replace(ENTRY, change_kind="behaviour")
    runs = FourRuns(
        kept(OLD, "float64"), kept(AFTER, "float32"), kept(NEW, "float64"), kept(NEW, "float64")
    )
    assert judge(entry, runs).reason == "ok"
    left = replace(runs, new_on_new=kept(NEW, "float32"))
    assert judge(entry, left).reason == "not_restored"


def test_proof_can_take_validity_away_and_is_told_in_the_evidence() -> None:
    base = Pair("opened", OLD, NEW)
    assert reason(proof=Proof(base)) == "deprecated ok"
    apart = Pair("other data", OLD, replace(NEW, stdout="[3]\n"))
    assert reason(proof=Proof(base, (apart,))) == "deprecated differs"
    assert reason(proof=Proof(base, (apart,)), old_on_new=OLD) == "inert"
    held = judge(ENTRY, DEPRECATED, Proof(base, (Pair("other data", OLD, NEW),)))
    assert held.evidence["proof"]["varied"] == ["other data"]


def test_unused_names_and_how_an_object_was_built_do_not_count() -> None:
    entry = row(
        "x = toy.old(1)\nprint(5)", "x = toy.new(1)\nprint(5)", "Use `toy.new`, not `toy.old`."
    )
    values: list[dict[str, Any]] = [{"x": {"type": "int", "value": n}} for n in (1, 2)]
    runs = four(entry)
    runs = FourRuns(
        replace(runs.old_on_old, values=values[0]),
        failed(runs.old_on_new, "AttributeError: no old"),
        runs.new_on_old,
        replace(runs.new_on_new, values=values[1]),
    )
    assert judge(entry, runs).reason == "ok"


def test_verdict_without_runs_has_the_judge_and_no_versions() -> None:
    verdict = verdict_without_runs(ENTRY, Finding("no_such_version", "none"))
    assert (verdict.judge, verdict.status, verdict.old_version) == (JUDGE, "invalid", "")


def test_verdict_holds_nothing_that_changes_from_run_to_run() -> None:
    late = replace(DEPRECATED, new_on_new=replace(NEW, seconds=3.0))
    assert judge(ENTRY, late) == judge(ENTRY, DEPRECATED)
