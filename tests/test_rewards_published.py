"""The published rewards: right on every trap, and as published where that one is right."""

from __future__ import annotations

import ast
import random
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recode_data.rewards import em, em_star, es, es_star, format
from recode_data.rewards.normalise import by_pattern, by_tokens, normalise, parses


def fenced(code: str) -> str:
    return f"<think>\nwhy\n</think>\n<answer>\n```python\n{code}\n```\n</answer>"


MANY_STRINGS = "\n".join(f"a{n} = '{n}' + \"{n}\"" for n in range(12))
TRAPS = {
    "more than ten strings": (MANY_STRINGS, MANY_STRINGS),
    "apostrophes in comments": ("x = 1  # don't\ny = 'a'  # won't", "x = 1\ny = 'a'"),
    "hash in a string": ("x = '# no comment'", "x = '# no comment'  # comment"),
    "hash in an f-string": ("x = f'{y:#x} # {y}'  # c", "x = f'{y:#x} # {y}'"),
    "hash in a bytes literal": ("x = rb'\\'#'  # c", "x = rb'\\'#'"),
    "escaped quotes": ("x = 'it\\'s # 1'  # c\ny = 2", "x = 'it\\'s # 1'\ny = 2"),
    "triple quotes in a comment": ("x = 1  # \"\"\" and '''\ny = 2", "x = 1\ny = 2"),
    "name like a placeholder": (
        "STRING_PLACEHOLDER_0 = 'a'\nx = 'b'",
        "STRING_PLACEHOLDER_0 = 'a'\nx = 'b'",
    ),
    "trailing comment": ("f(x)   # call it\ng(x)\t# and it", "f(x)\ng(x)"),
    "comment between lines": ("if x:\n    # now\n\n    f(x)", "if x:\n    f(x)"),
    "indented snippet": ("    if x:\n        y = 1\n    z = 2", "if x:\n    y = 1\nz = 2"),
    "indented with a comment first": ("# top\n    x = 1\n    y = 2", "x = 1\ny = 2"),
    "indented with a string to the left": (
        '    x = """a\n  b"""\n    y = 1',
        'x = """a\n  b"""\ny = 1',
    ),
    "CRLF": ("x = 1\r\n\r\nif x:\r\n    y = 2\r\n", "x = 1\nif x:\n    y = 2"),
    "lone CR": ("x = 1\ry = 2", "x = 1\ny = 2"),
    "tabs": (
        "if x:\n\ty = 1\n\tif y:\n\t\tz = '\t'",
        "if x:\n    y = 1\n    if y:\n        z = '\t'",
    ),
    "tabs on both sides": ("if x:\n\ty = 1  # c", "if x:\n\ty = 1"),
    "continued into an empty line": ("x = 1 + 2 \\\n\ny = 3", "x = 1 + 2 \\\n\ny = 3"),
    "empty on both sides": ("", ""),
    "comments only on both sides": ("# a", "# b\n\n#c"),
    "comments against nothing": ("# a", ""),
    "multi-line call": ("f(\n  1,  # one\n\n  2,\n)", "f(\n  1,\n  2,\n)"),
}  # fmt: skip


@pytest.mark.parametrize(("code", "target"), TRAPS.values(), ids=TRAPS)
def test_an_equal_answer_earns_the_most(code: str, target: str) -> None:
    for reward in (em, es, em_star, es_star):
        assert reward([fenced(code)], [target]) == [2.0]


def test_a_fence_with_crlf_is_found() -> None:
    completion = "```python\r\nx = 1\r\n```\r\n"
    assert es_star([completion], ["x = 1"]) == [2.0]


BLANK_INSIDE = "x = '''a\n\n\n  # not a comment\n\nb'''"


def test_a_blank_line_inside_a_string_counts() -> None:
    assert em_star([fenced(BLANK_INSIDE)], [BLANK_INSIDE]) == [2.0]
    assert em_star([fenced("x = '''a\n  # not a comment\nb'''")], [BLANK_INSIDE]) == [-1.5]


def test_a_string_is_not_a_comment() -> None:
    assert em_star([fenced("x = '# a'")], ["x = '# b'"]) == [-1.5]
    assert em_star([fenced("x = ''")], ["x = '# b'"]) == [-1.5]


def test_code_against_nothing_earns_the_least() -> None:
    assert es_star([fenced("# only a comment")], ["x = 1"]) == [-1.5]
    assert es_star([fenced("x = 1")], ["# only a comment"]) == [-1.5]


def test_no_block_and_broken_code_earn_minus_two() -> None:
    completions = [
        "it is x",
        "<think>```python\nx = 1\n```",
        fenced("x = (1"),
        fenced("x = '\x00'"),
    ]
    target = ["x = 1"] * 4
    assert em_star(completions, target) == [-2.0] * 4
    assert es_star(completions, target) == [-2.0] * 4
    assert es(completions, target)[:2] == [-2.0, -2.0]
    assert es(completions, target)[2] == pytest.approx(3.5 * (1 - 1 / 6) - 1.5)
    assert em(completions, target) == [-2.0, -2.0, -1.5, -1.5]


def test_deep_nesting_is_broken_code_not_a_crash() -> None:
    assert es_star([fenced("x = " + "(" * 5000 + ")" * 5000)], ["x = 1"]) == [-2.0]
    assert es_star([fenced("x = " + "-" * 100_000 + "1")], ["x = 1"]) == [-2.0]


def test_an_invalid_escape_is_no_warning() -> None:
    assert es_star([fenced("x = '\\d'")], ["x = '\\d'"]) == [2.0]


def test_only_the_last_answer_counts() -> None:
    assert em_star([fenced("x = 1") + fenced("x = 2")], ["x = 1"]) == [-1.5]
    assert em_star([fenced("x = 2") + fenced("x = 1")], ["x = 1"]) == [2.0]


def test_a_block_that_closes_indented_is_found() -> None:
    assert es_star(["- so:\n  ```python\n  x = 1\n  y = 2\n  ```"], ["x = 1\ny = 2"]) == [2.0]


def test_a_docstring_with_an_indented_fence_is_no_end() -> None:
    code = 'def f():\n    """\n    ```\n    a\n    ```\n    """'
    assert es_star([fenced(code)], [code]) == [2.0]


def test_messages_and_parts_are_read_like_text() -> None:
    parts = [{"type": "text", "text": "```python\n"}, {"type": "text", "text": "x = 1\n```"}]
    completions = [
        [{"role": "assistant", "content": fenced("x = 1")}],
        [{"role": "assistant", "content": parts}],
        [{"role": "assistant", "content": None}],
        [],
    ]
    assert es_star(completions, ["x = 1"] * 4) == [2.0, 2.0, -2.0, -2.0]


def test_no_target_cannot_be_judged() -> None:
    assert es_star([fenced("x")], [None], prompts=["p"], trainer_state=None) == [None]


WELL_FORMED = [
    ("<think>a</think><answer>b</answer>", 1.0),
    ("a</think>\n\n<answer>b</answer>\n", 1.0),
    ("x < 1</think><answer></answer></answer>", 1.0),
    ("a</think> so <answer>b</answer>", -1.0),
    ("a</think><answer>b</answer> bye", -1.0),
    ("a<think></think><answer>b</answer>", -1.0),
    ("a</think></think><answer>b</answer>", -1.0),
    ("<answer>b</answer>", -1.0),
    ("a</think><answer></answer", -1.0),
    ("</think><answer>", -1.0),
    ("", -1.0),
]


@pytest.mark.parametrize(("completion", "value"), WELL_FORMED)
def test_format(completion: str, value: float) -> None:
    assert format([completion]) == [value]


def levenshtein(left: str, right: str) -> int:
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(right, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (a != b))
    return row[-1]


def test_values_are_the_published_ones() -> None:
    dice = random.Random(5)
    for _ in range(200):
        target = "\n".join(f"a{dice.randrange(9)} = f(b, {n})" for n in range(dice.randrange(1, 9)))
        code = "\n".join(line for line in target.split("\n") if dice.random() < 0.7) or "x = 1"
        likeness = 1 - levenshtein(code, target) / max(len(code), len(target))
        assert es_star([fenced(code)], [target])[0] == pytest.approx(3.5 * likeness - 1.5, abs=1e-9)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="a=1 \n\t#'\"\\f{}()\r", max_size=60))
def test_any_text_is_scored_within_bounds(text: str) -> None:
    value = es_star([fenced(text)], ["x = 1"])[0]
    assert value is not None
    assert -2 <= value <= 2
    assert es_star([fenced(text)], [text])[0] == (2.0 if parses(normalise(text)) else -2.0) or (
        "```" in text
    )


def functions() -> list[str]:
    """Functions of the standard library, as they are indented in their files."""
    found = []
    for path in sorted(Path(textwrap.__file__).parent.glob("*.py"))[::4]:
        source = path.read_text(encoding="utf-8")
        lines = source.split("\n")
        found += [
            "\n".join(lines[node.lineno - 1 : node.end_lineno])
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.FunctionDef)
        ]
    return found


@pytest.mark.filterwarnings("ignore")
def test_real_functions_keep_their_meaning() -> None:
    seen = 0
    for code in functions():
        try:
            wanted = ast.dump(ast.parse(textwrap.dedent(code)))
        except SyntaxError:  # a string that reaches to the left
            continue
        seen += 1
        assert ast.dump(ast.parse(normalise(code))) == wanted, code
        if sys.version_info < (3, 12):
            assert by_pattern(code).strip("\n").rstrip() == by_tokens(code).strip("\n").rstrip()
        assert "\n\n" not in normalise(code) or "'''" in code or '"""' in code
    assert seen > 500
