"""The codemods at work on a person's own files: what is certain is written, the rest is told."""

from __future__ import annotations

import ast
import difflib
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import libcst as cst

from recode_data.codemods.in_place import Conflict
from recode_data.codemods.program import Use
from recode_data.maintain.updates import Update, Updates
from recode_data.maintain.uses import Found, uses_in

MOST_PASSES = 40
"""Changes of one file after which it does not settle."""
_BUILTIN = frozenset(
    name for kind in (list, dict, str, bytes, set, tuple, int, float, range) for name in dir(kind)
)


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


def migrate(code: str, updates: Updates, *, unproven: bool = False) -> Migration:
    """Return a program with the changes made whose receivers are certain from the code.

    Args:
        code: The program; lines end with a newline character, or all with both.
        updates: What is known of the library.
        unproven: Also write what no executed example has proven.

    Returns:
        The program before and after, what was written and what was left. Lines are the
        program's own, as it was before.

    Raises:
        SyntaxError, ValueError, RecursionError: The program cannot be parsed.
    """
    now = code
    told: dict[tuple[int, str], str] = {}
    written: list[Written] = []
    for _ in range(MOST_PASSES):
        uses = uses_in(now, updates.wanted)
        after = _one_change(now, uses, updates, unproven, told, written)
        if after is None:
            break
        now = after
    else:
        return Migration(
            code, code, [], [Left(1, updates.library.name, "its changes do not settle")]
        )
    back = _lines_before(code, now)
    left = [
        Left(back(found.line), found.name, found.why, found.instead, found.version)
        for found in _left(uses, updates, unproven, told)
    ]
    return Migration(code, now, written, left)


def _one_change(
    code: str,
    uses: Sequence[Found],
    updates: Updates,
    unproven: bool,
    told: dict[tuple[int, str], str],
    written: list[Written],
) -> str | None:
    """Return the program after the first codemod that changes it; None when none does."""
    mine: dict[str, list[Found]] = {}
    for use in uses:
        if use.certain and len(use.symbols) == 1 and use.symbols[0] in updates.codemods:
            mine.setdefault(use.symbols[0], []).append(use)
    for symbol, places in mine.items():
        for update in updates.codemods[symbol]:
            if update.proof is None and not unproven:
                continue
            free = [p for p in places if not p.guarded and not p.imported and _fits(p, update)]
            held = {p.line for p in places if p.guarded}
            if not free or (held and any(p.imported for p in places)):
                continue
            after = _applied(code, update, free, held, told)
            if after is not None:
                count = len(free)
                left = [
                    f for f in uses_in(after, updates.wanted) if symbol in f.symbols and f.certain
                ]
                count -= sum(not f.imported and not f.guarded and _fits(f, update) for f in left)
                written += [
                    Written(
                        f.line, update.name, update.instead, update.change.version, update.change.id
                    )
                    for f in free[: max(count, 1)]
                ]
                return after
    return None


def _fits(use: Found, update: Update) -> bool:
    """Tell whether a use may be one that an update is about."""
    if not update.keyword:
        return True
    if any(recipe.rule in ("template", "keyword_only") for recipe in update.recipes):
        return use.called
    return update.keyword in use.keywords


def _applied(
    code: str,
    update: Update,
    places: Sequence[Found],
    held: Iterable[int],
    told: dict[tuple[int, str], str],
) -> str | None:
    for recipe in update.recipes:
        sites = frozenset(place.site for place in places) if recipe.member else None
        use = Use(recipe.symbol, sites, True, frozenset(held))
        try:
            pairs = recipe.rewrite(code, use)
        except Conflict as conflict:
            told.update(
                {(p.line, update.symbol): f"`{conflict}` is another thing here" for p in places}
            )
            continue
        except (cst.ParserSyntaxError, cst.CSTValidationError, SyntaxError):
            continue
        for _, after in pairs:
            if _keeps(code, after):
                return after
            told.update({(p.line, update.symbol): "a comment stands inside it" for p in places})
    return None


def _keeps(before: str, after: str) -> bool:
    """Tell whether a program is one still, and has the comments that it had."""
    try:
        ast.parse(after)
        lost = Counter(_comments(before)) - Counter(_comments(after))
    except (SyntaxError, ValueError, tokenize.TokenError):
        return False
    return not lost


def _comments(code: str) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


def _left(
    uses: Sequence[Found], updates: Updates, unproven: bool, told: dict[tuple[int, str], str]
) -> list[Left]:
    found: list[Left] = []
    used = {use.symbols[0] for use in uses if use.certain and not use.imported}
    for use in uses:
        if not use.certain:
            found += _of_some_class(use, updates)
            continue
        symbol = use.symbols[0]
        fitting = [u for u in updates.codemods.get(symbol, ()) if _fits(use, u)]
        gone = updates.gone_since(symbol)
        if use.imported and symbol in used:
            continue
        if fitting:
            update = fitting[0]
            if update.keyword and update.keyword not in use.keywords:
                continue  # the pattern looked at it and found nothing
            why = told.get((use.line, symbol), "its arguments cannot be written so")
            if use.guarded:
                why = "it stands where the program is ready for both versions"
            elif use.imported:
                why = "the name is imported here and not used: others may import it from here"
            elif update.proof is None and not unproven:
                why = "no executed example proves the change yet"
            found.append(Left(use.line, update.name, why, update.instead, update.change.version))
        elif gone and not use.guarded:
            found.append(Left(use.line, symbol, _gone(symbol, gone, updates), version=gone))
    return found


def _of_some_class(use: Found, updates: Updates) -> list[Left]:
    leaf = use.symbols[0].rpartition(".")[2]
    fitting = [u for s in use.symbols for u in updates.codemods.get(s, ()) if _fits(use, u)]
    named = [u for u in fitting if not u.keyword or u.keyword in use.keywords]
    if not named or use.guarded or (leaf in _BUILTIN and not any(u.keyword for u in named)):
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


def _lines_before(before: str, after: str):  # type: ignore[no-untyped-def]
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
