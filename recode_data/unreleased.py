"""Versions that are on no index: a maintainer's own tree, a branch, a wheel that was just built.

A workspace keeps their files in its folder ``unreleased``, one wheel of a library and, where it
was built from a tree, the source distribution. Each bears a local version label made of its
content (``2.0.dev0+n1a2b3c4d``), so that a tree that was built again is another version for every
cache, and one whose number was not raised is newer than the release of that number.
"""

from __future__ import annotations

import base64
import csv
import email
import hashlib
import io
import re
import shutil
import zipfile
import zlib
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version

from recode_data.errors import BadFile
from recode_data.files import writing, written_whole

LABEL = 8
"""Hex digits of a file's hash in its version."""
UNREADABLE = (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)
"""What reading an archive raises that is damaged, encrypted or not to be opened."""
FIRST = ".first"
"""Ending of the file that says which version a comparison begins with."""


@dataclass(frozen=True)
class UnreleasedFile:
    """A wheel or source distribution of a version that is on no index."""

    name: str
    """As names are compared: ``my-lib``."""
    version: str
    path: Path
    is_wheel: bool
    requires_python: str = ""


class Unreleased:
    """The folders of workspaces that hold such files."""

    def __init__(self) -> None:
        self._folders: list[Path] = []

    def forget(self) -> None:
        """Know no folder any more, as a new process does."""
        self._folders.clear()

    def look_in(self, folder: Path) -> None:
        """Know the files in a workspace's ``folder``, now or later."""
        if folder.resolve() not in self._folders:
            self._folders.append(folder.resolve())

    def folders(self) -> list[Path]:
        """Return the folders that are there."""
        return [folder for folder in self._folders if folder.is_dir()]

    def files(self, name: str) -> list[UnreleasedFile]:
        """Return the files of a distribution; of two folders' the first one's count."""
        wanted = canonicalize_name(name)
        for folder in self.folders():
            found = [each for each in map(_read, sorted(folder.iterdir())) if each]
            if mine := [each for each in found if each.name == wanted]:
                return mine
        return []

    def matrix(self, name: str, matrix: list[str]) -> list[str]:
        """Return a library's versions with the unreleased one behind them, from the first on
        that a comparison was asked to begin with."""
        wheels = [file.version for file in self.files(name) if file.is_wheel]
        first = self._first(name)
        kept = [v for v in matrix if not first or Version(v) >= Version(first)]
        return [*kept, *(version for version in wheels if version not in kept)]

    def _first(self, name: str) -> str:
        for folder in self.folders():
            with suppress(OSError):
                return (folder / f"{canonicalize_name(name)}{FIRST}").read_text("utf-8").strip()
        return ""


unreleased = Unreleased()
"""Those of this process."""


def keep(folder: Path, files: list[Path], first: str = "") -> UnreleasedFile:
    """Keep a wheel, and what else was built with it, in a workspace's ``folder``, in the place of
    the library's earlier ones; return the wheel. ``first`` is the version to begin with.

    Raises `BadFile` for what is no wheel.
    """
    wheel = next((file for file in files if file.suffix == ".whl"), None)
    if wheel is None:
        raise BadFile("no wheel was built", "name a wheel or a project that builds one")
    name, version = _of_wheel(wheel)
    label = f"n{hashlib.sha256(wheel.read_bytes()).hexdigest()[:LABEL]}"
    labelled = f"{version}{'.' if version.local else '+'}{label}"
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for file in folder.iterdir():
            read = _read(file)
            if (read and read.name == name) or file.name == f"{name}{FIRST}":
                file.unlink()
        kept = _relabelled(wheel, folder, labelled)
        for file in files:
            if file.name.endswith((".tar.gz", ".zip")):
                ending = ".zip" if file.suffix == ".zip" else ".tar.gz"
                shutil.copyfile(file, folder / f"{name.replace('-', '_')}-{labelled}{ending}")
        if first:
            (folder / f"{name}{FIRST}").write_text(first, encoding="utf-8")
    found = _read(kept)
    assert found is not None
    return found


def _of_wheel(wheel: Path) -> tuple[str, Version]:
    try:
        name, version, _, _ = parse_wheel_filename(wheel.name)
        _requires_python(wheel)
        with zipfile.ZipFile(wheel) as archive:
            if damaged := archive.testzip():
                raise zipfile.BadZipFile(f"{damaged} is damaged")
    except (InvalidWheelFilename, StopIteration) as error:
        why = str(error) or "it has no METADATA"
        raise BadFile(f"{wheel} is no wheel: {why}", "uv build makes one in dist/") from error
    except UNREADABLE as error:
        raise BadFile(f"cannot read {wheel}: {error}", "uv build makes one in dist/") from error
    return str(name), version


@lru_cache(maxsize=256)
def _read(file: Path) -> UnreleasedFile | None:
    try:
        if file.suffix == ".whl":
            name, version, _, _ = parse_wheel_filename(file.name)
            return UnreleasedFile(str(name), str(version), file, True, _requires_python(file))
        if file.name.endswith((".tar.gz", ".zip")):
            name, version = parse_sdist_filename(file.name)
            return UnreleasedFile(str(name), str(version), file, False)
    except (InvalidWheelFilename, InvalidSdistFilename, StopIteration, *UNREADABLE):
        pass
    return None


def _requires_python(wheel: Path) -> str:
    with zipfile.ZipFile(wheel) as archive:
        member = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        told = email.message_from_bytes(archive.read(member))
    return str(told.get("Requires-Python") or "")


def _relabelled(wheel: Path, folder: Path, version: str) -> Path:
    """Copy a wheel to ``folder`` as that of another version: its name, its metadata, its record."""
    distribution, old, *rest = wheel.name.split("-")
    before, after = f"{distribution}-{old}", f"{distribution}-{version}"
    target = folder / "-".join([distribution, version, *rest])
    rows: list[list[str]] = []
    with (
        zipfile.ZipFile(wheel) as source,
        written_whole(target) as part,
        zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as copy,
    ):
        for info in source.infolist():
            top, slash, inside = info.filename.partition("/")
            if top in (f"{before}.dist-info", f"{before}.data"):
                top = after + top.removeprefix(before)
            path = f"{top}{slash}{inside}"
            if inside == "RECORD" and top == f"{after}.dist-info":
                continue
            data = source.read(info)
            if inside == "METADATA" and top == f"{after}.dist-info":
                told = data.decode("utf-8", "replace")
                told = re.sub(r"(?m)^Version:.*$", f"Version: {version}", told, count=1)
                data = told.encode()
            renamed = zipfile.ZipInfo(path, info.date_time)
            renamed.external_attr, renamed.compress_type = info.external_attr, info.compress_type
            copy.writestr(renamed, data)
            if not info.is_dir():
                rows.append([path, f"sha256={_digest(data)}", str(len(data))])
        record = io.StringIO()
        rows.append([f"{after}.dist-info/RECORD", "", ""])
        csv.writer(record, lineterminator="\n").writerows(rows)
        copy.writestr(f"{after}.dist-info/RECORD", record.getvalue())
    return target


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
