"""A program as a bag of features that name what it computes, not how it is written.

Imports are resolved (``np.in1d``, ``numpy.in1d`` and an imported ``in1d`` are one symbol),
comments, formatting and annotations are gone, statements have no position, and a variable
is its name with the number of its assignment, so that only an order that matters shows.

A feature is a tuple that starts with its family:

    symbol    a library's path, a builtin, or ``.method`` of some object
    constant  a literal
    keyword   the name of a keyword argument
    operator  an operator or a syntactic form
    slot      (position or keyword, what stands there), whoever is called
    edge      (callee or form, position or keyword, what stands there)
    order     two effects on one thing, such as prints, one after the other
    import    something imported and never used
"""

from __future__ import annotations

import ast
import warnings
from collections import Counter
from functools import lru_cache
from typing import Any, TypeAlias

from recode_data.rewards.names import Label, Names
from recode_data.rewards.syntax import arguments_of, constant_of, operators_of

Features: TypeAlias = Counter[Label]

_LOOPS = (ast.For, ast.AsyncFor)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_DROPPED = {"annotation", "returns", "type_comment", "ctx", "type_ignores", "kind"}


@lru_cache(maxsize=4096)
def features(code: str) -> Features | None:
    """Return the features of ``code``, or None when it is no Python program."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(code)
        return _Reader().read(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return None


class _Reader:
    """Walks one program in its textual order and collects features."""

    def __init__(self) -> None:
        self.found: Features = Counter()
        self.names = Names()
        self.effects: dict[Label, Label] = {}
        self.mentioned: list[Label] = []
        self.place: tuple[str, ...] = ()

    def read(self, tree: ast.Module) -> Features:
        self.block(tree.body)
        self.found.update(("import", path) for path in self.names.unused())
        return self.found

    # Statements

    def block(self, body: list[ast.stmt], place: str = "") -> None:
        """Read statements that stand in ``place``: the branch of an if, a function's body."""
        for node in body:  # known before they are read: functions may call later ones
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                self.names.announce(node.name)
        outside, self.place = self.place, (*self.place, place) if place else self.place
        for node in body:
            self.statement(node)
        self.place = outside

    def statement(self, node: ast.stmt) -> None:
        if not isinstance(node, ast.Import | ast.ImportFrom | ast.Pass):
            self.found["edge", "in", self.place, type(node).__name__] += 1
        if isinstance(node, ast.Import | ast.ImportFrom):
            self.names.bind(node)
        elif isinstance(node, ast.Expr):
            self.effect(node.value)
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            self.assign(node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self.definition(node)
        elif isinstance(node, _LOOPS):
            self.target(node.target, self.label(node.iter), "for")
            self.found["operator", "for"] += 1
            self.block(node.body, "for")
            self.block(node.orelse, "for else")
        elif not isinstance(node, ast.Pass):
            self.form(node)

    def effect(self, value: ast.expr) -> None:
        if isinstance(value, ast.Constant):  # a docstring
            return
        self.mentioned = []
        label = self.label(value)
        self.found["edge", "do", 0, label] += 1
        effect = tuple(self.mentioned)
        touched = {part for part in effect if part[0] == "local"}
        if label == ("call", "print"):
            touched.add(("stdout",))
        earlier = {self.effects[thing] for thing in touched if thing in self.effects}
        self.found.update(("order", before, effect) for before in earlier)
        self.effects.update(dict.fromkeys(touched, effect))

    def assign(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> None:
        if node.value is None:
            return
        value = self.label(node.value)
        if isinstance(node, ast.AugAssign):
            operator = f"{type(node.op).__name__}="
            self.found["operator", operator] += 1
            before = self.label(node.target)
            self.found["edge", operator, 0, before] += 1
            self.found["edge", operator, 1, value] += 1
            value = ("form", operator)
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            self.target(target, value, "=")

    def target(self, node: ast.expr, value: Label, how: str) -> None:
        """Bind a target to a value: names get a new number, other targets are effects."""
        if isinstance(node, ast.Name):
            self.found["edge", how, self.names.define(node.id), value] += 1
        elif isinstance(node, ast.Tuple | ast.List):
            for index, part in enumerate(node.elts):
                self.target(part, value, f"{how}[{index}]")
        elif isinstance(node, ast.Starred):
            self.target(node.value, value, f"{how}*")
        else:
            self.found["edge", how, self.label(node), value] += 1
            self.found["slot", how, value] += 1

    def definition(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        for decorator in node.decorator_list:
            self.found["edge", "@", 0, self.label(decorator)] += 1
        self.found["operator", type(node).__name__] += 1
        if isinstance(node, ast.ClassDef):
            for base in node.bases:
                self.found["edge", "class", 0, self.label(base)] += 1
            self.inside(node.body)
        else:
            self.defaults(node.args)
            self.inside(node.body, node.args)

    def defaults(self, arguments: ast.arguments) -> None:
        for default in [*arguments.defaults, *arguments.kw_defaults]:
            if default is not None:
                self.found["edge", "default", 0, self.label(default)] += 1

    def inside(self, body: list[ast.stmt], arguments: ast.arguments | None = None) -> None:
        self.enter(arguments)
        self.block(body, "def" if arguments else "class")
        self.names.leave()

    def enter(self, arguments: ast.arguments | None = None) -> None:
        self.names.enter()
        for kind, argument in arguments_of(arguments) if arguments else ():
            self.found["edge", "argument", kind, self.names.define(argument.arg)] += 1

    # Expressions

    def symbol(self, path: str) -> Label:
        self.found["symbol", path] += 1
        return ("path", path)

    def label(self, node: ast.expr) -> Label:
        """Collect what is in an expression and return a short name for it."""
        if isinstance(node, ast.Name):
            found = self.names.resolve(node.id)
            if found[0] == "path":
                return self.symbol(found[1])
            self.mentioned.append(found)
            return found
        if isinstance(node, ast.Attribute):
            return self.attribute(node)
        if isinstance(node, ast.Call):
            return self.call(node)
        constant = constant_of(node)
        if constant is not None:
            self.found[("constant", *constant)] += 1
            self.mentioned.append(constant)
            return ("constant", *constant)
        if isinstance(node, ast.Lambda):
            self.defaults(node.args)
            self.enter(node.args)
            self.found["edge", "lambda", 0, self.label(node.body)] += 1
            self.names.leave()
            return ("form", "lambda")
        if isinstance(node, _COMPREHENSIONS):
            return self.comprehension(node)
        if isinstance(node, ast.NamedExpr):
            value = self.label(node.value)
            self.target(node.target, value, ":=")
            return value
        return self.form(node)

    def attribute(self, node: ast.Attribute) -> Label:
        path = [node.attr]
        root = node.value
        while isinstance(root, ast.Attribute):
            path.append(root.attr)
            root = root.value
        if isinstance(root, ast.Name):
            found = self.names.resolve(root.id)
            if found[0] == "path":
                return self.symbol(".".join([found[1], *reversed(path)]))
        base = self.label(node.value)
        self.found["edge", f".{node.attr}", "of", base] += 1
        self.found["slot", "of", base] += 1
        return self.symbol(f".{node.attr}")

    def call(self, node: ast.Call) -> Label:
        function = self.label(node.func)
        callee = function if function[0] == "local" else function[1]
        for index, argument in enumerate(node.args):
            self.edge(callee, index, self.label(argument))
        for keyword in node.keywords:
            self.found["keyword", keyword.arg or "**"] += 1
            self.edge(callee, f"{keyword.arg}=", self.label(keyword.value))
        return ("call", callee)

    def edge(self, parent: Any, slot: Any, child: Label) -> None:
        self.found["edge", parent, slot, child] += 1
        # Without names of symbols, a slot stays the same while the callee is migrated.
        self.found["slot", slot, child if child[0] in ("local", "constant") else child[0]] += 1

    def comprehension(self, node: ast.expr) -> Label:
        kind = type(node).__name__
        self.found["operator", kind] += 1
        self.enter()
        for generator in getattr(node, "generators", ()):
            self.target(generator.target, self.label(generator.iter), "for")
            for condition in generator.ifs:
                self.found["edge", kind, "if", self.label(condition)] += 1
        for field in ("elt", "key", "value"):
            if hasattr(node, field):
                self.found["edge", kind, field, self.label(getattr(node, field))] += 1
        self.names.leave()
        return ("form", kind)

    def form(self, node: ast.AST) -> Label:
        """Collect any other syntax: its name, and an edge to each of its parts."""
        name = type(node).__name__
        for operator in operators_of(node):
            name += f" {type(operator).__name__}"
        self.found["operator", name] += 1
        for field, value in ast.iter_fields(node):
            if field in _DROPPED:
                continue
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                self.block(value, f"{name} {field}")
                continue
            for index, part in enumerate(value if isinstance(value, list) else [value]):
                self.part(name, f"{field}{index}" if isinstance(value, list) else field, part)
        return ("form", name)

    def part(self, parent: str, slot: str, part: Any) -> None:
        if isinstance(part, ast.withitem):
            value = self.label(part.context_expr)
            if part.optional_vars is not None:
                self.target(part.optional_vars, value, "as")
        elif isinstance(part, ast.ExceptHandler):
            self.found["edge", "except", 0, self.label(part.type) if part.type else ()] += 1
            if part.name:
                self.names.define(part.name)
            self.block(part.body, "except")
        elif isinstance(part, ast.expr):
            self.edge(parent, slot, self.label(part))
        elif isinstance(part, ast.operator | ast.unaryop | ast.cmpop | ast.boolop):
            return
        elif isinstance(part, ast.AST):
            self.form(part)
        elif part is not None:
            self.found["edge", parent, slot, ("text", repr(part))] += 1
