"""Programs that print memory which nobody has set: what it holds is an accident."""

from __future__ import annotations

import ast

_MAKERS = {"empty": 3, "empty_like": 4, "ndarray": 2}
"""NumPy's functions that leave an array as the memory was, and how many arguments by
position they may have before one of them gives the memory."""


def prints_unset(code: str) -> bool:
    """Tell whether ``code`` prints an array of which nothing was ever set.

    It is printed where it is made, or by a name that is used in no other place than `print`:
    a method, an item or an argument may fill it.
    """
    tree = ast.parse(code)
    printed = [
        argument
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
        for argument in node.args
    ]
    in_print = {id(node) for node in printed}
    used = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name)
        and isinstance(node.ctx, ast.Load)
        and id(node) not in in_print
    }
    made = {
        node.targets[0].id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and _makes(node.value)
    }
    return any(
        _makes(node) or (isinstance(node, ast.Name) and node.id in made - used) for node in printed
    )


def _makes(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in ("np", "numpy")
        and node.func.attr in _MAKERS
        and len(node.args) <= _MAKERS[node.func.attr]
        and all(keyword.arg != "buffer" for keyword in node.keywords)
        and not _nothing(node)
    )


def _nothing(call: ast.Call) -> bool:
    """Tell whether an array has no item to set: its shape is written as 0, or with a 0."""
    shape = call.args[0] if call.args else None
    items = shape.elts if isinstance(shape, ast.Tuple | ast.List) else [shape]
    return any(isinstance(item, ast.Constant) and item.value == 0 for item in items)
