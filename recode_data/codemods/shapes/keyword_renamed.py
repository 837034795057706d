"""A keyword has another name: ``f(a, interpolation="lower")`` → ``f(a, method="lower")``."""

from __future__ import annotations

import ast
import re

import libcst as cst

from recode_data.api.snapshot import ApiSymbol
from recode_data.codemods.calls import name_argument, put_keyword, rewritten_calls
from recode_data.codemods.program import Use
from recode_data.codemods.recipes import (
    Pair,
    Plan,
    Recipe,
    Refused,
    Shape,
    Subject,
    complete,
    plain_path,
)
from recode_data.codemods.values import is_placeholder, values_for
from recode_data.reasons import Reason
from recode_data.records import Change


def plan(subject: Subject) -> Plan | None:
    """Return the plan for a keyword of a callable that has another name there now."""
    change, old = subject.change, subject.old
    if not subject.about_keyword or not subject.is_called or not change.new_keyword:
        return None
    if _takes_an_object(change):
        raise Refused(Reason.OTHER_VALUES)
    new_symbol = plain_path(change.new_symbol) or old.path
    if new_symbol != old.path or _beside(subject):
        return None
    if _takes_another_type(subject):
        raise Refused(Reason.OTHER_VALUES)
    new = subject.newest(new_symbol) or old
    found = recipes(
        subject.having(change.old_keyword) or old,
        new,
        change.old_keyword,
        change.new_keyword,
        old.member,
    )
    return subject.plan(found, new_symbol, new_keyword=change.new_keyword)


def _takes_an_object(change: Change) -> bool:
    """Tell whether a note makes an object for the new keyword: ``times=Coder(calendar=True)``."""
    made = rf"\b{re.escape(change.new_keyword)}\s*=\s*(?:\w+\.)*[A-Z]\w*\("
    return bool(re.search(made, change.text))


def _takes_another_type(subject: Subject) -> bool:
    """Tell whether the defaults of a keyword and of what replaces it are of two types, as
    -1 and True are: their values are no longer the same.

    The newest plain default counts: one that is deprecated often has a sentinel for default.
    A note that gives the new one a string, ``kind='wide'``, where the old was a flag, says so too.
    """
    change = subject.change
    string = rf"\b{re.escape(change.new_keyword)}\s*=\s*['\"]"
    if re.search(string, change.text) and _is_flag(subject):
        return True
    types = []
    for keyword in (change.old_keyword, change.new_keyword):
        given = (
            parameter.default
            for told in subject.newest_first
            if subject.old.path in told
            and (parameter := told[subject.old.path].parameter(keyword)) is not None
        )
        plain = (source for source in given if not is_placeholder(source))
        default = next((source for source in plain if source not in ("", "None")), "")
        try:
            types.append(type(ast.literal_eval(default)))
        except (ValueError, SyntaxError):
            return False
    return types[0] is not types[1] and not set(types) <= {int, float}


def _is_flag(subject: Subject) -> bool:
    """Tell whether a version documents the old keyword as true or false, or has that for
    default."""
    symbol, keyword = subject.old.path, subject.change.old_keyword
    return any(
        parameter.default in ("True", "False") or parameter.documented.startswith("bool")
        for told in subject.facts.values()
        if symbol in told and (parameter := told[symbol].parameter(keyword)) is not None
    )


def _beside(subject: Subject) -> bool:
    """Tell whether the new keyword always stood beside the old one, and so means something
    else, unless the text says that it takes the old one's place."""
    change = subject.change
    oldest = subject.oldest(subject.old.path)
    if oldest is None or oldest.parameter(change.new_keyword) is None:
        return False
    # ``use `f(..., other=False)` instead`` tells of a value, not of another name.
    word = re.escape(change.new_keyword) + r"\b(?!\s*=)"
    instead = (
        rf"(?:\buse|favou?r of|renamed to|replaced by|alias (?:for|of))\W[^.;]{{0,60}}\b{word}"
        rf"|\b{word}[^.;]{{0,40}}\binstead"
    )
    return not re.search(instead, change.text, re.IGNORECASE)


def recipes(old: ApiSymbol, new: ApiSymbol, old_kw: str, new_kw: str, member: bool) -> list[Recipe]:
    """Return the recipes: where the keyword is given, and where it is put in."""
    names, position = old.positional, {new_kw: old_kw}

    def forward(code: str, use: Use) -> list[Pair]:
        return complete((code, rename_keyword(code, use, old_kw, new_kw)))

    def backward(code: str, use: Use) -> list[Pair]:
        return complete((rename_keyword(code, use, new_kw, old_kw), code))

    def by_position(code: str, use: Use) -> list[Pair]:
        known = names or new.positional
        first = next((i for i, name in enumerate(known) if name in (old_kw, new_kw)), None)
        if first is None:
            return []
        before = name_argument(code, use, known, first, position)
        after = name_argument(code, use, known, first, {old_kw: new_kw})
        return complete((before, after))

    def put_in(code: str, use: Use) -> list[Pair]:
        return complete(
            *(
                (put_keyword(code, use, old_kw, value), put_keyword(code, use, new_kw, value))
                for value in values_for(old, old_kw, new, new_kw)
            )
        )

    return [
        Recipe("keyword", old.path, "old", forward, member, old_kw),
        Recipe("keyword", new.path, "new", backward, member, new_kw),
        Recipe("keyword_by_position", old.path, "both", by_position, member),
        Recipe("keyword_put_in", old.path, "both", put_in, member),
    ]


def rename_keyword(code: str, use: Use, old: str, new: str) -> str | None:
    """Write ``old=`` as ``new=`` in the calls that have it; None when no call has it."""
    found = 0

    def change(call: cst.Call) -> cst.Call:
        nonlocal found
        args = []
        for arg in call.args:
            named = arg.keyword is not None and arg.keyword.value == old
            found += named
            args.append(arg.with_changes(keyword=cst.Name(new)) if named else arg)
        return call.with_changes(args=args)

    result = rewritten_calls(code, use, change)
    return result if found else None


SHAPES = (Shape(50, plan),)
