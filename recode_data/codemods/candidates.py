"""Candidates of a change: programs cut from usage, rewritten by its recipes."""

from __future__ import annotations

import ast
import re
import sys
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import libcst as cst
from packaging.version import Version

from recode_data.codemods.program import Site, Use
from recode_data.codemods.recipes import Recipe
from recode_data.codemods.shapes.rename import rename
from recode_data.execute import Job
from recode_data.library import Library
from recode_data.records import Environment, Origin, Run
from recode_data.usage import Example, Snippet, Target, snippets
from recode_data.usage.imports import conventions

BASES = 24
"""Programs that are rewritten for one recipe at most."""
FAR = 6
"""Lines that a program may be longer than one of the next release, and still comes first."""
ENOUGH = 120
"""Programs that are cut for one recipe before the best are chosen."""
PLACES = {"docstring": 0, "docs": 1, "test": 2}
_WORD = re.compile(r"\w+")
_INSIDE = re.compile(
    r"^(?:from|import) (?:\S*\._|_\w|\S*\.(?:tests?|conftest)\b)|^(\w+) = \1$", re.MULTILINE
)
"""What nobody's code after an update should have: a library's own inside, or ``x = x``."""


@dataclass(frozen=True)
class Base:
    """A program found in usage, and the recipe that it was found for."""

    recipe: Recipe
    snippet: Snippet


@dataclass(frozen=True)
class Candidate:
    """Both codes of an entry that may turn out well."""

    base: Base
    old_code: str
    new_code: str

    @property
    def origins(self) -> tuple[Origin, Origin]:
        side = self.base.recipe.side
        return "real" if side == "old" else "derived", "real" if side == "new" else "derived"


class Usage:
    """The harvested examples, found again by the words in them.

    What is cut from another library's examples is kept only when it needs no more than
    ``library`` does.
    """

    def __init__(self, examples: Iterable[Example], library: Library | None = None) -> None:
        self.library = library
        self.by_word: dict[str, list[Example]] = {}
        self.releases: set[str] = set()
        """Those of the library itself that examples are from."""
        for example in examples:
            if library is not None and example.location.startswith(f"{library.name}-"):
                self.releases.add(_release(example))
            body = example.statements[example.context :]
            text = " ".join(statement.source for statement in body)
            for word in sorted(set(_WORD.findall(text))):
                self.by_word.setdefault(word, []).append(example)

    def bases(self, recipe: Recipe, version: str = "") -> list[Base]:
        """Return the programs around uses of the recipe's symbol, the best first; where there
        are none, those around uses of its object by another path. Those of releases close to
        ``version`` use what it has, and come before others that are as good."""
        return (
            self._bases(recipe, version)
            or [
                Base(replace(recipe, side="both"), replace(base.snippet, code=respelt))
                for path in sorted(recipe.elsewhere)
                for base in self._bases(replace(recipe, symbol=path), version)
                if (respelt := rename(base.snippet.code, Use(path), recipe.symbol))
            ][:BASES]
        )

    def _bases(self, recipe: Recipe, version: str) -> list[Base]:
        found: dict[str, Snippet] = {}
        for leaf in recipe.leaves:
            target = Target(recipe.hit, leaf)
            for example in self.by_word.get(leaf, ())[:400]:
                texts = (statement.source for statement in example.statements)
                if recipe.keyword and not any(recipe.keyword in text for text in texts):
                    continue
                for snippet in snippets(example, target):
                    if self._stands_alone(snippet):
                        found.setdefault(snippet.code, snippet)
                if len(found) >= ENOUGH:
                    break
        far = self._distances(version)
        ranked = sorted(
            enumerate(found.values()),
            key=lambda pair: (_rank(pair[1], recipe) + far.get(_release(pair[1]), 0), pair[0]),
        )
        return [Base(recipe, snippet) for _, snippet in _spread(ranked)][:BASES]

    def _distances(self, version: str) -> dict[str, int]:
        """Return how much worse the programs of each release of the library are, by how many of
        the releases that are read lie between it and a version."""
        if not version or not self.releases:
            return {}
        order = sorted(self.releases, key=Version)
        near = min(bisect_left([Version(one) for one in order], Version(version)), len(order) - 1)
        return {one: FAR * abs(number - near) for number, one in enumerate(order)}

    def _stands_alone(self, snippet: Snippet) -> bool:
        """Tell whether a snippet imports nothing that the library's environments lack."""
        library = self.library
        if library is None or snippet.location.startswith(f"{library.name}-"):
            return True
        pinned = (name for pin in library.pins.values() for name in pin.requires)
        there = {library.package, *map(_distribution, (*library.requires, *pinned))}
        return all(top in there or top in sys.stdlib_module_names for top in _tops(snippet.code))


def _release(found: Example | Snippet) -> str:
    """Return the version that an example is from: ``2.1`` of ``lib-2.1:lib/core.py``."""
    return found.location.partition(":")[0].rpartition("-")[2]


def _distribution(requirement: str) -> str:
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0]


def _tops(code: str) -> Iterator[str]:
    """Yield the top packages that a program imports."""
    for node in ast.parse(code).body:
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


def _rank(snippet: Snippet, recipe: Recipe) -> int:
    """Order by what reads best: examples of the symbol itself, then short programs, and last
    those that use it inside a definition."""
    lines = snippet.code.count("\n")
    own = snippet.title.rpartition(".")[2] == recipe.leaf or recipe.leaf in snippet.title
    long = (20 if lines > 24 else 0) + (50 if snippet.inside else 0)
    return PLACES[snippet.place] * 3 + lines - 6 * own + long


def _spread(ranked: list[tuple[int, Snippet]]) -> list[tuple[int, Snippet]]:
    """Take from every place before a second one from the same, so that programs differ."""
    rounds: dict[str, int] = {}
    numbered = []
    for order, (number, snippet) in enumerate(ranked):
        place = snippet.location.partition(":")[2].rpartition("/")[2]
        turn = rounds[place] = rounds.get(place, -1) + 1
        numbered.append(((turn // 2, order), (number, snippet)))
    return [pair for _, pair in sorted(numbered, key=lambda item: item[0])]


def receiver_job(base: Base, environment: Environment) -> Job | None:
    """Return the run that shows the receivers of a member's uses; None for other symbols."""
    if not base.recipe.member:
        return None
    return Job(instrumented(base.snippet.code, base.recipe.leaf), environment)


def rewritten(base: Base, seen: Run | None) -> Iterator[Candidate]:
    """Yield what the recipe makes of a program; nothing when it does not fit it."""
    use = Use(base.recipe.symbol, others=base.recipe.others)
    if base.recipe.member:
        if seen is None or seen.status != "clean":
            return
        sites = sites_of(seen, base.recipe.symbol.rpartition(".")[0])
        if not sites:
            return
        use = Use(base.recipe.symbol, sites)
    try:
        pairs = base.recipe.rewrite(base.snippet.code, use)
    except (cst.ParserSyntaxError, cst.CSTValidationError, SyntaxError, RecursionError):
        return
    for old_code, new_code in pairs:
        if not stands_inside(new_code) and worth_writing(new_code):
            yield Candidate(base, old_code, new_code)


def stands_inside(code: str) -> bool:
    """Tell whether a program uses what only the library itself should."""
    private = conventions().private
    return bool(_INSIDE.search(code) or (private and private.search(code)))


def worth_writing(code: str) -> bool:
    """Tell whether a user might write a program: it does more than to print names, and takes
    no private attribute of what it did not define itself.

    >>> worth_writing("from pics import Image\\nprint(Image.CUBIC)")
    False
    """
    body = [n for n in ast.parse(code).body if not isinstance(n, ast.Import | ast.ImportFrom)]
    if all(_prints_a_name(node) for node in body):
        return False
    return not any(
        isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and not node.attr.endswith("__")
        and not (isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"))
        for statement in body
        for node in ast.walk(statement)
    )


def _prints_a_name(node: ast.stmt) -> bool:
    call = node.value if isinstance(node, ast.Expr) else None
    if not isinstance(call, ast.Call) or ast.unparse(call.func) != "print" or len(call.args) != 1:
        return False
    shown: ast.expr = call.args[0]
    while isinstance(shown, ast.Attribute):
        shown = shown.value
    return isinstance(shown, ast.Name)


MARK = "@@receiver"
_PRELUDE = f"""
def _seen(line, column, receiver):
    kind = receiver if isinstance(receiver, type) else type(receiver)
    names = [c.__module__ + "." + c.__name__ for c in kind.__mro__]
    print("\\n{MARK}", line, column, *names)
    return receiver
"""


def instrumented(code: str, name: str) -> str:
    """Return ``code`` that prints, for every attribute ``name`` it takes, of what class."""
    tree = _Watch(name).visit(ast.parse(code))
    prelude = ast.parse(_PRELUDE).body
    first = next(
        (
            number
            for number, node in enumerate(tree.body)
            if not (isinstance(node, ast.ImportFrom) and node.module == "__future__")
        ),
        0,
    )
    tree.body[first:first] = prelude
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


class _Watch(ast.NodeTransformer):
    def __init__(self, name: str) -> None:
        self.name = name

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if node.attr != self.name:
            return node
        place = [ast.Constant(node.end_lineno), ast.Constant(node.end_col_offset)]
        node.value = ast.Call(ast.Name("_seen", ast.Load()), [*place, node.value], [])
        return node


def sites_of(run: Run, owner: str) -> frozenset[Site]:
    """Return the sites whose receiver was always an instance of ``owner`` (or ``owner``).

    ``owner`` is a public path, ``pandas.Series``; the class may live elsewhere in the same
    top package, ``pandas.core.series.Series``.
    """
    top, leaf = owner.partition(".")[0], owner.rpartition(".")[2]
    right: set[Site] = set()
    wrong: set[Site] = set()
    for line in run.stdout.split("\n"):
        if not line.startswith(MARK):
            continue
        row, column, *classes = line.removeprefix(MARK).split()
        fits = any(c.partition(".")[0] == top and c.rpartition(".")[2] == leaf for c in classes)
        (right if fits else wrong).add((int(row), int(column)))
    return frozenset(right - wrong)


class Chosen:
    """What was taken already, by symbol and by place, so that no two entries are alike."""

    def __init__(self, most: float = 0.7) -> None:
        self.most = most
        self._known: dict[str, list[frozenset[str]]] = {}

    def add(self, keys: Iterable[str], old_code: str, new_code: str) -> None:
        for key in filter(None, keys):
            self._known.setdefault(key, []).append(shingles(old_code, new_code))

    def has_alike(self, keys: Iterable[str], old_code: str, new_code: str) -> bool:
        """Tell whether the codes would count as a near duplicate of something taken."""
        ours = shingles(old_code, new_code)
        return any(
            len(ours & known) > self.most * len(ours | known)
            for key in filter(None, keys)
            for known in self._known.get(key, ())
        )


@lru_cache(maxsize=50_000)
def shingles(old_code: str, new_code: str) -> frozenset[str]:
    """Return the runs of three words of two programs, local names all alike."""
    words = [*_words(old_code), *_words(new_code)]
    return frozenset(map(" ".join, zip(words, words[1:], words[2:], strict=False)))


def _words(code: str) -> list[str]:
    tree = ast.parse(code)
    names = (node for node in ast.walk(tree) if isinstance(node, ast.Name))
    local = {name.id for name in names if isinstance(name.ctx, ast.Store)}
    return ["_" if word in local else word for word in _WORD.findall(ast.unparse(tree))]
