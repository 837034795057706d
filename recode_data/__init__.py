"""recode-data: executed, validated data sets of library API updates.

From a notebook:

>>> import recode_data
>>> recode_data.load_library("numpy").dependency
'numpy'

- `Workspace` holds everything that was scraped, written, run and judged;
  `Workspace.entries` returns the entries as a pandas or an Arrow table.
- `Entry`, `Change`, `Run`, `Verdict` are the records that flow through the stages.
- `load_library` reads a library's definition.
- `recode_data.rewards` are the rewards, `recode_data.validate.validate` is the judge,
  `recode_data.execute.Executor` runs code in a sandbox.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from recode_data.library import Library, load_library
    from recode_data.records import Change, Entry, Environment, ReleaseNote, Run, Verdict
    from recode_data.workspace import Workspace

_HOMES = {
    "Change": "records",
    "Entry": "records",
    "Environment": "records",
    "ReleaseNote": "records",
    "Run": "records",
    "Verdict": "records",
    "Library": "library",
    "load_library": "library",
    "Workspace": "workspace",
}

__all__ = [
    "Change",
    "Entry",
    "Environment",
    "Library",
    "ReleaseNote",
    "Run",
    "Verdict",
    "Workspace",
    "load_library",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that the command line starts fast."""
    if name not in _HOMES:
        raise AttributeError(f"module 'recode_data' has no attribute {name!r}")
    return getattr(importlib.import_module(f"recode_data.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
