"""What differs between two surfaces: evidence of its own, whatever the notes say."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from recode_data.scrape.history import History
from recode_data.scrape.surface import Surface


@dataclass
class Vanished:
    """One object that lost a name: the paths it had by that name, and its names that stay."""

    paths: set[str]
    instead: set[str] = field(default_factory=set)

    @property
    def path(self) -> str:
        return min(self.paths, key=lambda path: (path.count("."), path))


def vanished(history: History, i: int) -> list[Vanished]:
    """Return the public names of surface ``i`` that surface ``i + 1`` lacks; aliases with one
    last part are one, and what went with its whole module or class is not told again."""
    old, new = history.surfaces[i], history.surfaces[i + 1]
    groups: dict[tuple[str, str], set[str]] = defaultdict(set)
    for path, reference in _rows(old):
        leaf = path.rsplit(".", 1)[-1]
        groups["" if reference.startswith("=") else reference, leaf].add(path)
    others = defaultdict(set)
    for path, reference, _ in old.names():
        others[reference].add(path)
    gone: list[Vanished] = []
    for (reference, _), paths in groups.items():
        missing = {path for path in paths if not openly(new, path)}
        if missing != paths:  # it lives on elsewhere: only its public place counts
            home = old.home.get(reference) or min(paths, key=lambda p: (p.count("."), p))
            missing &= {home}
        parents = {path.rpartition(".")[0] for path in missing}
        if any(openly(new, path) and not _warned_of(new, path) for path in parents):
            same = {path for path in others[reference] if reference and openly(new, path)}
            gone.append(Vanished(missing, same))
    return gone


def _rows(surface: Surface) -> list[tuple[str, str]]:
    rows = [
        (path, reference)
        for path, reference, listed in surface.names()
        if (listed and public(surface, path, reference)) or _warned_of(surface, path)
    ]
    for reference, path in surface.home.items():
        if public(surface, path, reference):
            members = surface.members(reference).items()
            rows += [(f"{path}.{name}", ref) for name, ref in members if ref != "=instance"]
    return rows


def _warned_of(surface: Surface, path: str) -> bool:
    """Does the library hide a name and still answer to it, with a warning?"""
    module, _, name = path.rpartition(".")
    entry = surface.modules.get(module)
    return entry is not None and name in entry["warns"] and name in entry["hidden"]


def public(surface: Surface, path: str, reference: str) -> bool:
    """Is it the library's own to offer: listed in ``__all__``, defined in this very module, in
    the top package, or a module? What another library made is not."""
    top = path.split(".", maxsplit=1)[0]
    if ":" in reference and reference.removeprefix("module:").split(":")[0].split(".")[0] != top:
        return False
    module = path.rpartition(".")[0]
    entry = surface.modules.get(module)
    if entry is None or reference.startswith("module:") or "." not in module:
        return True
    if entry["listed"] is not None:
        return path.rsplit(".", 1)[-1] in entry["listed"]
    return reference.split(":", maxsplit=1)[0].startswith(module)


def openly(surface: Surface, path: str) -> bool:
    named = surface.find(path)
    return named is not None and named.state in ("open", "warns")


def lost_keywords(history: History, i: int) -> list[tuple[str, str]]:
    """Return path and keyword of the parameters that left signatures between two surfaces."""
    old, new = history.surfaces[i], history.surfaces[i + 1]
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
