"""Whether the text of an update is enough to know, and what completes it.

An entry teaches a model to follow a text, so the text has to name what changed and what to use:
every name that the new code has and the old code has not. `untold` finds what it does not
name, `completed` adds a sentence made of the change. Both work for every engine.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace

MOST_ADDED = 4
"""Names that a sentence may add: a program with more of them is no migration by this text."""
_DROPPED = re.compile(
    r"\b(?:leave|leaving|left) (?:it |them |this |that |the argument )?(?:out|away|`)"
    r"|\bomit|\bno effect"
    r"|\bno longer|\bignored|\bunnecessary|\bnot needed|\bredundant|\bunused"
    r"|\balways (?:applied|computed|done|enabled|on|performed|set|taken|true|used)\b"
    r"|\b(?:do not|don't|stop) (?:pass|use|set)|\bremove (?:it|this|the)\b",
    re.IGNORECASE,
)
"""What a text says of an argument that is simply left out."""
_FUNCTION_WORDS = re.compile(
    r"a|all|an|and|any|as|at|both|by|each|for|from|if|in|into|is|it|more|most|no|not|of|on|only|or"
    r"|other|out|over|same|than|that|the|then|this|to|under|up|where|when|which|with"
)
"""Words that stand in any English text: as a name they count only where they are marked."""
_SWITCH = re.compile(r"\bTrue\b|\bFalse\b|\bboolean\b")


@dataclass(frozen=True)
class Names:
    """The names of an API that a program uses."""

    api: frozenset[str] = frozenset()
    """Attributes, keywords, imported modules and names."""
    builtin: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    """Short texts among the arguments, and the other constants that keywords are given."""
    passed: frozenset[str] = frozenset()
    """The constants that keywords are given, as they are written: ``how='left'``."""
    constants: frozenset[str] = frozenset()
    """All constants, data as well."""

    def __sub__(self, other: Names) -> Names:
        return Names(
            self.api - other.api,
            self.builtin - other.builtin,
            self.values - other.constants,
            self.passed - other.passed,
        )


@dataclass(frozen=True)
class Update:
    """What is known of an update beside its text: its symbols, empty where there are none."""

    old_symbol: str = ""
    old_keyword: str = ""
    new_symbol: str = ""
    new_keyword: str = ""
    by_name: tuple[str, ...] = ()
    """Parameters that must be given by name."""


@dataclass(frozen=True)
class Untold:
    """What a reader of the text could not know."""

    changed: tuple[str, ...] = ()
    """Names of what changed, where the text has none of them."""
    use: tuple[str, ...] = ()
    """Names to use that the text does not have."""
    dropped: bool = False
    """The text does not say that something is to be left out."""
    names: Names = field(default=Names(), compare=False)
    """All that only the new code has."""

    def __bool__(self) -> bool:
        return bool(self.changed or self.use or self.dropped)


def untold(text: str, old_code: str, new_code: str, update: Update) -> Untold:
    """Return what ``text`` lacks to write ``new_code`` from ``old_code``.

    Raises `SyntaxError` when one of the codes is not Python.
    """
    old, new = names_in(old_code), names_in(new_code)
    came, went = new - old, old - new
    use = [name for name in sorted(came.api | came.values) if not told(name, text)]
    if _SWITCH.search(text):  # of two values the one that is not told follows from the other
        use = [name for name in use if name not in ("True", "False")]
    # A builtin is everyday Python, unless it alone takes the place of what went.
    alone = not came.api and bool(went.api)
    use += [name for name in sorted(came.builtin) if alone and not told_alone(name, text)]
    return Untold(
        _unnamed(text, went, came, update),
        tuple(use),
        _is_dropped(update, came, went) and not _DROPPED.search(text),
        came,
    )


def completed(text: str, old_code: str, new_code: str, update: Update) -> str:
    """Return ``text``, with a sentence that names what it lacks; empty where none would do."""
    lacks = untold(text, old_code, new_code, update)
    if not lacks:
        return text
    went = names_in(old_code) - names_in(new_code)
    kept = ""
    if _passes(new_code, update.old_symbol, update.old_keyword):  # nothing takes its place
        kept = update.old_keyword
        update = replace(update, old_keyword="", new_keyword="")
    leaf = _leaf(update.old_symbol)
    moved = update.new_symbol not in ("", update.old_symbol)
    stays = not moved and bool(_written(old_code, leaf) & _written(new_code, leaf))
    sentence = _sentence(lacks, update, went, stays, kept)
    if not sentence or len(lacks.use) > MOST_ADDED:
        return ""
    whole = f"{text.rstrip()}\n\n{sentence}"
    return "" if untold(whole, old_code, new_code, update) else whole


def told(name: str, text: str) -> bool:
    """Tell whether a text has a name as a word of its own."""
    if _FUNCTION_WORDS.fullmatch(name) and not marked(name, text):
        return False
    return bool(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text))


def marked(name: str, text: str) -> bool:
    """Tell whether a text has a name as code: quoted, in a path, called or given a value."""
    return bool(re.search(rf"[`'\"|]\.?{name}(?!\w)|\w\.{name}(?!\w)|(?<!\w){name}[`'\"([=]", text))


def told_alone(name: str, text: str) -> bool:
    """Tell whether a text has a name that is no part of a path: ``int``, not ``numpy.int``."""
    return bool(re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", text))


def names_in(code: str) -> Names:
    """Return the names of an API in a program, without its own variables."""
    tree = ast.parse(code)
    bound = set(_bound(tree))
    own, members = _defined(tree)
    modules = set(_imported(tree))
    api: set[str] = set()
    builtin: set[str] = set()
    values: set[str] = set()
    passed: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            imported = re.match(r"\w+", ast.unparse(node))
            if node.attr not in members or (imported and imported[0] in modules):
                api.add(node.attr)
        elif isinstance(node, ast.Import):
            api.update(part for alias in node.names for part in alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            api.update((node.module or "").split("."))
            api.update(alias.name for alias in node.names)
        elif isinstance(node, ast.Name) and node.id not in bound and hasattr(builtins, node.id):
            builtin.add(node.id)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) not in own:
            api.update(word.arg for word in node.keywords if word.arg)
            values.update(_values(node))
            passed.update(
                ast.unparse(word)
                for word in node.keywords
                if word.arg and isinstance(word.value, ast.Constant)
            )
    constants = {_plain(node.value) for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    return Names(
        frozenset(api - {"", "*"}),
        frozenset(builtin),
        frozenset(values),
        frozenset(passed),
        frozenset(constants),
    )


def only_in_one(old_code: str, new_code: str) -> set[str]:
    """Return the names that only one of two programs uses."""
    old, new = names_in(old_code), names_in(new_code)
    return {name for one in (old - new, new - old) for name in one.api | one.builtin | one.values}


def _plain(value: object) -> str:
    return value if isinstance(value, str) else repr(value)


def _values(call: ast.Call) -> Iterator[str]:
    for given in call.args:
        if isinstance(given, ast.Constant) and isinstance(given.value, str):
            yield from _short(given.value)
    for word in call.keywords:
        if isinstance(word.value, ast.Constant):
            yield from _short(_plain(word.value.value))


def _short(value: str) -> Iterable[str]:
    return (value,) if re.fullmatch(r"[\w.+-]{1,30}", value) else ()


def _bound(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
    yield from _imported(tree)


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]


def _defined(tree: ast.AST) -> tuple[set[str], set[str]]:
    """Return the functions of a program and its classes that derive from nothing else, and the
    members of those classes."""
    own: set[str] = set()
    members: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            own.add(node.name)
        elif isinstance(node, ast.ClassDef) and not node.bases:
            own.add(node.name)
            for inner in ast.walk(node):
                if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                    members.add(inner.name)
                elif isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store):
                    members.add(inner.attr)
    return own, members


def _leaf(path: str) -> str:
    return path.rpartition(".")[2]


def _unnamed(text: str, went: Names, came: Names, update: Update) -> tuple[str, ...]:
    """Return the names of what changed when the text has none of them."""
    known = [_leaf(update.old_symbol), update.old_keyword]
    if update.old_keyword and not told(update.old_keyword, text):
        return (update.old_keyword,)
    known = [name for name in known if name] or [_leaf(update.new_symbol), update.new_keyword]
    names = [name for name in known if name] or sorted(went.api | went.values)
    # An addition has nothing that went: what came is what changed.
    names = names or sorted(came.api)
    return () if not names or any(told(name, text) for name in names) else tuple(names)


def _written(code: str, leaf: str) -> set[str]:
    """Return how a program writes what ends in the name ``leaf``: ``np.f``, ``rows.f``; a
    variable of that name is its own."""
    tree = ast.parse(code)
    own = set(_bound(tree)) - set(_imported(tree))
    return {
        ast.unparse(node)
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr == leaf)
        or (isinstance(node, ast.Name) and node.id == leaf and leaf not in own)
    }


def _passes(code: str, symbol: str, keyword: str) -> bool:
    """Tell whether a program passes ``keyword`` where it calls ``symbol``."""
    return bool(symbol and keyword) and any(
        word.arg == keyword
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Call) and _leaf(ast.unparse(node.func)) == _leaf(symbol)
        for word in node.keywords
    )


def _is_dropped(update: Update, came: Names, went: Names) -> bool:
    """Tell whether the new code only leaves a keyword out."""
    nothing = not (came.api or came.values or came.builtin or update.new_keyword)
    return nothing and bool(update.old_keyword) and update.old_keyword in went.api


def _sentence(lacks: Untold, update: Update, went: Names, stays: bool, kept: str) -> str:
    """Return a sentence that says what to write, of the change and the names that only the new
    code has; the old symbol ``stays`` where both codes use it as it was, and ``kept`` is the
    argument that the new code gives another value."""
    old, new = update.old_symbol, update.new_symbol.removeprefix("builtins.")
    keyword, came = update.old_keyword, lacks.names
    use = _spelled(lacks.use, came)
    about = old if old and stays else new
    if about and not keyword and use and all("=" in one for one in use):
        return f"Pass {_listed(use)} to `{about}`."
    call = f" of `{old}`" if old else ""
    if keyword and update.new_keyword:
        said = f"Use the argument `{update.new_keyword}`{call} in place of `{keyword}`"
    elif update.by_name and set(update.by_name) & came.api:
        names = [name for name in update.by_name if name in came.api]
        said = f"Pass {_listed(names)}{call} by name"
    elif keyword and not (came.api or came.builtin or came.values):
        said = f"Leave the argument `{keyword}`{call} out"
    elif keyword and new and new != old:
        said = f"Use `{new}` in place of the argument `{keyword}`{call}"
    elif keyword:
        said = f"Use {_listed(use)} in place of the argument `{keyword}`{call}"
    elif new and new != old and _is_used(new, old, came, lacks.use):
        said = f"Use `{new}` in place of `{old}`" if old else f"Use `{new}`"
    elif use:
        gone = [f"`{old}`"] if old else [f"`{name}`" for name in sorted(went.api)[:2]]
        how = "with" if old and stays else "in place of"
        said = f"Use {_listed(use)}" + (f" {how} {' and '.join(gone)}" if gone else "")
    elif old:
        said = "This is about " + (f"the argument `{kept}` of `{old}`" if kept else f"`{old}`")
    else:
        return ""
    rest = [name for name in use if not all(told(part, said) for part in re.split("=", name))]
    return said + (f", with {_listed(rest)}." if rest else ".")


def _is_used(new: str, old: str, came: Names, use: Collection[str]) -> bool:
    """Tell whether a path is what the new code uses: by its last name, or, where that moved, by
    the module that it has come from."""
    moved = _leaf(new) == _leaf(old) and bool(use) and all(told(name, new) for name in use)
    return _leaf(new) in came.api | came.builtin or not use or moved


def _spelled(names: Collection[str], came: Names) -> list[str]:
    """Return names with each value beside the keyword that it is given to."""
    found: list[str] = []
    for written in sorted(came.passed):
        keyword, _, value = written.partition("=")
        if value.strip("'\"") in names:
            found.append(written)
            names = [name for name in names if name not in (keyword, value.strip("'\""))]
    return [*names, *found]


def _listed(names: Collection[str]) -> str:
    spans = [f"`{name}`" for name in names]
    return spans[0] if len(spans) == 1 else f"{', '.join(spans[:-1])} and {spans[-1]}"
