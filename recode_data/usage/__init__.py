"""Real usage of a library, found in its own docstrings, documentation and tests, and cut
to small programs that print what they compute."""

from __future__ import annotations

from recode_data.synthesize.usage.example import Example, Snippet
from recode_data.synthesize.usage.harvest import harvest
from recode_data.synthesize.usage.slicing import Target, snippets

__all__ = ["Example", "Snippet", "Target", "harvest", "snippets"]
