"""Collect the examples that mention wanted names from the sdists of several versions."""

from __future__ import annotations

import multiprocessing
import multiprocessing.process
import os
import re
import tarfile
import threading
import zipfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from recode_data.errors import BrokenSource
from recode_data.library import Library
from recode_data.usage.documented import (
    from_demonstration,
    from_docstrings,
    from_page,
    from_script,
)
from recode_data.usage.example import Example, Wanted
from recode_data.usage.imports import Conventions, conventions, use_conventions
from recode_data.usage.tested import from_tests

_PARTS = ("doc", "docs", "src", "lib", "galleries", "examples")
_TEST = re.compile(r"(^|/)(tests?|testing)/|(^|/)test_[^/]*\.py$|_test\.py$")


@dataclass(frozen=True)
class _Task:
    archive: Path
    label: str
    """``numpy-1.26.4``"""
    packages: tuple[str, ...]
    tests: tuple[str, ...]
    docs: tuple[str, ...]
    names: tuple[str, ...]
    conventions: Conventions


def harvest(
    library: Library, archives: Sequence[tuple[str, Path]], names: Iterable[str], jobs: int = 1
) -> list[Example]:
    """Return every example that mentions one of ``names`` (last parts of symbols).

    ``archives`` are ``(version, sdist)``, or the folder that the version's packages are installed
    in; the result has their order and then that of
    their files, whatever the number of ``jobs``.
    """
    wanted = tuple(sorted(set(names)))
    if not wanted:
        return []
    tasks = [
        _Task(
            path,
            f"{library.name}-{version}",
            library.packages,
            tuple(library.usage.tests),
            tuple(library.usage.docs),
            wanted,
            conventions(),
        )
        for version, path in archives
    ]
    if jobs <= 1 or len(tasks) == 1:
        return [example for task in tasks for example in _read(task)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(jobs, len(tasks)), context, end_with_parent) as pool:
        return [example for found in pool.map(_read, tasks) for example in found]


def end_with_parent() -> None:
    """End this worker as soon as the process that started it is gone, however it ended.

    A worker sees that by itself only when it asks for its next task, minutes later.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent,), daemon=True).start()


def _follow(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)


def _read(task: _Task) -> list[Example]:
    use_conventions(task.conventions)
    wanted = Wanted(task.names)
    found: list[Example] = []
    texts = sorted(_texts(task))
    shared = {path: text for path, text in texts if path.endswith("conftest.py")}
    for path, text in texts:
        above = [each for each in shared if path.startswith(each.removesuffix("conftest.py"))]
        fixtures = [shared[each] for each in sorted(above, key=len)]
        found += examples_in(
            path, text, task.label, task.packages, task.tests, task.docs, wanted, fixtures
        )
    return found


def examples_in(  # noqa: PLR0917
    path: str,
    text: str,
    label: str,
    packages: Collection[str],
    tests: Collection[str],
    docs: Collection[str],
    wanted: Wanted,
    shared: Sequence[str] = (),
) -> Iterator[Example]:
    """Yield the examples in one file of a library, ``label`` (``numpy-1.26.4``) before its path
    in their locations; ``tests`` and ``docs`` are globs as in `Usage`, ``shared`` the sources
    whose fixtures its tests may use."""
    if not wanted.search(text):
        return
    location = f"{label}:{path}"
    if not path.endswith(".py"):
        if matches(path, docs):
            yield from from_page(text, location, wanted)
        return
    module = _module(path)
    ours = module.partition(".")[0] in packages
    if matches(path, tests) or (ours and is_test(path)):
        yield from from_tests(text, location, module, wanted, shared)
    elif ours:
        yield from from_docstrings(text, location, wanted)
        if "__main__" in text:
            yield from from_demonstration(text, location, module, wanted)
    elif matches(path, docs):
        yield from from_script(text, location, wanted)


def is_test(path: str, tests: Collection[str] = ()) -> bool:
    """Tell whether a file is a test, by its place or by the globs of tests."""
    return bool(_TEST.search(path)) or matches(path, tests)


def _module(path: str) -> str:
    """Return the dotted name of a module in the sdist, without folders above the package."""
    parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
    while len(parts) > 1 and parts[0] in _PARTS:
        parts = parts[1:]
    return ".".join(parts)


def _texts(task: _Task) -> Iterator[tuple[str, str]]:
    if task.archive.is_dir():
        return installed_files(task.archive, task.packages)
    return text_files(task.archive)


def installed_files(folder: Path, packages: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield ``(path, text)`` of the modules of ``packages`` that are installed in ``folder``."""
    for package in packages:
        top = folder.joinpath(*package.split("."))
        for file in sorted([*top.rglob("*.py"), top.with_suffix(".py")]):
            if file.is_file() and file.stat().st_size < LARGEST:
                yield str(file.relative_to(folder)), file.read_text("utf-8", "replace")


LARGEST = 2_000_000
"""Bytes of a file that is still looked at; larger ones are data or generated code."""
SUFFIXES = (".py", ".rst", ".txt", ".md")


def text_files(archive: Path) -> Iterator[tuple[str, str]]:
    """Yield ``(path, text)`` of the text files in a sdist, paths without its top folder.

    Raises `BrokenSource` for a file that is not a whole archive.
    """
    try:
        reader = _zip if archive.suffix == ".zip" else _tar
        for name, data in reader(archive):
            yield name.partition("/")[2], data.decode("utf-8", "replace")
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError) as error:
        raise BrokenSource(
            f"{archive.name} is damaged: {error}", f"delete {archive} and run it again"
        ) from error


def _tar(archive: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(archive) as opened:
        for member in opened:
            if member.isfile() and member.size < LARGEST and member.name.endswith(SUFFIXES):
                stream = opened.extractfile(member)
                if stream is not None:
                    yield member.name, stream.read()


def _zip(archive: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(archive) as opened:
        for member in opened.infolist():
            if member.file_size < LARGEST and member.filename.endswith(SUFFIXES):
                yield member.filename, opened.read(member)


def matches(path: str, globs: Collection[str]) -> bool:
    """Tell whether ``path`` fits one of ``globs``, where ``**/`` may also stand for nothing."""
    return any(fnmatch(path, glob) or fnmatch(path, re.sub(r"\*\*/", "", glob)) for glob in globs)
