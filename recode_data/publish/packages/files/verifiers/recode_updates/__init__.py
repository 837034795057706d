"""Library API updates for verifiers: one taskset, graded by execution."""

from recode_updates.taskset import UpdatesTaskset

__all__ = ["UpdatesTaskset"]
