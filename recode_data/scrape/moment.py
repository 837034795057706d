"""The library at the version of one note: what is there before it, and what goes with it."""

from __future__ import annotations

from recode_data.scrape.history import History


class Moment:
    """The surfaces around one version.

    ``covered``: is there one from before it; ``index``: the first that has what it announces;
    ``later``: does a later end count as evidence, as it does for deprecations?
    """

    def __init__(self, history: History, version: str) -> None:
        self.history = history
        self.covered = history.covers(version)
        self.index = history.at(version)
        self.later = False

    def flips(self, path: str) -> bool:
        """Is it there before the note's version and not from it on? What a note deprecates
        may go later."""
        gone = self.history.gone_at(path) if self.covered or self.later else None
        return self._ends(gone)

    def _ends(self, gone: int | None) -> bool:
        """Is it with this version that something is gone, or later where that counts?"""
        return gone is not None and (gone == self.index or (self.later and gone > self.index))

    def is_module(self, path: str) -> bool:
        return any(named is not None and named.is_module for named in self.history.find(path))

    def before(self, path: str) -> bool:
        """Was it there before the note's version, or in it and is seen to go later?"""
        new = self.later and self.flips(path)
        states = self.history.states(path)[: self.index + new]
        return any(state in ("open", "warns") for state in states)

    def there(self, path: str) -> bool:
        """Is it there in the version of the note or later (or, before them all, ever)?"""
        states = self.history.states(path)
        return any(state in ("open", "warns") for state in states[max(self.index, 0) :])

    def loses(self, path: str, keyword: str) -> bool:
        """Does a signature lose a keyword in this version, or later where that counts?"""
        return self._ends(self.history.keyword_gone_at(path, keyword))

    def losing(self, owner: str, keyword: str) -> list[str]:
        """Return the methods of a class, or the functions of a module, whose signatures lose
        a keyword in this version."""
        found = set()
        for surface in self.history.surfaces[: self.index + self.later]:
            named = surface.find(owner)
            if named is not None and named.is_module:
                entry = surface.modules.get(named.reference.removeprefix("module:"), {})
                found.update(entry.get("names", {}))
            elif named is not None:
                found.update(surface.members(named.reference))
        paths = [f"{owner}.{name}" for name in sorted(found)]
        return [p for p in paths if self.loses(p, keyword)]

    def lost_by_leaf(self, leaf: str, keyword: str) -> list[str]:
        """Return the callables of that name whose signatures lose a keyword in this version."""
        known = sorted(self.history.by_leaf.get(leaf, ()))[:500]
        return [p for p in known if self.loses(p, keyword)]

    def is_instance(self, path: str) -> bool:
        """Is it only an attribute that methods set on an object?"""
        references = [named.reference for named in self.history.find(path) if named]
        return bool(references) and all(each == "=instance" for each in references)

    def in_class(self, path: str) -> bool:
        parents = self.history.find(path.rpartition(".")[0])
        return any(named is not None and not named.is_module for named in parents)
