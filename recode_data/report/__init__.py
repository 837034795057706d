"""One HTML file that shows what a workspace holds: every plot with its table."""

from __future__ import annotations

from recode_data.report.curves import training_curves
from recode_data.report.page import write_report

__all__ = ["training_curves", "write_report"]
