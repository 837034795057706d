"""How often a program uses which names of other packages: counted without running it."""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterator

CALL = "()"
"""Stands in the place of a keyword for a call of the name."""
ANY = "*"
"""Stands in a path for a receiver whose class is not known: ``pandas.*.append``."""
_OWN = {"self", "cls"}
Use = tuple[str, str]
"""A path, and a keyword of its call, `CALL`, or nothing for the name itself."""


def uses_of(code: str) -> Counter[Use]:
    """Return how often a program uses each name of a package that is none of Python's own.

    A name counts by the path that its import tells, and a member of an object that is no module
    once for each package that the program imports, with `ANY` before its name. Raises what
    `ast.parse` raises.
    """
    tree = ast.parse(code)
    names = dict(_imported(tree))
    roots = sorted({path.partition(".")[0] for path in names.values()})
    counts: Counter[Use] = Counter()
    if not roots:
        return counts
    inside: set[int] = set()
    called: dict[int, ast.Call] = {}
    for node in ast.walk(tree):  # what holds a node comes before it
        if isinstance(node, ast.Call):
            called[id(node.func)] = node
        if not isinstance(node, ast.Attribute | ast.Name) or id(node) in inside:
            continue
        chain = list(_chain(node))
        inside.update(map(id, chain))
        first = chain[-1]
        if isinstance(first, ast.Name) and first.id in names:
            paths = [".".join([names[first.id], *(_attribute(part) for part in chain[-2::-1])])]
            _count(counts, paths, called.get(id(node)))
            continue
        own = isinstance(first, ast.Name) and first.id in _OWN
        for part in chain[: -2 if own else None]:
            if isinstance(part, ast.Attribute) and not part.attr.startswith("_"):
                paths = [f"{root}.{ANY}.{part.attr}" for root in roots]
                _count(counts, paths, called.get(id(part)))
    return counts


def _count(counts: Counter[Use], paths: list[str], call: ast.Call | None) -> None:
    keywords = [word.arg for word in call.keywords if word.arg] if call else []
    for path in paths:
        counts.update([(path, ""), *((path, word) for word in keywords)])
        counts.update([(path, CALL)] if call else [])


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield the names that imports bind, and the paths that they stand for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if _is_foreign(alias.name):
                    top = alias.name.partition(".")[0]
                    yield (alias.asname, alias.name) if alias.asname else (top, top)
        elif isinstance(node, ast.ImportFrom) and not node.level and _is_foreign(node.module or ""):
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _is_foreign(module: str) -> bool:
    return module.partition(".")[0] not in sys.stdlib_module_names


def _chain(node: ast.expr) -> Iterator[ast.expr]:
    """Yield the attributes of ``a.b.c`` from the last on, then what they are taken of."""
    while isinstance(node, ast.Attribute):
        yield node
        node = node.value
    yield node


def _attribute(node: ast.expr) -> str:
    assert isinstance(node, ast.Attribute)
    return node.attr
