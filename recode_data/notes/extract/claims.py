"""Claims to what a change says in symbols, held against the library where it is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from recode_data.api.endings import Match
from recode_data.api.history import History
from recode_data.api.references import Reference, flat, mark
from recode_data.api.resolve import SymbolResolver
from recode_data.api.version_context import VersionContext
from recode_data.library import Library
from recode_data.notes.extract.candidate import Claim, Verb
from recode_data.notes.extract.keywords import KeywordWriter, named_in
from recode_data.notes.extract.stated import ENDINGS, KINDS, Stated
from recode_data.notes.markup.items import Item
from recode_data.records import ChangeKind

GOING: set[Verb] = {"removed", "deprecated", "renamed", "moved", "replaced"}
MOST_CLASSES = 12
"""Classes whose constructors share a parameter by inheritance; the others are told of by these."""
LASTING: set[Verb] = {"deprecated", "renamed", "moved", "replaced"}
"""What is so may be there still, under the old name as well, and go later."""


def _spread(claim: Claim) -> list[Claim]:
    """``f(..., x=1)`` is removed: perhaps the keyword of the callable, else the callable."""
    old = claim.old
    if old is None or old.kind != "call" or not old.keyword or claim.is_keyword:
        return [claim]
    callee = replace(old, kind="symbol", keyword="", value="")
    keyword = replace(old, kind="keyword", path="")
    return [replace(claim, old=keyword, is_keyword=True, owners=(callee, *claim.owners))]


def _chosen(reference: Reference, matches: list[Match], owners: list[str]) -> list[Match]:
    """Return the matches that are meant: all of a pattern or of a method of many classes, else
    those inside the owners, unless only another one ends; else the likeliest."""
    if "*" in reference.path or (matches and matches[0].one_of_many):
        return matches
    inside = [match for match in matches if match.path.rpartition(".")[0] in owners]
    if matches and matches[0].ends and not any(match.ends for match in inside):
        inside = []
    return inside or matches[:1]


class Writer:
    """Writes the claims of one note."""

    def __init__(self, library: Library, history: History, version: str) -> None:
        context = VersionContext(history, version)
        self.names = SymbolResolver(library, context)
        self._now = ClaimWriter(self.names)
        self._lasting = ClaimWriter(SymbolResolver(library, context.lasting))

    def write(self, item: Item, claims: list[Claim]) -> Iterator[Stated]:
        """Yield what the claims of an item state, several for a name with several owners."""
        scopes = self._scopes(item)
        for claim in (part for each in claims for part in _spread(each)):
            if claim.old is not None:
                writer = self._lasting if claim.verb in LASTING else self._now
                yield from writer.write(item, claim, scopes)

    def _scopes(self, item: Item) -> list[str]:
        """Return where an item's names may be: what its lead, then its headings speak of."""
        return self.names.scopes((item.lead, *reversed(item.path)), item.module)

    def plain(self, item: Item, kind: ChangeKind) -> Stated:
        """What an item that claims nothing is about: the first name that is real."""
        scopes = self._scopes(item)
        for reference in flat(mark(" ".join(item.parts[:2]))[1])[:8]:
            for match in self.names.matches(reference, scopes)[:1]:
                if match.certain:
                    side = "new_symbol" if kind == "added" else "old_symbol"
                    return Stated(kind, **{side: match.path})
        return Stated(kind)


class ClaimWriter:
    """Writes claims in the context of one version, as its resolver has it."""

    def __init__(self, names: SymbolResolver) -> None:
        self.names = names
        self.context = names.context
        self.history = names.history
        self.covered = names.context.covered
        self.keywords = KeywordWriter(names)

    def write(self, item: Item, claim: Claim, scopes: list[str]) -> list[Stated]:
        """Return what one claim states: of a keyword, of a symbol, or of the keyword that an
        attribute holds."""
        assert claim.old is not None
        made: list[Stated] = []
        if claim.is_keyword or claim.is_value:
            made = list(self.keywords.write(item, claim, scopes))
        if not made and not claim.is_value:
            made = list(self._symbol(item, claim, scopes))
            if claim.is_keyword:
                of_classes = self._of_constructors(item, claim, made, scopes)
                made = of_classes or self._as_keyword(claim, made, scopes)
        if claim.is_keyword or not claim.old.path.isidentifier():
            return made
        implied = replace(claim, is_keyword=True)
        if not made:
            return list(self.keywords.write(item, implied, scopes))
        if all(self.context.is_instance(each.old_symbol) for each in made):
            # an attribute that holds what the constructor was given is a parameter
            return list(self.keywords.write(item, implied, scopes)) or made
        return made

    def _of_constructors(
        self, item: Item, claim: Claim, made: list[Stated], scopes: list[str]
    ) -> list[Stated]:
        """A parameter that was only found as the attribute of classes that are given it: it is
        that of their constructors."""
        assert claim.old is not None
        keyword = claim.old.keyword or claim.old.path
        word = (claim.new.keyword or claim.new.path) if claim.new is not None else ""
        having = self._losing([each.old_symbol for each in made], keyword)
        if made and not having:  # found as something else of that name
            anywhere = self._losing(sorted(self.history.by_leaf.get(keyword, ())), keyword)
            having = [
                path
                for path in anywhere
                if self.history.has_keyword(path, word)
                or self.history.keyword_gone_at(path, keyword) == self.context.index
            ]
        having = [path for path in having if self.history.has_keyword(path, word)] or having
        having = sorted(having, key=lambda path: (len(path), path))[:MOST_CLASSES]
        made = list(self.keywords.of_owners(item, claim, keyword, having, scopes))
        return [one if one.new_keyword else replace(one, new_symbol="") for one in made]

    def _losing(self, paths: Iterable[str], keyword: str) -> list[str]:
        """Return the classes of attributes whose constructors had a keyword and lose it."""
        classes = dict.fromkeys(path.rpartition(".")[0] for path in paths)
        return [
            path
            for path in classes
            if self.history.has_keyword(path, keyword)
            and self.history.keyword_gone_at(path, keyword) is not None
        ]

    def _as_keyword(self, claim: Claim, made: list[Stated], scopes: list[str]) -> list[Stated]:
        """A keyword may be an attribute of those that own it, of nothing else."""
        owners = self.names.owners((m for m in claim.owners if m != claim.old), scopes)
        if owners:
            return [each for each in made if each.old_symbol.rpartition(".")[0] in owners]
        return [each for each in made if not self.context.is_instance(each.old_symbol)]

    def _symbol(self, item: Item, claim: Claim, scopes: list[str]) -> Iterator[Stated]:
        assert claim.old is not None
        reference = claim.old
        if not self.covered and (claim.verb not in LASTING or not self.history):
            yield from self._written(item, claim, scopes)
            return
        matches, owners = self._candidates(item, claim, scopes)
        if self.covered and claim.verb in GOING:  # what a version ends was there before it
            matches = [match for match in matches if self.context.before(match.path)]
        elif claim.verb != "deprecated":  # before every snapshot: only what is seen to go counts
            matches = [match for match in matches if match.ends]
        if not matches and not self.covered:
            yield from self._written(item, claim, scopes)
        lone = "." not in reference.path
        for match in _chosen(reference, matches, owners):
            kind = self._symbol_kind(item, claim, match)
            if kind is None or (lone and self._of_a_stranger(item, match)):
                continue
            new = self.names.replacement(claim.new, match.path, scopes) if claim.new else ""
            yield Stated(kind, match.path, new_symbol=new)
            told = kind in ENDINGS or (kind == "deprecated" and "." in reference.path)
            module = self.names.gone_with(match) if told else ""
            if module:
                yield Stated("removed" if kind in ENDINGS else kind, module)

    def _candidates(
        self, item: Item, claim: Claim, scopes: list[str]
    ) -> tuple[list[Match], list[str]]:
        """Return what a claim's name may mean, and its owners: those that the sentence names,
        what its new name is in, those that the whole item names."""
        assert claim.old is not None
        reference = claim.old
        owners = self.names.owners(claim.owners, scopes)
        matches = self.names.matches(reference, scopes, owners)
        if not matches and claim.new is not None and "." in claim.new.path:
            beside = [self.names.written.spelled_out(claim.new.path).rpartition(".")[0]]
            matches = self.names.matches(reference, scopes, beside)
        if reference.path.isidentifier() and not (matches and matches[0].certain):
            around = self.names.owners(named_in(item), scopes)
            found = self.names.matches(reference, scopes, around)
            if found and (not matches or found[0].certain):
                return found, around
        return matches, owners

    def _of_a_stranger(self, item: Item, match: Match) -> bool:
        """Is it a mere attribute of the objects of a class that the item does not name?"""
        if match.certain or not self.context.is_instance(match.path):
            return False
        owner = match.path.split(".")[-2]
        return owner not in " ".join([item.text, item.lead, *item.path])

    def _symbol_kind(self, item: Item, claim: Claim, match: Match) -> ChangeKind | None:
        """Settle the kind by what the library shows; None where nothing is claimed of it."""
        kind = KINDS[claim.verb]
        unsure = claim.verb == "replaced" and claim.new is None  # something in it, perhaps
        if unsure and not claim.strong:
            return None
        if match.ends and claim.verb in GOING:
            if self.history.gone_at(match.path) == self.context.index:
                return kind if kind in ENDINGS else "removed"
            if kind in ENDINGS and claim.strong and item.section != "skipped":
                return kind
            if kind not in ENDINGS and (
                item.section != "skipped" or (claim.strong and match.certain)
            ):
                return "deprecated"
        if not claim.strong or claim.old is None or claim.old.kind == "expression":
            return None
        if kind == "deprecated" and match.ends and item.section != "skipped":
            return kind
        if not match.certain:
            return None
        if kind in ENDINGS:
            if self.history.gone_at(match.path) is None:
                return "deprecated" if self._going(match.path) and not unsure else "behaviour"
            return kind
        if item.section == "skipped":
            return None
        return kind

    def _going(self, path: str) -> bool:
        return self.history.warns_at(path) is not None

    def _written(self, item: Item, claim: Claim, scopes: list[str]) -> Iterator[Stated]:
        """Without a snapshot from before: the name as it is written, where that says enough."""
        assert claim.old is not None
        if item.section == "skipped" or not claim.strong or claim.old.kind == "expression":
            return
        written = self.names.written
        for path in written.symbol(claim.old, item.module, claim.owners):
            new = ""
            if claim.new is not None and self.history:
                new = self.names.replacement(claim.new, path, scopes)
            elif claim.new is not None:
                new = written.replacement(claim.new, item.module, path)
            if self.history and not self._credible(claim, path):
                continue
            yield Stated(KINDS[claim.verb], path, new_symbol=new if new != path else "")

    def _credible(self, claim: Claim, path: str) -> bool:
        """May a name from before every snapshot be what is written? Not a lone word, and not
        one that is said to be gone and is there in every snapshot."""
        assert claim.old is not None
        if "." not in claim.old.path and not claim.owners:
            return False
        return KINDS[claim.verb] not in ENDINGS or "gone" in self.history.states(path)
