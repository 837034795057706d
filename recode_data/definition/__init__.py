"""What a person may name to be built, and definitions of libraries that nobody has written.

``define("pillow")`` reads what is written of a library and derives the rest; a definition with
``matrix``, ``sources`` and ``usage`` is whole, and the index is not asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from recode_data.definition.check import check_imports, unmatched
from recode_data.definition.derive import derive
from recode_data.definition.text import WHOLE, commented
from recode_data.definition_files import known
from recode_data.errors import (
    NetworkError,
    NoSuchVersion,
    RecodeError,
    UnknownLibrary,
    UsageError,
    nearest,
)
from recode_data.execute import resolve
from recode_data.execute.building import built, cloned
from recode_data.index import distributions
from recode_data.library import (
    Library,
    Table,
    declarations,
    derived_definitions,
    know_derived,
    known_libraries,
    load_library,
    written_definition,
)
from recode_data.progress import Progress
from recode_data.requirements import distribution_of
from recode_data.unreleased import FOLDER, keep, unreleased

__all__ = ["define", "define_missing", "definition_text"]


def define(
    name: str, progress: Progress, workspace: Path | None = None, anew: bool = False
) -> Library:
    """Return the definition of a library, what is written of it over what is derived.

    ``name`` is a distribution's name, or the path of a ``.toml``. What ``workspace`` keeps of
    earlier runs is used as it is; with ``anew`` it is derived again, for what came out since,
    and is used only where the index does not answer; what a person has written is then held
    against the library (see `recode_data.definition.check`). Raises `UnknownLibrary` where the
    index has no such distribution, `UsageError` and `BadFile` for a wrong name or file, and
    what `derive` raises.
    """
    folder = workspace / "libraries" if workspace is not None else None
    if folder is not None:
        known.look_in(folder)
    path, table = written_definition(name)
    whole = path is not None and table.keys() >= WHOLE
    if not whole:
        _complete(str(table.get("name", name)), table, progress, folder, anew)
    library = load_library(name)
    if anew and path is not None and declarations() not in path.resolve().parents:
        if whole and library.import_name:
            check_imports(library)
        for line in unmatched(library):
            progress.say(line)
    return library


def define_missing(dependencies: Iterable[str], progress: Progress, workspace: Path) -> None:
    """Derive the definitions of the libraries of these names that have none.

    A name may be that of an import, ``bs4``, where a distribution that provides it is
    installed here. One that the index does not know, or whose definition cannot be derived, is
    said and left without.
    """
    known.look_in(workspace / "libraries")
    for name in dependencies:
        if Library.matching(name) is None:
            try:
                define(distribution_of(name), progress, workspace)
            except RecodeError as error:
                progress.say(f"{name}: {error.message}")


def _complete(name: str, table: Table, progress: Progress, folder: Path | None, anew: bool) -> None:
    """Have what is not written of a library derived, now or by an earlier run."""
    distribution = str(canonicalize_name(name))
    kept = derived_definitions().get(distribution) if folder is not None else None
    if (kept is None or anew) and (found := _derived(distribution, progress, table, kept)):
        know_derived(distribution, found)


def definition_text(name: str, progress: Progress) -> str:
    """Return the definition of a library as commented TOML, for a person to correct.

    Raises what `define` raises.
    """
    path, table = written_definition(name)
    distribution = str(canonicalize_name(str(table.get("name", name))))
    know_derived(distribution, _derived(distribution, progress, table, None))
    library = load_library(name)
    derived = library.model_dump(exclude_defaults=True) | {"name": library.name}
    return commented(derived, _pins(library), table if path is not None else {})


def _derived(name: str, progress: Progress, given: Table, kept: Table | None) -> Table:
    """Return what is derived of a distribution now, or what is kept where nothing answers.

    A definition with a matrix does without, where the index does not know the library or does
    not answer: it may be somebody's own.
    """
    progress.say(f"{name}: deriving its definition from the package index")
    try:
        return derive(name, progress, given)
    except NetworkError as error:
        if kept is None and "matrix" not in given:
            raise
        last = "the definition of the last run" if kept else "what is written of it"
        progress.say(f"{name}: {error.message}: {last} is used")
        return kept or {}
    except NoSuchVersion as error:
        if index_has(name):
            raise
        if "matrix" in given:
            progress.say(f"{name}: {error.message}: what is written of it is used")
            return {}
        guess = nearest(name, known_libraries())
        raise UnknownLibrary(error.message, guess or error.tip) from error


def index_has(name: str) -> bool:
    """Tell whether the package index has a distribution of that name."""
    try:
        return bool(distributions(name))
    except NoSuchVersion:
        return False


def _pins(library: Library) -> dict[str, Table]:
    """Return the Python and the day that each version of the matrix is run with."""
    found: dict[str, Table] = {}
    for version in library.matrix:
        with suppress(NoSuchVersion):
            environment = resolve(library, version)
            pin = {"python": environment.python, "until": environment.until}
            found[version] = {key: value for key, value in pin.items() if value}
    return found


_RANGE = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<first>[^.\s]+(?:\.[^.\s]+)*)\.\.(?P<last>\S+)")


def take(target: str, workspace: Path, say: Callable[[str], None], new: Path | None = None) -> str:
    """Return the name of the library that ``target`` means, its unreleased version kept in the
    workspace where it has one.

    ``target`` is a name or a ``.toml`` file, which are returned as they are; the path of a
    project (``./mylib``); or ``NAME==FIRST..git+https://…@branch``, a branch against the
    releases from ``FIRST`` on. ``new`` is a wheel that becomes the newest version of a library
    that is named. ``say`` is told what is run where before it is.

    Raises `UsageError` for what is none of these, `BadFile` for what is no wheel,
    `EnvironmentFailed` where the project cannot be built.
    """
    folder = workspace / FOLDER
    ranged = _RANGE.fullmatch(target)
    if new is not None:
        if ranged or is_path(target):
            raise UsageError(
                "--new gives the newest version, and so does the target",
                "name the library: recode-data build NAME --new dist/NAME-2.0-py3-none-any.whl",
            )
        return _kept(folder, [new], target, "", say)
    if ranged:
        first = _first(ranged["first"])
        if not ranged["last"].startswith("git+"):
            raise UsageError(
                f"{ranged['last']!r} is no address of a repository",
                "recode-data build 'NAME==1.2..git+https://host/owner/project@branch'",
            )
        with ExitStack() as stack:
            project = stack.enter_context(cloned(ranged["last"], say))
            files = stack.enter_context(built(project, say))
            return _kept(folder, files, ranged["name"], first, say)
    if is_path(target) and Path(target).is_dir():
        with built(Path(target), say) as files:
            return _kept(folder, files, "", "", say)
    return target


def is_path(target: str) -> bool:
    """Tell whether a target is written as the path of a project and not as a name: ``mylib``
    is a name, ``./mylib`` is not."""
    if target.endswith(".toml") and not Path(target).is_dir():
        return False
    return target in (".", "..") or "/" in target or "\\" in target


def _first(text: str) -> str:
    try:
        return str(Version(text))
    except InvalidVersion as error:
        raise UsageError(f"{text!r} is no version", "NAME==1.2..git+https://…@branch") from error


def _kept(
    folder: Path, files: list[Path], name: str, first: str, say: Callable[[str], None]
) -> str:
    _, table = written_definition(name) if name else (None, {})
    found = keep(folder, files, first, table.get("name", name))
    unreleased.look_in(folder)
    say(f"{found.name} {found.version}: kept in {folder} and compared as the newest version")
    return name or found.name
