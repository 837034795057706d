"""Two versions of one example: documentation exists once per release, and where its authors
changed an example themselves, both halves are code that people wrote.

Examples are paired by where they stand, their statements are aligned, and around each changed
statement a program is cut out of either half.
"""

from __future__ import annotations

import ast
import multiprocessing
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import chain
from pathlib import Path
from typing import TypeAlias

from recode_data.library import Library
from recode_data.usage.dependences import Line, line_of
from recode_data.usage.example import Example, Import, Snippet, Wanted
from recode_data.usage.harvest import (
    end_with_parent,
    examples_in,
    installed_files,
    is_test,
    matches,
    text_files,
)
from recode_data.usage.imports import (
    Conventions,
    conventions,
    qualified,
    read_imports,
    use_conventions,
)
from recode_data.usage.slicing import cut

MOST = 4
"""Programs that are cut from one pair of examples."""
ALIKE = 0.5
"""How alike two statements must be to be one that was changed."""
LIKE = 0.7
"""How alike two examples at different places must be to be one that was moved."""
LONGEST = 400
"""Statements of an example; a longer one is a page of many, and its alignment is slow."""
_CODE = re.compile(r"^[ \t]*(?:>>>|\.\.\.) ?(.*)$", re.MULTILINE)
_IMPORT = re.compile(r"\s*(?:import|from)\s")
Difference: TypeAlias = "tuple[frozenset[str], frozenset[str]]"


@dataclass(frozen=True)
class Edition:
    """One version's documentation: an unpacked wheel, or a source distribution."""

    version: str
    place: Path
    """The folder that the packages lie in, or the archive."""


@dataclass(frozen=True)
class ProgramPair:
    """The two programs that show one statement of an example before and after its change."""

    old_version: str
    new_version: str
    old: Snippet
    new: Snippet
    gone: frozenset[str]
    """What of an API only the old program has: see `api_uses`."""
    come: frozenset[str]
    """What only the new one has."""


@dataclass(frozen=True)
class _Task:
    name: str
    packages: tuple[str, ...]
    tests: tuple[str, ...]
    docs: tuple[str, ...]
    row: tuple[Edition, ...]
    conventions: Conventions


def program_pairs(
    library: Library, rows: Iterable[Sequence[Edition]], jobs: int = 1
) -> list[ProgramPair]:
    """Return the programs around every statement of an example that changed its use of an API
    between two editions that follow each other in one of ``rows``, in their order."""
    usage = library.usage
    tasks = [
        _Task(
            library.name,
            library.packages,
            tuple(usage.tests),
            tuple(usage.docs),
            tuple(part),
            conventions(),
        )
        for row in rows
        for part in _parts(row, jobs)
    ]
    if jobs <= 1 or len(tasks) <= 1:
        return [pair for task in tasks for pair in _changed(task)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(jobs, len(tasks)), context, end_with_parent) as pool:
        return list(chain.from_iterable(pool.map(_changed, tasks)))


def _parts(row: Sequence[Edition], jobs: int) -> Iterator[Sequence[Edition]]:
    """Divide a row between workers, the last edition of a part being the first of the next:
    each is read once in a part."""
    steps = len(row) - 1
    size = max(1, -(-steps // max(1, jobs)))
    for start in range(0, steps, size):
        yield row[start : start + size + 1]


def _changed(task: _Task) -> list[ProgramPair]:
    use_conventions(task.conventions)
    found: list[ProgramPair] = []
    old, before = task.row[0], _texts(task, task.row[0])
    for new in task.row[1:]:
        after = _texts(task, new)
        found += _changed_between(task, (old, before), (new, after))
        old, before = new, after
    return found


Texts: TypeAlias = "tuple[Edition, Mapping[str, str]]"
"""An edition, and its files that may hold examples, by path."""


def _changed_between(task: _Task, old: Texts, new: Texts) -> list[ProgramPair]:
    (earlier, before), (later, after) = old, new
    moved = before.keys() ^ after.keys()
    halves = [
        list(_read(task, earlier, before, after, moved)),
        list(_read(task, later, after, before, moved)),
    ]
    found: dict[tuple[str, str], ProgramPair] = {}
    for one, other in paired(halves[0], halves[1], moved):
        for pair in pairs_of(earlier.version, later.version, one, other):
            found.setdefault((pair.old.code, pair.new.code), pair)
    return list(found.values())


def _texts(task: _Task, edition: Edition) -> dict[str, str]:
    """Return what of an edition's files may hold examples, by path: the modules of a folder,
    the documentation of an archive."""
    if edition.place.is_dir():
        files = installed_files(edition.place, task.packages)
        found = ((path, text) for path, text in files if ">>>" in text)
    else:
        files = text_files(edition.place)
        found = ((path, text) for path, text in files if matches(path, task.docs))
    return {path: text for path, text in sorted(found) if not is_test(path, task.tests)}


def _read(
    task: _Task,
    edition: Edition,
    texts: Mapping[str, str],
    others: Mapping[str, str],
    moved: Collection[str],
) -> Iterator[Example]:
    """Yield the examples with code that the other edition's file does not show; what moved is
    held against all that moved."""
    label = f"{task.name}-{edition.version}"
    elsewhere = {line for path in moved if path in others for line in _code(others[path])}
    for path, text in texts.items():
        fresh = Fresh(set(_code(text)) - (set(_code(others.get(path, ""))) or elsewhere))
        if fresh.lines:
            yield from examples_in(path, text, label, task.packages, task.tests, task.docs, fresh)


def _code(text: str) -> list[str]:
    """Return the lines of code that a text shows but imports; a text without prompts is code,
    or code in blocks, as it is."""
    shown = _CODE.findall(text) if ">>>" in text else text.split("\n")
    lines = map(str.strip, shown)
    return [line for line in lines if line and not _IMPORT.match(line)]


class Fresh(Wanted):
    """Wants texts that show one of ``lines`` of code."""

    def __init__(self, lines: Collection[str]) -> None:
        super().__init__(())
        self.lines = frozenset(lines)

    def search(self, text: str) -> bool:
        return not self.lines.isdisjoint(_code(text))


def paired(
    old: Iterable[Example], new: Iterable[Example], moved: Iterable[str] = ()
) -> Iterator[tuple[Example, Example]]:
    """Yield the examples that stand at the same place in both editions and are not the same.

    What has no counterpart there is paired with the most similar one that has none either: of
    the same file, where the object was renamed, or of the same title, where its file is only in
    one of the editions (``moved``).
    """
    files = set(moved)
    before, after = _by_place(old), _by_place(new)
    left: dict[str, list[Example]] = defaultdict(list)
    for place, example in after.items():
        if place not in before:
            file = place.partition("::")[0]
            left[example.title if file in files else file].append(example)
    for place, example in before.items():
        other = after.get(place)
        if other is None:
            file = place.partition("::")[0]
            other = _likest(example, left[example.title if file in files else file])
        if other is not None and _sources(example) != _sources(other):
            yield example, other


def _likest(example: Example, others: Iterable[Example]) -> Example | None:
    """Return the most similar example, None where none is similar."""
    text = "\n".join(_sources(example))
    best, found = LIKE, None
    for other in others:
        matcher = SequenceMatcher(None, text, "\n".join(_sources(other)), autojunk=False)
        if matcher.real_quick_ratio() > best and matcher.quick_ratio() > best:
            likeness = matcher.ratio()
            if likeness > best:
                best, found = likeness, other
    return found


def _by_place(examples: Iterable[Example]) -> dict[str, Example]:
    found: dict[str, Example] = {}
    for example in examples:
        place = example.location.partition(":")[2]
        if place not in found and len(example.statements) <= LONGEST:
            found[place] = example
    return found


def _sources(example: Example) -> list[str]:
    return [statement.source for statement in example.statements]


def pairs_of(
    old_version: str, new_version: str, old: Example, new: Example
) -> Iterator[ProgramPair]:
    """Yield the programs around the statements of two examples that use an API otherwise, at
    most `MOST`; of changes that are alike the first."""
    before, after = [line_of(s) for s in old.statements], [line_of(s) for s in new.statements]
    seen: set[Difference] = set()
    for one, other in _changed_lines(before, after):
        nodes = _differing(before[one].node, after[other].node)
        halves = [
            cut(example, lines, index, hits)
            for example, lines, index, hits in zip(
                (old, new), (before, after), (one, other), nodes, strict=True
            )
        ]
        if halves[0] is None or halves[1] is None:
            continue
        gone, come = difference(halves[0].code, halves[1].code)
        if not (gone or come) or (gone, come) in seen:
            continue
        seen.add((gone, come))
        yield ProgramPair(old_version, new_version, halves[0], halves[1], gone, come)
        if len(seen) >= MOST:
            return


def _changed_lines(before: list[Line], after: list[Line]) -> Iterator[tuple[int, int]]:
    """Yield the positions of the statements that one was changed to the other."""
    keys = [[ast.unparse(line.node) for line in lines] for lines in (before, after)]
    matcher = SequenceMatcher(None, keys[0], keys[1], autojunk=False)
    for tag, a1, a2, b1, b2 in matcher.get_opcodes():
        if tag != "replace":
            continue
        start = b1
        for one in range(a1, a2):
            options = [(_alike(keys[0][one], keys[1][n]), -n) for n in range(start, b2)]
            likeness, place = max(options, default=(0.0, 0))
            if likeness >= ALIKE or (a2 - a1 == b2 - b1 == 1):
                yield one, -place
                start = -place + 1


def _alike(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _differing(old: ast.stmt, new: ast.stmt) -> tuple[list[ast.AST], list[ast.AST]]:
    """Return the smallest expressions of each statement that the other does not have."""
    dumps = [Counter(ast.dump(node) for node in ast.walk(root)) for root in (old, new)]
    return _only_in(old, dumps[1]), _only_in(new, dumps[0])


def _only_in(root: ast.stmt, others: Counter[str]) -> list[ast.AST]:
    missing = [
        node
        for node in ast.walk(root)
        if isinstance(node, ast.expr) and ast.dump(node) not in others
    ]
    inner = {
        id(node)
        for node in missing
        if any(child in missing for child in ast.walk(node) if child is not node)
    }
    return [node for node in missing if id(node) not in inner] or [root]


def difference(old: str, new: str) -> Difference:
    """Return what of an API only the one and only the other of two programs uses."""
    before, after = api_uses(old), api_uses(new)
    return frozenset((before - after).keys()), frozenset((after - before).keys())


def api_uses(code: str) -> Counter[str]:
    """Return how often a program uses what may be part of an API: paths that it imports
    (``numpy.prod``), attributes of values (``.ptp``), keywords (``sum(axis=)``), the plain
    values that are given for them (``sum(axis=None)``), how many arguments are given by
    position (``sum(#2)``), and builtins (``int``)."""
    tree = ast.parse(code)
    imports = read_imports(node for node in tree.body if isinstance(node, ast.stmt))
    found: Counter[str] = Counter()
    bound = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and _stores(n)}
    inner = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            found.update(_arguments(node, imports))
        if isinstance(node, ast.Attribute):
            path = qualified(node, imports)
            if path and id(node) not in inner:
                found[path] += 1
            elif not path:
                found[f".{node.attr}"] += 1
        elif isinstance(node, ast.Name) and id(node) not in inner and not _stores(node):
            if node.id in imports:
                found[imports[node.id].path] += 1
            elif node.id not in bound:
                found[node.id] += 1
    return found


def _stores(node: ast.Name) -> bool:
    return not isinstance(node.ctx, ast.Load)


def _arguments(call: ast.Call, imports: dict[str, Import]) -> Iterator[str]:
    path = qualified(call.func, imports)
    leaf = path or ast.unparse(call.func).rpartition(".")[2]
    if not re.fullmatch(r"[\w.]+", leaf) or leaf == "print":
        return
    if call.args:
        yield f"{leaf}(#{len(call.args)})"
    for word in call.keywords:
        if word.arg:
            yield f"{leaf}({word.arg}=)"
            if isinstance(word.value, ast.Constant) and not _is_number(word.value):
                yield f"{leaf}({word.arg}={word.value.value!r})"
    for number, value in enumerate(call.args):
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield f"{leaf}(#{number}={value.value!r})"


def _is_number(node: ast.Constant) -> bool:
    return isinstance(node.value, int | float | complex) and not isinstance(node.value, bool)
