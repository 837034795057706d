"""What a completion is: a text, or the messages of a chat; and the code that is in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Completion: TypeAlias = str | Sequence[Mapping[str, Any]]
"""A completion as TRL hands it over: its text, or a list of chat messages."""

_FLUSH = re.compile(r"```python[ \t]*\n(?:(.*?)\n)?```", re.DOTALL)
_INDENTED = re.compile(r"```python[ \t]*\n(?:(.*?)\n)?[ \t]*```", re.DOTALL)


def text_of(completion: Completion) -> str:
    """Return the text of a completion: of a chat, what its last message says."""
    if isinstance(completion, str):
        return completion
    if not completion:
        return ""
    content = completion[-1].get("content") or ""
    if isinstance(content, str):
        return content
    return "".join(part.get("text") or "" for part in content)


def code_of(completion: Completion) -> str | None:
    """Return the first block fenced as ``python``, or None where there is no such block.

    Lines end in ``\\n`` whatever they ended in. A fence that closes at the start of a line
    is preferred, because an indented one may belong to a docstring.
    """
    text = text_of(completion).replace("\r\n", "\n").replace("\r", "\n")
    block = _FLUSH.search(text) or _INDENTED.search(text)
    return None if block is None else block[1] or ""
