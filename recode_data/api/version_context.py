"""The library around the version of one note: what is there before it, and what ends with it."""

from __future__ import annotations

from functools import cached_property

from recode_data.api.history import History


class VersionContext:
    """The snapshots around one version.

    With ``later``, what ends in a later version counts as ending too: what a note deprecates
    or renames may be there still, and go afterwards.
    """

    def __init__(self, history: History, version: str, later: bool = False) -> None:
        self.history = history
        self.version = version
        self.later = later
        self.covered = history.covers(version)
        """There is a snapshot from before the version."""
        self.index = history.at(version)
        """The first snapshot that has what the version announces."""

    @cached_property
    def lasting(self) -> VersionContext:
        """The same version, where later ends count too."""
        return VersionContext(self.history, self.version, later=True)

    def ends(self, path: str) -> bool:
        """Tell whether a name is there before the version and not from it on."""
        gone = self.history.gone_at(path) if self.covered or self.later else None
        return self._counts(gone)

    def ends_now(self, path: str) -> bool:
        """Tell whether a name is gone from this very version on."""
        return self.history.gone_at(path) == self.index

    def _counts(self, gone: int | None) -> bool:
        return gone is not None and (gone == self.index or (self.later and gone > self.index))

    def is_module(self, path: str) -> bool:
        """Tell whether a path is a module's in any version."""
        return any(binding is not None and binding.is_module for binding in self.history.find(path))

    def before(self, path: str) -> bool:
        """Tell whether a name was there before the version, or in it and is seen to go later."""
        new = self.later and self.ends(path)
        states = self.history.states(path)[: self.index + new]
        return any(state in ("open", "warns") for state in states)

    def there(self, path: str) -> bool:
        """Tell whether a name is there in the version or later (or, before them all, ever)."""
        states = self.history.states(path)
        return any(state in ("open", "warns") for state in states[max(self.index, 0) :])

    def loses(self, path: str, keyword: str) -> bool:
        """Tell whether a signature loses a keyword in this version."""
        return self._counts(self.history.keyword_gone_at(path, keyword))

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
        """Tell whether a path is only an attribute that methods set on an object."""
        identities = [binding.identity for binding in self.history.find(path) if binding]
        return bool(identities) and all(each == "=instance" for each in identities)

    def in_class(self, path: str) -> bool:
        """Tell whether a path is a member's."""
        parents = self.history.find(path.rpartition(".")[0])
        return any(binding is not None and not binding.is_module for binding in parents)
