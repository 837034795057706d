"""A name in a text to the path of a library that it means, by what the library really has."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from recode_data.api.endings import Match, matches_by_ending
from recode_data.api.references import Reference, flat, mark
from recode_data.api.version_context import VersionContext
from recode_data.api.written import SHORTHAND, TextResolver, outside_path
from recode_data.library import Library

MOST_MATCHES = 60
"""Paths that a pattern may stand for."""
_CAMEL = re.compile(r"\b[A-Z][a-z]+[A-Z]\w*\b")


@dataclass(frozen=True)
class Asked:
    """A name of a text and where it may be."""

    path: str
    """As it is written, without the private module of a documentation."""
    whole: str
    """With its import alias spelled out."""
    explicit: bool
    """The text writes the path from the package on."""
    owners: tuple[str, ...]
    """Paths that the text says own it."""
    scopes: tuple[str, ...]
    """Paths that the surroundings speak of, nearest first."""

    @property
    def leaf(self) -> str:
        return self.path.rsplit(".", 1)[-1]


class SymbolResolver:
    """Resolves the names of one note with the snapshots of its library.

    What ends with the version of the note counts for more than what stays: `VersionContext`
    says which that is.
    """

    def __init__(self, library: Library, context: VersionContext) -> None:
        self.written = TextResolver(library)
        self.package = library.package
        self.context = context
        self.history = context.history

    def scopes(self, surroundings: Iterable[str] = (), module: str = "") -> list[str]:
        """Return the modules and classes that the texts around a name speak of, nearest first,
        then the ``module`` that they are all about, and the package."""
        found: list[str] = []
        for text in surroundings:
            plain = [Reference("symbol", word, word) for word in _CAMEL.findall(text)]
            for reference in [*flat(mark(text)[1]), *plain]:
                path = self.written.spelled_out(reference.path)
                options = [path, f"{self.package}.{path}", f"{module}.{path}"]
                if reference in plain:
                    options = sorted(self.history.by_leaf.get(path, ()), key=len)
                found += [option for option in options if self._is_scope(option)][:1]
        found += [module] if module else []
        return list(dict.fromkeys([*found, self.package]))

    def _is_scope(self, path: str) -> bool:
        for snapshot in self.history.snapshots:
            binding = snapshot.find(path)
            if binding is not None and path != self.package:
                return binding.is_module or snapshot.kind(binding) == "class"
        return False

    def matches(
        self, reference: Reference, scopes: Iterable[str], owners: Iterable[str] = ()
    ) -> list[Match]:
        """Return the real paths that ``reference`` may mean, the likeliest first."""
        path = SHORTHAND.sub("", reference.path)
        if not path or path.startswith("__"):
            return []
        whole = self.written.spelled_out(path)
        if "*" in path:
            return self._pattern(whole)
        explicit = whole == self.package or whole.startswith(self.package + ".")
        asked = Asked(path, whole, explicit, tuple(owners), tuple(scopes))
        found = self._where_it_is_written(asked)
        found += self._what_left_its_owner(asked)
        found += self._what_left_the_package(asked, found)
        found += self._by_its_ending(asked, found)
        unique = {match.path: match for match in reversed(found)}
        kept = [unique[path] for path in dict.fromkeys(match.path for match in found)]
        return sorted(kept, key=lambda match: (not match.ends, not match.certain))

    def _where_it_is_written(self, asked: Asked) -> list[Match]:
        """The path itself, or what is there of that name in its owners and surroundings."""
        paths = [asked.whole]
        if not asked.explicit:
            near = (f"{place}.{asked.path}" for place in (*asked.owners, *asked.scopes))
            paths = [self.home(path, asked.path) for path in near]
        return [Match(p, True, self.context.ends(p)) for p in paths if self.history.ever(p)]

    def _what_left_its_owner(self, asked: Asked) -> list[Match]:
        """What went is ``n.A`` where "`m.A` has moved from `n`"."""
        if "." not in asked.path:
            return []
        places = [f"{owner}.{asked.leaf}" for owner in asked.owners]
        return [Match(path, True, True) for path in places if self.context.ends(path)]

    def _what_left_the_package(self, asked: Asked, found: list[Match]) -> list[Match]:
        """A path that stays, whose name is "no longer exposed in the main namespace"."""
        top = f"{self.package}.{asked.leaf}"
        stays = asked.explicit and bool(found) and not found[0].ends
        return [Match(top, False, True)] if stays and self.context.ends(top) else []

    def _by_its_ending(self, asked: Asked, found: list[Match]) -> list[Match]:
        """What ends as it is written, where nothing that was found ends with the version."""
        if any(match.ends for match in found) or (asked.explicit and found):
            return []
        path = asked.path.removeprefix(self.package + ".")
        places = [*asked.owners, *asked.scopes]
        return matches_by_ending(path, self.package, places, self.context)

    def owners(self, references: Iterable[Reference], scopes: list[str]) -> list[str]:
        """Return the paths of things that own others: what the text leads to comes first,
        whether or not it goes itself; a method that stands beside its class is the class's."""
        best: list[tuple[Reference, Match | None]] = []
        for reference in references:
            matches = self.matches(reference, scopes)
            best.append((reference, min(matches, key=lambda each: not each.certain, default=None)))
        classes = [match.path for _, match in best if match and self._is_scope(match.path)]
        methods = [
            m.path for one, m in best if m and "." in one.path and self.context.in_class(m.path)
        ]
        beside = [path.rpartition(".")[0] for path in methods]
        found: list[str] = []
        for reference, match in best:
            lone = "." not in reference.path
            likely = classes if match and match.certain else [*classes, *beside]
            inside = [f"{each}.{reference.path}" for each in likely if lone]
            inside = [path for path in inside if self.history.ever(path)]
            found += inside or ([match.path] if match else [])
        return list(dict.fromkeys(found))

    def gone_with(self, match: Match) -> str:
        """Return the module of a name that the text spells out, where it went with it."""
        module = match.path.rpartition(".")[0]
        if not match.ends or not match.certain or module == self.package:
            return ""
        gone = self.history.gone_at(module)
        return module if gone is not None and gone == self.history.gone_at(match.path) else ""

    def home(self, path: str, written: str) -> str:
        """Return the public place of what a path leads to, when it ends as it is written:
        ``tree.Tree`` inside ``lib.tree`` is ``lib.tree.Tree``, not ``lib.tree.tree.Tree``."""
        parent, _, leaf = path.rpartition(".")
        for snapshot in reversed(self.history.snapshots):
            for whole, rest in ((path, ""), (parent, f".{leaf}")):
                binding = snapshot.find(whole)
                place = snapshot.home.get(binding.identity) if binding else None
                if place and f"{place}{rest}".endswith(f".{written}"):
                    return f"{place}{rest}"
        return path

    def _pattern(self, path: str) -> list[Match]:
        wanted = re.compile(re.escape(path).replace(r"\*", r"\w+"))
        parent = path.rpartition(".")[0] or self.package
        if not path.startswith(parent):
            wanted = re.compile(re.escape(f"{parent}.{path}").replace(r"\*", r"\w+"))
        known = {
            p for snapshot in self.history.snapshots[: self.context.index] for p in snapshot.paths
        }
        hits = sorted(p for p in known if wanted.fullmatch(p) and self.context.ends(p))
        return [Match(p, True, True) for p in hits[:MOST_MATCHES]]

    def replacement(self, reference: Reference, old: str, scopes: list[str]) -> str:
        """Return the path of what is to be used instead, there in the new version."""
        path = SHORTHAND.sub("", reference.path)
        if not path:
            return ""
        whole = self.written.spelled_out(path)
        parent = old.rpartition(".")[0]
        options = [whole] if whole.startswith(self.package + ".") else []
        if not options:
            leaf = path.rsplit(".", 1)[-1]
            options = [f"{parent}.{path}", *(f"{scope}.{path}" for scope in scopes)]
            here = f"{parent}.{path}"  # beside ``numpy.int`` an ``int`` is the builtin
            if outside_path(path) and (here == old or not self.context.there(here)):
                return outside_path(path)
            if "." in path and path.partition(".")[0] in self.history.borrowed:
                return path  # another package has it: ``markupsafe.escape``
            if "." in path and path.split(".", 1)[0].islower():
                options.append(f"{parent}.{leaf}")  # an instance: ``df.loc``
        known = sorted(
            self.history.by_leaf.get(path.rsplit(".", 1)[-1], set()),
            key=lambda p: (not _same_start(p, old), p.count("."), p),
        )
        ending = [p for p in known if p.endswith("." + path)]
        if "." in path or path[:1].isupper() or "_" in path or len(ending) == 1:
            options += ending[:20]
        new = next((p for p in options if p != old and self.context.there(p)), "")
        if new and self.context.is_module(new) and not self.context.is_module(old):
            inside = f"{new}.{old.rpartition('.')[2]}"  # "import it from `m`"
            return inside if inside != old and self.context.there(inside) else ""
        return new


def _same_start(path: str, other: str) -> bool:
    return path.split(".")[:2] == other.split(".")[:2]
