"""Which symbol takes the place of another: what files, notes and the library itself tell."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from recode_data.api.snapshot import ApiSymbol
from recode_data.api.symbols import Symbols
from recode_data.codemods.recipes import Refused, Subject, plain_path
from recode_data.reasons import Reason
from recode_data.records import Change


@dataclass(frozen=True)
class Replacement:
    """A symbol that takes another's place, and what the newest version that has it says."""

    symbol: str
    fact: ApiSymbol | None


def stated_replacements(changes: Sequence[Change], known: Mapping[str, str]) -> dict[str, str]:
    """Return the replacements that the notes of a library state, by old symbol; those of
    keywords by ``symbol(keyword=)``. Those in ``known`` come first."""
    found = dict(known)
    for change in sorted(changes, key=lambda change: change.id):
        if change.new_keyword and change.old_keyword and change.new_symbol == change.old_symbol:
            key = f"{plain_path(change.old_symbol)}({change.old_keyword}=)"
            found.setdefault(key, change.new_keyword)
        if change.new_symbol and not change.old_keyword and change.kind != "added":
            found.setdefault(plain_path(change.old_symbol), change.new_symbol)
    return found


def replacement(subject: Subject) -> Replacement:
    """Return what takes the place of the subject's symbol; raises `Refused` when nothing is
    told, or when what is told cannot be it."""
    old, change = subject.old, subject.noted
    alias = _alias(subject)
    builtin = old.home == "builtins" and alias == old.name
    stated = subject.replacements.get(old.path, "")
    told = (
        subject.patterns.replacements.get(old.path)
        or plain_path(change.new_symbol)
        or plain_path(stated)
    )
    symbol = alias if builtin else told or alias
    if not symbol:
        raise Refused(Reason.NO_REPLACEMENT)
    if "." not in symbol:
        if old.kind == "class" and not builtin:
            raise Refused(Reason.ANOTHER_CLASS)
        return Replacement(symbol, None)
    new = subject.newest(symbol)
    beside = symbol.rpartition(".")[0] == old.path.rpartition(".")[0]
    if new is None and old.member and old.kind == "property" and beside:
        new = replace(old, path=symbol)  # an attribute that only instances have
    if new is None and symbol.startswith(subject.library.package):
        raise Refused(Reason.NEW_IN_NO_VERSION)
    if new is not None and _other_class(subject, new):
        raise Refused(Reason.ANOTHER_CLASS)
    return Replacement(symbol, new)


def _other_class(subject: Subject, new: ApiSymbol) -> bool:
    """Tell whether a class is replaced by one that stood beside it and is not the same."""
    old, change = subject.old, subject.noted
    if old.kind != "class" or new.kind != "class" or change.kind in ("renamed", "moved"):
        return False
    leaf = new.path.rpartition(".")[2]
    if re.search(rf"\brenamed (?:to|as|into)\b[^;]*\b{re.escape(leaf)}\b", change.text):
        return False
    together = [t for t in subject.facts.values() if old.path in t and new.path in t]
    if any(_is_base(told, old.path, new.path) for told in together):
        return False  # the judge sees whether the one does what the other did
    return bool(together) and not any(
        leaf in told[old.path].same or told[old.path].name == told[new.path].name
        for told in together
    )


def _is_base(told: Symbols, one: str, other: str) -> bool:
    """Tell whether one of two classes is a base of the other in a version."""
    first, second = (told[path] for path in (one, other))
    return f"{first.home}:{first.name}" in second.bases or (
        f"{second.home}:{second.name}" in first.bases
    )


def _alias(subject: Subject) -> str:
    """Return the name that the library itself gives to the very same object, if it stays.

    ``numpy.float_`` is ``numpy.float64``, and ``numpy.int`` was the builtin ``int``.
    """
    old = subject.old
    parent, _, leaf = old.path.rpartition(".")
    if old.home == "builtins" and old.kind == "class":
        return old.name
    staying = [
        name
        for name in old.same
        if name != leaf and not name.startswith("_") and f"{parent}.{name}" in subject.latest
    ]
    if old.name in staying:
        return f"{parent}.{old.name}"
    return f"{parent}.{min(staying, key=lambda n: (n.lower() != n, len(n), n))}" if staying else ""
