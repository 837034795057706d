"""What a program does, in a sentence: from the library's own words about what it uses."""

from __future__ import annotations

import ast
import re

from recode_data.synthesize.rules.facts import Fact
from recode_data.synthesize.usage.documented import summary
from recode_data.synthesize.usage.example import Snippet

_ROLE = re.compile(r":[\w:]+:`~?([^`<]+)(?:<[^`]*>)?`")


def description(code: str, snippet: Snippet, old: Fact | None, new: Fact | None) -> str:
    """Return a sentence about ``code`` that names neither the old nor the new symbol's fate."""
    about = _about(snippet, old, new)
    where = _case(snippet)
    inputs = _inputs(code)
    sentence = about or "Compute the values shown below"
    if inputs:
        sentence += f", with {inputs}"
    if where:
        sentence += f" ({where})"
    return f"{sentence}, and print the result."


def _about(snippet: Snippet, old: Fact | None, new: Fact | None) -> str:
    """Return what the used symbol does, else what the example is about."""
    for fact in (new, old):
        if fact is not None and fact.kind in ("callable", "class", "property"):
            text = _clean(summary(fact.doc))
            if text and "deprecated" not in text.lower() and not text.startswith("Alias"):
                return text
    return _clean(snippet.summary)


def _case(snippet: Snippet) -> str:
    if snippet.place == "test":
        words = re.sub(r"^(test|check)_?", "", snippet.title)
        words = re.sub(r"_+", " ", words).strip()
        return f"the case of {words}" if len(words) > 3 and not words.isdigit() else ""
    prose = _clean(snippet.prose)
    return prose[:1].lower() + prose[1:] if 0 < len(prose) < 120 else ""


def _inputs(code: str) -> str:
    """Return how the program's inputs are made: its first literals and arrays."""
    found = []
    for node in ast.parse(code).body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            source = ast.unparse(node)
            if len(source) <= 60:
                found.append(f"`{source}`")
    return " and ".join(found[:2])


def _clean(text: str) -> str:
    text = _ROLE.sub(r"`\1`", text).replace("``", "`").strip()
    return text.rstrip(".:").strip() if len(text) < 220 else ""
