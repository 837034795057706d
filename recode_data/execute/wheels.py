"""Which Pythons of this machine a version of a library has a wheel for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import Tag, compatible_tags, cpython_tags, platform_tags
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from recode_data.errors import NoSuchVersion, nearest
from recode_data.execute.interpreters import Interpreter, interpreters
from recode_data.execute.listing import day_after, listing
from recode_data.index_settings import before
from recode_data.library import Library, Pin
from recode_data.records import Environment

RELEASED = {
    "3.6": "2016-12-23", "3.7": "2018-06-27", "3.8": "2019-10-14", "3.9": "2020-10-05",
    "3.10": "2021-10-04", "3.11": "2022-10-24", "3.12": "2023-10-02", "3.13": "2024-10-07",
    "3.14": "2025-10-07",
}  # fmt: skip
"""Days on which the Pythons came out."""


@dataclass(frozen=True)
class Wheel:
    tags: frozenset[Tag]
    requires_python: str
    uploaded: str


def resolve(library: Library, version: str, python: str | None = None) -> Environment:
    """Return the environment of a version on the newest Python that has a wheel for it.

    ``python`` asks for one, ``3.9``. Raises `NoSuchVersion` with the reason: the index has
    no such version, it has no wheel, or no Python of this machine fits its wheels.
    """
    fitting = _fitting(library, version)
    if python is not None:
        if python not in fitting:
            raise NoSuchVersion(
                f"{library.name} {version} has no wheel for Python {python}",
                f"it has wheels for {', '.join(fitting)}",
            )
        return _environment(library, version, python)
    return _environment(library, version, fitting[-1])


def resolve_pair(library: Library, old: str, new: str) -> tuple[Environment, Environment]:
    """Return the environments of two versions on the newest Python that both support;
    where they share none, each on its own newest."""
    first, second = _fitting(library, old), _fitting(library, new)
    shared = [python for python in first if python in second]
    return (
        _environment(library, old, shared[-1] if shared else first[-1]),
        _environment(library, new, shared[-1] if shared else second[-1]),
    )


def pythons(library: Library, version: str) -> list[str]:
    """Return the Pythons of this machine that the version has a wheel for, oldest first.

    Raises `NoSuchVersion` when there is none.
    """
    return list(_fitting(library, version))


def _fitting(library: Library, version: str) -> list[str]:
    pin = library.pins.get(version, Pin())
    wheels = _wheels(library.name, version)
    here = interpreters()
    if pin.python:
        if pin.python not in here:
            raise NoSuchVersion(
                f"{library.name} {version} needs Python {pin.python}, which is not here",
                f"install it: uv python install {pin.python}",
            )
        return [pin.python]
    accepted = {p: _accepted(wheels, interpreter) for p, interpreter in here.items()}
    found = [p for p, fitting in accepted.items() if any(_speaks_for(w, p) for w in fitting)]
    # Plain Python that is older than every Python of this machine: the one nearest to it.
    found = found or [p for p, fitting in accepted.items() if fitting][:1]
    if not found:
        tags = sorted({tag.interpreter for wheel in wheels for tag in wheel.tags})
        raise NoSuchVersion(
            f"{library.name} {version} has wheels for {', '.join(tags)} only,"
            f" and none of Python {', '.join(here)} takes one here",
            "recode-data doctor lists the Pythons; uv python install adds one",
        )
    return found


def _accepted(wheels: list[Wheel], interpreter: Interpreter) -> list[Wheel]:
    """Return the wheels that may be installed for ``interpreter``."""
    tags = _tags(interpreter.key)
    return [
        wheel
        for wheel in wheels
        if not wheel.tags.isdisjoint(tags) and _allows(wheel.requires_python, interpreter.full)
    ]


def _speaks_for(wheel: Wheel, python: str) -> bool:
    """Return whether a wheel that fits a Python was made with that Python in mind.

    One that was built for CPython was. One of plain Python (``py3-none-any``) says nothing of
    Pythons that came after it, whether it is the only one of its version or stands beside
    built ones: SQLAlchemy 2.0.4 has both, and cannot be imported on Python 3.13.
    """
    if not all(tag.interpreter.startswith("py") for tag in wheel.tags):
        return True
    return not wheel.uploaded or RELEASED.get(python, "9999") <= wheel.uploaded


def _allows(requires: str, python: str) -> bool:
    try:
        return not requires or SpecifierSet(requires).contains(python, prereleases=True)
    except InvalidSpecifier:
        return True


@lru_cache(maxsize=32)
def _tags(key: tuple[int, ...]) -> frozenset[Tag]:
    platforms = list(platform_tags())
    return frozenset(
        [*cpython_tags(key, platforms=platforms), *compatible_tags(key, platforms=platforms)]
    )


@lru_cache(maxsize=1024)
def _wheels(name: str, version: str) -> list[Wheel]:
    wanted = _canonical(version)
    files = listing(name, wanted)
    same = [file for file in files if file.version == wanted]
    if not same:
        known = sorted({file.version for file in files}, key=Version)
        raise NoSuchVersion(
            f"the package index has no {name} {version}",
            nearest(version, known) or f"the newest is {known[-1]}",
        )
    wheels = []
    for file in same:
        if not file.is_wheel:
            continue
        try:
            tags = parse_wheel_filename(file.filename)[3]
        except InvalidWheelFilename:
            continue
        wheels.append(Wheel(tags, file.requires_python, file.uploaded))
    if not wheels:
        raise NoSuchVersion(
            f"{name} {version} has no wheel, only a source distribution",
            "code from the index is never built here; choose a version with wheels",
        )
    return wheels


def _of_its_day(name: str, version: str, python: str) -> str:
    interpreter = interpreters()[python]
    times = [wheel.uploaded for wheel in _accepted(_wheels(name, version), interpreter)]
    return day_after(times) if all(times) else ""


def _canonical(version: str) -> str:
    try:
        return str(Version(version))
    except InvalidVersion as error:
        raise NoSuchVersion(
            f"{version!r} is not a version number", "write it as in 1.24.4"
        ) from error


def _environment(library: Library, version: str, python: str) -> Environment:
    """Name the environment; its other packages are those of the version's day, where the
    index says when that was."""
    pin = library.pins.get(version, Pin())
    until = pin.until or _of_its_day(library.name, version, python)
    if limit := before():
        until = min(until or limit, limit)
    return Environment(
        library=library.name,
        version=version,
        python=python,
        requirements=(*library.requires, *pin.requires),
        until=until,
    )
