"""The command for people: review."""

from __future__ import annotations

import getpass
import json
import sys
from typing import TYPE_CHECKING, Annotated, get_args, get_type_hints

import typer

from recode_data.cli.app import app
from recode_data.cli.options import (
    JOBS,
    TIMEOUT,
    WORKSPACE,
    JobsOption,
    JsonOption,
    TimeoutOption,
    WorkspaceOption,
)

if TYPE_CHECKING:
    from recode_data.workspace import Workspace


@app.command()
def review(  # noqa: PLR0917
    workspace: WorkspaceOption = WORKSPACE,
    reviewer: Annotated[
        str, typer.Option(envvar="RECODE_DATA_REVIEWER", help="Who decides; your login by default.")
    ] = "",
    library: Annotated[str, typer.Option(help="Only entries of this library.")] = "",
    kind: Annotated[str, typer.Option(help="Only this kind of update: breaking, …")] = "",
    engine: Annotated[str, typer.Option(help="Only entries of this engine.")] = "",
    status: Annotated[str, typer.Option(help="Only this verdict.")] = "valid",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    show: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    agreement: Annotated[
        bool, typer.Option("--agreement", help="Only print how far the reviewers agree.")
    ] = False,
    as_json: JsonOption = False,
    jobs: JobsOption = JOBS,
    timeout: TimeoutOption = TIMEOUT,
) -> None:
    """Show entries one by one in a local web page and keep what you decide.

    Example: recode-data review --reviewer ada --library numpy
    """
    from recode_data.cli.options import (
        check_library,
        check_statuses,
        check_update_kind,
    )
    from recode_data.errors import UsageError, one_of
    from recode_data.records import Entry
    from recode_data.review import Filters
    from recode_data.review.app import serve
    from recode_data.workspace import Workspace

    if reviewer and not reviewer.strip():
        raise UsageError("a reviewer needs a name", "leave --reviewer away to be your login")
    check_statuses(status)
    check_update_kind(kind)
    one_of("--engine", engine, get_args(get_type_hints(Entry)["engine"]))
    if agreement:
        with Workspace.open_to_look(workspace) as opened:
            _print_agreement(opened, as_json)
        return
    with Workspace.open(workspace, create=False) as opened:
        check_library(opened, library)
        serve(
            opened,
            reviewer or _login(),
            Filters(library, kind, engine, status),
            port,
            jobs=jobs,
            timeout=timeout,
            ready=lambda address: _tell(address, show),
        )


def _print_agreement(workspace: Workspace, as_json: bool) -> None:
    from recode_data.review import agreements

    pairs = agreements(workspace)
    if not pairs:
        print("no two people have decided on the same entry yet", file=sys.stderr)
    for pair in pairs:
        if as_json:
            print(json.dumps(vars(pair)))
            continue
        kappa = "not defined" if pair.kappa is None else f"{pair.kappa:.3f}"
        names = f"{pair.first} and {pair.second}"
        print(f"{names}: {pair.same} of {pair.entries} the same, Cohen's kappa {kappa}")


def _tell(address: str, show: bool) -> None:
    print(address, flush=True)
    print("stop with Ctrl-C; every decision is kept at once", file=sys.stderr)
    if show:
        import webbrowser

        webbrowser.open(address)


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without a user
        return "reviewer"
