"""Claims to what a change says in symbols, held against the library where it is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from recode_data.library import Library
from recode_data.records import ChangeKind
from recode_data.scrape import words
from recode_data.scrape.claim import Claim, Verb
from recode_data.scrape.history import History
from recode_data.scrape.items import Item
from recode_data.scrape.known import KnownNames, Match
from recode_data.scrape.names import Mention, flat, mark

_KINDS: dict[Verb, ChangeKind] = {
    "removed": "removed",
    "deprecated": "deprecated",
    "renamed": "renamed",
    "moved": "moved",
    "replaced": "renamed",
    "positional": "keyword_only",
    "default": "default_changed",
    "added": "added",
    "": "behaviour",
}
GOING: set[Verb] = {"removed", "deprecated", "renamed", "moved", "replaced"}
LASTING: set[Verb] = {"deprecated", "renamed", "moved", "replaced"}
"""What is so may be there still, under the old name as well, and go later."""
MOST_OWNERS = 60
"""Callables that one sentence says to lose a keyword."""
ENDINGS: set[ChangeKind] = {"removed", "renamed", "moved"}


def _spread(claim: Claim) -> list[Claim]:
    """``f(..., x=1)`` is removed: perhaps the keyword of the callable, else the callable."""
    old = claim.old
    if old is None or old.kind != "call" or not old.keyword or claim.is_keyword:
        return [claim]
    callee = replace(old, kind="symbol", keyword="", value="")
    keyword = replace(old, kind="keyword", path="")
    return [replace(claim, old=keyword, is_keyword=True, owners=(callee, *claim.owners))]


@dataclass(frozen=True)
class Stated:
    """The symbols of a change."""

    kind: ChangeKind
    old_symbol: str = ""
    old_keyword: str = ""
    old_value: str = ""
    new_symbol: str = ""
    new_keyword: str = ""
    new_value: str = ""


class Writer:
    """Writes the claims of one note."""

    def __init__(self, library: Library, history: History, version: str) -> None:
        self.names = KnownNames(library, history, version)
        self.history = history
        self.covered = self.names.covered

    def write(self, item: Item, claims: list[Claim]) -> Iterator[Stated]:
        """Yield what the claims of an item state, several for a name with several owners."""
        scopes = self.names.scopes(item)
        for claim in (part for each in claims for part in _spread(each)):
            if claim.old is None:
                continue
            self.names.later = claim.verb in LASTING
            made: list[Stated] = []
            if claim.is_keyword or claim.is_value:
                made = list(self._keyword(item, claim, scopes))
            if not made and not claim.is_value:
                made = list(self._symbol(item, claim, scopes))
            if not claim.is_keyword and claim.old.path.isidentifier():
                implied = replace(claim, is_keyword=True)
                if not made:
                    made = list(self._keyword(item, implied, scopes))
                elif all(self.names.is_instance(each.old_symbol) for each in made):
                    # an attribute that holds what the constructor was given is a parameter
                    made = list(self._keyword(item, implied, scopes)) or made
            yield from made

    def plain(self, item: Item, kind: ChangeKind) -> Stated:
        """What an item that claims nothing is about: the first name that is real."""
        scopes = self.names.scopes(item)
        for mention in flat(mark(" ".join(item.parts[:2]))[1])[:8]:
            for match in self.names.matches(mention, scopes)[:1]:
                if match.certain:
                    side = "new_symbol" if kind == "added" else "old_symbol"
                    return Stated(kind, **{side: match.path})
        return Stated(kind)

    def _symbol(self, item: Item, claim: Claim, scopes: list[str]) -> Iterator[Stated]:
        assert claim.old is not None
        mention = claim.old
        if not self.covered and (claim.verb not in LASTING or not self.history):
            yield from self._written(item, claim, scopes)
            return
        owners = self.names.owners(claim.owners, scopes)
        matches = self.names.matches(mention, scopes, owners)
        if not matches and claim.new is not None and "." in claim.new.path:
            beside = [self.names.written.spelled_out(claim.new.path).rpartition(".")[0]]
            matches = self.names.matches(mention, scopes, beside)
        if mention.path.isidentifier() and not (matches and matches[0].certain):
            around = self.names.owners(self._named(item), scopes)
            found = self.names.matches(mention, scopes, around)
            if found and (not matches or found[0].certain):
                matches, owners = found, around
        if self.covered and claim.verb in GOING:  # what a version ends was there before it
            matches = [match for match in matches if self.names.before(match.path)]
        elif claim.verb != "deprecated":  # before every surface: only what is seen to go counts
            matches = [match for match in matches if match.flips]
        inside = [match for match in matches if match.path.rpartition(".")[0] in owners]
        if matches and matches[0].flips and not any(match.flips for match in inside):
            inside = []
        if not matches and not self.covered:
            yield from self._written(item, claim, scopes)
        several = "*" in mention.path or bool(matches and matches[0].one_of_many)
        chosen = matches if several else inside or matches[:1]
        for match in chosen:
            kind = self._symbol_kind(item, claim, match)
            if kind is None:
                continue
            new = self.names.replacement(claim.new, match.path, scopes) if claim.new else ""
            yield Stated(kind, match.path, new_symbol=new)
            module = self.names.gone_with(match) if kind in (*ENDINGS, "deprecated") else ""
            if module:
                yield Stated("removed" if kind in ENDINGS else kind, module)

    def _named(self, item: Item) -> list[Mention]:
        """Everything that an item names: its classes may own a lone name."""
        return [m for part in item.parts[:4] for m in flat(mark(part)[1]) if m.path]

    def _symbol_kind(self, item: Item, claim: Claim, match: Match) -> ChangeKind | None:
        """Settle the kind by what the library shows; None where nothing is claimed of it."""
        kind = _KINDS[claim.verb]
        if match.flips and claim.verb in GOING:
            if self.history.gone_at(match.path) == self.names.index:
                return kind if kind in ENDINGS else "removed"
            if kind in ENDINGS and claim.strong and item.section != "skipped":
                return kind
            if kind not in ENDINGS and (
                item.section != "skipped" or (claim.strong and match.certain)
            ):
                return "deprecated"
        if not claim.strong or claim.old is None or claim.old.kind == "expression":
            return None
        if kind == "deprecated" and match.flips and item.section != "skipped":
            return kind
        if not match.certain:
            return None
        if kind in ENDINGS:
            if self.history.gone_at(match.path) is None:
                return "deprecated" if self._going(match.path) else "behaviour"
            return kind
        if item.section == "skipped":
            return None
        return kind

    def _going(self, path: str) -> bool:
        return self.history.warns_at(path) is not None

    def _written(self, item: Item, claim: Claim, scopes: list[str]) -> Iterator[Stated]:
        """Without a surface from before: the name as it is written, where that says enough."""
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
            yield Stated(_KINDS[claim.verb], path, new_symbol=new if new != path else "")

    def _credible(self, claim: Claim, path: str) -> bool:
        """May a name from before every surface be what is written? Not a lone word, and not
        one that is said to be gone and is there in every surface."""
        assert claim.old is not None
        if "." not in claim.old.path and not claim.owners:
            return False
        return _KINDS[claim.verb] not in ENDINGS or "gone" in self.history.states(path)

    def _keyword(self, item: Item, claim: Claim, scopes: list[str]) -> Iterator[Stated]:
        assert claim.old is not None
        keyword = claim.old.keyword or claim.old.path
        if not keyword.isidentifier():
            return
        owners = self._keyword_owners(item, claim, keyword, scopes) if self.history else []
        if not self.covered and claim.verb != "deprecated":  # what is seen to go counts
            owners = [path for path in owners if self.names.loses(path, keyword)]
        if not self.covered and not owners:
            if claim.is_keyword:
                yield from self._written_keyword(item, claim, keyword)
            return
        for owner in owners:
            kind = self._keyword_kind(item, claim, owner, keyword)
            if kind is not None:
                stated = Stated(kind, owner, keyword, claim.old.value)
                yield self._with_new_keyword(stated, claim, scopes)

    def _keyword_owners(
        self, item: Item, claim: Claim, keyword: str, scopes: list[str]
    ) -> list[str]:
        """The callables that the sentence, then the item, names and that had the keyword."""
        before = self._named(item)
        around = [
            mention for text in (*reversed(item.path), item.lead) for mention in flat(mark(text)[1])
        ]
        likely: list[str] = []
        for mentions in (claim.owners, before, around):
            paths = self.names.owners((m for m in mentions if m.path and m.path != keyword), scopes)
            having = [path for path in paths if self.history.has_keyword(path, keyword)]
            having = having or [p for path in paths for p in self.names.losing(path, keyword)]
            if any(self.names.loses(path, keyword) for path in having):
                return having[:MOST_OWNERS]
            likely = likely or having[:MOST_OWNERS]
        if likely:
            return likely
        for scope in scopes:
            if self.history.has_keyword(scope, keyword):
                return [s for s in scopes if self.history.has_keyword(s, keyword)]
        leaves = dict.fromkeys(m.leaf for m in (*claim.owners, *before) if m.leaf != keyword)
        lost = [p for leaf in leaves for p in self.names.lost_by_leaf(leaf, keyword)]
        lost = lost if len(lost) <= MOST_OWNERS else self.history.defining(lost)
        return lost if len(lost) <= MOST_OWNERS else []

    def _keyword_kind(
        self, item: Item, claim: Claim, owner: str, keyword: str
    ) -> ChangeKind | None:
        gone = self.history.keyword_gone_at(owner, keyword)
        kind = _KINDS[claim.verb]
        if gone == self.names.index and claim.verb in (
            "removed",
            "deprecated",
            "renamed",
            "replaced",
        ):
            return "keyword_removed"
        if claim.is_value and not claim.is_keyword:
            return "behaviour"
        if kind == "deprecated" and claim.is_keyword and gone is not None:
            return kind if gone > self.names.index else None
        if not claim.is_keyword or not claim.strong or item.section == "skipped":
            return None
        if kind in ENDINGS:
            if gone is not None:
                return "keyword_removed"
            return "deprecated" if self._keyword_going(owner, keyword) else "behaviour"
        return kind

    def _keyword_going(self, owner: str, keyword: str) -> bool:
        for surface in self.history.surfaces:
            named = surface.find(owner)
            for parameter in (surface.parameters(named) if named else None) or ():
                if parameter.name == keyword and parameter.deprecated:
                    return True
        return False

    def _with_new_keyword(self, stated: Stated, claim: Claim, scopes: list[str]) -> Stated:
        """Add what replaces a keyword: another of the same callable, or another callable."""
        new = claim.new
        if new is None:
            return stated
        word = new.keyword or (new.path if new.kind == "symbol" else "")
        if word.isidentifier() and word != stated.old_keyword:
            rows = self.history.parameters(stated.old_symbol)
            if any(names and word in names for names in rows[self.names.index :]):
                kind: ChangeKind = (
                    "keyword_renamed" if stated.kind == "keyword_removed" else stated.kind
                )
                return replace(
                    stated, kind=kind, new_symbol=stated.old_symbol, new_keyword=word,
                    new_value=new.value,
                )  # fmt: skip
        symbol = self.names.replacement(new, stated.old_symbol, scopes)
        if new.keyword and symbol == "":
            return stated
        return replace(stated, new_symbol=symbol)

    def _written_keyword(self, item: Item, claim: Claim, keyword: str) -> Iterator[Stated]:
        if not claim.strong:
            return
        new = claim.new
        word = (new.keyword or new.path) if new is not None and "." not in new.path else ""
        kind = _KINDS[claim.verb]
        if claim.verb in ("removed", "renamed", "replaced"):
            kind = "keyword_renamed" if word else "keyword_removed"
        if claim.is_value and not words.KEYWORDS.search(claim.text):
            kind = "behaviour"
        for owner in claim.owners:
            for path in self.names.written.symbol(owner, item.module):
                if self.history and not self.history.ever(path) and "." not in owner.path:
                    continue
                yield Stated(
                    kind, path, keyword, claim.old.value if claim.old else "",
                    path if word else "", word,
                )  # fmt: skip
