"""What is known of a library's changes up to one version: the note, what the versions show, the
codemod that does it, and the executed pair that proves the codemod."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from packaging.version import InvalidVersion, Version

from recode_data.api.history import History, release
from recode_data.api.returns import returns_of
from recode_data.api.snapshot import OPAQUE, Snapshot
from recode_data.api.symbols import Symbols, VersionSymbols
from recode_data.codemods.patterns import Patterns, read_patterns
from recode_data.codemods.plan import plan
from recode_data.codemods.recipes import Plan, Recipe, Refused, plain_path
from recode_data.codemods.replacement import stated_replacements
from recode_data.codemods.stage import learned
from recode_data.codemods.subject import resolved
from recode_data.errors import NoSuchVersion, UsageError
from recode_data.execute import Executor
from recode_data.library import Library
from recode_data.maintain.wanted import Wanted
from recode_data.progress import Progress
from recode_data.records import Change, Entry, Environment, Verdict
from recode_data.usage.imports import read_conventions, use_conventions
from recode_data.workspace import Workspace
from recode_data.workspace.changes import changes_of
from recode_data.workspace.entries import entries_of_rules
from recode_data.workspace.verdicts import latest_verdicts

BUILTIN = frozenset(
    name for kind in (list, dict, str, bytes, set, tuple, int, float, range) for name in dir(kind)
)
"""Members of builtin classes, which any receiver may be of."""


@dataclass(frozen=True)
class Update:
    """A change of a library with all that is known of it."""

    change: Change
    """Its symbols as the versions know them."""
    plan: Plan | None = None
    """How codemods do it; None where none does."""
    proof: Entry | None = None
    """An entry that was executed and found valid."""
    verdict: Verdict | None = None
    pattern: str = ""
    """What is written now, where that is regular and no symbol: ``-numpy.inf``."""
    values: frozenset[str] = frozenset()
    """Sources of the literals that the keyword has in the old codes of valid entries."""

    @property
    def symbol(self) -> str:
        return self.plan.old_symbol if self.plan else plain_path(self.change.old_symbol)

    @property
    def keyword(self) -> str:
        return self.plan.old_keyword if self.plan else self.change.old_keyword

    @property
    def recipes(self) -> tuple[Recipe, ...]:
        """Those that make new code of old."""
        return tuple(r for r in self.plan.recipes if r.side == "old") if self.plan else ()

    @property
    def value(self) -> tuple[str, str]:
        """The value of the keyword that is changed, and what is given now; empty for none."""
        if self.plan is None or all(recipe.rule != "keyword_value" for recipe in self.recipes):
            return "", ""
        return self.plan.value

    @property
    def by_keyword(self) -> bool:
        """Whether only calls that give the keyword by its name are changed."""
        rules = {recipe.rule for recipe in self.recipes}
        return bool(self.keyword) and rules.isdisjoint({"template", "keyword_only"})

    @property
    def instead(self) -> str:
        """What to write now, as far as symbols tell it."""
        symbol = self.plan.new_symbol if self.plan else plain_path(self.change.new_symbol)
        keyword = (self.plan and self.plan.new_keyword) or self.change.new_keyword
        return f"{keyword}=" if keyword and self.keyword else symbol

    @property
    def name(self) -> str:
        return f"{self.symbol}({self.keyword}={self.value[0]})" if self.keyword else self.symbol


class Updates:
    """The changes of one library up to one version of it."""

    def __init__(
        self,
        library: Library,
        history: History,
        target: Snapshot,
        updates: Sequence[Update],
        returns: Mapping[str, str],
    ) -> None:
        self.library = library
        self.history = history
        self.target = target
        self.updates = list(updates)
        self.returns = returns

    def up_to(self, to: str) -> Updates:
        """Return what is known up to an earlier version; raises `NoSuchVersion`."""
        target = target_of(self.history, to, self.library)
        fitting = [update for update in self.updates if _counts(update, release(target.version))]
        return Updates(self.library, self.history, target, fitting, self.returns)

    @property
    def index(self) -> int:
        """Place of the target in the history."""
        return self.history.snapshots.index(self.target)

    @cached_property
    def codemods(self) -> dict[str, list[Update]]:
        """By symbol the updates that a codemod does, in the order in which they are tried: those
        of a keyword first, and of these what gives another before what leaves it out; what was
        proven by execution before the rest, the newest note first."""
        found: dict[str, dict[tuple[str, ...], Update]] = defaultdict(dict)
        for update in sorted(self.updates, key=_rank, reverse=True):
            if update.recipes and self._is_there(update.plan):
                rules = (recipe.rule for recipe in update.recipes)
                key = update.keyword, update.instead, update.value[0], *rules
                found[update.symbol].setdefault(key, update)
        return {
            symbol: sorted(several.values(), key=_order_of) for symbol, several in found.items()
        }

    def _is_there(self, planned: Plan | None) -> bool:
        """Tell whether what takes the place is there in the target version."""
        new = planned.new_symbol if planned else ""
        if new.partition(".")[0] != self.library.package or not self.history.ever(new):
            return True
        paths = new, _known_by(new, self._classes[0])  # the class of a member may have moved
        return any(self.target.find(path) is not None for path in paths)

    def gone_since(self, path: str) -> str:
        """Return the first version, up to the target, from which on a path is not there; empty
        where it is there, or never was, or only the instances of a class that stays had it: what
        a class gives its instances, it need not tell. A note must speak of it where it was a
        property, which instances may have as an attribute now."""
        found = self.history.find(path)[: self.index + 1]
        there = [number for number, binding in enumerate(found) if binding is not None]
        if not there or there[-1] == self.index:
            return ""
        last, owner = found[there[-1]], path.rpartition(".")[0]
        told = last and last.identity not in OPAQUE and path in self.by_symbol
        if last and last.identity.startswith("=") and not told and self._is_class(owner):
            return ""
        return self.history.snapshots[there[-1] + 1].version

    def _is_class(self, path: str) -> bool:
        binding = self.target.find(path)
        return binding is not None and self.target.kind(binding) == "class"

    def keyword_gone_since(self, path: str, keyword: str) -> str:
        """Return the first version, up to the target, whose signature lacks a keyword for good;
        empty where there is none, or the target takes any keyword, or the version before did not
        tell its signature in the same way: what only documentation called so was no keyword."""
        at = self.history.keyword_gone_at(path, keyword)
        binding = self.target.find(path)
        if at is None or at > self.index or binding is None or self.target.takes_any(binding):
            return ""
        had = [n for n, s in enumerate(self.history.parameters(path)) if s and keyword in s][-1]
        before, after = (self.history.snapshots[number] for number in (had, at))
        same = _read_from(before, path) == _read_from(after, path)
        return after.version if same else ""

    @cached_property
    def gone(self) -> frozenset[str]:
        """The public paths that some earlier version has and the target has not."""
        earlier = self.history.snapshots[: self.index]
        paths = set().union(*(snapshot.paths for snapshot in earlier)) if earlier else set()
        return frozenset(path for path in paths if self.target.find(path) is None)

    @cached_property
    def by_symbol(self) -> dict[str, list[Update]]:
        """All updates by their symbol, the newest first."""
        found: dict[str, list[Update]] = defaultdict(list)
        for update in sorted(self.updates, key=_rank, reverse=True):
            found[update.symbol].append(update)
        return dict(found)

    @cached_property
    def wanted(self) -> Wanted:
        """What a file may use of it all."""
        return self.wanted_of({symbol: self._asked(symbol) for symbol in self.codemods})

    @cached_property
    def wanted_gone(self) -> Wanted:
        """What a file may use of the names and keywords that are gone."""
        asked = {symbol: self._gone_keywords(symbol) for symbol in self.codemods}
        return self.wanted_of(
            {s: words for s, words in asked.items() if words or self.gone_since(s)}
        )

    def wanted_of(self, symbols: Mapping[str, frozenset[str]]) -> Wanted:
        """Return what to look for: all that is gone, and the symbols where one of their keywords
        is given, or wherever they are used."""
        paths = set(self.gone)
        members: dict[str, set[str]] = defaultdict(set)
        known, bases = self._classes
        for symbol in symbols:
            owner, _, leaf = symbol.rpartition(".")
            recipes = [r for update in self.codemods.get(symbol, ()) for r in update.recipes]
            if any(recipe.member for recipe in recipes) or (not recipes and owner in known):
                members[leaf].add(symbol)
            else:
                paths.add(symbol)
        words: dict[bytes, set[frozenset[bytes]]] = defaultdict(set)
        for path in paths:
            *outer, last = path.encode().split(b".")
            if path not in self.gone:
                given = [{f"{word}=".encode()} for word in symbols[path]] or [set[bytes]()]
                words[last] |= {frozenset(part | {*outer[1:]}) for part in given}
            elif path.rpartition(".")[0] not in self.gone:  # else the file has that one
                words[last].add(frozenset(outer[1:]))
        of_classes: dict[str, list[str]] = defaultdict(list)
        for symbol in dict.fromkeys([*sorted(symbols), *sorted(paths)]):
            if symbol.rpartition(".")[0] in known:
                path = _known_by(symbol, known)
                if symbol in symbols or self.target.find(path) is None:  # else it has moved
                    of_classes[path].append(symbol)
        live = {name for identity in self.target.home for name in self.target.members(identity)}
        common = frozenset(members.keys() & (live | BUILTIN))
        for leaf, several in members.items():
            owners = {frozenset({symbol.split(".")[-2].encode()}) for symbol in several}
            words[leaf.encode()] |= owners if leaf in common else {frozenset()}
        return Wanted(
            frozenset(name.partition(".")[0] for name in self.library.packages),
            {last: tuple(several) for last, several in words.items()},
            frozenset(paths),
            symbols,
            {leaf: tuple(sorted(several)) for leaf, several in members.items()},
            common,
            {path: tuple(several) for path, several in of_classes.items()},
            known,
            bases,
            _agreeing(
                (_known_by(of, known), _known_by(r, known)) for of, r in self.returns.items()
            ),
        )

    def _gone_keywords(self, symbol: str) -> frozenset[str]:
        words = {update.keyword for update in self.by_symbol[symbol]} - {""}
        gone = symbol in self.gone
        return frozenset(w for w in words if not gone and self.keyword_gone_since(symbol, w))

    def _asked(self, symbol: str) -> frozenset[str]:
        """Return the keywords that a use must give to be of interest; none where it need not."""
        if symbol in self.gone or not all(update.by_keyword for update in self.codemods[symbol]):
            return frozenset()
        return frozenset(update.keyword for update in self.by_symbol[symbol]) - {""}

    @cached_property
    def _classes(self) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
        """Return the path that each class is known by, by every path that it has or had, and the
        paths of the classes that it is derived from, itself first."""
        known: dict[str, str] = {}
        later: dict[str, str] = {}
        above: dict[str, list[str]] = {}
        for snapshot in self.history.snapshots:
            for path, identity, _ in snapshot.names():
                described = snapshot.objects.get(identity, {})
                if described.get("kind") != "class":
                    continue
                home, before = snapshot.home[identity], known.get(path)
                if before and before != home and _leaf(before) == _leaf(home):
                    later[before] = home  # it has moved, and is the same class
                known[path] = home
                named = (snapshot.home.get(base, "") for base in described.get("bases", ()))
                above[home] = [*filter(None, named), *above.get(home, ())]
        known = {path: _followed(home, later) for path, home in known.items()}
        bases: dict[str, tuple[str, ...]] = {}
        for home, several in above.items():
            mine = [_followed(one, later) for one in (home, *several)]
            bases[mine[0]] = tuple(dict.fromkeys([*mine, *bases.get(mine[0], ())]))
        return known, bases


def _followed(path: str, later: Mapping[str, str]) -> str:
    """Return where a class that moved is in the end; of places it went back and forth between,
    the first by name."""
    seen: list[str] = []
    while path in later and path not in seen:
        seen.append(path)
        path = later[path]
    return min(seen[seen.index(path) :]) if path in seen else path


def _leaf(path: str) -> str:
    return path.rpartition(".")[2]


def _known_by(path: str, classes: Mapping[str, str]) -> str:
    """Return a path with the class in it under the path that it is known by."""
    if path.startswith("type["):
        return f"type[{_known_by(path[5:-1], classes)}]"
    owner, dot, name = path.rpartition(".")
    return classes.get(path) or f"{classes.get(owner, owner)}{dot}{name}"


def _read_from(snapshot: Snapshot, path: str) -> str:
    """Return what the parameters of a callable were read from: its signature, or documentation."""
    binding = snapshot.find(path)
    told = snapshot.objects.get(binding.identity, {}) if binding else {}
    return str(told.get("read", "signature"))


def _value_of(update: Update) -> str:
    return update.value[0].strip("\"'")


def _order_of(update: Update) -> tuple[bool, bool]:
    another = bool(update.value[0]) or update.instead.endswith("=")
    return not update.keyword, not another


def _rank(update: Update) -> tuple[bool, Version, str]:
    return update.proof is not None, Version(update.change.version), update.change.id


def target_of(history: History, to: str, library: Library) -> Snapshot:
    """Return the newest snapshot of a version that is not above ``to`` (empty: of all).

    Raises `NoSuchVersion`.
    """
    try:
        wanted = Version(to) if to else None
    except InvalidVersion as error:
        raise UsageError(f"--to: {to!r} is no version", "as in --to 2.3") from error
    fitting = [
        snapshot
        for snapshot in history.snapshots
        if wanted is None
        or Version(snapshot.version) <= wanted
        or Version(snapshot.version).release[: len(wanted.release)] == wanted.release
    ]
    if not history.snapshots:
        raise NoSuchVersion(
            f"nothing is known here of the versions of {library.name}",
            f"recode-data scrape {library.name} reads them into the workspace",
        )
    if not fitting:
        known = ", ".join(snapshot.version for snapshot in history.snapshots)
        raise NoSuchVersion(f"{library.name} {to} is not known here", f"known are {known}")
    return fitting[-1]


def updates_of(
    workspace: Workspace,
    library: Library,
    progress: Progress,
    *,
    to: str = "",
    jobs: int = 2,
) -> Updates:
    """Return what a workspace knows of a library's changes up to the version ``to``.

    Raises `UsageError` where the workspace has no changes of it, `NoSuchVersion` where no version
    fits.
    """
    changes = changes_of(workspace, library.name)
    if not changes:
        raise UsageError(
            f"{workspace.folder} has no changes of {library.name}",
            f"recode-data build {library.name} finds and proves them",
        )
    patterns = read_patterns()
    use_conventions(read_conventions())
    with Executor(jobs=jobs) as executor:
        places, facts = learned(
            workspace,
            library,
            changes,
            patterns,
            executor=executor,
            progress=progress,
            jobs=jobs,
        )
        snapshots = [s.snapshot for s in facts.values() if isinstance(s, VersionSymbols)]
        history = History(snapshots)
        target_of(history, to, library)
        meant = resolved(changes, library, facts)
        replacements = stated_replacements(list(meant.values()), patterns.replacements)
        valid = _valid_of(workspace, library)
        proofs, values = _proofs(valid), _values(entry for entry, _ in valid)
        found = []
        for change in meant.values():
            try:
                planned = plan(change, library, facts, patterns, replacements)
            except Refused:
                planned = None
            update = Update(change, planned)
            key = update.symbol, update.keyword, update.instead
            pairs = (proofs.get(change.id), proofs.get(key))
            shows = (pair for pair in pairs if pair and _value_of(update) in pair[0].old_code)
            proof, verdict = next(shows, (None, None))
            shown = values.get(key[:2], frozenset())
            written = _pattern(update, patterns)
            found.append(Update(change, planned, proof, verdict, written, shown))
        returns = _returns(executor, found, facts, places)
    return Updates(library, history, history.snapshots[-1], found, returns).up_to(to)


def _counts(update: Update, upper: Version) -> bool:
    """Tell whether a change was noted, or seen, up to a version."""
    seen = update.verdict.new_version if update.verdict else ""
    return _until(update.change.version, upper) or bool(seen and _until(seen, upper))


def _until(version: str, upper: Version) -> bool:
    try:
        return release(version).release[:2] <= upper.release[:2]
    except InvalidVersion:
        return False


def _valid_of(workspace: Workspace, library: Library) -> list[tuple[Entry, Verdict]]:
    """Return the entries by rules that are valid, the shortest first."""
    entries = entries_of_rules(workspace, library.dependency)
    verdicts = latest_verdicts(workspace, [entry.id for entry in entries])
    judged = [(entry, verdicts[entry.id]) for entry in entries if entry.id in verdicts]
    valid = [(entry, verdict) for entry, verdict in judged if verdict.status == "valid"]
    return sorted(valid, key=lambda pair: (len(pair[0].old_code), pair[0].id))


def _proofs(
    valid: Iterable[tuple[Entry, Verdict]],
) -> dict[str | tuple[str, str, str], tuple[Entry, Verdict]]:
    """Return the first entry of each change, and of each symbol, keyword and what takes their
    place."""
    found: dict[str | tuple[str, str, str], tuple[Entry, Verdict]] = {}
    for entry, verdict in valid:
        found.setdefault(entry.change_id, (entry, verdict))
        instead = f"{entry.new_keyword}=" if entry.new_keyword else entry.new_symbol
        found.setdefault((entry.old_symbol, entry.old_keyword, instead), (entry, verdict))
    return found


def _pattern(update: Update, patterns: Patterns) -> str:
    """Return what a pattern file writes for a symbol, its holes as plain names."""
    if not any(recipe.rule == "template" for recipe in update.recipes):
        return ""
    fitting = patterns.by_symbol.get(update.name, ())
    return re.sub(r"(?<![\w.])_+([a-z]\w*)", r"\1", fitting[0].new) if fitting else ""


def _values(entries: Iterable[Entry]) -> dict[tuple[str, str], frozenset[str]]:
    """Return the literals that valid entries give for the keyword that they are about."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for entry in entries:
        if entry.old_keyword and not entry.new_keyword:
            calls = (n for n in ast.walk(ast.parse(entry.old_code)) if isinstance(n, ast.Call))
            given = (word for call in calls for word in call.keywords)
            found[entry.old_symbol, entry.old_keyword] |= {
                ast.unparse(word.value)
                for word in given
                if word.arg == entry.old_keyword and isinstance(word.value, ast.Constant)
            }
    return {key: frozenset(several) for key, several in found.items()}


def _returns(
    executor: Executor,
    updates: Sequence[Update],
    facts: Mapping[str, Symbols],
    places: Mapping[str, Environment],
) -> dict[str, str]:
    """Return the classes of results, of the versions that have the members that codemods change;
    where two versions tell two classes, neither counts."""
    newest: set[str] = set()
    for update in updates:
        if any(recipe.member for recipe in update.recipes):
            newest |= set(_last(update.symbol, facts))
    several = (
        pair
        for version, told in facts.items()
        if version in newest and isinstance(told, VersionSymbols)
        for pair in returns_of(executor, places[version], told.snapshot).items()
    )
    return _agreeing(several)


def _agreeing(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return what each key stands for, without those that stand for two things."""
    found: dict[str, str] = {}
    unsure: set[str] = set()
    for key, value in pairs:
        if found.setdefault(key, value) != value:
            unsure.add(key)
    return {key: value for key, value in found.items() if key not in unsure}


def _last(symbol: str, facts: Mapping[str, Symbols]) -> Iterator[str]:
    """Yield the newest version that has a symbol."""
    yield from [version for version, told in facts.items() if symbol in told][-1:]
