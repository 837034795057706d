"""The surfaces of a library's versions in a row: when a name came, warned and went."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from packaging.version import Version

from recode_data.scrape.surface import Named, Rank, State, Surface, rank_of


class History:
    """Surfaces, oldest first. Versions that could not be surveyed are not in it."""

    def __init__(self, surfaces: list[Surface]) -> None:
        self.surfaces = sorted(surfaces, key=lambda surface: Version(surface.version))
        self.versions = [Version(surface.version) for surface in self.surfaces]
        self._found: dict[str, list[Named | None]] = {}
        self._parameters: dict[str, list[set[str] | None]] = {}

    def __bool__(self) -> bool:
        return bool(self.surfaces)

    def covers(self, version: str) -> bool:
        """Is there a surface from before the version, to see what it changed?"""
        return bool(self.versions) and self.versions[0] < release(version)

    def at(self, version: str) -> int:
        """Return the index of the first surface that has what ``version`` announces."""
        wanted = release(version)
        return next((i for i, v in enumerate(self.versions) if v >= wanted), len(self.versions))

    def find(self, path: str) -> list[Named | None]:
        if path not in self._found:
            self._found[path] = [surface.find(path) for surface in self.surfaces]
        return self._found[path]

    def states(self, path: str) -> list[State]:
        """Return the state of a name in each version."""
        return [named.state if named else "gone" for named in self.find(path)]

    def ever(self, path: str) -> bool:
        return any(named is not None for named in self.find(path))

    def gone_at(self, path: str) -> int | None:
        """Return the index of the first version without a name that was there before and
        does not come back; None when it is there still, or never was."""
        states = self.states(path)
        there = [i for i, state in enumerate(states) if state in ("open", "warns")]
        if not there or there[-1] == len(states) - 1:
            return None
        return there[-1] + 1

    def warns_at(self, path: str) -> int | None:
        """Return the index of the first version that says the name is going."""
        for i, (surface, named) in enumerate(zip(self.surfaces, self.find(path), strict=True)):
            if named is not None and surface.is_deprecated(named):
                return i
        return None

    def parameters(self, path: str) -> list[set[str] | None]:
        """Return the parameters' names in each version; None where it is gone or silent."""
        if path not in self._parameters:
            found: list[set[str] | None] = []
            for surface, named in zip(self.surfaces, self.find(path), strict=True):
                known = surface.parameters(named) if named else None
                found.append({p.name for p in known} if known is not None else None)
            self._parameters[path] = found
        return self._parameters[path]

    def has_keyword(self, path: str, keyword: str) -> bool:
        return any(names and keyword in names for names in self.parameters(path))

    def keyword_gone_at(self, path: str, keyword: str) -> int | None:
        """Return the index of the first version whose signature lacks a keyword for good."""
        rows = self.parameters(path)
        there = [i for i, names in enumerate(rows) if names and keyword in names]
        if not there:
            return None
        after = [i for i in range(there[-1] + 1, len(rows)) if rows[i] is not None]
        return after[0] if after else None

    def defining(self, paths: Iterable[str]) -> list[str]:
        """Return ``paths`` without the methods that classes have of others among them: each
        object by the name that the newest surface with it knows it by, or its first."""
        kept: dict[str, str] = {}
        for path in paths:
            named = next((each for each in reversed(self.find(path)) if each), None)
            if named is not None:
                owner = path.rpartition(".")[0].rsplit(".", 1)[-1]
                own = f":{owner}." in named.reference
                if own or named.reference not in kept:
                    kept[named.reference if ":" in named.reference else path] = path
        return sorted(kept.values())

    def elsewhere(self, ending: str) -> list[str]:
        """Return the paths that end so, whatever better names their objects have."""
        leaf = ending.rsplit(".", 1)[-1]
        return sorted(p for p in self._everywhere.get(leaf, ()) if p.endswith(f".{ending}"))[:500]

    @cached_property
    def _everywhere(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for surface in self.surfaces:
            for path, _, _ in surface.names():
                found[path.rsplit(".", 1)[-1]].add(path)
        return found

    @cached_property
    def by_leaf(self) -> dict[str, set[str]]:
        """Paths of any version by their last part; one object's other names left out, unless
        they differ in it (``numpy.float_`` and ``numpy.float64`` are one type)."""
        found: dict[str, set[str]] = defaultdict(set)
        for surface in self.surfaces:
            kept: dict[tuple[str, str], Rank] = {}
            for path, reference, listed in surface.names():
                leaf = path.rsplit(".", 1)[-1]
                mark = (reference if not reference.startswith("=") else path, leaf)
                rank = rank_of(path, reference, listed)
                kept[mark] = min(kept.get(mark, rank), rank)
            for (_, leaf), rank in kept.items():
                found[leaf].add(rank[-1])
            for reference, path in surface.home.items():
                for name in surface.members(reference):
                    found[name].add(f"{path}.{name}")
        return dict(found)


def release(version: str) -> Version:
    """Return the first version that carries the changes of ``version``: ``2.0`` is 2.0.dev0,
    so that a surface of 2.0.3 comes after it and one of 1.26.4 before."""
    parts = Version(version).release
    return Version(".".join(map(str, parts)) + ".dev0")
