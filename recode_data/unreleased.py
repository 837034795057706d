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
from collections.abc import Sequence
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

from recode_data.errors import BadFile, UsageError
from recode_data.files import writing, written_whole

FOLDER = "unreleased"
"""Of a workspace."""
UNREADABLE = (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
"""What `zipfile` raises for an archive that is damaged, encrypted or of another kind."""
LABEL = 8
"""Hex digits of a file's hash in its version."""
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


def keep(folder: Path, files: Sequence[Path], first: str = "", library: str = "") -> UnreleasedFile:
    """Keep a wheel, and what else was built with it, in a workspace's ``folder``, in the place of
    the library's earlier ones; return the wheel. ``first`` is the version to begin with, and
    ``library`` the name of the one that it must be a wheel of, where that is known.

    Raises `BadFile` for what is no wheel, `UsageError` for one of another library. What was kept
    before is there until the new one is whole.
    """
    wheel = next((file for file in files if file.suffix == ".whl"), None)
    if wheel is None:
        raise BadFile("no wheel was built", "name a wheel or a project that builds one")
    name, version = _of_wheel(wheel)
    if library and canonicalize_name(library) != name:
        raise UsageError(
            f"the wheel is one of {name}, not of {library}",
            f"name {name} instead",
        )
    label = f"n{hashlib.sha256(wheel.read_bytes()).hexdigest()[:LABEL]}"
    labelled = f"{version}{'.' if version.local else '+'}{label}"
    begins = folder / f"{name}{FIRST}"
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        kept = [_relabelled(wheel, folder, labelled)]
        for file in files:
            if file.name.endswith((".tar.gz", ".zip")):
                ending = ".zip" if file.suffix == ".zip" else ".tar.gz"
                kept.append(folder / f"{name.replace('-', '_')}-{labelled}{ending}")
                with written_whole(kept[-1]) as part:
                    shutil.copyfile(file, part)
        for file in folder.iterdir():
            read = _read(file)
            if read and read.name == name and file not in kept:
                file.unlink()
        begins.unlink(missing_ok=True)
        if first:
            begins.write_text(first, encoding="utf-8")
    found = _read(kept[0])
    assert found is not None
    return found


def _of_wheel(wheel: Path) -> tuple[str, Version]:
    try:
        name, version, _, _ = parse_wheel_filename(wheel.name)
        with zipfile.ZipFile(wheel) as archive:
            _about(archive)
            if damaged := archive.testzip():
                raise zipfile.BadZipFile(f"{damaged} is damaged")
        return str(name), version
    except InvalidWheelFilename as error:
        raise BadFile(f"{wheel} is no wheel: {error}", "uv build makes one in dist/") from error
    except UNREADABLE as error:
        raise BadFile(f"cannot read {wheel}: {error}", "uv build makes one in dist/") from error


@lru_cache(maxsize=256)
def _read(file: Path) -> UnreleasedFile | None:
    try:
        if file.suffix == ".whl":
            name, version, _, _ = parse_wheel_filename(file.name)
            return UnreleasedFile(str(name), str(version), file, True, _requires_python(file))
        if file.name.endswith((".tar.gz", ".zip")):
            name, version = parse_sdist_filename(file.name)
            return UnreleasedFile(str(name), str(version), file, False)
    except (InvalidWheelFilename, InvalidSdistFilename, *UNREADABLE):
        pass
    return None


def _requires_python(wheel: Path) -> str:
    with zipfile.ZipFile(wheel) as archive:
        told = email.message_from_bytes(archive.read(f"{_about(archive)}/METADATA"))
    return str(told.get("Requires-Python") or "")


def _about(archive: zipfile.ZipFile) -> str:
    """Return the folder of a wheel's metadata; its name may be spelt otherwise than the file's."""
    found = [
        name for name in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name)
    ]
    if len(found) != 1:
        raise zipfile.BadZipFile("it holds no METADATA")
    return found[0].partition("/")[0]


def _relabelled(wheel: Path, folder: Path, version: str) -> Path:
    """Copy a wheel to ``folder`` as that of another version: its name, its metadata, its record."""
    distribution, _, *rest = wheel.name.split("-")
    after = f"{distribution}-{version}"
    target = folder / "-".join([distribution, version, *rest])
    rows: list[list[str]] = []
    with (
        zipfile.ZipFile(wheel) as source,
        written_whole(target) as part,
        zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as copy,
    ):
        before = _about(source).removesuffix(".dist-info")
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
