"""What a program itself imports before it does anything else."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator


def own_imports(code: str, modules: Collection[str]) -> tuple[str, ...]:
    """Return those of ``modules`` that the first lines of ``code`` import, in order.

    Only the imports that come before anything else count: a process that has done exactly
    these stands where a new one would stand after the program's first lines.

    >>> SCIPY = ("scipy", "scipy.signal", "scipy.stats")
    >>> own_imports("import scipy.signal.windows\\nx = 1\\nimport scipy.stats", SCIPY)
    ('scipy', 'scipy.signal')
    >>> own_imports("from scipy import signal, nothing", SCIPY)
    ('scipy', 'scipy.signal')
    >>> own_imports("x = 1\\nimport scipy", SCIPY)
    ()
    """
    found = set(_imported(ast.parse(code)))
    return tuple(module for module in sorted(modules) if module in found)


def _imported(tree: ast.Module) -> Iterator[str]:
    """Yield every module that a line of imports at the top may load, and its packages."""
    for number, line in enumerate(tree.body):
        if isinstance(line, ast.Import):
            names = [alias.name for alias in line.names]
        elif isinstance(line, ast.ImportFrom) and not line.level:
            names = [f"{line.module}.{alias.name}" for alias in line.names]
        elif number == 0 and isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant):
            continue  # the docstring
        else:
            return
        for name in names:
            parts = name.split(".")
            yield from (".".join(parts[:end]) for end in range(1, len(parts) + 1))
