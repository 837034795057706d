"""A method, attribute or property of a class has another name, or is called differently.

``x.tostring()`` → ``x.tobytes()``. Only the sites where a run showed the right class are
changed, since ``append`` belongs to lists as well.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import libcst as cst

from recode_data.codemods.arguments import AS_THEY_ARE, Arguments
from recode_data.codemods.source import Program, Use

Form: TypeAlias = Literal["same", "to_call", "to_attribute"]


def rename_member(
    code: str, use: Use, new: str, form: Form = "same", arguments: Arguments = AS_THEY_ARE
) -> str | None:
    """Return ``code`` with the member at the use's sites called ``new``.

    ``to_call`` writes ``x.old`` as ``x.new()`` and ``to_attribute`` the other way round.
    None when there is no such site, or a call there has arguments that ``new`` does not take.
    """
    program = Program(code)
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
            carried = self.arguments.carried(updated_node) if self.form == "same" else updated_node
            self.failed |= carried is None
            return carried or updated_node
        if updated_node.args or not isinstance(updated_node.func, cst.Attribute):
            self.failed = True
            return updated_node
        self.done += 1
        return updated_node.func.with_changes(attr=cst.Name(self.new))
