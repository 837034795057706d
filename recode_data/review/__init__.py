"""People's decisions about entries: a local web page, and what reviewers agree on."""

from __future__ import annotations

from recode_data.review.agreement import Agreement, agreements
from recode_data.review.decisions import REASONS, Filters, decide, next_entry

__all__ = ["REASONS", "Agreement", "Filters", "agreements", "decide", "next_entry"]
