"""A made-up library of tables: its changes, and what its versions say of its names."""

from __future__ import annotations

from recode_data.api.snapshot import ApiSymbol, Parameter
from recode_data.api.symbols import Symbols
from recode_data.codemods.patterns import Patterns
from recode_data.codemods.plan import plan
from recode_data.codemods.recipes import Plan, Refused
from recode_data.library import Library
from recode_data.reasons import Reason
from recode_data.records import Change

LIBRARY = Library(name="frames", matrix=["1", "2", "3"])


def change(text: str, old: str = "frames.Table.drop", kind: str = "deprecated") -> Change:
    return Change("frames", "2", kind, text, "", "sdist", "x", "", old)  # type: ignore[arg-type]


def fact(path: str, *names: str, member: bool = True, by_name: tuple[str, ...] = ()) -> ApiSymbol:
    given = [Parameter("self", "POSITIONAL_OR_KEYWORD", "")] if member else []
    given += [Parameter(name, "POSITIONAL_OR_KEYWORD", "None") for name in names]
    given += [Parameter(name, "KEYWORD_ONLY", "None") for name in by_name]
    return ApiSymbol(path, "callable", member, tuple(given), True, (), "frames", "", "")


WIDE = fact("frames.Table.drop", "labels", "axis", "inplace")
NARROW = fact("frames.Table.drop", "labels", by_name=("axis", "inplace"))
FACTS: dict[str, Symbols] = {
    "1": {WIDE.path: WIDE},
    "2": {WIDE.path: WIDE},
    "3": {WIDE.path: NARROW},
}


def plan_of(noted: Change, facts: dict[str, Symbols] = FACTS) -> Plan | Reason:
    """Return the plan for a change, or why there is none; no pattern file knows the library."""
    try:
        return plan(noted, LIBRARY, facts, Patterns({}, {}), {})
    except Refused as why:
        return why.reason
