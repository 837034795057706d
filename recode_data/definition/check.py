"""Hold what a person has written against the library: globs that match nothing, and a package
that is not installed, lose everything and would do so in silence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress

from recode_data import index
from recode_data.definition.installed import read_installed
from recode_data.errors import RecodeError, UsageError, nearest
from recode_data.execute import ensure, resolve
from recode_data.library import Library
from recode_data.notes.sources.sdist import matches as in_source
from recode_data.notes.sources.sdist import member_names
from recode_data.usage.harvest import matches as in_usage


def check_imports(library: Library) -> None:
    """Raise `UsageError` where the newest version that can be installed does not have the
    package that the definition says one imports."""
    for version in reversed(library.matrix):
        try:
            installed = read_installed(ensure(resolve(library, version)))
        except RecodeError:
            continue  # the stage that needs this version tells of it
        require_package(library.name, library.package, installed.imports)
        return


def require_package(name: str, wanted: str, found: Iterable[str]) -> None:
    """Raise `UsageError` where a wheel of ``name`` with the packages ``found`` does not install
    ``wanted``. One that shows no package at all says nothing."""
    known = list(found)
    if known and not any(f"{wanted}.".startswith(f"{each}.") for each in known):
        listed = ", ".join(each for each in known if not each.startswith("_")) or ", ".join(known)
        raise UsageError(
            f"{name} installs no package {wanted!r}", f"import_name is one of: {listed}"
        )


def unmatched(library: Library) -> Iterator[str]:
    """Yield a line for each glob of a definition that matches nothing in any of the source
    distributions that it is for; for none where those cannot be had."""
    for source in library.sources:
        if source.kind == "sdist":
            names = _names(library.name, source.versions)
            for glob in source.paths:
                if not any(in_source(name, glob) for name in names):
                    yield from _told(library, "[[sources]] paths", glob, names)
    names = _names(library.name, library.usage.versions)
    for key, globs in (("tests", library.usage.tests), ("docs", library.usage.docs)):
        for glob in globs:
            if not any(in_usage(name, [glob]) for name in names):
                yield from _told(library, f"[usage] {key}", glob, names)
    for folder in library.usage.docstrings:
        if not any(f"{name}/".startswith(f"{folder}/") for name in names):
            yield from _told(library, "[usage] docstrings", folder, names)


def _told(library: Library, key: str, glob: str, names: list[str]) -> Iterator[str]:
    if names:
        guess = nearest(glob, names)
        yield f"{library.name}: {key}: {glob!r} matches nothing{f'; {guess}' if guess else ''}"


def _names(name: str, versions: Iterable[str]) -> list[str]:
    """Return the paths in the source distributions of some versions, those that there are."""
    found: dict[str, None] = {}
    for version in versions:
        with suppress(RecodeError):  # the stage that reads it tells of it
            found.update(dict.fromkeys(member_names(index.sdist(name, version)[1])))
    return list(found)
