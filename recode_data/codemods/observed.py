"""What the runs of two versions of an example show: which symbol changed in which version, what
is used in its place, and the text that says so.

Nothing is taken from the look of the codes alone: a symbol counts as changed where the old
code fails or is warned of it, as new where the new code fails before it.
"""

from __future__ import annotations

import builtins as python
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from packaging.version import InvalidVersion, Version

from recode_data.codemods.notes import filled, unfit
from recode_data.records import Caught, Change, ChangeKind, Run
from recode_data.usage.paired import ProgramPair

FORM = frozenset(("print", "list", "sorted", "str", "repr", "tuple", "dict", "set"))
"""Builtins that only give what is shown another form."""
_IDENTIFIER = re.compile(r"[A-Za-z_]\w\w+")
_TOKEN = re.compile(r"\w+|[^\w\s]")
LONGEST_NOTE = 600
"""Characters of a note that is told as it is; a longer one is a guide to many things."""
LONGEST_MESSAGE = 500
"""Characters of a library's message that are told."""
_KEYWORD = re.compile(r"(?P<path>[\w.]+)\((?P<keyword>\w+)=\)")
_VALUE = re.compile(r"(?P<leaf>[\w.]+)\((?P<keyword>\w+)=(?P<value>'[^']*'|\w+)\)")
_OBSOLETE = re.compile(r"deprecat|remov|instead|no longer|future|renam|obsolete", re.IGNORECASE)
_PLAIN = re.compile(
    r"has no attribute|cannot import name|No module named|unexpected keyword|is not defined"
    r"|takes .{0,40}argument|invalid keyword|not recognized",
    re.IGNORECASE,
)
"""A message of Python itself, which says that something is missing and not what to use."""
_MISSING = re.compile(
    r"has no attribute '(\w+)'|cannot import name '(\w+)'|No module named '([\w.]+)'"
    r"|unexpected keyword argument '(\w+)'"
)
"""What Python says is missing."""
_LINKS = re.compile(r"\s*\(?(?:\b(?:see|at)\s+)?https?://[^\s)]+\)?", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z`'\"])")
ENDS: Collection[ChangeKind] = (
    *("removed", "renamed", "moved", "keyword_removed", "keyword_renamed"),
    *("keyword_only", "value_renamed"),
)
Effect = Literal["fails", "warns", "added"]


@dataclass(frozen=True)
class Name:
    """A symbol or one of its keywords, as the trace of a run names it."""

    path: str
    keyword: str = ""
    value: str = ""

    @property
    def leaf(self) -> str:
        return self.keyword or self.path.rpartition(".")[2]

    def __str__(self) -> str:
        path = self.path.removeprefix("builtins.")
        if self.keyword:
            return f"{path}({self.keyword}={self.value})"
        return path


@dataclass(frozen=True)
class Observation:
    """What changed in ``version``, and how it shows there."""

    effect: Effect
    version: str
    """The first version of the matrix that shows it."""
    old: Name | None
    """What fails or is warned of; of an addition, what the new name stands in the place of."""
    new: Name | None
    said: str
    """The library's message."""


def warned(run: Run) -> list[Caught]:
    """Return the warnings of a run that something is going."""
    return [
        caught
        for caught in run.warnings
        if "Deprecat" in caught.category
        or caught.category == "FutureWarning"
        or (caught.category != "RuntimeWarning" and _OBSOLETE.search(caught.message))
    ]


PENDING = "PendingDeprecationWarning"
"""What warns so is not deprecated yet."""


def observed(  # noqa: PLR0917
    pair: ProgramPair, effect: Effect, version: str, before: Run, changed: Run, after: Run
) -> Observation | None:
    """Return what runs show of a pair of programs; None where they do not tell which symbol.

    Args:
        pair: The programs.
        effect: How the update shows.
        version: The first version that shows it.
        before: The old code on the old version, clean.
        changed: The run that shows it: the old code on ``version``, or, of an addition, the
            new code before it.
        after: The new code on the new version, clean.
    """
    gone, come = _only(before, after, pair.gone), _only(after, before, pair.come)
    if effect == "added":
        said = changed.message
        new = _named(come, said)
        plain = [name for name in _innermost(gone) if not name.keyword]
        if new is None or "." not in new.path or not (new.keyword or len(plain) == 1):
            return None
        if any(part.startswith("_") for part in new.path.split(".")):
            return None  # tests and docstrings of the inside reach for it, and nobody else should
        return Observation(effect, version, plain[0] if len(plain) == 1 else None, new, said)
    said = changed.message if effect == "fails" else _fresh(changed, before)
    old = (_named(gone, said) or _value(pair, said)) if said else None
    if old is None or not (_says(said, old) or _used_at(before, old, changed.line)):
        return None
    new = _replacement(pair, old, come, said)
    return Observation(effect, version, old, new, said)


def suffices(text: str, pair: ProgramPair, seen: Observation) -> bool:
    """Tell whether a text says what the new code uses in the place of what ends, and is no
    guide to many things. Where nothing is known to take its place, that is a keyword which is
    left out, or the text names something that only the new code has."""
    if len(text) > 2 * LONGEST_NOTE:
        return False
    if seen.effect == "added" or seen.new is not None:
        return True
    words = set(_IDENTIFIER.findall(_after(text, seen))) - FORM
    only = set(_IDENTIFIER.findall(pair.new.code)) - set(_IDENTIFIER.findall(pair.old.code))
    assert seen.old is not None
    return bool(words & only) or (bool(seen.old.keyword) and not seen.old.value)


def _only(run: Run, other: Run, written: Collection[str]) -> list[Name]:
    """Return what a run reached and the other did not; of several names of one thing the one
    that is ``written`` in the program, or the shortest."""
    aliases = _aliases(run, written)
    names = []
    for call in sorted(set(run.calls) - set(other.calls)):
        found = _KEYWORD.fullmatch(call)
        if found:
            if found["path"] in other.calls and found["path"] not in aliases:
                names.append(Name(found["path"], found["keyword"]))
        elif "(" not in call and call not in aliases:
            names.append(Name(call))
    return names


def _aliases(run: Run, written: Collection[str]) -> set[str]:
    """Return the paths that a run reached only where it reached the same thing by a better."""
    places: dict[tuple[int, int, str], list[str]] = defaultdict(list)
    for use in run.uses:
        places[use.line, use.column, use.path.rpartition(".")[2]].append(use.path)
    found = {path for paths in places.values() for path in paths}
    best = {
        min(paths, key=lambda path: (path not in written, path.count("."), path))
        for paths in places.values()
    }
    return found - best


def _named(names: Sequence[Name], said: str) -> Name | None:
    """Return the one of ``names`` that a message speaks of, or the only one that there is where
    the message names nothing."""
    if missing := _MISSING.search(said):
        gone = next(filter(None, missing.groups())).rpartition(".")[2]
        exact = [name for name in names if name.leaf == gone]
        if len(exact) != 1 or exact[0].keyword:
            return exact[0] if len(exact) == 1 else None
        inside = [name for name in names if name.path.startswith(f"{exact[0].path}.")]
        return inside[0] if len(inside) == 1 else exact[0]
    words = set(re.findall(r"\w+", said))
    told = [name for name in names if name.leaf in words]
    if told:
        first = [name for name in told if name.keyword] or told
        return min(first, key=lambda name: (said.find(name.leaf), name.path))
    whole = _innermost(names)
    return whole[0] if len(whole) == 1 else None


def _innermost(names: Sequence[Name]) -> list[Name]:
    """Return ``names`` without the modules and classes that lead to others of them."""
    return [n for n in names if not any(m.path.startswith(f"{n.path}.") for m in names)]


def _says(said: str, name: Name) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(name.leaf)}(?!\w)", said))


def _used_at(run: Run, name: Name, line: int) -> bool:
    """Tell whether a run reached a symbol in a line."""
    return any(use.line == line and use.path == name.path for use in run.uses)


def _value(pair: ProgramPair, said: str) -> Name | None:
    """Return the keyword whose value is written otherwise, where a message speaks of it."""
    for use in sorted(pair.gone):
        found = _VALUE.fullmatch(use)
        if found and "." in found["leaf"] and found["keyword"] in said:
            return Name(found["leaf"], found["keyword"], found["value"])
    return None


def _fresh(run: Run, before: Run) -> str:
    known = {caught.message for caught in before.warnings}
    fresh = [c for c in warned(run) if c.message not in known and c.category != PENDING]
    return fresh[0].message if fresh else ""


def _replacement(pair: ProgramPair, old: Name, come: Sequence[Name], said: str) -> Name | None:
    """Return what the new code uses in the place of ``old``: what the message names, or what is
    alone there."""
    if old.value:
        values = [found for use in pair.come if (found := _VALUE.fullmatch(use))]
        same = [f for f in values if f["leaf"] == old.path and f["keyword"] == old.keyword]
        return Name(old.path, old.keyword, same[0]["value"]) if same else None
    words = set(re.findall(r"\w+", said))
    come = _innermost(come)
    told = [name for name in come if name.leaf in words and name.leaf != old.leaf]
    moved = [name for name in come if name.leaf == old.leaf and not old.keyword]
    beside = [name for name in come if name.keyword and name.path == old.path and old.keyword]
    for names in (told, moved, beside):
        if len(names) == 1:
            return names[0]
    if come:
        return come[0] if len(come) == 1 and _respelt(pair, old, come[0]) else None
    builtins = [use for use in sorted(pair.come - FORM) if hasattr(python, use)]
    builtins = [name for name in builtins if name in words] or builtins
    return Name(f"builtins.{builtins[0]}") if len(builtins) == 1 else None


def _respelt(pair: ProgramPair, old: Name, new: Name) -> bool:
    """Tell whether the new code is the old one with another name in it, and nothing else."""
    one, other = (
        [part for part in _TOKEN.findall(code) if part not in {*name.path.split("."), "."}]
        for code, name in ((pair.old.code, old), (pair.new.code, new))
    )
    plain = {part.split(".")[0] for part in (old.path, new.path)} | {"import", "as", "from"}
    return [p for p in one if p not in plain] == [p for p in other if p not in plain]


def unaccounted(pair: ProgramPair, seen: Observation, before: Run, after: Run) -> list[str]:
    """Return the other symbols that only the old code reached: where one of them is gone too,
    the text about the first does not do."""
    old = seen.old
    return [
        name.path
        for name in _only(before, after, pair.gone)
        if not name.keyword and old is not None and name.path != old.path
    ]


def series(version: str) -> str:
    """Return the series of a version: ``1.24`` of ``1.24.4``."""
    return ".".join(map(str, Version(version).release[:2]))


def stated(
    seen: Observation, changes: Iterable[Change], matrix: Sequence[str], come: Collection[str]
) -> Change | None:
    """Return the change of the notes that tells of what was seen, the one nearest to its
    version; None where there is none, or its text does not do."""
    found = []
    for change in changes:
        if change.source != "example" and _tells(change, seen, come):
            distance = _steps(change.version, seen.version, matrix)
            kept = change.kind == "deprecated"
            wrong = kept is (seen.effect == "fails")
            found.append((abs(distance), wrong, change.source == "package", change.id, change))
    near = [item for item in found if item[0] <= 1 and not (item[1] and item[0])]
    return min(near)[-1] if near else None


def _tells(change: Change, seen: Observation, come: Collection[str]) -> bool:
    if seen.effect == "added":
        new = seen.new
        return (
            new is not None
            and change.kind == "added"
            and _same_symbol(change.new_symbol or change.old_symbol, new.path)
            and bool(re.search(rf"(?<!\w){re.escape(new.leaf)}(?!\w)", change.text))
        )
    old = seen.old
    if old is None or change.kind not in ("deprecated", *ENDS):
        return False
    if not _same_symbol(change.old_symbol, old.path) or change.old_keyword != old.keyword:
        return False
    leaf = change.new_keyword or change.new_symbol.rpartition(".")[2]
    if leaf and leaf not in come:
        return False
    return unfit(change) is None


def _same_symbol(one: str, other: str) -> bool:
    """Tell whether two paths lead to one thing: the same name of the same package, and below a
    module or class of the same name."""
    first, second = one.split("."), other.split(".")
    if one == other:
        return bool(one)
    deep = len(first) > 2 and len(second) > 2
    return deep and first[0] == second[0] and first[-2:] == second[-2:]


def _steps(claimed: str, seen: str, matrix: Sequence[str]) -> int:
    """Return how many versions of the matrix lie between a note's version and another."""
    try:
        wanted = Version(claimed)
    except InvalidVersion:
        return len(matrix)
    known = [Version(version) for version in matrix]
    at = next((n for n, version in enumerate(known) if version >= wanted), len(known))
    return at - matrix.index(seen)


def made(seen: Observation, library: str, title: str, location: str, summary: str) -> Change:
    """Return the change that was seen and that no note tells of; ``summary`` is what the
    library says of a new symbol."""
    old, new = seen.old, seen.new
    change = Change(
        library,
        seen.version,
        _kind(seen),
        told(seen, title, summary),
        "seen in two versions of an example",
        "example",
        location,
        old_symbol="" if seen.effect == "added" or old is None else old.path,
        new_symbol=new.path if new else "",
        new_keyword=new.keyword if new else "",
    )
    if seen.effect == "added" or old is None:
        return change
    value = new.value if new else ""
    return replace(change, old_keyword=old.keyword, old_value=old.value, new_value=value)


def _kind(seen: Observation) -> ChangeKind:
    old, new = seen.old, seen.new
    if seen.effect == "added":
        return "added"
    if seen.effect == "warns":
        return "deprecated"
    if old is not None and old.value:
        return "value_renamed"
    if old is not None and old.keyword:
        return "keyword_renamed" if new is not None and new.keyword else "keyword_removed"
    if old is None or new is None:
        return "removed"
    outside = new.path.startswith("builtins.")
    return "moved" if old.leaf == new.leaf and not outside else "renamed"


def told(seen: Observation, title: str, summary: str = "") -> str:
    """Return what was seen as a text that says what changed, when, and what to use."""
    since = f"{title} {series(seen.version)}"
    old, new, said = seen.old, seen.new, brief(seen.said)
    if seen.effect == "added":
        assert new is not None
        if new.keyword:
            text = f"Since {since} `{new.path}` takes the keyword `{new.keyword}`."
        else:
            about = f": {_sentence(summary)}" if summary else "."
            text = f"`{new}` is new in {since}{about}"
        return f"{text} Use it instead of `{old}`." if old else text
    assert old is not None
    if seen.effect == "warns":
        text = f"`{old}` is deprecated since {since}."
    elif old.value:
        text = f"`{old}` is no longer accepted since {since}."
    elif old.keyword:
        text = f"`{old.path}` no longer takes the keyword `{old.keyword}` since {since}."
    else:
        text = f"`{old}` is gone since {since}."
    if said and not _PLAIN.search(said[:120]):
        text += f" {said}"
    return with_replacement(text, seen)


def with_replacement(text: str, seen: Observation) -> str:
    """Return a text with what to use, where it does not name that."""
    new = seen.new
    if new is None or re.search(rf"(?<!\w){re.escape(new.leaf)}(?!\w)", _after(text, seen)):
        return text
    end = "" if text.rstrip().endswith((".", "!", "`")) else "."
    builtin = "the builtin " if new.path.startswith("builtins.") else ""
    return f"{text.rstrip()}{end} Use {builtin}`{new}` instead."


def _after(text: str, seen: Observation) -> str:
    """Return a text without the old name, in which the new one may stand (``lib.pad``, ``pad``)."""
    return text.replace(str(seen.old), " ") if seen.old else text


def note_text(change: Change, seen: Observation, title: str) -> str:
    """Return the text of an entry about a change that a note tells of: the library's own
    message where that says what to use, else the note, with what to use."""
    text = filled(change.text)
    new = seen.new
    if seen.effect == "added":
        return f"{text.rstrip()} Use it instead of `{seen.old}`." if seen.old else text
    if new is None:
        return text
    named = rf"(?<!\w){re.escape(new.leaf)}(?!\w)"
    fits = len(text) <= LONGEST_NOTE and re.search(named, _after(text, seen))
    if not fits or re.search(named, _after(brief(seen.said), seen)):
        return told(seen, title)
    return text


def brief(message: str) -> str:
    """Return a message on one line, without links, cut at the end of a sentence."""
    text = " ".join(_LINKS.sub("", message).split())
    sentences, kept = _SENTENCE.split(text), ""
    for sentence in sentences:
        if kept and len(kept) + len(sentence) > LONGEST_MESSAGE:
            break
        if not sentence.endswith(":"):  # what it leads to was a link
            kept = f"{kept} {sentence}".strip()
    return kept if kept.endswith((".", "!", "?")) or not kept else f"{kept}."


def _sentence(text: str) -> str:
    found = " ".join(_SENTENCE.split(" ".join(text.split()))[0].split())
    return found if found.endswith(".") else f"{found}."
