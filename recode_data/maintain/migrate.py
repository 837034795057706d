"""The codemods at work on a person's own files: what is certain is written, the rest is told."""

from __future__ import annotations

import ast
import difflib
import io
import re
import tokenize
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from typing import TypeAlias

import libcst as cst

from recode_data.codemods.in_place import Conflict
from recode_data.codemods.program import Use
from recode_data.errors import BadFile, RecodeError
from recode_data.maintain.expressions import Found
from recode_data.maintain.sources import LARGEST, Source, as_source, found_files
from recode_data.maintain.updates import Update, Updates
from recode_data.maintain.uses import uses_in
from recode_data.maintain.wanted import Wanted

SUFFIXES = (".py", ".pyi")
IN_POOL = 400
"""Files from which on it is worth while to start processes."""
AT_ONCE = 100
"""Files that a process is handed at a time."""
UNPARSED = (SyntaxError, ValueError, RecursionError, MemoryError)
"""What parsing raises, the last for what is nested too deeply."""
MOST_PASSES = 40
"""Changes of one file after which it does not settle."""


@dataclass(frozen=True)
class Written:
    """A change that was made."""

    line: int
    name: str
    """What was used: a symbol, or ``symbol(keyword=)``."""
    instead: str
    version: str
    change: str
    """The change's id."""


@dataclass(frozen=True)
class Left:
    """A use that was not changed, and why."""

    line: int
    name: str
    why: str
    instead: str = ""
    version: str = ""


@dataclass
class Migration:
    """What became of one program."""

    before: str
    after: str
    written: list[Written] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)


def migrate(
    code: str,
    updates: Updates,
    *,
    unproven: bool = False,
    uses: Sequence[Found] | None = None,
) -> Migration:
    """Return a program with the changes made whose receivers are certain from the code.

    Args:
        code: The program; lines end with a newline character, or all with both.
        updates: What is known of the library.
        unproven: Also write what no executed example has proven.
        uses: What `uses_in` returns for the program, where that is known.

    Returns:
        The program before and after, what was written and what was left. Lines are the
        program's own, as it was before.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: The program cannot be parsed.
    """
    return _Rewriter(updates, unproven).migrated(code, uses)


class _Rewriter:
    """Changes one program, a codemod at a time."""

    def __init__(self, updates: Updates, unproven: bool) -> None:
        self.updates = updates
        self.unproven = unproven
        self.told: dict[tuple[int, str], str] = {}
        """Why a use could not be written, by its line and symbol."""
        self.written: list[Written] = []
        self.seen: tuple[str, Sequence[Found]] = "", ()
        """The program that was last looked at, and its uses."""

    def migrated(self, code: str, known: Sequence[Found] | None) -> Migration:
        now = code
        for _ in range(MOST_PASSES):
            uses = self.uses(now) if known is None else known
            known = None
            after = self.changed_once(now, uses)
            if after is None:
                break
            now = after
        else:
            name = self.updates.library.name
            return Migration(code, code, [], [Left(1, name, "its changes do not settle")])
        back = _lines_before(code, now)
        left = [replace(found, line=back(found.line)) for found in self.left(uses)]
        return Migration(code, now, self.written, left)

    def uses(self, code: str) -> Sequence[Found]:
        if code != self.seen[0]:
            self.seen = code, uses_in(code, self.updates.wanted)
        return self.seen[1]

    def changed_once(self, code: str, uses: Sequence[Found]) -> str | None:
        """Return the program after the first codemod that changes it; None when none does."""
        mine: dict[str, list[Found]] = {}
        for use in uses:
            for symbol in use.symbols if use.certain else ():
                if symbol in self.updates.codemods:
                    mine.setdefault(symbol, []).append(use)
        for symbol, places in mine.items():
            for update in self.updates.codemods[symbol]:
                after = self.changed_by(code, update, places)
                if after is not None:
                    return after
        return None

    def changed_by(self, code: str, update: Update, places: Sequence[Found]) -> str | None:
        """Return the program after one codemod; None where it changes nothing."""
        free = [p for p in places if p.plain and _fits(p, update)]
        held = frozenset(p.line for p in places if p.guarded)
        unproven = update.proof is None and not self.unproven
        if unproven or not free or (held and any(p.imported for p in places)):
            return None
        after = self.applied(code, update, free, held)
        if after is None:
            return None
        left = [
            f
            for f in self.uses(after)
            if f.certain and update.symbol in f.symbols and _fits(f, update)
        ]
        count = len(free) - sum(f.plain for f in left)
        change = update.change
        self.written += [
            Written(place.line, update.name, update.instead, change.version, change.id)
            for place in free[: max(count, 1)]
        ]
        return after

    def applied(
        self, code: str, update: Update, places: Sequence[Found], held: frozenset[int]
    ) -> str | None:
        for recipe in update.recipes:
            sites = frozenset(place.site for place in places) if recipe.member else None
            use = Use(recipe.symbol, sites, True, held, update.values)
            try:
                pairs = recipe.rewrite(code, use)
            except Conflict as conflict:
                self.tell(places, update, str(conflict))
                continue
            except (cst.ParserSyntaxError, cst.CSTValidationError, SyntaxError):
                continue
            for _, after in pairs:
                if _keeps(code, after):
                    return after
                self.tell(places, update, "a comment or the new keyword stands in it already")
        return None

    def tell(self, places: Sequence[Found], update: Update, why: str) -> None:
        self.told.update({(place.line, update.symbol): why for place in places})

    def left(self, uses: Sequence[Found]) -> list[Left]:
        """Return what is to be told of the uses that are left."""
        found: list[Left] = []
        used = {use.symbols[0] for use in uses if use.certain and not use.imported}
        for use in uses:
            if not use.certain:
                found += _of_some_class(use, self.updates)
            elif not (use.imported and use.symbols[0] in used):
                found += self.certain_left(use)
        return found

    def certain_left(self, use: Found) -> list[Left]:
        symbol = use.symbols[0]
        mods = self.updates.codemods
        fitting = [u for one in use.symbols for u in mods.get(one, ()) if _fits(use, u)]
        if not fitting:
            gone = self.updates.gone_since(symbol)
            why = _gone(symbol, gone, self.updates) if gone and not use.guarded else ""
            return [Left(use.line, symbol, why, version=gone)] if why else []
        update = fitting[0]
        looked = not {"keyword_only", "keyword_value"}.isdisjoint(r.rule for r in update.recipes)
        if looked or (update.keyword and update.keyword not in use.keywords):
            return []  # the codemod looked at it and found nothing to do
        why = self.told.get((use.line, symbol), "its name or arguments cannot be written so")
        if use.guarded:
            why = "it stands where the program is ready for both versions"
        elif use.quoted:
            why = "a string names it"
        elif use.imported:
            why = "the name is imported here and not used: others may import it from here"
        elif update.proof is None and not self.unproven:
            why = "no executed example proves the change yet"
        return [Left(use.line, update.name, why, update.instead, update.change.version)]


def _fits(use: Found, update: Update) -> bool:
    """Tell whether a use may be one that an update is about."""
    if use.of_class and all(recipe.rule != "member" for recipe in update.recipes):
        return False
    if not update.keyword:
        new = update.plan.new_symbol if update.plan else ""
        return new.rpartition(".")[2] not in use.defined
    return update.keyword in use.keywords if update.by_keyword else use.called


def _keeps(before: str, after: str) -> bool:
    """Tell whether a program is one still, gives no keyword twice, and has its comments."""
    try:
        calls = [node for node in ast.walk(ast.parse(after)) if isinstance(node, ast.Call)]
        for given in ([word.arg for word in call.keywords if word.arg] for call in calls):
            if len(given) > len(set(given)):
                return False
        lost = Counter(_comments(before)) - Counter(_comments(after))
    except (SyntaxError, ValueError, tokenize.TokenError):
        return False
    return not lost


def _comments(code: str) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


def _of_some_class(use: Found, updates: Updates) -> list[Left]:
    fitting = [u for s in use.symbols for u in updates.codemods.get(s, ()) if _fits(use, u)]
    named = [u for u in fitting if not u.keyword or u.keyword in use.keywords]
    if not named or use.guarded:
        return []
    owners = sorted({symbol.rpartition(".")[0] for symbol in use.symbols})
    more = f" or another of {len(owners)} classes" if len(owners) > 2 else ""
    of = " or ".join(f"`{owner}`" for owner in owners[: 1 if more else 2])
    why = f"whether it is of {of}{more} cannot be told from the code"
    return [Left(use.line, named[0].name, why, named[0].instead, named[0].change.version)]


def _gone(symbol: str, since: str, updates: Updates) -> str:
    told = next((u.change.text for u in updates.by_symbol.get(symbol, ())), "")
    said = re.split(r"(?<=[.!])\s|\n\n", " ".join(told.split()))[0][:200] if told else ""
    return f"it is gone since {since}, and no codemod does it" + (f": {said}" if said else "")


def _lines_before(before: str, after: str) -> Callable[[int], int]:
    """Return a function that gives a line's number in the program before."""
    blocks = (
        difflib.SequenceMatcher(
            None, before.split("\n"), after.split("\n"), autojunk=False
        ).get_opcodes()
        if before != after
        else []
    )

    def back(line: int) -> int:
        for _, i1, i2, j1, j2 in blocks:
            if j1 < line <= j2:
                return min(i1 + line - j1, max(i2, i1 + 1))
        return line

    return back


@dataclass(frozen=True)
class Migrated:
    """What became of one file."""

    source: Source
    migration: Migration

    @property
    def changed(self) -> bool:
        return self.migration.after != self.migration.before

    def diff(self) -> str:
        """Return what is changed as a unified diff."""
        name = self.source.path.as_posix().lstrip("/")
        lines = difflib.unified_diff(
            self.migration.before.splitlines(keepends=True),
            self.migration.after.splitlines(keepends=True),
            f"a/{name}",
            f"b/{name}",
        )
        return "".join(
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
            for line in lines
        )


def migrate_files(
    paths: Sequence[Path],
    updates: Updates,
    problems: list[RecodeError],
    *,
    unproven: bool = False,
    jobs: int = 1,
) -> Iterator[Migrated]:
    """Yield the files that use what changed, with what the codemods make of them.

    What cannot be read or parsed is put into ``problems`` and costs itself only.
    """
    files = list(found_files(paths, SUFFIXES, problems))
    for source, uses, fault in _with_uses(files, updates.wanted, jobs):
        if source is None:
            problems.append(BadFile(fault, "it is left alone"))
            continue
        try:
            done = migrate(source.text, updates, unproven=unproven, uses=uses)
            yield Migrated(source, done)
        except UNPARSED as error:
            problems.append(BadFile(f"{source.path}{fault_of(error)}", "it is left alone"))


_Looked: TypeAlias = "tuple[Source | None, list[Found], str]"
"""A file with what it uses, or None with the fault that it has."""


def _with_uses(files: Sequence[Path], wanted: Wanted, jobs: int) -> Iterator[_Looked]:
    """Yield the files that use something that is wanted, and those with a fault."""
    groups = [files[at : at + AT_ONCE] for at in range(0, len(files), AT_ONCE)]
    if jobs < 2 or len(files) < IN_POOL:
        _know(wanted)
        for group in groups:
            yield from _looked_at(group)
        return
    context = get_context("spawn")
    with ProcessPoolExecutor(min(jobs, len(groups)), context, _know, (wanted,)) as pool:
        for found in pool.map(_looked_at, groups):
            yield from found


_known: list[Wanted] = []


def _know(wanted: Wanted) -> None:
    _known[:] = [wanted]


def _looked_at(files: Sequence[Path]) -> list[_Looked]:
    found: list[_Looked] = []
    for path in files:
        try:
            content = path.read_bytes()
            if not _known[0].may_be_in(content):
                continue
            if len(content) > LARGEST:
                raise BadFile(f"{path} is larger than {LARGEST >> 20} MB", "it is left alone")
            source = as_source(path, content)
            if uses := uses_in(source.text, _known[0]):
                found.append((source, uses, ""))
        except RecodeError as error:
            found.append((None, [], error.message))
        except (*UNPARSED, OSError) as error:
            found.append((None, [], f"{path}{fault_of(error)}"))
    return found


def fault_of(error: Exception) -> str:
    """Return what is wrong with a program that cannot be parsed, to stand after its path."""
    if isinstance(error, SyntaxError):
        return f":{error.lineno or 1}: no Python that can be read: {error.msg}"
    if isinstance(error, RecursionError | MemoryError):
        return ": nested too deeply"
    return f": {error}"
