"""Candidates of a change: programs cut from usage, rewritten by its recipes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import libcst as cst

from recode_data.execute import Job
from recode_data.records import Entry, Environment, Origin, Run
from recode_data.synthesize.rules.receivers import instrumented, sites_of
from recode_data.synthesize.rules.recipes import Recipe
from recode_data.synthesize.rules.source import Use
from recode_data.synthesize.usage import Example, Snippet, Target, snippets

BASES = 24
"""Programs that are rewritten for one recipe at most."""
ENOUGH = 120
"""Programs that are cut for one recipe before the best are chosen."""
PLACES = {"docstring": 0, "docs": 1, "test": 2}
_WORD = re.compile(r"\w+")


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
    """The harvested examples, found again by the words in them."""

    def __init__(self, examples: Iterable[Example]) -> None:
        self.by_word: dict[str, list[Example]] = {}
        for example in examples:
            body = example.statements[example.context :]
            text = " ".join(statement.source for statement in body)
            for word in sorted(set(_WORD.findall(text))):
                self.by_word.setdefault(word, []).append(example)

    def bases(self, recipe: Recipe) -> list[Base]:
        """Return the programs around uses of the recipe's symbol, the best first."""
        found: dict[str, Snippet] = {}
        target = Target(recipe.hit, recipe.leaf)
        for example in self.by_word.get(recipe.leaf, ())[:400]:
            if recipe.keyword and not any(recipe.keyword in s.source for s in example.statements):
                continue
            for snippet in snippets(example, target):
                found.setdefault(snippet.code, snippet)
            if len(found) >= ENOUGH:
                break
        ranked = sorted(
            enumerate(found.values()), key=lambda pair: (_rank(pair[1], recipe), pair[0])
        )
        return [Base(recipe, snippet) for _, snippet in _spread(ranked)][:BASES]


def _rank(snippet: Snippet, recipe: Recipe) -> int:
    """Order by what reads best: examples of the symbol itself, then short programs."""
    lines = snippet.code.count("\n")
    own = snippet.title.rpartition(".")[2] == recipe.leaf or recipe.leaf in snippet.title
    return PLACES[snippet.place] * 3 + lines - 6 * own + (20 if lines > 24 else 0)


def _spread(ranked: list[tuple[int, Snippet]]) -> list[tuple[int, Snippet]]:
    """Take from every place before a second one from the same, so that programs differ."""
    rounds: dict[str, int] = {}
    numbered = []
    for order, (number, snippet) in enumerate(ranked):
        place = snippet.location.partition(":")[2].rpartition("/")[2]
        turn = rounds[place] = rounds.get(place, -1) + 1
        numbered.append(((turn // 2, order), (number, snippet)))
    return [pair for _, pair in sorted(numbered, key=lambda item: item[0])]


def receiver_jobs(bases: Iterable[Base], environments: Mapping[str, Environment]) -> dict[str, Job]:
    """Return the runs that show the receivers of member uses, by the program's code."""
    jobs: dict[str, Job] = {}
    for base in bases:
        if base.recipe.member:
            side = "new" if base.recipe.side == "new" else "old"
            code = instrumented(base.snippet.code, base.recipe.leaf)
            jobs[base.snippet.code] = Job(code, environments[side])
    return jobs


def rewritten(base: Base, seen: Run | None) -> Iterator[Candidate]:
    """Yield what the recipe makes of a program; nothing when it does not fit it."""
    use = Use(base.recipe.symbol)
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
        yield Candidate(base, old_code, new_code)


@lru_cache(maxsize=50_000)
def shingles(code: str) -> frozenset[tuple[str, ...]]:
    """Return the runs of three words of a program, local names all alike."""
    tree = ast.parse(code)
    local = {
        n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    words = ["_" if word in local else word for word in _WORD.findall(ast.unparse(tree))]
    return frozenset(zip(words, words[1:], words[2:], strict=False))


def alike(one: Candidate | Entry, other: Candidate | Entry, most: float = 0.7) -> bool:
    """Tell whether two candidates would count as near duplicates."""
    first = shingles(one.old_code) | shingles(one.new_code)
    second = shingles(other.old_code) | shingles(other.new_code)
    return len(first & second) > most * len(first | second)
