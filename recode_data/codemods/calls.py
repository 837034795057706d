"""Changes of the calls of one callable: of all of them, or of none.

Where no example uses a keyword, it is put in: by name for an argument that stands at its
position, or with a value that is read from the signature.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import libcst as cst

from recode_data.codemods.program import Program, Use

PLAIN = cst.AssignEqual(
    whitespace_before=cst.SimpleWhitespace(""), whitespace_after=cst.SimpleWhitespace("")
)


class Calls(cst.CSTTransformer):
    """Hands every call of a use to ``change``, which returns what stands in its place.

    ``change`` returns None for a call that it cannot rewrite; the whole codemod then fails.
    """

    def __init__(
        self, program: Program, use: Use, change: Callable[[cst.Call], cst.BaseExpression | None]
    ) -> None:
        self.program = program
        self.use = use
        self.change = change
        self.done = 0
        self.failed = False

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        if not self.program.is_use(original_node.func, self.use):
            return updated_node
        changed = self.change(updated_node)
        if changed is None:
            self.failed = not self.program.in_place
            return updated_node
        self.done += 1
        return changed


def rewritten_calls(
    code: str, use: Use, change: Callable[[cst.Call], cst.BaseExpression | None]
) -> str | None:
    """Return ``code`` with every call of ``use`` changed; None when there is nothing to
    change or one call cannot be."""
    program = Program(code, use)
    transformer = Calls(program, use, change)
    result = program.changed(transformer)
    return result if transformer.done and not transformer.failed else None


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
