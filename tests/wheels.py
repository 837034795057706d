"""Wheels that tests make themselves, and environments that are made of them without an index."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from recode_data.execute.interpreters import interpreters
from recode_data.records import Environment


def make_wheel(  # noqa: PLR0917
    folder: Path,
    name: str,
    files: Mapping[str, str],
    needs: str = "",
    version: str = "1.0",
    headers: str = "",
) -> Path:
    """Write a pure wheel that holds ``files`` by their paths, with further ``headers`` in its
    metadata; return it."""
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{headers}"
    if needs:
        metadata += f"Requires-Dist: {needs}\n"
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    about = f"{name}-{version}.dist-info"
    contents = {
        **files,
        f"{about}/METADATA": metadata,
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = [f"{path},{_digest(text)},{len(text.encode())}" for path, text in contents.items()]
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in contents.items():
            archive.writestr(path, text)
        archive.writestr(f"{about}/RECORD", "\n".join([*record, f"{about}/RECORD,,", ""]))
    return wheel


def make_sdist(folder: Path, name: str, version: str, files: Mapping[str, str]) -> Path:
    """Write a source distribution that holds ``files`` by their paths; return it."""
    sdist = folder / f"{name}-{version}.tar.gz"
    with tarfile.open(sdist, "w:gz") as archive:
        for path, text in files.items():
            member = tarfile.TarInfo(f"{name}-{version}/{path}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return sdist


def write_index(folder: Path, files: Mapping[Path, str]) -> str:
    """Write a package index of ``files``, each with the day of its upload; return its address."""
    pages: dict[str, list[str]] = {}
    for file, day in files.items():
        name = file.name.split("-")[0]
        link = f'<a href="{file.as_uri()}" data-upload-time="{day}T12:00:00Z">{file.name}</a>'
        pages.setdefault(name, []).append(link)
    for name, links in pages.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "index.html").write_text("<html>" + "".join(links) + "</html>")
    return folder.as_uri()


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256=" + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def only_wheels_of(folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have environments made from the wheels in ``folder`` alone, in a cache of their own."""
    monkeypatch.setenv("RECODE_DATA_CACHE", str(cache))
    monkeypatch.setenv("UV_CACHE_DIR", str(cache / "uv"))
    monkeypatch.setenv("UV_FIND_LINKS", str(folder))
    monkeypatch.setenv("UV_NO_INDEX", "1")


def environment_of(name: str, *requirements: str) -> Environment:
    """Return the environment of a wheel on the newest Python of this machine."""
    return Environment(name, "1.0", list(interpreters())[-1], requirements)
