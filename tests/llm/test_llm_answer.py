"""What is found in an answer, and what is said about one that is of no use."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recode_data.llm.answer import MAX_ANSWER, Unusable, not_python, read_answer

GOOD = {
    "possible": True,
    "why_not": "",
    "description": "Adds two numbers.",
    "old_code": "import numpy as np\nprint(np.in1d([1], [1]))",
    "new_code": "import numpy as np\nprint(np.isin([1], [1]))",
}
TEXT = json.dumps(GOOD)


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        f"```json\n{TEXT}\n```",
        f"```\n{TEXT}\n```",
        f"Here it is:\n\n{TEXT}\n\nI hope this helps {{smile}}!",
        f'<think>first {{"description": 1}} then</think>\n{TEXT}',
        f"<think>the model forgot to close it</think><think>again {TEXT}</think> {TEXT}",
        json.dumps(GOOD, indent=2),
        TEXT.replace("\\n", "\n"),  # raw newlines inside the strings
        json.dumps({**GOOD, "confidence": 3}),
        json.dumps({**GOOD, "old_code": f"```python\n{GOOD['old_code']}\n```"}),
        json.dumps({"description": "a draft", "old_code": "", "new_code": ""}) + TEXT,
        "\ufeff" + TEXT + "\x00",
        json.dumps(TEXT),  # as a text of JSON
        json.dumps({"name": "answer", "parameters": GOOD}),
        json.dumps({"name": "answer", "arguments": TEXT}),
        json.dumps({**GOOD, "why_not": None, "new_version": None, "possible": None}),
        f'A set is written as "{{1, 2}}": {TEXT}',
        f"<think>I know it: {TEXT}</think>",
        f"<think>I know it: {TEXT}",
    ],
)
def test_the_entry_is_found(text: str) -> None:
    answer = read_answer(text)
    assert answer.old_code == GOOD["old_code"]
    assert answer.new_code == GOOD["new_code"]
    assert answer.description == "Adds two numbers."


@pytest.mark.parametrize(
    ("text", "finish", "reason"),
    [
        ("", "stop", "empty"),
        ("   \n", "stop", "empty"),
        ("<think>and so on without an end", "stop", "no_json"),
        ("I cannot help with that.", "stop", "no_json"),
        ("", "refusal", "refused"),
        ("", "content_filter", "refused"),
        (TEXT[:60], "length", "truncated"),
        (f"<think>a draft {TEXT}", "length", "truncated"),
        (json.dumps({"possible": None, "description": None}), "stop", "wrong_schema"),
        (TEXT[:60], "stop", "no_json"),
        ("", "too_long", "too_long"),
        ("x" * (MAX_ANSWER + 1), "stop", "too_long"),
        ('{"answer": 42}', "stop", "no_json"),
        ('{"description": ["a"], "old_code": 3}', "stop", "wrong_schema"),
        (json.dumps({**GOOD, "new_code": ""}), "stop", "wrong_schema"),
        (json.dumps({**GOOD, "description": " "}), "stop", "wrong_schema"),
        (json.dumps({**GOOD, "old_code": "x = 1\n" * 9_000}), "stop", "wrong_schema"),
        (json.dumps({"possible": False, "why_not": "C only"}), "stop", "declined"),
        (json.dumps({**GOOD, "old_code": "fn main() {}"}), "stop", "not_python"),
        (json.dumps({**GOOD, "old_code": "print 'x'"}), "stop", "not_python"),
        (json.dumps({**GOOD, "old_code": "a\x00b"}), "stop", "not_python"),
        (json.dumps({**GOOD, "old_code": "(" * 3_000 + ")" * 3_000}), "stop", "not_python"),
        (json.dumps({**GOOD, "new_code": "# same\n" + str(GOOD["old_code"])}), "stop", "identical"),
        ("{" * 100_000, "stop", "no_json"),
        ('{"a":' * 30_000, "stop", "no_json"),
        ("[" * 100_000 + TEXT[:-3], "stop", "no_json"),
    ],
)  # fmt: skip
def test_what_is_of_no_use_says_why(text: str, finish: str, reason: str) -> None:
    with pytest.raises(Unusable) as raised:
        read_answer(text, finish)
    assert raised.value.reason == reason
    assert raised.value.text


def test_a_refusal_is_not_asked_again() -> None:
    with pytest.raises(Unusable) as raised:
        read_answer("", "refusal")
    assert not raised.value.mendable


def test_an_odd_escape_is_python() -> None:
    assert not_python(r"x = '\d'") == ""


@given(st.text())
def test_no_answer_breaks_the_reader(text: str) -> None:
    for finish in ("stop", "length", "refusal"):
        with pytest.raises(Unusable):
            read_answer(text, finish)


@given(st.text(), st.text(), st.text())
def test_prose_around_an_answer_does_not_hide_it(before: str, after: str, aside: str) -> None:
    text = f"{before.replace('<', '')}<think>{aside.replace('<', '')}</think>{TEXT}"
    assert read_answer(text + after.replace("{", "")).new_code == GOOD["new_code"]
