"""The one protocol of every source of notes, and what its modules share."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Literal, Protocol, TypeAlias

from packaging.version import InvalidVersion, Version

from recode_data.library import Library, Source
from recode_data.progress import Progress
from recode_data.records import ReleaseNote

Format: TypeAlias = Literal["rst", "md", "html", "txt"]
FORMATS: dict[str, Format] = {
    ".rst": "rst",
    ".txt": "rst",
    ".inc": "rst",
    "": "rst",
    ".md": "md",
    ".html": "html",
    ".htm": "html",
}


class NoteSource(Protocol):
    """Yields the notes of a library from one place, as they were published."""

    def __call__(
        self, library: Library, source: Source, progress: Progress
    ) -> Iterator[ReleaseNote]: ...


def version_in(name: str) -> str:
    """Return the version in a path or a title, normalised, or an empty string.

    >>> version_in("doc/release/1.25.0-notes.rst"), version_in("whats_new/v0.24.rst")
    ('1.25.0', '0.24')
    """
    for part in reversed(name.split("/")):
        stem = re.sub(r"\.(rst|md|txt|html?|inc)$", "", part).replace("_", " ")
        stem = re.sub(r"(?<=\d) (?=\d)", ".", stem)
        match = re.search(r"(?<![\d.])v?(\d+(?:\.\d+)+(?:\.?(?:rc|a|b|post|dev)\d+)?)", stem)
        if match:
            return normal(match[1])
    return ""


def normal(text: str) -> str:
    """Return a PEP 440 version in its normal form, or an empty string."""
    try:
        return str(Version(text))
    except InvalidVersion:
        return ""


_RST = re.compile(r"^(?P<title>[^\n]*\d[^\n]*)\n(?P<mark>[=\-~^*+#\"'`])(?P=mark){2,}[ \t]*$", re.M)
_PLAIN = re.compile(
    r"(?:\A|(?<=\n\n))(?P<mark>=*)[ \t]*(?P<title>(?:(?:version|release)[ \t]+)?v?\d+(?:\.\d+)+"
    r"(?:[ \t]*[(\[,:;–—-][^\n]{0,50}|[ \t]*=*))$",
    re.IGNORECASE | re.MULTILINE,
)
"""Plain text: the version alone on a line or with its date, or a heading of a wiki."""
_MD = re.compile(r"^(?P<mark>#{1,3})[ \t]+(?P<title>[^\n]*\d[^\n]*)$", re.M)
_HTML = re.compile(r"<(?P<mark>h[1-4])\b[^>]*>(?P<title>.*?)</(?P=mark)>", re.S)
_CHANGELOG = re.compile(
    r"^\.\. (?P<mark>changelog)::[^\n]*\n(?:[ \t]+:[^\n]*\n)*?[ \t]+:version:[ \t]*(?P<title>\S+)",
    re.M,
)
"""Sphinx's changelog extension: a directive, not a heading, begins a version."""
_TITLE = re.compile(
    r"(?i)^\W*(?:[a-z][\w .'’-]*? )??(?:version|release|changes in)?\W*"
    r"v?(?P<version>\d+(?:\.\d+)+(?:\.?(?:rc|a|b|post|dev)\d+)?)\b"
)


_ANOTHERS = re.compile(r"(?i)\b(?:c?python|pypy)\W*\Z")
"""Before a version: it is not the library's."""
_HEADING = re.compile(r"^(?P<title>\S[^\n]*)\n(?P<mark>[=\-~^*+#\"'`])(?P=mark){2,}[ \t]*$", re.M)
_DATED = re.compile(
    r"\A(?:\s*\n|\.\. (?:deprecated|versionremoved|versionchanged|versionadded)::[^\n]*\n)*"
    r"\.\. (?:deprecated|versionremoved|versionchanged)::[ \t]*v?(?P<version>\d+(?:\.\d+)+)",
)
MOST_DATED = 3
"""Sections of a page that begin with a directive about a version, for it to be cut at those."""


def split_history(text: str, form: Format) -> list[tuple[str, str]]:
    """Cut a file that holds the notes of many versions at its versions' headings, or, where
    directives date its sections (``.. deprecated:: 8.1`` below each heading), by those.

    Returns pairs of version and text, and nothing when it is about a single version.
    """
    dated = _dated_sections(text) if form == "rst" else []
    if len(dated) >= MOST_DATED:
        return dated
    pattern = {"md": _MD, "html": _HTML}.get(form, _RST)
    if form == "rst" and _CHANGELOG.search(text):
        pattern = _CHANGELOG
    marks = _titles(pattern, text)
    if form == "rst" and len({version for _, version in marks}) < 2:
        marks = _titles(_PLAIN, text)
    if len({version for _, version in marks}) < 2:
        return []
    counts = Counter(m["mark"] for m, _ in marks)
    adornment = max(counts, key=lambda mark: counts[mark])  # "2.0 Changelog" may stand above
    marks = [(m, version) for m, version in marks if m["mark"] == adornment]
    ends = [m.start() for m, _ in marks[1:]] + [len(text)]
    return [(version, text[m.start() : end]) for (m, version), end in zip(marks, ends, strict=True)]


def _titles(pattern: re.Pattern[str], text: str) -> list[tuple[re.Match[str], str]]:
    """Return the headings of a text that announce a version, with it."""
    found = [
        (match, version_of_title(re.sub("<[^>]+>", "", match["title"])))
        for match in pattern.finditer(text)
    ]
    return [(match, version) for match, version in found if version]


def version_of_title(title: str) -> str:
    """Return the version that a heading announces, or an empty string."""
    plain = re.sub(r"[`*\[\]]", "", title)
    match = _TITLE.match(plain)
    if match is None or len(title) >= 100 or _ANOTHERS.search(plain[: match.start("version")]):
        return ""
    return normal(match["version"])


def _dated_sections(text: str) -> list[tuple[str, str]]:
    """Return version and text of each section that begins with directives about versions, of
    which the last one counts: what was deprecated, then removed, is removed. The headings that
    it stands below come with it."""
    marks = list(_HEADING.finditer(text))
    ends = [*(match.start() for match in marks[1:]), len(text)][: len(marks)]
    ranks: dict[str, int] = {}
    above: dict[int, str] = {}
    found: list[tuple[str, str]] = []
    for match, end in zip(marks, ends, strict=True):
        rank = ranks.setdefault(match["mark"], len(ranks))
        above = {known: heading for known, heading in above.items() if known < rank}
        directive = _DATED.match(text[match.end() : end].lstrip("\n") + "\n")
        if directive is not None and (version := normal(directive["version"])):
            headings = "\n\n".join(above.values())
            found.append((version, f"{headings}\n\n{text[match.start() : end]}".strip() + "\n"))
        above[rank] = match[0]
    return found
