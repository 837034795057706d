"""Which argument of a call is which: by position and by keyword they are the same."""

from __future__ import annotations

import ast
import builtins
import inspect
from collections.abc import Mapping
from functools import lru_cache

Parameters = tuple[tuple[str, str, bool], ...]
"""Name, kind (``/`` only by position, empty for both, ``*`` the rest by position, ``=`` only by
keyword, ``**`` the rest by keyword) and whether it must be given."""

_KINDS = {
    inspect.Parameter.POSITIONAL_ONLY: "/",
    inspect.Parameter.POSITIONAL_OR_KEYWORD: "",
    inspect.Parameter.VAR_POSITIONAL: "*",
    inspect.Parameter.KEYWORD_ONLY: "=",
    inspect.Parameter.VAR_KEYWORD: "**",
}


@lru_cache(maxsize=1024)
def written(signature: str) -> Parameters | None:
    """Return the parameters of a signature as `inspect` writes it, ``(a, b=1, *, c)``."""
    try:
        function = ast.parse(f"def f{signature.partition('->')[0].strip()}: pass").body[0]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    assert isinstance(function, ast.FunctionDef)
    return of_arguments(function.args)


def of_arguments(found: ast.arguments) -> Parameters:
    """Return the parameters of a function that a program defines."""
    parameters: list[tuple[str, str, bool]] = []
    positional = [*found.posonlyargs, *found.args]
    needed = len(positional) - len(found.defaults)
    for index, argument in enumerate(positional):
        kind = "/" if index < len(found.posonlyargs) else ""
        parameters.append((argument.arg, kind, index < needed))
    if found.vararg:
        parameters.append((found.vararg.arg, "*", False))
    for argument, default in zip(found.kwonlyargs, found.kw_defaults, strict=True):
        parameters.append((argument.arg, "=", default is None))
    if found.kwarg:
        parameters.append((found.kwarg.arg, "**", False))
    return tuple(parameters)


@lru_cache(maxsize=512)
def built_in(name: str) -> Parameters | None:
    """Return the parameters of a builtin function, None where Python does not tell them."""
    function = getattr(builtins, name, None)
    if function is None or isinstance(function, type):
        return None
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    return tuple((p.name, _KINDS[p.kind], p.default is p.empty) for p in found)


def arranged(
    parameters: Parameters, count: int, keywords: list[str]
) -> dict[int | str, str] | None:
    """Return the parameter that each argument of a call fills, by position or keyword.

    A surplus argument keeps its position or name. None says that the call cannot be made.
    """
    places = [name for name, kind, _ in parameters if kind in ("/", "")]
    rest = any(kind == "*" for _, kind, _ in parameters)
    open_ended = any(kind == "**" for _, kind, _ in parameters)
    named = {name for name, kind, _ in parameters if kind in ("", "=")}
    if count > len(places) and not rest:
        return None
    filled: dict[int | str, str] = dict(enumerate(places[:count]))
    for keyword in keywords:
        if keyword in filled.values() or (keyword not in named and not open_ended):
            return None
        filled[keyword] = keyword
    needed = {name for name, kind, must in parameters if must and kind in ("/", "", "=")}
    return filled if needed <= set(filled.values()) else None


def of_row(signatures: Mapping[str, str] | str | None) -> dict[str, Parameters]:
    """Return the parameters that a row of a data set tells: symbol → signature, or its JSON."""
    if isinstance(signatures, str):
        import json

        try:
            signatures = json.loads(signatures or "{}")
        except ValueError:
            return {}
    if not isinstance(signatures, Mapping):
        return {}
    read = {path: written(text) for path, text in signatures.items() if isinstance(text, str)}
    return {path: parameters for path, parameters in read.items() if parameters is not None}
