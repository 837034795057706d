"""What reading a program leaves: features, events, and the lines that are printed."""

from __future__ import annotations

import ast
import builtins
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from recode_data.rewards import signatures
from recode_data.rewards.signatures import Parameters
from recode_data.rewards.values import Label, Piece, Value, mixed, path_value, text_value

ALWAYS = {"__name__", "__file__", "__doc__", "__builtins__", "__spec__", "__debug__"}
DYNAMIC = {"exec", "eval", "globals", "locals", "vars"}
"""Builtins after which nothing can be said about which names there are."""


@dataclass(eq=False)
class Function:
    """A function or lambda of the program, and where its names are looked up."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scopes: list[dict[str, Value]]
    defaults: dict[str, Value]
    decorated: bool = False
    seen: bool = False
    """Whether it was called, or given to something that may call it."""
    reading: bool = False
    deep: int = 0

    @property
    def parameters(self) -> Parameters:
        return signatures.of_arguments(self.node.args)

    @property
    def simple(self) -> bool:
        """Whether a call is the same as the body in its place: one way through, to its end."""
        node = self.node
        if isinstance(node, ast.Lambda):
            return not any(isinstance(n, ast.Yield | ast.YieldFrom) for n in ast.walk(node.body))
        if isinstance(node, ast.AsyncFunctionDef) or self.decorated:
            return False
        odd = (ast.Return, ast.Yield, ast.YieldFrom, ast.Await, ast.Global, ast.Nonlocal)
        return not any(isinstance(n, odd) and n is not node.body[-1] for n in inside(node.body))


def inside(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield the nodes of statements, without those of functions and classes in them."""
    for node in body:
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield from inside(ast.iter_child_nodes(node))


@dataclass
class Found:
    """What reading leaves; `recode_data.rewards.structure` says what the features are."""

    features: Counter[Label] = field(default_factory=Counter)
    events: Counter[int] = field(default_factory=Counter)
    """Hashes of the calls that are made, each with the branches that it stands in."""
    order: list[int] = field(default_factory=list)
    """Hashes of what has an order: lines that are printed, raised and returned."""


class Recorder(ABC):
    """Notes what a program does, in the place where it does it."""

    def __init__(self, known: Mapping[str, Parameters], loose: bool = False) -> None:
        self.known = known
        self.loose = loose
        self.found = Found()
        self.faults: set[tuple[str, str]] = set()
        self.scopes: list[dict[str, Value]] = [{}]
        self.comprehensions = 0
        self.idle: dict[str, str] = {}
        self.any_name = False
        self.star = ""
        """The module whose names were all imported."""
        self.worlds: dict[str, int] = {}
        """Package → hash of the effects so far that touched no object of the program."""
        self.place: tuple[str, ...] = ()
        self.branch = 0
        self.calls: Counter[int] = Counter()
        self.line: list[Piece] = []
        self.latest: dict[int | str, Label] = {}
        self.functions: list[Function] = []
        self.following: list[Function] = []
        self.followed = 0

    # Features

    def feature(self, *parts: Any) -> None:
        self.found.features[parts] += 1

    def use(self, parent: Any, slot: Any, value: Value) -> None:
        """Note that ``value`` stands in a slot of something."""
        value.used = True
        label = value.label
        if value.path:
            self.feature("symbol", value.path)
        elif label[0] == "constant":
            self.feature(*label)
        elif label[0] == "text" and value.pieces is not None:
            for piece in value.pieces:
                self.piece("text", "part", piece)
        elif value.function is not None:
            self.summarise(value)
        self.feature("edge", parent, slot, label)
        self.feature("slot", slot, label if label[0] == "constant" else label[0])

    def piece(self, parent: str, slot: Any, piece: Piece) -> None:
        if piece.value is None:
            self.feature("constant", "str", repr(piece.text))
            return
        self.use(parent, slot, piece.value)
        if piece.kind != "str":
            self.feature("constant", piece.kind, piece.text)

    def event(self, value: Value) -> None:
        """Note that something is done; it counts where it is done."""
        self.found.events[mixed(self.branch, value.deep)] += 1
        if self.place:
            self.feature("edge", "in", self.place, value.label)

    @contextmanager
    def within(self, name: str, *deep: int) -> Iterator[None]:
        """Read what stands in a branch, a loop or a function."""
        self.flush()
        place, branch = self.place, self.branch
        self.place, self.branch = (*place, name), mixed(branch, name, *deep)
        try:
            yield
        finally:
            self.flush()
            self.place, self.branch = place, branch

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Read what is not part of what a program computes."""
        features, self.found.features = self.found.features, Counter()
        yield
        inner, self.found.features = self.found.features, features
        for feature, count in inner.items():
            self.found.features["aside", feature] += count

    # Names

    def resolve(self, name: str) -> Value:
        for scope in reversed(self.scopes):
            if name in scope:
                self.idle.pop(name, None)
                return scope[name]
        if name in DYNAMIC:
            self.any_name = True
        if hasattr(builtins, name) or name in ALWAYS:
            return path_value(name)
        if not self.any_name:
            self.faults.add(("undefined", name))
        return path_value(f"{self.star}.{name}" if self.star else name)

    def path_of(self, node: ast.expr) -> str:
        """Return the path of a dotted name, an empty string for anything else."""
        if isinstance(node, ast.Attribute):
            base = self.path_of(node.value)
            return f"{base}.{node.attr}" if base else ""
        if not isinstance(node, ast.Name):
            return ""
        found = (scope[node.id] for scope in reversed(self.scopes) if node.id in scope)
        return next((value.path for value in found), "")

    def bind(self, name: str, value: Value) -> None:
        self.scopes[-1 - self.comprehensions][name] = value

    # Lines

    def write(self, piece: Piece) -> None:
        lines = piece.text.split("\n") if piece.kind == "fixed" else []
        if not lines:
            value = piece.value
            assert value is not None
            now = Value(value.label, value.deep, value.parts, value.pieces, value.function)
            value.used = True
            self.line.append(Piece(piece.kind, piece.text, now))
            return
        for number, line in enumerate(lines):
            if number:
                self.flush(ended=True)
            if line:
                self.line.append(Piece("fixed", line))

    def flush(self, ended: bool = False) -> None:
        """Note the line that has been printed so far."""
        if not (self.line or ended):
            return
        pieces = text_value(self.line).pieces or ()
        self.line = []
        self.feature("symbol", "print")
        for index, piece in enumerate(pieces):
            self.piece("print", index, piece)
        label = ("print", *(piece.value.label if piece.value else piece.text for piece in pieces))
        if self.place:
            self.feature("edge", "in", self.place, "print")
        self.after("stdout", label)
        worlds = sorted(self.worlds.values())
        deep = mixed("line", str(ended), *(piece.deep for piece in pieces), *worlds)
        self.found.order.append(mixed(self.branch, deep))

    def after(self, thing: int | str, label: Label) -> None:
        """Note which effect follows which on a thing."""
        if thing in self.latest:
            self.feature("order", self.latest[thing], label)
        self.latest[thing] = label

    # What statements know

    @abstractmethod
    def imports(self, module: str) -> None:
        """Note that a module is imported."""

    @abstractmethod
    def run_body(self, node: Any) -> Value:
        """Read the body of a function that is called, and return what it gives."""

    @abstractmethod
    def function(self, node: Any, decorated: bool = False) -> Value:
        """Return the value of a function that is defined."""

    @abstractmethod
    def summarise(self, value: Value) -> None:
        """Read a function that nobody calls by what it would do."""
