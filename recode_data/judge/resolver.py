"""Which environment a version runs in, asked of the index once for each version."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from packaging.version import InvalidVersion, Version

from recode_data.errors import EnvironmentFailed, NoSuchVersion, RecodeError
from recode_data.execute import ensure, resolve, resolve_pair
from recode_data.index import versions
from recode_data.judge.claimed import claimed_pairs
from recode_data.library import Library, Pin
from recode_data.records import Environment


def dated(library: Library, *versions: str) -> Library:
    """Return the definition with a pin for each of ``versions``.

    A foreign row may name a version that the matrix does not have. The packages of its
    day are then those of the release of its series that the definition pins, or of the
    next later one.
    """
    pins = dict(library.pins)
    for version in versions:
        if version in pins or not pins:
            continue
        try:
            wanted = Version(version)
        except InvalidVersion:  # resolving it says so
            continue
        later = [known for known in library.pins if Version(known) >= wanted]
        if not later:
            continue
        nearest = min(later, key=Version)
        pin = library.pins[nearest]
        same = Version(nearest).release[:2] == wanted.release[:2]
        pins[version] = pin if same else Pin(until=pin.until)
    return library.model_copy(update={"pins": pins})


class CachedResolver:
    """Remembers environments, and the reasons why versions have none: the one way from a
    version to its environment for the judge, the rewards and the evaluation.

    That the index did not answer is remembered too: each entry is told at once, and a new
    resolver, as each run of the stage has, asks again.
    """

    def __init__(self) -> None:
        self.found: dict[tuple[str, ...], tuple[Environment, ...] | RecodeError] = {}
        self.listed: dict[str, list[str] | RecodeError] = {}

    def one(self, library: Library, version: str) -> Environment:
        """Return the environment of a version on the newest Python that it supports."""
        key = (library.name, version)
        if key not in self.found:
            try:
                self.found[key] = (resolve(dated(library, version), version),)
            except RecodeError as error:
                self.found[key] = error
        return self._told(key)[0]

    def pair(self, library: Library, old: str, new: str) -> tuple[Environment, Environment]:
        """Return the environments of two versions on the newest Python that both support."""
        key = (library.name, old, new)
        if key not in self.found:
            try:
                self.found[key] = resolve_pair(dated(library, old, new), old, new)
            except RecodeError as error:
                self.found[key] = error
        first, second = self._told(key)
        return first, second

    def of_new(self, library: Library, old: str, new: str) -> Environment:
        """Return the environment of the new one of two versions, ``==1.2`` or ``1.2``, as it
        is beside the old one where that is known. A row may name a version that was never
        released: then it is the nearest of its series, as the judge takes it."""
        old, new = old.lstrip("= "), new.lstrip("= ")
        try:
            return self.pair(library, old, new)[1] if old else self.one(library, new)
        except NoSuchVersion:
            before, nearest = next(self._claimed(library, new), ("", new))
            if nearest == new:
                raise
            return self.pair(library, old or before, nearest)[1]

    def _claimed(self, library: Library, version: str) -> Iterator[tuple[str, str]]:
        """Yield the pairs that a version may stand for; none without a list of the index."""
        with suppress(RecodeError):
            yield from claimed_pairs(version, self.versions(library))

    def versions(self, library: Library) -> list[str]:
        """Return the versions of the library that the index has wheels of."""
        if library.name not in self.listed:
            try:
                self.listed[library.name] = versions(library.name, wheels=True)
            except RecodeError as error:
                self.listed[library.name] = error
        listed = self.listed[library.name]
        if isinstance(listed, RecodeError):
            raise listed
        return listed

    def optional(self, environment: Environment) -> frozenset[str]:
        """Return the packages that the library of an environment takes where they are there."""
        try:
            return ensure(environment).optional_packages()
        except EnvironmentFailed:
            return frozenset()

    def _told(self, key: tuple[str, ...]) -> tuple[Environment, ...]:
        found = self.found[key]
        if isinstance(found, RecodeError):
            raise found
        return found
