"""A person's files: found, read as they are, and written back with nothing else changed."""

from __future__ import annotations

import os
import re
import shutil
import stat
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from recode_data.errors import BadFile, RecodeError, UsageError
from recode_data.files import MARKS, writing, written_whole

LARGEST = 4 << 20
"""Bytes of a file above which it is data and no program."""
_LEFT_OUT = frozenset({"__pycache__", "node_modules", "site-packages", "dist", "build"})


@dataclass(frozen=True)
class Source:
    """A text file as it was read."""

    path: Path
    content: bytes
    text: str
    r"""Lines end with ``\n``, whatever the file's own ends are."""
    encoding: str
    mark: bytes = b""
    """The byte-order mark."""
    ends: str = "\n"

    def write(self, text: str) -> None:
        """Put ``text`` in the file's place, in its encoding and with its ends of lines.

        Raises `BadFile` for a file that may not be written, that changed meanwhile, or whose
        encoding has no place for the text.
        """
        try:
            content = self.mark + text.replace("\n", self.ends).encode(self.encoding)
        except UnicodeEncodeError as error:
            raise BadFile(
                f"{self.path}: {self.encoding} cannot hold the text", "use UTF-8"
            ) from error
        if not self.path.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
            raise BadFile(
                f"{self.path} is read-only", "nothing was written: make it writable first"
            )
        with writing(self.path):
            if self.path.read_bytes() != self.content:
                raise BadFile(f"{self.path} has changed meanwhile", "run the same command again")
            with written_whole(self.path) as part:
                part.write_bytes(content)
                shutil.copymode(self.path, part)


def read_source(path: Path) -> Source | None:
    """Return a text file; None for one that is too large to be one that a person wrote.

    Raises `BadFile` with the line of what is not text in the encoding that the file claims.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except OSError as error:
        raise BadFile(
            f"cannot read {path}: {error.strerror or error}", "it is left alone"
        ) from error
    return None if len(content) > LARGEST else as_source(path, content)


def as_source(path: Path, content: bytes) -> Source:
    """Return the content of a file as text; raises what `read_source` does."""
    mark = next((mark for mark in MARKS if content.startswith(mark)), b"")
    encoding = MARKS.get(mark, "utf-8")
    if path.suffix in (".py", ".pyi") and encoding == "utf-8":
        lines = iter(content[len(mark) :].splitlines(keepends=True)[:2])
        try:
            encoding, _ = tokenize.detect_encoding(lambda: next(lines, b""))
        except SyntaxError as error:
            raise BadFile(f"{path}: {error}", "it is left alone") from error
    body = content[len(mark) :]
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        raise BadFile(
            f"{path}:{line}: not {encoding.upper()} text: byte 0x{body[error.start]:02x}",
            "it is left alone; save it as UTF-8",
        ) from error
    if "\0" in text:
        raise BadFile(f"{path} is binary, not text", "it is left alone")
    returns, feeds, both = text.count("\r"), text.count("\n"), text.count("\r\n")
    if returns and feeds and not returns == feeds == both:
        raise BadFile(f"{path} has several kinds of ends of lines", "it is left alone; choose one")
    end = "\r\n" if both else "\r" if returns else "\n"
    return Source(path, content, text.replace(end, "\n"), encoding, mark, end)


def found_files(
    paths: Sequence[Path], suffixes: Sequence[str], problems: list[RecodeError]
) -> Iterator[Path]:
    """Yield the files with one of ``suffixes`` in and below ``paths``, each once, in order.

    A named file counts whatever its suffix is. Hidden folders, environments and what is built
    are left out, and links to folders; a link that leads out of its folder is a problem.
    Raises `UsageError` for a path that is not there.
    """
    seen: set[Path] = set()
    for path in paths:
        if not path.exists():
            raise UsageError(f"there is no {path}", "name files or folders")
        for file in [path] if path.is_file() else _below(path, suffixes, problems):
            if (real := file.resolve()) not in seen:
                seen.add(real)
                yield file


def _below(root: Path, suffixes: Sequence[str], problems: list[RecodeError]) -> Iterator[Path]:
    top = root.resolve()
    for folder, names, files in os.walk(root):
        names[:] = sorted(
            name
            for name in names
            if not name.startswith(".")
            and name not in _LEFT_OUT
            and not os.path.exists(os.path.join(folder, name, "pyvenv.cfg"))  # noqa: PTH110, PTH118
        )
        for name in sorted(files):
            if os.path.splitext(name)[1] not in suffixes:  # noqa: PTH122
                continue
            file = Path(folder, name)
            if file.is_symlink() and top not in file.resolve().parents:
                problems.append(BadFile(f"{file} leads out of {root}", "it is left alone"))
            elif file.is_file():
                yield file


def one_line(text: str) -> str:
    """Return a text as one line that a terminal can be shown."""
    return "".join(char for char in re.sub(r"\s+", " ", text) if char.isprintable()).strip()
