"""The public snapshot of one version of a library: which names it has, and what they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias

State: TypeAlias = Literal["open", "warns", "hidden", "gone"]
"""Of a name: there; there, but getting it warns; answered, though no longer listed and without
a warning; gone."""


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    keyword_only: bool
    has_default: bool
    deprecated: bool


@dataclass(frozen=True, slots=True)
class Binding:
    """What a path leads to. ``identity`` is shared by all names of one object."""

    path: str
    identity: str
    state: State

    @property
    def is_module(self) -> bool:
        return self.identity.startswith("module:")


class Snapshot:
    """Answers questions about one version from what the survey wrote."""

    def __init__(self, version: str, survey: dict[str, Any]) -> None:
        self.version = version
        self.modules: dict[str, dict[str, Any]] = survey["modules"]
        self.objects: dict[str, dict[str, Any]] = survey["objects"]
        self._found: dict[str, Binding | None] = {}

    def find(self, path: str) -> Binding | None:
        """Follow a dotted path as Python would: modules, then names, then members."""
        if path not in self._found:
            self._found[path] = self._find(path)
        return self._found[path]

    def _find(self, path: str) -> Binding | None:
        parts = path.split(".")
        for cut in range(len(parts), 0, -1):
            module = ".".join(parts[:cut])
            if module in self.modules:
                return self._inside(path, module, parts[cut:])
        return None

    def _inside(self, path: str, module: str, rest: list[str]) -> Binding | None:
        state: State = "open"
        while rest:
            entry = self.modules.get(module)
            if entry is None or rest[0] not in entry["names"]:
                return None
            identity = entry["names"][rest[0]]
            if rest[0] in entry["warns"]:
                state = "warns"
            elif rest[0] in entry["hidden"]:
                state = "hidden"
            if not identity.startswith("module:"):
                return self._member(path, identity, rest[1:], state)
            module, rest = identity.removeprefix("module:"), rest[1:]
        return Binding(path, f"module:{module}", state)

    def _member(self, path: str, identity: str, rest: list[str], state: State) -> Binding | None:
        for name in rest:
            found = self.members(identity).get(name)
            if found is None:
                return None
            identity = found
        return Binding(path, identity, state)

    def members(self, identity: str) -> dict[str, str]:
        """Return what a class has, its bases' members included, by name."""
        own = self.objects.get(identity, {})
        merged: dict[str, str] = {}
        for base in reversed(own.get("bases", [])):
            merged.update(self.objects.get(base, {}).get("members", {}))
        merged.update(own.get("members", {}))
        return merged

    def kind(self, binding: Binding) -> str:
        return str(self.objects.get(binding.identity, {}).get("kind", ""))

    def is_deprecated(self, binding: Binding) -> bool:
        """Does the object say of itself, or getting it, that it is going?"""
        return binding.state != "open" or bool(self.objects.get(binding.identity, {}).get("doc"))

    def parameters(self, binding: Binding) -> list[Parameter] | None:
        """Return the parameters of a callable, or None when it does not tell them."""
        rows = self.objects.get(binding.identity, {}).get("params")
        if rows is None:
            return None
        return [Parameter(name, kind == "k", has, going) for name, kind, has, going in rows]

    def takes_any(self, binding: Binding) -> bool:
        """Does the callable take keywords that its signature does not name?"""
        return bool(self.objects.get(binding.identity, {}).get("var"))

    def names(self) -> Iterator[tuple[str, str, bool]]:
        """Yield path, identity and whether it is listed, for modules and their names."""
        for module, entry in self.modules.items():
            yield module, f"module:{module}", True
            listed = entry["listed"]
            hidden = set(entry["hidden"]) - set(entry["warns"])
            for name, identity in entry["names"].items():
                if name not in hidden:
                    yield f"{module}.{name}", identity, listed is None or name in listed

    @cached_property
    def home(self) -> dict[str, str]:
        """The path that users write for each object: the one of the lowest rank."""
        best: dict[str, Rank] = {}
        for path, identity, listed in self.names():
            if identity.startswith("="):
                continue
            rank = rank_of(path, identity, listed)
            if identity not in best or rank < best[identity]:
                best[identity] = rank
        return {identity: rank[-1] for identity, rank in best.items()}

    @cached_property
    def paths(self) -> set[str]:
        """Every public path: modules, their names, and the members of public classes."""
        found = set()
        for path, identity, _ in self.names():
            found.add(path)
            if self.home.get(identity) == path:
                found.update(f"{path}.{name}" for name in self.members(identity))
        return found


Rank: TypeAlias = tuple[bool, bool, int, str]


def rank_of(path: str, identity: str, listed: bool) -> Rank:
    """Rank the names of one object: listed ones first, then those in the module that defines it
    or above that one (what other modules have merely imported comes after them), then short
    ones."""
    module = path.rpartition(".")[0]
    defined = identity.removeprefix("module:").split(":")[0]
    own = identity.startswith("=") or f"{defined}.".startswith(f"{module}.")
    return not listed, not own, path.count("."), path
