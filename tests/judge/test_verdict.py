"""The verdict table on run records made by hand: every reason, and what is no update."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from recode_data.judge import REASONS, FourRuns, Pair, Proof, judge
from recode_data.judge.verdict import static_finding
from recode_data.records import Caught, Entry, Run

ENTRY = Entry(
    "numpy",
    "==2.0.0",
    "Test membership.",
    "in1d is deprecated, use isin.",
    "import numpy as np\nprint(np.in1d([1, 2], [2]))",
    "import numpy as np\nprint(np.isin([1, 2], [2]))",
    change_kind="deprecated",
    old_symbol="numpy.in1d",
    new_symbol="numpy.isin",
)
WARNING = Caught("DeprecationWarning", "`in1d` is deprecated. Use `np.isin` instead.", 2)
OUT = {"r": {"type": "ndarray", "dtype": "bool", "shape": [2], "data": [False, True]}}


def run(version: str = "2.0.2", calls: str = "numpy.isin", **fields: Any) -> Run:
    made = Run("c", "e", "numpy", version, "3.12", "1", "clean", stdout="[False  True]\n")
    return replace(made, **{"calls": (calls,), "values": OUT, **fields})


def raised(exception: str, message: str, version: str = "2.0.2") -> Run:
    return run(version, status="raised", exception=exception, message=message, stdout="", line=2)


OLD = run("1.26.4", "numpy.in1d")
GONE = raised("AttributeError", "module 'numpy' has no attribute 'in1d'")
DEPRECATED = FourRuns(OLD, run(calls="numpy.in1d", warnings=(WARNING,)), run("1.26.4"), run())


def reason(entry: Entry = ENTRY, proof: Proof | None = None, **changed: Run) -> str:
    verdict = judge(entry, replace(DEPRECATED, **changed), proof)
    assert verdict.reason in REASONS
    return f"{verdict.kind} {verdict.reason}".strip()


def test_a_warning_that_names_the_symbol_is_a_deprecation() -> None:
    verdict = judge(ENTRY, DEPRECATED)
    assert (verdict.status, verdict.kind, verdict.reason) == ("valid", "deprecated", "ok")
    assert (verdict.old_version, verdict.new_version) == ("1.26.4", "2.0.2")
    assert verdict.evidence["runs"]["old_on_new"]["warnings"]
    assert verdict.evidence["compared"] == {"stdout_lines": 1, "values": ["r"]}


def test_a_failure_that_names_the_symbol_is_breaking() -> None:
    assert reason(old_on_new=GONE) == "breaking ok"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"old_on_old": raised("ValueError", "no")}, "old_fails"),
        ({"old_on_old": replace(OLD, status="killed")}, "old_fails"),
        ({"old_on_old": replace(OLD, warnings=(WARNING,))}, "old_warns"),
        ({"new_on_new": raised("ValueError", "no")}, "new_fails"),
        ({"new_on_new": run(warnings=(WARNING,))}, "new_warns"),
        ({"old_on_new": OLD}, "inert"),
        ({"old_on_new": raised("ValueError", "operands could not be broadcast")}, "fails_other"),
        ({"old_on_new": raised("NameError", "name 'in1d' is not defined")}, "fails_other"),
        ({"new_on_new": run(stdout="[True True]\n")}, "deprecated differs"),
        ({"new_on_new": run(calls="numpy.array")}, "deprecated not_exercised"),
        ({"new_on_new": run(status="timeout")}, "timeout"),
        ({"old_on_new": run(status="error", message="no sandbox")}, "error"),
        (
            {"old_on_old": run(status="error", exception="EnvironmentUnusable")},
            "no_such_version",
        ),
        ({"old_on_old": run(status="error", exception="EnvironmentFailed")}, "error"),
    ],
)
def test_every_reason_of_the_four_runs(changed: dict[str, Run], expected: str) -> None:
    assert reason(**changed) == expected


def test_a_warning_about_something_else_is_no_update() -> None:
    other = Caught("DeprecationWarning", "`np.product` is deprecated", 2)
    assert reason(old_on_new=replace(OLD, warnings=(other,))) == "warns_other"
    numeric = Caught("RuntimeWarning", "invalid value encountered in in1d", 2)
    assert reason(old_on_new=replace(OLD, warnings=(numeric,))) == "inert"


def test_what_needs_no_run() -> None:
    broken = replace(ENTRY, new_code="print 'no'")
    found = static_finding(broken)
    assert found is not None and found.reason == "unparsable"
    same = static_finding(replace(ENTRY, new_code=ENTRY.old_code + "  # the same program"))
    assert same is not None and same.reason == "identical"


def test_additive_needs_a_failure_about_the_new_name_on_the_old_version() -> None:
    added = replace(ENTRY, change_kind="added")
    missing = raised("AttributeError", "module 'numpy' has no attribute 'isin'", "1.26.4")
    assert reason(added, old_on_new=OLD, new_on_old=missing) == "additive ok"
    other = raised("ValueError", "bad input", "1.26.4")
    assert reason(added, old_on_new=OLD, new_on_old=other) == "inert"


def test_a_behaviour_change_is_valid_when_the_new_code_restores_it() -> None:
    entry = replace(ENTRY, change_kind="behaviour", old_symbol="", new_symbol="")
    drifted = run(calls="numpy.in1d", stdout="[True True]\n")
    assert reason(entry, old_on_new=drifted) == "behavioural ok"
    assert reason(entry, old_on_new=drifted, new_on_new=drifted) == "behavioural not_restored"
    assert reason(ENTRY, old_on_new=drifted) == "inert"


def test_a_keyword_counts_only_when_it_is_named() -> None:
    entry = replace(ENTRY, old_symbol="numpy.histogram", old_keyword="normed", new_symbol="")
    refused = "histogram() got an unexpected keyword argument '{}'"
    assert reason(entry, old_on_new=raised("TypeError", refused.format("normed"))) == "breaking ok"
    assert reason(entry, old_on_new=raised("TypeError", refused.format("other"))) == "fails_other"


def test_a_builtin_type_in_a_message_is_not_the_alias() -> None:
    entry = replace(ENTRY, old_symbol="numpy.int", new_symbol="int")
    builtin = raised("TypeError", "'int' object is not iterable")
    assert reason(entry, old_on_new=builtin) == "fails_other"
    alias = raised("AttributeError", "`np.int` was a deprecated alias for the builtin `int`.")
    assert reason(entry, old_on_new=alias) == "breaking ok"


def pair(label: str, old: Run = OLD, new: Run | None = None) -> Pair:
    return Pair(label, old, new or run())


@pytest.mark.parametrize(
    ("proof", "expected"),
    [
        (Proof(pair("unmasked"), (pair("other data"),), run(stdout="?")), "deprecated ok"),
        (Proof(pair("unmasked"), (), run()), "deprecated degenerate"),
        (Proof(pair("unmasked", new=run(stdout="1"))), "deprecated differs"),
        (Proof(pair("unmasked"), (pair("x", new=run(stdout="1")),)), "deprecated differs"),
        (Proof(pair("unmasked"), (pair("x", old=GONE, new=GONE),)), "deprecated ok"),
        (Proof(pair("unmasked"), (pair("x", new=GONE),)), "deprecated differs"),
        (Proof(pair("unmasked"), twins=True), "deprecated degenerate"),
        (
            Proof(pair("u"), repeated=(pair("a", new=run(stdout="1")),), first=pair("f")),
            "deprecated flaky",
        ),
        (
            Proof(pair("u"), repeated=(pair("a", new=run(status="timeout")),), first=pair("f")),
            "deprecated timeout",
        ),
    ],
)
def test_the_proof_can_only_take_validity_away(proof: Proof, expected: str) -> None:
    assert reason(proof=proof) == expected


def test_no_output_or_only_zeros_is_no_evidence() -> None:
    empty = run(stdout="", values={})
    assert reason(proof=Proof(pair("u", empty, empty))) == "deprecated degenerate"
    apart = pair("u", replace(empty, values={"a": 1}), replace(empty, values={"b": 1}))
    assert reason(proof=Proof(apart)) == "deprecated degenerate"
    zeros: dict[str, Any] = {
        "recode_results": {"type": "list", "items": [{"type": "int", "value": 0}]}
    }
    assert reason(proof=Proof(pair("u", OLD, run(values=zeros)))) == "deprecated degenerate"
    for item in ({"type": "float", "value": "nan"}, {"type": "definition", "name": "int64"}):
        zeros["recode_results"]["items"] = [item]
        assert reason(proof=Proof(pair("u", OLD, run(values=zeros)))) == "deprecated ok"


def test_a_verdict_holds_nothing_that_changes_from_run_to_run() -> None:
    late = replace(DEPRECATED, new_on_new=run(seconds=3.0))
    assert judge(ENTRY, late) == judge(ENTRY, DEPRECATED)
