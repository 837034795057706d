"""recode-data: data sets of library API updates in which every example was executed.

An `Entry` is one migration: ``old_code``, ``update_info`` (what the release notes say), and
``new_code``. A `Verdict` says what running both codes on both versions proved. A
`Workspace` is a folder that holds all of it, with where it came from and how each run ended.

Look at a workspace
-------------------

``recode-data build numpy`` makes one; here it is made by hand.

>>> import tempfile
>>> from recode_data import Entry, Verdict, Workspace
>>> entry = Entry("numpy", "==2.0.0", "Find members.", "`np.in1d` is gone: use `np.isin`.",
...               "import numpy as np\\nprint(np.in1d([1], [1]))",
...               "import numpy as np\\nprint(np.isin([1], [1]))")
>>> folder = tempfile.mkdtemp()
>>> with Workspace.open(folder) as workspace:
...     new = workspace.add([entry, Verdict(entry.id, "1", "valid", "ok", "breaking")])
>>> workspace = Workspace.open(folder, read_only=True)
>>> table = workspace.entries(status="valid")           # pandas; entries_arrow: Arrow
>>> table[["dependency", "kind"]].values.tolist()
[['numpy', 'breaking']]
>>> workspace.all(Verdict)[0].reason
'ok'
>>> workspace.close()

Build a data set
----------------

The steps of ``recode-data build`` are functions. Each returns a `Summary`, goes on where an
earlier call ended, and tells a ``progress`` function how far it is::

    from recode_data import dedup, export, scrape, synthesize, validate
    scrape(["networkx"], "workspace")
    synthesize(["networkx"], "workspace", limit=50)
    judged = validate(["networkx"], "workspace", progress=lambda name, done, total: None)
    print(judged.went_out, judged.dropped.most_common(3))
    dedup("workspace")
    export("dataset", "workspace")

Judge entries of your own
-------------------------

`validate_entries` runs them in the sandbox, in environments pinned to the versions::

    [verdict] = validate_entries([entry])
    print(verdict.status, verdict.kind, verdict.detail)

Pay a model's answer
--------------------

Every reward in `recode_data.rewards` takes completions and the columns of the data set, as
TRL calls it, and returns a number a completion, or None where it cannot judge.

>>> from recode_data import rewards
>>> answer = f"```python\\n{entry.new_code}\\n```"
>>> rewards.migration([answer], target=[entry.new_code], old_code=[entry.old_code])
[1.0]
>>> rewards.es_star([answer], target=[entry.new_code])
[2.0]

Read a training run
-------------------

`training_curves` returns what ``recode-data train`` logged as a table, a row a step.

Definitions of libraries
------------------------

>>> import recode_data
>>> recode_data.load_library("numpy").matrix[-1] > "2"
True

Deeper: `recode_data.judge` (the judge), `recode_data.execute` (environments and sandbox),
`recode_data.publish` (splits, card, Hub), `recode_data.errors` (every failure). All that a user
can do wrong is a `RecodeError` with a ``message`` and a ``tip``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from recode_data.errors import RecodeError
    from recode_data.judge.entries import validate_entries
    from recode_data.library import Library, load_library
    from recode_data.progress import Summary
    from recode_data.records import Change, Entry, Environment, ReleaseNote, Run, Verdict
    from recode_data.report.curves import training_curves
    from recode_data.steps import dedup, export, scrape, synthesize, validate
    from recode_data.workspace import Workspace

_HOMES = {
    "Change": "records",
    "Entry": "records",
    "Environment": "records",
    "Library": "library",
    "RecodeError": "errors",
    "ReleaseNote": "records",
    "Run": "records",
    "Summary": "progress",
    "Verdict": "records",
    "Workspace": "workspace",
    "dedup": "steps",
    "export": "steps",
    "load_library": "library",
    "scrape": "steps",
    "synthesize": "steps",
    "training_curves": "report.curves",
    "validate": "steps",
    "validate_entries": "judge.entries",
}

__all__ = [
    "Change",
    "Entry",
    "Environment",
    "Library",
    "RecodeError",
    "ReleaseNote",
    "Run",
    "Summary",
    "Verdict",
    "Workspace",
    "dedup",
    "export",
    "load_library",
    "scrape",
    "synthesize",
    "training_curves",
    "validate",
    "validate_entries",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that the command line starts fast."""
    if name not in _HOMES:
        raise AttributeError(f"module 'recode_data' has no attribute {name!r}")
    return getattr(importlib.import_module(f"recode_data.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
