"""Files as users have them: read in any encoding that says what it is, written whole or not.

Everything that a person hands in is read by `read_text`, `read_json` or `read_jsonl`, and
everything that is handed to a person is written by `write_text` or `written_whole`.
"""

from __future__ import annotations

import codecs
import errno
import json
import os
import secrets
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from recode_data.errors import BadFile, DiskFull, RecodeError, UsageError

MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",  # before UTF-16, whose mark is the first half of this one
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
"""Byte-order mark → the encoding that it announces."""
WIDE_MARKS = tuple(mark for mark, encoding in MARKS.items() if encoding != "utf-8")
"""Marks of the encodings in which a line does not end with the byte of a line feed."""
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
ROOM = 1 << 16
"""Bytes that must be free where something is to be written."""
SAVE_AS_UTF8 = "save it as UTF-8, for example with: iconv -f latin1 -t utf-8"
ELSEWHERE = "name a place that can be written to"


def read_text(file: Path, tip: str) -> str:
    r"""Return the text of ``file`` with ``\n`` for every end of a line.

    UTF-8 with or without a byte-order mark, and UTF-16 and UTF-32 with one. Raises `BadFile`
    with ``tip`` for what cannot be opened, and with the line for what is not text.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise BadFile(f"cannot read {file}: {error.strerror or error}", tip) from error
    return decoded(content, str(file))


def decoded(content: bytes, name: str) -> str:
    r"""Return ``content``, the bytes of a file called ``name``, as `read_text` does."""
    mark = next((mark for mark in MARKS if content.startswith(mark)), b"")
    encoding = MARKS.get(mark, "utf-8")
    try:
        text = content[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        if b"\0" in content and encoding == "utf-8":
            raise BadFile(f"{name} is binary, not text", "name a text file") from error
        line = error.object[: error.start].count(b"\n") + 1
        raise BadFile(
            f"{name} is not {encoding.upper()} text: byte 0x{error.object[error.start]:02x} "
            f"in line {line}",
            SAVE_AS_UTF8,
        ) from error
    if "\0" in text:
        raise BadFile(f"{name} is binary, not text", "name a text file, saved as UTF-8")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_json(file: Path, tip: str) -> Any:
    """Return the value in a JSON file; raises `BadFile`."""
    return parsed(read_text(file, tip), str(file), tip)


def read_jsonl(file: Path, tip: str) -> Iterator[tuple[int, Any]]:
    """Yield each line's number and value; raises `BadFile` with the line that is no JSON."""
    return json_lines(read_text(file, tip), str(file), tip)


def json_lines(text: str, name: str, tip: str) -> Iterator[tuple[int, Any]]:
    r"""Yield each line's number and value; only ``\n`` ends a line, which U+2028 does not."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, parsed(line, f"{name}:{number}", tip)


def parsed(text: str, where: str, tip: str) -> Any:
    """Return the JSON value in ``text``, its half surrogates replaced; raises `BadFile`."""
    try:
        return mended(json.loads(text))
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise BadFile(f"cannot read {where}: no JSON, {reason}", tip) from error


def mended(value: Any) -> Any:
    r"""Return a JSON value with U+FFFD for each half of a surrogate pair, which no UTF-8 has.

    >>> mended({"a": ["\ud800b"]}) == {"a": ["\ufffdb"]}
    True
    """
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode(
            "utf-16", "replace"
        )  # fmt: skip
    if isinstance(value, list):
        return [mended(part) for part in value]
    if isinstance(value, dict):
        return {mended(key): mended(part) for key, part in value.items()}
    return value


def write_text(file: Path, text: str, tip: str = ELSEWHERE) -> None:
    """Write ``text`` as UTF-8 in the place of ``file``, whose folder is made.

    Whoever looks sees the file of before or the whole new one, also after a full disk or a
    kill. Raises `DiskFull` or `BadFile` with ``tip``.
    """
    content = mended(text).encode("utf-8")
    with writing(file, tip):
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists() and not (file.is_file() or file.is_dir()):  # a pipe or a terminal
            file.write_bytes(content)
            return
        with written_whole(file) as part, part.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())


@contextmanager
def written_whole(target: Path) -> Iterator[Path]:
    """Yield a file beside ``target`` that takes its place when the block ends well, so that
    another process sees the whole file or none."""
    target = target.resolve() if target.is_symlink() else target
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    part = target.with_name(f".{secrets.token_hex(6)}.part")
    part.touch(exist_ok=False)
    try:
        yield part
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def writing(target: Path, tip: str = ELSEWHERE) -> Iterator[None]:
    """Turn what the system says against writing ``target`` into `DiskFull` or `BadFile`."""
    try:
        yield
    except OSError as error:
        raise unwritable(error, str(target), tip) from error


def refuse_unwritable(target: Path, *, folder: bool = True) -> None:
    """Raise what writing ``target``, a folder or a file, would raise at the end of a long job,
    before the job begins.

    Tried is a file in it or beside it, or in the nearest folder above it that is there. Raises
    `DiskFull` or `BadFile`.
    """
    with writing(target):
        if not folder and target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
        if target.exists() and not (target.is_file() or target.is_dir()):
            return  # a pipe or a terminal
        first = target if folder else target.absolute().parent
        there = next(path for path in (first, *first.absolute().parents) if path.exists())
        with tempfile.NamedTemporaryFile(dir=there, prefix=".", suffix=".part") as part:
            part.write(bytes(ROOM))
            part.flush()


def refuse_others(folder: Path, own: Collection[str], why: str, begun: str = "") -> None:
    """Raise `UsageError` where ``folder`` holds something else than ``own``, which could be lost,
    and what `refuse_unwritable` raises.

    ``why`` is said of it; what begins with ``begun`` was left half-made and may go.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file", "name a folder")
    there = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    others = sorted(there - set(own))
    if begun:
        others = [name for name in others if not name.startswith(begun)]
    if others:
        raise UsageError(f"{folder} holds {others[0]}, {why}", "name a new or an empty folder")
    refuse_unwritable(folder)


def unwritable(error: OSError, target: str, tip: str = ELSEWHERE) -> RecodeError:
    """Return the failure that says why ``target`` cannot be written."""
    if error.errno in FULL:
        return DiskFull(
            f"no space left for {target}",
            "nothing that was there is lost: free some space and run the same command again",
        )
    return BadFile(f"cannot write {target}: {error.strerror or error}", tip)
