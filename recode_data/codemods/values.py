"""Values for a keyword that no example gives: first those that may show in the result."""

from __future__ import annotations

import ast
import re

from recode_data.api.snapshot import ApiSymbol

MOST = 5
_PLACEHOLDER = re.compile(r"['\"](?:deprecated|warn\w*|no[_ ]?(?:default|value|input))['\"]$", re.I)


def values_for(
    old: ApiSymbol, keyword: str, new: ApiSymbol | None = None, new_keyword: str = ""
) -> list[str]:
    """Return sources of values to try, from the signatures and the documented choices."""
    found: list[str] = []
    for fact, name in ((new, new_keyword), (old, keyword)):
        if fact is None or not name:
            continue
        parameter = fact.parameter(name)
        if parameter is None:
            continue
        found += _choices(parameter.documented)
        if parameter.default:
            found += [*_others(parameter.default), parameter.default]
    # Nobody writes a keyword to say None, which mostly means "as if it were not there".
    plain = (value for value in dict.fromkeys(found) if value != "None")
    return [value for value in plain if not is_placeholder(value)][:MOST]


_IDLE = re.compile(
    r"no effect|has no|unused|not used|no longer (?:used|needed|necessary)|ignored|does nothing"
    r"|redundant|OpenMP",
    re.IGNORECASE,
)


def values_to_leave_out(old: ApiSymbol, keyword: str, text: str) -> list[str]:
    """Return sources of values for a keyword that is gone, which may be left out in its stead:
    its default, or False where it has none; any where ``text`` says that it does nothing."""
    values = values_for(old, keyword)
    if does_nothing(text):
        return values
    parameter = old.parameter(keyword)
    default = parameter.default if parameter else ""
    if default in values:
        return [default]
    return [value for value in values if value == "False"]


def does_nothing(text: str) -> bool:
    """Tell whether a text says that a keyword does nothing, whatever is given for it."""
    return bool(_IDLE.search(text))


def is_placeholder(default: str) -> bool:
    """Tell whether a default only says that the argument was not given, as ``'deprecated'``
    or ``'warn'`` do while a keyword is on its way out."""
    return bool(_PLACEHOLDER.match(default))


def _others(default: str) -> list[str]:
    """Return values of the default's own type that are not the default."""
    try:
        value = ast.literal_eval(default)
    except (ValueError, SyntaxError):
        return []
    if isinstance(value, bool):
        return [str(not value)]
    if isinstance(value, int):
        return [str(value + 1)]
    if isinstance(value, float):
        return [repr(value * 2)] if value else ["0.5"]
    return []


def _choices(documented: str) -> list[str]:
    """Return the literals of a documented type: of ``{'linear', 'lower'}``, or of ``int``."""
    listed = re.match(r"\{([^}]*)\}", documented)
    if listed:
        return re.findall(r"'[^']*'|\"[^\"]*\"|\bTrue\b|\bFalse\b|\d+", listed[1])[:4]
    kind = re.match(r"\w+", documented)
    return {"bool": ["True", "False"], "int": ["1", "2"], "float": ["0.5"]}.get(
        kind[0] if kind else "", []
    )
