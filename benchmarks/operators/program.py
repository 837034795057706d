"""One of the two programs of an entry, and what differs in it from the other one."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from typing import Any, TypeAlias

Path: TypeAlias = tuple[tuple[str, int | None], ...]
"""The way from a module to a node: a field, and an index where the field is a list."""

IMPORTS = (ast.Import, ast.ImportFrom)
SIMPLE = (ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign)
SCOPES = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda,
    ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
)  # fmt: skip
DYNAMIC = {"exec", "eval", "globals", "locals", "vars", "dir", "compile", "__import__", "stdout"}
"""Names with which a program can see its own names, or print without ``print``."""
PARTIAL = {"len", "type", "isinstance", "hasattr", "callable", "id", "bool"}
"""Builtins whose result tells little of their argument."""


@dataclass(frozen=True)
class Program:
    """A program, the other one of its entry, and what it prints in its own version."""

    code: str
    other: str
    stdout: str
    new_version: str = ""
    """The version in which the update is seen."""

    def tree(self) -> ast.Module:
        """Return a new tree, which the caller may change."""
        return ast.parse(self.code)

    @property
    def printed(self) -> str:
        """The printed text without its last line break."""
        return self.stdout.removesuffix("\n")

    @cached_property
    def dynamic(self) -> bool:
        """Whether the program looks at its own names or prints in another way."""
        tree = self.tree()
        starred = any(
            alias.name == "*"
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        )
        return starred or bool(identifiers(tree) & DYNAMIC)

    @cached_property
    def straight(self) -> bool:
        """Whether every statement runs exactly once, in the one scope of the module."""
        unusual = (
            ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.Global,
            ast.If, ast.IfExp, ast.Try, ast.For, ast.While, ast.Delete, ast.NamedExpr,
        )  # fmt: skip
        return not self.dynamic and not any(isinstance(n, unusual) for n in ast.walk(self.tree()))

    @cached_property
    def replaced(self) -> Path | None:
        """The call (or expression) in which the other program differs first, if it is one."""
        mine, theirs = self.tree(), ast.parse(self.other)
        pairs = changed_statements(mine, theirs)
        if pairs is None:
            return None
        for i, j in pairs:
            path = next(differences(mine.body[i], theirs.body[j]), None)
            if path is not None:
                return enclosing_call(mine, (("body", i), *path))
        return self._imported(mine, theirs)

    @cached_property
    def statement(self) -> int | None:
        """Index of the simple top-level statement in which the replaced expression is
        evaluated once, None where there is none."""
        if self.replaced is None:
            return None
        tree = self.tree()
        index = self.replaced[0][1]
        assert index is not None
        passed = [resolve(tree, self.replaced[:n]) for n in range(1, len(self.replaced))]
        fine = isinstance(tree.body[index], SIMPLE) and not any(
            isinstance(node, (*SCOPES, ast.IfExp, ast.BoolOp)) for node in passed
        )
        return index if fine else None

    @cached_property
    def shows_result(self) -> bool:
        """Whether the result of the replaced expression is printed as a whole, as far as the
        statements of the top level tell."""
        if self.statement is None or not self.stdout.strip():
            return False
        tree = self.tree()
        source = resolve(tree, self.replaced or ())
        names: set[str] = set()
        for statement in tree.body[self.statement :]:
            carries = [
                child
                for child in ast.iter_child_nodes(statement)
                if isinstance(child, ast.expr) and carried(child, source, names)
            ]
            if carries and is_print(statement):
                return True
            if carries and isinstance(statement, ast.Assign):
                names |= {target.id for target in statement.targets if isinstance(target, ast.Name)}
        return False

    @cached_property
    def prints(self) -> list[int] | None:
        """Indices of the printing statements, None when anything else prints too."""
        tree = self.tree()
        found = [i for i, statement in enumerate(tree.body) if is_print(statement)]
        calls = sum(isinstance(n, ast.Name) and n.id == "print" for n in ast.walk(tree))
        return found if calls == len(found) and not self.dynamic else None

    def _imported(self, mine: ast.Module, theirs: ast.Module) -> Path | None:
        before, after = imported(theirs), imported(mine)
        other = {name for name, full in after.items() if before.get(name) != full}
        for path, node in walk(mine):
            if isinstance(node, ast.Name) and node.id in other:
                return enclosing_call(mine, path)
        return None


def source(tree: ast.AST) -> str:
    """Return the text of ``tree``, with the line break that ends a file."""
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def identifiers(tree: ast.AST) -> set[str]:
    """Return every name, attribute, keyword and parameter in ``tree``."""
    found: set[str] = set()
    for node in ast.walk(tree):
        for field in ("id", "attr", "arg", "name", "asname"):
            value = getattr(node, field, None)
            if isinstance(value, str):
                found |= set(value.split("."))
    return found


def free_name(tree: ast.AST, wish: str) -> str:
    """Return ``wish``, with a number behind it when ``tree`` uses it already."""
    used, name, number = identifiers(tree), wish, 2
    while name in used or hasattr(builtins, name):
        name, number = f"{wish}_{number}", number + 1
    return name


def stored(tree: ast.AST) -> set[str]:
    """Return the names that anything in ``tree`` assigns to."""
    return {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def imported(tree: ast.Module) -> dict[str, str]:
    """Return what each name that an import of the top level binds stands for."""
    found: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name.split(".")[0]
                found[name] = alias.name if alias.asname else name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return found


def is_print(statement: ast.AST) -> bool:
    """Whether ``statement`` is a call of ``print`` with nothing but plain arguments."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(call := statement.value, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "print"
        and not call.keywords
        and bool(call.args)
        and not any(isinstance(argument, ast.Starred) for argument in call.args)
    )


def header(tree: ast.Module) -> int:
    """Return how many statements the docstring and the imports at the top are."""
    count = 0
    for statement in tree.body:
        text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if not (isinstance(statement, IMPORTS) or (count == 0 and text)):
            break
        count += 1
    return count


def future(tree: ast.Module) -> int:
    """Return the index of the first statement that another one may stand before."""
    count = 0
    for index, statement in enumerate(tree.body[: header(tree)]):
        docstring = index == 0 and isinstance(statement, ast.Expr)
        if docstring or (
            isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
        ):
            count = index + 1
    return count


def resolve(tree: ast.AST, path: Path) -> Any:
    """Return the node at ``path``."""
    node: Any = tree
    for field, index in path:
        node = getattr(node, field)
        node = node if index is None else node[index]
    return node


def put(tree: ast.AST, path: Path, node: ast.AST) -> None:
    """Set the node at ``path``."""
    *way, (field, index) = path
    parent = resolve(tree, tuple(way))
    if index is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[index] = node


def walk(node: ast.AST, path: Path = ()) -> Iterator[tuple[Path, ast.AST]]:
    """Yield every node below ``node`` with its path, in the order of the text."""
    yield path, node
    for field, value in ast.iter_fields(node):
        if isinstance(value, ast.AST):
            yield from walk(value, (*path, (field, None)))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, ast.AST):
                    yield from walk(item, (*path, (field, index)))


def differences(one: ast.AST, two: ast.AST, path: Path = ()) -> Iterator[Path]:
    """Yield the paths of the smallest nodes in which two trees differ."""
    if type(one) is not type(two):
        yield path
        return
    below: list[tuple[ast.AST, ast.AST, Path]] = []
    for field, mine in ast.iter_fields(one):
        theirs = getattr(two, field, None)
        if isinstance(mine, ast.AST) and isinstance(theirs, ast.AST):
            below.append((mine, theirs, (*path, (field, None))))
        elif isinstance(mine, list) and isinstance(theirs, list) and len(mine) == len(theirs):
            for index, (left, right) in enumerate(zip(mine, theirs, strict=True)):
                if isinstance(left, ast.AST) and isinstance(right, ast.AST):
                    below.append((left, right, (*path, (field, index))))
                elif left != right:
                    yield path
                    return
        elif mine != theirs:
            yield path
            return
    for left, right, way in below:
        yield from differences(left, right, way)


def changed_statements(mine: ast.Module, theirs: ast.Module) -> list[tuple[int, int]] | None:
    """Return the indices of the statements, other than imports, that are not the same in
    both; None when they do not correspond one to one."""
    left = [(i, ast.dump(s)) for i, s in enumerate(mine.body) if not isinstance(s, IMPORTS)]
    right = [(i, ast.dump(s)) for i, s in enumerate(theirs.body) if not isinstance(s, IMPORTS)]
    matcher = SequenceMatcher(None, [d for _, d in left], [d for _, d in right], autojunk=False)
    pairs: list[tuple[int, int]] = []
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            continue
        if b - a != d - c:
            return None
        pairs += [(left[a + n][0], right[c + n][0]) for n in range(b - a)]
    return pairs


def enclosing_call(tree: ast.Module, path: Path) -> Path | None:
    """Return the path of the innermost call around (or at) ``path`` that does not print, or
    of the whole expression at ``path``."""
    for length in range(len(path), 0, -1):
        node = resolve(tree, path[:length])
        if isinstance(node, ast.stmt):
            break
        if isinstance(node, ast.Call) and not (
            isinstance(node.func, ast.Name) and node.func.id == "print"
        ):
            return path[:length]
    return path if isinstance(resolve(tree, path), ast.expr) else None


def carried(node: ast.expr, wanted: ast.AST, names: set[str]) -> bool:
    """Whether the value of ``node`` is made of all of ``wanted`` or of one of ``names``."""
    if node is wanted or (isinstance(node, ast.Name) and node.id in names):
        return True
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Name) and node.func.id in PARTIAL:
            return False
        method = isinstance(node.func, ast.Attribute) and carried(node.func.value, wanted, names)
        return method or any(carried(argument, wanted, names) for argument in node.args)
    if isinstance(node, (ast.Tuple, ast.List)):
        return any(carried(item, wanted, names) for item in node.elts)
    return False


def dotted(node: ast.AST) -> str:
    """Return ``a.b.c`` for a chain of attributes on a name, else an empty string."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


class _Canonical(ast.NodeTransformer):
    """Writes every imported name, with the attributes behind it, as one full name."""

    def __init__(self, tree: ast.Module) -> None:
        self.imports = imported(tree)
        self.found: set[str] = set()

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        return self._full(node) or self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return self._full(node) or node

    def _full(self, node: ast.AST) -> ast.AST | None:
        root, _, rest = dotted(node).partition(".")
        full = self.imports.get(root) or (root if root and hasattr(builtins, root) else None)
        if full is None:
            return None
        name = f"{full}.{rest}" if rest else full
        self.found.add(name)
        return ast.Name(id=name, ctx=ast.Load())


def renaming(old: str, new: str) -> tuple[str, str] | None:
    """Return the full names of the one that went and the one that came, when nothing else
    but this name is different in two programs; a builtin has no dot."""
    dumps, found = [], []
    for code in (old, new):
        tree = ast.parse(code)
        canonical = _Canonical(tree)
        body = [canonical.visit(node) for node in tree.body if not isinstance(node, IMPORTS)]
        dumps.append([ast.dump(node) for node in body])
        found.append(canonical.found)
    gone, come = found[0] - found[1], found[1] - found[0]
    if len(gone) != 1 or "." not in (lost := gone.pop()) or len(come) > 1:
        return None
    for candidate in sorted(come or found[1]):
        if [d.replace(f"id={lost!r},", f"id={candidate!r},") for d in dumps[0]] == dumps[1]:
            return lost, candidate
    return None
