"""Answers are judged as entries are: by what their runs show, `None` where nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from made import HEAD, caught, ran, row

from recode_data.execute import Job
from recode_data.judge import Judgement, judge_candidate
from recode_data.judge.grade import grading
from recode_data.records import Entry, Environment, Run

ENTRY = row(
    "r = toy.old([1, 2])",
    "r = toy.new([1, 2])",
    "`toy.old` is deprecated, use `toy.new`.",
    old_symbol="toy.old",
    new_symbol="toy.new",
)
PRINTED = replace(
    ENTRY,
    old_code=HEAD + "print(toy.old([1, 2]))",
    new_code=HEAD + "print(toy.new([1, 2]))",
)
VALUES = {"r": {"type": "list", "items": [{"type": "int", "value": 1}]}}
REFERENCE = ran(ENTRY.new_code, "2.0", "toy", "toy.new", values=VALUES, stdout="")
WARNING = caught(ENTRY.old_code, "toy.old([1, 2])", "use another function")
OLD = ran(ENTRY.old_code, "2.0", "toy", "toy.old", values=VALUES, stdout="", warnings=(WARNING,))


def judged(code: str, *paths: str, entry: Entry = ENTRY, **changed: Any) -> tuple[object, str]:
    run = ran(HEAD + code, "2.0", *paths, **{"values": VALUES, "stdout": "", **changed})
    judgement = judge_candidate(entry, HEAD + code, run, REFERENCE, OLD)
    return judgement.passed, judgement.reason


NEW = ("r = toy.new([1, 2])", "toy", "toy.new")


@pytest.mark.parametrize(
    ("changed", "passed", "reason"),
    [
        ({}, True, "ok"),
        ({"status": "raised", "exception": "ValueError"}, False, "new_fails"),
        ({"status": "killed"}, False, "new_fails"),
        ({"status": "timeout"}, False, "timeout"),
        ({"status": "error"}, None, "error"),
        ({"values": {}}, False, "differs"),
        ({"stdout": "more"}, False, "differs"),
    ],
)
def test_answer_is_judged_by_its_run(
    changed: dict[str, Any], passed: bool | None, reason: str
) -> None:
    assert judged(*NEW, **changed) == (passed, reason)


def test_answer_that_warns_as_the_old_code_does_is_wrong_whatever_the_warning_says() -> None:
    for message in ("`old` is deprecated", WARNING.message):
        left = replace(WARNING, message=message)
        assert judged("r = toy.old([1, 2])", "toy", "toy.old", warnings=(left,)) == (
            False,
            "new_warns",
        )


def test_warning_that_the_reference_has_too_is_no_fault() -> None:
    own = replace(REFERENCE, warnings=(WARNING,))
    run = replace(REFERENCE, warnings=(WARNING,))
    assert judge_candidate(ENTRY, ENTRY.new_code, run, own, OLD).passed


def test_result_may_stand_under_another_name() -> None:
    values = {"result": VALUES["r"]}
    assert judged("result = toy.new([1, 2])", *NEW[1:], values=values) == (True, "ok")
    assert judged("a = b = toy.new([1, 2])", *NEW[1:], values={}) == (False, "differs")


@pytest.mark.parametrize("code", ["r = [1]", "r = list([1])", "r = [n for n in (1,)]"])
def test_printed_or_computed_result_exercises_nothing(code: str) -> None:
    assert judged(code, "toy") == (False, "not_exercised")


def test_printed_result_passes_where_the_update_is_not_asked_for() -> None:
    run = ran("r = [1]", "2.0", values=VALUES, stdout="")
    assert judge_candidate(ENTRY, "r = [1]", run, REFERENCE, needs_update=False).passed


def test_row_without_old_code_asks_for_the_result_alone() -> None:
    assert judged("r = [1]", "toy", entry=replace(ENTRY, old_code="")) == (True, "ok")


@pytest.mark.parametrize(
    ("code", "paths"),
    [
        ("toy.old = toy.new\nr = toy.old([1, 2])", ("toy.old=", "toy.new", "toy.old")),
        ("r = getattr(toy, 'old')([1, 2])", ("toy.old",)),
        ("r = toy.__dict__['new']([1, 2])", ("toy.__dict__",)),
    ],
)
def test_old_api_brought_back_is_wrong(code: str, paths: tuple[str, ...]) -> None:
    assert judged(code, *paths) == (False, "keeps_old")


FALLBACK = "try:\n    r = toy.new([1, 2])\nexcept {}:\n    r = {}"


@pytest.mark.parametrize(
    ("handler", "passed"),
    [
        ("toy.old([1, 2])", False),
        ("getattr(toy, 'old')([1, 2])", False),
        ("other([1, 2])", True),
        ("None", True),
    ],
)
def test_old_call_for_when_the_new_one_fails_is_wrong(handler: str, passed: bool) -> None:
    assert judged(FALLBACK.format("Exception", handler), *NEW[1:])[0] is passed


def test_old_method_of_the_same_name_for_when_the_new_function_fails_is_wrong() -> None:
    entry = row("g = toy.Graph()\ng.add([3])", "g = toy.Graph()\ntoy.add(g, [3])",
                "`toy.Graph.add` is gone, use `toy.add`.", old_symbol="toy.Graph.add",
                new_symbol="toy.add")  # fmt: skip
    own = ran(entry.new_code, "2.0", "toy", "toy.Graph", "toy.add")
    old = ran(entry.old_code, "2.0", "toy", "toy.Graph", status="raised", line=3,
              exception="AttributeError", message="no attribute 'add'", stdout="")  # fmt: skip
    for rest, reason in (("g.add([3])", "keeps_old"), ("print('no')", "ok")):
        code = f"{HEAD}g = toy.Graph()\ntry:\n    toy.add(g, [3])\nexcept Exception:\n    {rest}"
        run = ran(code, "2.0", "toy", "toy.Graph", "toy.add")
        assert judge_candidate(entry, code, run, own, old).reason == reason


@pytest.mark.parametrize(
    ("rest", "files", "passed"),
    [
        ("open('left.txt', 'w').write('left')", 1, False),
        ("import os\nos.write(os.open('left', os.O_CREAT | os.O_WRONLY), b'x')", 1, False),
        ("import atexit\natexit.register(lambda: open('left', mode='a'))", 1, False),
        ("frame.to_csv('left.csv')", 1, False),
        ("open('kept.txt', 'w').write('1')\nopen('kept.txt').read()", 1, True),
        ("f = open('kept.txt', 'w+')\nf.write('1')\nf.seek(0)\nf.read()", 1, True),
        ("frame.to_csv('kept.csv')\nframe = toy.read_csv('kept.csv')", 1, True),
        ("import shutil, os\nshutil.rmtree(os.getcwd(), ignore_errors=True)", 0, False),
        ("import os\nos.remove(toy.__file__)", 0, False),
        ("import pathlib\npathlib.Path(toy.__file__).unlink()", 0, False),
        ("import os\nopen('x', 'w').close()\nos.remove('x')", 0, True),
        ("import tempfile, shutil\nshutil.rmtree(tempfile.mkdtemp())", 0, True),
        ("rows = [1]\nrows.remove(1)", 0, True),
    ],
)
def test_files_that_are_left_or_removed_without_need_are_no_part_of_an_answer(
    rest: str, files: int, passed: bool
) -> None:
    assert judged(f"{NEW[0]}\n{rest}", *NEW[1:], files=files)[0] is passed


def test_files_that_the_reference_leaves_too_may_be_left() -> None:
    run = replace(REFERENCE, files=2)
    assert judge_candidate(ENTRY, ENTRY.new_code, run, run, OLD).passed


def test_a_text_that_shows_nowhere_may_not_be_another() -> None:
    entry = replace(
        ENTRY,
        old_code=HEAD + "print(toy.old('ABC', 2))",
        new_code=HEAD + "print(toy.new('ABC', 2))",
    )

    def told(text: str, seen: bool) -> str:
        if "toy.old" in text:
            return "fails"
        if "recode_wrong" in text:
            return "wrong"
        shown = "~" in text or ("ABC" not in text and "abc" not in text)
        return "other" if seen and shown else "True"

    code = HEAD + "print(toy.new('abc', 2))"
    hidden, asked = graded(entry, code, lambda text: told(text, seen=False))
    assert (hidden.reason, "'ABC'" in hidden.detail) == ("differs", True)
    assert any("'abc~'" in text for text in asked)
    assert graded(entry, code, lambda text: told(text, seen=True))[0].passed


def test_what_cannot_be_judged_is_none_and_what_is_not_python_is_wrong() -> None:
    broken = replace(REFERENCE, status="raised", exception="ImportError")
    assert judge_candidate(ENTRY, "x", REFERENCE, broken).passed is None
    assert judge_candidate(ENTRY, "x", None, REFERENCE).passed is None
    assert judge_candidate(ENTRY, "print 1", None, REFERENCE).reason == "unparsable"


Answer = Callable[[str], str]


def graded(entry: Entry, code: str, output: Answer) -> tuple[Judgement, list[str]]:
    """Grade ``code`` by hand: ``output`` says what a program prints, or how it fails."""
    asked: list[str] = []

    def run(job: Job) -> Run:
        asked.append(job.code)
        paths = [path for path in ("toy.old", "toy.new") if path in job.code]
        shown = output(job.code)
        if shown == "error":
            return ran(job.code, "2.0", status="error")
        if shown == "fails":
            return ran(job.code, "2.0", status="raised", exception="AttributeError")
        return ran(job.code, "2.0", *paths, stdout=shown)

    place = Environment("toy", "2.0", "3.12")
    steps = grading(entry, code, lambda text: Job(text, place))
    try:
        jobs = next(steps)
        while True:
            jobs = steps.send([run(job) for job in jobs])
    except StopIteration as end:
        judgement: Judgement = end.value
        return judgement, asked


def honest(code: str) -> str:
    """Return the numbers in a program, as a library would that only ``old`` is gone from."""
    if "toy.old" in code:
        return "fails"
    return ("wrong " if "recode_wrong" in code else "") + code.partition("toy.new")[2]


def test_answer_equal_to_the_reference_needs_no_other_input() -> None:
    judgement, asked = graded(PRINTED, PRINTED.new_code, honest)
    assert (judgement.passed, len(asked)) == (True, 3)


def test_other_writing_is_run_on_other_inputs_beside_the_reference() -> None:
    code = HEAD + "rows = [1, 2]\nprint(toy.new(rows))"
    judgement, asked = graded(PRINTED, code, lambda text: "fails" if "toy.old" in text else "1")
    assert judgement.reason == "degenerate"  # this library always prints 1
    assert any("[2, 4]" in text or "[2, 3]" in text for text in asked)


def test_answer_that_is_right_on_this_input_only_is_wrong() -> None:
    code = HEAD + "rows = [1, 2]\nprint(toy.new(rows) or 7)"

    def accident(text: str) -> str:
        if "toy.old" in text:
            return "fails"
        if "recode_wrong" in text:
            return "wrong"
        return "1" if "[1, 2]" in text else "2" if "or 7" in text else "3"

    judgement, _ = graded(PRINTED, code, accident)
    assert (judgement.passed, judgement.reason) == (False, "differs")
    assert "with " in judgement.detail


def test_answer_whose_proof_cannot_be_made_is_not_judged() -> None:
    code = HEAD + "rows = [1, 2]\nprint(toy.new(rows))"

    def lost(text: str) -> str:
        if "toy.old" in text:
            return "fails"
        return "error" if "recode_" in text else "1"

    assert graded(PRINTED, code, lost)[0].passed is None


def test_answer_that_is_not_python_is_never_run() -> None:
    judgement, asked = graded(PRINTED, "print 1", honest)
    assert (judgement.reason, asked) == ("unparsable", [])


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("r = toy.make([1, 2], size=3)", "ok"),
        (
            "try:\n    r = toy.make([1, 2], length=3)\n"
            "except TypeError:\n    r = toy.make([1, 2], size=3)",
            "keeps_old",
        ),
        ("def other(length): return length\nr = toy.make([1, 2], size=other(length=3))", "ok"),
    ],
)
def test_a_keyword_that_the_new_version_refuses_is_not_even_tried(code: str, reason: str) -> None:
    entry = row(
        "r = toy.make([1, 2], length=3)",
        "r = toy.make([1, 2], size=3)",
        "The keyword `length` of `toy.make` was removed, use `size`.",
        old_symbol="toy.make", old_keyword="length", new_symbol="toy.make", new_keyword="size",
    )  # fmt: skip
    own = ran(entry.new_code, "2.0", "toy", "toy.make", values=VALUES, stdout="")
    refused = {"exception": "TypeError", "message": "unexpected keyword argument 'length'"}
    old = ran(
        entry.old_code, "2.0", "toy", "toy.make", status="raised", line=2, stdout="", **refused
    )
    answer = ran(HEAD + code, "2.0", "toy", "toy.make", values=VALUES, stdout="")
    judgement = judge_candidate(entry, HEAD + code, answer, own, old)
    assert judgement.reason == reason, judgement
