"""Build what changed in one month, with the package index as it was at the month's end.

Each library is compared over the versions of the month and the last one before it, so that a
change is dated by the release that made it. Nothing that was uploaded later is seen: no version,
no source distribution with its notes and programs, no package of an environment; pages of the
web, whose text of that day nobody has, are not read, and of the releases on GitHub only those
that were published by then.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from packaging.version import Version

from recode_data.build import Build, stages
from recode_data.definition.derive import derive
from recode_data.definition.matrix import MOST, releases, spread
from recode_data.errors import NoSuchVersion, RecodeError, UsageError
from recode_data.execute import pythons
from recode_data.files import read_json, write_text, writing
from recode_data.index_settings import before as index_before
from recode_data.library import OF_ITS_DAY, Library, declarations, know_derived, written_definition
from recode_data.progress import Progress

MARK = "as-of.json"
"""The file that says of a workspace as of which instant it was built."""
NO_RELEASE = "nothing that can be installed here was released in the month"
FIRST = "its first release that can be installed here is of the month: nothing to compare it with"


def build_month(  # noqa: PLR0917
    month: str,
    before: str,
    libraries: Sequence[str],
    folder: Path,
    progress: Progress,
    jobs: int = 2,
) -> dict[str, str]:
    """Build the workspace ``folder`` of what changed in ``libraries`` in ``month``, ``2026-08``;
    ``before`` is the instant after it. Return why libraries have no part in it, by name.

    To be called while the index is looked at as of ``before`` (`index_settings.as_of`). Killed at
    any moment, it goes on where it was. Raises `UsageError` where the folder is of something
    else or no library was released in the month, `NetworkError`, and what the stages raise.
    """
    assert index_before() == before
    _take(folder, before)
    left_out: dict[str, str] = {}
    chosen = []
    for name in dict.fromkeys(libraries):
        try:
            versions, why = versions_of(name, month)
        except NoSuchVersion as error:
            versions, why = [], error.message
        if why:
            left_out[name] = why
            progress.say(f"{name}: {why}")
            continue
        path, table = written_definition(name)
        if path is None or declarations() in path.resolve().parents:
            given = {key: value for key, value in table.items() if key not in OF_ITS_DAY}
            know_derived(name, derive(name, progress, given | {"matrix": versions}))
        chosen.append(name)
    if not chosen:
        told = "; ".join(f"{name}: {why}" for name, why in left_out.items())
        raise UsageError(f"no library has a part in {month}: {told}", "name other libraries")
    owed = 0
    for summary in stages(folder, Build(libraries=chosen), folder / "dataset", progress, jobs=jobs):
        progress.say(str(summary))
        owed += summary.owed
    if owed:
        raise RecodeError(f"{owed:,} subjects failed and are owed", "run the same command again")
    return left_out


def versions_of(name: str, month: str) -> tuple[list[str], str]:
    """Return the versions to compare: those of a month, of each minor version the last, and
    before them the last one of before it; or none, and why.

    Raises `NetworkError`, and `NoSuchVersion` where the index has nothing of that name.
    """
    days = {
        version: min(file.uploaded for file in files if file.uploaded)[:7]
        for version, files in releases(name).items()
        if any(file.uploaded for file in files) and _fits(name, version)
    }
    earlier = [version for version in days if days[version] < month]
    own = [v for v in days if days[v] == month and (not earlier or _newer(v, earlier[-1]))]
    if not own:
        return [], NO_RELEASE
    if not earlier:
        return [], FIRST
    last = [list(group)[-1] for _, group in groupby(own, key=lambda v: Version(v).release[:2])]
    return spread([earlier[-1], *last], MOST), ""


def _newer(one: str, other: str) -> bool:
    return Version(one) > Version(other)


def _fits(name: str, version: str) -> bool:
    try:
        return bool(pythons(Library(name=name), version))
    except NoSuchVersion:
        return False


def _take(folder: Path, before: str) -> None:
    """Mark a folder as the workspace of one instant; raises `UsageError` for any other."""
    mark = folder / MARK
    if mark.exists():
        if (own := read_json(mark, "name another folder").get("before")) != before:
            raise UsageError(f"{folder} was built as of {own}", "name another folder")
        return
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            f"{folder} is there, and is no workspace of a month", "name a new or an empty folder"
        )
    with writing(folder, "name a folder that can be written to"):
        folder.mkdir(parents=True, exist_ok=True)
    write_text(mark, json.dumps({"before": before}) + "\n")
