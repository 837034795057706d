"""The library at the version of one note: what is there before it, and what goes with it."""

from __future__ import annotations

from recode_data.api.history import History


class VersionContext:
    """The snapshots around one version.

    ``covered``: is there one from before it; ``index``: the first that has what it announces;
    ``later``: does a later end count as evidence, as it does for deprecations?
    """

    def __init__(self, history: History, version: str) -> None:
        self.history = history
        self.covered = history.covers(version)
        self.index = history.at(version)
        self.later = False

    def ends(self, path: str) -> bool:
        """Is it there before the note's version and not from it on? What a note deprecates
        may go later."""
        gone = self.history.gone_at(path) if self.covered or self.later else None
        return self._ends_at(gone)

    def _ends_at(self, gone: int | None) -> bool:
        """Is it with this version that something is gone, or later where that counts?"""
        return gone is not None and (gone == self.index or (self.later and gone > self.index))

    def is_module(self, path: str) -> bool:
        return any(binding is not None and binding.is_module for binding in self.history.find(path))

    def before(self, path: str) -> bool:
        """Was it there before the note's version, or in it and is seen to go later?"""
        new = self.later and self.ends(path)
        states = self.history.states(path)[: self.index + new]
        return any(state in ("open", "warns") for state in states)

    def there(self, path: str) -> bool:
        """Is it there in the version of the note or later (or, before them all, ever)?"""
        states = self.history.states(path)
        return any(state in ("open", "warns") for state in states[max(self.index, 0) :])

    def loses(self, path: str, keyword: str) -> bool:
        """Does a signature lose a keyword in this version, or later where that counts?"""
        return self._ends_at(self.history.keyword_gone_at(path, keyword))

    def losing(self, owner: str, keyword: str) -> list[str]:
        """Return the methods of a class, or the functions of a module, whose signatures lose
        a keyword in this version."""
        found = set()
        for snapshot in self.history.snapshots[: self.index + self.later]:
            binding = snapshot.find(owner)
            if binding is not None and binding.is_module:
                entry = snapshot.modules.get(binding.identity.removeprefix("module:"), {})
                found.update(entry.get("names", {}))
            elif binding is not None:
                found.update(snapshot.members(binding.identity))
        paths = [f"{owner}.{name}" for name in sorted(found)]
        return [p for p in paths if self.loses(p, keyword)]

    def lost_by_leaf(self, leaf: str, keyword: str) -> list[str]:
        """Return the callables of that name whose signatures lose a keyword in this version."""
        known = sorted(self.history.by_leaf.get(leaf, ()))[:500]
        return [p for p in known if self.loses(p, keyword)]

    def is_instance(self, path: str) -> bool:
        """Is it only an attribute that methods set on an object?"""
        identities = [binding.identity for binding in self.history.find(path) if binding]
        return bool(identities) and all(each == "=instance" for each in identities)

    def in_class(self, path: str) -> bool:
        parents = self.history.find(path.rpartition(".")[0])
        return any(binding is not None and not binding.is_module for binding in parents)
