"""Options that several commands share: flag, then ``RECODE_DATA_*``, then the default."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

WorkspaceOption = Annotated[
    Path,
    typer.Option(
        "--workspace", "-w", envvar="RECODE_DATA_WORKSPACE", help="Folder that holds all state."
    ),
]
JobsOption = Annotated[
    int,
    typer.Option(
        "--jobs", "-j", envvar="RECODE_DATA_JOBS", min=1, max=1024, help="Parallel workers."
    ),
]
TimeoutOption = Annotated[
    float,
    typer.Option(
        "--timeout", envvar="RECODE_DATA_TIMEOUT", min=0.1, help="Seconds for one run of a code."
    ),
]
LimitOption = Annotated[
    int | None, typer.Option("--limit", min=1, help="Stop after this many subjects.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout.")]
QuietOption = Annotated[
    bool, typer.Option("--quiet", "-q", envvar="RECODE_DATA_QUIET", help="No progress.")
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]

WORKSPACE = Path("workspace")
JOBS = os.cpu_count() or 1
TIMEOUT = 10.0
