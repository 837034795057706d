"""What symbols are in each version: from the snapshots, and what those do not hold by looking
the name up in the environment itself, once."""

from __future__ import annotations

import gzip
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

from recode_data.api.history import History
from recode_data.api.introspection import look_up, look_up_version
from recode_data.api.schema import Details
from recode_data.api.snapshot import ApiSymbol, Snapshot, signature_of
from recode_data.cache import cache_folder, written_whole
from recode_data.execute import Executor
from recode_data.records import Environment, content_id

CHUNK = 400
"""Names that are looked up in one process, which imports the modules that it needs anew."""
Symbols: TypeAlias = Mapping[str, ApiSymbol]
"""The symbols of one version by path."""


class VersionSymbols(Mapping[str, ApiSymbol]):
    """The symbols of one version: those of its snapshot, and those that were looked up."""

    def __init__(self, snapshot: Snapshot, found: Mapping[str, ApiSymbol]) -> None:
        self.snapshot = snapshot
        self._symbols: dict[str, ApiSymbol | None] = dict(found)

    def __getitem__(self, path: str) -> ApiSymbol:
        if path not in self._symbols:
            self._symbols[path] = self.snapshot.symbol(path)
        symbol = self._symbols[path]
        if symbol is None:
            raise KeyError(path)
        return symbol

    def __iter__(self) -> Iterator[str]:
        names = self.snapshot.paths | self._symbols.keys()
        return (path for path in sorted(names) if path in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def symbols_of(
    history: History,
    executor: Executor,
    environments: Mapping[str, Environment],
    asked: Collection[str],
    jobs: int = 2,
) -> dict[str, Symbols]:
    """Return the symbols of each version that has a snapshot and an environment, oldest first.

    What of ``asked`` a snapshot does not hold is looked up in its environment: the method of
    an instance, a name of a module that snapshots leave out, one that the library hides and
    still answers to.
    """
    paths = sorted({path for path in asked if "." in path})
    known = {s.version: s for s in history.snapshots if s.version in environments}
    missing = {
        environments[version]: [path for path in paths if snapshot.symbol(path) is None]
        for version, snapshot in known.items()
    }
    found = details_of(executor, missing, jobs)
    return {
        version: VersionSymbols(snapshot, _symbols(found[version]))
        for version, snapshot in known.items()
    }


def _symbols(details: Mapping[str, Details | None]) -> dict[str, ApiSymbol]:
    return {path: _symbol(path, told) for path, told in details.items() if told is not None}


def _symbol(path: str, told: Details) -> ApiSymbol:
    return ApiSymbol(
        path,
        told["kind"],
        told["member"],
        signature_of(told["params"], told["read"]),
        told["params"] is not None and told["read"] != "doc",
        tuple(told["same"]),
        told["home"],
        told["name"],
        told["summary"],
    )


def details_of(
    executor: Executor, asked: Mapping[Environment, Iterable[str]], jobs: int = 2
) -> dict[str, dict[str, Details | None]]:
    """Return by version what each environment tells of its names, None for those that are not
    there. Each is asked once and kept in the user's cache; names of which an environment gives
    no valid answer are missing."""
    wanted = {place: sorted(set(paths)) for place, paths in asked.items()}
    known = {place: _cached(place) for place in wanted}
    todo = []
    for place, paths in wanted.items():
        unknown = [path for path in paths if path not in known[place]]
        todo += [(place, unknown[at : at + CHUNK]) for at in range(0, len(unknown), CHUNK)]
    with ThreadPoolExecutor(jobs) as pool:
        answers = pool.map(lambda one: look_up(executor, *one), todo)
        for (place, _), answer in zip(todo, answers, strict=True):
            known[place].update(answer)
    for place in {place for place, _ in todo}:
        _keep(place, known[place])
    return {
        place.version: {path: known[place][path] for path in paths if path in known[place]}
        for place, paths in wanted.items()
    }


def _file(place: Environment) -> Path:
    return cache_folder("symbols") / f"{content_id(place.id, look_up_version())}.json.gz"


def _cached(place: Environment) -> dict[str, Details | None]:
    try:
        told: dict[str, Details | None] = json.loads(gzip.decompress(_file(place).read_bytes()))
    except (OSError, ValueError, EOFError):
        return {}
    return told


def _keep(place: Environment, told: dict[str, Details | None]) -> None:
    with written_whole(_file(place)) as part:
        part.write_bytes(gzip.compress(json.dumps(told).encode(), mtime=0))
