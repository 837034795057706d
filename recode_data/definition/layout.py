"""Where a source distribution keeps what is of use: notes of releases, code that shows how the
library is used, and the aliases that it is imported under. Read from the archive, never run."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from packaging.version import Version

from recode_data.notes.sources.protocol import FORMATS, split_history, version_in
from recode_data.notes.sources.sdist import members

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
