"""A program as what it does: a bag of features, and a signature that equal programs share.

The program is read in the order in which it runs, calls of its own functions are followed and
variables stand for what they hold. So names, layout, import style, a ``main`` function, a
name guard, helper functions, inlined variables, the order of independent lines and the way in
which a printed line is put together leave no trace. What does leave one, as a feature:

    symbol    a library's path, a builtin, or ``.method`` of some object
    constant  a literal, or a part of a text
    keyword   the name of a keyword argument
    operator  an operator or a syntactic form
    place     (callee, position or keyword): an argument that it is given
    slot      (position or keyword, what stands there), whoever is called
    edge      (callee or form, position or keyword, what stands there)
    order     two effects on one thing, such as lines printed, one after the other
    import    a module that is imported and never used
    module    a submodule that is imported and used

The features of a function that is never called stand apart, as ``("uncalled", feature)``, and
those of an assertion as ``("aside", feature)``.

Two programs of the same signature make the same calls on the same values and print the same
lines, as far as the text tells: it takes for granted that a call in an assignment changes none
of its arguments, and that two calls of a library do not depend on each other but through
values. What another function returns, the text does not tell: a replacement with equal results
has another signature.
"""

from __future__ import annotations

import ast
import warnings
from functools import lru_cache

from recode_data.rewards.program import Features, Program
from recode_data.rewards.signatures import Parameters
from recode_data.rewards.statements import Reader

__all__ = ["Features", "Program", "program"]


@lru_cache(maxsize=4096)
def program(
    code: str, known: tuple[tuple[str, Parameters], ...] = (), loose: bool = False
) -> Program | None:
    """Return what ``code`` does, or None when it is no Python program.

    ``known`` are the signatures of the symbols that it may call. When ``loose``, calls are the
    same that have the same first argument and otherwise the same values in any slots, and a
    call made twice is as good as one whose result is used twice.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(code)
        return Reader(dict(known), loose).read(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return None
