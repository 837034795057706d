"""The snapshots of a library's versions in a row: when a name came, warned and went."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from packaging.version import Version

from recode_data.api.snapshot import Binding, Rank, Snapshot, State, rank_of


class History:
    """The snapshots of a library, oldest first. Versions that could not be introspected are not in
    it."""

    def __init__(self, snapshots: list[Snapshot]) -> None:
        self.snapshots = sorted(snapshots, key=lambda snapshot: Version(snapshot.version))
        self.versions = [Version(snapshot.version) for snapshot in self.snapshots]
        self._found: dict[str, list[Binding | None]] = {}
        self._parameters: dict[str, list[set[str] | None]] = {}

    def __bool__(self) -> bool:
        return bool(self.snapshots)

    def covers(self, version: str) -> bool:
        """Is there a snapshot from before the version, to see what it changed?"""
        return bool(self.versions) and self.versions[0] < release(version)

    def at(self, version: str) -> int:
        """Return the index of the first snapshot that has what ``version`` announces."""
        wanted = release(version)
        return next((i for i, v in enumerate(self.versions) if v >= wanted), len(self.versions))

    def find(self, path: str) -> list[Binding | None]:
        if path not in self._found:
            self._found[path] = [snapshot.find(path) for snapshot in self.snapshots]
        return self._found[path]

    def states(self, path: str) -> list[State]:
        """Return the state of a name in each version."""
        return [binding.state if binding else "gone" for binding in self.find(path)]

    def ever(self, path: str) -> bool:
        return any(binding is not None for binding in self.find(path))

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
        for i, (snapshot, binding) in enumerate(zip(self.snapshots, self.find(path), strict=True)):
            if binding is not None and snapshot.is_deprecated(binding):
                return i
        return None

    def parameters(self, path: str) -> list[set[str] | None]:
        """Return the parameters' names in each version; None where it is gone or silent."""
        if path not in self._parameters:
            found: list[set[str] | None] = []
            for snapshot, binding in zip(self.snapshots, self.find(path), strict=True):
                known = snapshot.parameters(binding) if binding else None
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
        object by the name that the newest snapshot with it knows it by, or its first."""
        kept: dict[str, str] = {}
        for path in paths:
            binding = next((each for each in reversed(self.find(path)) if each), None)
            if binding is not None:
                owner = path.rpartition(".")[0].rsplit(".", 1)[-1]
                own = f":{owner}." in binding.identity
                if own or binding.identity not in kept:
                    kept[binding.identity if ":" in binding.identity else path] = path
        return sorted(kept.values())

    def elsewhere(self, ending: str) -> list[str]:
        """Return the paths that end so, whatever better names their objects have."""
        leaf = ending.rsplit(".", 1)[-1]
        return sorted(p for p in self._everywhere.get(leaf, ()) if p.endswith(f".{ending}"))[:500]

    @cached_property
    def _everywhere(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for snapshot in self.snapshots:
            for path, _, _ in snapshot.names():
                found[path.rsplit(".", 1)[-1]].add(path)
        return found

    @cached_property
    def borrowed(self) -> frozenset[str]:
        """The packages outside the standard library that objects of the library come from:
        those that it builds on, and offers under names of its own."""
        own = {name.partition(".")[0] for each in self.snapshots for name in each.modules}
        found = {
            identity.partition(":")[0].partition(".")[0]
            for snapshot in self.snapshots
            for _, identity, _ in snapshot.names()
            if ":" in identity and not identity.startswith(("=", "module:"))
        }
        return frozenset(found - own - sys.stdlib_module_names - {"builtins", "module", ""})

    @cached_property
    def by_leaf(self) -> dict[str, set[str]]:
        """Paths of any version by their last part; one object's other names left out, unless
        they differ in it (``numpy.float_`` and ``numpy.float64`` are one type)."""
        found: dict[str, set[str]] = defaultdict(set)
        for snapshot in self.snapshots:
            kept: dict[tuple[str, str], Rank] = {}
            for path, identity, listed in snapshot.names():
                leaf = path.rsplit(".", 1)[-1]
                mark = (identity if not identity.startswith("=") else path, leaf)
                rank = rank_of(path, identity, listed)
                kept[mark] = min(kept.get(mark, rank), rank)
            for (_, leaf), rank in kept.items():
                found[leaf].add(rank[-1])
            for identity, path in snapshot.home.items():
                for name in snapshot.members(identity):
                    found[name].add(f"{path}.{name}")
        return dict(found)


def release(version: str) -> Version:
    """Return the first version that carries the changes of ``version``: ``2.0`` is 2.0.dev0,
    so that a snapshot of 2.0.3 comes after it and one of 1.26.4 before."""
    parts = Version(version).release
    return Version(".".join(map(str, parts)) + ".dev0")
