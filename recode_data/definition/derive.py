"""Derive what a definition says of a library from its name: from the files that the index
lists, the wheel of its newest version and its source distributions."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

from packaging.utils import canonicalize_name
from packaging.version import Version

from recode_data import index
from recode_data.definition.check import require_package
from recode_data.definition.installed import Installed, read_installed, repository_of
from recode_data.definition.matrix import matrix_of
from recode_data.errors import EnvironmentFailed, NoSuchVersion, RecodeError
from recode_data.execute import ensure, resolve
from recode_data.library import Library, Table
from recode_data.notes.sources.protocol import FORMATS, split_history, version_in
from recode_data.notes.sources.sdist import members
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


TEXTS = ["**/*.py", "**/*.rst", "**/*.md", "**/*.txt"]
_NOTES = (
    r"changes?|change[-_ ]?logs?|history|news|release[-_ ]?notes?|releases|what'?s[-_ ]?new|"
    r"release[-_ ]?history|version[-_ ]?history|migrat(?:ion|ing)[\w-]*|upgrad(?:e|ing)[\w-]*|"
    r"deprecat(?:ion|ed)s?|[\w-]*backwards?[-_]incompatib[\w-]*"
)
_FILE = re.compile(rf"(?i)(?:{_NOTES})(?:[-_. ]?v?\d[\w.-]*)?")
_FOLDER = re.compile(rf"(?i)(?:{_NOTES}|release|[\w-]*_(?:api_changes|whats_new))")
_DOCS = re.compile(r"(?i)docs?(?:[-_]\w+)?|documentation|site|website")
_EXAMPLES = re.compile(r"(?i)examples?|galler(?:y|ies)|tutorials?|demos?|samples?")
_TESTS = re.compile(r"(?i)tests?|test[-_]?suite|unit[-_]?tests?")
"""Folders of tests. ``testing`` is none: it is what a library gives to those who test."""
_TEST_FILE = re.compile(r"(?P<first>test_).*\.py|.*_test\.py")
_ELSEWHERE = re.compile(
    r"(?i)(?:^|/)(?:_?vendor(?:ed)?|externals?|third[-_]?party|node_modules|site-packages|"
    r"[\w-]*(?:fragments?|upcoming)[\w-]*|[\w-]*\.d|templates?|locales?)/"
)
"""Folders of what belongs to others, and of the pieces that notes are yet to be made of."""
_ORDINARY = re.compile(r"\w[\w.@+ -]*(?:/[\w.@+ -]+)*")
"""Paths that a glob may be made of; no other one is of use."""
LARGEST = 200_000_000
"""Characters of one archive that are looked at."""
SOME = 3
"""Files of notes in one folder that a glob stands for."""
OFTEN = 3
"""Uses of an import alias in documentation that make it the usual one."""


@dataclass
class Layout:
    """What an archive holds, as globs and folders."""

    notes: dict[str, set[str]] = field(default_factory=dict)
    """Path of a file of notes → the versions that it is about."""
    docstrings: list[str] = field(default_factory=list)
    tests: list[str] = field(default_factory=list)
    docs: list[str] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)

    @property
    def note_globs(self) -> list[str]:
        """The files of notes; a glob stands for the many of one folder."""
        folders: dict[tuple[str, str], list[str]] = defaultdict(list)
        for path in self.notes:
            pure = PurePosixPath(path)
            folders[str(pure.parent), pure.suffix].append(path)
        found = []
        for (folder, suffix), paths in sorted(folders.items()):
            single = folder == "." or len(paths) < SOME
            found += sorted(paths) if single else [f"{folder}/*{suffix}"]
        return found

    @property
    def versions(self) -> set[str]:
        """The versions that the notes are about."""
        return {version for found in self.notes.values() for version in found}


def read_layout(archive: Path, imports: Sequence[str]) -> Layout:
    """Return where an sdist keeps its notes and its usage of the packages ``imports``.

    Raises `BrokenSource` when the archive is damaged.
    """
    layout = Layout()
    paths: list[str] = []
    aliases: Counter[tuple[str, str]] = Counter()
    size = 0
    unsuffixed = ["CHANGE*", "HISTORY*", "NEWS*", "RELEASE*", "Change*", "News*"]
    importing = _importing(imports)
    for path, text in members(archive, [*TEXTS, *unsuffixed]):
        size += len(text)
        if size > LARGEST:
            break
        if not _ORDINARY.fullmatch(path) or ".." in path:
            continue
        paths.append(path)
        if versions := versions_of_notes(path, text):
            layout.notes[path] = versions
        elif importing is not None and is_documentation(path):
            aliases.update((m["alias"], m["module"]) for m in importing.finditer(text))
    layout.docstrings = package_folders(paths, imports)
    layout.tests = test_globs(paths, layout.docstrings)
    layout.docs = doc_globs(path for path in paths if path not in layout.notes)
    layout.aliases = usual_aliases(aliases)
    return layout


def versions_of_notes(path: str, text: str) -> set[str]:
    """Return the versions that a file is about whose name says that it holds notes; none where
    it does not, or where no version is told."""
    pure = PurePosixPath(path)
    form = FORMATS.get(pure.suffix.lower())
    if form is None or _ELSEWHERE.search(path) or _is_test(path):
        return set()
    folders = pure.parts[:-1]
    if folders and not (_DOCS.fullmatch(folders[0]) or _FOLDER.fullmatch(folders[0])):
        return set()
    named = _FILE.fullmatch(pure.stem if pure.suffix else pure.name)
    inside = any(_FOLDER.fullmatch(folder) for folder in folders)
    if not named and not (inside and version_in(path)):
        return set()
    own = version_in(path)
    return {own} if own else {version for version, _ in split_history(text, form)}


def is_documentation(path: str) -> bool:
    """Tell whether a file explains the library to those who use it."""
    folders = PurePosixPath(path).parts[:-1]
    if any(_TESTS.fullmatch(folder) for folder in folders) or _ELSEWHERE.search(path):
        return False
    shown = any(_DOCS.fullmatch(f) or _EXAMPLES.fullmatch(f) for f in folders)
    return shown or (not folders and path.lower().startswith("readme"))


def package_folders(paths: Iterable[str], imports: Sequence[str]) -> list[str]:
    """Return the folders of the packages in an archive, or the file of a single module."""
    there = set(paths)
    found = []
    for name in imports:
        inside = name.replace(".", "/")
        options = (f"{inside}/__init__.py", f"{inside}.py")
        hits = [p for p in there if any(f"/{p}".endswith(f"/{option}") for option in options)]
        hits = [p for p in hits if not _is_test(p) and not _ELSEWHERE.search(p)]
        if hits:
            first = min(hits, key=lambda path: (is_documentation(path), path.count("/"), path))
            found.append(first.removesuffix("/__init__.py"))
    return found


def test_globs(paths: Iterable[str], packages: Sequence[str]) -> list[str]:
    """Return globs of the tests: everything below a folder of tests, and files named as such."""
    found: set[str] = set()
    for path in paths:
        if not path.endswith(".py") or _ELSEWHERE.search(path):
            continue
        parts = PurePosixPath(path).parts
        package = next((p for p in packages if path.startswith(f"{p}/")), "")
        start = len(PurePosixPath(package).parts) if package else 0
        depth = next((n for n in range(start, len(parts) - 1) if _TESTS.fullmatch(parts[n])), None)
        if depth is not None:
            inside = (
                f"{package}/**/{parts[depth]}"
                if package and depth > start
                else "/".join(parts[: depth + 1])
            )
            found.add(f"{inside}/**/*.py")
        elif (named := _TEST_FILE.fullmatch(parts[-1])) and not is_documentation(path):
            glob = "test_*.py" if named["first"] else "*_test.py"
            found.add(f"{parts[0]}/**/{glob}" if len(parts) > 1 else path)
    return sorted(found)


def doc_globs(paths: Iterable[str]) -> list[str]:
    """Return globs of the pages and scripts that show how the library is used. A folder of
    pages is read in every markup: older versions may have had another one."""
    found: set[str] = set()
    for path in paths:
        pure = PurePosixPath(path)
        if not is_documentation(path) or pure.name == "conf.py":
            continue
        folders = pure.parts[:-1]
        shows = (_DOCS.fullmatch(folder) or _EXAMPLES.fullmatch(folder) for folder in folders)
        top = next((number for number, one in enumerate(shows, 1) if one), 0)
        if not top:
            found.add(path)
            continue
        pages = (".rst", ".md") if pure.suffix in (".rst", ".md") else (pure.suffix,)
        found.update(f"{'/'.join(folders[:top])}/**/*{suffix}" for suffix in pages)
    return sorted(found)


def usual_aliases(counts: Counter[tuple[str, str]]) -> dict[str, str]:
    """Return the alias of each module that documentation uses most, and often enough."""
    found: dict[str, str] = {}
    for (alias, module), count in counts.most_common():
        if count >= OFTEN and alias not in found and module not in found.values():
            found[alias] = module
    return dict(sorted(found.items()))


def newest_of(versions: Iterable[str]) -> str:
    """Return the newest of some versions, or an empty string."""
    return max(versions, key=Version, default="")


def _importing(imports: Sequence[str]) -> re.Pattern[str] | None:
    names = "|".join(re.escape(name) for name in imports)
    pattern = (
        rf"(?m)^[ \t]*(?:>>> |\.\.\. )?import (?P<module>(?:{names})(?:\.\w+)*) as (?P<alias>\w+)"
    )
    return re.compile(pattern) if names else None


def _is_test(path: str) -> bool:
    return any(_TESTS.fullmatch(folder) for folder in PurePosixPath(path).parts[:-1])
