"""Options that several commands share, flag before ``RECODE_DATA_*`` before default, and the names
that they may take, held against what there is before any work."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from recode_data.errors import UnknownName, UsageError, nearest, one_of

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


if TYPE_CHECKING:
    from recode_data.workspace import Workspace


def check_statuses(status: str) -> None:
    """Raise `UsageError` unless ``status`` is a verdict's status or reason, or ``unjudged``."""
    from recode_data.judge.finding import REASONS
    from recode_data.records import VerdictStatus

    one_of("--status", status, (*get_args(VerdictStatus), "unjudged", *REASONS))


def check_update_kind(kind: str) -> None:
    """Raise `UsageError` unless ``kind`` is a kind of update that the judge finds."""
    from recode_data.records import UpdateKind

    one_of("--kind", kind, [name for name in get_args(UpdateKind) if name])


def check_change_kinds(kinds: Iterable[str]) -> None:
    """Raise `UsageError` unless all of ``kinds`` are kinds of a change in a note."""
    from recode_data.records import ChangeKind

    for kind in kinds:
        one_of("--kind", kind, get_args(ChangeKind))


def check_rules_reasons(reasons: Iterable[str]) -> None:
    """Raise `UsageError` unless all of ``reasons`` are ones for which rules write nothing."""
    from recode_data.reasons import Reason

    for reason in reasons:
        one_of("--reason", reason, Reason.of_stage("synthesize-rules"))


def check_library(workspace: Workspace, name: str) -> None:
    """Raise `UnknownName` when a workspace that has entries has none of library ``name``."""
    from recode_data.workspace.entries import entry_libraries

    known = {library.lower(): library for library in entry_libraries(workspace)}
    if name and name.lower() not in known:
        tip = f"the libraries are: {', '.join(known.values())}" if known else "it has no entry yet"
        raise UnknownName(
            f"no entry in {workspace.folder} is of the library {name!r}",
            nearest(name.lower(), known) or tip,
        )


def check_repository(name: str) -> None:
    """Raise `UsageError` unless the Hub can have a repository ``ORG/NAME`` or ``NAME``."""
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    try:
        validate_repo_id(name)
    except HFValidationError as error:
        raise UsageError(
            f"{name!r} is no name of a repository on the Hub",
            "ORG/NAME of letters, digits, '-', '_' and '.', as in me/api-updates",
        ) from error
