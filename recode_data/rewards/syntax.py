"""What single nodes of a syntax tree say, each on its own."""

from __future__ import annotations

import ast


def constant_of(node: ast.expr) -> tuple[str, str] | None:
    """Return type and text of a literal; a sign belongs to its number."""
    sign = ""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        sign, node = "-", node.operand
        if not (isinstance(node, ast.Constant) and isinstance(node.value, int | float | complex)):
            return None
    if isinstance(node, ast.Constant):
        return type(node.value).__name__, sign + repr(node.value)
    return None


def operators_of(node: ast.AST) -> list[ast.AST]:
    """Return the operators of an operation, none for other nodes."""
    operator = getattr(node, "op", None)
    return [operator] if operator is not None else list(getattr(node, "ops", ()))


def arguments_of(arguments: ast.arguments) -> list[tuple[str, ast.arg]]:
    """Return a function's arguments, each with its position or kind."""
    found = [
        (str(index), argument)
        for index, argument in enumerate([*arguments.posonlyargs, *arguments.args])
    ]
    found += [("keyword", argument) for argument in arguments.kwonlyargs]
    if arguments.vararg:
        found.append(("*", arguments.vararg))
    if arguments.kwarg:
        found.append(("**", arguments.kwarg))
    return found
