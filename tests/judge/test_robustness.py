"""What more runs have against an entry whose four runs are right."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from recode_data.judge import Pair, Proof
from recode_data.judge.instrument import WITNESS
from recode_data.judge.robustness import blank, disagreement, sensitivity, weigh
from recode_data.judge.variation import UNEVEN
from recode_data.records import Json, Run


def run(**fields: Any) -> Run:
    made = Run("c", "e", "toy", "2.0", "3.12", "1", "clean", stdout="[1, 2]\n")
    return replace(made, **fields)


def failed(message: str = "no") -> Run:
    return run(status="raised", exception="ValueError", message=message, stdout="")


def pair(label: str = "opened", old: Run | None = None, new: Run | None = None) -> Pair:
    return Pair(label, old or run(), new or run())


def listed(*items: Json) -> Json:
    return {"type": "list", "items": list(items)}


def number(value: float | int) -> Json:
    return {"type": "int" if isinstance(value, int) else "float", "value": value}


def text(value: str) -> Json:
    return {"type": "str", "value": value}


def reason(proof: Proof) -> str:
    found = weigh(proof)
    return found.reason if found else ""


OTHER = run(stdout="[1, 3]\n")


def test_text_that_differs_anyway_says_nothing_of_other_inputs() -> None:
    def holding(code: str, out: str, **more: Json) -> Run:
        return run(stdout=out, values={"code": text(code), **more})

    shown = pair(old=holding("old", "1\n"), new=holding("new", "1\n"))
    silent = pair("other order", holding("old", ""), holding("new", ""))
    assert reason(Proof(shown, (silent,))) == ""
    told = pair("other order", holding("old", "", a=number(1)), holding("new", "", a=number(2)))
    assert reason(Proof(shown, (told,))) == "differs"
    quiet = pair(old=holding("old", ""), new=holding("new", ""))
    assert reason(Proof(quiet)) == "differs"


@pytest.mark.parametrize(
    ("proof", "expected"),
    [
        (Proof(pair(), (pair("other data"),), (OTHER,)), ""),
        (Proof(pair(), (), (run(),)), "degenerate"),
        (Proof(pair(), (), (failed(),)), ""),
        (Proof(pair(), (), (run(), OTHER)), ""),
        (Proof(pair(), (), (), wrong_before=(OTHER,)), "not_exercised"),
        (Proof(pair(), (), (), wrong_before=(run(),)), ""),
        (Proof(pair(), (), (), wrong_before=(failed(),)), ""),
        (Proof(pair(), (), (failed(),), wrong_before=(OTHER,)), ""),
        (Proof(pair(), (), (), wrong_before=(OTHER,), moved=True), ""),
        (Proof(pair(), (pair("a gap", new=OTHER),), additive=True), ""),
        (Proof(pair(), (pair("other data", new=OTHER),), additive=True), "differs"),
        (Proof(pair(), (), (run(status="timeout"),)), ""),
        (Proof(pair(), (Pair("other data", run(), failed()),)), "differs"),
        (Proof(pair(), (Pair("other data", run(), failed(), failed="before"),)), ""),
        (Proof(pair(new=OTHER)), "differs"),
        (Proof(pair(new=failed())), "differs"),
        (Proof(pair(new=run(status="timeout"))), ""),
        (Proof(pair(old=failed(), new=OTHER)), ""),
        (Proof(pair(), (pair("x", new=OTHER),)), "differs"),
        (Proof(pair(), (pair("x"), pair("y", new=OTHER))), "differs"),
        (Proof(pair(), equal_arguments=True), "degenerate"),
        (Proof(pair(), (pair("other data"),), equal_arguments=True), ""),
        (Proof(pair(), (pair(UNEVEN),), equal_arguments=True), "degenerate"),
        (Proof(pair(), repeated=(pair("again"),), first=pair("first")), ""),
        (Proof(pair(), repeated=(pair("again", new=OTHER),), first=pair("first")), "flaky"),
        (Proof(pair(), repeated=(pair("again", old=failed()),), first=pair("first")), "flaky"),
        (
            Proof(pair(), repeated=(pair("a", new=run(status="timeout")),), first=pair("f")),
            "timeout",
        ),
    ],
)
def test_every_objection(proof: Proof, expected: str) -> None:
    assert reason(proof) == expected


def test_input_that_the_old_code_refuses_is_no_variation() -> None:
    for new in (run(), OTHER, failed()):
        refused = pair("other data", failed(), new)
        assert not refused.told
        assert reason(Proof(pair(), (refused,))) == ""
        assert Proof(pair(), (refused,)).brief()["varied"] == []


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("other data", "differs"),
        ("other arguments", "differs"),
        ("other variables", "differs"),
        ("a gap", ""),
        ("other order", ""),
        ("longer lists", ""),
    ],
)
def test_replacement_may_refuse_gaps_and_disorder_but_not_other_data(
    label: str, expected: str
) -> None:
    assert reason(Proof(pair(), (pair(label, new=failed()),))) == expected


def test_labels_of_the_variations_that_held_are_told() -> None:
    proof = Proof(pair(), (pair("other data"), pair("a gap", new=failed()), pair("other types")))
    assert proof.brief()["varied"] == ["other data", "other types"]


def test_result_is_compared_before_it_is_summed_or_sorted_away() -> None:
    def opened(*items: int) -> Run:
        kept = {"type": "dict", "items": [[number(1), listed(listed(*map(number, items)))]]}
        return run(stdout="6\n", values={"recode_results": kept})

    assert reason(Proof(pair(old=opened(1, 2, 3), new=opened(1, 2, 3)))) == ""
    found = weigh(Proof(pair(old=opened(1, 2, 3), new=opened(3, 2, 1))))
    assert found is not None and found.reason == "differs"
    assert "behind what the code shows" in found.detail


def test_what_an_assertion_hides_is_compared() -> None:
    def seen(value: int) -> Run:
        return run(stdout="", values={"recode_seen": listed(number(value))})

    assert reason(Proof(pair(old=seen(1), new=seen(1)))) == ""
    assert reason(Proof(pair(old=seen(1), new=seen(2)))) == "differs"


def test_nothing_to_compare_is_no_evidence() -> None:
    empty = run(stdout="", values={})
    assert reason(Proof(pair(old=empty, new=empty))) == "degenerate"
    apart = pair(old=replace(empty, values={"a": number(1)}),
                 new=replace(empty, values={"b": number(1)}))  # fmt: skip
    assert reason(Proof(apart)) == "degenerate"
    together = replace(empty, values={"a": number(1)})
    assert reason(Proof(pair(old=together, new=together))) == ""


def test_zeros_are_no_evidence_but_nan_none_and_classes_are() -> None:
    def replaced(*items: Json) -> Proof:
        return Proof(pair(new=run(values={"recode_replaced": listed(*items)})))

    assert reason(replaced(number(0))) == "degenerate"
    assert reason(replaced(number(0), text(""))) == "degenerate"
    assert reason(replaced(number(0), number(1))) == ""
    for item in (
        {"type": "float", "value": "nan"},
        {"type": "none"},
        {"type": "definition", "name": "int64"},
    ):
        assert reason(replaced(item)) == ""


def test_variables_do_not_count_where_the_codes_print() -> None:
    left, right = (run(values={"x": number(n)}) for n in (1, 2))
    assert disagreement(left, right, frozenset()) == ""


def test_common_variables_are_compared_where_nothing_is_printed() -> None:
    left, right = (run(stdout="", values={"x": number(n)}) for n in (1, 2))
    assert disagreement(left, right, frozenset()).startswith("x: ")
    only = replace(left, values={"z": number(1)})
    assert disagreement(only, right, frozenset()) == ""


def test_printed_whole_number_is_no_float_but_a_kept_one_is() -> None:
    assert disagreement(run(stdout="3"), run(stdout="3.0"), frozenset())
    left, right = (run(stdout="", values={"x": number(n)}) for n in (3, 3.0))
    assert disagreement(left, right, frozenset()) == ""


def test_result_that_was_compared_at_its_place_need_not_show_in_the_output() -> None:
    def opened(value: int, place: int) -> Run:
        kept = {"type": "dict", "items": [[number(place), listed(number(value))]]}
        return run(values={"recode_results": kept})

    unseen = run()
    same = pair(old=opened(5, WITNESS), new=opened(5, WITNESS))
    assert reason(Proof(same, wrong=(unseen,))) == "degenerate"
    assert reason(Proof(same, wrong=(unseen,), places=frozenset([WITNESS]))) == ""
    zeros = pair(old=opened(0, WITNESS), new=opened(0, WITNESS))
    assert reason(Proof(zeros, wrong=(unseen,), places=frozenset([WITNESS]))) == "degenerate"
    other = pair(old=opened(5, WITNESS), new=opened(6, WITNESS))
    assert reason(Proof(other, wrong=(unseen,), places=frozenset([WITNESS]))) == "degenerate"
    assert reason(Proof(other, places=frozenset([WITNESS]))) == ""  # it may be another argument
    assert reason(Proof(pair(old=opened(5, 0), new=opened(6, 0)))) == "differs"


def test_import_that_moves_needs_no_wrong_result() -> None:
    assert reason(Proof(pair(), wrong=(run(),), moved=True)) == ""


def test_wrong_result_has_to_change_what_is_shown_and_not_only_what_is_computed() -> None:
    base, other = (run(values={"x": number(n)}) for n in (1, 2))
    assert sensitivity([other], base) == "unseen"
    assert sensitivity([replace(other, stdout="?")], base) == "seen"
    assert sensitivity([failed()], base) == "seen"
    assert sensitivity([failed(), other], base) == "unseen"  # the last place alone decides
    assert sensitivity([], base) == "not measured"
    assert sensitivity([run(status="error")], base) == "not measured"
    silent = [replace(one, stdout="") for one in (base, other)]
    assert sensitivity([silent[1]], silent[0]) == "seen"


def test_class_is_a_result_and_no_zero() -> None:
    kept = {"type": "definition", "class": "builtins.type", "name": "numpy.float64"}
    assert not blank(listed(kept))
    assert blank(listed(number(0)))
    zeros = {"type": "ndarray", "dtype": "float64", "shape": [2], "data": [0.0, 0.0]}
    assert blank(zeros) and not blank({**zeros, "data": [0.0, 1.0]})
