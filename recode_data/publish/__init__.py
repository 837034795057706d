"""Stage 5: the unique valid entries as a data set: splits, card, Parquet, JSONL, Hub."""

from __future__ import annotations

from recode_data.publish.export import export, export_package, split_workspace
from recode_data.publish.hub import Target, push, push_workspace
from recode_data.publish.rows import published_rows
from recode_data.publish.splits import Configuration

__all__ = [
    "Configuration",
    "Target",
    "export",
    "export_package",
    "published_rows",
    "push",
    "push_workspace",
    "split_workspace",
]
