"""Changes that no text states: what the versions of a library differ in, each with the note
that speaks of it where one does."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from recode_data.api.differences import Difference, differences
from recode_data.api.history import History, release
from recode_data.library import Library
from recode_data.records import Change, ChangeKind, Grounding

GOING: set[ChangeKind] = {"removed", "renamed", "moved", "deprecated"}
KEYWORD_GOING: set[ChangeKind] = {"keyword_removed", "keyword_renamed", "deprecated"}
LONGEST = 600
"""Characters of a note's text that is taken over; a longer one is about more than one thing."""
_ENDS = re.compile(
    r"(?i)\b(?:remov|renam|mov(?:e|ing)\b|mov|deprecat|replac|instead|no longer|drop|chang|default"
    r"|keyword|positional|gone|alias|delet)"
)
_SPAN = re.compile(r"~?(?:[A-Za-z_]\w*\.)*([A-Za-z_]\w*)(?:=|\(.*\))?", re.DOTALL)
"""A code span that is a name, dotted or not, or a call of it."""
_CODE = re.compile(r"`+([^`]+)`+")


def evident(
    library: Library,
    history: History,
    changes: Iterable[Change],
    installed: Callable[[str, str], bool],
) -> Iterator[tuple[Change, Grounding]]:
    """Yield a change, and what confirms it, for each difference between two versions that
    ``changes`` do not state, or state without what takes a name's place.

    It has ``source="snapshot"``. Its text is a sentence of what differs; a note of the versions
    between that speaks of the name is added to it and is named in ``note_id``. ``installed``
    tells of a version whether a module lies there that may not be importable.
    """
    stated = _Stated(changes)
    for one in differences(history, installed):
        if stated.has(one):
            continue
        low, high = (history.snapshots[i].version for i in (one.at - 1, one.at))
        note = stated.note(one, low, high)
        change = _change(library, one, high, note)
        reason = f"the snapshots of {low} and {high} differ in it"
        yield change, Grounding(change.id, True, high, reason)


class _Stated:
    """What is stated already, by what it is about."""

    def __init__(self, changes: Iterable[Change]) -> None:
        self.by_name: dict[tuple[str, str], list[Change]] = defaultdict(list)
        self.added: set[tuple[str, str]] = set()
        self.by_word: dict[str, list[Change]] = defaultdict(list)
        for change in sorted(changes, key=lambda change: change.id):
            if change.source == "snapshot":
                continue
            self.by_name[change.old_symbol, change.old_keyword].append(change)
            if change.kind == "added":
                self.added.add((change.new_symbol, change.new_keyword))
            if change.note_id and len(change.text) <= LONGEST:
                spans = (_SPAN.fullmatch(span) for span in _CODE.findall(change.text))
                for word in {span[1] for span in spans if span}:
                    self.by_word[word].append(change)

    def has(self, one: Difference) -> bool:
        """Tell whether a difference is stated, with its replacement where it has one."""
        if one.kind == "added":
            return (one.new_symbol, one.new_keyword) in self.added
        known = [
            change
            for path in {one.old_symbol, *one.paths}
            for keyword in dict.fromkeys((one.old_keyword, ""))
            for change in self.by_name.get((path, keyword), ())
            if keyword == one.old_keyword or one.kind == "keyword_only"
        ]
        if one.kind == "default_changed":
            return any(change.kind == one.kind and change.old_value for change in known)
        if one.kind == "keyword_only":
            return any(change.kind == one.kind for change in known)
        going = KEYWORD_GOING if one.old_keyword else GOING
        known = [change for change in known if change.kind in going]
        return any(c.new_symbol or c.new_keyword for c in known) or (
            bool(known) and not one.new_symbol
        )

    def note(self, one: Difference, low: str, high: str) -> Change | None:
        """Return what a note of the versions between says of a name: a text that has it in code,
        with what it belongs to and what takes its place, or else with a word of change."""
        old = one.old_symbol or one.new_symbol
        symbol = old.rpartition(".")[2]
        word = one.old_keyword or (one.new_keyword if not one.old_symbol else "") or symbol
        after = one.new_keyword or one.new_symbol.rpartition(".")[2]
        if after == word:  # the same name elsewhere
            after = one.new_symbol.rpartition(".")[0].rpartition(".")[2]
        wanted = {symbol, after} - {"", word}
        for change in self.by_word.get(word, ()):
            if not release(low) < release(change.version) <= release(high):
                continue
            words = set(re.findall(r"[A-Za-z_]\w*", change.text))
            if wanted <= words and (wanted or (len(word) > 3 and _ENDS.search(change.text))):
                return change
        return None


def _change(library: Library, one: Difference, version: str, note: Change | None) -> Change:
    symbol = one.old_symbol or one.new_symbol
    text = _sentence(one)
    if note is not None:
        text += f"\n\n{note.text}"
    return Change(
        library=library.name,
        version=note.version if note else version,
        kind=one.kind,
        text=text,
        section=note.section if note else "",
        source="snapshot",
        location=f"{library.name}-{version}:{symbol}",
        note_id=note.note_id if note else "",
        old_symbol=one.old_symbol,
        old_keyword=one.old_keyword,
        old_value=one.old_value,
        new_symbol=one.new_symbol,
        new_keyword=one.new_keyword,
        new_value=one.new_value,
    )


def _sentence(one: Difference) -> str:
    """Return what differs, as a note would say it."""
    old, new = f"`{one.old_symbol}`", f"`{one.new_symbol}`"
    keyword = f"the parameter `{one.old_keyword}` of {old}"
    match one.kind:
        case "renamed" if one.shown == "alias":
            return f"{old} has been removed: it was another name of {new}, use that instead."
        case "renamed":
            return f"{old} has been renamed to {new}."
        case "moved":
            return f"{old} has been moved to {new}."
        case "keyword_renamed":
            return f"{keyword[0].upper()}{keyword[1:]} has been renamed to `{one.new_keyword}`."
        case "keyword_removed":
            return f"{keyword[0].upper()}{keyword[1:]} has been removed."
        case "keyword_only":
            names = ", ".join(f"`{name}`" for name in one.names)
            are = "parameters" if len(one.names) > 1 else "parameter"
            return f"The {are} {names} of {old} must be given by keyword now."
        case "default_changed":
            return (
                f"The default of {keyword} has changed from `{one.old_value}` to `{one.new_value}`."
            )
        case "added" if one.new_keyword:
            return f"{new} has a new parameter `{one.new_keyword}`."
        case "added":
            return f"{new} has been added."
    return f"{old} has been removed."
