"""The shapes of change, a file each. A file is found by being here: it has ``SHAPES``."""

from __future__ import annotations

import pkgutil
from functools import lru_cache
from importlib import import_module

from recode_data.codemods.recipes import Shape


@lru_cache(maxsize=1)
def shapes() -> tuple[Shape, ...]:
    """Return the shapes of all files in the order in which they are tried."""
    names = [f"{__name__}.{module.name}" for module in pkgutil.iter_modules(__path__)]
    found = [shape for name in names for shape in import_module(name).SHAPES]
    return tuple(sorted(found, key=lambda shape: shape.order))
