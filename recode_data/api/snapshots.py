"""Snapshots made in the pinned environments, once per version: kept in the workspace, and by
content in the user's cache."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from recode_data.api.history import History
from recode_data.api.introspection import introspect, introspector_version
from recode_data.api.snapshot import Snapshot
from recode_data.cache import cache_folder, written_whole
from recode_data.errors import EnvironmentFailed, RecodeError
from recode_data.execute import Executor, ensure, resolve
from recode_data.library import Library
from recode_data.progress import Progress
from recode_data.records import Environment, content_id
from recode_data.workspace import Workspace
from recode_data.workspace.libraries import keep_snapshot, snapshot, snapshots_of


def history_of(
    workspace: Workspace, library: Library, progress: Progress, jobs: int = 2
) -> History:
    """Return the snapshots of the library's matrix; a version whose environment cannot be
    made is told of and left out."""
    snapshots: list[Snapshot] = []
    with progress.task(f"snapshots of {library.name}", len(library.matrix)) as task:
        for version, found in _contents(workspace, library, jobs):
            if isinstance(found, RecodeError):
                progress.say(f"{library.name} {version}: no snapshot: {found.message}")
            else:
                _tell_crashes(library, version, found, progress)
                snapshots.append(Snapshot(version, found))
            task.advance()
    return History(snapshots)


def _tell_crashes(
    library: Library, version: str, found: dict[str, Any], progress: Progress
) -> None:
    """Say which names were not looked into because that ends the process."""
    steps = found.get("crashed", [])
    if steps:
        more = f" and {len(steps) - 3} more" if len(steps) > 3 else ""
        progress.say(f"{library.name} {version}: crashes, left out: {', '.join(steps[:3])}{more}")


def _contents(
    workspace: Workspace, library: Library, jobs: int
) -> Iterator[tuple[str, dict[str, Any] | RecodeError]]:
    """Yield each version's snapshot as it is there; only this thread touches the workspace."""
    with ExitStack() as stack:
        pool = ThreadPoolExecutor(jobs)
        stack.callback(pool.shutdown, cancel_futures=True)
        executor: Executor | None = None
        waiting = {}
        for version in library.matrix:
            try:
                environment = resolve(library, version)
            except RecodeError as error:
                yield version, error
                continue
            key = content_id(environment.id, introspector_version(), list(library.packages))
            content = snapshot(workspace, key)
            if content is None and (content := _cached(key)) is not None:
                keep_snapshot(workspace, key, library.name, version, content)
            if content is not None:
                yield version, _unpack(content)
                continue
            if executor is None:
                executor = stack.enter_context(Executor(jobs=jobs))
            made = pool.submit(make_snapshot, executor, environment, library.packages, key)
            waiting[made] = (version, key)
        for future in as_completed(waiting):
            version, key = waiting[future]
            try:
                content = future.result()
            except RecodeError as error:
                yield version, error
                continue
            keep_snapshot(workspace, key, library.name, version, content)
            yield version, _unpack(content)


def make_snapshot(
    executor: Executor, environment: Environment, packages: Sequence[str], key: str
) -> bytes:
    """Return the snapshot of an environment's packages as gzipped JSON, made in the executor's
    sandbox and kept in the user's cache.

    Raises `EnvironmentFailed` when the first one, the library's main package, cannot be
    imported there; a further one may be missing in some versions.
    """
    ensure(environment)
    found = introspect(executor, environment, packages[0])
    for other in packages[1:]:
        with suppress(EnvironmentFailed):
            found = _joined(found, introspect(executor, environment, other))
    content = gzip.compress(found, mtime=0)
    with written_whole(_file(key)) as part:
        part.write_bytes(content)
    return content


def _joined(first: bytes, second: bytes) -> bytes:
    """Return one snapshot of two: an object that both know is as the first describes it, whose
    own it is."""
    one, other = json.loads(first), json.loads(second)
    for part in ("modules", "objects"):
        one[part] = other[part] | one[part]
    if crashed := [*one.get("crashed", ()), *other.get("crashed", ())]:
        one["crashed"] = crashed
    return json.dumps(one).encode()


def _file(key: str) -> Path:
    return cache_folder("snapshots") / f"{key}.json.gz"


def _cached(key: str) -> bytes | None:
    file = _file(key)
    return file.read_bytes() if file.exists() else None


def stored_history(workspace: Workspace, library: Library) -> History:
    """Return the history of the snapshots that the workspace holds, making none."""
    newest = snapshots_of(workspace, library.name)
    return History([Snapshot(version, _unpack(content)) for version, content in newest.items()])


def _unpack(content: bytes) -> dict[str, Any]:
    unpacked: dict[str, Any] = json.loads(gzip.decompress(content))
    return unpacked
