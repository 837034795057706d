"""What a wheel says of itself, read from the files of an installed environment: its metadata
and the packages that it installs. Nothing of it is run."""

from __future__ import annotations

import csv
import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from recode_data.errors import EnvironmentFailed
from recode_data.execute.environments import Made

NO_PACKAGES = {"test", "tests", "testing", "doc", "docs", "example", "examples", "benchmarks"}
"""Top folders that wheels install by mistake."""
LARGEST = 5_000_000
"""Bytes of metadata that are read."""
_LICENCES = {
    "MIT License": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
    "GNU General Public License v2 (GPLv2)": "GPL-2.0-only",
    "GNU General Public License v3 (GPLv3)": "GPL-3.0-only",
    "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
}
"""Trove classifiers of licences → SPDX identifiers. "BSD License" does not say which; the
form of three clauses is by far the usual one."""
_LABELS = {
    "changelog": "changelog", "changes": "changelog", "history": "changelog", "news": "changelog",
    "whatsnew": "changelog", "releasenotes": "changelog", "releases": "changelog",
    "releasehistory": "changelog", "changehistory": "changelog",
    "documentation": "documentation", "docs": "documentation", "readthedocs": "documentation",
    "homepage": "homepage", "home": "homepage", "website": "homepage",
    "source": "source", "sourcecode": "source", "repository": "source", "github": "source",
    "code": "source",
}  # fmt: skip
"""Labels of a project's addresses, in lower case without anything but letters → what it is."""


@dataclass(frozen=True)
class Installed:
    """A distribution as its wheel describes it."""

    title: str
    licence: str
    imports: tuple[str, ...]
    """Top packages, the one with the most modules first."""
    urls: dict[str, str]
    """``changelog``, ``documentation``, ``homepage`` and ``source``, where they are given."""
    repository: str
    """``owner/name`` on GitHub, or empty."""


def read_installed(made: Made) -> Installed:
    """Return what the wheel of an environment's library says.

    Raises `EnvironmentFailed` when its description is not there.
    """
    if folder := made.metadata_folder():
        metadata = HeaderParser().parsestr(_text(folder / "METADATA"))
        return described(metadata, _record(folder))
    raise EnvironmentFailed(
        f"{made.environment} has no description of {made.environment.library}",
        "write import_name, matrix, sources and usage into a definition of it",
    )


def described(metadata: Message, files: list[str]) -> Installed:
    """Return what metadata and the list of a wheel's files say."""
    urls: dict[str, str] = {}
    every = [("homepage", metadata.get("Home-page", ""))]
    for line in metadata.get_all("Project-URL", []):
        label, _, address = str(line).partition(",")
        every.append((_LABELS.get(re.sub(r"[^a-z]", "", label.lower()), ""), address))
    for label, address in every:
        if is_web_address(address.strip()):
            urls.setdefault(label, address.strip())
    addresses = [urls.get("source", ""), urls.get("homepage", ""), *(url for _, url in every)]
    repository = next((found for url in addresses if (found := repository_of(url))), "")
    urls.pop("", None)
    return Installed(
        str(metadata.get("Name", "")),
        _licence(metadata),
        tuple(top_packages(files)),
        urls,
        repository,
    )


def is_web_address(text: str) -> bool:
    """Tell whether an address that a stranger wrote may be asked: of the web, without a
    password, and none of the machine's own network services."""
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https")
        and bool(host)
        and parts.username is None
        and not host.startswith(("169.254.", "fe80:"))
        and not re.search(r"[\s\x00-\x1f]", text)
    )


def repository_of(address: str) -> str:
    """Return ``owner/name`` of an address on GitHub, or an empty string.

    >>> repository_of("https://github.com/networkx/networkx/issues")
    'networkx/networkx'
    """
    found = re.match(
        r"https?://(?:www\.)?github\.com/([\w.-]+)/([\w.-]+?)(?:\.git)?(?:[/#?]|$)", address.strip()
    )
    unowned = found is None or found[1] in ("sponsors", "orgs", "users", "marketplace")
    return "" if found is None or unowned else f"{found[1]}/{found[2]}"


def top_packages(files: list[str]) -> list[str]:
    """Return the packages and modules that a wheel's files can be imported as, the one with the
    most modules first, private ones last. Of a namespace it is the packages in it.

    >>> top_packages(["yaml/__init__.py", "yaml/nodes.py", "_yaml/__init__.py", "six.py"])
    ['yaml', 'six', '_yaml']
    """
    modules = [PurePosixPath(path) for path in files if path.endswith((".py", ".so", ".pyd"))]
    modules = [path for path in modules if path.parts[0] != ".." and not path.is_absolute()]
    packages = {path.parent for path in modules if path.name == "__init__.py"}
    counts: Counter[str] = Counter()
    for path in modules:
        above = [folder for folder in reversed(path.parents) if folder in packages]
        if above:
            counts[".".join(above[0].parts)] += 1
        elif path.parent == PurePosixPath():
            counts[path.name.partition(".")[0]] += 1
    found = [
        name
        for name in counts
        if all(part.isidentifier() for part in name.split("."))
        and name.partition(".")[0].lower() not in NO_PACKAGES
    ]
    return sorted(found, key=lambda name: (name.startswith("_"), -counts[name], name))


def _licence(metadata: Message) -> str:
    said = str(metadata.get("License-Expression") or metadata.get("License") or "").strip()
    with suppress(InvalidLicenseExpression):
        return str(canonicalize_license_expression(said)) if said else _classified(metadata)
    return _classified(metadata) or (said if len(said) <= 60 and "\n" not in said else "")


def _classified(metadata: Message) -> str:
    classifiers = [str(line) for line in metadata.get_all("Classifier", [])]
    names = [line.rpartition(" :: ")[2] for line in classifiers if line.startswith("License")]
    known = [_LICENCES[name] for name in names if name in _LICENCES]
    return " OR ".join(dict.fromkeys(known))


def _record(folder: Path) -> list[str]:
    rows = csv.reader(_text(folder / "RECORD").splitlines())
    return [row[0] for row in rows if row and row[0]]


def _text(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return stream.read(LARGEST).decode("utf-8", "replace")
    except OSError:
        return ""
