"""The guide from one version of a library to another: what fails or warns since when, what to write
instead, and a pair of programs that was executed. Every line of it is one that `check` verifies.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

from packaging.version import Version

from recode_data.api.history import History, release
from recode_data.errors import RecodeError, UsageError
from recode_data.files import read_text, write_text
from recode_data.index import sdist
from recode_data.library import Library
from recode_data.maintain.migrate import UNPARSED
from recode_data.maintain.updates import Update, Updates, updates_of
from recode_data.maintain.uses import uses_in
from recode_data.maintain.wanted import Wanted
from recode_data.progress import Progress
from recode_data.usage import Example, harvest
from recode_data.usage.example import Import
from recode_data.workspace import Workspace
from recode_data.workspace.changes import changes_of

Format: TypeAlias = Literal["md", "skill", "agents", "llms"]
FORMATS: tuple[Format, ...] = ("md", "skill", "agents", "llms")
INDEX_BYTES = 8 << 10
"""Largest index that is put where assistants read it with every task."""
MOST = 2000
BEGIN, END = "<!-- recode-data: begin {} -->", "<!-- recode-data: end {} -->"
_GROUPS = {
    "removed": "Names that fail now",
    "keyword": "Arguments that fail now",
    "deprecated": "What warns now",
}


_OF_THE_NAME = frozenset(
    {"removed", "renamed", "moved", "deprecated", "keyword_renamed", "keyword_removed"}
    | {"keyword_only", "value_renamed"}
)
"""Kinds of changes whose notes tell why a name or a keyword warns or fails."""
_A_PARAMETER = re.compile(
    r"\W*(?:\w+\W+){0,3}?(?:parameter|argument|keyword|option)s?\b"
    r"|[^.]{0,60}\b(?:parameter|argument|keyword)s? (?:is|are|was|were|has|have)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Item:
    """What one symbol or keyword became between the two versions."""

    name: str
    instead: str
    update: Update
    warns: str
    """First version in which it warns; empty where none does."""
    fails: str
    """First version in which it fails or is gone; empty where none does."""
    pair: bool = False
    """An executed pair is shown: its new code uses nothing that is gone by the target version."""
    met: int = 0
    """How many examples of the library's own usage code meet it."""

    @property
    def group(self) -> str:
        if not self.fails:
            return "deprecated"
        return "keyword" if self.update.keyword else "removed"

    @property
    def since(self) -> str:
        parts = [f"warns since {self.warns}"] if self.warns else []
        return ", ".join([*parts, *([f"fails since {self.fails}"] if self.fails else [])])

    @property
    def anchor(self) -> str:
        return re.sub(r"\W+", "-", self.name).strip("-")


@dataclass(frozen=True)
class Guide:
    """A guide as files: text by path below its folder, the first one the entrance."""

    library: Library
    start: str
    end: str
    items: Sequence[Item]
    files: dict[str, str]


def guide(updates: Updates, start: str, kind: Format, jobs: int = 1) -> Guide:
    """Return the guide from version ``start`` (empty: the one before the target) to the target.

    Raises `UsageError` where ``start`` is no earlier version, or nothing is known between both.
    """
    history, end = updates.history, updates.target.version
    first = _start(history, start, updates.index)
    items = items_of(updates, first)
    if not items:
        raise UsageError(
            f"nothing that is known of {updates.library.name} changed from {first} to {end}",
            "give an earlier --from",
        )
    items = _ranked(items, updates, first, jobs)
    return Guide(
        updates.library, first, end, items, _FILES[kind](updates.library, first, end, items)
    )


def prompts(
    folder: Path, wanted: Iterable[tuple[str, str]], progress: Progress, jobs: int = 1
) -> dict[tuple[str, str], str]:
    """Return the guide to each of the ``wanted`` libraries and versions from the version before
    it, as a workspace knows it: the index alone, of no more than `INDEX_BYTES`, to be put into a
    prompt. What nothing is known of has none.

    Proven changes come first; how often examples meet them is not asked, so that the text does
    not depend on the network. Raises what `updates_of` raises for failures of ours.
    """
    versions: dict[str, set[str]] = {}
    for name, version in wanted:
        versions.setdefault(name, set()).add(version)
    found = {}
    with Workspace.open_to_export(folder) as workspace:
        for name in sorted(versions):
            library = Library.matching(name)
            if library is None or not changes_of(workspace, library.name):
                continue
            updates = updates_of(workspace, library, progress, jobs=jobs)
            known = {snapshot.version for snapshot in updates.history.snapshots[1:]}
            for version in sorted(versions[name] & known):
                if text := _prompt(updates.up_to(version)):
                    found[name, version] = text
    return found


def _prompt(updates: Updates) -> str:
    library, end = updates.library, updates.target.version
    start = _start(updates.history, "", updates.index)
    items = sorted(items_of(updates, start), key=lambda item: (not item.update.proof, item.name))
    head = [f"## {_title(library, start, end)}", "", _intro(library, start, end, len(items))]
    return _index(library, items, head) if items else ""


def _start(history: History, start: str, index: int) -> str:
    earlier = [snapshot.version for snapshot in history.snapshots[:index]]
    fitting = [v for v in earlier if not start or f"{v}.".startswith(f"{start}.")]
    if not fitting:
        known = ", ".join(earlier) or "none"
        raise UsageError(
            f"--from: {start or 'nothing'} is no earlier version", f"known are {known}"
        )
    return fitting[-1]


def items_of(updates: Updates, start: str) -> list[Item]:
    """Return what changed after ``start``, as far as a version or an executed pair shows it."""
    best: dict[str, Item] = {}
    for name, several in _by_name(updates).items():
        warns, fails = _since(several, updates)
        after = [v for v in (warns, fails) if v and release(v) > release(start)]
        if not after or not _told(several[0], updates):
            continue
        primary = next((u for u in several if u.proof and _shows(u)), _best_noted(several))
        pair = _shows(primary) and not _uses_gone(primary, updates)
        best[name] = Item(name, _instead(several, updates), primary, warns, fails, pair)
    alone = [item for item in best.values() if not _goes_with(item, best)]
    return _once(alone, updates.history)


def _once(items: Sequence[Item], history: History) -> list[Item]:
    """Return the items without those of a further path of the same object; kept is what says what
    to write now, then what has a pair, then the shortest path."""
    kept: dict[tuple[str, str, str], Item] = {}
    order = sorted(items, key=lambda i: (not i.instead, not i.pair, i.name.count("."), i.name))
    for item in order:
        symbol = item.update.symbol
        last = next(filter(None, reversed(history.find(symbol))), None)
        identity = last.identity if last and ":" in last.identity else symbol
        kept.setdefault((identity, _leaf(symbol), item.update.keyword), item)
    return [item for item in items if item in kept.values()]


def _goes_with(item: Item, items: Mapping[str, Item]) -> bool:
    """Tell whether all that is to be said of an item is that the class or module around it went."""
    parts = item.update.symbol.split(".")
    around = (items.get(".".join(parts[:length])) for length in range(2, len(parts)))
    return not item.instead and any(
        owner is not None and owner.fails and (item.fails or owner.fails) >= owner.fails
        for owner in around
    )


def _by_name(updates: Updates) -> dict[str, list[Update]]:
    found: dict[str, list[Update]] = {}
    for several in updates.by_symbol.values():
        for update in several:
            if update.symbol:
                found.setdefault(update.name, []).append(update)
    return found


def _told(update: Update, updates: Updates) -> bool:
    """Tell whether a change is of something that people could use: a public path of some version,
    and no module that only gathers what has a better name."""
    return updates.history.ever(update.symbol) and not any(
        part.startswith("_") for part in update.symbol.split(".")
    )


def _of_the_name(update: Update) -> bool:
    """Tell whether a note is about the very name or keyword: one of a name that speaks of a
    parameter is not."""
    text = update.change.text.removeprefix(f"`{update.change.old_symbol}`:")
    part = not update.keyword and _A_PARAMETER.match(text)
    return update.change.kind in _OF_THE_NAME and not part


def _best_noted(several: Sequence[Update]) -> Update:
    """Return the update whose note is about the very name or keyword, the newest where none is."""
    return next((update for update in several if _of_the_name(update)), several[0])


def _instead(several: Sequence[Update], updates: Updates) -> str:
    """Return what takes the place and is there in the target version: as an executed pair shows
    it, else another name of the very same object, else as the note says."""
    shown = (_written_now(update, updates) for update in several if _shows(update))
    if several[0].value[1]:
        return f"{several[0].keyword}={several[0].value[1]}"
    if new := next(filter(None, shown), ""):
        return new
    if not several[0].keyword and (new := _same_object(several[0].symbol, updates)):
        return new
    noted = (_noted(update, updates) for update in several if _of_the_name(update))
    return next(filter(None, noted), "")


def _written_now(update: Update, updates: Updates) -> str:
    new = update.instead
    if update.pattern or not new or new == update.symbol:
        return update.pattern
    if new.endswith("="):
        return new if _has_keyword(updates, update.symbol, new[:-1]) else ""
    ours = new.partition(".")[0] == updates.library.package
    return new if not ours or updates.target.find(new) is not None else ""


def _noted(update: Update, updates: Updates) -> str:
    """Return what a note says to use, where that is the library's own and is not going itself."""
    new = update.instead
    if new.endswith("="):
        return _written_now(update, updates)
    binding = updates.target.find(new)
    if binding is None or binding.is_module or updates.target.is_deprecated(binding):
        return ""
    old = next(filter(None, reversed(updates.history.find(update.symbol))), None)
    if old is not None and (":" in old.identity) != (":" in binding.identity):
        return ""  # what is called has no value in its place, nor the other way round
    known = updates.target.home.get(binding.identity, new)
    new = known if _leaf(known) == _leaf(new) else new
    private = any(part.startswith("_") for part in new.split("."))
    return "" if private or new == update.symbol or update.keyword else new


def _leaf(path: str) -> str:
    return path.rpartition(".")[2]


def _shows(update: Update) -> bool:
    """Tell whether the executed pair is one of the very symbol and keyword."""
    proof = update.proof
    return proof is not None and (proof.old_symbol, proof.old_keyword) == (
        update.symbol,
        update.keyword,
    )


def _uses_gone(update: Update, updates: Updates) -> bool:
    code = update.proof.new_code if update.proof else ""
    return any(use.certain for use in uses_in(code, updates.wanted))


def _same_object(path: str, updates: Updates) -> str:
    for snapshot in reversed(updates.history.snapshots[: updates.index]):
        if binding := snapshot.find(path):
            homes = (told.home.get(binding.identity, "") for told in (updates.target, snapshot))
            defined = binding.identity.removeprefix("module:").partition(":")[0]
            fitting = (
                home
                for home in homes
                if home != path
                and updates.target.find(home)
                # what another module has merely imported is no place to take it from
                and f"{defined}.".startswith(f"{home.rpartition('.')[0]}.")
            )
            return next(fitting, "")
    return ""


def _has_keyword(updates: Updates, symbol: str, keyword: str) -> bool:
    binding = updates.target.find(symbol)
    known = updates.target.parameters(binding) if binding else None
    return known is None or any(parameter.name == keyword for parameter in known)


def _since(several: Sequence[Update], updates: Updates) -> tuple[str, str]:
    """Return the first version that warns, and the first that fails, as they were measured."""
    history, update = updates.history, several[0]
    versions = [snapshot.version for snapshot in history.snapshots[: updates.index + 1]]
    warns: list[str] = []
    fails: list[str] = []
    if update.value[0]:
        pass  # the keyword stays: only a run shows what becomes of a value
    elif update.keyword:
        if gone_since := updates.keyword_gone_since(update.symbol, update.keyword):
            fails.append(gone_since)
    else:
        if gone_since := updates.gone_since(update.symbol):
            fails.append(gone_since)
        at = next((n for n, s in enumerate(history.states(update.symbol)) if s == "warns"), None)
        if at is not None and at < len(versions):
            warns.append(versions[at])
    for one in several:
        verdict = one.verdict
        if one.proof is None or verdict is None or verdict.new_version not in versions:
            continue
        if not _shows(one):
            continue
        {"breaking": fails, "deprecated": warns}.get(verdict.kind, []).append(verdict.new_version)
    failing = min(fails, key=Version, default="")
    warning = min(warns, key=Version, default="")
    if failing and warning and Version(warning) >= Version(failing):
        warning = ""
    return warning, failing


def _ranked(items: Sequence[Item], updates: Updates, start: str, jobs: int) -> list[Item]:
    """Return the items, first those that most examples meet in the library's own usage code of the
    version that the guide begins with."""
    by_name = {item.name: item for item in items}
    counts: Counter[str] = Counter()
    with suppress(RecodeError):
        version = _with_usage(updates.library, start)
        exact, archive = sdist(updates.library.name, version)
        wanted = updates.wanted_of(_asked_of(items))
        leaves = {_leaf(item.update.symbol) for item in items}
        for example in harvest(updates.library, [(exact, archive)], leaves, jobs):
            counts.update(by_name.keys() & _met_in(example, wanted))
    met = [replace(item, met=counts[item.name]) for item in items]
    return sorted(met, key=_place_of)[:MOST]


def _place_of(item: Item) -> tuple[int, bool, bool, int, str]:
    noted = _of_the_name(item.update)
    return -item.met, not noted, not item.pair, item.update.symbol.count("."), item.name


def _with_usage(library: Library, start: str) -> str:
    """Return the version whose usage code is read: the newest that is and does not come after
    ``start``, the oldest where all do, ``start`` itself where only the newest release is."""
    known = sorted((v for v in library.usage.versions if v[:1].isdigit()), key=release)
    until = [version for version in known if release(version) <= Version(start)]
    return (until[-1:] or known[:1] or [start])[0]


def _asked_of(items: Sequence[Item]) -> dict[str, frozenset[str]]:
    """Return the symbols with the keywords that their calls are looked for with; none for any."""
    found: dict[str, set[str]] = {}
    for item in items:
        found.setdefault(item.update.symbol, set()).add(item.update.keyword)
    return {
        symbol: frozenset() if "" in words else frozenset(words) for symbol, words in found.items()
    }


def _met_in(example: Example, wanted: Wanted) -> set[str]:
    """Return the names of the items that an example uses, as far as its code tells."""
    imports = [_import(name, what) for name, what in example.imports]
    code = "\n".join([*imports, *(statement.source for statement in example.statements)])
    with suppress(*UNPARSED):
        return {
            name
            for use in uses_in(code, wanted)
            if use.certain and not use.imported
            for symbol in use.symbols
            for name in (symbol, *(f"{symbol}({word}=)" for word in use.keywords))
        }
    return set()


def _import(name: str, what: Import) -> str:
    modules = "".join(f"import {module}\n" for module in what.dotted)
    if what.attribute:
        return f"{modules}from {what.module} import {what.attribute} as {name}"
    return f"{modules}import {what.module} as {name}"


def _written(path: str, library: Library) -> str:
    """Write a path, or a pattern's code, as programs do: ``np.isin``, ``np.ptp(a, ...)``."""
    path = path.replace("*rest", "...")
    for alias, module in library.aliases.items():
        path = re.sub(rf"(?<![\w.]){re.escape(module)}(?=\.|\Z)", alias, path)
    return path


def _row(item: Item, library: Library, link: str | None) -> str:
    name = f"`{_written(item.name, library)}`"
    instead = f"`{_written(item.instead, library)}`" if item.instead else "–"
    linked = name if link is None else f"[{name}]({link}#{item.anchor})"
    return f"| {linked} | {instead} | {item.since} |"


_HEAD = ["| old | now | measured |", "|---|---|---|"]


def _tables(items: Sequence[Item], library: Library, link: str | None = None) -> list[str]:
    lines: list[str] = []
    for group, title in _GROUPS.items():
        rows = [_row(item, library, link) for item in items if item.group == group]
        lines += [f"### {title}", "", *_HEAD, *rows, ""] if rows else []
    return lines


def _details(items: Sequence[Item], library: Library, end: str) -> list[str]:
    lines: list[str] = []
    for item in items:
        lines += [f'<a id="{item.anchor}"></a>', "", f"### `{_written(item.name, library)}`", ""]
        said = " ".join(item.update.change.text.split())
        now = f" Use `{_written(item.instead, library)}`." if item.instead else ""
        lines += [f"{item.since[:1].upper()}{item.since[1:]}.{now}", ""]
        where = _place(item.update)
        version = item.update.change.version
        if _of_the_name(item.update):
            lines += [f"> {_quoted(said)}", ">", f"> – {library.name} {version}, {where}", ""]
        proof, verdict = item.update.proof, item.update.verdict
        near = verdict is not None and Version(verdict.new_version) <= Version(end)
        if proof and verdict and near and item.pair:
            lines += [f"Before, on {verdict.old_version}:", "", *_block(proof.old_code)]
            lines += [f"Now, on {verdict.new_version}:", "", *_block(proof.new_code)]
    return lines


def _quoted(text: str) -> str:
    return text if len(text) <= 400 else f"{text[:400].rsplit(' ', 1)[0]} …"


def _place(update: Update) -> str:
    place = update.change.location
    return f"[the note]({place})" if place.startswith("https://") else f"`{place}`"


def _block(code: str) -> list[str]:
    return ["```python", *code.strip("\n").split("\n"), "```", ""]


def _title(library: Library, start: str, end: str) -> str:
    return f"{library.name} {start} → {end}"


def _intro(library: Library, start: str, end: str, count: int) -> str:
    return (
        f"What code for {library.name} {start} has to change for {end}: {count} names and "
        "arguments. Since when each warns or fails was measured on the installed versions. What to "
        f"write now was executed where the details show a pair; else a note says it, and {end} "
        "has it."
    )


def _as_md(library: Library, start: str, end: str, items: Sequence[Item]) -> dict[str, str]:
    lines = [f"# {_title(library, start, end)}", "", _intro(library, start, end, len(items)), ""]
    lines += ["## At a glance", "", *_tables(items, library, ""), "## In detail", ""]
    return {"guide.md": _text([*lines, *_details(items, library, end)])}


def _index(
    library: Library, items: Sequence[Item], head: Sequence[str], link: str = "", matter: str = ""
) -> str:
    """Return an index within its size, the matter in front of it too: as many rows as fit, the
    rest by a link, if any."""
    for count in range(len(items), 0, -1):
        lines = [*head, "", *_tables(items[:count], library)]
        rest = len(items) - count
        more = f"{rest} more, the notes" if rest else "The notes"
        told = f"{more} and the executed pairs: [{link}]({link})"
        text = matter + _text([*lines, told] if link else lines)
        if len(text.encode()) <= INDEX_BYTES - 200:  # the marks around it count too
            return text
    return matter + _text(head)


def _as_agents(library: Library, start: str, end: str, items: Sequence[Item]) -> dict[str, str]:
    link = f"{library.name}-migration.md"
    head = [f"## {_title(library, start, end)}", "", _intro(library, start, end, len(items))]
    details = _as_md(library, start, end, items)["guide.md"]
    return {"AGENTS.md": _index(library, items, head, link), link: details}


def _as_skill(library: Library, start: str, end: str, items: Sequence[Item]) -> dict[str, str]:
    link = "references/details.md"
    about = (
        f"Use when writing or updating code that uses {library.name} {end}: what changed since "
        f"{start}, what fails or warns now, and what to write instead."
    )
    head = [f"# {_title(library, start, end)}", "", _intro(library, start, end, len(items))]
    quoted = json.dumps(about, ensure_ascii=False)  # JSON is YAML, whatever the text says
    matter = f"---\nname: {skill_name(library)}\ndescription: {quoted}\n---\n\n"
    details = _as_md(library, start, end, items)["guide.md"]
    return {"SKILL.md": _index(library, items, head, link, matter), link: details}


def skill_name(library: Library) -> str:
    """Return the name of a library's skill, which is that of its folder."""
    return f"{re.sub(r'[^a-z0-9]+', '-', library.name.lower()).strip('-')}-migration"


def _as_llms(library: Library, start: str, end: str, items: Sequence[Item]) -> dict[str, str]:
    link = f"{library.name}-migration.md"
    head = [f"# {library.name}", "", f"> {_intro(library, start, end, len(items))}", ""]
    head += [f"## {_title(library, start, end)}", "", f"- [Everything in detail]({link})"]
    details = _as_md(library, start, end, items)["guide.md"]
    return {"llms.txt": _index(library, items, head, link), link: details}


_FILES: dict[Format, Callable[[Library, str, str, Sequence[Item]], dict[str, str]]] = {
    "md": _as_md,
    "skill": _as_skill,
    "agents": _as_agents,
    "llms": _as_llms,
}


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines).rstrip("\n") + "\n"


def write_guide(made: Guide, folder: Path) -> list[Path]:
    """Write the files of a guide below ``folder``; what a person wrote around a generated part
    stays. Return the files.

    Raises `BadFile` for a file that cannot be read, written, or whose marks do not match.
    """
    texts = {}
    for name, text in made.files.items():
        file = folder / name
        before = read_text(file, "it is left alone") if file.exists() else ""
        texts[file] = merged(before, text, f"guide of {made.library.name}", str(file))
    for file, text in texts.items():
        write_text(file, text)
    return list(texts)


def merged(before: str, text: str, name: str, file: str = "the file") -> str:
    """Return a file's text with its generated part replaced, or added at its end; the matter that a
    new file begins with stays in front of the mark.

    Raises `UsageError` where the marks in the file do not match.
    """
    begin, end = BEGIN.format(name), END.format(name)
    matter = re.match(r"---\n.*?\n---\n+", text, re.DOTALL)
    front, body = (matter[0], text[matter.end() :]) if matter else ("", text)
    part = f"{begin}\n{body}{end}\n"
    if before.count(begin) != before.count(end) or before.count(begin) > 1:
        raise UsageError(
            f"{file}: the marks of the generated part do not match", f"keep one {begin}"
        )
    if begin in before:
        ahead, _, rest = before.partition(begin)
        _, closed, behind = rest.partition(end)
        if not closed:
            raise UsageError(
                f"{file}: the end of the generated part stands before it", f"keep {begin}"
            )
        return ahead + part + behind.removeprefix("\n")
    return f"{before.rstrip()}\n\n{part}" if before.strip() else front + part
