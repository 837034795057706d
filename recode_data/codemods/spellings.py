"""Full paths that a note may have meant: notes shorten, repeat and guess.

A note says ``G.node``, ``Index.order`` or ``np.asarray`` where ``networkx.Graph.node``,
``pandas.Index.order`` and ``numpy.asarray`` are meant. Every likely path is asked of the
real versions, and the first that is there is taken.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from recode_data.codemods.facts import Facts
from recode_data.codemods.notes import labelled_members, successor
from recode_data.library import Library
from recode_data.records import Change

ROOTS = {"np": "numpy", "numpy": "numpy", "pd": "pandas", "scipy": "scipy", "nx": "networkx"}
TWINS = {"matplotlib.pylab": "matplotlib.pyplot"}
"""Modules that repeat what another one has: nobody should write the first one."""
USUAL: dict[str, dict[str, tuple[str, ...]]] = {
    "networkx": {"G": ("networkx.Graph",), "": ("networkx.Graph", "networkx.DiGraph")},
    "pandas": {
        "df": ("pandas.DataFrame",),
        "s": ("pandas.Series",),
        "NDFrame": ("pandas.DataFrame", "pandas.Series"),
        "": ("pandas.DataFrame", "pandas.Series", "pandas.Index"),
    },
    "numpy": {"arr": ("numpy.ndarray",), "": ("numpy.ndarray",)},
}
"""By library: names that notes use for instances, and the classes they are of. Under the
empty name stand the classes whose members are told of without them."""
MOST_ALIKE = 10
"""A replacement that is told for more symbols than this was read wrongly."""


def spellings(symbol: str, library: Library) -> list[str]:
    """Return the paths that ``symbol`` may stand for, the likeliest first."""
    if "." not in symbol or symbol.startswith("builtins."):
        return [symbol.removeprefix("builtins.")] if symbol else []
    parts = symbol.split(".")
    single = [part for i, part in enumerate(parts) if i == 0 or part != parts[i - 1]]
    twin = TWINS.get(".".join(single[:2]))
    found = [".".join([twin, *single[2:]])] if twin else []
    found += [symbol, ".".join(single)]
    for position, part in enumerate(single[1:-1], 1):
        if part in ROOTS:
            found.append(".".join([ROOTS[part], *single[position + 1 :]]))
    usual = USUAL.get(library.name, {})
    leaf = single[-1]
    for name in single[1:-1]:
        found += [f"{owner}.{leaf}" for owner in usual.get(name, ())]
    if len(single) == 2:
        found += [f"{owner}.{leaf}" for owner in usual.get("", ())]
    if len(single) > 3:
        found += [f"{single[0]}.{single[-2]}.{leaf}", f"{single[0]}.{leaf}"]
    return list(dict.fromkeys(found))


def resolved(
    changes: Sequence[Change], library: Library, facts: dict[str, Facts]
) -> dict[str, Change]:
    """Return each change by its id, with its symbols as the real versions know them."""
    known = {path for told in facts.values() for path in told}
    told_for = Counter(
        new
        for new, _ in {
            (c.new_symbol, c.old_symbol) for c in changes if c.new_symbol != c.old_symbol
        }
    )

    def there(symbol: str) -> str:
        options = spellings(symbol, library)
        return next(
            (option for option in options if option in known), options[0] if options else ""
        )

    def meant(change: Change) -> Change:
        told = change.new_symbol or successor(change)
        new = "" if told_for[change.new_symbol] > MOST_ALIKE and change.new_symbol else there(told)
        return replace(change, old_symbol=there(change.old_symbol), new_symbol=new)

    return {change.id: _of_a_member(change, facts) or meant(change) for change in changes}


def _of_a_member(change: Change, facts: dict[str, Facts]) -> Change | None:
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
