"""Read the text files of a source distribution without unpacking or building it."""

from __future__ import annotations

import re
import tarfile
import zipfile
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from recode_data.errors import BrokenSource

LARGEST = 2_000_000
"""Bytes of a file that is still looked at; larger ones are data or generated code."""
SUFFIXES = (".py", ".rst", ".txt", ".md")


def text_files(archive: Path) -> Iterator[tuple[str, str]]:
    """Yield ``(path, text)`` of the text files in a sdist, paths without its top folder.

    Raises `BrokenSource` for a file that is not a whole archive.
    """
    try:
        reader = _zip if archive.suffix == ".zip" else _tar
        for name, data in reader(archive):
            yield name.partition("/")[2], data.decode("utf-8", "replace")
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError) as error:
        raise BrokenSource(
            f"{archive.name} is damaged: {error}", f"delete {archive} and run it again"
        ) from error


def _tar(archive: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(archive) as opened:
        for member in opened:
            if member.isfile() and member.size < LARGEST and member.name.endswith(SUFFIXES):
                stream = opened.extractfile(member)
                if stream is not None:
                    yield member.name, stream.read()


def _zip(archive: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(archive) as opened:
        for member in opened.infolist():
            if member.file_size < LARGEST and member.filename.endswith(SUFFIXES):
                yield member.filename, opened.read(member)


def matches(path: str, globs: list[str]) -> bool:
    """Tell whether ``path`` fits one of ``globs``, where ``**/`` may also stand for nothing."""
    return any(fnmatch(path, glob) or fnmatch(path, re.sub(r"\*\*/", "", glob)) for glob in globs)
