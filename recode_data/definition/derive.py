"""Derive what a definition says of a library from its name: from the files that the index
lists, the wheel of its newest version and its source distributions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

from packaging.utils import canonicalize_name
from packaging.version import Version

from recode_data import index
from recode_data.definition.check import require_package
from recode_data.definition.installed import Installed, read_installed, repository_of
from recode_data.definition.layout import Layout, newest_of, read_layout
from recode_data.definition.matrix import matrix_of
from recode_data.errors import EnvironmentFailed, NoSuchVersion, RecodeError
from recode_data.execute import ensure, resolve
from recode_data.library import Library, Table
from recode_data.progress import Progress

Item = TypeVar("Item")
TRIED = 3
"""Versions whose environment is tried for what the wheel says, newest first."""
USAGE = 5
"""Source distributions that usage is taken from, spread over the matrix."""
_PAGES = (
    r"(?i)/(?:change-?logs?|changes|history|news|release-?notes?|releases|whats-?new|"
    r"migrat\w*|upgrad\w*|deprecat\w*)(?:/|\.html?)?$"
)
"""Pages of a documentation site that tell of changes."""


def derive(name: str, progress: Progress, given: Table | None = None) -> Table:
    """Return the definition of a distribution that its index entry, wheel and sdists give.

    ``given`` holds what is written already (see `recode_data.library.Library`): what follows
    from it is derived with it. Takes under five seconds where the newest environment and
    sdist are in the cache. Raises `NoSuchVersion` where the index has no such distribution or
    none of its versions can be installed here, `NetworkError`, `EnvironmentFailed` where the
    newest versions cannot be installed.
    """
    given = given or {}
    name = str(canonicalize_name(name))
    matrix: list[str] = list(given.get("matrix") or matrix_of(name))
    wheel = _installed(Library.model_validate({"name": name, **_environment_keys(given)}), matrix)
    imports = _imports(name, wheel.imports, given.get("import_name", ""))
    sdists = _Sdists(name, matrix, imports, progress)
    table: Table = {
        "name": name,
        "title": wheel.title if wheel.title != name else "",
        "import_name": imports[0] if imports[0] != name else "",
        "other_imports": imports[1:],
        "licence": wheel.licence,
        "homepage": wheel.urls.get("homepage") or wheel.urls.get("documentation", ""),
        "matrix": matrix,
        "aliases": sdists.newest.aliases,
        "sources": _sources(name, wheel, sdists),
        "usage": _usage(sdists),
    }
    return {key: value for key, value in table.items() if value}


def _imports(name: str, found: Sequence[str], wanted: str) -> list[str]:
    """Return the public packages of a wheel, the one that is ``wanted`` first.

    Raises `UsageError` where the wheel does not install that one.
    """
    public = [each for each in found if not each.startswith("_")] or list(found)
    if wanted:
        require_package(name, wanted, found)
        public = [wanted, *public]
    return list(dict.fromkeys(public)) or [name.replace("-", "_")]


def _environment_keys(given: Table) -> Table:
    return {key: given[key] for key in ("requires", "pins") if key in given}


def _installed(library: Library, matrix: Sequence[str]) -> Installed:
    """Return what the newest wheel says that can be installed with what it needs."""
    failure: RecodeError | None = None
    for version in reversed(matrix[-TRIED:]):
        try:
            return read_installed(ensure(resolve(library, version)))
        except (EnvironmentFailed, NoSuchVersion) as error:
            failure = failure or error
    assert failure is not None
    raise failure


class _Sdists:
    """The source distributions of a library's matrix, the newest one first."""

    def __init__(
        self, name: str, matrix: Sequence[str], imports: Sequence[str], progress: Progress
    ) -> None:
        self.name = name
        self.matrix = matrix
        self.imports = imports
        self.progress = progress
        try:
            there = set(index.versions(name, wheels=False))
        except NoSuchVersion:
            there = set()
        self.versions = [version for version in reversed(matrix) if version in there]
        self._layouts: dict[str, Layout] = {}

    @property
    def newest(self) -> Layout:
        return self.layout(self.versions[0]) if self.versions else Layout()

    def layout(self, version: str) -> Layout:
        """Return the layout of a version's sdist, an empty one where it cannot be had."""
        if version not in self._layouts:
            try:
                archive = index.sdist(self.name, version)[1]
                self._layouts[version] = read_layout(archive, self.imports)
            except RecodeError as error:
                self.progress.say(f"{self.name} {version}: {error.message}")
                self._layouts[version] = Layout()
        return self._layouts[version]

    def chosen(self) -> list[str]:
        """Return the versions whose usage is read: the newest, the oldest, and between."""
        return _quantiles(self.versions, USAGE)


def _quantiles(items: Sequence[Item], most: int) -> list[Item]:
    if len(items) <= most:
        return list(items)
    return [items[round(n * (len(items) - 1) / (most - 1))] for n in range(most)]


def _usage(sdists: _Sdists) -> Table:
    """Return where usage lies in the newest sdist, and in one of the middle of the history."""
    chosen = sdists.chosen()
    if not chosen:  # what is installed has docstrings, and perhaps tests
        installed = _quantiles(list(reversed(sdists.matrix)), USAGE)
        return {"versions": installed, "docstrings": [n.replace(".", "/") for n in sdists.imports]}
    layouts = [sdists.layout(version) for version in (*chosen[:1], *chosen[1:][: USAGE // 2][-1:])]
    found = {
        "versions": ["newest", *chosen[1:]] if chosen else [],
        "docstrings": sorted({path for layout in layouts for path in layout.docstrings}),
        "tests": sorted({path for layout in layouts for path in layout.tests}),
        "docs": sorted({path for layout in layouts for path in layout.docs}),
    }
    return {key: value for key, value in found.items() if value}


def _sources(name: str, wheel: Installed, sdists: _Sdists) -> list[Table]:
    """Return the places of notes: the newest sdist that has them; the web and GitHub where
    those end before the newest version; and what the packages themselves say."""
    found: list[Table] = []
    versions, layout = _with_notes(sdists)
    if layout is not None:
        source: Table = {"kind": "sdist", "paths": layout.note_globs}
        found.append(source if versions == ["newest"] else {**source, "versions": versions})
    reached = newest_of(layout.versions) if layout is not None else ""
    newest = sdists.versions[0] if sdists.versions else ""
    if not reached or not newest or _series(reached) < _series(newest):
        found += elsewhere(name, wheel)
    return [*found, {"kind": "package"}]


def _with_notes(sdists: _Sdists) -> tuple[list[str], Layout | None]:
    """Return which sdists to read notes from, and the layout of the first that has some."""
    if sdists.newest.notes:
        return ["newest"], sdists.newest
    tried = _quantiles(range(len(sdists.versions)), USAGE)
    without = 0
    for nth in tried[1:]:
        last = nth
        if not sdists.layout(sdists.versions[last]).notes:
            without = last
            continue
        while last - without > 1:  # they were left out at some version, and not since put back
            middle = (last + without) // 2
            there = bool(sdists.layout(sdists.versions[middle]).notes)
            last, without = (middle, without) if there else (last, middle)
        return [sdists.versions[last]], sdists.layout(sdists.versions[last])
    return [], None


def _series(version: str) -> tuple[int, ...]:
    return Version(version).release[:2]


def elsewhere(name: str, wheel: Installed) -> list[Table]:
    """Return the sources of notes outside the index: pages of the web, releases on GitHub."""
    found: list[Table] = []
    page = wheel.urls.get("changelog", "")
    if page and not repository_of(page):
        found.append({"kind": "web", "index": page, "pages": _pages_of(page)})
    elif wheel.urls.get("documentation") and not repository_of(wheel.urls["documentation"]):
        found.append({"kind": "web", "index": wheel.urls["documentation"], "pages": _PAGES})
    if wheel.repository:
        found.append({"kind": "github", "repository": wheel.repository, "tag": tag_pattern(name)})
    return found


def _pages_of(page: str) -> str:
    """Return the pattern of a changelog's own address, and of pages below it of a version."""
    parts = urlsplit(page)
    folder = re.escape(urlsplit(urljoin(page, ".")).path)
    last = "" if parts.path.endswith("/") else re.escape(PurePosixPath(parts.path).name)
    own = rf"{folder}{last}/?" if last else folder
    return rf"{re.escape(parts.netloc)}(?:{own}|{folder}[^?#]*\d+\.\d+[\w.-]*/?)$"


def tag_pattern(name: str) -> str:
    """Return the pattern of tags of releases: the version, after the name or a usual word; a
    repository of several languages has ``py-1.0`` for this one."""
    words = "[-_.]".join(re.escape(word) for word in name.split("-"))
    return rf"^(?i:{words}|release|rel|version|python|py)?[-_/@ ]?v?(?P<version>\d+(?:\.\d+)+)$"
