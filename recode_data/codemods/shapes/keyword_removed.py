"""A keyword is gone, and nothing takes its place: ``f(a, fix_imports=True)`` → ``f(a)``."""

from __future__ import annotations

import re
from collections.abc import Sequence

import libcst as cst

from recode_data.api.snapshot import ApiSymbol
from recode_data.codemods.calls import put_keyword, rewritten_calls
from recode_data.codemods.notes import tells_a_replacement
from recode_data.codemods.program import Use
from recode_data.codemods.recipes import Pair, Plan, Recipe, Refused, Shape, Subject, complete
from recode_data.codemods.values import does_nothing, values_to_leave_out
from recode_data.reasons import Reason


def plan(subject: Subject) -> Plan | None:
    """Return the plan for a keyword that is left out now; refuses one that something replaces,
    since no shape before this one knows what."""
    change, old = subject.change, subject.old
    if not subject.about_keyword:
        return None
    if not subject.is_called:
        raise Refused(Reason.NOT_CALLED)
    valued = change.new_keyword and re.search(rf"\b{change.new_keyword}\s*=", change.text)
    if tells_a_replacement(change) or valued:
        raise Refused(Reason.NO_KEYWORD_REPLACEMENT)
    having = subject.having(change.old_keyword) or old
    return subject.plan(recipes(having, change.old_keyword, old.member, change.text))


def recipes(old: ApiSymbol, keyword: str, member: bool, text: str) -> list[Recipe]:
    """Return the recipes: where the keyword is given, and where a value that does nothing is
    put in; ``text`` is the note's."""
    idle = values_to_leave_out(old, keyword, text)

    def forward(code: str, use: Use) -> list[Pair]:
        # An example is judged; in a person's file only what does nothing may go.
        kept_but = [*idle, *use.shown] if use.in_place and not does_nothing(text) else None
        return complete((code, remove_keyword(code, use, keyword, kept_but)))

    def put_in(code: str, use: Use) -> list[Pair]:
        return complete(*((put_keyword(code, use, keyword, value), code) for value in idle))

    return [
        Recipe("keyword", old.path, "old", forward, member, keyword),
        Recipe("keyword_put_in", old.path, "new", put_in, member),
    ]


def remove_keyword(
    code: str, use: Use, keyword: str, values: Sequence[str] | None = None
) -> str | None:
    """Leave ``keyword=…`` out of the calls, with one of ``values`` only where some are given;
    None when no call has it so."""
    found = 0

    def goes(arg: cst.Arg) -> bool:
        if arg.keyword is None or arg.keyword.value != keyword:
            return False
        return values is None or cst.Module([]).code_for_node(arg.value) in values

    def change(call: cst.Call) -> cst.Call:
        nonlocal found
        kept = [arg for arg in call.args if not goes(arg)]
        found += len(call.args) - len(kept)
        if kept and len(kept) < len(call.args):
            comma = call.args[-1].comma if use.in_place else cst.MaybeSentinel.DEFAULT
            kept[-1] = kept[-1].with_changes(comma=comma)
        return call.with_changes(args=kept)

    result = rewritten_calls(code, use, change)
    return result if found else None


SHAPES = (Shape(60, plan),)
