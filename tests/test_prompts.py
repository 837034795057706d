"""The prompt shows the update and the old code, and never the answer."""

from __future__ import annotations

import re

import pytest

from recode_data.prompts import Style, answer, messages

ENTRY = {
    "dependency": "NumPy",
    "new_version": "==2.0.0",
    "description": "Tests membership.",
    "update_info": "`in1d` was replaced by `isin`.",
    "old_code": "import numpy as np\nprint(np.in1d([1], [1]))\n",
    "new_code": "import numpy as np\nprint(np.isin([1], [1]))  # SECRET\n",
}


@pytest.mark.parametrize("style", ["reasoning", "answer"])
def test_the_prompt_holds_the_update_and_the_old_code_only(style: Style) -> None:
    system, user = messages(ENTRY, style)
    assert (system["role"], user["role"]) == ("system", "user")
    for shown in ("NumPy", "version 2.0.0:", "`in1d` was replaced", "np.in1d([1], [1])"):
        assert shown in user["content"]
    assert "SECRET" not in user["content"]
    assert "Tests membership." not in user["content"]
    assert ("<think>" in user["content"]) == (style == "reasoning")


def test_the_description_is_shown_on_request() -> None:
    assert "Tests membership." in messages(ENTRY, description=True)[1]["content"]


def test_the_answer_is_in_the_format_that_the_prompt_asks_for() -> None:
    reasoned = answer(ENTRY["new_code"])
    assert re.fullmatch(r"<think>.+</think>\s*<answer>.+</answer>", reasoned, re.DOTALL)
    assert "SECRET\n```" in reasoned
    assert answer("x = 1", "answer") == "```python\nx = 1\n```"
