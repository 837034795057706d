"""Names held against the real library: which of its paths a note means."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from recode_data.api.references import Reference, flat, mark
from recode_data.api.version_context import VersionContext
from recode_data.api.written import SHORTHAND, TextResolver, outside_path
from recode_data.library import Library

MOST_MATCHES = 60
MOST_CLASSES = 40
LONGEST_VARIABLE = 3
MOST_DOTS = 3
"""Of a method that a library's users meet: ``scipy.signal.lti.num``; deeper ones are its own."""

_CAMEL = re.compile(r"\b[A-Z][a-z]+[A-Z]\w*\b")


@dataclass(frozen=True)
class Match:
    """A path that a name may stand for.

    ``certain``: the text itself leads to it, by its module or by being written out;
    ``ends``: it is there before the note's version and not from it on.
    """

    path: str
    certain: bool
    ends: bool
    one_of_many: bool = False
    """The same method of several classes of one module."""


class SymbolResolver:
    """Resolves names of one note's items with the snapshots of the library."""

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
        if "*" in path:
            return self._pattern(self.written.spelled_out(path))
        whole = self.written.spelled_out(path)
        explicit = whole == self.package or whole.startswith(self.package + ".")
        near = [f"{scope}.{path}" for scope in (*owners, *scopes)]
        certain = [whole] if explicit else [self.home(p, path) for p in near]
        found = [Match(p, True, self.context.ends(p)) for p in certain if self.history.ever(p)]
        if "." in path:  # "`m.A` has moved from `n`": what went is ``n.A``
            places = [f"{owner}.{reference.leaf}" for owner in owners]
            found += [Match(p, True, True) for p in places if self.context.ends(p)]
        top = f"{self.package}.{reference.leaf}"
        if explicit and found and not found[0].ends and self.context.ends(top):
            found.append(Match(top, False, True))  # "no longer exposed in the main namespace"
        if not any(match.ends for match in found) and not (explicit and found):
            found += self._by_ending(path.removeprefix(self.package + "."), [*owners, *scopes])
        unique = {match.path: match for match in reversed(found)}
        kept = [unique[path] for path in dict.fromkeys(match.path for match in found)]
        return sorted(kept, key=lambda match: (not match.ends, not match.certain))

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

    def _by_ending(self, path: str, scopes: list[str], methods: bool = False) -> list[Match]:
        """Match ``DataFrame.append`` with ``pandas.DataFrame.append``; a lone word only where
        the library tells that it is the one that went, or where only one thing has it."""
        leaf = path.rsplit(".", 1)[-1]
        known = self.history.by_leaf.get(leaf, set())
        hits = sorted(p for p in known if p.endswith("." + path))[:500]
        hits = [p for p in hits if self.context.in_class(p)] if methods else hits
        if not hits and "." in path:
            hits = self.history.elsewhere(path)
        if not hits and "." in path and path.split(".")[-2].startswith("_"):
            return self._by_ending(leaf, scopes)  # of a private class: its public heirs
        if not hits and "." in path:
            hits = self._below(path)
        if not hits and self._of_variable(path):
            return self._by_ending(leaf, scopes, methods=True)
        if not hits:
            return []
        inside = [
            p for p in hits if any(p.startswith(s + ".") for s in scopes if s != self.package)
        ]
        flipping = [p for p in (inside or hits) if self.history.gone_at(p) == self.context.index]
        pool = inside or hits
        there = [p for p in pool if self.context.there(p)]
        going = "." not in path and self.context.later and all(self.context.ends(p) for p in there)
        if not flipping and (going or not any(self.context.there(p) for p in hits)):
            flipping = [p for p in pool if self.context.ends(p)]
        if len(flipping) == 1:
            return [Match(flipping[0], len(hits) == 1, True)]
        alike = [p for p in flipping if self.context.in_class(p)]
        if len(alike) == len(flipping) > 1:  # heirs count where they are the library's own face
            own = set(self.history.defining(alike))
            alike = flipping = [p for p in alike if p in own or p.count(".") <= MOST_DOTS]
        if not self.context.covered and "." not in path and not inside:
            return []
        variants = self.history.defining(alike) if "." in path else []
        if 1 < len(variants) <= MOST_CLASSES and len(alike) == len(flipping):
            return [Match(p, True, True, one_of_many=True) for p in variants]
        if "." not in path and len(alike) > 1 and len(alike) == len(flipping) <= MOST_CLASSES:
            return [Match(p, False, True, one_of_many=True) for p in alike]
        if "." in path or path[:1].isupper() or "_" in path:
            best = min(flipping or inside or hits, key=lambda p: (p.count("."), len(p), p))
            sure = len(hits) == 1 or path[:1].isupper()
            return [Match(best, sure, self.context.ends(best))]
        return []

    def _below(self, path: str) -> list[str]:
        """Return what a path leads to that leaves out modules between: ``backends.Cls.method``
        for ``backends.base.Cls.method``."""
        head, _, rest = path.rpartition(".")
        start, _, owner = head.rpartition(".")
        if not start or not owner[:1].isupper():
            return []
        known = self.history.by_leaf.get(rest, set())
        first, last = f"{self.package}.{start}.", f".{owner}.{rest}"
        return sorted(p for p in known if p.startswith(first) and p.endswith(last))

    def _of_variable(self, path: str) -> bool:
        """Is it an attribute of something that a text made up: ``G.nodes_iter``?"""
        head, _, rest = path.partition(".")
        return rest.isidentifier() and len(head) <= LONGEST_VARIABLE and not outside_path(path)

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
