"""People's decisions about entries: a local web page, and what reviewers agree on."""

from __future__ import annotations

from recode_data.review.decisions import REASONS, decide
from recode_data.workspace.reviews import Agreement, Filters, agreements, next_entry

__all__ = ["REASONS", "Agreement", "Filters", "agreements", "decide", "next_entry"]
