"""The arguments of a call that goes to another callable: what they are called there, and
the defaults that are others there and so must be written out.

``index.set_labels(labels=x)`` → ``index.set_codes(codes=x)``;
``pd.read_table(path)`` → ``pd.read_csv(path, sep="\\t")``.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

import libcst as cst

from recode_data.api.snapshot import ApiSymbol
from recode_data.api.symbols import Symbols
from recode_data.codemods.calls import PLAIN


@dataclass(frozen=True)
class Arguments:
    """How the arguments of a call are written when the call goes elsewhere."""

    taken: frozenset[str] | None = None
    """Keywords that the target takes; None: any."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Keywords that are called otherwise there."""
    positional: tuple[str, ...] = ()
    """Parameters of the source that may be given by position."""
    defaults: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Parameters that both have, with the default here and there, where those differ."""

    def carried(self, call: cst.Call, in_place: bool = False) -> cst.Call | None:
        """Return the call with its arguments as the target wants them; None when it does not
        take one of them, or when it cannot be told whether a default must be written out. With
        ``in_place`` a comma after the last argument stays."""
        if self.defaults and any(arg.star for arg in call.args):
            return None
        kept: list[cst.Arg] = []
        for arg in call.args:
            name = arg.keyword.value if arg.keyword else ""
            unknown = bool(name) and self.taken is not None and name not in self.taken
            if unknown and name not in self.names:
                return None
            other = cst.Name(self.names[name]) if unknown else arg.keyword
            if not (name in self.defaults and _is(arg.value, self.defaults[name][1])):
                kept.append(arg.with_changes(keyword=other))
        count = sum(arg.keyword is None for arg in call.args)
        given = {arg.keyword.value for arg in call.args if arg.keyword} | {*self.positional[:count]}
        kept += [
            cst.Arg(cst.parse_expression(here), keyword=cst.Name(name), equal=PLAIN)
            for name, (here, _) in self.defaults.items()
            if name not in given
        ]
        if kept:
            comma = call.args[-1].comma if in_place and call.args else cst.MaybeSentinel.DEFAULT
            kept[-1] = kept[-1].with_changes(comma=comma)
        return call.with_changes(args=kept)


_UNKNOWN = object()
AS_THEY_ARE = Arguments()
"""What is done where nothing is known of one of the two."""


def arguments_between(source: str, target: str, facts: Mapping[str, Symbols]) -> Arguments:
    """Return how calls of ``source`` are written as calls of ``target``.

    Arguments that stand at the same position mean the same, since they are left there.
    Defaults are compared in the versions that have both, and must differ in all of them:
    the oldest says what they are, before one of the two was deprecated.
    """
    here = [told[source] for told in facts.values() if source in told]
    there = [told[target] for told in facts.values() if target in told]
    if not here or not there or not (here[-1].known_signature and there[-1].known_signature):
        return AS_THEY_ARE
    known = frozenset(p.name for fact in there for p in fact.parameters)
    if any(p.kind == "VAR_KEYWORD" for fact in there for p in fact.parameters):
        return Arguments(positional=here[0].positional, defaults=_defaults(source, target, facts))
    ours = {p.name for fact in here for p in fact.parameters}
    names = {
        old: new
        for old, new in zip(here[-1].positional, there[-1].positional, strict=False)
        if old not in known and new not in ours
    }
    return Arguments(known, names, here[0].positional, _defaults(source, target, facts))


def _defaults(source: str, target: str, facts: Mapping[str, Symbols]) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    same: set[str] = set()
    for told in facts.values():
        if source not in told or target not in told:
            continue
        for name, pair in _both(told[source], told[target]).items():
            if _literal(pair[0]) == _literal(pair[1]):
                same.add(name)
            found.setdefault(name, pair)
    # Nobody writes out that an argument is None.
    return {name: p for name, p in found.items() if name not in same and p[0] != "None"}


def _both(here: ApiSymbol, there: ApiSymbol) -> dict[str, tuple[str, str]]:
    """Return the plain defaults of the parameters that two callables share."""
    found = {}
    for ours in here.parameters:
        theirs = there.parameter(ours.name)
        if theirs is None or theirs.kind == "POSITIONAL_ONLY":
            continue
        pair = ours.default, theirs.default
        if _UNKNOWN not in map(_literal, pair):  # a tuple of objects has a source but no value
            found[ours.name] = pair
    return found


def _is(value: cst.BaseExpression, default: str) -> bool:
    """Tell whether an argument is the literal that a default is."""
    given = _literal(cst.Module([]).code_for_node(value))
    return given is not _UNKNOWN and given == _literal(default)


def _literal(source: str) -> object:
    try:
        return ast.literal_eval(source)
    except (ValueError, SyntaxError):
        return _UNKNOWN
