"""Real usage of a library, found in its own docstrings, documentation and tests, and cut
to small programs that print what they compute."""

from __future__ import annotations

from recode_data.usage.example import Example, Snippet
from recode_data.usage.harvest import harvest
from recode_data.usage.slicing import Target, snippets

__all__ = ["Example", "Snippet", "Target", "harvest", "snippets"]
