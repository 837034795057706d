"""Programs that show whether an entry's output is evidence.

`unmasked` records what an assertion only compares and what the changed call returns;
`wrong` makes the changed call return something else, so the output has to change.
"""

from __future__ import annotations

import ast
from collections.abc import Collection

from recode_data.validate.places import Places, callee, with_prelude

SEEN = "recode_seen"
"""Name of the list of what assertions and comparisons of the program looked at."""
RESULTS = "recode_results"
"""Name of the list of what the changed calls returned."""

_HIDING = {"allclose", "array_equal", "array_equiv", "isclose"}
_PRELUDE = f"""
{SEEN} = []
{RESULTS} = []
def recode_keep(value):
    {RESULTS}.append(value)
    return value
def recode_compare(function, *args, **keywords):
    {SEEN}.append(args)
    return function(*args, **keywords)
"""
_WRONG = """
def recode_wrong(value):
    if isinstance(value, bool):
        return not value
    if value is None:
        return 0
    if isinstance(value, (int, float, complex)):
        return value * 3 + 7 if abs(value) < 1e300 else 7.0
    if isinstance(value, str):
        return value + '?'
    if isinstance(value, bytes):
        return value + b'?'
    if type(value) in (list, tuple, set):
        return type(value)([recode_wrong(part) for part in value] or [7])
    if type(value) is dict:
        return dict((key, recode_wrong(part)) for key, part in value.items())
    if isinstance(value, type):
        return str if 'complex' in value.__name__ else complex
    for change in (lambda: ~value if str(value.dtype) == 'bool' else value * 3 + 7,
                   lambda: value[:0] if len(value) else [7]):
        try:
            return change()
        except Exception:
            pass
    if callable(value):
        return lambda *args, **keywords: recode_wrong(value(*args, **keywords))
    return object()
"""


def unmasked(code: str, names: Collection[str], keyword: str) -> str:
    """Return ``code`` with its assertions turned into recorded values (`SEEN`) and the
    results of the changed call kept (`RESULTS`)."""
    tree = ast.parse(code)
    tree = _Unmask(names).visit(tree)
    keep = Places(names, keyword, lambda node: _call("recode_keep", node))
    return with_prelude(keep.visit(tree), _PRELUDE)


def wrong(code: str, names: Collection[str], keyword: str) -> str:
    """Return the `unmasked` program whose changed call gives another result, or is left
    out where its result is not used; empty when the program has no such place."""
    tree = _Unmask(names).visit(ast.parse(code))
    places = Places(names, keyword, lambda node: _call("recode_wrong", node), drop=True)
    tree = places.visit(tree)
    return with_prelude(tree, _PRELUDE + _WRONG) if places.found else ""


def twins(code: str, names: Collection[str], keyword: str) -> bool:
    """Return whether a changed call has two equal arguments, so that their order cannot
    be seen."""
    found = False

    def look(node: ast.expr) -> ast.expr:
        nonlocal found
        if isinstance(node, ast.Call):
            texts = [ast.dump(part) for part in node.args]
            found = found or len(set(texts)) < len(texts)
        return node

    Places(names, keyword, look).visit(ast.parse(code))
    return found


class _Unmask(ast.NodeTransformer):
    """Replaces assertions by records of what they compare."""

    def __init__(self, names: Collection[str]) -> None:
        self.names = names

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        test = node.test
        if isinstance(test, ast.Compare):
            return self.generic_visit(_record([test.left, *test.comparators]))
        return self.generic_visit(_record([test]))

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        call = node.value
        if isinstance(call, ast.Call):
            name = callee(call)
            checks = name.startswith("assert") and not name.startswith(
                ("assert_raises", "assert_warns")
            )
            if checks and name not in self.names:
                return self.generic_visit(_record(list(call.args)))
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if callee(node) in _HIDING - set(self.names):
            node.args.insert(0, node.func)
            node.func = ast.Name("recode_compare", ast.Load())
        return node


def _record(parts: list[ast.expr]) -> ast.Expr:
    append = ast.Attribute(ast.Name(SEEN, ast.Load()), "append", ast.Load())
    return ast.Expr(ast.Call(append, [ast.Tuple(parts, ast.Load())], []))


def _call(function: str, node: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(function, ast.Load()), [node], [])
