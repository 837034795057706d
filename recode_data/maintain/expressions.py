"""What an expression of a program gives, and where it uses what a library changed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from recode_data.codemods.program import Site
from recode_data.maintain.scopes import Scope, Value, agreed, declared_in
from recode_data.maintain.wanted import Wanted

VERSIONED = re.compile(r"version|hasattr|\b(?:gte|lt|ge|le)_|\bIS_|\bHAS_|\bPY\d|_lt_|_gte_", re.I)
"""What a test for a version has in it."""
EXPECTING = re.compile(r"warns|raises|deprecat|suppress|catch_warnings|assert_produces", re.I)
"""What a call has in its name whose arguments are to fail or to warn."""
_LITERALS = {
    ast.List: "list", ast.ListComp: "list", ast.Dict: "dict", ast.DictComp: "dict",
    ast.Set: "set", ast.SetComp: "set", ast.Tuple: "tuple", ast.JoinedStr: "str",
    ast.GeneratorExp: "generator", ast.Lambda: "function",
}  # fmt: skip
_OPERATORS = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.FloorDiv: "floordiv",
    ast.Mod: "mod", ast.Pow: "pow", ast.MatMult: "matmul", ast.BitAnd: "and", ast.BitOr: "or",
    ast.BitXor: "xor", ast.Eq: "eq", ast.NotEq: "ne", ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt",
    ast.GtE: "ge",
}  # fmt: skip
GENERIC = frozenset({"typing.Generic", "typing.Protocol", "abc.ABC", "builtins.object"})
"""Bases that bring no member which is looked for."""
_BUILTIN = frozenset(
    {"list", "dict", "set", "tuple", "str", "bytes", "int", "float", "bool", "range"}
)


@dataclass(frozen=True)
class Found:
    """A place where a file uses a symbol that is looked for, or may do so."""

    symbols: tuple[str, ...]
    """The symbol, and after it those of the classes that its own class is derived from; all that it
    may be where the receiver's class is not known."""
    line: int
    site: Site
    """Where the name ends."""
    certain: bool = True
    guarded: bool = False
    """It stands where the program is ready for both APIs: a version check, a ``try``."""
    imported: bool = False
    """It is the import itself."""
    called: bool = False
    keywords: tuple[str, ...] = ()
    positional: int = 0
    of_class: bool = False
    """The receiver is the class itself."""
    quoted: bool = False
    """A string names it."""
    defined: frozenset[str] = frozenset()
    """Members that the receiver's class defines, or one derived from it in the same program."""

    @property
    def plain(self) -> bool:
        """It is code that a codemod may change."""
        return not (self.guarded or self.imported or self.quoted)


@dataclass(frozen=True)
class Waiting:
    """A function whose body is followed when all names around it are known."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    outer: Scope
    guarded: bool
    of: str = ""
    """The class that it is a method of, where that is derived from one of the library's."""
    hidden: frozenset[str] = frozenset()
    """Names of the comprehensions that it stands in."""


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


class Expressions:
    """Reads the expressions of a program in the scope that was reached."""

    def __init__(self, code: str, wanted: Wanted) -> None:
        self.tree = ast.parse(code)
        self.lines = code.split("\n")
        self.wanted = wanted
        self.found: dict[tuple[int, int, str], Found] = {}
        self.shares = "nonlocal" in code
        shared = declared_in(self.tree, ast.Global) if "global" in code else frozenset()
        self.scope = Scope(None, shared=shared)
        self.waiting: list[Waiting] = []
        self.guarded = 0
        self.bases = dict(wanted.bases)
        """The library's classes, and those of the program that are derived from them."""
        self.own: dict[str, frozenset[str]] = {}
        """What such a class of the program defines itself."""
        self.hidden_names: frozenset[str] = frozenset()
        self.assigned: set[str] = set()
        """Symbols of the library that the program gives a value of its own, or deletes."""

    @contextmanager
    def cautious(self, is_so: bool) -> Iterator[None]:
        self.guarded += is_so
        yield
        self.guarded -= is_so

    def value(self, node: ast.expr, call: ast.Call | None = None) -> Value:
        """Return what an expression gives, and keep the uses in it."""
        if isinstance(node, ast.Name):
            found = self.scope.look(node.id)
            if found and found[0] == "name" and found[1] in self.wanted.paths:
                self.use((found[1],), node, True, call)
            return found
        if isinstance(node, ast.Attribute):
            return self.attribute(node, self.value(node.value), call)
        if isinstance(node, ast.Call):
            return self.called(node)
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str) and node.value in self.wanted.paths:
                self.quoted(node.value, node)
            return ("of", f"builtins.{type(node.value).__name__}")
        if isinstance(node, ast.BinOp):
            return self.operated(self.value(node.left), type(node.op), self.value(node.right))
        return self.composed(node)

    def composed(self, node: ast.expr) -> Value:
        if isinstance(node, ast.Compare):
            values = [self.value(node.left), *map(self.value, node.comparators)]
            if len(node.ops) > 1:
                return None
            return self.operated(values[0], type(node.ops[0]), values[1])
        if isinstance(node, ast.UnaryOp):
            value = self.value(node.operand)
            name = {ast.USub: "__neg__", ast.Invert: "__invert__"}.get(type(node.op), "")
            return self.result_of(value, name)
        if isinstance(node, ast.Subscript):
            value = self.value(node.value)
            self.value(node.slice)
            if value is not None and value[0] == "name":
                path = self.wanted.classes.get(value[1], value[1])
                return value if path in self.bases or path in GENERIC else None
            return self.result_of(value, "__getitem__")
        if isinstance(node, ast.IfExp | ast.BoolOp):
            return self.chosen(node)
        if isinstance(node, ast.NamedExpr):
            value = self.value(node.value)
            self.target(node.target, value)
            return value
        return self.made(node)

    def chosen(self, node: ast.IfExp | ast.BoolOp) -> Value:
        if isinstance(node, ast.IfExp):
            self.value(node.test)
            with self.cautious(bool(VERSIONED.search(ast.unparse(node.test)))):
                return agreed([self.perhaps(node.body), self.perhaps(node.orelse)])
        first, *others = node.values
        self.value(first)
        for other in others:
            self.perhaps(other)
        return None

    def made(self, node: ast.expr) -> Value:
        if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
            self.comprehension(node)
        elif isinstance(node, ast.Lambda):
            for default in [*node.args.defaults, *node.args.kw_defaults]:
                if default is not None:
                    self.value(default)
            self.waiting.append(
                Waiting(node, self.scope, bool(self.guarded), hidden=self.hidden_names)
            )
        else:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    self.value(child)
        literal = _LITERALS.get(type(node))
        return ("of", f"builtins.{literal}") if literal else None

    def perhaps(self, node: ast.expr) -> Value:
        """Return what an expression gives that may be left out."""
        before, mark = dict(self.scope.state), self.scope.mark()
        value = self.value(node)
        self.scope.join(before, mark)
        return value

    def comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
    ) -> None:
        names = [
            n.id for g in node.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)
        ]
        names += [n.target.id for n in ast.walk(node) if isinstance(n, ast.NamedExpr)]
        self.value(node.generators[0].iter)
        with self.hidden(names):
            for generator in node.generators:
                self.value(generator.iter)
                for test in generator.ifs:
                    self.value(test)
            parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
            for part in parts:
                self.value(part)

    @contextmanager
    def hidden(self, names: Iterable[str]) -> Iterator[None]:
        before, mark, outer = self.scope.state, self.scope.mark(), self.hidden_names
        self.hidden_names = outer.union(names)
        self.scope.state = {**before, **dict.fromkeys(names)}
        yield
        self.scope.join(before, mark)
        self.hidden_names = outer

    def called(self, node: ast.Call) -> Value:
        callee = self.value(node.func, node)
        name = getattr(node.func, "attr", "") or getattr(node.func, "id", "")
        with self.cautious(bool(EXPECTING.search(name))):
            for arg in [*node.args, *(word.value for word in node.keywords)]:
                self.value(arg)
        if callee is None:
            return None
        kind, path = callee
        if path == "builtins.getattr" and len(node.args) > 1:
            self.by_getattr(node)
        if kind == "name":
            path = self.wanted.classes.get(path, path)
            if path in self.own:
                return ("of", path)
            if path.startswith("builtins.") and path.partition(".")[2] in _BUILTIN:
                return ("of", path)
            return self.result(path)
        if kind == "class":
            return ("of", path)
        return None if kind == "of" else self.bound_result(path)

    def result(self, path: str) -> Value:
        """Return what a call of a path of the library gives."""
        found = self.wanted.returns.get(path)
        if found and found.startswith("type["):
            return ("class", found[5:-1])
        return ("of", found) if found else None

    def by_getattr(self, node: ast.Call) -> None:
        """Keep what ``getattr(module, "name")`` names; with a default it is ready for both."""
        owner, name = self.value(node.args[0]), node.args[1]
        word = name.value if isinstance(name, ast.Constant) else None
        if owner and owner[0] == "name" and isinstance(word, str) and len(node.args) == 2:
            self.quoted(f"{owner[1]}.{word}", name)

    def quoted(self, path: str, node: ast.expr) -> None:
        if path in self.wanted.paths:
            place = self.end_of(node)
            self.keep(Found((path,), node.lineno, place, quoted=True), path)

    def annotation(self, node: ast.expr) -> None:
        """Keep the uses in an annotation, also in the text of one that is a string."""
        self.value(node)
        for part in ast.walk(node):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                try:
                    inner = ast.parse(part.value, mode="eval")
                except (SyntaxError, ValueError):
                    continue
                for name in ast.walk(inner):
                    if isinstance(name, ast.Name | ast.Attribute) and (path := self.path_of(name)):
                        self.quoted(path, part)

    def path_of(self, node: ast.expr) -> str:
        """Return the path that a dotted name leads to through the imports, empty where to none."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        found = self.scope.look(node.id) if isinstance(node, ast.Name) else None
        if found is None or found[0] != "name":
            return ""
        return ".".join([found[1], *reversed(parts)])

    def bound_result(self, path: str) -> Value:
        owner, _, member = path.rpartition(".")
        if member in self.own.get(owner, ()):
            return None
        for base in self.bases.get(owner, (owner,)):
            if found := self.result(f"{base}.{member}"):
                return found
        return None

    def attribute(self, node: ast.Attribute, owner: Value, call: ast.Call | None = None) -> Value:
        self.found.pop((*self.end_of(node), node.attr), None)
        candidates = self.wanted.members.get(node.attr, ())
        if owner is None:
            if candidates and node.attr not in self.wanted.common:
                self.use(candidates, node, False, call)
            return None
        kind, path = owner
        if kind == "name":
            whole = f"{self.wanted.classes.get(path, path)}.{node.attr}"
            for one in {f"{path}.{node.attr}", whole}:
                if one in self.wanted.paths:
                    self.use((one,), node, True, call)
            path = self.wanted.classes.get(path, path)
            mine = self.members(path, node.attr, candidates) if path in self.bases else ()
            if mine:
                more = self.defined(path)
                self.use(mine, node, True, call, of_class=True, defined=more)
            return ("name", f"{path}.{node.attr}")
        if kind == "member":
            return None
        mine = self.members(path, node.attr, candidates)
        if mine:
            more = self.defined(path)
            self.use(mine, node, True, call, of_class=kind == "class", defined=more)
        if kind == "class":
            return None
        if call is not None:
            return ("member", f"{path}.{node.attr}")
        # Without a call it is a property's value; a method's own name has no class here.
        return None if path.startswith("builtins.") else self.bound_result(f"{path}.{node.attr}")

    def members(self, path: str, name: str, candidates: Sequence[str]) -> tuple[str, ...]:
        """Return the symbol of a class's member that is looked for; none where there is none, or
        the program has defined it anew."""
        if name in self.defined(path):
            return ()
        named = [f"{owner}.{name}" for owner in self.bases.get(path, (path,))]
        looked_for = [self.wanted.of_classes.get(one, ()) for one in named]
        mine = [one for several in looked_for for one in several if one in candidates]
        gone = [one for one in looked_for[0] if one in self.wanted.paths]
        return tuple(mine or gone[:1])

    def defined(self, path: str) -> frozenset[str]:
        """Return what a class of the program defines, or one that is derived from it."""
        if path not in self.own:
            return frozenset()
        return frozenset().union(*(own for p, own in self.own.items() if path in self.bases[p]))

    def operated(self, left: Value, operator: type[ast.AST], right: Value) -> Value:
        name = _OPERATORS.get(operator, "")
        found = self.result_of(left, f"__{name}__")
        return found or self.result_of(right, f"__r{name}__")

    def result_of(self, value: Value, member: str) -> Value:
        if value is None or value[0] != "of":
            return None
        return self.bound_result(f"{value[1]}.{member}")

    def declared(self, annotation: ast.expr | None) -> Value:
        """Return the object of a class that an annotation declares, where it names one class, or
        that or None."""
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            try:
                annotation = ast.parse(annotation.value, mode="eval").body
            except (SyntaxError, ValueError):
                return None
        if isinstance(annotation, ast.Subscript):
            kind = self.path_of(annotation.value).removeprefix("typing.")
            inner = kind in ("Optional", "Annotated")
            annotation = annotation.slice if inner else annotation.value
            if kind == "Annotated" and isinstance(annotation, ast.Tuple) and annotation.elts:
                annotation = annotation.elts[0]
            return self.declared(annotation)
        if isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
            sides = [side for side in (annotation.left, annotation.right) if not _is_none(side)]
            return self.declared(sides[0]) if len(sides) == 1 else None
        path = self.path_of(annotation) if annotation is not None else ""
        path = self.wanted.classes.get(path, path)
        return ("of", path) if path in self.bases else None

    def use(
        self,
        symbols: tuple[str, ...],
        node: ast.expr,
        certain: bool,
        call: ast.Call | None,
        *,
        of_class: bool = False,
        defined: frozenset[str] = frozenset(),
    ) -> None:
        place = self.end_of(node)
        keywords = tuple(word.arg or "**" for word in call.keywords) if call else ()
        count = len(call.args) if call else 0
        self.keep(
            Found(
                symbols,
                place[0],
                place,
                certain,
                bool(self.guarded),
                False,
                call is not None,
                keywords,
                count,
                of_class,
                defined=defined,
            ),
            node.attr if isinstance(node, ast.Attribute) else symbols[0],
        )

    def keep(self, use: Found, name: str) -> None:
        asked = [self.wanted.keywords.get(symbol) for symbol in use.symbols]
        if all(words and words.isdisjoint(use.keywords) for words in asked):
            return
        if self.guarded and not use.guarded:
            use = replace(use, guarded=True)
        self.found[*use.site, name] = use

    def end_of(self, node: ast.AST) -> Site:
        line: int = node.end_lineno  # type: ignore[attr-defined]
        column: int = node.end_col_offset  # type: ignore[attr-defined]
        text = self.lines[line - 1]
        return line, column if text.isascii() else len(
            text.encode()[:column].decode(errors="replace")
        )

    def target(self, node: ast.expr, value: Value, source: ast.expr | None = None) -> None:
        if isinstance(node, ast.Name):
            self.scope.bind(node.id, value)
        elif isinstance(node, ast.Tuple | ast.List):
            parts = source.elts if isinstance(source, ast.Tuple | ast.List) else []
            same = len(parts) == len(node.elts) and not any(
                isinstance(part, ast.Starred) for part in [*parts, *node.elts]
            )
            for number, part in enumerate(node.elts):
                self.target(part, self.value(parts[number]) if same else None)
        elif isinstance(node, ast.Starred):
            self.target(node.value, None)
        else:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    self.value(child)
            if isinstance(node, ast.Attribute):
                owner = self.value(node.value)
                if owner is not None and owner[0] == "name":
                    path = self.wanted.classes.get(owner[1], owner[1])
                    self.assigned |= {f"{one}.{node.attr}" for one in (owner[1], path)}
                self.attribute(node, owner)
