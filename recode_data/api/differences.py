"""What two versions of a library differ in, told as changes of kinds: evidence of its own,
whatever notes say.

A rename is told where the library itself shows it: another name of the same object, the same
object at another place, a parameter that took the place of another, a name that came beside the
one that went and has its signature and its documentation.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from recode_data.api.diff import RemovedName, is_present, public, removed_names
from recode_data.api.history import History
from recode_data.api.snapshot import Binding, Parameter, Snapshot, parameter_of
from recode_data.api.written import standard_path
from recode_data.records import ChangeKind

MOST_CLASSES = 12
"""Classes that are told of where all lost or gained the same parameter by inheritance."""
DEEP = 2
"""Modules in a path, the package itself among them, below which a name is offered only where a
module lists it."""
ALIKE = 0.7
"""Share of the members that a class has in common with the one that takes its place."""
FOREIGN = {"=_Feature", "=_SpecialForm", "=TypeVar", "=ParamSpec"}
"""Identities of what modules import from the standard library and nobody takes from them."""
COMMON = {"", "None", "True", "False", "0", "1", "-1", "''", "()"}
"""Defaults that so many parameters have that two do not belong together by it; empty is one
whose source is not plain."""
PLAIN_TYPES = frozenset(
    {
        *("bool", "boolean", "int", "integer", "float", "number", "str", "string", "none", "any"),
        *("optional", "default", "or", "of", "true", "false", "object"),
    }
)
"""Words of documented types that so many parameters have."""
_SENTINEL = re.compile(r"(?i)['\"](?:deprecated|warn\w*|no[_ ]?(?:default|value|input))['\"]\Z")


@dataclass(frozen=True)
class Difference:
    """One thing that a version has otherwise than the version before it."""

    kind: ChangeKind
    at: int
    """Index in the history of the first version that has it so."""
    old_symbol: str = ""
    old_keyword: str = ""
    old_value: str = ""
    new_symbol: str = ""
    new_keyword: str = ""
    new_value: str = ""
    shown: str = ""
    """What shows the replacement: ``alias``, ``place``, ``position``, ``signature``."""
    names: tuple[str, ...] = ()
    """Parameters that must be given by name now."""
    paths: frozenset[str] = frozenset()
    """All names by which the old symbol is gone."""


def differences(
    history: History, installed: Callable[[str, str], bool] = lambda *_: False
) -> Iterator[Difference]:
    """Yield what each version of a history has otherwise than the version before it.

    ``installed`` tells of a version whether it has a module: one that cannot be imported is in
    no snapshot, and is not gone.
    """
    views = [_View(snapshot) for snapshot in history.snapshots]
    for i in range(len(views) - 1):
        signatures = list(_Signatures(history, i, views[i]).differences())
        names = list(_Names(history, i, views[i], views[i + 1], installed).differences())
        constructed = {(d.old_symbol, d.old_keyword) for d in signatures if d.old_keyword}
        taken = {d.new_symbol for d in names if d.new_symbol}
        for name in names:
            owner, _, leaf = name.old_symbol.rpartition(".")
            told = (owner, leaf) in constructed  # it holds what the constructor is given
            if not told and (name.new_symbol or views[i].offers(name.old_symbol)):
                yield name
        for one in signatures:
            plain = one.kind in ("keyword_removed", "added")
            if not plain or views[i].offers(one.old_symbol or one.new_symbol):
                yield one
        yield from (one for one in _added(history, i, taken) if views[i + 1].offers(one.new_symbol))


class _View:
    """What a version offers: its names at module level, and the constants of its classes."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    @cached_property
    def names(self) -> dict[str, str]:
        """Identities of the names that the library offers, by path."""
        snapshot = self.snapshot
        found = dict(self.constants)
        for path, identity, _ in snapshot.names():
            if not path.rpartition(".")[2].startswith("_") and public(snapshot, path, identity):
                found[path] = identity  # noqa: PERF403
        for identity, path in snapshot.home.items():
            members = snapshot.objects.get(identity, {}).get("members", {})
            if members and public(snapshot, path, identity):
                for name, member in members.items():
                    if member.startswith("=") and name.isupper():
                        found[f"{path}.{name}"] = member
        return found

    @cached_property
    def by_leaf(self) -> dict[str, list[str]]:
        """Paths of the names by their last part."""
        found: dict[str, list[str]] = defaultdict(list)
        for path in self.names:
            found[path.rpartition(".")[2]].append(path)
        return found

    @cached_property
    def constants(self) -> dict[str, str]:
        """Identities of the names at module level that are written as constants are."""
        found = {}
        for path, identity, _ in self.snapshot.names():
            leaf = path.rpartition(".")[2]
            plain = identity.startswith("=") and not identity.endswith("()")
            if plain and len(leaf) > 1 and leaf.isupper() and leaf[0] != "_":
                found[path] = identity
        return found

    @cached_property
    def callables(self) -> dict[str, str]:
        """Identities of the public functions, classes and methods, by the path where each
        stands."""
        snapshot = self.snapshot
        seen: set[str] = set()
        found: dict[str, str] = {}
        for identity, path in sorted(snapshot.home.items(), key=lambda pair: pair[::-1]):
            if identity.startswith("module:") or not public(snapshot, path, identity):
                continue
            if any(part.startswith("_") for part in path.split(".")):
                continue
            found[path] = identity
            for name, member in snapshot.objects.get(identity, {}).get("members", {}).items():
                if ":" in member and member not in seen and name[0] != "_":
                    seen.add(member)
                    found[f"{path}.{name}"] = member
        return found

    def offers(self, path: str) -> bool:
        """Tell whether a name is one that users are meant to find: listed, or not deep inside."""
        parts = path.split(".")
        for cut in range(len(parts) - 1, 0, -1):
            entry = self.snapshot.modules.get(".".join(parts[:cut]))
            if entry is not None:
                return cut <= DEEP or bool(entry["listed"] and parts[cut] in entry["listed"])
        return True


class _Names:
    """The names that one version has and the next has not."""

    def __init__(
        self,
        history: History,
        i: int,
        before: _View,
        after: _View,
        installed: Callable[[str, str], bool],
    ) -> None:
        self.history, self.i = history, i
        self.before, self.after = before, after
        self.old, self.new = before.snapshot, after.snapshot
        self.installed = installed

    def _come(self, leaf: str) -> list[tuple[str, str]]:
        """Return the names of that last part that the older version has not."""
        return [
            (path, self.after.names[path])
            for path in self.after.by_leaf.get(leaf, ())
            if path not in self.before.names and not is_present(self.old, path)
        ]

    @cached_property
    def _new_modules(self) -> list[str]:
        return [name for name in self.new.modules if name not in self.old.modules]

    def differences(self) -> Iterator[Difference]:
        for gone in removed_names(self.history, self.i):
            yield from self._told(gone)
        yield from self._others()
        for gone in self._constants():
            # Without a place where it is now, it may be anybody's that the module imported.
            yield from (one for one in self._told(gone) if one.new_symbol)

    def _others(self) -> Iterator[Difference]:
        """Yield the names of other packages' objects that the library listed as its own: those
        are where they come from."""
        tops = {name.partition(".")[0] for name in self.old.modules}
        for path, identity, listed in self.old.names():
            module, _, qualified = identity.partition(":")
            entry = self.old.modules.get(path.rpartition(".")[0])
            if not qualified or not listed or entry is None or entry["listed"] is None:
                continue
            home = standard_path(module, qualified)
            own = module.partition(".")[0] in tops or module == "module"
            private = any(part.startswith("_") for part in f"{path}.{home}".split("."))
            if own or private or "'" in home or "builtins" in home or is_present(self.new, path):
                continue
            if self.history.gone_at(path) == self.i + 1:
                same = home.rpartition(".")[2] == path.rpartition(".")[2]
                kind: ChangeKind = "moved" if same else "renamed"
                yield Difference(
                    kind, self.i + 1, path, new_symbol=home, shown="alias", paths=frozenset({path})
                )

    def _told(self, gone: RemovedName) -> Iterator[Difference]:
        path = gone.path
        if any(part.startswith("_") for part in path.split(".")):
            return
        if not any(self.history.gone_at(one) == self.i + 1 for one in gone.paths):
            return
        binding = self.old.find(path)
        if binding is None or binding.identity in FOREIGN or path.endswith(".TYPE_CHECKING"):
            return
        if binding.is_module:
            yield from self._module(path, gone)
        else:
            yield self._name(path, binding, gone.paths, gone)

    def _constants(self) -> Iterator[RemovedName]:
        """Yield the constants that went from modules which do not list what they offer."""
        before: dict[str, set[str]] = defaultdict(set)
        for path in self.before.constants:
            before[path.rpartition(".")[2]].add(path)
        for _, paths in sorted(before.items()):
            if not any(is_present(self.new, path) for path in paths):
                gone = {p for p in paths if is_present(self.new, p.rpartition(".")[0])}
                listed = any(public(self.old, path, "=") for path in gone)
                if gone and not listed:  # else it is told of with the other names
                    yield RemovedName(gone)

    def _name(
        self, path: str, binding: Binding, paths: Collection[str], gone: RemovedName | None
    ) -> Difference:
        new, shown = (
            self._alias(path, binding, gone)
            or self._moved(path, binding)
            or (self._renamed(path, binding) or ("", ""))
        )
        kind: ChangeKind = "removed"
        if new:
            same = new.rpartition(".")[2] == path.rpartition(".")[2]
            kind = "moved" if same else "renamed"
        return Difference(
            kind, self.i + 1, path, new_symbol=new, shown=shown, paths=frozenset(paths)
        )

    def _module(self, path: str, gone: RemovedName) -> Iterator[Difference]:
        """Yield the end of a module: under another name, or each of its names elsewhere."""
        version = self.new.version
        if any(self.installed(version, one) for one in gone.paths):
            return
        names = self._own_names(self.old, path)
        best, share = "", 0.0
        for other in self._new_modules:
            there = self._own_names(self.new, other)
            common = len(names & there) / max(1, len(names | there))
            if common > share:
                best, share = other, common
        if best and share >= ALIKE and len(names) > 1:
            same = best.rpartition(".")[2] == path.rpartition(".")[2]
            kind: ChangeKind = "moved" if same else "renamed"
            yield Difference(
                kind, self.i + 1, path, new_symbol=best, shown="place", paths=frozenset(gone.paths)
            )
            return
        yield Difference("removed", self.i + 1, path, paths=frozenset(gone.paths))
        for name in sorted(names):
            inner = f"{path}.{name}"
            found = self.old.find(inner)
            if (
                found is None
                or found.is_module
                or self.old.home.get(found.identity) not in (None, inner)
            ):
                continue
            told = self._name(inner, found, {inner}, None)
            if told.new_symbol:
                yield told

    @staticmethod
    def _own_names(snapshot: Snapshot, module: str) -> set[str]:
        """Return the public names that a module defines itself."""
        entry = snapshot.modules.get(module)
        if entry is None:
            return set()
        return {
            name
            for name, identity in entry["names"].items()
            if public(snapshot, f"{module}.{name}", identity)
            and (
                identity.startswith(("=", f"{module}:"))
                or (entry["listed"] and name in entry["listed"])
            )
        }

    def _alias(
        self, path: str, binding: Binding, gone: RemovedName | None
    ) -> tuple[str, str] | None:
        """Return another name that the very same object had, and that stays."""
        options = set(gone.instead) if gone is not None else set()
        parent, _, leaf = path.rpartition(".")
        owner = self.old.find(parent)
        if ":" in binding.identity and owner is not None and not owner.is_module:
            members = self.old.members(owner.identity).items()
            options |= {
                f"{parent}.{name}"
                for name, identity in members
                if identity == binding.identity and name != leaf
            }
        if binding.identity.startswith("=float ") and owner is not None and owner.is_module:
            names = self.old.modules[owner.identity.removeprefix("module:")]["names"].items()
            options |= {f"{parent}.{n}" for n, i in names if i == binding.identity and n != leaf}
        options = {
            one
            for one in options
            if is_present(self.new, one) and not any(part[0] == "_" for part in one.split("."))
        }
        if not options:
            return None
        own = binding.identity.rstrip("'").rpartition(":")[2].rpartition(".")[2]
        home = self.old.home.get(binding.identity, "")

        def rank(one: str) -> tuple[bool, bool, bool, int, str]:
            beside = one.rpartition(".")[0] == parent
            return one.rpartition(".")[2] != own, one != home, not beside, one.count("."), one

        return min(options, key=rank), "alias"

    def _moved(self, path: str, binding: Binding) -> tuple[str, str] | None:
        """Return the place where an object of the same name and kind is now."""
        leaf = path.rpartition(".")[2]
        parent = self.old.find(path.rpartition(".")[0])
        if parent is None or not parent.is_module:
            return None
        found = [
            (other, identity)
            for other, identity in self._places(leaf, path)
            if self._same_thing(binding.identity, identity, other)
        ]
        others = [other for other, _ in found]
        if not others or len({identity for _, identity in found}) != 1:
            return None
        home = self.new.home.get(found[0][1], "")
        if ":" in binding.identity or len(others) == 1:
            best = home if home in others else min(others, key=lambda p: (p.count("."), p))
            return best, "place"
        return self._defining(others), "place"

    def _defining(self, paths: Sequence[str]) -> str:
        """Return the place of a constant: a class that has it, else the module that lists it,
        else the shortest."""

        def rank(path: str) -> tuple[bool, bool, int, str]:
            module = path.rpartition(".")[0]
            entry = self.new.modules.get(module)
            listed = entry is None or (entry["listed"] is not None)
            return entry is not None, not listed, path.count("."), path

        return min(paths, key=rank)

    def _places(self, leaf: str, path: str) -> list[tuple[str, str]]:
        """Return the places in the new version of public names with that last part: new ones,
        or ones that stood beside a shim of the same name."""
        found = self._come(leaf)
        if not found:
            old = self.old.find(path)
            if old is not None and self.old.is_deprecated(old):
                found = [(one, self.after.names[one]) for one in self.after.by_leaf.get(leaf, ())]
        return [(other, identity) for other, identity in found if other != path]

    def _same_thing(self, before: str, after: str, path: str) -> bool:
        if before.startswith("=") or after.startswith("="):
            constants = before.startswith("=") and after.startswith("=")
            kind, now = (text.split(" ", maxsplit=1)[0] for text in (before, after))
            # To a Python before 3.13 the member of an enumeration is a property.
            member = now in ("=property", f"={path.split('.')[-2]}")
            return constants and not before.endswith("()") and (kind == now or member)
        one, other = self.old.objects.get(before, {}), self.new.objects.get(after, {})
        own, theirs = (text.rstrip("'").rpartition(":")[2] for text in (before, after))
        if one.get("kind") != other.get("kind") or own != theirs:
            return False
        if one.get("kind") == "class":
            return self._common_members(one, other) >= ALIKE / 2
        told = one.get("summary", ""), other.get("summary", "")
        if one.get("params") is None or other.get("params") is None:
            return bool(told[0]) and told[0] == told[1]
        if all(told) and told[0] != told[1] and not self.old.objects[before].get("doc"):
            return False
        first, second = ([row[0] for row in each["params"]] for each in (one, other))
        return first == second[: len(first)] or second == first[: len(second)]

    @staticmethod
    def _common_members(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
        mine, theirs = set(one.get("members", ())), set(other.get("members", ()))
        return len(mine & theirs) / len(mine | theirs) if mine | theirs else 1.0

    def _renamed(self, path: str, binding: Binding) -> tuple[str, str] | None:
        """Return the name that came beside one that went and is alike in all but its name."""
        parent, _, leaf = path.rpartition(".")
        now = self.new.find(parent)
        if now is None:
            return None
        if now.is_module:
            module = now.identity.removeprefix("module:")
            names = self.new.modules.get(module, {"names": {}})["names"].items()
        else:
            names = self.new.members(now.identity).items()
        come = [
            (name, identity)
            for name, identity in names
            if name[0] != "_" and not is_present(self.old, f"{parent}.{name}")
        ]
        if now.is_module:
            come = [one for one in come if public(self.new, f"{parent}.{one[0]}", one[1])]
        fitting = [
            name for name, identity in come if self._alike(binding.identity, identity, leaf, name)
        ]
        if len(fitting) > 1:
            fitting = [name for name in fitting if _plain(name) == _plain(leaf)]
        return (f"{parent}.{fitting[0]}", "signature") if len(fitting) == 1 else None

    def _alike(self, before: str, after: str, old: str, new: str) -> bool:
        respelt = _plain(old) == _plain(new)
        if before.startswith("=") or after.startswith("="):
            return respelt and before.split(" ", maxsplit=1)[0] == after.split(" ", maxsplit=1)[0]
        one, other = self.old.objects.get(before, {}), self.new.objects.get(after, {})
        if one.get("kind") != other.get("kind"):
            return False
        said = _without(one.get("summary", ""), old, new)
        told = bool(said) and said == _without(other.get("summary", ""), old, new)
        if one.get("kind") == "property":
            return respelt or (told and len(said) > 15)
        rows, now = one.get("params"), other.get("params")
        same = rows is not None and now is not None and _shape(rows) == _shape(now)
        if one.get("kind") == "class":
            known = len(one.get("members", ())) > 1 or respelt
            alike = known and self._common_members(one, other) >= ALIKE
            return alike and (told or respelt or (same and _akin(old, new)))
        if not same:
            return respelt and told
        given = [row for row in rows or () if row[0] not in ("self", "cls")]
        return respelt or (told and bool(given)) or (told and len(said) > 30)


class _Signatures:
    """The parameters that a callable of two versions has otherwise."""

    def __init__(self, history: History, i: int, before: _View) -> None:
        self.history, self.i, self.before = history, i, before
        self.old, self.new = history.snapshots[i], history.snapshots[i + 1]

    def differences(self) -> Iterator[Difference]:
        found: list[tuple[Difference, str]] = []
        for path, identity in self.before.callables.items():
            after = self.new.find(path)
            if after is None or after.state not in ("open", "warns"):
                continue
            one, other = (
                self.old.objects.get(identity, {}),
                self.new.objects.get(after.identity, {}),
            )
            if one.get("params") == other.get("params"):
                continue
            before, now = _signature(self.old, identity), _signature(self.new, after.identity)
            if before is not None and now is not None:
                found += [(one, identity) for one in self._of(path, before, now)]
        yield from self._once(found)

    def _once(self, found: list[tuple[Difference, str]]) -> Iterator[Difference]:
        """Leave out what a class has of a base that is told of, and most of many siblings."""
        what = {one: self._what(one, identity) for one, identity in found}
        told = {(what[one], identity) for one, identity in found}
        kept = [
            (one, identity)
            for one, identity in found
            if not any((what[one], base) in told for base in self._bases(identity))
        ]
        kept.sort(key=lambda pair: (what[pair[0]], pair[0].old_symbol or pair[0].new_symbol))
        for _, group in groupby(kept, key=lambda pair: (what[pair[0]], self._family(pair[1]))):
            for one, _ in list(group)[:MOST_CLASSES]:
                yield one

    def _what(self, one: Difference, identity: str) -> tuple[str, ...]:
        """Return what a difference of a callable is, whichever class has it."""
        a_class = self.old.objects.get(identity, {}).get("kind") == "class"
        leaf = "" if a_class else (one.old_symbol or one.new_symbol).rpartition(".")[2]
        told = one.kind, one.old_keyword, one.old_value, one.new_keyword, one.new_value
        return (*told, *one.names, leaf)

    def _family(self, identity: str) -> str:
        return next(reversed(self._bases(identity)), identity)

    def _bases(self, identity: str) -> list[str]:
        """Return the bases of a class, or the methods of the bases that a method overrides, the
        nearest first."""
        objects = self.old.objects
        told = objects.get(identity, {})
        if told.get("kind") == "class":
            return list(told.get("bases", ()))
        owner, _, leaf = identity.rpartition(".")
        members = (
            objects.get(base, {}).get("members", {})
            for base in objects.get(owner, {}).get("bases", ())
        )
        return [names[leaf] for names in members if leaf in names]

    def _of(self, path: str, before: list[Parameter], now: list[Parameter]) -> Iterator[Difference]:
        at = self.i + 1
        before = [*before, *self._taken_since(path, before, now)]
        old = {p.name: p for p in before if not p.variadic}
        new = {p.name: p for p in now if not p.variadic}
        lost = [name for name in old if name not in new and name[0] != "_"]
        come = [name for name in new if name not in old and name[0] != "_"]
        takes_any, took_any = _takes_any(now), _takes_any(before)
        if len(lost) > max(3, len(old) // 2):
            return  # another callable, or a signature that was not told
        renamed = self._renamed(path, before, now, lost, come)
        for name, other in renamed.items():
            yield Difference(
                "keyword_renamed", at, path, name, new_symbol=path, new_keyword=other,
                shown="position",
            )  # fmt: skip
        for name in lost:
            stays = takes_any or not self._is_gone(path, name)
            if name not in renamed and not stays and old[name].kind != "POSITIONAL_ONLY":
                yield Difference("keyword_removed", at, path, name)
        yield from self._narrowed(path, before, now)
        for name, one in old.items():
            if name in new and _other_default(one, new[name]):
                value = new[name].default
                yield Difference("default_changed", at, path, name, one.default, path, name, value)
        for name in come:
            known = any(names and name in names for names in self.history.parameters(path)[:at])
            if name not in renamed.values() and not took_any and not known:
                yield Difference("added", at, new_symbol=path, new_keyword=name)

    def _is_gone(self, path: str, keyword: str) -> bool:
        """Tell whether the new version lacks a keyword for good."""
        gone = self.history.keyword_gone_at(path, keyword)
        return gone is not None and gone <= self.i + 1

    def _taken_since(
        self, path: str, before: list[Parameter], now: list[Parameter]
    ) -> list[Parameter]:
        """Return the parameters that left the signature of an earlier version for a
        ``**kwargs`` that this version has no more: now they are gone. Where others came then,
        those were told to take their place."""
        if not _takes_any(before) or _takes_any(now):
            return []
        names = {p.name for p in before if not p.variadic}
        for snapshot in reversed(self.history.snapshots[: self.i]):
            binding = snapshot.find(path)
            earlier = _signature(snapshot, binding.identity) if binding else None
            if earlier is None:
                return []
            if not _takes_any(earlier):
                known = {p.name for p in earlier}
                return [p for p in earlier if p.name not in names] if names <= known else []
        return []

    def _renamed(
        self,
        path: str,
        before: list[Parameter],
        now: list[Parameter],
        lost: Sequence[str],
        come: Sequence[str],
    ) -> dict[str, str]:
        """Return the parameters that took the place of others: at the same position with the
        same default, or the only ones that went and came, alike in name or type. A default that
        many parameters have shows nothing: then the name, the type or a text has to."""
        found: dict[str, str] = {}
        first = [p for p in before if p.kind == "POSITIONAL_OR_KEYWORD"]
        second = [p for p in now if p.kind == "POSITIONAL_OR_KEYWORD"]
        if len(lost) <= 3:
            for one, other in zip(first, second, strict=False):
                if one.name not in lost or other.name not in come:
                    continue
                if _same_default(one, other) and (
                    _telling(one)
                    or _akin(one.name, other.name)
                    or _typed(one, other)
                    or self._told_together(path, one.name, other.name)
                ):
                    found[one.name] = other.name
        alone = [name for name in lost if name not in found]
        fresh = [name for name in come if name not in found.values()]
        old = {p.name: p for p in before}
        new = {p.name: p for p in now}
        for name in alone:
            alike = [
                other
                for other in fresh
                if _same_default(old[name], new[other])
                and (
                    _akin(name, other)
                    or (len(alone) == len(fresh) == 1 and _typed(old[name], new[other]))
                )
            ]
            if len(alike) == 1 and alike[0] not in found.values():
                found[name] = alike[0]
        earlier = self.history.parameters(path)[: self.i + 1]
        sure = {
            name: other
            for name, other in found.items()
            if self._is_gone(path, name) and not any(names and other in names for names in earlier)
        }
        return sure | self._stayed(path, [name for name in lost if name not in found], new)

    def _told_together(self, path: str, one: str, other: str) -> bool:
        """Tell whether a text of the callable, in either version, names both parameters."""
        for snapshot in (self.old, self.new):
            binding = snapshot.find(path)
            told = snapshot.objects.get(binding.identity, {}) if binding else {}
            for _, text, _ in told.get("says", ()):
                words = set(re.findall(r"\w+", text))
                if {one, other} <= words:
                    return True
        return False

    def _stayed(
        self, path: str, lost: Sequence[str], now: Mapping[str, Parameter]
    ) -> dict[str, str]:
        """Return the parameters whose place others took that stood beside them for a while: they
        came later, and are alike in name."""
        versions = self.history.parameters(path)[: self.i + 1]
        found: dict[str, str] = {}
        for name in lost:
            first = next((names for names in versions if names and name in names), set())
            later = [one for one in now if one not in first and one[0] != "_"]
            alike = [one for one in later if any(names and one in names for names in versions)]
            alike = [one for one in alike if _akin(name, one)]
            if len(alike) == 1 and self._is_gone(path, name):
                found[name] = alike[0]
        return found

    def _narrowed(
        self, path: str, before: list[Parameter], now: list[Parameter]
    ) -> Iterator[Difference]:
        """Yield that parameters must be given by name now."""
        if any(p.kind == "VAR_POSITIONAL" for p in now):
            return
        first = [p.name for p in before if p.kind == "POSITIONAL_OR_KEYWORD"]
        only = {p.name for p in now if p.kind == "KEYWORD_ONLY"}
        names = tuple(name for name in first if name in only)
        if names:
            keyword = names[0] if len(names) == 1 else ""
            yield Difference("keyword_only", self.i + 1, path, keyword, names=names)


def _added(history: History, i: int, taken: Collection[str]) -> Iterator[Difference]:
    """Yield the public names that no version had before."""
    new = history.snapshots[i + 1]
    known: set[str] = set()
    for identity, path in sorted(new.home.items(), key=lambda pair: pair[1]):
        module, _, leaf = path.rpartition(".")
        if not module or leaf.startswith("_") or path in taken or not public(new, path, identity):
            continue
        if _ever(history, path, i):
            for name, member in sorted(new.objects.get(identity, {}).get("members", {}).items()):
                inner = f"{path}.{name}"
                listed = member.startswith("=") and member != "=property"
                if listed or inner in taken or _ever(history, inner, i) or name[0] == "_":
                    continue
                yield Difference("added", i + 1, new_symbol=inner)
        elif _ever(history, module, i) and path not in known:
            known.add(path)
            yield Difference("added", i + 1, new_symbol=path)


def _ever(history: History, path: str, until: int) -> bool:
    return any(snapshot.find(path) is not None for snapshot in history.snapshots[: until + 1])


def _signature(snapshot: Snapshot, identity: str) -> list[Parameter] | None:
    """Return the parameters that the signature itself tells; None where it tells nothing."""
    told = snapshot.objects.get(identity, {})
    if told.get("params") is None or told.get("read", "signature") != "signature":
        return None
    found = [parameter_of(row) for row in told["params"]]
    return None if all(parameter.variadic for parameter in found) and found else found


def _takes_any(parameters: Sequence[Parameter]) -> bool:
    return any(p.kind == "VAR_KEYWORD" for p in parameters)


def _same_default(one: Parameter, other: Parameter) -> bool:
    return (
        one.optional == other.optional
        and one.default == other.default
        and {one.kind, other.kind} <= {"POSITIONAL_OR_KEYWORD", "KEYWORD_ONLY"}
    )


def _telling(one: Parameter) -> bool:
    """Tell whether a parameter's default is one that few have: two that share it at one place
    are one parameter. One that must be given is as telling."""
    return not one.optional or one.default not in COMMON


def _typed(one: Parameter, other: Parameter) -> bool:
    """Tell whether two parameters are documented to be of one type, that few have."""
    words = set(re.findall(r"[a-z_]+", one.documented.lower()))
    return one.documented == other.documented and bool(words - PLAIN_TYPES)


def _other_default(one: Parameter, other: Parameter) -> bool:
    if not one.default or not other.default or one.default == other.default:
        return False
    if any(_SENTINEL.match(p.default) or p.deprecated for p in (one, other)):
        return False
    try:
        return bool(ast.literal_eval(one.default) != ast.literal_eval(other.default))
    except (ValueError, SyntaxError):
        return False


def _shape(rows: Sequence[Sequence[object]]) -> list[tuple[object, ...]]:
    return [tuple(row[:3]) for row in rows]


def _plain(name: str) -> str:
    """Return a name without what styles of spelling differ in."""
    return name.replace("_", "").lower()


def _akin(one: str, other: str) -> bool:
    """Tell whether two names are one by another spelling, or share the most of their words."""
    if _plain(one) == _plain(other):
        return True
    first, second = _words(one), _words(other)
    shorter, longer = sorted((_plain(one), _plain(other)), key=len)
    return bool(first & second - {"to", "of", "is", "in", "by"}) or (
        (len(shorter) >= 3 and longer.startswith(shorter))
        or (len(shorter) >= 4 and longer.endswith(shorter))
    )


def _words(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)}


def _without(text: str, *names: str) -> str:
    """Return a sentence without the names that it may be about."""
    for name in names:
        text = re.sub(rf"\b{re.escape(name)}\b", "", text)
    return " ".join(text.split())
