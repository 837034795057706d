"""Both programs get the same other inputs, so that agreeing by accident comes to light."""

from __future__ import annotations

import ast
import contextlib
import io
import subprocess
import sys
from typing import Any

import pytest

from recode_data.judge.variation import ELSEWHERE, EVERY, MOST, TWO_ROWS, uneven, variations

ALL = 99


def varied(label: str, old: str, new: str = "", *names: str) -> str:
    """Return what an old program becomes, and check that the new one becomes the same."""
    new = new or old.replace("f(", "g(")
    pair = variations(old, new, names or ("f", "g"), ALL, (label,)).get(label)
    if pair is None:
        return ""
    assert pair[0].replace("f(", "g(") == pair[1].replace("f(", "g(")
    return pair[0]


def output(code: str) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compile(code, "<program>", "exec"), {})
    return out.getvalue()


@pytest.mark.parametrize(
    ("label", "code", "changed"),
    [
        ("other data", "f([2, 3, 2.5], axis=0)", "f([3, 5, 3.25], axis=0)"),
        ("other data", "f([3, 8], [3, 8])", "f([4, 9], [7, 12])"),
        ("other data", "f([0.5, 0.5])", "f([0.55, 0.6])"),
        ("other data", "f([1.0, 2.0, 3.0])", "f([1.375, 2.75, 4.5])"),
        ("other data", "f([1, m.nan, h(2)])", "f([2, m.nan, h(2)])"),
        ("more data", "f([1, 2.0])", "f([1, 2.0, 2, 2.75])"),
        ("less data", "f([1, 2], {'a': 1, 'b': 2})", "f([2], {'a': 1})"),
        ("two rows", "f([3, 1, 2])", "f([[3, 1, 2], [2, 3, 5]])"),
        ("each number", "h(0, 2, 0)\nf(x)", "h(1, 5, 5)\nf(x)"),
        ("odd arguments", "f('ab', k='c')\nh('d')", "f('ab <é\\'/~\"&+%', k='c')\nh('d')"),
        ("texts twice", "f('<a> b </a>')", "f('<a> b </a><a> b </a>')"),
        (
            "words alike",
            "for w in ('ab', 'cd'):\n    f('ab', w, k='of')",
            "for w in ('réab', 'récd'):\n    f('réab', w, k='of')",
        ),
        ("words alike", "h('ab')\nf(['a b'])", ""),
        ("near words", "f(['flow', 'flour'], 'x y')", "f(['flow', 'folw'], 'x y')"),
        ("near words", "f('flow', 'lfow', 'cat')", "f('flow', 'folw', 'flwo')"),
        (
            "longer loops",
            "for i in range(5):\n    f(range(1, 4), range(n))",
            "for i in range(15):\n    f(range(1, 12), range(n))",
        ),
        ("longer loops", "f(range(1000))", ""),
        ("larger numbers", "f(12, a=3)\nh(1, 1000)", "f(48, a=12)\nh(1, 1000)"),
        ("other case", "f('Ab c', 'ab', '%Y-%m')", "f('aB C', 'ab', '%Y-%m')"),
        ("numbers for words", "f('a: x')", "f('a: 7')"),
        ("other arguments", "f(0, 0)", "f(1, 2)"),
        ("other numbers", "h(3)\nf(x)", "h(4)\nf(x)"),
        ("other variables", "a = 3\nf(a)", "a = 6\nf(a)"),
        ("other variables", "a, b = 3, 3\nf(a, b)", "a, b = (6, 7)\nf(a, b)"),
        ("other order", "f([1, 2, 3], [4, 5, 6])", "f([2, 3, 1], [4, 5, 6])"),
        ("order of others", "f([1, 2, 3], [4, 5, 6])", "f([1, 2, 3], [5, 6, 4])"),
        ("longer lists", "f([1, 2])", "f([1, 2, 1])"),
        ("a longer list", "f([1, 2], [3, 4])", "f([1, 2], [3, 4, 3])"),
        ("a gap", "f([1.5, 2.5, 3.5])", "f([1.5, float('nan'), 3.5])"),
        ("a gap", "f(['a', 'b'])", "f(['a', None])"),
        ("other types", "f([2.5, 0.5])", "f([3, 1])"),
        ("other types", "f([2, 3])", "f([2.5, 3.5])"),
        ("whole numbers", "f([2, 2.5])", "f([2, 3])"),
        ("other signs", "f([1, -2])", "f([-1, -2])"),
        ("other spaces", "f('a b')", "f('a  b')"),
        ("other texts", "f('A b')", "f('qA b')"),
        ("odd texts", "f('A b')", "f('A b <é\\'/~\"&+%')"),
        ("other pairs", "f([('a', 'a'), ('b', 'c')])", "f([('a', 'a'), ('a', 'b')])"),
        ("longer texts", "f(['A b', 'mode'], 'A b')", "f(['qA b', 'mode'], 'A b')"),
        ("numbers in texts", "f('from 4 to 19, 2x')", "f('from 5 to 10, 7x')"),
        ("number types", "f(m.float64, 'int32', m.int8)", "f(m.float32, 'int32', m.int16)"),
        ("number types of others", "f(m.float64, 'int32')", "f(m.float64, 'int64')"),
        ("repeated numbers", "a = 1\nh(3, k=3)\nf(2, 0.5)", "a = 1\nh(1, k=1)\nf(3, 0.5)"),
    ],
)
def test_both_programs_get_the_same_other_input(label: str, code: str, changed: str) -> None:
    assert varied(label, code) == changed


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("other data", "f('a')"),
        ("other data", "x[[1, 2]]\nf(x)"),
        ("other data", "f(x, names=[1, 2])"),
        ("other types", "f(x)"),
        ("a gap", "f([1, 2])"),
        ("other spaces", "f('ab')"),
        ("other texts", "f('mode')"),
        ("other numbers", "f(x[0])"),
        ("other variables", "a = h(3)\nf(a)"),
        ("other pairs", "f(['a', 'b'])"),
        ("numbers in texts", "f('float64')"),
        ("numbers in texts", "f('%2d')"),
        ("number types", "f('int')"),
        ("repeated numbers", "f(2, x[3], axis=1)"),
        ("two rows", "f(['a', 'b'], [1])"),
        ("texts twice", "f('float64', 'left_join')"),
        ("numbers for words", "f('a b')"),
        ("each number", "f(x[0])"),
    ],
)
def test_names_of_options_and_indexes_are_no_data(label: str, code: str) -> None:
    assert varied(label, code) == ""


def test_input_that_only_one_program_has_stays() -> None:
    old, new = "f([1, 2], [5])", "g([1, 2], [6])"
    assert variations(old, new)["other data"] == ("f([2, 3], [5])", "g([2, 3], [6])")
    assert variations("f([5])", "g([6])") == {}
    assert "other arguments" not in variations("f(h([24]))", "h([24]).g()", ("f", "g"))


def test_variables_may_have_other_names_in_the_new_program() -> None:
    pair = variations("a = [1, 2]\nf(a)", "rows = [1, 2]\ng(rows)")["other data"]
    assert pair == ("a = [2, 3]\nf(a)", "rows = [2, 3]\ng(rows)")


def test_every_label_is_another_pair_and_the_programs_themselves_are_none() -> None:
    old = "a = [1.5, 2.5]\nf(a, [3, 3], 'a b', 7)"
    new = old.replace("f(", "g(")
    found = variations(old, new, ("f", "g"), ALL)
    pairs = list(found.values())
    assert len(set(pairs)) == len(pairs) > MOST
    assert (old, new) not in pairs
    for pair in pairs:
        for code in pair:
            ast.parse(code)


def test_no_more_variations_are_made_than_asked_for_and_the_first_are_the_same() -> None:
    old = "a = [1.5, 2.5]\nf(a, [3, 3], 'a b', 7)"
    new = old.replace("f(", "g(")
    every = list(variations(old, new, ("f", "g"), ALL).items())
    assert list(variations(old, new, ("f", "g")).items()) == every[:MOST]
    assert list(variations(old, new, ("f", "g"), 2).items()) == every[:2]


def test_varying_again_gives_the_same_programs() -> None:
    code = "f([1.5, 2.5], 'a b', 7)"
    first = variations(code, code.replace("f(", "g("), ("f", "g"))
    assert variations(code, code.replace("f(", "g("), ("f", "g")) == first


WRONG: dict[str, tuple[str, str]] = {
    "equal for membership": (
        "a, b = [3, 8], [3, 8]\nprint([x in b for x in a])",
        "a, b = [3, 8], [3, 8]\nprint([x == y for x, y in zip(a, b)])",
    ),
    "a swapped order with equal arguments": (
        "print(pow(2, 2))",
        "def raised(exponent, base):\n    return base**exponent\nprint(raised(2, 2))",
    ),
    "filling where nothing is missing": (
        "print([7 if x != x else x for x in [1.5, 2.5]])",
        "print([0 if x != x else x for x in [1.5, 2.5]])",
    ),
    "one space for any": ("print('a b'.split())", "print('a b'.split(' '))"),
    "first for smallest": ("print(min([1, 2, 3]))", "print([1, 2, 3][0])"),
    "longest for last": ("print(max([1, 2, 3]))", "print([1, 2, 3].pop())"),
    "unique behind a length": ("print(len([1, 2]))", "print(len(set([1, 2])))"),
    "absolute for itself": ("print([x for x in [1, 2]])", "print([abs(x) for x in [1, 2]])"),
    "whole numbers for any": ("print([1, 2])", "print([int(x) for x in [1, 2]])"),
    "a constant that is right here": ("a = 4\nprint(a * a)", "a = 4\nprint(a * 4)"),
}


@pytest.mark.parametrize("name", WRONG)
def test_agreeing_by_accident_comes_to_light_on_other_input(name: str) -> None:
    old, new = WRONG[name]
    assert output(old) == output(new)
    labels = [label for label in EVERY if label != TWO_ROWS]  # they want numbers
    told = [
        label
        for label, pair in variations(old, new, ("pow", "raised"), ALL, labels).items()
        if output(pair[0]) != output(pair[1])
    ]
    assert told


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("print(sorted([3, 1, 2]))", "a = [3, 1, 2]\na.sort()\nprint(a)"),
        (
            "print(sum([1.5, 2.5]))",
            "total = 0\nfor part in [1.5, 2.5]:\n    total += part\nprint(total)",
        ),
        ("print(' '.join('a b'.split()))", "import re\nprint(re.sub(' +', ' ', 'a b'))"),
        ("print(min(3, 4))", "print(sorted((3, 4))[0])"),
    ],
)
def test_right_rewriting_agrees_on_every_other_input(old: str, new: str) -> None:
    found = variations(old, new, ("min", "sum", "sorted"), ALL)
    assert found
    for label, pair in found.items():
        try:
            expected = output(pair[0])
        except TypeError:
            continue  # the old program refuses such input itself
        assert output(pair[1]) == expected, label


def test_arrays_of_one_value_become_uneven_in_both_programs() -> None:
    class Array(list[int]):
        size = 3

    pair = uneven("x = ones(3)", "x = ones(3)\ny = 0")
    assert pair is not None
    for code in pair:
        names: dict[str, Any] = {"ones": lambda size: Array()}
        exec(code, names)
        assert names["x"].flat == [1, 4, 7]
    assert uneven("x = ones(3)", "x = 1") is None
    assert uneven("x = 1", "x = 1") is None


def test_an_input_that_the_new_program_repeats_is_varied_in_all_its_places() -> None:
    pair = variations("f([2, 2])", "g([2, 2])\nh([2, 2])", ("f",), ALL, EVERY)["repeated inputs"]
    assert pair == ("f([3, 4])", "g([3, 4])\nh([3, 4])")
    assert variations("f([2, 2])", "g([2, 2])", ("f",), ALL, ("repeated inputs",)) == {}


def test_what_stands_before_an_opened_program_is_no_input() -> None:
    ours = "def recode_seed():\n    h('a.b', 2 ** 32, [1, 2])\n"
    for label in EVERY:
        assert varied(label, f"{ours}f(x)") in ("", f"{ours}f(x)"), label


def test_programs_that_speak_of_times_run_in_another_zone() -> None:
    code = "import time\nprint(time.localtime(0).tm_hour, time.gmtime(0).tm_hour)"
    pair = variations(code, code + " ", (), ALL, (ELSEWHERE,))[ELSEWHERE]
    assert pair[0] == pair[1]
    shown = subprocess.run([sys.executable, "-c", pair[0]], capture_output=True, check=True)
    assert shown.stdout.split() == [b"5", b"0"]
    assert ELSEWHERE not in variations("print(1)", "print(1 )", (), ALL, (ELSEWHERE,))


def test_a_number_that_the_new_program_repeats_is_varied_wherever_it_stands() -> None:
    old, new = "print(f(a, 3))", "print(g(a, 3) ** 3 + 2)"
    pair = variations(old, new, ("f", "g"), ALL, ("other arguments",))["other arguments"]
    assert pair == ("print(f(a, 4))", "print(g(a, 4) ** 4 + 2)")
    old, new = "print(f(a, 3) + 3)", "print(g(a, 3) ** 3)"
    pair = variations(old, new, ("f", "g"), ALL, ("other arguments",))["other arguments"]
    assert pair == ("print(f(a, 4) + 3)", "print(g(a, 4) ** 3)")
