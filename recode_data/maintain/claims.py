"""What a document says of a library's changes, held against what its versions show."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from packaging.version import InvalidVersion, Version

from recode_data.api.history import release
from recode_data.maintain.updates import Update, Updates

Verb: TypeAlias = Literal["removed", "deprecated", "renamed", "warns", "fails"]
Kind: TypeAlias = Literal["false", "stale"]

_NAME = r"(?::[\w:]+:)?`{1,2}~?\.?(?P<%s>[A-Za-z_][\w.]*(?:\(\w+=\))?)(?:\(\))?`{1,2}"
_VERSION = r"(?:[A-Z][A-Za-z-]+ )?(?:version )?v?(?P<version>\d+(?:\.\d+)+|\d+\.0)"
_OLD = _NAME % "old"
_NEW = _NAME % "new"
_IS = r"(?:was|is|has been|got|were)"
_SAID: list[tuple[Verb, re.Pattern[str]]] = [
    (
        "renamed",
        re.compile(
            rf"{_OLD} {_IS} (?:renamed|moved) to {_NEW}(?:[^.`]*?\b(?:in|since) {_VERSION})?"
        ),
    ),
    (
        "removed",
        re.compile(
            rf"{_OLD} {_IS} (?:removed|gone|dropped)(?: (?:in|since|from) (?:\w+ )?{_VERSION})?"
        ),
    ),
    (
        "deprecated",
        re.compile(rf"{_OLD} {_IS} (?:now )?deprecated(?: (?:in|since) {_VERSION})?"),
    ),
    ("renamed", re.compile(rf"{_OLD} ?(?:→|->|=>|⇒) ?{_NEW}")),
]
_KEYWORD = re.compile(
    r"`{1,2}(?P<old>\w+)=?`{1,2} (?:argument|keyword|parameter|option)(?: argument)? of "
    rf"{_NAME % 'owner'} {_IS} (?:renamed|changed) to `{{1,2}}(?P<new>\w+)=?`{{1,2}}"
)
_USE = re.compile(rf"^[^.`]*?[,.;:(]?\s*(?:[Uu]se|[Pp]refer|in favou?r of|replaced by) {_NEW}")
_ONLY_A_PART = re.compile(r"\b(?:of|for|in|from|to|by|with|on|using)\s+(?:the\s+)?$")
_CELL = re.compile(r"^\s*(?:\[)?`{1,2}([^`]+)`{1,2}(?:\]\([^)]*\))?\s*$")
_SINCE = re.compile(r"\b(?P<verb>warns|fails) since (?P<version>\d[\w.]*)")
_OLD_HEAD = re.compile(r"\b(?:old|before|deprecated|removed|previous|was)\b", re.I)
_NEW_HEAD = re.compile(r"\b(?:new|now|instead|replacement|use|after|current)\b", re.I)


@dataclass(frozen=True)
class Claim:
    """One thing that a document says of a symbol or of its keyword."""

    line: int
    verb: Verb
    old: str
    """Full path, or ``path(keyword=)``."""
    new: str = ""
    """As the document writes it: a path, ``keyword=``, or an expression."""
    version: str = ""


@dataclass(frozen=True)
class Fault:
    """A claim that is not so."""

    line: int
    kind: Kind
    message: str
    of_its_day: bool = False
    """It may have been so when it was written."""


def claims_in(prose: Sequence[tuple[int, str]], updates: Updates) -> Iterator[Claim]:
    """Yield what lines of prose say of names that the library has, or had."""
    table: tuple[int, int] | None = None
    for number, (line, text) in enumerate(prose):
        if "|" in text and text.strip().startswith("|"):
            cells = [cell.strip() for cell in text.strip().strip("|").split("|")]
            table = _columns(cells) or table
            if table is not None:
                yield from _of_a_row(line, cells, table, updates)
            continue
        table = None
        if text.lstrip().startswith(">"):
            continue  # another's words, such as a note's of its day
        after = " ".join(said for _, said in prose[number + 1 : number + 3])
        yield from _of_a_sentence(line, text, after, updates)


def _columns(cells: Sequence[str]) -> tuple[int, int] | None:
    """Return the columns of what was and of what is now; None where the row is no heading."""
    if any("`" in cell for cell in cells):
        return None
    old = next((n for n, cell in enumerate(cells) if _OLD_HEAD.search(cell)), None)
    new = next((n for n, cell in enumerate(cells) if _NEW_HEAD.search(cell) and n != old), None)
    return (old, new) if old is not None and new is not None else None


def _of_a_row(
    line: int, cells: Sequence[str], table: tuple[int, int], updates: Updates
) -> Iterator[Claim]:
    if max(table) >= len(cells) or not (named := _CELL.match(cells[table[0]])):
        return
    old = meant(named[1], updates)
    if not old:
        return
    new = _CELL.match(cells[table[1]])
    yield Claim(line, "renamed", old, new[1] if new else "")
    for since in _SINCE.finditer(" ".join(cells)):
        yield Claim(
            line, "warns" if since["verb"] == "warns" else "fails", old, "", since["version"]
        )


def _of_a_sentence(line: int, text: str, after: str, updates: Updates) -> Iterator[Claim]:
    seen: set[int] = set()
    whole = f"{text} {after}"
    for found in _KEYWORD.finditer(whole):
        owner = meant(found["owner"], updates)
        if owner and found.start() < len(text):
            yield Claim(line, "renamed", f"{owner}({found['old']}=)", f"{found['new']}=")
            seen.add(found.start())
    for verb, pattern in _SAID:
        for found in pattern.finditer(whole):
            if found.start() >= len(text) or found.start() in seen:
                continue
            if _ONLY_A_PART.search(whole[: found.start()]):
                continue  # "the `a` method of `f` was removed" is not said of `f`
            old = meant(found["old"], updates)
            if not old:
                continue
            seen.add(found.start())
            parts = found.groupdict()
            new = parts.get("new") or ""
            if not new and (use := _USE.match(whole[found.end() :])):
                new = use["new"]
            yield Claim(line, verb, old, new, parts.get("version") or "")


def meant(name: str, updates: Updates) -> str:
    """Return the path of a name as a document writes it; empty where no version has it."""
    path, _, keyword = name.removesuffix("()").partition("(")
    keyword = f"({keyword}" if keyword else ""
    if keyword and not re.fullmatch(r"\(\w+=\)", keyword):
        return ""
    library = updates.library
    if hasattr(builtins, path) or path.startswith("builtins."):
        return ""  # `str` is Python's own, whatever the library has of that name
    head, dot, rest = path.partition(".")
    if head in library.aliases:
        path = f"{library.aliases[head]}{dot}{rest}"
        if keyword or updates.history.ever(path):
            return path + keyword
        return path + keyword if re.fullmatch(r"[\w.]+", path) and rest else ""
    for candidate in (path, f"{library.package}.{path}"):
        if candidate.startswith(f"{library.package}.") and updates.history.ever(candidate):
            return candidate + keyword
    return path + keyword if head == library.package and rest else ""


def faults_of(claim: Claim, updates: Updates) -> Iterator[Fault]:
    """Yield what is wrong with a claim, as far as the versions show it."""
    path, _, rest = claim.old.partition("(")
    keyword = rest.removesuffix("=)")
    if not updates.history.ever(path):
        if not _is_private(path):
            yield Fault(claim.line, "false", f"no known version has `{path}`", True)
        return
    if keyword:
        yield from _of_a_keyword(claim, path, keyword, updates)
    else:
        yield from _of_a_name(claim, path, updates)
    if claim.new and not keyword:
        yield from _of_the_new(claim, path, updates)


def _of_a_name(claim: Claim, path: str, updates: Updates) -> Iterator[Fault]:
    gone = updates.gone_since(path)
    there = updates.target.find(path) is not None
    if claim.verb in ("removed", "fails"):
        if claim.version and _known(claim.version, updates):
            if _proven(claim, path, "", updates):
                return
            if there:
                yield Fault(
                    claim.line, "false", f"`{path}` is still there in {updates.target.version}"
                )
            elif not _same_release(gone, claim.version, updates):
                yield Fault(
                    claim.line, "false", f"`{path}` is gone since {gone}, not {claim.version}"
                )
        elif there and not claim.version:
            yield Fault(claim.line, "false", f"`{path}` is still there in {updates.target.version}")
    elif claim.verb == "deprecated" and gone:
        said = f" since {claim.version}" if claim.version else ""
        told = f"`{path}` is not only deprecated{said}: it is gone since {gone}"
        yield Fault(claim.line, "stale", told, True)
    elif claim.verb == "warns" and claim.version and _known(claim.version, updates):
        shown = _warns(path, claim.version, updates) or _proven(claim, path, "", updates)
        if not shown:
            yield Fault(claim.line, "false", f"`{path}` does not begin to warn in {claim.version}")


def _of_a_keyword(claim: Claim, path: str, keyword: str, updates: Updates) -> Iterator[Fault]:
    history = updates.history
    if not history.has_keyword(path, keyword):
        if any(history.parameters(path)) and not _any_keyword(path, updates):
            yield Fault(claim.line, "false", f"no known version of `{path}` takes `{keyword}`")
        return
    if claim.new.endswith("=") and not _takes(path, claim.new[:-1], updates):
        had = history.has_keyword(path, claim.new[:-1])
        word = "no longer takes" if had else "does not take"
        kind: Kind = "stale" if had else "false"
        said = f"`{path}` of {updates.target.version} {word} `{claim.new}`"
        yield Fault(claim.line, kind, said, had)
    if claim.verb == "fails" and claim.version and _known(claim.version, updates):
        gone = updates.keyword_gone_since(path, keyword)
        fine = _same_release(gone, claim.version, updates) or _proven(claim, path, keyword, updates)
        if not fine:
            now = f"is gone since {gone}" if gone else "is still there"
            yield Fault(claim.line, "false", f"`{keyword}` of `{path}` {now}, not {claim.version}")


def _any_keyword(path: str, updates: Updates) -> bool:
    return any(
        snapshot.takes_any(binding)
        for snapshot, binding in zip(
            updates.history.snapshots, updates.history.find(path), strict=True
        )
        if binding is not None
    )


def _takes(path: str, keyword: str, updates: Updates) -> bool:
    binding = updates.target.find(path)
    if binding is None:
        return False
    known = updates.target.parameters(binding)
    return (
        known is None or updates.target.takes_any(binding) or any(p.name == keyword for p in known)
    )


def _of_the_new(claim: Claim, path: str, updates: Updates) -> Iterator[Fault]:
    new = meant(claim.new, updates) if re.fullmatch(r"[A-Za-z_][\w.]*", claim.new) else ""
    if not new or _is_private(new):
        return
    if not updates.history.ever(new):
        yield Fault(
            claim.line, "false", f"no known version has `{new}`, which is to replace `{path}`"
        )
    elif updates.target.find(new) is None:
        gone = updates.gone_since(new)
        said = f"`{new}` replaced `{path}` and is gone since {gone} itself"
        yield Fault(claim.line, "stale", said, True)
    elif other := _proven_other(new, path, updates):
        yield Fault(claim.line, "false", f"`{new}` does not replace `{path}`: `{other}` does")


def _is_private(path: str) -> bool:
    return any(part.startswith("_") for part in path.split("."))


def _proven_other(new: str, path: str, updates: Updates) -> str:
    """Return what replaces a name by an executed pair, where no note speaks of ``new`` at all."""
    several = updates.by_symbol.get(path, ())
    leaf = new.rpartition(".")[2]
    proven = [u for u in several if u.proof and not u.keyword and _is_of(u, path)]
    told = " ".join([u.change.text for u in several] + [u.instead + u.pattern for u in several])
    if not proven or re.search(rf"(?<!\w){re.escape(leaf)}(?!\w)", told):
        return ""
    return proven[0].pattern or proven[0].instead


def _is_of(update: Update, path: str) -> bool:
    return update.proof is not None and update.proof.old_symbol == path


def _proven(claim: Claim, path: str, keyword: str, updates: Updates) -> bool:
    """Tell whether an executed pair shows the very version."""
    kinds = {"fails": "breaking", "removed": "breaking", "warns": "deprecated"}
    return any(
        u.verdict is not None
        and u.keyword == keyword
        and u.verdict.kind == kinds.get(claim.verb)
        and _same_release(u.verdict.new_version, claim.version, updates)
        for u in updates.by_symbol.get(path, ())
    )


def _warns(path: str, version: str, updates: Updates) -> bool:
    states = updates.history.states(path)
    at = updates.history.at(version)
    return at < len(states) and states[at] == "warns" and (at == 0 or states[at - 1] != "warns")


def _known(version: str, updates: Updates) -> bool:
    """Tell whether the snapshots reach around a version, so that they can show what it changed."""
    try:
        return updates.history.covers(version) and release(version) <= Version(
            updates.target.version
        )
    except InvalidVersion:
        return False


def _same_release(seen: str, said: str, updates: Updates) -> bool:
    """Tell whether a version that was measured is the first one that has what ``said`` changed."""
    if not seen:
        return False
    at = updates.history.at(said)
    snapshots = updates.history.snapshots
    return at < len(snapshots) and snapshots[at].version == seen
