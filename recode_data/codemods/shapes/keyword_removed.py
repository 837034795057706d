"""A keyword is gone, and nothing takes its place: ``f(a, fix_imports=True)`` → ``f(a)``."""

from __future__ import annotations

import re

import libcst as cst

from recode_data.api.snapshot import ApiSymbol
from recode_data.codemods.calls import put_keyword, rewritten_calls
from recode_data.codemods.notes import tells_a_replacement
from recode_data.codemods.program import Use
from recode_data.codemods.recipes import Pair, Plan, Recipe, Refused, Shape, Subject, complete
from recode_data.codemods.values import values_to_leave_out
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

    def forward(code: str, use: Use) -> list[Pair]:
        return complete((code, remove_keyword(code, use, keyword)))

    def put_in(code: str, use: Use) -> list[Pair]:
        values = values_to_leave_out(old, keyword, text)
        return complete(*((put_keyword(code, use, keyword, value), code) for value in values))

    return [
        Recipe("keyword", old.path, "old", forward, member, keyword),
        Recipe("keyword_put_in", old.path, "new", put_in, member),
    ]


def remove_keyword(code: str, use: Use, keyword: str) -> str | None:
    """Leave ``keyword=…`` out of the calls; None when no call has it."""
    found = 0

    def change(call: cst.Call) -> cst.Call:
        nonlocal found
        kept = [a for a in call.args if a.keyword is None or a.keyword.value != keyword]
        found += len(call.args) - len(kept)
        if kept:
            kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return call.with_changes(args=kept)

    result = rewritten_calls(code, use, change)
    return result if found else None


SHAPES = (Shape(60, plan),)
