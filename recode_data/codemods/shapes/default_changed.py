"""A parameter has another default: the old one is written out, ``f(a)`` → ``f(a, width=10)``."""

from __future__ import annotations

import ast

import libcst as cst

from recode_data.api.snapshot import ApiSymbol
from recode_data.codemods.calls import put_keyword, rewritten_calls
from recode_data.codemods.program import Use
from recode_data.codemods.recipes import Pair, Plan, Recipe, Refused, Shape, Subject, complete
from recode_data.reasons import Reason


def plan(subject: Subject) -> Plan | None:
    """Return the plan for a default of which the change tells what it was."""
    change = subject.noted
    if change.kind != "default_changed":
        return None
    keyword, value = change.old_keyword, change.old_value
    having = subject.having(keyword) if keyword else None
    if having is None or not value or not subject.is_called or not _is_literal(value):
        raise Refused(Reason.DEFAULT_CHANGED)
    found = recipes(having, keyword, value, subject.old.member)
    return subject.plan(found, subject.old.path, new_keyword=keyword)


def _is_literal(value: str) -> bool:
    try:
        ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return False
    return True


def recipes(old: ApiSymbol, keyword: str, value: str, member: bool) -> list[Recipe]:
    """Return the recipes: where the default is relied on, and where it is written out."""
    names = old.positional
    place = names.index(keyword) if keyword in names else len(names)

    def forward(code: str, use: Use) -> list[Pair]:
        if not left_out(code, use, place):
            return []
        return complete((code, put_keyword(code, use, keyword, value)))

    def backward(code: str, use: Use) -> list[Pair]:
        return complete((leave_out(code, use, keyword, value), code))

    return [
        Recipe("keyword_default", old.path, "old", forward, member),
        Recipe("keyword_default", old.path, "new", backward, member, keyword),
    ]


def left_out(code: str, use: Use, place: int) -> bool:
    """Tell whether every call leaves out the argument that may stand at ``place``."""

    def change(call: cst.Call) -> cst.Call | None:
        given = [arg for arg in call.args if arg.keyword is None]
        return None if len(given) > place or any(arg.star for arg in given) else call

    return rewritten_calls(code, use, change) is not None


def leave_out(code: str, use: Use, keyword: str, value: str) -> str | None:
    """Leave ``keyword=value`` out of the calls; None when one does not have it so."""

    def change(call: cst.Call) -> cst.Call | None:
        kept = [arg for arg in call.args if not _gives(arg, keyword, value)]
        if len(kept) == len(call.args):
            return None
        if kept:
            kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return call.with_changes(args=kept)

    return rewritten_calls(code, use, change)


def _gives(arg: cst.Arg, keyword: str, value: str) -> bool:
    if arg.keyword is None or arg.keyword.value != keyword:
        return False
    try:
        given = ast.literal_eval(cst.Module([]).code_for_node(arg.value))
    except (ValueError, SyntaxError):
        return False
    known = ast.literal_eval(value)
    return bool(given == known) and type(given) is type(known)


SHAPES = (Shape(15, plan),)
