"""Foreign data sets: any JSONL file whose rows have ReCode's six fields."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from recode_data.errors import BadFile
from recode_data.files import WIDE_MARKS, decoded
from recode_data.judge.transition import parse_version
from recode_data.library import spelled_alike
from recode_data.progress import Summary
from recode_data.reasons import Reason
from recode_data.records import ENTRY_FIELDS, Attempt, Entry, Json, content_id
from recode_data.requirements import read_requirements
from recode_data.workspace import Workspace

STAGE = "import"
VERSION = "1"
BATCH = 1000
LONGEST_NAME = 100
"""Letters of a library's name or of a version; those of the package index have at most 60."""


class BadRow(Exception):
    """A row that is no entry: the reason code and one line."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


def import_file(
    workspace: Workspace, file: Path, names: Mapping[str, str] | None = None
) -> Summary:
    """Take every row of a JSONL file into the workspace as an `Entry`.

    ``names`` maps a ``dependency`` of the file to the one to write instead. A row that is
    no entry is kept as an `Attempt` with its reason and its line. Raises `BadFile` when
    the file cannot be read or none of its rows is an entry; they are kept all the same.
    """
    started = time.monotonic()
    renamed = {spelled_alike(old): new for old, new in (names or {}).items()}
    summary = Summary(STAGE)
    seen: set[str] = set()
    batch: list[Entry | Attempt] = []
    for number, line in _lines(file):
        summary.came_in += 1
        try:
            entry = read_row(line, file.name, renamed)
            if entry.id in seen:
                raise BadRow(Reason.DUPLICATE, f"the same row stands above: {entry.id}")
        except BadRow as bad:
            summary.dropped[bad.reason] += 1
            batch.append(_kept(file, number, line, bad))
        else:
            seen.add(entry.id)
            batch.append(entry)
        if len(batch) >= BATCH:
            workspace.add(batch)
            batch = []
    if not summary.came_in:
        raise BadFile(f"{file} holds no rows", "a row is one JSON object a line")
    workspace.add(batch)
    if not seen:
        why = ", ".join(f"{count} {reason}" for reason, count in summary.dropped.items())
        raise BadFile(
            f"no row of {file} is an entry: {why}", f"a row needs {', '.join(ENTRY_FIELDS)}"
        )
    summary.went_out = len(seen)
    summary.seconds = time.monotonic() - started
    return summary


def read_row(line: bytes, source: str, names: Mapping[str, str]) -> Entry:
    """Return the entry in one line of a file; raises `BadRow` with the reason."""
    try:
        row = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BadRow(Reason.NOT_UTF8, str(error)) from error
    except (ValueError, RecursionError) as error:
        raise BadRow(Reason.NOT_JSON, str(error)) from error
    if not isinstance(row, dict):
        raise BadRow(Reason.NOT_AN_OBJECT, f"a {type(row).__name__}")
    for name in ENTRY_FIELDS:
        if name not in row:
            raise BadRow(Reason.MISSING_FIELD, name)
        if not isinstance(row[name], str):
            raise BadRow(Reason.NOT_TEXT, f"{name} is a {type(row[name]).__name__}")
        if not _is_text(row[name]):
            raise BadRow(Reason.NOT_TEXT, f"{name} holds half of a surrogate pair")
    for name in ("dependency", "old_code", "new_code"):
        if not row[name].strip():
            raise BadRow(Reason.EMPTY_FIELD, name)
    for name in ("dependency", "new_version"):
        if len(row[name]) > LONGEST_NAME or not row[name].strip().isprintable():
            reason = Reason.NO_VERSION if name == "new_version" else Reason.NOT_TEXT
            raise BadRow(reason, f"{name} is no name: {row[name][:40]!r}")
    if parse_version(row["new_version"]) is None:
        raise BadRow(Reason.NO_VERSION, f"new_version is {row['new_version'][:40]!r}")
    fields = {name: row[name] for name in ENTRY_FIELDS}
    fields["dependency"] = names.get(spelled_alike(row["dependency"]), row["dependency"].strip())
    return Entry(**fields, engine="import", author=source, requirements=_requirements(row))


def _is_text(value: str) -> bool:
    """A JSON escape such as ``\\ud800`` gives a text that no encoding can hold."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _requirements(row: dict[str, Json]) -> tuple[str, ...]:
    """Return the packages that a row needs besides its library; a row may say nothing."""
    value = row.get("requirements")
    if value is None:
        return ()
    if not isinstance(value, str | list):
        raise BadRow(Reason.BAD_REQUIREMENT, f"requirements is a {type(value).__name__}")
    try:
        return read_requirements(value)
    except ValueError as error:
        raise BadRow(Reason.BAD_REQUIREMENT, str(error)) from error


def _lines(file: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with file.open("rb") as opened:
            lines: Iterable[bytes] = opened
            if opened.peek(4).startswith(WIDE_MARKS):
                lines = decoded(opened.read(), str(file)).encode("utf-8").split(b"\n")
            for number, line in enumerate(lines, 1):
                text = line.removeprefix(b"\xef\xbb\xbf").strip() if number == 1 else line.strip()
                if text:
                    yield number, text
    except OSError as error:
        raise BadFile(
            f"cannot read {file}: {error.strerror or error}",
            "give a JSONL file with ReCode's six fields in each row",
        ) from error


def _kept(file: Path, number: int, line: bytes, bad: BadRow) -> Attempt:
    """The row itself goes with its reason, cut to what a person needs to find it."""
    text = line.decode("utf-8", "replace")[:500]
    subject = content_id(file.name, number, text)
    detail = f"{file.name}:{number}: {bad.detail}: {text}"
    return Attempt(STAGE, subject, VERSION, 0, bad.reason, detail)
