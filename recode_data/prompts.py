"""What a model is asked: one migration, with the update that makes it necessary.

Training, evaluation and the verl export ask in the same words, so that what was learned
is what is measured. The parts and their order are those of ReCode (arXiv 2506.20495,
appendix): library and version, the update, the old code, then how to answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import Literal, TypeAlias, TypedDict

from recode_data.answers import fenced

Style: TypeAlias = Literal["reasoning", "answer"]


class Message(TypedDict):
    """One turn of a conversation, as chat templates take it."""

    role: str
    content: str


SYSTEM = (
    "You migrate Python code to another version of a library. "
    "You are given what changed in that version and code written before it."
)
FORMAT: dict[Style, str] = {
    "reasoning": (
        "Think first, between <think> and </think>. Then write the whole migrated program "
        "between <answer> and </answer>, as one ```python block."
    ),
    "answer": "Write the whole migrated program as one ```python block, and nothing else.",
}


def messages(
    entry: Mapping[str, str],
    style: Style = "reasoning",
    description: bool = False,
    update: bool = True,
) -> list[Message]:
    """Return the conversation that asks for the migration of ``entry``.

    ``entry`` holds ReCode's fields; ``new_code`` is never shown. ``style`` says whether to
    reason before the answer, ``description`` whether to say what the code does, and
    ``update`` whether to tell what changed, which an evaluation may leave out.
    """
    version = entry["new_version"].removeprefix("==")
    parts = [f"{entry['dependency']} changed in version {version}{':' if update else '.'}"]
    if update:
        parts.append(f"<doc>\n{entry['update_info'].strip()}\n</doc>")
    if description and entry.get("description"):
        parts.append(f"What the code does: {entry['description'].strip()}")
    parts += [
        f"Code written for an older version:\n```python\n{entry['old_code'].strip()}\n```",
        FORMAT[style],
    ]
    return [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": "\n\n".join(parts)},
    ]


def phrases(style: Style = "reasoning", description: bool = False) -> list[str]:
    """Return the fixed texts between what `messages` and `answer` fill in."""
    hole = "\0"
    names = ("dependency", "new_version", "description", "update_info", "old_code")
    entry = dict.fromkeys(names, hole)
    texts = [answer(hole, style, hole)]
    for update in (True, False):
        texts += [said["content"] for said in messages(entry, style, description, update)]
    return sorted({part for text in texts for part in text.split(hole) if len(part) > 1})


def answer(code: str, style: Style = "reasoning", thought: str = "") -> str:
    """Return what a model should have answered: the target of supervised fine-tuning.

    ``thought`` is what it says before the answer where ``style`` asks for that; see `thought`.
    """
    block = fenced(code.strip())
    if style == "answer":
        return block
    return f"<think>\n{thought}\n</think>\n<answer>\n{block}\n</answer>"


def thought(entry: Mapping[str, str]) -> str:
    """Return what there is to think about ``entry``: what the update says, which lines of the
    old code it touches, and what becomes of them.

    >>> print(thought({"dependency": "numpy", "new_version": "==2.0", "update_info": "Gone.",
    ...                "old_code": "a = 1\\nb(a)", "new_code": "a = 1\\nc(a)"}))
    numpy 2.0: Gone.
    Line 2 is touched:
    - b(a)
    + c(a)
    """
    version = entry["new_version"].removeprefix("==")
    said = re.sub(r"</?(think|answer)>", "", entry["update_info"]).strip().split("\n\n")[0]
    old, new = (entry[name].strip().split("\n") for name in ("old_code", "new_code"))
    touched, lines = [], []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            touched += [str(a + 1)] if b - a < 2 else [f"{a + 1} to {b}"]
            lines += [f"- {line}" for line in old[a:b]] + [f"+ {line}" for line in new[c:d]]
    several = len(touched) > 1 or any(" to " in place for place in touched)
    verb = "are" if several else "is"
    where = f"Line{'s' if several else ''} {', '.join(touched)} {verb} touched:"
    return "\n".join([f"{entry['dependency']} {version}: {said}", where, *lines])
