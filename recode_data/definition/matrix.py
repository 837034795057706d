"""Which versions of a library are compared: the last patch of each minor version that can be
installed here, all of the recent ones and a spread over the history."""

from __future__ import annotations

from itertools import groupby, pairwise

from packaging.version import Version

from recode_data.errors import NoSuchVersion
from recode_data.execute import pythons
from recode_data.execute.interpreters import OLDEST
from recode_data.execute.listing import File, listing
from recode_data.execute.wheels import RELEASED
from recode_data.library import Library

MOST = 24
"""Versions of a matrix; the longest of those chosen by hand has as many."""
RECENT = 12
"""Versions that are all kept, however many there are: two years of most libraries."""


def releases(name: str) -> dict[str, list[File]]:
    """Return the final versions of a distribution, oldest first, each with its files; what was
    yanked, or is on no index, is left out.

    Raises `NoSuchVersion` when the index has nothing of that name, `NetworkError`.
    """
    found: dict[str, list[File]] = {}
    for file in listing(name, ""):
        version = Version(file.version)
        if not file.yanked and not version.is_prerelease and not version.local:
            found.setdefault(file.version, []).append(file)
    return {version: found[version] for version in sorted(found, key=Version)}


def matrix_of(name: str) -> list[str]:
    """Return the versions of ``name`` to compare, oldest first, `MOST` of them.

    Of each minor version it is the last patch that has a wheel for a Python of this machine.
    Versions from before the oldest of these Pythons run on none of them as they did in their
    day; only the last one stays. Raises `NoSuchVersion` where nothing can be installed.
    """
    library = Library(name=name)
    series = []
    for _, group in groupby(releases(name).items(), key=lambda item: _minor(item[0])):
        installable = ((v, files) for v, files in reversed(list(group)) if _fits(library, v))
        series.append(next(installable, None))
    fitting = [one for one in series if one is not None]
    if not fitting:
        raise NoSuchVersion(
            f"no version of {name} has a wheel for a Python of this machine",
            "recode-data doctor lists the Pythons; code from the index is never built here",
        )
    old = [version for version, files in fitting if _before_any_python(files)]
    young = [version for version, files in fitting if not _before_any_python(files)]
    return spread([*old[-1:], *young])


def spread(versions: list[str], most: int = MOST) -> list[str]:
    """Return at most ``most`` of ``versions``, which are oldest first: the newest `RECENT`, of
    the others the first, the last of each major version, and what halves the widest gaps.

    >>> spread([f"1.{n}" for n in range(9)] + ["2.0"], most=4)
    ['1.0', '1.7', '1.8', '2.0']
    """
    if len(versions) <= most:
        return versions
    recent = min(RECENT, most // 2)
    older, newer = versions[:-recent], versions[-recent:]
    majors = [list(group)[-1] for _, group in groupby(older, key=_major)]
    wanted = list(dict.fromkeys([older[-1], older[0], *reversed(majors)]))[: most - recent]
    chosen = sorted(older.index(version) for version in wanted)
    while len(chosen) < min(most - recent, len(older)):
        gaps = list(pairwise(chosen))
        left, right = max(gaps, key=lambda gap: (gap[1] - gap[0], gap[1]))
        chosen = sorted([*chosen, (left + right) // 2])
    return [*(older[number] for number in chosen), *newer]


def _minor(version: str) -> tuple[int, ...]:
    parsed = Version(version)
    return (parsed.epoch, *parsed.release[:2])


def _major(version: str) -> tuple[int, int]:
    parsed = Version(version)
    return parsed.epoch, parsed.major


def _fits(library: Library, version: str) -> bool:
    try:
        return bool(pythons(library, version))
    except NoSuchVersion:
        return False


def _before_any_python(files: list[File]) -> bool:
    """Tell whether a version is older than every Python that code can be run on."""
    times = [file.uploaded for file in files if file.is_wheel and file.uploaded]
    oldest = RELEASED[".".join(map(str, OLDEST))]
    return bool(times) and max(times) < oldest
