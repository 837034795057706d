"""Where two programs differ, and what they have in common around it.

The old and the new code of a migration are one program but for the places that the update
changed. Aligning their syntax trees finds these places, and the expressions around each
that both programs share: what flows through those must be the same in both. Local
variables may have other names.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache
from types import MappingProxyType

from recode_data.judge.trees import walk

Pair = tuple[ast.expr, ast.expr]
TREES = 256
"""Trees whose names are remembered: a verdict asks for those of its few programs many times."""
_OPERATORS = (ast.operator, ast.unaryop, ast.boolop)


@dataclass(slots=True)
class Site:
    """One place where the programs differ; a side is `None` where it has nothing there."""

    old: ast.AST | None
    new: ast.AST | None
    levels: list[Pair] = field(default_factory=list)
    """Expressions around the place that both programs have, outermost first; the last one
    is the place itself where both sides are expressions."""
    old_statement: ast.stmt | None = None
    new_statement: ast.stmt | None = None
    keyword: str = ""
    """The keyword that the place is the value of, if any."""


@dataclass(slots=True)
class Alignment:
    """Two parsed programs and the places where they differ."""

    old: ast.Module
    new: ast.Module
    sites: list[Site]
    renamed: dict[str, str] = field(default_factory=dict)
    """What the new program calls the old one's variables, where it calls them otherwise."""


def align(old: str, new: str) -> Alignment:
    """Return the alignment of two programs; raises what `ast.parse` raises."""
    trees = ast.parse(old), ast.parse(new)
    aligner = _Aligner(local_names(trees[0]), local_names(trees[1]))
    aligner.modules = module_names(trees[0]), module_names(trees[1])
    aligner.block(trees[0].body, trees[1].body)
    other = {old: new for old, new in aligner.renamed.items() if old != new}
    return Alignment(trees[0], trees[1], aligner.sites, other)


@lru_cache(maxsize=TREES)
def local_names(tree: ast.AST) -> frozenset[str]:
    """Return the names that a program gives to its own values, functions and classes."""
    found: set[str] = set()
    for node in walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ExceptHandler):
            found |= {node.name} if node.name else set()
    return frozenset(found)


class _Aligner:
    """Descends two trees together as long as they agree, and writes down where they part."""

    def __init__(self, old_locals: frozenset[str], new_locals: frozenset[str]) -> None:
        self.locals = old_locals, new_locals
        self.modules: tuple[Mapping[str, str], Mapping[str, str]] = {}, {}
        self.renamed: dict[str, str] = {}
        self.sites: list[Site] = []
        self.keyword = ""
        self.statements: tuple[ast.stmt | None, ast.stmt | None] = (None, None)

    def block(self, old: Sequence[ast.stmt], new: Sequence[ast.stmt]) -> None:
        """Align two lists of statements: equal ones first, then what lies between them."""
        keys = [self._key(node, 0) for node in old], [self._key(node, 1) for node in new]
        matcher = SequenceMatcher(None, *keys, autojunk=False)
        for word, a, b, c, d in matcher.get_opcodes():
            if word == "equal":
                for left, right in zip(old[a:b], new[c:d], strict=True):
                    self._statement(left, right)
            elif word == "replace":
                self._replaced(old[a:b], new[c:d])
            else:
                self._alone(old[a:b], new[c:d])

    def _replaced(self, old: Sequence[ast.stmt], new: Sequence[ast.stmt]) -> None:
        """Pair what was replaced: like statement with like, in order, the rest alone."""
        if len(new) == 1 and (body := _wrapped(new[0], old)):
            self.sites.append(Site(None, new[0], [], None, new[0]))
            self.block(old, body)
            return
        position = 0
        for left in old:
            partner = next(
                (i for i in range(position, len(new)) if _like(left, new[i], self.locals)), None
            )
            if partner is None:
                self._alone([left], [])
                continue
            self._alone([], new[position:partner])
            self._statement(left, new[partner])
            position = partner + 1
        self._alone([], new[position:])

    def _alone(self, old: Sequence[ast.stmt], new: Sequence[ast.stmt]) -> None:
        for index in range(max(len(old), len(new))):
            left = old[index] if index < len(old) else None
            right = new[index] if index < len(new) else None
            around = left or self.statements[0], right or self.statements[1]
            self.sites.append(Site(left, right, [], *around))

    def _statement(self, old: ast.stmt, new: ast.stmt) -> None:
        before, self.statements = self.statements, (old, new)
        self._node(old, new, [])
        self.statements = before

    def _node(self, old: ast.AST, new: ast.AST, levels: list[Pair]) -> None:
        if type(old) is not type(new) or not self._same_head(old, new):
            self._part(old, new, levels)
            return
        if isinstance(old, ast.expr) and isinstance(new, ast.expr):
            levels = [*levels, (old, new)]
        if isinstance(old, ast.Call) and isinstance(new, ast.Call):
            self._call(old, new, levels)
            return
        for name in old._fields:
            self._field(getattr(old, name, None), getattr(new, name, None), levels)

    def _field(self, old: object, new: object, levels: list[Pair]) -> None:
        if isinstance(old, list) and isinstance(new, list):
            if _statements(old) or _statements(new):
                self.block(old, new)
                return
            for left, right in zip(old, new, strict=True):
                self._field(left, right, levels)
        elif isinstance(old, ast.AST) and isinstance(new, ast.AST):
            self._node(old, new, levels)

    def _call(self, old: ast.Call, new: ast.Call, levels: list[Pair]) -> None:
        """The function, the arguments; where those are not passed alike, the call is the place."""
        function = old.func, new.func
        if all(isinstance(part, ast.Attribute) for part in function):
            # What a method is called on has a value of its own, the method has none.
            self._node(old.func.value, new.func.value, levels)  # type: ignore[attr-defined]
        for left, right in zip(old.args, new.args, strict=True):
            self._node(left, right, levels)
        by_name = {part.arg: part.value for part in new.keywords}
        for part in old.keywords:
            before, self.keyword = self.keyword, part.arg or ""
            self._node(part.value, by_name[part.arg], levels)
            self.keyword = before

    def _same_head(self, old: ast.AST, new: ast.AST) -> bool:
        """Return whether two nodes of one type are the same but for their children."""
        if isinstance(old, ast.Name) and isinstance(new, ast.Name):
            return self._same_name(old.id, new.id)
        if isinstance(old, ast.arg) and isinstance(new, ast.arg):
            return self._same_name(old.arg, new.arg)
        if isinstance(old, ast.Call) and isinstance(new, ast.Call):
            return self._same_call(old, new)
        if isinstance(old, ast.Attribute) and isinstance(new, ast.Attribute):
            return old.attr == new.attr and self._same_path(old, new)
        return all(
            self._same_part(name, getattr(old, name, None), getattr(new, name, None))
            for name in old._fields
        )

    def _same_part(self, name: str, left: object, right: object) -> bool:
        """Return whether a field is the same in two nodes but for what stands in it."""
        if name == "ops" and isinstance(left, list) and isinstance(right, list):
            return list(map(type, left)) == list(map(type, right))
        if isinstance(left, list) and isinstance(right, list):
            return len(left) == len(right) or _statements(left) or _statements(right)
        if isinstance(left, ast.AST) and isinstance(right, ast.AST):
            return type(left) is type(right) or not isinstance(left, _OPERATORS)
        if name == "name" and isinstance(left, str) and isinstance(right, str):
            return self._same_name(left, right)
        return left == right and type(left) is type(right)

    def _same_call(self, old: ast.Call, new: ast.Call) -> bool:
        """Return whether both call the same thing with arguments passed in the same way."""
        left, right = old.func, new.func
        if type(left) is not type(right) or len(old.args) != len(new.args):
            return False
        if {part.arg for part in old.keywords} != {part.arg for part in new.keywords}:
            return False
        if any(part.arg is None for part in [*old.keywords, *new.keywords]):
            return ast.dump(old) == ast.dump(new)
        if isinstance(left, ast.Attribute) and isinstance(right, ast.Attribute):
            return left.attr == right.attr and self._same_path(left, right)
        if isinstance(left, ast.Name) and isinstance(right, ast.Name):
            return self._same_name(left.id, right.id)
        return ast.dump(left) == ast.dump(right)

    def _same_path(self, old: ast.Attribute, new: ast.Attribute) -> bool:
        """Return whether two attributes are of the same module, where they are of modules."""
        left, right = dotted(old, self.modules[0]), dotted(new, self.modules[1])
        return left == right or not (left and right)

    def _same_name(self, old: str, new: str) -> bool:
        """Names of the programs' own may differ, if one always stands for the other; those of
        modules, if they are of the same one."""
        if old in self.modules[0] and new in self.modules[1]:
            return old == new or self.modules[0][old] == self.modules[1][new]
        if old not in self.locals[0] or new not in self.locals[1]:
            return old == new
        return self.renamed.setdefault(old, new) == new

    def _part(self, old: ast.AST, new: ast.AST, levels: list[Pair]) -> None:
        if isinstance(old, ast.expr) and isinstance(new, ast.expr):
            levels = [*levels, (old, new)]
        self.sites.append(Site(old, new, levels, *self.statements, self.keyword))

    def _key(self, node: ast.stmt, side: int) -> str:
        return _anonymous(node, self.locals[side])


def _wrapped(new: ast.stmt, old: Sequence[ast.stmt]) -> list[ast.stmt] | None:
    """Return the statements in a block that was put around those of the old program."""
    if isinstance(new, ast.With | ast.Try) and not any(isinstance(o, type(new)) for o in old):
        return new.body
    return None


@lru_cache(maxsize=TREES)
def module_names(tree: ast.AST) -> Mapping[str, str]:
    """Return what each name that an import binds stands for, as a dotted path."""
    found: dict[str, str] = {}
    for node in walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name if alias.asname else alias.name.partition(".")[0]
                found[alias.asname or top] = top
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return MappingProxyType(found)


def dotted(node: ast.Attribute, modules: Mapping[str, str]) -> str:
    """Return the path that an attribute names, empty when it begins at no module."""
    parts = [node.attr]
    below: ast.expr = node.value
    while isinstance(below, ast.Attribute):
        parts.append(below.attr)
        below = below.value
    if not isinstance(below, ast.Name) or below.id not in modules:
        return ""
    return ".".join([modules[below.id], *reversed(parts)])


def _statements(part: list[object]) -> bool:
    return bool(part) and isinstance(part[0], ast.stmt)


def _like(old: ast.stmt, new: ast.stmt, local: tuple[frozenset[str], frozenset[str]]) -> bool:
    """Return whether a statement may have become another: the same form, the same targets."""
    if type(old) is not type(new):
        return False
    if isinstance(old, ast.Assign) and isinstance(new, ast.Assign):
        left = [_anonymous(part, local[0]) for part in old.targets]
        return left == [_anonymous(part, local[1]) for part in new.targets]
    return True


def _anonymous(node: ast.AST, local: frozenset[str]) -> str:
    """Return a statement as text in which the program's own names are all alike."""
    parts: list[str] = []
    waiting: list[object] = [node]
    while waiting:
        item = waiting.pop()
        if isinstance(item, ast.Name):
            parts.append("_" if item.id in local else item.id)
        elif isinstance(item, ast.arg):
            parts.append("_")
        elif isinstance(item, ast.AST):
            parts.append(type(item).__name__)
            waiting.extend(value for _, value in ast.iter_fields(item))
        elif isinstance(item, list):
            parts.append(f"[{len(item)}")
            waiting.extend(item)
        else:
            parts.append(repr(item))
    return " ".join(parts)


def bound_from_sites_on(alignment: Alignment) -> frozenset[str]:
    """Return the names that both programs give to values at the first place where they differ
    or behind it."""
    found = []
    for tree, side in ((alignment.old, "old_statement"), (alignment.new, "new_statement")):
        statements = [getattr(site, side) for site in alignment.sites]
        plain = [node for node in statements if not isinstance(node, ast.Import | ast.ImportFrom)]
        first = min((node.lineno for node in plain if node is not None), default=1)
        later = [node for node in tree.body if (node.end_lineno or 0) >= first]
        found.append({name for node in later for name in local_names(node)})
    return frozenset(found[0] & found[1])


def only_moved(alignment: Alignment) -> bool:
    """Return whether two programs take the same things from another place: they differ in what
    they import, and in the modules that they take names of, and in nothing else."""
    imports = ast.Import | ast.ImportFrom | ast.alias | None
    return all(
        (isinstance(site.old, imports) and isinstance(site.new, imports)) or _same_but_module(site)
        for site in alignment.sites
    )


def _same_but_module(site: Site) -> bool:
    old, new = site.old, site.new
    if isinstance(old, ast.Call) and isinstance(new, ast.Call):
        rest = [ast.dump(ast.Call(ast.Name(""), part.args, part.keywords)) for part in (old, new)]
        return rest[0] == rest[1] and _last(old.func) == _last(new.func) != ""
    return (
        isinstance(old, ast.expr) and isinstance(new, ast.expr) and _last(old) == _last(new) != ""
    )


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def covers(outer: ast.AST, line: int, column: int) -> bool:
    """Return whether a position stands within ``outer``."""
    start = (getattr(outer, "lineno", 0), getattr(outer, "col_offset", 0))
    end = (getattr(outer, "end_lineno", 0) or 0, getattr(outer, "end_col_offset", 0) or 0)
    return start <= (line, column) < end


@lru_cache(maxsize=TREES)
def static_paths(tree: ast.Module) -> frozenset[str]:
    """Return the paths that a program names, whether it comes to them or not."""
    modules = module_names(tree)
    found = {
        path
        for node in walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for path in imported_paths(node)
    }
    for node in walk(tree):
        if isinstance(node, ast.Attribute) and (path := dotted(node, modules)):
            found.add(path)
    return frozenset(found)


def imported_paths(node: ast.Import | ast.ImportFrom) -> set[str]:
    """Return the paths that an import names: modules, and what is taken of them."""
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    return {f"{node.module}.{alias.name}" for alias in node.names} | {node.module or ""}


def written_names(tree: ast.Module) -> set[str]:
    """Return the attributes that a program takes and the last names of what it imports."""
    attributes = {node.attr for node in walk(tree) if isinstance(node, ast.Attribute)}
    return attributes | {path.rpartition(".")[2] for path in module_names(tree).values()}
