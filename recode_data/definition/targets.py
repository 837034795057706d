"""What a person may name to be built: a library of the index, or a version that is on none."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from packaging.version import InvalidVersion, Version

from recode_data.errors import UsageError
from recode_data.execute.building import built, cloned
from recode_data.library import written_definition
from recode_data.unreleased import FOLDER, keep, unreleased

_RANGE = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<first>[^.\s]+(?:\.[^.\s]+)*)\.\.(?P<last>\S+)")


def take(target: str, workspace: Path, say: Callable[[str], None], new: Path | None = None) -> str:
    """Return the name of the library that ``target`` means, its unreleased version kept in the
    workspace where it has one.

    ``target`` is a name or a ``.toml`` file, which are returned as they are; the path of a
    project (``./mylib``); or ``NAME==FIRST..git+https://…@branch``, a branch against the
    releases from ``FIRST`` on. ``new`` is a wheel that becomes the newest version of a library
    that is named. ``say`` is told what is run where before it is.

    Raises `UsageError` for what is none of these, `BadFile` for what is no wheel,
    `EnvironmentFailed` where the project cannot be built.
    """
    folder = workspace / FOLDER
    ranged = _RANGE.fullmatch(target)
    if new is not None:
        if ranged or is_path(target):
            raise UsageError(
                "--new gives the newest version, and so does the target",
                "name the library: recode-data build NAME --new dist/NAME-2.0-py3-none-any.whl",
            )
        return _kept(folder, [new], target, "", say)
    if ranged:
        first = _first(ranged["first"])
        if not ranged["last"].startswith("git+"):
            raise UsageError(
                f"{ranged['last']!r} is no address of a repository",
                "recode-data build 'NAME==1.2..git+https://host/owner/project@branch'",
            )
        with ExitStack() as stack:
            project = stack.enter_context(cloned(ranged["last"], say))
            files = stack.enter_context(built(project, say))
            return _kept(folder, files, ranged["name"], first, say)
    if is_path(target) and Path(target).is_dir():
        with built(Path(target), say) as files:
            return _kept(folder, files, "", "", say)
    return target


def is_path(target: str) -> bool:
    """Tell whether a target is written as the path of a project and not as a name: ``mylib``
    is a name, ``./mylib`` is not."""
    if target.endswith(".toml") and not Path(target).is_dir():
        return False
    return target in (".", "..") or "/" in target or "\\" in target


def _first(text: str) -> str:
    try:
        return str(Version(text))
    except InvalidVersion as error:
        raise UsageError(f"{text!r} is no version", "NAME==1.2..git+https://…@branch") from error


def _kept(
    folder: Path, files: list[Path], name: str, first: str, say: Callable[[str], None]
) -> str:
    _, table = written_definition(name) if name else (None, {})
    found = keep(folder, files, first, table.get("name", name))
    unreleased.look_in(folder)
    say(f"{found.name} {found.version}: kept in {folder} and compared as the newest version")
    return name or found.name
