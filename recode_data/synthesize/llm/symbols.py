"""Signatures and docstrings of a change's names, from the real old and new versions.

A probe runs in both environments, sandboxed like any other code, and what it finds is kept
in the workspace: a prompt can be written again, to the letter, without the environments.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.version import Version
from pydantic import ConfigDict, TypeAdapter

from recode_data.errors import EnvironmentFailed, NetworkError, NoSuchVersion
from recode_data.library import Library
from recode_data.progress import Progress
from recode_data.records import Change, Environment, Run, Symbol
from recode_data.synthesize.llm.prompts import quotable
from recode_data.workspace import Workspace
from recode_data.workspace.llm import known_symbols

if TYPE_CHECKING:
    from recode_data.execute import Job

MAX_DOC = 700
_ROW = TypeAdapter(tuple[str, bool, str, str, str], config=ConfigDict(strict=True))
"""What the probe prints of a name; the library that it asks may print anything."""
MAX_NAMES = 6
"""Names of one change that are looked up."""
PER_PROBE = 40
"""Names in one run of the probe, so that its output stays far below the runner's cap."""

_PROBE = """\
import importlib, inspect, json, warnings
warnings.simplefilter("ignore")
def find(name):
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:cut]))
        except Exception:
            continue
        for part in parts[cut:]:
            found = getattr(found, part)
        return found
    raise AttributeError(name)
def tell(name):
    try:
        found = find(name)
    except Exception:
        return [False, "", "", ""]
    try:
        signature = str(inspect.signature(found))
    except Exception:
        signature = ""
    doc = inspect.getdoc(found) if callable(found) else ""
    return [True, type(found).__name__, signature[:300], (doc or "")[:MAX_DOC]]
for name in NAMES:
    print(json.dumps([name] + tell(name)))
"""


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
    from recode_data.execute import Executor, resolve

    work: list[Job] = []
    for version, names in sorted(wanted.items()):
        missing = sorted(names - set(known_symbols(workspace, library.name, version, names)))
        if not missing:
            continue
        try:
            environment = resolve(library, version)
        except (NoSuchVersion, EnvironmentFailed, NetworkError) as error:
            progress.say(f"{library.name} {version}: prompts without signatures, {error.message}")
            continue
        groups = [missing[at : at + PER_PROBE] for at in range(0, len(missing), PER_PROBE)]
        work += [_job(environment, group) for group in groups]
    if not work:
        return
    with Executor(jobs=jobs) as executor, progress.task("look up symbols", len(work)) as task:
        for job, run in executor.run(work):
            workspace.add(_read(job.environment, run))
            task.advance()


def _job(environment: Environment, names: list[str]) -> Job:
    from recode_data.execute import Job

    code = f"NAMES = {names!r}\nMAX_DOC = {MAX_DOC}\n{_PROBE}"
    return Job(code=code, environment=environment, trace=(), timeout=60.0)


def _read(environment: Environment, run: Run) -> list[Symbol]:
    found = []
    for line in run.stdout.splitlines():
        try:
            name, exists, kind, signature, doc = _ROW.validate_json(line)
        except ValueError:  # a library that prints, or the end of capped output
            continue
        found.append(
            Symbol(
                environment.library,
                environment.version,
                name,
                exists,
                quotable(kind, 40),
                quotable(re.sub(r" at 0x[0-9a-f]+", "", signature), 300),
                quotable(doc, MAX_DOC),
            )
        )
    return found
