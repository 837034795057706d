"""Claims of keywords: whose they are, and whether those callables lose them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from recode_data.api.references import Reference, flat, mark
from recode_data.api.resolve import SymbolResolver
from recode_data.notes.extract import words
from recode_data.notes.extract.candidate import Claim
from recode_data.notes.extract.stated import ENDINGS, KINDS, Stated
from recode_data.notes.markup.items import Item
from recode_data.records import ChangeKind

MOST_OWNERS = 60
"""Callables that one sentence says to lose a keyword."""


class KeywordWriter:
    """Writes the claims of one note that are of keywords, and of the values they take."""

    def __init__(self, names: SymbolResolver) -> None:
        self.names = names
        self.context = names.context
        self.history = names.history

    def write(self, item: Item, claim: Claim, scopes: list[str]) -> Iterator[Stated]:
        """Yield what a claim of a keyword states, one for each callable that had it."""
        assert claim.old is not None
        keyword = claim.old.keyword or claim.old.path
        if not keyword.isidentifier():
            return
        owners = self._owners(item, claim, keyword, scopes) if self.history else []
        if not self.context.covered and claim.verb != "deprecated":  # what is seen to go counts
            owners = [path for path in owners if self.context.loses(path, keyword)]
        if not self.context.covered and not owners:
            if claim.is_keyword:
                yield from self._written(item, claim, keyword)
            return
        yield from self.of_owners(item, claim, keyword, owners, scopes)

    def of_owners(
        self, item: Item, claim: Claim, keyword: str, owners: list[str], scopes: list[str]
    ) -> Iterator[Stated]:
        """Yield what a claim of a keyword states of callables that are known to have had it."""
        value = claim.old.value if claim.old is not None else ""
        for owner in owners:
            kind = self._kind(item, claim, owner, keyword)
            if kind is not None:
                yield self._with_new(Stated(kind, owner, keyword, value), claim, scopes)

    def _owners(self, item: Item, claim: Claim, keyword: str, scopes: list[str]) -> list[str]:
        """The callables that the sentence, then the item, names and that had the keyword."""
        before = named_in(item)
        around = [
            reference
            for text in (*reversed(item.path), item.lead)
            for reference in flat(mark(text)[1])
        ]
        likely: list[str] = []
        for references in (claim.owners, before, around):
            paths = self.names.owners(
                (m for m in references if m.path and m.path != keyword), scopes
            )
            having = [path for path in paths if self.history.has_keyword(path, keyword)]
            having = having or [p for path in paths for p in self.context.losing(path, keyword)]
            if any(self.context.loses(path, keyword) for path in having):
                return having[:MOST_OWNERS]
            likely = likely or having[:MOST_OWNERS]
        if likely:
            return likely
        for scope in scopes:
            if self.history.has_keyword(scope, keyword):
                return [s for s in scopes if self.history.has_keyword(s, keyword)]
        leaves = dict.fromkeys(m.leaf for m in (*claim.owners, *before) if m.leaf != keyword)
        lost = [p for leaf in leaves for p in self.context.lost_by_leaf(leaf, keyword)]
        lost = lost if len(lost) <= MOST_OWNERS else self.history.defining(lost)
        return lost if len(lost) <= MOST_OWNERS else []

    def _kind(self, item: Item, claim: Claim, owner: str, keyword: str) -> ChangeKind | None:
        gone = self.history.keyword_gone_at(owner, keyword)
        kind = KINDS[claim.verb]
        if gone == self.context.index and claim.verb in (
            "removed",
            "deprecated",
            "renamed",
            "replaced",
        ):
            return "keyword_removed"
        if claim.is_value and not claim.is_keyword:
            return "behaviour"
        if kind == "deprecated" and claim.is_keyword and gone is not None:
            return kind if gone > self.context.index else None
        if not claim.is_keyword or not claim.strong or item.section == "skipped":
            return None
        if kind in ENDINGS:
            if gone is not None:
                return "keyword_removed"
            return "deprecated" if self._going(owner, keyword) else "behaviour"
        return kind

    def _going(self, owner: str, keyword: str) -> bool:
        for snapshot in self.history.snapshots:
            binding = snapshot.find(owner)
            for parameter in (snapshot.parameters(binding) if binding else None) or ():
                if parameter.name == keyword and parameter.deprecated:
                    return True
        return False

    def _with_new(self, stated: Stated, claim: Claim, scopes: list[str]) -> Stated:
        """Add what replaces a keyword: another of the same callable, or another callable."""
        new = claim.new
        if new is None:
            return stated
        word = new.keyword or (new.path if new.kind == "symbol" else "")
        if word.isidentifier() and word != stated.old_keyword:
            rows = self.history.parameters(stated.old_symbol)
            if any(names and word in names for names in rows[self.context.index :]):
                kind: ChangeKind = (
                    "keyword_renamed" if stated.kind == "keyword_removed" else stated.kind
                )
                if new.value == stated.old_value:  # `f(a=callable)` is `f(b=callable)`: any value
                    stated, new = replace(stated, old_value=""), replace(new, value="")
                return replace(
                    stated, kind=kind, new_symbol=stated.old_symbol, new_keyword=word,
                    new_value=new.value,
                )  # fmt: skip
        symbol = self.names.replacement(new, stated.old_symbol, scopes)
        if new.keyword and symbol == "":
            return stated
        return replace(stated, new_symbol=symbol)

    def _written(self, item: Item, claim: Claim, keyword: str) -> Iterator[Stated]:
        if not claim.strong:
            return
        new = claim.new
        word = (new.keyword or new.path) if new is not None and "." not in new.path else ""
        kind = KINDS[claim.verb]
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


def named_in(item: Item) -> list[Reference]:
    """Everything that an item names: its classes may own a lone name."""
    return [m for part in item.parts[:4] for m in flat(mark(part)[1]) if m.path]
