"""Signatures and docstrings of a change's names, from the real old and new versions.

They are looked up in both environments, in the sandbox, and what is found is kept in the
workspace: a prompt can be written again, to the letter, without the environments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from recode_data.errors import EnvironmentFailed, NetworkError, NoSuchVersion
from recode_data.library import Library
from recode_data.llm.prompts import quotable
from recode_data.progress import Progress
from recode_data.records import Environment, Symbol
from recode_data.workspace import Workspace
from recode_data.workspace.llm import known_symbols

if TYPE_CHECKING:
    from recode_data.api.schema import Details

MAX_DOC = 40_000
MAX_SIGNATURE = 2_000


def look_up(
    workspace: Workspace,
    library: Library,
    wanted: dict[str, set[str]],
    jobs: int,
    progress: Progress,
) -> None:
    """Fill the workspace with what each name is in each version (version → names).

    A version that cannot be installed is said, and its names stay unknown.
    """
    from recode_data.api.symbols import details_of
    from recode_data.execute import Executor, resolve

    work: dict[Environment, list[str]] = {}
    for version, names in sorted(wanted.items()):
        if not version:
            continue
        missing = sorted(names - set(known_symbols(workspace, library.name, version, names)))
        if not missing:
            continue
        try:
            work[resolve(library, version)] = missing
        except (NoSuchVersion, EnvironmentFailed, NetworkError) as error:
            progress.say(f"{library.name} {version}: prompts without signatures, {error.message}")
    if not work:
        return
    with Executor(jobs=jobs) as executor, progress.task("look up symbols", len(work)) as task:
        found = details_of(executor, work, jobs)
        for environment in work:
            told = found[environment.version].items()
            workspace.add(_symbol(environment, name, details) for name, details in told)
            task.advance()


def _symbol(environment: Environment, name: str, told: Details | None) -> Symbol:
    if told is None:
        return Symbol(environment.library, environment.version, name, False)
    return Symbol(
        environment.library,
        environment.version,
        name,
        True,
        quotable(told["type"], 40),
        quotable(told["signature"], MAX_SIGNATURE),
        quotable(told["text"], MAX_DOC),
    )
