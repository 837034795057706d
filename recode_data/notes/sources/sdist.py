"""Notes inside source distributions: read from the archive, nothing unpacked, nothing built."""

from __future__ import annotations

import re
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from recode_data.errors import BrokenSource
from recode_data.index import sdist
from recode_data.library import Library, Source
from recode_data.notes.sources.protocol import FORMATS, split_history, version_in, version_of_title
from recode_data.progress import Progress
from recode_data.records import ReleaseNote

LARGEST_MEMBER = 20_000_000
"""Bytes of one file inside an archive that are read."""


def notes_from_sdist(library: Library, source: Source, progress: Progress) -> Iterator[ReleaseNote]:
    """Yield the notes that the named sdists carry; what a newer one has counts."""
    seen: set[tuple[str, str]] = set()
    for wanted in source.versions:
        version, archive = sdist(library.name, wanted)
        progress.say(f"{library.name}: reading the notes inside {archive.name}")
        for path, text in members(archive, source.paths):
            notes = list(_notes(library, version, archive.name, path, text))
            yield from (note for note in notes if (path, note.version) not in seen)
            seen.update((path, note.version) for note in notes)


def _notes(
    library: Library, version: str, archive: str, path: str, text: str
) -> Iterator[ReleaseNote]:
    form = FORMATS.get(PurePosixPath(path).suffix.lower(), "rst")
    location = f"{archive}:{path}"
    parts = split_history(text, form) if not version_in(path) else []
    for number, part in parts:
        yield ReleaseNote(library.name, number, "sdist", location, form, part)
    if not parts:
        stated = version_in(path) or version_of_title(_title(text)) or version
        yield ReleaseNote(library.name, stated, "sdist", location, form, text)


def _title(text: str) -> str:
    """The first line that is text."""
    return next((line for line in text.splitlines() if re.match(r"\s*\w", line)), "")


def members(archive: Path, patterns: list[str]) -> Iterator[tuple[str, str]]:
    """Yield path (without the top folder) and text of the files that match a pattern.

    Only regular files are read; bytes that are not UTF-8 are replaced. Raises
    `BrokenSource` when the archive is damaged.
    """
    matchers = [_matcher(pattern) for pattern in patterns]
    with _told_damage(archive):
        if archive.suffix == ".zip":
            yield from _zip_members(archive, matchers)
        else:
            yield from _tar_members(archive, matchers)


def member_names(archive: Path) -> list[str]:
    """Return the paths of the regular files in an archive, without the top folder.

    Raises `BrokenSource` when the archive is damaged.
    """
    with _told_damage(archive):
        if archive.suffix == ".zip":
            with zipfile.ZipFile(archive) as zipped:
                names = [info.filename for info in zipped.infolist() if not info.is_dir()]
        else:
            with tarfile.open(archive, "r|*") as tar:
                names = [member.name for member in tar if member.isreg()]
    return [name.partition("/")[2] for name in names]


def matches(path: str, pattern: str) -> bool:
    """Tell whether a path inside an archive matches a glob of a definition's source.

    >>> matches("doc/a/b.rst", "doc/**/*.rst"), matches("doc/a/b.rst", "doc/*.rst")
    (True, False)
    """
    return bool(_matcher(pattern).fullmatch(path))


@contextmanager
def _told_damage(archive: Path) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError, ValueError) as error:
        raise BrokenSource(
            f"{archive.name} is damaged: {error}", f"remove {archive} and run it again"
        ) from error


def _tar_members(archive: Path, matchers: list[re.Pattern[str]]) -> Iterator[tuple[str, str]]:
    with tarfile.open(archive, "r|*") as tar:
        for member in tar:
            path = member.name.partition("/")[2]
            if not member.isreg() or not any(m.fullmatch(path) for m in matchers):
                continue
            file = tar.extractfile(member)
            if file is not None:
                yield path, file.read(LARGEST_MEMBER).decode("utf-8", "replace")


def _zip_members(archive: Path, matchers: list[re.Pattern[str]]) -> Iterator[tuple[str, str]]:
    with zipfile.ZipFile(archive) as zipped:
        for info in zipped.infolist():
            path = info.filename.partition("/")[2]
            if not info.is_dir() and any(m.fullmatch(path) for m in matchers):
                with zipped.open(info) as file:
                    yield path, file.read(LARGEST_MEMBER).decode("utf-8", "replace")


def _matcher(pattern: str) -> re.Pattern[str]:
    """Translate a glob; ``**/`` is any number of folders, ``*`` stays inside one."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?|\[[^\]/]+\])", pattern)
    known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile(
        "".join(
            part if part.startswith("[") else known.get(part, re.escape(part)) for part in parts
        )
    )
