"""Names as a note writes them to full import paths."""

from __future__ import annotations

import builtins
import pkgutil
import re
import sys
from collections.abc import Iterable
from functools import lru_cache

from recode_data.api.references import Reference
from recode_data.library import Library, import_aliases

_C_API = re.compile(r"Py[A-Z_]\w*|[A-Z]+_[A-Z_]*\*?")
"""Functions and macros of C: nothing that a program in Python uses."""
SHORTHAND = re.compile(r"^_[a-z]\w*\.(?=[A-Za-z])")
"""The private module by which a documentation calls a public name: ``_orm.Session``."""

_PUBLIC = {
    "posix": "os", "nt": "os", "posixpath": "os.path", "ntpath": "os.path",
    "genericpath": "os.path",
}  # fmt: skip
"""Modules of the standard library that implement public ones under names of their own."""


class TextResolver:
    """Resolves by the text alone: aliases, the current module, the library's name."""

    def __init__(self, library: Library) -> None:
        self.package = library.package
        self.aliases = dict(library.aliases)

    def symbol(
        self, reference: Reference, module: str, owners: Iterable[Reference] = ()
    ) -> list[str]:
        path = SHORTHAND.sub("", reference.path)
        if not path or "*" in path or _C_API.fullmatch(path) or path.startswith("__"):
            return []
        head = path.split(".", 1)[0]
        if head in self.aliases or head == self.package:
            return [self.spelled_out(path)]
        if outside_path(path):
            return []
        if "." in path and path[0].isupper():
            return [f"{self.package}.{path}"]
        for owner in owners:
            whole = self.spelled_out(owner.path)
            if (
                whole.startswith(self.package + ".")
                and owner.leaf[:1].isupper()
                and "." not in path
            ):
                return [f"{whole}.{path}"]
        return [f"{module or self.package}.{path}"]

    def replacement(self, reference: Reference, module: str, old: str) -> str:
        path = SHORTHAND.sub("", reference.path)
        head = path.split(".", 1)[0]
        if head in self.aliases or head == self.package:
            return self.spelled_out(path)
        outside = outside_path(path)
        if outside:
            return outside
        return next(iter(self.symbol(reference, old.rpartition(".")[0] or module)), "")

    def spelled_out(self, path: str) -> str:
        """Write the alias that a path begins with as the module it stands for."""
        head, dot, rest = path.partition(".")
        return self.aliases.get(head, head) + dot + rest


def outside_path(path: str) -> str:
    """Return the path of a builtin (``builtins.int``), of the standard library, or of a
    library that others build on (``np.tri``)."""
    head, dot, rest = path.partition(".")
    if dot and head in sys.stdlib_module_names:
        return path
    if dot and head in (known := import_aliases()):
        return f"{known[head]}.{rest}"
    if hasattr(builtins, head) and not head.startswith("_"):
        return f"builtins.{path}"
    return ""


@lru_cache(maxsize=512)
def standard_path(module: str, name: str) -> str:
    """Return the path by which programs import an object of the standard library that
    ``module`` defines: of the package or the public module that offers the very same object
    (``os.fspath``), not of the one that implements it (``posix``). Others keep their path."""
    path = f"{module}.{name}"
    if module.partition(".")[0] not in sys.stdlib_module_names:
        return path
    parts = module.split(".")
    parents = [".".join(parts[:cut]) for cut in range(1, len(parts))]
    value = _standard(path)
    for place in (_PUBLIC.get(module, module.lstrip("_")), *parents):
        if place != module and value is not None and _standard(f"{place}.{name}") is value:
            return f"{place}.{name}"
    return path


def _standard(path: str) -> object:
    """Return what a path of the standard library leads to in this Python, or None."""
    try:
        return pkgutil.resolve_name(path)
    except (ImportError, AttributeError, ValueError):
        return None
