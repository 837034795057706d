"""A regular change that a pair of patterns in a file tells: ``np.asscalar(a)`` → ``a.item()``."""

from __future__ import annotations

from recode_data.codemods.notes import by_position
from recode_data.codemods.patterns import Pattern, apply_pattern
from recode_data.codemods.program import Use
from recode_data.codemods.recipes import Pair, Plan, Recipe, Shape, Subject, complete
from recode_data.records import Change


def plan_by_position(subject: Subject) -> Plan | None:
    """Return the plan for arguments that were given by position: items of a list stand by
    position now."""
    return _plan(subject, subject.noted) if by_position(subject.noted) else None


def plan(subject: Subject) -> Plan | None:
    """Return the plan for a symbol, or for the keyword that the change is about."""
    if subject.about_keyword and not subject.change.old_keyword:
        return None
    return _plan(subject, subject.change)


def _plan(subject: Subject, change: Change) -> Plan | None:
    old = subject.old
    key = f"{old.path}({change.old_keyword}=)" if change.old_keyword else old.path
    fitting = subject.patterns.by_symbol.get(key, ())
    if not fitting:
        return None
    found: list[Recipe] = []
    for pattern in fitting:
        new = subject.newest(pattern.replacement)
        # An attribute that only instances have is no fact; beside a member it is one.
        beside = pattern.replacement.rpartition(".")[0] == old.path.rpartition(".")[0]
        member = new.member if new else old.member and beside
        found += recipes(pattern, old.path, old.member, member)
    named = {pattern.replacement for pattern in fitting if pattern.replacement}
    replacement = named.pop() if len(named) == 1 else ""
    return subject.plan(found, replacement, keyword=bool(change.old_keyword))


def recipes(pattern: Pattern, symbol: str, old_member: bool, new_member: bool) -> list[Recipe]:
    """Return the recipes for a pair of patterns about ``symbol``."""

    def forward(code: str, use: Use) -> list[Pair]:
        return complete((code, apply_pattern(code, pattern.old, pattern.new, use)))

    def backward(code: str, use: Use) -> list[Pair]:
        return complete((apply_pattern(code, pattern.new, pattern.old, use), code))

    found = [Recipe("template", symbol, "old", forward, member=old_member)]
    if pattern.replacement:
        found.append(Recipe("template", pattern.replacement, "new", backward, member=new_member))
    return found


SHAPES = (Shape(10, plan_by_position), Shape(30, plan))
