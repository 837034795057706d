"""What the real versions show of a change: which pair of versions, which names, what differs.

A note may name one function and speak of another, repeat what an earlier version did, or stand
under the wrong heading. The snapshots say which of its names differ between which versions; a
request is built on those, and on the note's own version where they show nothing.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from packaging.version import InvalidVersion, Version

from recode_data.api.history import History, release
from recode_data.api.snapshot import Parameter, Snapshot
from recode_data.library import Library
from recode_data.records import Change

What: TypeAlias = Literal["came", "went", "warns", "keyword_came", "keyword_went", "default"]

MAX_NAMES = 6
"""Names of one change that are looked up."""
NEAR = 1
"""Versions of the matrix by which a note may be wrong about what is no removal: a change of a
patch release is often told again by the next minor one."""
DOC_DIFF = 1_400
"""Characters of what two docstrings differ in."""
DOC_SAME = 500
"""Characters of a docstring that did not change."""
_GOING = ("removed", "renamed", "moved", "deprecated")
_SINCE = re.compile(
    r"\bdeprecated\s+(?:since|in|as of)\s+(?:[A-Z]\w+\s+|v(?:ersion)?\s*)?v?(\d+\.\d+(?:\.\d+)?)",
    re.IGNORECASE,
)
_RENAMED_FROM = re.compile(
    r"\bpreviously (?:called|named|known as)\s+[`\"']+(\w+)|\brenamed from\s+[`\"']+(\w+)",
    re.IGNORECASE,
)
_GOES = r"(?:[^.]|\.(?=\w)){0,80}?\b(?:deprecated|removed|renamed|replaced)"
_PARAMETER_GOES = re.compile(
    rf"\b(?:parameter|argument|keyword|option)s? `+(\w+)`+{_GOES}"
    rf"|`+(\w+)`+(?: and `+\w+`+)?(?: keyword)? (?:parameter|argument|keyword|option)s?\b{_GOES}",
    re.IGNORECASE,
)
_VALUE_GOES = re.compile(
    rf"(?:[`\"']{{1,4}}[\w-]+[`\"']{{1,4}} (?:option|value|mode|string|choice)s?"
    rf"|\b(?:option|value|choice)s? [`\"']{{1,4}}[\w-]+[`\"']{{1,4}}){_GOES}",
    re.IGNORECASE,
)
_SOMETHING_GOES = re.compile(
    r"\W*(?:Passing|Giving|Using|Specifying)\b"
    r"|\W*(?!This\b|It\b|The (?:parameter|argument|keyword|option)"
    r"|[`\"'*]*\w+[`\"'*]* (?:is|was|are|has)\b)"
    r"[A-Z][\w ,`\"'-]{4,60}? (?:is|are|was|were|has been|have been) (?:now )?deprecated",
)
"""The beginning of a text in which not its argument is going, but something that it takes."""
_NEWLY = re.compile(
    r"\b(?:now (?:accepts?|supports?|takes?|allows?|also)\b(?![^.]{0,80}\b(?:instead|rather) )"
    r"|can now|(?:is|are) now (?:possible|supported|allowed|accepted)|(?:was|were|been)"
    r" added|added (?:an? |the |support)|adds? (?:an? |the |support)|new (?:argument|keyword"
    r"|parameter|option|function|method|attribute|class|module|dtype))\b"
    r"|\A\W*Add(?:s|ed)? (?!.{0,20}\b(?:warn|deprecat))"
    r"|\A\W*Support(?:s|ed|ing)? (?:for|of)\b",
    re.IGNORECASE,
)
_CHANGED = re.compile(
    r"\A\W*Revert|\b(?:previously|formerly)\b"
    r"|\bno longer (?!(?:an? )?(?:\w+ )?errors?\b|raise|fail)"
    r"|\b(?:is|are) now (?!available|possible|support|allow|able|implement|expos|public|a new)",
    re.IGNORECASE,
)
"""What a text says of something that was there and does otherwise now."""
_DEFAULT_MOVES = re.compile(
    r"\bdefault\b(?:[^.]|\.(?=\w)){0,80}?\b(?:is now|has changed|was changed|changed|changes)\b",
    re.IGNORECASE,
)
"""What a text says of an argument that was there before."""
_NEW = re.compile(
    r"\badd(?:s|ed|ing)?\b|\bnew\b|\bintroduc|\bimplement|\bprovid|\bcreat|\benhancement"
    r"|\bfeatures?\b|\bgain|\bavailable\b|\bwas missing\b|\bexpose",
    re.IGNORECASE,
)
"""What stands beside a name that came, where the text is about its coming."""
_WENT = re.compile(
    r"remov|delet|renam|\bmoved\b|replac|privat|expired|\bdrop|deprecat", re.IGNORECASE
)
_OVER = re.compile(r"\bexpired|\bremovals?\b|\bcompleted deprecations?\b", re.IGNORECASE)
"""A heading over deprecations that have come to their end."""
_GOING_SAID = re.compile(
    r"deprecat|discourag|obsolete|remov|expired|no longer|\bwarns?\b|\bwarning\b", re.IGNORECASE
)
"""What a text says of something that is going, where a version warns of it."""
_DEPRECATES = re.compile(r"\b(?:is|are|was|were|now|been) (?:now )?deprecated\b", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True)
class Difference:
    """What one name shows between two versions."""

    what: What
    path: str
    keyword: str = ""
    before: str = ""
    """The default of the keyword in the older version, in its source."""
    after: str = ""

    def __str__(self) -> str:
        """The difference as a sentence, made of names only."""
        call = f"{self.path} has"
        return {
            "came": f"{self.path} is new",
            "went": f"{self.path} is gone",
            "warns": f"{self.path} warns that it is deprecated",
            "keyword_came": f"{call} the new argument {self.keyword}"
            + (f"={_value(self.after)}" if self.after else ""),
            "keyword_went": f"{call} no argument {self.keyword} any more",
            "default": f"the default of {self.keyword} of {self.path} was {_value(self.before)} "
            f"and is {_value(self.after)}",
        }[self.what]


def _value(source: str) -> str:
    """Return a default's source where it is a plain value, for it stands outside the quote."""
    return source if re.fullmatch(r"[\w.'\"+()-]{1,40}", source) else "another value"


@dataclass(frozen=True)
class Premise:
    """What a request takes for granted: the kind, the names, the versions."""

    kind: str
    old_version: str
    new_version: str
    old_symbol: str = ""
    new_symbol: str = ""
    old_keyword: str = ""
    new_keyword: str = ""
    shown: tuple[Difference, ...] = ()
    """What the snapshots of the two versions show of the names."""
    measured: bool = False
    """The pair is one that shows a difference, not only the note's."""


def names_of(library: Library, change: Change) -> list[str]:
    """Return the full paths that a change names, its own symbols first."""
    text = change.text
    for alias, package in library.aliases.items():
        text = re.sub(rf"\b{re.escape(alias)}\.(?=[A-Za-z_])", f"{package}.", text)
    told = re.findall(rf"\b{re.escape(library.package)}(?:\.[A-Za-z_]\w*)+", text)
    names = dict.fromkeys((change.old_symbol, change.new_symbol, *told))
    return [name for name in names if name not in ("", library.package)][:MAX_NAMES]


def known_names(library: Library, change: Change, history: History) -> list[str]:
    """Return those names of a change that some version has; without snapshots, all of them."""
    names = names_of(library, change)
    return [name for name in names if history.ever(name)] if history else names


def noted_pair(library: Library, version: str) -> tuple[str, str]:
    """Return the versions of the matrix around a version: the last before, the first with it.

    The older one is empty when the matrix begins with it.
    """
    since = release(version)
    matrix = sorted(library.matrix, key=Version)
    before = [one for one in matrix if Version(one) < since]
    after = [one for one in matrix if Version(one) >= since]
    return (before[-1] if before else ""), (after[0] if after else version)


def premise_of(library: Library, change: Change, history: History) -> Premise:
    """Return what a request for a change is built on."""
    if _is_value(change):
        change = replace(change, old_symbol="")
    names = known_names(library, change, history)
    since = _SINCE.search(change.text)
    over = change.kind == "behaviour" and _OVER.search(change.section)
    expired = bool(since and change.kind in ("behaviour", *_GOING)) and not over
    version = since[1] if since and expired else change.version
    old, new = noted_pair(library, version)
    # A letter is an argument only where it is marked as one: not in ``x/y``.
    words = frozenset(word for word in _WORD.findall(change.text) if len(word) > 1)
    words |= frozenset(re.findall(r"[`'\"*](\w)[`'\"*=]", change.text))
    pairs = _measured_pairs(change, history, names, words, version)
    if pairs:
        old, new = pairs[0]
    names = _there(history, names, old, new)
    if change.kind in ("behaviour", "added", "default_changed"):
        names = _no_modules(history, names, old, new)
    shown = tuple(differences(history, old, new, names, words)) if old else ()
    told = words | {change.old_keyword, change.new_keyword}
    going = change.kind in _GOING or _GOING_SAID.search(f"{change.section} {change.text}")
    named = [
        one
        for one in shown
        if (not one.keyword or one.keyword in told) and (one.what != "warns" or going)
    ]
    anchor = _anchor(change, names, named)
    premise = Premise(
        _kind(change, named, expired),
        old,
        new,
        old_symbol=anchor,
        new_symbol=change.new_symbol if change.new_symbol in names else "",
        old_keyword=_keyword(change, named, anchor, "keyword_went") or change.old_keyword,
        new_keyword=_keyword(change, named, anchor, "keyword_came") or change.new_keyword,
        shown=tuple(named),
        measured=bool(pairs),
    )
    premise = _of_its_keyword(_with_its_parameter(premise, history), change)
    return with_parameter(premise, _spoken_parameter(change, history, premise), going=True)


def _is_value(change: Change) -> bool:
    """Tell whether what was read as the symbol that goes is a type of values in the text."""
    leaf = re.escape(change.old_symbol.rpartition(".")[2])
    if change.kind not in _GOING or not leaf:
        return False
    named = re.findall(rf"(?<!\w){leaf}\b(?:[`'\"]+ (objects?|instances?|values?)\b)?", change.text)
    return bool(named) and all(named)


def _with_its_parameter(premise: Premise, history: History) -> Premise:
    """Return a premise whose replacement of an argument is an argument of the same callable,
    where that has one of this name, and not a member of something else."""
    leaf = premise.new_symbol.rpartition(".")[2]
    if not (premise.old_keyword and leaf) or premise.new_keyword:
        return premise
    known = [one for one in history.snapshots if one.version == premise.new_version]
    binding = known[0].find(premise.old_symbol) if known else None
    if binding is None or leaf not in (_parameters(known[0].parameters(binding)) or ()):
        return premise
    kind = "keyword_renamed" if premise.kind in _GOING else premise.kind
    return replace(premise, kind=kind, new_keyword=leaf, new_symbol="")


def _of_its_keyword(premise: Premise, change: Change) -> Premise:
    """Return a premise whose kind says that an argument is going, where the text does."""
    keyword = re.escape(premise.old_keyword)
    word = r"(?:parameter|argument|keyword|option)s?\b"
    named = rf"(?:`{keyword}`+ (?:keyword )?{word}|\b{word} `+{keyword}`|\b{keyword}=[\w.]+\))"
    said = rf"\b(?:deprecated?|removed?) (?:the )?{named}|{named}{_GOES}"
    if not keyword or premise.kind != "deprecated" or "ositional" in change.text:
        return premise
    if _SOMETHING_GOES.match(change.text) or not re.search(said, change.text, re.IGNORECASE):
        return premise
    return replace(premise, kind="keyword_renamed" if premise.new_keyword else "keyword_removed")


def with_parameter(premise: Premise, name: str, going: bool, text: str = "") -> Premise:
    """Return a premise about a parameter that its text turned out to speak of. Where it is
    ``going``, what came for it is known from the versions alone, unless the ``text`` says that
    something that it takes is going."""
    if not name or name in (premise.old_keyword, premise.new_keyword):
        return premise
    if going and premise.kind in _GOING and _VALUE_GOES.search(text):
        return replace(premise, kind="value_renamed", old_keyword=name, new_symbol="")
    going = going and not _SOMETHING_GOES.match(text.partition("`: ")[2] or text)
    if premise.kind in (*_GOING, "added", "behaviour") and not premise.old_keyword and going:
        came = {
            one.keyword
            for one in premise.shown
            if one.what == "keyword_came" and one.path == premise.old_symbol
        }
        new = came.pop() if len(came) == 1 else ""
        kind = "keyword_renamed" if new else "keyword_removed"
        return replace(premise, kind=kind, old_keyword=name, new_keyword=new, new_symbol="")
    return premise if premise.new_keyword else replace(premise, new_keyword=name)


def _spoken_parameter(change: Change, history: History, premise: Premise) -> str:
    """Return the parameter that a text says is going, where it does not say so of the callable:
    one that stands beside the word, or first in a text that was found at the callable."""
    if change.old_keyword or premise.kind not in (*_GOING, "added", "behaviour"):
        return ""
    known = [one for one in history.snapshots if one.version == premise.old_version]
    binding = known[0].find(premise.old_symbol) if known and premise.old_symbol else None
    found = _parameters(known[0].parameters(binding)) if binding else None
    label = re.match(rf"`{re.escape(premise.old_symbol)}`: (.*)", change.text, re.DOTALL)
    said = label[1] if label else change.text
    leaf = premise.old_symbol.rpartition(".")[2]
    names = [one or other for one, other in _PARAMETER_GOES.findall(said)]
    if not names and premise.kind in _GOING and label and not re.search(rf"\b{leaf}\b", said):
        names = [one or other for one, other in re.findall(r"`+(\w+)`+|'(\w+)'", said)][:1]
    return next((name for name in names if found and name in found), "")


def _there(history: History, names: Sequence[str], *versions: str) -> list[str]:
    """Return those of ``names`` that one of ``versions`` has, where their snapshots tell."""
    known = [snapshot for snapshot in history.snapshots if snapshot.version in versions]
    if not known:
        return list(names)
    return [name for name in names if any(snapshot.find(name) for snapshot in known)]


def _no_modules(history: History, names: Sequence[str], *versions: str) -> list[str]:
    """Return ``names`` without modules that all of ``versions`` have: a program shows nothing
    of a module, and a note that names one speaks of what is in it."""
    known = [snapshot for snapshot in history.snapshots if snapshot.version in versions]
    found = {name: [one.find(name) for one in known] for name in names}
    return [
        name
        for name in names
        if not known or not all(binding and binding.is_module for binding in found[name])
    ]


def differences(
    history: History, old: str, new: str, paths: Iterable[str], words: Iterable[str]
) -> list[Difference]:
    """Return what the snapshots of two versions show of ``paths``; of new arguments only those
    among ``words``."""
    known = {snapshot.version: snapshot for snapshot in history.snapshots}
    if old not in known or new not in known:
        return []
    found: list[Difference] = []
    for path in paths:
        found += _differences(known[old], known[new], path, set(words))
    return found


def _differences(before: Snapshot, after: Snapshot, path: str, words: set[str]) -> list[Difference]:
    was, now = before.find(path), after.find(path)
    if was is None and now is None:
        return []
    if was is None:
        return [Difference("came", path)]
    if now is None:
        return [Difference("went", path)]
    found: list[Difference] = []
    if not before.is_deprecated(was) and after.is_deprecated(now):
        found.append(Difference("warns", path))
    old, new = _parameters(before.parameters(was)), _parameters(after.parameters(now))
    if old is None or new is None:
        return found
    came, went = new.keys() - old.keys(), old.keys() - new.keys()
    found += [
        Difference("keyword_came", path, name, after=new[name].default)
        for name in sorted(came)
        if name in words
    ]
    found += [Difference("keyword_went", path, name) for name in sorted(went)]
    found += [
        Difference("default", path, name, old[name].default, new[name].default)
        for name in sorted(old.keys() & new.keys())
        if old[name].default and new[name].default and old[name].default != new[name].default
    ]
    return found


def _parameters(found: Sequence[Parameter] | None) -> dict[str, Parameter] | None:
    return None if found is None else {parameter.name: parameter for parameter in found}


def _measured_pairs(
    change: Change, history: History, names: Sequence[str], words: frozenset[str], version: str
) -> list[tuple[str, str]]:
    """Return the pairs of versions in which the names of a change differ as it says, the one
    nearest to its version first."""
    if not history:
        return []
    try:
        noted = history.at(version)
    except InvalidVersion:
        return []
    # What a callable shows far away is not of the argument that a note speaks of.
    anywhere = change.kind in _GOING and not change.old_keyword
    before = release(change.version).release[:2] < history.versions[0].release[:2]
    if before and change.kind == "removed":
        return []  # what went long after that is another thing of this name
    first = 1 if anywhere else max(1, noted - NEAR)
    last = len(history.snapshots) - 1
    last = last if anywhere else min(last, noted + NEAR)
    own = [name for name in (change.old_symbol, change.new_symbol) if name in names]
    found = []
    for at in range(first, last + 1):
        pair = history.snapshots[at - 1].version, history.snapshots[at].version
        late = history.snapshots[at] if at > noted else None
        shown = differences(history, *pair, own or names, words)
        if not any(_fits(change, one, words, late) for one in shown) and own and at == noted:
            shown = differences(history, *pair, names, words)
        if at < noted and change.kind == "behaviour" and not _tells_of_new(change):
            # It speaks of what was there before it.
            shown = [one for one in shown if one.what != "keyword_came"]
        if any(_fits(change, one, words, late) for one in shown):
            found.append((abs(at - noted), pair))
    return [pair for _, pair in sorted(found, key=lambda each: each[0])]


def _fits(change: Change, shown: Difference, words: frozenset[str], late: Snapshot | None) -> bool:
    """Tell whether a difference is of the kind that a change speaks of; ``late`` is a version
    after the change's own in which it shows."""
    keyword = {change.old_keyword, change.new_keyword} - {""}
    named = shown.keyword in (keyword or words)
    if change.kind in _GOING:
        binding = late.find(shown.path) if late and shown.what == "warns" else None
        if binding and binding.state == "open":  # a docstring that was late to say so
            return False
        return shown.what in ("went", "warns") and shown.path == change.old_symbol
    if change.kind == "default_changed":
        return shown.what == "default" and named
    if change.kind.startswith("keyword"):
        return shown.what in ("keyword_went", "keyword_came", "default") and named
    if shown.what == "keyword_came" and _DEFAULT_MOVES.search(change.text):
        return False
    if shown.what == "came":
        return _tells_of_new(change)
    return shown.what in ("keyword_came", "default") and (not shown.keyword or named)


def _kind(change: Change, shown: Sequence[Difference], expired: bool) -> str:
    """Return the kind of example to ask for: what the versions show counts for more than the
    heading, and that for more than how the note was classified."""
    if change.kind not in ("behaviour", "added", "default_changed"):
        return _kind_of_going(change, shown)
    if _RENAMED_FROM.search(change.text):
        return "keyword_renamed"
    whats = {one.what for one in shown}
    defaults = change.kind == "default_changed" or "default" in change.text.lower()
    moves = change.kind != "added" or _DEFAULT_MOVES.search(change.text)
    if "default" in whats and defaults and moves:
        return "default_changed"
    if {"keyword_came", "keyword_went"} <= whats and "came" not in whats:
        return "keyword_renamed"
    if "keyword_came" in whats or ("came" in whats and _tells_of_new(change)):
        return "added"
    if expired or "warns" in whats:
        return "deprecated"
    if "went" in whats and _WENT.search(f"{change.section} {change.text}"):
        return "removed"
    heading = change.section.lower()
    if change.kind == "behaviour":
        if _OVER.search(heading):
            return "expired"
        if "deprecat" in heading or _DEPRECATES.search(change.text):
            return "deprecated"
        if _NEWLY.search(change.text) or re.match(r"[^>]* > support for\b|support for\b", heading):
            return "added"
    if change.kind == "added" and _CHANGED.search(change.text) and not _NEWLY.search(change.text):
        return "behaviour"
    # A default that no signature shows is a behaviour like any other.
    return "behaviour" if change.kind == "default_changed" and shown else change.kind


def _kind_of_going(change: Change, shown: Sequence[Difference]) -> str:
    """Return what the versions show of a name that a note says is deprecated or removed."""
    if change.kind not in ("deprecated", "removed"):
        return change.kind
    whats = {one.what for one in shown if one.path == change.old_symbol} & {"warns", "went"}
    if not whats and change.kind == "deprecated" and _OVER.search(change.section):
        return "expired"
    if len(whats) == 1:
        return "removed" if "went" in whats else "deprecated"
    return change.kind


def _tells_of_new(change: Change) -> bool:
    return change.kind == "added" or bool(_NEW.search(f"{change.section} {change.text}"))


def _anchor(change: Change, names: Sequence[str], shown: Sequence[Difference]) -> str:
    """Return the name that the example is about: one that differs, before one that is named."""
    differing = [one.path for one in shown]
    if change.old_symbol in differing or (not differing and change.old_symbol in names):
        return change.old_symbol
    return next(iter([*differing, *names]), "")


def _keyword(change: Change, shown: Sequence[Difference], anchor: str, what: What) -> str:
    if what == "keyword_went" and (renamed := _RENAMED_FROM.search(change.text)):
        return renamed[1] or renamed[2]
    found = [one.keyword for one in shown if one.what == what and one.path == anchor]
    return found[0] if len(found) == 1 else ""


# -- what a prompt tells of a docstring ---------------------------------------------------------


def documentation(before: str, after: str, words: Iterable[str]) -> str:
    """Return what a reader needs of two versions' docstrings: the lines that differ, or, where
    none do, the first paragraph and the parameters among ``words``."""
    if before.strip() == after.strip() or not (before and after):
        text = after or before
        parts = [_first_paragraph(text)[:300], *(_parameter(text, word) for word in words)]
        return "\n".join(part for part in parts if part)[:DOC_SAME].strip()
    hunks = _hunks(before.splitlines(), after.splitlines())
    wanted = [re.compile(rf"(?<!\w){re.escape(word)}(?!\w)") for word in words]
    hunks.sort(key=lambda hunk: -sum(bool(one.search(hunk)) for one in wanted))
    kept, left = [], DOC_DIFF
    for hunk in hunks:
        cut = hunk if len(hunk) <= left else hunk[:left].rpartition("\n")[0]
        if cut:
            kept.append(cut)
            left -= len(cut)
    return "\n…\n".join(kept)


def parameter_above(doc: str, text: str) -> str:
    """Return the parameter of a docstring under which a note stands; empty for none."""
    _, label, rest = text.partition("`: ")
    wanted = "".join((rest if label else text).split())[:40]
    lines = doc.splitlines()
    for at, line in enumerate(lines):
        here = "".join("".join(lines[at : at + 3]).split())
        if len(wanted) >= 12 and here.startswith(wanted):
            indent = len(line) - len(line.lstrip())
            for above in reversed(lines[:at]):
                depth = len(above) - len(above.lstrip())
                found = re.match(r"\s*\**(\w+)\s*:(?!:)", above)
                if above.strip() and depth < indent and found:
                    return found[1]
                if above.strip() and set(above.strip()) <= set("-="):
                    break
    return ""


def _hunks(before: Sequence[str], after: Sequence[str]) -> list[str]:
    found: list[list[str]] = []
    for line in difflib.unified_diff(before, after, lineterm="", n=2):
        if line.startswith(("---", "+++")):
            continue
        if line.startswith("@@"):
            found.append([])
        elif found and line.strip():
            found[-1].append(line.rstrip())
    return ["\n".join(lines) for lines in found if any(one[0] in "+-" for one in lines)]


def _first_paragraph(text: str) -> str:
    lines = text.strip().partition("\n\n")[0].splitlines()
    return " ".join(line.strip() for line in lines)


def _parameter(text: str, name: str) -> str:
    """Return the lines of a numpydoc or Google docstring about one parameter."""
    lines = text.splitlines()
    for at, line in enumerate(lines):
        if re.match(rf"\s*\**{re.escape(name)}\s*(?:\([^)]*\))?\s*:", line):
            indent = len(line) - len(line.lstrip())
            kept = [line]
            for below in lines[at + 1 :]:
                if below.strip() and len(below) - len(below.lstrip()) <= indent:
                    break
                kept.append(below)
            return "\n".join(one for one in kept if one.strip())[:400]
    return ""
