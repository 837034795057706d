"""A method, attribute or property of a class has another name, or is called differently.

``x.tostring()`` → ``x.tobytes()``. Only the sites where a run showed the right class are
changed, since ``append`` belongs to lists as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

import libcst as cst

from recode_data.api.snapshot import ApiSymbol
from recode_data.api.symbols import Symbols
from recode_data.codemods.arguments import AS_THEY_ARE, Arguments, arguments_between
from recode_data.codemods.program import Program, Use
from recode_data.codemods.recipes import Pair, Plan, Recipe, Shape, Subject, complete
from recode_data.codemods.replacement import replacement
from recode_data.codemods.shapes.rename import by_path
from recode_data.codemods.shapes.rename import recipes as paths

Form: TypeAlias = Literal["same", "to_call", "to_attribute"]


def plan(subject: Subject) -> Plan | None:
    """Return the plan for a member of a class that another member replaces."""
    if not subject.old.member:
        return None
    found = replacement(subject)
    if "." not in found.symbol or found.fact is None or not found.fact.member:
        return None
    made = recipes(subject.old, found.fact, subject.facts)
    if by_path(subject.old) and by_path(found.fact):
        made += paths(subject.old.path, found.symbol, subject.facts, (True, True))
    return subject.plan(made, found.symbol)


def recipes(old: ApiSymbol, new: ApiSymbol, facts: Mapping[str, Symbols]) -> list[Recipe]:
    """Return the recipes for another name of a method or attribute, called or not as the
    facts say."""
    form: Form = "same"
    back: Form = "same"
    if old.kind == "property" and new.kind == "callable":
        form, back = "to_call", "to_attribute"
    elif old.kind == "callable" and new.kind == "property":
        form, back = "to_attribute", "to_call"
    there = arguments_between(old.path, new.path, facts)
    returning = arguments_between(new.path, old.path, facts)
    old_leaf, new_leaf = old.path.rpartition(".")[2], new.path.rpartition(".")[2]

    def forward(code: str, use: Use) -> list[Pair]:
        return complete((code, rename_member(code, use, new_leaf, form, there)))

    def backward(code: str, use: Use) -> list[Pair]:
        return complete((rename_member(code, use, old_leaf, back, returning), code))

    return [
        Recipe("member", old.path, "old", forward, member=True),
        Recipe("member", new.path, "new", backward, member=True),
    ]


def rename_member(
    code: str, use: Use, new: str, form: Form = "same", arguments: Arguments = AS_THEY_ARE
) -> str | None:
    """Return ``code`` with the member at the use's sites called ``new``.

    ``to_call`` writes ``x.old`` as ``x.new()`` and ``to_attribute`` the other way round.
    None when there is no such site, or a call there has arguments that ``new`` does not take.
    """
    program = Program(code, use)
    transformer = _RenameMember(program, use, new, form, arguments)
    result = program.changed(transformer)
    return result if transformer.done and not transformer.failed else None


class _RenameMember(cst.CSTTransformer):
    def __init__(
        self, program: Program, use: Use, new: str, form: Form, arguments: Arguments
    ) -> None:
        self.program = program
        self.use = use
        self.new = new
        self.form = form
        self.arguments = arguments
        self.done = 0
        self.failed = False

    def leave_Attribute(
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.BaseExpression:
        if self.form == "to_attribute" or not self.program.is_use(original_node, self.use):
            return updated_node
        self.done += 1
        renamed = updated_node.with_changes(attr=cst.Name(self.new))
        return cst.Call(renamed) if self.form == "to_call" else renamed

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        if not self.program.is_use(original_node.func, self.use):
            return updated_node
        if self.form != "to_attribute":
            if self.form == "to_call":
                return updated_node
            carried = self.arguments.carried(updated_node, self.program.in_place)
            return carried or self._left(original_node, updated_node)
        if updated_node.args or not isinstance(updated_node.func, cst.Attribute):
            return self._left(original_node, updated_node)
        self.done += 1
        return updated_node.func.with_changes(attr=cst.Name(self.new))

    def _left(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        """Return a call that cannot be written otherwise: in a person's file as it was."""
        if not self.program.in_place:
            self.failed = True
            return updated_node
        self.done -= self.form != "to_attribute"
        return updated_node.with_changes(func=original_node.func)


SHAPES = (Shape(70, plan),)
