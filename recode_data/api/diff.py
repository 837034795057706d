"""What differs between two snapshots: evidence of its own, whatever the notes say."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache

from recode_data.api.history import History
from recode_data.api.snapshot import Snapshot


@dataclass
class RemovedName:
    """One object that lost a name: the paths it had by that name, and its names that stay."""

    paths: set[str]
    instead: set[str] = field(default_factory=set)

    @property
    def path(self) -> str:
        return min(self.paths, key=lambda path: (path.count("."), path))


def removed_names(history: History, i: int) -> list[RemovedName]:
    """Return the public names of snapshot ``i`` that snapshot ``i + 1`` lacks; aliases with one
    last part are one, and what went with its whole module or class is not told again."""
    old, new = history.snapshots[i], history.snapshots[i + 1]
    groups: dict[tuple[str, str], set[str]] = defaultdict(set)
    for path, identity in _rows(old):
        leaf = path.rsplit(".", 1)[-1]
        groups["" if identity.startswith("=") else identity, leaf].add(path)
    others = defaultdict(set)
    for path, identity, _ in old.names():
        others[identity].add(path)
    there = {path for path, _ in _rows(new)}
    gone: list[RemovedName] = []
    for (identity, _), paths in groups.items():
        missing = {path for path in paths if path not in there and not is_present(new, path)}
        if not missing:
            continue
        if missing != paths:  # it lives on elsewhere: only its public place counts
            home = old.home.get(identity) or min(paths, key=lambda p: (p.count("."), p))
            missing &= {home}
        parents = {path.rpartition(".")[0] for path in missing}
        if any(is_present(new, path) and not _warned_of(new, path) for path in parents):
            same = {path for path in others[identity] if identity and is_present(new, path)}
            gone.append(RemovedName(missing, same))
    return gone


@lru_cache(maxsize=4)
def _rows(snapshot: Snapshot) -> list[tuple[str, str]]:
    rows = [
        (path, identity)
        for path, identity, listed in snapshot.names()
        if (listed and public(snapshot, path, identity)) or _warned_of(snapshot, path)
    ]
    for identity, path in snapshot.home.items():
        if public(snapshot, path, identity):
            members = snapshot.members(identity).items()
            rows += [(f"{path}.{name}", ref) for name, ref in members if ref != "=instance"]
    return rows


def _warned_of(snapshot: Snapshot, path: str) -> bool:
    """Does the library hide a name and still answer to it, with a warning?"""
    module, _, name = path.rpartition(".")
    entry = snapshot.modules.get(module)
    return entry is not None and name in entry["warns"] and name in entry["hidden"]


def public(snapshot: Snapshot, path: str, identity: str) -> bool:
    """Is it the library's own to offer: listed in ``__all__``, defined in this very module, in
    the top package, or a module? What another library made is not."""
    top = path.split(".", maxsplit=1)[0]
    if ":" in identity and identity.removeprefix("module:").split(":")[0].split(".")[0] != top:
        return False
    module = path.rpartition(".")[0]
    entry = snapshot.modules.get(module)
    if entry is None or identity.startswith("module:") or "." not in module:
        return True
    if entry["listed"] is not None:
        return path.rsplit(".", 1)[-1] in entry["listed"]
    return identity.split(":", maxsplit=1)[0].startswith(module)


def is_present(snapshot: Snapshot, path: str) -> bool:
    binding = snapshot.find(path)
    return binding is not None and binding.state in ("open", "warns")


def removed_keywords(history: History, i: int) -> list[tuple[str, str]]:
    """Return path and keyword of the parameters that left signatures between two snapshots."""
    old, new = history.snapshots[i], history.snapshots[i + 1]
    lost = []
    for path in sorted(old.paths):
        before, after = old.find(path), new.find(path)
        if before is None or after is None or before.is_module:
            continue
        first, second = old.parameters(before), new.parameters(after)
        if not first or second is None:
            continue
        if new.takes_any(after) and not old.takes_any(before):
            continue  # it may take the lost one still, and warn of it
        gone = {p.name for p in first} - {p.name for p in second}
        if len(gone) <= max(3, len(first) // 2):  # more is a signature that was not told
            lost += [(path, name) for name in sorted(gone) if name[0] != "_"]
    return lost
