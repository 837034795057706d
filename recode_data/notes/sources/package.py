"""What the installed library says of itself: directives in its documentation, the texts of the
warnings in its code, and what getting a name warns of. Never taken for a release note."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Literal, TypeAlias, cast

from recode_data.api.history import History
from recode_data.api.references import Reference, flat, mark
from recode_data.api.snapshot import Snapshot
from recode_data.library import Library
from recode_data.notes.extract.claims import Writer
from recode_data.notes.extract.grammar import read_item, verb_of
from recode_data.notes.extract.groups import groups_of
from recode_data.notes.extract.stated import Stated
from recode_data.notes.extract.words import sentences
from recode_data.notes.markup.blocks import clean
from recode_data.notes.markup.items import Item
from recode_data.notes.sources.protocol import normal
from recode_data.records import Change, ChangeKind

Place: TypeAlias = Literal["deprecated", "versionremoved", "versionchanged", "warning", "access"]
"""A directive of the documentation; ``warning``, a text in the code of a function; ``access``,
what getting a name of a module warned of."""

_KINDS: dict[str, ChangeKind] = {
    "deprecated": "deprecated",
    "versionremoved": "removed",
    "warning": "deprecated",
    "access": "deprecated",
}
_GOING = re.compile(
    r"(?i)deprecat|\bremov|\bno longer\b|\binstead\b|\bmoved?\b|\brenamed?\b|\buse\b|obsolete"
    r"|\bdiscouraged\b|\bimport"
)
_ROLE = re.compile(r"(?<!\w):(?:[A-Za-z][\w+.-]*:)+(?=`)")
_QUOTED = re.compile(
    r"(?<![\w`])(?P<mark>['\"])(?P<code>from [\w.]+ import [\w, ]+|import [\w.]+"
    r"|[A-Za-z_]\w*(?:\.\w+)+(?:\(\))?|[A-Za-z_]\w*\(\))(?P=mark)(?!\w)"
)
"""Code in plain quotes, which warnings have in the place of backticks; a single word is read so
anyway."""
_TEMPLATE = re.compile(r"\{[\w.!:\[\]]*\}|%[sdr]\b")
"""What a call puts in. ``%(name)s`` is of a decorator, which knows the name that it is about."""
_CUT_START = re.compile(r"\A(?:\s|['\")\]]+\s|[,;:.)]|(?:is|are|was|were|has|have|and|or)\b)")
_CUT_END = re.compile(r"(?:\s|['\"(]|\b(?:use|with|by|of|in|to|the|a|an|and|or|for|from))\Z")
"""How a piece of a formatted string begins and ends: the names were put in between."""
_VERSION = re.compile(r"\A(?:version )?v?(\d+(?:\.\d+)+)")
_PARAMETER = re.compile(
    r"(?i)\b(?P<before>\w+)['\"`]* (?:parameter|argument|keyword|kwarg|option)s?\b"
    r"|\b(?:parameter|argument|keyword|kwarg|option)s? ['\"`]*(?P<after>\w+)"
)

_A_WAY = re.compile(r"(?i)(?:passing|subclassing|support for|setting|returning|implicit)\b")
"""How a sentence begins that ends a way of using something, whatever it says to use instead."""
_A_USE = re.compile(
    r"(?i)(?:passing|support for|using|setting|specifying|returning|calling|implicit)\b"
)
"""How a text begins that ends some way of using what it stands in, not that thing."""
_A_CASE = re.compile(
    r"(?i)(?:it is deprecated to\b[^.]*\b(?:when|if|while|without|unless|outside)\b"
    r"|(?:the|its) default\b)"
)
"""How a text begins that ends a use only in some cases, or a default."""
_ENDS = re.compile(
    r"(?i)deprecat|\bremov|\bobsolete|no longer|\brenamed|\bwill (?:be|become|go)|\bgoing"
)
"""What the prose of a warning has that ends something; that of an error message has not, though it
may name what is called so: ``"`deprecated` options cannot use `prompt`"``."""


@dataclass(frozen=True)
class _Saying:
    """One text and the name that it was found at."""

    path: str
    place: Place
    text: str
    entry: tuple[str, ...] = ()
    """The parameters or attributes whose entry of the documentation it stands in."""


def changes_from_package(library: Library, history: History) -> list[Change]:
    """Return a change for each public object that says that it is going, from the first
    version that says so; inherited documentation counts once, where it stands."""
    found: dict[tuple[str, str], list[Change]] = {}
    for snapshot in history.snapshots:
        writer = Writer(library, history, snapshot.version)
        for saying in _sayings(library, snapshot):
            key = (saying.path, saying.text[:200])
            if key not in found:
                found[key] = list(_changes(library, snapshot, writer, saying))
    return [change for changes in found.values() for change in changes]


def change_of_warning(
    library: Library, history: History, snapshot: Snapshot, path: str, message: str
) -> Change | None:
    """Return what a warning that a version raised says of the name that was used; None where
    it says nothing of it."""
    writer = Writer(library, history, snapshot.version)
    return _change(library, snapshot, writer, _Saying(path, "warning", message))


def _sayings(library: Library, snapshot: Snapshot) -> Iterator[_Saying]:
    """Yield what is said and where; what the package merely imported from another one speaks
    of that one's versions."""
    for module, entry in snapshot.modules.items():
        for name, message in entry["warns"].items():
            if message and "." not in module.removeprefix(module.split(".")[0] + "."):
                yield _Saying(f"{module}.{name}", "access", message)
    for identity, path in snapshot.home.items():
        if identity.split(":")[0].split(".")[0] not in library.packages:
            continue
        described = snapshot.objects.get(identity, {})
        yield from _of_object(path, described.get("says", ()))
        for name, member in described.get("members", {}).items():
            yield from _of_object(
                f"{path}.{name}", snapshot.objects.get(member, {}).get("says", ())
            )


def _of_object(path: str, says: Sequence[tuple[str, str, list[str]]]) -> Iterator[_Saying]:
    """Yield what is said at one object. A piece of a warning is only known to warn: from that
    version on it is what the documentation has long said ("deprecated since 3.0: use x")."""
    told = next((text for place, text, entry in says if place == "deprecated" and not entry), "")
    for place, text, entry in says:
        if place == "warning" and not _ENDS.search(prose_of(text)):
            continue
        saying = _Saying(path, cast(Place, place), text, tuple(entry))
        if told and place == "warning" and _is_piece(saying):
            saying = replace(saying, text=_VERSION.sub("", told, count=1).lstrip(":. \n"))
        yield saying


def _changes(
    library: Library, snapshot: Snapshot, writer: Writer, saying: _Saying
) -> Iterator[Change]:
    """Yield what a text says: of the parameters or attributes in whose entry of the
    documentation it stands, else of the name that it was found at."""
    binding = snapshot.find(saying.path)
    rows = snapshot.parameters(binding) if binding is not None else None
    parameters = {row.name for row in rows or ()}
    if not saying.entry or _ends_a_value(saying):
        changes = [_change(library, snapshot, writer, saying)]
    elif not parameters.isdisjoint(saying.entry):
        named = [name for name in saying.entry if name in parameters]
        changes = [_change(library, snapshot, writer, saying, name) for name in named]
    else:
        paths = [f"{saying.path}.{name}" for name in saying.entry]
        own = [replace(saying, path=path, entry=()) for path in paths if snapshot.find(path)]
        changes = [_change(library, snapshot, writer, one) for one in own]
    yield from (change for change in changes if change is not None)


def _ends_a_value(saying: _Saying) -> bool:
    """Tell whether a directive ends some values of a parameter: "The loss 'ls' is deprecated"."""
    first = re.split(r"(?<=[.!?])\s+", _VERSION.sub("", saying.text, count=1).lstrip(":. \n"))[0]
    quoted = [match[2] for match in re.finditer(r"(?<!\w)(['\"])([^'\"\s]+)\1(?!\w)", first)]
    return bool(set(quoted) - set(saying.entry) and _ENDS.search(first))


def _change(
    library: Library, snapshot: Snapshot, writer: Writer, saying: _Saying, parameter: str = ""
) -> Change | None:
    """Return what a text says of the name that it was found at, or of its ``parameter``; None
    where it says nothing."""
    first, _, rest = saying.text.partition("\n")
    directive = saying.place not in ("warning", "access")
    version = _VERSION.match(first) if directive else None
    body = readable(f"{first[version.end() :]} {rest}" if version else saying.text).lstrip(":. ")
    if saying.place == "access" and not _GOING.search(body):
        return None  # the interpreter's own complaint of the module that was imported for it
    if saying.place == "warning" and _is_piece(saying):
        return None
    text = f"`{saying.path}`: {body}" if body else f"`{saying.path}` is {saying.place}"
    if parameter:
        text = f"`{saying.path}`: {_lead(saying, parameter, body)}{body}".rstrip()
        stated: Stated | None = _of_entry(writer, saying, parameter, body, text)
    else:
        stated = _stated(writer, snapshot, saying, body)
    if stated is None:
        return None
    return Change(
        library=library.name,
        version=(normal(version[1]) if version else "") or snapshot.version,
        text=text,
        section="warning" if saying.place == "access" else saying.place,
        source="package",
        location=f"{library.name}-{snapshot.version}:{saying.path}",
        **asdict(stated),
    )


def _lead(saying: _Saying, parameter: str, body: str) -> str:
    """Return the sentence that a directive in the entry of a parameter leaves unsaid."""
    first = next(iter(re.split(r"(?<=[.!?])\s+", body)), "")
    named = "|".join(map(re.escape, saying.entry))
    if re.match(rf"[`'\"]*(?:{named})\b(?! (?:parameter|argument|keyword|option))", first):
        return f"The parameter{'s' * (len(saying.entry) > 1)} "
    if re.search(rf"\b{re.escape(parameter)}\b", first) and _ENDS.search(first):
        return ""
    changed = {"versionchanged": "changed", "versionremoved": "was removed"}
    return f"The parameter `{parameter}` {changed.get(saying.place, 'is deprecated')}. "


def _of_entry(writer: Writer, saying: _Saying, parameter: str, body: str, text: str) -> Stated:
    """Return what a directive in the entry of a parameter says of it."""
    path = saying.path
    if saying.place == "versionchanged" or _A_CASE.match(body) or _A_USE.match(body):
        return Stated("behaviour", path)
    item = Item("deprecated", (f"`{path}`",), "", [text], [text])
    written = writer.write(item, read_item(item))
    about = [one for one in written if (one.old_symbol, one.old_keyword) == (path, parameter)]
    told = next((one for one in about if one.new_symbol), Stated("deprecated", path, parameter))
    kind: ChangeKind = "keyword_removed" if saying.place == "versionremoved" else "deprecated"
    return replace(told, kind=kind)


def readable(text: str) -> str:
    """Return a docstring's or a warning's text as a note has it: roles and quotes are code.

    >>> readable("Use :func:`~a.b` or 'from a import c'.")
    'Use `~a.b` or `from a import c`.'
    """
    text = _ROLE.sub("", text)
    return clean(_QUOTED.sub(r"`\g<code>`", text))


def prose_of(text: str) -> str:
    """Return a text without the code in it, whether in backticks or in plain quotes.

    >>> prose_of("`deprecated` options cannot use 'prompt'")
    ' options cannot use '
    """
    return re.sub(r"`+[^`]*`+|(?<!\w)(['\"])\w+\1(?!\w)", "", text)


def _is_piece(saying: _Saying) -> bool:
    """Tell whether a text in a function's code is a piece of a formatted string, or a template,
    that does not have the name it was found at: it may be about anything."""
    open_ended = (_CUT_START, _CUT_END, _TEMPLATE)
    if not any(pattern.search(saying.text) for pattern in open_ended):
        return False
    names = saying.path.split(".")[-2:]
    return not any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", saying.text) for name in names)


def _stated(writer: Writer, snapshot: Snapshot, saying: _Saying, body: str) -> Stated | None:
    """Settle the kind, whether it is about a parameter, and the replacement that is named."""
    path = saying.path
    kind: ChangeKind = _KINDS.get(saying.place, "behaviour")
    marked, names = mark(body)
    if kind == "deprecated" and (keyword := _keyword(writer, snapshot, saying, body)):
        return keyword
    leaf = path.rpartition(".")[2]
    first = next(iter(re.split(r"(?<=[.!?])\s+", body)), "")
    if saying.place == "warning" and _A_WAY.match(first) and f"{leaf}(" not in first:
        return Stated("behaviour", path)
    if _A_CASE.match(first):
        return Stated("behaviour", path)
    itself = spoken_of = False
    for sentence in sentences(marked):
        if saying.place == "versionchanged" and not verb_of(sentence):
            continue
        for group in groups_of(sentence, names):
            if group.relation != "new":
                spoken_of = spoken_of or any(one.leaf == leaf for one in group.references)
            elif group.references:
                new = _replacement(writer, path, group.references[0])
                if new and new != path:
                    return Stated(kind, path, new_symbol=new)
                itself = itself or new == path
    if itself and not spoken_of:
        return None  # the text of the name that this one replaces
    if saying.place == "warning" and _A_USE.match(body) and f"{leaf}(" not in body:
        return Stated("behaviour", path)
    return Stated(kind, path)


def _replacement(writer: Writer, path: str, reference: Reference) -> str:
    """Return the path that a text names as a replacement; in a module that it names, that of
    the same name there ("moved to `a.b`")."""
    leaf = path.rpartition(".")[2]
    if reference.leaf == leaf and "." not in reference.path and not reference.keyword:
        return path
    new = writer.names.replacement(reference, path, writer.names.scopes())
    moved = f"{new}.{leaf}"
    bindings = [snapshot.find(new) for snapshot in writer.names.history.snapshots]
    if any(binding is not None and binding.is_module for binding in bindings):
        return moved if writer.names.history.ever(moved) else ""
    return new


def _keyword(writer: Writer, snapshot: Snapshot, saying: _Saying, body: str) -> Stated | None:
    """Return what a text says of a parameter of the callable, or None where it is about all
    of it. The first sentence that ends something has to name the parameter, and not the
    callable as what ends."""
    path = saying.path
    binding = snapshot.find(path)
    rows = snapshot.parameters(binding) if binding is not None else None
    parameters = {row.name for row in rows or ()}
    sentence = next((one for one in re.split(r"(?<=[.!?])\s+", body) if _GOING.search(one)), "")
    references = flat(mark(sentence)[1])
    if not parameters or any(one.leaf == path.rpartition(".")[2] for one in references[:1]):
        return None
    words = [one.keyword or one.path for one in references]
    words += [match["before"] or match["after"] for match in _PARAMETER.finditer(sentence)]
    named = next((word for word in words if word in parameters), "")
    if not named:
        return None
    item = Item("deprecated", (f"`{path}`",), "", [body], [body])
    for stated in writer.write(item, read_item(item)):
        if (stated.old_symbol, stated.old_keyword) == (path, named):
            return replace(stated, kind="deprecated")
    return Stated("deprecated", path, named)
