"""A keyword has another name, is gone, takes another value, or must be given by name.

``np.percentile(a, 50, interpolation="lower")`` → ``method="lower"``. Where no example
uses the keyword, it is put in: by name for an argument that stands at its position, or
with a value that is read from the signature.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import libcst as cst

from recode_data.codemods.source import Use, rewritten_calls

FILLED = 2
"""So many defaults are written out at most before an argument that stands by position."""
PLAIN = cst.AssignEqual(
    whitespace_before=cst.SimpleWhitespace(""), whitespace_after=cst.SimpleWhitespace("")
)


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


def put_keyword(code: str, use: Use, keyword: str, value: str) -> str | None:
    """Add ``keyword=value`` to every call; None when one has it or takes ``**kwargs``."""

    def change(call: cst.Call) -> cst.Call | None:
        if any(a.star == "**" or (a.keyword and a.keyword.value == keyword) for a in call.args):
            return None
        extra = cst.Arg(cst.parse_expression(value), keyword=cst.Name(keyword), equal=PLAIN)
        return call.with_changes(args=_appended(call.args, extra))

    return rewritten_calls(code, use, change)


def _appended(args: Sequence[cst.Arg], extra: cst.Arg) -> list[cst.Arg]:
    """Return the arguments with one more, which takes over a trailing comma and stands where
    the others do, each on a line of its own or not."""
    if not args or not isinstance(args[-1].comma, cst.Comma):
        return [*args, extra]
    between = args[-2].comma if len(args) > 1 else cst.MaybeSentinel.DEFAULT
    return [
        *args[:-1],
        args[-1].with_changes(comma=between),
        extra.with_changes(comma=args[-1].comma),
    ]


def name_argument(
    code: str, use: Use, parameters: Sequence[str], first: int, names: dict[str, str] | None = None
) -> str | None:
    """Give the arguments from position ``first`` on by name.

    ``parameters`` are the callable's, without ``self``; ``names`` says how some of them
    are written. None when no call has an argument there, or one has ``*args`` before it.
    """
    found = 0

    def change(call: cst.Call) -> cst.Call | None:
        nonlocal found
        args = []
        for position, arg in enumerate(call.args):
            if arg.star:
                return None
            if arg.keyword is None and position >= first:
                if position >= len(parameters):
                    return None
                name = (names or {}).get(parameters[position], parameters[position])
                args.append(arg.with_changes(keyword=cst.Name(name), equal=PLAIN))
                found += 1
            else:
                args.append(arg)
        return call.with_changes(args=args)

    result = rewritten_calls(code, use, change)
    return result if found else None


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
