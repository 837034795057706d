"""Entries written by a language model behind any OpenAI-compatible endpoint."""

from __future__ import annotations

from recode_data.llm.descriptions import rewrite_descriptions
from recode_data.llm.options import Author, Endpoint, Options, find_endpoint
from recode_data.llm.stage import Outcome, synthesize_llm

__all__ = [
    "Author",
    "Endpoint",
    "Options",
    "Outcome",
    "find_endpoint",
    "rewrite_descriptions",
    "synthesize_llm",
]
