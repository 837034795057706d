"""Signatures and docstrings of a change's names, from the real old and new versions.

They are looked up in both environments, in the sandbox, and what is found is kept in the
workspace: a prompt can be written again, to the letter, without the environments.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.version import Version

from recode_data.errors import EnvironmentFailed, NetworkError, NoSuchVersion
from recode_data.library import Library
from recode_data.llm.prompts import quotable
from recode_data.progress import Progress
from recode_data.records import Change, Environment, Symbol
from recode_data.workspace import Workspace
from recode_data.workspace.llm import known_symbols

if TYPE_CHECKING:
    from recode_data.api.schema import Details

MAX_DOC = 700
MAX_NAMES = 6
"""Names of one change that are looked up."""


def version_pair(library: Library, change: Change, flip: str = "") -> tuple[str, str]:
    """Return the versions of the matrix around a change: the last before, the first with it.

    ``flip`` is where the change was observed, which counts for more than the note.
    The older one is empty when the matrix begins with the change.
    """
    since = Version(flip or change.version)
    matrix = sorted(library.matrix, key=Version)
    before = [version for version in matrix if Version(version) < since]
    after = [version for version in matrix if Version(version) >= since]
    return (before[-1] if before else ""), (after[0] if after else flip or change.version)


def names_of(library: Library, change: Change) -> list[str]:
    """Return the full paths that a change names, its own symbols first."""
    text = change.text
    for alias, package in library.aliases.items():
        text = re.sub(rf"\b{re.escape(alias)}\.(?=[A-Za-z_])", f"{package}.", text)
    told = re.findall(rf"\b{re.escape(library.package)}(?:\.[A-Za-z_]\w*)+", text)
    names = dict.fromkeys((change.old_symbol, change.new_symbol, *told))
    return [name for name in names if name not in ("", library.package)][:MAX_NAMES]


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
        quotable(told["signature"], 300),
        quotable(told["text"], MAX_DOC),
    )
