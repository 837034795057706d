"""Definitions of libraries that nobody has written: derived from the package index.

``define("pillow")`` reads what is written of a library and derives the rest; a definition with
``matrix``, ``sources`` and ``usage`` is whole, and the index is not asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from packaging.utils import canonicalize_name

from recode_data.definition.check import check_imports, unmatched
from recode_data.definition.derive import derive
from recode_data.definition.text import WHOLE, commented
from recode_data.definition_files import known
from recode_data.errors import NetworkError, NoSuchVersion, RecodeError, UnknownLibrary, nearest
from recode_data.execute import resolve
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
