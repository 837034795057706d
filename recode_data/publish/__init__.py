"""Stage 5: the unique valid entries as a data set: splits, card, Parquet, JSONL, Hub."""

from __future__ import annotations

from recode_data.publish.export import Configuration, export

__all__ = ["Configuration", "export"]
