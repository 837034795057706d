"""Reads the statements of a program, in the order in which they run."""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Mapping

from recode_data.rewards.branches import SILENCING
from recode_data.rewards.definitions import Definitions
from recode_data.rewards.program import Program
from recode_data.rewards.recorder import Found
from recode_data.rewards.signatures import Parameters
from recode_data.rewards.values import NONE, Value, mixed, path_value


class Reader(Definitions):
    """Reads the statements of one program."""

    def __init__(self, known: Mapping[str, Parameters], loose: bool = False) -> None:
        super().__init__(known, loose)
        self.modules: set[str] = set()
        self.lazy_annotations = False
        self.aliases: list[Value] = []

    def read(self, tree: ast.Module) -> Program:
        self.block(tree.body)
        self.flush()
        self.uncalled()
        for value in self.aliases:
            if not value.used:
                self.feature("symbol", value.path)
                self.found.events[mixed("alias", value.path)] += 1
        features = self.found.features
        idle = {path for path in self.idle.values() if not _standard(path)}
        for path in idle:
            features["import", path] += 1
            features["symbol", path] += "." in path
        paths = [f[1] for f in features if f[0] == "symbol"]
        for module in self.modules:
            if "." in module and any(path.startswith(f"{module}.") for path in paths):
                features["module", module] += 1
        kept = [v for v in self.scopes[0].values() if v.label[0] not in ("path", "function")]
        return Program(
            +features,
            self.found.events,
            tuple(self.found.order),
            tuple(sorted(self.worlds.items())),
            Counter(value.deep for value in kept),
            frozenset(self.faults),
            frozenset(idle),
            self.loose,
        )

    def uncalled(self) -> None:
        """Read the functions that nothing called: they count apart, and cannot fail."""
        faults = set(self.faults)
        for function in list(self.functions):
            if function.seen:
                continue
            outside, self.found = self.found, Found()
            value = Value(("function",), 0, function=function)
            self.summarise(value)
            inner, self.found = self.found, outside
            for feature, count in inner.features.items():
                self.found.features["uncalled", feature] += count
            self.found.events[mixed("uncalled", function.deep)] += 1
        self.faults = faults

    def block(self, body: list[ast.stmt]) -> None:
        for node in body:
            read = getattr(self, f"do_{type(node).__name__}", None)
            if read:
                read(node)
            else:
                self.control(node)

    def control(self, node: ast.AST) -> None:
        """Read any other statement, such as raise, assert, return and break."""
        self.flush()
        value = self.form(node)
        self.found.order.append(mixed(self.branch, value.deep))
        self.event(value)

    def do_Assert(self, node: ast.Assert) -> None:
        """An assertion stands aside: one more does no harm, unless it is of the old API."""
        with self.aside():
            self.control(node)

    def do_Pass(self, node: ast.Pass) -> None:
        pass

    def do_Global(self, node: ast.Global) -> None:
        pass

    do_Nonlocal = do_Global

    def do_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self.imports(alias.name)
            name = alias.asname or alias.name.partition(".")[0]
            self.bind(name, path_value(alias.name if alias.asname else name))
            self.idle[name] = alias.name if alias.asname else name

    def do_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.module == "__future__":
            self.lazy_annotations |= any(alias.name == "annotations" for alias in node.names)
            return
        module = "." * node.level + (node.module or "")
        self.imports(module)
        for alias in node.names:
            if alias.name == "*":
                self.any_name, self.star = True, module
                continue
            path = f"{module}.{alias.name}"
            self.imports(path)
            self.bind(alias.asname or alias.name, path_value(path))
            self.idle[alias.asname or alias.name] = path

    def imports(self, module: str) -> None:
        parts = module.split(".")
        self.modules.update(".".join(parts[:end]) for end in range(1, len(parts) + 1))

    def do_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Constant):  # a docstring
            return
        if isinstance(node.value, ast.Call) and self.path_of(node.value.func) in SILENCING:
            with self.aside():
                self.do(node)
        else:
            self.do(node)

    def do(self, node: ast.Expr) -> None:
        value = self.expression(node.value)
        if value.label == ("call", "print") or value is NONE:
            return
        self.use("do", 0, value)
        if value.label[0] != "call":
            self.event(value)
            return
        label = (*value.label, *(part.label for part in value.parts or ()))
        touched = [part for part in value.parts or () if _is_object(part)]
        for part in touched:
            self.after(id(part), label)
            part.touch(value.deep)
        if not touched:
            root = str(value.label[1]).partition(".")[0]
            self.worlds[root] = mixed(self.worlds.get(root, 0), value.deep)
            self.after(f"world {root}", label)

    def do_Assign(self, node: ast.Assign) -> None:
        value = self.expression(node.value)
        for target in node.targets:
            self.assign(target, value)

    def do_AnnAssign(self, node: ast.AnnAssign) -> None:
        if self.in_class and isinstance(node.target, ast.Name):  # it declares a field
            kind = self.expression(node.annotation)
            self.use("field", node.target.id, kind)
            self.event(Value(("form", "field"), mixed("field", node.target.id, kind.deep)))
        else:
            self.annotation(node.annotation)
        if node.value is not None:
            self.assign(node.target, self.expression(node.value))

    def annotation(self, node: ast.expr | None) -> None:
        """An annotation says nothing, but its names must exist where it is evaluated."""
        if node is None or self.lazy_annotations or len(self.scopes) > 1:
            return
        for part in ast.walk(node):
            if isinstance(part, ast.Name):
                self.resolve(part.id)

    def do_AugAssign(self, node: ast.AugAssign) -> None:
        parts = [("target", self.expression(node.target)), ("value", self.expression(node.value))]
        self.assign(node.target, self.formed(node, parts))

    def assign(self, target: ast.expr, value: Value) -> None:
        if isinstance(target, ast.Name):
            self.bind(target.id, value)
            if value.path:
                self.aliases.append(value)
        elif isinstance(target, ast.Tuple | ast.List):
            starred = any(isinstance(part, ast.Starred) for part in target.elts)
            whole = Value(value.label, value.deep) if starred else value
            for index, part in enumerate(target.elts):
                self.assign(part, self.item(whole, index))
        elif isinstance(target, ast.Starred):
            self.assign(target.value, value)
        else:
            self.store(target, value)

    def store(self, target: ast.expr, value: Value) -> None:
        """Read an assignment to an attribute or an item: an effect on the object."""
        assert isinstance(target, ast.Attribute | ast.Subscript)
        kind = type(target).__name__
        of = self.expression(target.value)
        if isinstance(target, ast.Attribute) and of.members is not None and of.named is not None:
            of.named[target.attr] = value
            return
        slot = target.attr if isinstance(target, ast.Attribute) else "item"
        index = NONE if isinstance(target, ast.Attribute) else self.expression(target.slice)
        self.feature("operator", f"{kind} =")
        if index is not NONE:
            self.use(f"{kind} =", "index", index)
        self.use(f"{kind} =", "of", of)
        self.use(f"{kind} =", slot, value)
        done = Value(("form", f"{kind} ="), mixed(kind, slot, of.deep, index.deep, value.deep))
        self.event(done)
        label = (*done.label, slot, value.label)
        if _is_object(of):
            self.after(id(of), label)
            of.touch(done.deep)
        else:
            root = of.path.partition(".")[0]
            self.worlds[root] = mixed(self.worlds.get(root, 0), done.deep)

    def do_Delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.resolve(target.id)
                self.scopes[-1].pop(target.id, None)
            else:
                self.store(target, NONE)


def _is_object(value: Value) -> bool:
    return value.label[0] not in ("path", "constant", "function", "text", "class")


def _standard(path: str) -> bool:
    """Whether an import is of the standard library and so cannot fail."""
    return path.partition(".")[0] in sys.stdlib_module_names and "." not in path
