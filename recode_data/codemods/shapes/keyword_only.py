"""Arguments that must be given by name now: ``f(a, "C")`` → ``f(a, order="C")``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import libcst as cst

from recode_data.api.snapshot import ApiSymbol
from recode_data.codemods.calls import name_argument, put_keyword, rewritten_calls
from recode_data.codemods.notes import by_position
from recode_data.codemods.program import Use
from recode_data.codemods.recipes import Pair, Plan, Recipe, Refused, Shape, Subject, complete
from recode_data.codemods.values import values_for
from recode_data.reasons import Reason

VALUES = 2
"""Values that are tried for a parameter that no example gives."""
FILLED = 2
"""So many defaults are written out at most before an argument that stands by position."""


def plan(subject: Subject) -> Plan | None:
    """Return the plan for a callable that takes fewer arguments by position than it did."""
    if not by_position(subject.noted):
        return None
    wider = _wider(subject)
    if wider is None:
        if subject.noted.kind == "behaviour":
            raise Refused(Reason.BEHAVIOUR)
        return None
    now = subject.latest[subject.old.path]
    beyond = wider.positional[len(now.positional) :]
    found = recipes(wider, now, subject.old.member)
    return subject.plan(found, keyword=False, old=wider, by_name=beyond)


def _wider(subject: Subject) -> ApiSymbol | None:
    """Return the newest fact of a callable that takes more arguments by position than it does
    now, the same ones first; None where it always took what it takes."""
    newest = subject.latest.get(subject.old.path)
    if newest is None or not newest.known_signature:
        return None
    now = newest.positional
    return next(
        (
            fact
            for told in subject.newest_first
            if (fact := told.get(subject.old.path)) is not None
            and len(fact.positional) > len(now)
            and fact.positional[: len(now)] == now
        ),
        None,
    )


def recipes(old: ApiSymbol, new: ApiSymbol, member: bool) -> list[Recipe]:
    """Return the recipes for a callable whose later arguments must be given by name."""
    allowed = len(new.positional)

    def forward(code: str, use: Use) -> list[Pair]:
        return complete((code, name_argument(code, use, old.positional, allowed)))

    beyond = old.positional[allowed:]

    def backward(code: str, use: Use) -> list[Pair]:
        return complete(
            *((unname_argument(code, use, old.positional, name), code) for name in beyond)
        )

    def filled(code: str, use: Use) -> list[Pair]:
        known = {p.name: p.default for p in old.parameters if p.default}
        return complete(
            *((unname_argument(code, use, old.positional, n, known), code) for n in beyond)
        )

    def put_in(code: str, use: Use) -> list[Pair]:
        known = {p.name: p.default for p in old.parameters if p.default}
        named = (
            (put_keyword(code, use, name, value), name)
            for name in beyond
            for value in values_for(old, name)[:VALUES]
        )
        return complete(
            *(
                (unname_argument(given, use, old.positional, name, known), given)
                for given, name in named
                if given is not None
            )
        )

    return [
        Recipe("keyword_only", old.path, "old", forward, member),
        Recipe("keyword_only", old.path, "new", backward, member),
        Recipe("keyword_only", old.path, "new", filled, member, last=True),
        Recipe("keyword_only_put_in", old.path, "both", put_in, member, last=True),
    ]


def unname_argument(
    code: str,
    use: Use,
    parameters: Sequence[str],
    last: str,
    defaults: Mapping[str, str] | None = None,
) -> str | None:
    """Give the argument ``last``, and those before it, by position.

    None when no call gives ``last`` by name, or a call leaves more before it out than
    `FILLED` of those with known ``defaults``, which are then written out.
    """
    known = defaults or {}

    def change(call: cst.Call) -> cst.Call | None:
        if any(arg.star for arg in call.args) or last not in parameters:
            return None
        plain = [arg for arg in call.args if arg.keyword is None]
        named = {arg.keyword.value: arg for arg in call.args if arg.keyword is not None}
        wanted = parameters[len(plain) : parameters.index(last) + 1]
        left_out = [name for name in wanted if name not in named]
        if not wanted or last not in named or len(left_out) > FILLED:
            return None
        if any(name not in known for name in left_out):
            return None
        values = [
            named.pop(name).value if name in named else cst.parse_expression(known[name])
            for name in wanted
        ]
        return call.with_changes(args=[*plain, *map(cst.Arg, values), *named.values()])

    return rewritten_calls(code, use, change)


SHAPES = (Shape(20, plan),)
