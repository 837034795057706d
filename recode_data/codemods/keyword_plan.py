"""Plans for changes of a keyword: which one a note means, and what takes its place."""

from __future__ import annotations

import ast
import re
from dataclasses import replace

from recode_data.api.snapshot import ApiSymbol
from recode_data.api.symbols import Symbols
from recode_data.codemods import recipes as make
from recode_data.codemods.notes import stated_value
from recode_data.codemods.planned import (
    Plan,
    fact_having,
    newest_fact,
    oldest_fact,
    plain_path,
    template_plan,
)
from recode_data.codemods.values import is_placeholder
from recode_data.records import Change

_REPLACED = re.compile(
    r"\b(?:replac|renam(?!ing of \d)|instead\b|in favou?r of|please (?:use|refer)\b)", re.IGNORECASE
)
"""Words of a note that says what takes a keyword's place: leaving it out is not the answer."""

_TAKES_PLACE = re.compile(rf"{_REPLACED.pattern}|\b(?:use|alias)\b", re.IGNORECASE)


def about_keyword(change: Change, old: ApiSymbol, facts: dict[str, Symbols]) -> Change:
    """Return the change with the keyword that it is about, where a note names a function that
    stays and, in its text, one keyword that left the function's signature; and with the one
    that came for it, where the text names a single keyword that the function had not before."""
    newest = list(facts.values())[-1].get(old.path)
    answered = change.old_keyword and (change.new_keyword or change.new_symbol)
    if answered or newest is None or not newest.known_signature:
        return change
    now = {parameter.name for parameter in newest.parameters}
    before = {
        p.name for told in facts.values() if old.path in told for p in told[old.path].parameters
    }
    told = set(re.findall(r"`+([A-Za-z_]\w*)=?[^`]*`+", change.text))
    told |= set(re.findall(r"['\"]([A-Za-z_]\w*)=?['\"]", change.text))
    told |= set(re.findall(r"`+[\w.]+\.([A-Za-z_]\w*)`+", change.text))  # `update.values`
    gone = {change.old_keyword} if change.old_keyword else (before - now) & told
    come = (now & told) - {old.path.rpartition(".")[2]}
    oldest = oldest_fact(facts, old.path)
    come -= {p.name for p in oldest.parameters} if oldest else set()
    if len(gone) != 1:
        return change
    taken = bool(_TAKES_PLACE.search(change.text))
    new = come.pop() if len(come) == 1 and taken else ""
    symbol = old.path if new else ""
    return replace(change, old_keyword=gone.pop(), new_keyword=new, new_symbol=symbol)


def about_value(change: Change, old: ApiSymbol, facts: dict[str, Symbols]) -> Change | None:
    """Return the change with the value of a keyword that its text says is another one now."""
    stated = stated_value(change.text)
    if change.old_value or stated is None or old.kind not in ("callable", "class"):
        return None
    keyword, value, new_value = stated
    if change.old_keyword not in ("", keyword) or not fact_having(facts, old.path, keyword):
        return None
    return replace(
        change,
        old_keyword=keyword,
        old_value=value,
        new_value=new_value,
        new_symbol="",
        new_keyword="",
    )


def keyword_plan(change: Change, old: ApiSymbol, facts: dict[str, Symbols]) -> Plan | str | None:
    """Return the plan for a change of a keyword, or why there is none; None when the change is
    about no keyword, or about one that a whole other symbol replaces."""
    if not change.old_keyword and not change.old_value:
        return None
    if change.old_keyword and (templated := template_plan(change, old, facts)):
        return templated
    new_symbol = plain_path(change.new_symbol) or (old.path if change.new_keyword else "")
    new = newest_fact(facts, new_symbol or old.path) or old
    if old.kind not in ("callable", "class"):
        return "keyword of something that is not called"
    if change.old_value and change.new_value:
        found = make.changed_value(
            old.path, change.old_keyword, change.old_value, change.new_value, old.member
        )
        return Plan(change, tuple(found), old.path, change.old_keyword, "", "", old)
    if change.new_keyword and _takes_an_object(change):
        return "the new keyword takes something else"
    if change.new_keyword and new_symbol == old.path and not _beside(change, old, facts):
        with_old = fact_having(facts, old.path, change.old_keyword) or old
        if _takes_another_type(change, old.path, facts):
            return "the new keyword takes something else"
        found = make.renamed_keyword(
            with_old, new, change.old_keyword, change.new_keyword, old.member
        )
        return Plan(
            change, tuple(found), old.path, change.old_keyword, new_symbol, change.new_keyword, old
        )
    valued = change.new_keyword and re.search(rf"\b{change.new_keyword}\s*=", change.text)
    if _REPLACED.search(change.text) or valued:
        return "no replacement told for the keyword"
    with_old = fact_having(facts, old.path, change.old_keyword) or old
    found = make.removed_keyword(with_old, change.old_keyword, old.member, change.text)
    return Plan(change, tuple(found), old.path, change.old_keyword, "", "", old)


def _takes_an_object(change: Change) -> bool:
    """Tell whether a note makes an object for the new keyword: ``times=Coder(calendar=True)``."""
    made = rf"\b{re.escape(change.new_keyword)}\s*=\s*(?:\w+\.)*[A-Z]\w*\("
    return bool(re.search(made, change.text))


def _takes_another_type(change: Change, symbol: str, facts: dict[str, Symbols]) -> bool:
    """Tell whether the defaults of a keyword and of what replaces it are of two types, as
    -1 and True are: their values are no longer the same.

    The newest plain default counts: one that is deprecated often has a sentinel for default.
    A note that gives the new one a string, ``kind='wide'``, where the old was a flag, says so too.
    """
    string = rf"\b{re.escape(change.new_keyword)}\s*=\s*['\"]"
    if re.search(string, change.text) and _is_flag(change.old_keyword, symbol, facts):
        return True
    types = []
    for keyword in (change.old_keyword, change.new_keyword):
        given = (
            parameter.default
            for told in reversed(list(facts.values()))
            if symbol in told and (parameter := told[symbol].parameter(keyword)) is not None
        )
        plain = (source for source in given if not is_placeholder(source))
        default = next((source for source in plain if source not in ("", "None")), "")
        try:
            types.append(type(ast.literal_eval(default)))
        except (ValueError, SyntaxError):
            return False
    return types[0] is not types[1] and not set(types) <= {int, float}


def _is_flag(keyword: str, symbol: str, facts: dict[str, Symbols]) -> bool:
    """Tell whether a version documents the keyword as true or false, or has that for default."""
    return any(
        parameter.default in ("True", "False") or parameter.documented.startswith("bool")
        for told in facts.values()
        if symbol in told and (parameter := told[symbol].parameter(keyword)) is not None
    )


def _beside(change: Change, old: ApiSymbol, facts: dict[str, Symbols]) -> bool:
    """Tell whether the new keyword always stood beside the old one, and so means something
    else, unless the text says that it takes the old one's place."""
    oldest = oldest_fact(facts, old.path)
    if oldest is None or oldest.parameter(change.new_keyword) is None:
        return False
    # ``use `f(..., other=False)` instead`` tells of a value, not of another name.
    word = re.escape(change.new_keyword) + r"\b(?!\s*=)"
    instead = (
        rf"(?:\buse|favou?r of|renamed to|replaced by|alias (?:for|of))\W[^.;]{{0,60}}\b{word}"
        rf"|\b{word}[^.;]{{0,40}}\binstead"
    )
    return not re.search(instead, change.text, re.IGNORECASE)
