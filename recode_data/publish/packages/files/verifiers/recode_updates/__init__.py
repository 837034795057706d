"""Library API updates for verifiers: one taskset, graded by execution.

`NullHarness` is what plays it where nothing else is said: a model that has no tools. verifiers'
own default is a shell, which could look into this package.
"""

from verifiers.v1.harnesses.null import NullHarness

from recode_updates.taskset import UpdatesTaskset

__all__ = ["NullHarness", "UpdatesTaskset"]
