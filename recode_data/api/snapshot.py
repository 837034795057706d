"""The public snapshot of one version of a library: which names it has, and what they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias

State: TypeAlias = Literal["open", "warns", "hidden", "gone"]
"""Of a name: there; there, but getting it warns; answered, though no longer listed and without
a warning; gone."""


ParameterKind: TypeAlias = Literal[
    "POSITIONAL_ONLY", "POSITIONAL_OR_KEYWORD", "VAR_POSITIONAL", "KEYWORD_ONLY", "VAR_KEYWORD"
]
KINDS: dict[str, ParameterKind] = {
    "/": "POSITIONAL_ONLY",
    "p": "POSITIONAL_OR_KEYWORD",
    "*": "VAR_POSITIONAL",
    "k": "KEYWORD_ONLY",
    "**": "VAR_KEYWORD",
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a callable in one version."""

    name: str
    kind: ParameterKind
    """As `inspect.Parameter.kind` names it."""
    default: str = ""
    """Its source where it is a plain value, else empty."""
    optional: bool = False
    """It has a default, plain or not."""
    deprecated: bool = False
    documented: str = ""
    """What the documentation says of its type: ``bool``, ``{'linear', 'nearest'}``."""

    @property
    def variadic(self) -> bool:
        """Whether it stands for any number of arguments: ``*args``, ``**kwargs``."""
        return self.kind.startswith("VAR_")


def parameter_of(row: Sequence[Any]) -> Parameter:
    """Read a parameter as the introspector writes it; snapshots of workspaces from before
    defaults were kept have whether there is one in the default's place, and no type."""
    name, kind, default, deprecated, *documented = row
    source = default if isinstance(default, str) else ""
    optional = default is not None and default is not False
    return Parameter(name, KINDS[kind], source, optional, deprecated, *documented)


@dataclass(frozen=True, slots=True)
class ApiSymbol:
    """What a path leads to in one version."""

    path: str
    kind: Literal["module", "class", "callable", "property", "constant"]
    member: bool
    """It belongs to a class, so its uses are found by the receivers' types."""
    parameters: tuple[Parameter, ...] = ()
    """Those of the signature; none where only documentation tells them."""
    known_signature: bool = False
    same: tuple[str, ...] = ()
    """Names in the same module that are the very same object."""
    home: str = ""
    """The module that the object says it comes from: ``builtins`` for ``numpy.int``."""
    name: str = ""
    """What the object calls itself."""
    summary: str = ""
    """The first paragraph of its documentation."""
    bases: tuple[str, ...] = ()
    """Identities of the classes of the library that a class inherits from."""

    @property
    def positional(self) -> tuple[str, ...]:
        """Names of the parameters that may be given by position, without ``self``."""
        names = [p.name for p in self.parameters if p.kind.startswith("POSITIONAL")]
        return tuple(names[1:] if names[:1] == ["self"] else names)

    def parameter(self, name: str) -> Parameter | None:
        """Return the parameter of that name, if there is one."""
        return next((p for p in self.parameters if p.name == name), None)


def signature_of(rows: Sequence[Sequence[Any]] | None, read: str) -> tuple[Parameter, ...]:
    """Return the parameters of the signature itself: what documentation adds is left out."""
    found = tuple(parameter_of(row) for row in rows or ())
    if read == "both":
        return tuple(parameter for parameter in found if parameter.variadic)
    return () if read == "doc" else found


OPAQUE = ("=instance", "=attribute")
"""Of a class's attributes: those that only its instances have."""


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
    """The public API of one version, as the introspector described it."""

    def __init__(self, version: str, described: dict[str, Any]) -> None:
        self.version = version
        self.modules: dict[str, dict[str, Any]] = described["modules"]
        self.objects: dict[str, dict[str, Any]] = described["objects"]
        self._found: dict[str, Binding | None] = {}
        self._same: dict[str, dict[str, list[str]]] = {}

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
        """Return the parameters that a callable names, or None when it does not tell them."""
        rows = self.objects.get(binding.identity, {}).get("params")
        if rows is None:
            return None
        return [each for each in map(parameter_of, rows) if not each.variadic]

    def takes_any(self, binding: Binding) -> bool:
        """Does the callable take keywords that its signature does not name?"""
        return bool(self.objects.get(binding.identity, {}).get("var"))

    def symbol(self, path: str) -> ApiSymbol | None:
        """Return what a path leads to; None where it is not there, or is of a kind that the
        snapshot does not know (a call of an object without a name)."""
        binding = self.find(path)
        if binding is None or binding.identity in OPAQUE:
            return None
        module = path.rpartition(".")[0]
        if binding.is_module:
            home = binding.identity.removeprefix("module:")
            return ApiSymbol(path, "module", False, name=home)
        member = module not in self.modules and not self._is_module(module)
        same = () if member else tuple(self._twins(module).get(binding.identity, ()))
        if binding.identity.startswith("="):
            unknown = binding.identity == "=type" or binding.identity.endswith("()")
            kind: Literal["property", "constant"] = (
                "property" if binding.identity == "=property" else "constant"
            )
            return None if unknown else ApiSymbol(path, kind, member, same=same)
        told = self.objects.get(binding.identity, {})
        home, _, name = binding.identity.rstrip("'").partition(":")
        read = told.get("read", "doc" if told.get("params") is None else "signature")
        return ApiSymbol(
            path,
            "callable" if told.get("kind") == "function" else told.get("kind", "callable"),
            member,
            signature_of(told.get("params"), read),
            told.get("params") is not None and read != "doc",
            same,
            home,
            name,
            told.get("summary", ""),
            tuple(told.get("bases", ())),
        )

    def _is_module(self, path: str) -> bool:
        binding = self.find(path)
        return binding is not None and binding.is_module

    def _twins(self, module: str) -> dict[str, list[str]]:
        """Return the names of a module by the object that they stand for, where it is known."""
        if module not in self._same:
            binding = self.find(module)
            home = binding.identity.removeprefix("module:") if binding else module
            groups: dict[str, list[str]] = {}
            for name, identity in self.modules.get(home, {"names": {}})["names"].items():
                if ":" in identity or identity.startswith("=float "):
                    groups.setdefault(identity, []).append(name)
            self._same[module] = groups
        return self._same[module]

    def other_paths(self, path: str) -> list[str]:
        """Return the other names at module level of the object that a path leads to."""
        binding = self.find(path)
        if binding is None or ":" not in binding.identity or binding.is_module:
            return []
        return [one for one in self._paths_of.get(binding.identity, ()) if one != path]

    @cached_property
    def _paths_of(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path, identity, _ in self.names():
            found.setdefault(identity, []).append(path)
        return found

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
