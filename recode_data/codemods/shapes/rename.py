"""A symbol at module level has another name, another module, or is a builtin now; so has what
programs reach by its class, such as the member of an enumeration.

``np.in1d`` → ``np.isin``, ``scipy.misc.comb`` → ``scipy.special.comb``, ``np.int`` → ``int``,
``Image.CUBIC`` → ``Image.Transform.CUBIC``.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

import libcst as cst

from recode_data.api.snapshot import ApiSymbol
from recode_data.api.symbols import Symbols
from recode_data.codemods.arguments import AS_THEY_ARE, Arguments, arguments_between
from recode_data.codemods.program import Program, Use
from recode_data.codemods.recipes import Pair, Plan, Recipe, Shape, Subject, complete
from recode_data.codemods.replacement import replacement

_NO_COMMA = cst.MaybeSentinel.DEFAULT


def plan(subject: Subject) -> Plan | None:
    """Return the plan for a symbol at module level that another one replaces."""
    found = replacement(subject)
    new = found.fact
    if "." in found.symbol and not (by_path(subject.old) and (new is None or by_path(new))):
        return None
    members = subject.old.member, new is not None and new.member
    return subject.plan(
        recipes(subject.old.path, found.symbol, subject.facts, members), found.symbol
    )


def by_path(symbol: ApiSymbol) -> bool:
    """Tell whether programs reach a symbol by its path: it is no member of a class, or one that
    the class itself has, such as a constant or a static method."""
    if not symbol.member or symbol.kind in ("constant", "class"):
        return True
    if symbol.path.rpartition(".")[2].isupper():
        return True  # the members of an enumeration are properties to some versions of Python
    first = symbol.parameters[0].name if symbol.parameters else ""
    return symbol.kind == "callable" and symbol.known_signature and first not in ("self", "")


def recipes(
    old: str,
    new: str,
    facts: Mapping[str, Symbols],
    members: tuple[bool, bool] = (False, False),
) -> list[Recipe]:
    """Return the recipes for another name or place; ``members`` tells of the old and the new
    symbol whether it belongs to a class."""
    there, back = arguments_between(old, new, facts), arguments_between(new, old, facts)

    def forward(code: str, use: Use) -> list[Pair]:
        return complete((code, rename(code, use, new, there, member=members[1])))

    def backward(code: str, use: Use) -> list[Pair]:
        return complete((rename(code, use, old, back, member=members[0]), code))

    return [
        Recipe("rename", old, "old", forward),
        Recipe("rename", new, "new", backward),
    ]


def rename(
    code: str, use: Use, new: str, arguments: Arguments = AS_THEY_ARE, *, member: bool = False
) -> str | None:
    """Return ``code`` with every use of the path ``use.symbol`` written as ``new``, which may be
    a ``member`` of a class.

    Members of a renamed module come along. None when it is not used, or a call of it has
    arguments that ``new`` does not take.
    """
    program = Program(code, use)
    transformer = _Rename(program, use.symbol, new, arguments, member)
    changed = program.module.visit(transformer).code
    if transformer.failed or not transformer.done or transformer.bound & _stored(code):
        return None
    gone = use.symbol if transformer.renamed_import and not transformer.beside else ""
    return program.tidied(changed, sorted(transformer.imports), gone)


def _stored(code: str) -> set[str]:
    names = (node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name))
    return {node.id for node in names if isinstance(node.ctx, ast.Store)}


class _Rename(cst.CSTTransformer):
    def __init__(
        self, program: Program, old: str, new: str, arguments: Arguments, member: bool
    ) -> None:
        self.program = program
        self.arguments = arguments
        self.use = Use(old)
        self.parent = old.rpartition(".")[0]
        self.new_parent, _, self.new_leaf = new.rpartition(".")
        self.beside = self.parent == self.new_parent != ""
        """Only the last part of the name changes."""
        self.new = new
        self.member = member
        self.module = self.new_parent.rpartition(".")[0] if member else self.new_parent
        self.text, self.line = program.spelling(self.new_parent if member else new)
        self.text += f".{self.new_leaf}" if member else ""
        self.imports: set[str] = set()
        self.bound: set[str] = set()
        """Names that are imported for the new symbol: a variable must not be called so."""
        self.done = 0
        self.failed = False
        self.renamed_import = False
        """A name is imported by another name, so no use of it can stay as it is."""

    def on_visit(self, node: cst.CSTNode) -> bool:
        return not isinstance(node, cst.Import | cst.ImportFrom) and super().on_visit(node)

    def leave_Attribute(
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.BaseExpression:
        if not self.program.is_use(original_node, self.use):
            return updated_node
        self.done += 1
        if self.beside:
            return updated_node.with_changes(attr=cst.Name(self.new_leaf))
        return self._from_the_same_module(original_node) or self._replacement()

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        if original_node.value != self.use.leaf or not self.program.is_use(original_node, self.use):
            return updated_node
        self.done += 1
        return cst.Name(self.new_leaf) if self.beside else self._replacement()

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        if not self.program.is_use(original_node.func, self.use):
            return updated_node
        carried = self.arguments.carried(updated_node, self.program.in_place)
        if carried is not None:
            return carried
        if not self.program.in_place or self.renamed_import:
            self.failed = True
            return updated_node
        self.done -= 1
        return updated_node.with_changes(func=original_node.func)

    def leave_ImportFrom(
        self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom
    ) -> cst.ImportFrom | cst.RemovalSentinel:
        names = original_node.names
        if isinstance(names, cst.ImportStar) or not original_node.module or original_node.relative:
            return updated_node
        if self.program.module.code_for_node(original_node.module) != self.parent:
            return updated_node
        kept = [alias for alias in map(self._alias, names) if alias is not None]
        given = [self.program.module.code_for_node(a.with_changes(comma=_NO_COMMA)) for a in kept]
        kept = [a for number, a in enumerate(kept) if given[number] not in given[:number]]
        if self.program.in_place and len(kept) < len(names):
            return updated_node  # the name is taken out of its line afterwards
        if not kept:
            return cst.RemoveFromParent()
        if len(kept) < len(names):
            kept[-1] = kept[-1].with_changes(comma=_NO_COMMA)
        return updated_node.with_changes(names=kept)

    def _alias(self, alias: cst.ImportAlias) -> cst.ImportAlias | None:
        """Return what an imported name becomes; None when another import takes its place."""
        if not isinstance(alias.name, cst.Name) or alias.name.value != self.use.leaf:
            return alias
        self.done += 1
        self.renamed_import = True
        if self.beside:
            self.bound |= set() if alias.asname else {self.new_leaf}
            return alias.with_changes(name=cst.Name(self.new_leaf))
        if alias.asname is not None and self.member:
            self.failed = True
        elif alias.asname is not None and self.new_parent:
            given = self.program.module.code_for_node(alias.asname.name)
            self.imports.add(f"from {self.new_parent} import {self.new_leaf} as {given}")
        return None

    def _from_the_same_module(self, node: cst.Attribute) -> cst.BaseExpression | None:
        """Return the new symbol as a member of the module that the program writes before the
        old one: ``Image.Transform.CUBIC`` for ``Image.CUBIC``."""
        if not self.module or not (self.member or self.parent.rpartition(".")[0] == self.module):
            return None
        inner: cst.BaseExpression = node
        while isinstance(inner, cst.Attribute):
            inner = inner.value
            if self.program.path(inner) == self.module:
                found = inner
                for part in self.new.removeprefix(f"{self.module}.").split("."):
                    found = cst.Attribute(found, cst.Name(part))
                return found
        return None

    def _replacement(self) -> cst.BaseExpression:
        if self.line:
            self.imports.add(self.line)
            self.bound.add(self.text.partition(".")[0])
        return cst.parse_expression(self.text)


SHAPES = (Shape(80, plan),)
