"""The symbols that a change is about, as the real versions know them.

Extraction has made paths of names where it had the library's snapshots; without them, and in
what the packages say of themselves, a path may repeat a part or name modules between.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from recode_data.api.symbols import Symbols
from recode_data.codemods.notes import labelled_members, successor
from recode_data.library import Library
from recode_data.records import Change

MOST_ALIKE = 10
"""A replacement that is told for more symbols than this was read wrongly."""


def alternatives(symbol: str, library: Library) -> list[str]:
    """Return the paths that ``symbol`` may stand for, the likeliest first: as it is written,
    without a part said twice, from an import alias on, without the modules between."""
    if "." not in symbol or symbol.startswith("builtins."):
        return [symbol.removeprefix("builtins.")] if symbol else []
    parts = symbol.split(".")
    single = [part for i, part in enumerate(parts) if i == 0 or part != parts[i - 1]]
    found = [symbol, ".".join(single)]
    for position, part in enumerate(single[1:-1], 1):
        if part in library.aliases:
            found.append(".".join([library.aliases[part], *single[position + 1 :]]))
    if len(single) > 3:
        found += [".".join([single[0], *single[-2:]]), f"{single[0]}.{single[-1]}"]
    return list(dict.fromkeys(found))


def resolved(
    changes: Sequence[Change], library: Library, facts: Mapping[str, Symbols]
) -> dict[str, Change]:
    """Return each change by its id, with its symbols as the real versions know them."""
    told_for = Counter(
        new
        for new, _ in {
            (c.new_symbol, c.old_symbol) for c in changes if c.new_symbol != c.old_symbol
        }
    )

    def there(symbol: str) -> str:
        options = alternatives(symbol, library)
        there = (path for path in options if any(path in told for told in facts.values()))
        return next(there, options[0] if options else "")

    def meant(change: Change) -> Change:
        told = change.new_symbol or successor(change)
        new = "" if told_for[change.new_symbol] > MOST_ALIKE and change.new_symbol else there(told)
        return replace(change, old_symbol=there(change.old_symbol), new_symbol=new)

    return {change.id: _of_a_member(change, facts) or meant(change) for change in changes}


def _of_a_member(change: Change, facts: Mapping[str, Symbols]) -> Change | None:
    """Return the change as one of a member, where its text was found at the class but speaks
    of an attribute first: `` `Forest`: `features_` is deprecated. Use `features_in_` ``."""
    members = labelled_members(change)
    if not members:
        return None
    owner, leaf = members[0]
    known = [told[f"{owner}.{leaf}"] for told in facts.values() if f"{owner}.{leaf}" in told]
    if not known or not known[-1].member:
        return None
    others = [name for _, name in members[1:] if name != leaf]
    instead = re.search(
        r"\b(?:use|favou?r of|renamed(?: to)?|replaced by)\W+(\w+)", change.text, re.I
    )
    new = instead[1] if instead and instead[1] in others else ""
    symbol = f"{owner}.{new}" if new else ""
    return replace(change, old_symbol=f"{owner}.{leaf}", new_symbol=symbol)
