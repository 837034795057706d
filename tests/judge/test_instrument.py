"""The programs that show whether an output is evidence, run for real on this Python."""

from __future__ import annotations

import ast
import contextlib
import io
from typing import Any

import pytest

from recode_data.judge.alignment import align
from recode_data.judge.instrument import (
    WITNESS,
    equal_arguments,
    left_out,
    opened,
    places,
    text_put_back,
    where_failed,
    wrong,
    wrong_before,
)
from recode_data.judge.replacement import Replacement
from recode_data.records import Run

OLD = "from math import *\nprint(0)"


def run(code: str) -> tuple[str, dict[str, Any]]:
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compile(code, "<program>", "exec"), names)
    return out.getvalue(), names


def using(*names: str, keyword: str = "") -> Replacement:
    if keyword:
        return Replacement(keywords=frozenset((name, keyword) for name in names))
    return Replacement(frozenset(names))


def open_new(code: str, *names: str, old: str = OLD) -> tuple[str, dict[str, Any]]:
    return run(opened(align(old, code), using(*names))[1])


def broken(code: str, *names: str, keyword: str = "") -> str:
    return next(iter(wrong(align(OLD, code), using(*names, keyword=keyword))), "")


def test_assertion_becomes_a_record_of_what_it_compares() -> None:
    code = "from math import *\nassert sqrt(4) == 2.0\nassert isclose(sqrt(9), 3)\nprint(1)"
    out, names = open_new(code, "sqrt")
    assert out == "1\n"
    assert names["recode_seen"] == [(2.0, 2.0), (3.0, 3), (True,)]
    assert names["recode_replaced"] == [2.0, 3.0]


def test_assertion_functions_are_opened_but_those_about_exceptions_stay() -> None:
    code = (
        "def assert_equal(a, b): assert a == b\n"
        "def assert_raises(kind, function): function\n"
        "assert_equal([1], [2])\nassert_raises(ValueError, int)"
    )
    _, names = open_new(code)
    assert ([1], [2]) in names["recode_seen"]


def test_expressions_around_the_changed_place_are_kept_under_the_same_number() -> None:
    old = "a = [3, 1]\nprint(sum(sorted(a)))"
    new = "b = [3, 1]\nprint(sum(list(b)))"
    kept = [run(code)[1]["recode_results"] for code in opened(align(old, new), using("list"))]
    assert kept[0].keys() == kept[1].keys()
    around = [sorted(map(str, results.values())) for results in kept]
    assert around == [
        ["[4]", "[[1, 3]]"],
        ["[4]", "[[3, 1]]"],
    ]


def test_another_argument_is_no_result_to_compare() -> None:
    old, new = "print(int('7', base=8))", "print(int('7', base=10))"
    for code in opened(align(old, new), using("int", keyword="base")):
        assert sorted(map(str, run(code)[1]["recode_results"].values())) == ["[7]"]


def test_value_in_the_place_of_another_is_a_witness_and_need_not_be_the_same() -> None:
    assert not places(align("print(int('7', base=8))", "print(int('7', base=10))"))
    alignment = align("n = 8\nprint(int('7', base=n))", "n = 8\nprint(int('7', base=max(n, 9)))")
    (place,) = places(alignment)
    assert place >= WITNESS
    alignment = align("print(min([3, 1]))", "print(max([3, 1]))")
    (place,) = places(alignment)
    assert place < WITNESS
    kept = [run(code)[1]["recode_results"][place] for code in opened(alignment, using("max"))]
    assert kept == [[1], [3]]


def test_nothing_is_kept_where_whole_statements_were_added() -> None:
    alignment = align("print(min([3, 1]))", "rows = [3, 1]\nprint(max(rows))")
    assert not places(alignment)
    for code in opened(alignment, using("max")):
        assert run(code)[1]["recode_results"] == {}
    moved = align("print(min([3, 1]))", "from builtins import max\nprint(max([3, 1]))")
    assert places(moved)


def test_opening_leaves_the_trees_as_they_were() -> None:
    alignment = align("print(min(1, 2))", "print(max(1, 2))")
    before = ast.dump(alignment.old), ast.dump(alignment.new)
    first = opened(alignment, using("max"))
    assert opened(alignment, using("max")) == first
    assert (ast.dump(alignment.old), ast.dump(alignment.new)) == before
    [code] = wrong(alignment, using("max"))
    assert "recode_keep" not in code.split("print")[-1]


@pytest.mark.parametrize(
    ("code", "out"),
    [
        ("from math import sqrt\nprint(sqrt(4))", "13.0\n"),
        ("from math import sqrt as root\nprint(root(4))", "13.0\n"),
        ("import math\nprint([math.sqrt(4)])", "[13.0]\n"),
        ("import math\nprint(list(map(math.sqrt, [4])))", "[13.0]\n"),
        ("from math import pi as sqrt\nprint(sqrt > 4)", "True\n"),
        ("from math import sqrt\nprint(sqrt(4).is_integer())", "False\n"),
    ],
)
def test_wrong_result_reaches_the_output(code: str, out: str) -> None:
    assert run(broken(code, "sqrt"))[0] == out


def test_what_is_taken_out_of_a_result_is_made_wrong_not_the_result() -> None:
    code = "from statistics import NormalDist\nprint(NormalDist(2, 1).mean)"
    assert run(broken(code, "NormalDist"))[0] == "13.0\n"


def test_last_of_several_places_is_made_wrong_alone_too() -> None:
    code = "a = abs(-1)\nprint([7, 8, 9][a], abs(-2))"
    every, last = wrong(align(OLD, code), using("abs"))
    assert "recode_wrong(abs(-1))" in every and "recode_wrong(abs(-1))" not in last
    assert run(last)[0] == "8 13\n"


def test_result_that_no_one_uses_is_left_out() -> None:
    code = "a = []\na.append(3)\nlist.sort(a)\nprint(a)"
    assert run(broken(code, "append"))[0] == "[]\n"
    assert broken(code, "nothing") == ""


def test_only_calls_with_the_keyword_are_made_wrong() -> None:
    code = "print(int('7'), int('7', base=8))"
    sort = "print(int('7'), sorted([1], key=None))"
    assert run(broken(sort, "sorted", keyword="key"))[0] == "7 [10, 7]\n"
    assert broken(code, "int", keyword="other") == ""


def test_decorator_is_made_to_do_nothing() -> None:
    code = (
        "found = []\ndef keep(name):\n    return lambda f: found.append(name) or f\n"
        "@keep('a')\ndef f():\n    return 3\nprint(found, f())"
    )
    assert run(broken(code, "keep"))[0] == "[] 3\n"
    assert run(broken(code + "\nprint(keep('b')(abs)(-1))", "keep"))[0] == "[]\n3\n".replace(
        "[]\n3", "[] 3\n10"
    )


@pytest.mark.parametrize(
    ("lines", "line", "later"),
    [
        (["x = make(a)", "print(recode_note(f(x)))"], 1, False),
        (["x = make(a)", "print(recode_note(f(x)))", "use(x)"], 3, True),
        (["for a in b:", "    x = make(a)", "    recode_note(f(x))"], 2, True),
        (["def g(a):", "    return make(a)", "recode_note(f(g(1)))"], 2, True),
        (["with a:", "    x = make(a)", "    recode_note(f(x))"], 2, False),
    ],
)
def test_failure_before_the_replacement_is_none_of_it(
    lines: list[str], line: int, later: bool
) -> None:
    failed = Run("c", "e", "toy", "2", "3.12", "1", "raised", "TypeError", line=line, span=(line,))
    code = "\n".join(lines)
    assert where_failed(code, failed) == ("behind" if later else "before")


def test_value_that_is_passed_as_text_is_made_wrong() -> None:
    alignment = align("print([3].count(abs))", "print([3].count('abs'))")
    [code] = wrong(alignment, using("abs"))
    assert "recode_wrong('abs')" in code


def test_call_within_an_expression_is_made_wrong_not_what_is_added_to_it() -> None:
    alignment = align("print(max(2, 5))", "print(len('ab') * 0 + 5)")
    place = alignment.new.body[0].value.args[0]  # type: ignore[attr-defined]
    [code] = wrong(alignment, Replacement(expressions=(place,)))
    assert "recode_wrong(len('ab')) * 0 + 5" in code


def test_call_whose_result_a_helper_returns_to_no_one_is_left_out() -> None:
    code = "a = [1]\ndef more(values):\n    return values.append(3)\nmore(a)\nprint(a)"
    assert run(broken(code, "append"))[0] == "[1]\n"
    taken = code.replace("more(a)\n", "b = more(a)\n")
    assert run(broken(taken, "append"))[0] == "[1, 3]\n"


def test_what_is_put_into_a_place_is_left_out() -> None:
    alignment = align("d = {}\nd.setdefault('a', 1)\nprint(d)", "d = {}\nd['a'] = 1\nprint(d)")
    place = alignment.new.body[1].value  # type: ignore[attr-defined]
    [code] = wrong(alignment, Replacement(expressions=(place,)))
    assert run(code)[0] == "{}\n"


def test_old_program_is_made_wrong_where_it_was_replaced() -> None:
    alignment = align("print(min([3, 1]))", "print(max([3, 1]))")
    [code] = wrong_before(alignment, frozenset({"min"}))
    assert "recode_wrong(min([3, 1]))" in code and "max" not in code


def test_plain_expression_in_the_place_of_a_call_is_made_wrong() -> None:
    alignment = align("print(max(2, 5))", "a = [2, 5]\nprint(a[1])")
    place = alignment.new.body[1].value.args[0]  # type: ignore[attr-defined]
    [code] = wrong(alignment, Replacement(expressions=(place,)))
    assert run(code)[0] == "22\n"


def test_equal_arguments_are_noticed() -> None:
    assert equal_arguments(align(OLD, "print(divmod(7, 7))"), using("divmod"))
    assert equal_arguments(align(OLD, "f(a[0], a[0], 1)"), using("f"))
    assert not equal_arguments(align(OLD, "print(divmod(7, 2))"), using("divmod"))
    assert not equal_arguments(align(OLD, "print(divmod(7, 7))"), using("max"))


def test_docstring_and_futures_stay_first() -> None:
    code = '"""Doc."""\nfrom __future__ import annotations\nx = abs(-1)'
    _, names = open_new(code, "abs")
    assert names["__doc__"] == "Doc."
    assert names["recode_replaced"] == [1]


def test_wrong_numbers_are_far_enough_to_be_seen_and_wrong_types_are_others() -> None:
    big = "from math import fabs\nprint(fabs(5e13) / 5e13 > 2)"
    assert run(broken(big, "fabs"))[0] == "True\n"
    assert run(broken("print(complex)", "complex"))[0] == "<class 'str'>\n"


def test_what_is_drawn_without_a_seed_is_drawn_alike() -> None:
    code = "import random\nprint(abs(random.random()), abs(random.gauss(0, 1)))"
    assert open_new(code, "abs")[0] == open_new(code, "abs")[0]


def test_what_a_statement_gives_is_not_compared() -> None:
    old, new = "a = [3]\na.append(4)\nprint(a)", "a = [3]\na.insert(1, 4)\nprint(a)"
    for code in opened(align(old, new), using("insert")):
        shown, names = run(code)
        assert shown == "[3, 4]\n"
        assert [None] not in names["recode_results"].values()


def test_text_between_the_fields_of_an_f_string_stays_text() -> None:
    old, new = "x = 3\nprint(f'a {abs(x)} b')", "x = 3\nprint(f'a {abs(x):d} b {abs(x)}')"
    alignment = align(old, new)
    expressions = tuple(
        node
        for node in ast.walk(alignment.new)
        if isinstance(node, ast.Call) and "abs" in ast.dump(node.func)
    )
    assert [run(code)[0] for code in opened(alignment, using("abs"))] == ["a 3 b\n", "a 3 b 3\n"]
    made = wrong(alignment, Replacement(expressions=expressions))
    assert [run(code)[0] for code in made] == ["a 16 b 16\n", "a 3 b 16\n"]
    alignment = align("x = 3\nprint(abs(x))", "x = 3\nprint(f'a {x} b')")
    [text] = [node for node in ast.walk(alignment.new) if isinstance(node, ast.JoinedStr)]
    for code in wrong(alignment, Replacement(expressions=(text,))):
        assert run(code)[0] == "a 3 b?\n", "on some Pythons its parts have its own place"


def test_object_that_is_called_for_what_it_does_is_made_to_do_nothing() -> None:
    code = (
        "class Check:\n    def __call__(self, a):\n        raise KeyError(a)\n"
        "check = Check()\ntry:\n    check(1)\n    print('passed')\n"
        "except KeyError:\n    print('refused')"
    )
    assert run(broken(code, "Check"))[0] == "passed\n"


@pytest.mark.parametrize(
    ("old", "new", "told", "expected"),
    [
        ("a.dims['y']", "a.sizes['x']", "", ("'y'", "a.sizes['y']")),
        ("a.dims['y']", "a.sizes['x']", "x", ("", "")),
        ("TAGS + ['h1', 'p']", "TAGS | {'h2', 'p'}", "", ("'h1'", "TAGS | {'h1', 'p'}")),
        ("TAGS + ['h1', 'p']", "TAGS | {'h2', 'q'}", "", ("", "")),
        ("f('a', 'b')", "g('b', 'a')", "", ("", "")),
        ("print('a', f(1))", "print(f'a {g(1)}')", "", ("", "")),
        ("f(a, kind='old')", "f(a, kind='new')", "new", ("", "")),
        ("f(a, kind='old')", "f(a, kind='new')", "", ("kind", "f(a, kind='old')")),
    ],
)
def test_text_that_became_another_one_is_put_back(
    old: str, new: str, told: str, expected: tuple[str, str]
) -> None:
    def spoken_of(name: str) -> bool:
        return name == told

    left, put_back = left_out(align(old, new), spoken_of), text_put_back(align(old, new), spoken_of)
    assert (left if left[0] else put_back) == expected
