"""The code in what a model wrote."""

from __future__ import annotations

import ast
import re
import warnings

from recode_data.rewards.completions import code_of

_ANY_FENCE = re.compile(r"```[^\n`]*\n(.*?)\n[ \t]*```", re.DOTALL)
_OPEN_FENCE = re.compile(r"```(?:python|py)?[ \t]*\n(.*)\Z", re.DOTALL)


def solution_of(text: str) -> str:
    """Return the program that a completion hands in, or an empty string.

    What stands before ``</think>`` is reasoning; of the rest the first Python block counts,
    else the first block of any kind, one that was cut off by the limit on length, or the
    whole text where that is a program.
    """
    text = text.replace("\r\n", "\n").rpartition("</think>")[2]
    if "<answer>" in text:
        text = text.partition("<answer>")[2].partition("</answer>")[0]
    code = code_of(text)
    if code is not None:
        return code
    for fence in (_ANY_FENCE, _OPEN_FENCE):
        if block := fence.search(text):
            return block[1]
    return text if body_of(text) else ""


def body_of(text: str) -> list[ast.stmt]:
    """Return a program's statements, none for what is no program."""
    try:
        with warnings.catch_warnings():  # what a model wrote may be odd and still run
            warnings.simplefilter("ignore")
            return ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
