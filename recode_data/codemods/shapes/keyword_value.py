"""A value of a keyword is spelled otherwise: ``freq="M"`` → ``freq="ME"``."""

from __future__ import annotations

import libcst as cst

from recode_data.codemods.calls import put_keyword, rewritten_calls
from recode_data.codemods.program import Use
from recode_data.codemods.recipes import Pair, Plan, Recipe, Shape, Subject, complete


def plan(subject: Subject) -> Plan | None:
    """Return the plan for a value of a callable's keyword, or of its first argument."""
    change = subject.change
    if not subject.is_called or not (change.old_value and change.new_value):
        return None
    return subject.plan(
        recipes(
            subject.old.path,
            change.old_keyword,
            change.old_value,
            change.new_value,
            subject.old.member,
        )
    )


def recipes(symbol: str, keyword: str, old: str, new: str, member: bool) -> list[Recipe]:
    """Return the recipes: where the value is given, and where it is put in."""

    def forward(code: str, use: Use) -> list[Pair]:
        return complete((code, change_value(code, use, keyword, old, new)))

    def backward(code: str, use: Use) -> list[Pair]:
        return complete((change_value(code, use, keyword, new, old), code))

    def put_in(code: str, use: Use) -> list[Pair]:
        return complete(
            (put_keyword(code, use, keyword, old), put_keyword(code, use, keyword, new))
        )

    found = [
        Recipe("keyword_value", symbol, "old", forward, member, keyword),
        Recipe("keyword_value", symbol, "new", backward, member, keyword),
    ]
    return [*found, Recipe("keyword_put_in", symbol, "both", put_in, member)] if keyword else found


def change_value(code: str, use: Use, keyword: str, old: str, new: str) -> str | None:
    """Write the literal ``old`` given for ``keyword`` (or first, without one) as ``new``."""
    found = 0

    def change(call: cst.Call) -> cst.Call:
        nonlocal found
        args = []
        for position, arg in enumerate(call.args):
            named = arg.keyword.value if arg.keyword else ""
            fits = named == keyword if keyword else (position == 0 and not named)
            value = _other_value(arg.value, old, new) if fits else None
            found += value is not None
            args.append(arg.with_changes(value=value) if value is not None else arg)
        return call.with_changes(args=args)

    result = rewritten_calls(code, use, change)
    return result if found else None


def _other_value(value: cst.BaseExpression, old: str, new: str) -> cst.BaseExpression | None:
    if isinstance(value, cst.SimpleString):
        if value.evaluated_value != old.strip("'\""):
            return None
        if new in ("None", "True", "False"):
            return cst.Name(new)
        text = new.strip("'\"")
        return cst.SimpleString(f"{value.quote}{text}{value.quote}")
    if cst.Module([]).code_for_node(value) == old:
        return cst.parse_expression(new)
    return None


SHAPES = (Shape(40, plan),)
