"""People's decisions about entries: a local web page, and what reviewers agree on."""

from __future__ import annotations

from recode_data.review.decisions import REASONS, Filters, decide, next_entry
from recode_data.workspace.reviews import Agreement, agreements

__all__ = ["REASONS", "Agreement", "Filters", "agreements", "decide", "next_entry"]
