"""Which public path a name means that says only how the path ends: ``DataFrame.append``,
``nodes_iter``, ``G.node``.

Two questions, each with its strategies in the order in which they are tried; the first that
has an answer gives it. Where may the name be (`FINDERS`)? Which of those places does the note
mean (`CHOICES`)? The second is settled by what the library shows: the one that ends with the
note's version, the same method of several classes, or the likeliest by its form.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

from recode_data.api.version_context import VersionContext
from recode_data.api.written import outside_path

MOST_HITS = 500
MOST_CLASSES = 40
"""Classes of one method that a note may mean all at once."""
LONGEST_VARIABLE = 3
"""Letters of a name that a text makes up for an instance: ``df``, ``G``, ``arr``."""
MOST_DOTS = 3
"""Of a method that a library's users meet: ``scipy.signal.lti.num``; deeper ones are its own."""


@dataclass(frozen=True)
class Match:
    """A path that a name may stand for."""

    path: str
    certain: bool
    """The text itself leads to it, by its module or by being written out."""
    ends: bool
    """It is there before the note's version and not from it on."""
    one_of_many: bool = False
    """The same method of several classes of one module."""


@dataclass(frozen=True)
class Search:
    """An ending that is looked for among the public paths of a package."""

    path: str
    package: str
    context: VersionContext

    def for_leaf(self) -> Search:
        """The search for the last part alone."""
        return replace(self, path=self.path.rsplit(".", 1)[-1])


Found: TypeAlias = tuple[str, list[str]]
"""The ending that was looked for, and the paths that have it."""


def whole_ending(search: Search) -> Found:
    """Paths that end as the name is written, each object by its public one."""
    path = search.path
    known = search.context.history.by_leaf.get(path.rsplit(".", 1)[-1], set())
    return path, sorted(p for p in known if p.endswith("." + path))[:MOST_HITS]


def other_place(search: Search) -> Found:
    """Paths that end so, though the objects have better names."""
    path = search.path
    return path, search.context.history.elsewhere(path) if "." in path else []


def heirs_of_a_private_class(search: Search) -> Found:
    """``_Private.method``: the public classes that have the method."""
    owner = search.path.rpartition(".")[0]
    if not owner.rsplit(".", 1)[-1].startswith("_"):
        return search.path, []
    return whole_ending(search.for_leaf())


def modules_left_out(search: Search) -> Found:
    """``backends.Cls.method`` for ``backends.base.Cls.method``."""
    head, _, leaf = search.path.rpartition(".")
    start, _, owner = head.rpartition(".")
    if not start or not owner[:1].isupper():
        return search.path, []
    known = search.context.history.by_leaf.get(leaf, set())
    first, last = f"{search.package}.{start}.", f".{owner}.{leaf}"
    return search.path, sorted(p for p in known if p.startswith(first) and p.endswith(last))


def method_of_a_variable(search: Search) -> Found:
    """``G.nodes_iter``, of an instance that the text made up: the classes' methods."""
    head, _, leaf = search.path.partition(".")
    if not leaf.isidentifier() or len(head) > LONGEST_VARIABLE or outside_path(search.path):
        return search.path, []
    found = whole_ending(search.for_leaf())[1]
    return leaf, [path for path in found if search.context.in_class(path)]


FINDERS: tuple[Callable[[Search], Found], ...] = (
    whole_ending,
    other_place,
    heirs_of_a_private_class,
    modules_left_out,
    method_of_a_variable,
)


@dataclass(frozen=True)
class Candidates:
    """The places where a name may be, in the context of one version."""

    path: str
    """The name as far as it is written."""
    hits: list[str]
    inside: list[str]
    """Those in what the text around the name speaks of."""
    context: VersionContext

    @property
    def dotted(self) -> bool:
        """Whether the name is written with what it is inside."""
        return "." in self.path

    @property
    def pool(self) -> list[str]:
        """What is chosen from: what the surroundings speak of, where the name is there."""
        return self.inside or self.hits

    @cached_property
    def ending(self) -> list[str]:
        """Those that end with the version; where none does, those that end later, should the
        context count that, or should none be there from the version on."""
        now = [p for p in self.pool if self.context.ends_now(p)]
        if now:
            return now
        there = [p for p in self.pool if self.context.there(p)]
        lone = not self.dotted and self.context.later and all(map(self.context.ends, there))
        if lone or not any(map(self.context.there, self.hits)):
            return [p for p in self.pool if self.context.ends(p)]
        return []

    @cached_property
    def methods(self) -> list[str]:
        """Those that end, where all of them are methods: those that a user meets."""
        if len(self.ending) < 2 or not all(map(self.context.in_class, self.ending)):
            return []
        own = set(self.context.history.defining(self.ending))
        return [p for p in self.ending if p in own or p.count(".") <= MOST_DOTS]


def the_one_that_ends(found: Candidates) -> list[Match] | None:
    """Only one of them ends with the version."""
    if len(found.ending) != 1:
        return None
    return [Match(found.ending[0], len(found.hits) == 1, True)]


def nothing_for_a_lone_word_before_every_snapshot(found: Candidates) -> list[Match] | None:
    """Without a snapshot from before, a lone word could be anything outside its surroundings."""
    return None if found.context.covered or found.dotted or found.inside else []


def a_method_of_several_classes(found: Candidates) -> list[Match] | None:
    """``Class.method`` of classes that share the name: each one's own."""
    if not found.dotted or not found.methods:
        return None
    own = found.context.history.defining(found.methods)
    if not 1 < len(own) <= MOST_CLASSES:
        return None
    return [Match(p, True, True, one_of_many=True) for p in own]


def a_lone_method_of_several_classes(found: Candidates) -> list[Match] | None:
    """``method``, where all that end are methods of that name."""
    if found.dotted or not 1 < len(found.methods) <= MOST_CLASSES:
        return None
    return [Match(p, False, True, one_of_many=True) for p in found.methods]


def the_likeliest(found: Candidates) -> list[Match] | None:
    """A name whose form is one of a symbol: the shortest path, first of those that end."""
    path = found.path
    if not found.dotted and not path[:1].isupper() and "_" not in path:
        return None
    best = min(found.methods or found.ending or found.pool, key=lambda p: (p.count("."), len(p), p))
    return [Match(best, len(found.hits) == 1 or path[:1].isupper(), found.context.ends(best))]


CHOICES: tuple[Callable[[Candidates], list[Match] | None], ...] = (
    the_one_that_ends,
    nothing_for_a_lone_word_before_every_snapshot,
    a_method_of_several_classes,
    a_lone_method_of_several_classes,
    the_likeliest,
)


def matches_by_ending(
    path: str, package: str, scopes: list[str], context: VersionContext
) -> list[Match]:
    """Return the public paths of ``package`` that end in ``path`` and that a note of the
    context's version means; none where that cannot be told.

    ``scopes`` are the modules and classes that the text around the name speaks of.
    """
    found = (finder(Search(path, package, context)) for finder in FINDERS)
    ending, hits = next((each for each in found if each[1]), (path, []))
    if not hits:
        return []
    places = tuple(f"{scope}." for scope in scopes if scope != package)
    inside = [p for p in hits if p.startswith(places)]
    candidates = Candidates(ending, hits, inside, context)
    chosen = (choice(candidates) for choice in CHOICES)
    return next((each for each in chosen if each is not None), [])
