"""Names as a note writes them to full import paths."""

from __future__ import annotations

import builtins
import pkgutil
import re
import sys
import sysconfig
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from recode_data.api.references import Reference
from recode_data.library import Library, import_aliases

_C_API = re.compile(r"Py[A-Z_]\w*|[A-Z]+_[A-Z_]*\*?")
"""Functions and macros of C: nothing that a program in Python uses."""
SHORTHAND = re.compile(r"^_[a-z]\w*\.(?=[A-Za-z])")
"""The private module by which a documentation calls a public name: ``_orm.Session``."""


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
    ``module`` defines: of the module that lists it (``os.fspath``), where another than the one
    that implements it (``posix``) does. What is of no such module keeps its path."""
    path = f"{module}.{name}"
    if module.partition(".")[0] not in sys.stdlib_module_names:
        return path
    parts = module.split(".")
    parents = [".".join(parts[:cut]) for cut in range(1, len(parts))]
    modules = {module, module.lstrip("_"), *parents, *_takers(module)}
    places = sorted((_standard_module(one) for one in modules), key=lambda p: ("." not in p, p))
    value = _standard(path)
    for place in places if value is not None else ():
        listed = getattr(_standard(place), "__all__", [name])
        if place != module and name in listed and _standard(f"{place}.{name}") is value:
            return f"{place}.{name}"
    return path


def _takers(module: str) -> list[str]:
    """Return the modules of the standard library that offer whatever another of it offers."""
    line = re.compile(rf"^\s*from {re.escape(module)} import \*", re.MULTILINE)
    return [name for name, source in _standard_sources().items() if line.search(source)]


def _standard_module(module: str) -> str:
    """Return the name that another module lists a module by: ``os.path`` for ``posixpath``."""
    line = re.compile(rf"^\s*import {re.escape(module)} as (\w+)$", re.MULTILINE)
    for name, source in _standard_sources().items():
        for alias in line.findall(source):
            here = _standard(name)
            same = getattr(here, alias, None) is _standard(module)
            if same and alias in getattr(here, "__all__", ()):
                return f"{name}.{alias}"
    return module


@lru_cache(maxsize=1)
def _standard_sources() -> dict[str, str]:
    """Return the sources of the public modules of the standard library that list what they
    offer; importing one of those does nothing else."""
    folder = Path(sysconfig.get_path("stdlib"))
    found: dict[str, str] = {}
    for name in sorted(sys.stdlib_module_names):
        for file in (folder / f"{name}.py", folder / name / "__init__.py"):
            if not name.startswith("_") and file.is_file():
                source = file.read_text("utf-8", "replace")
                if re.search(r"^__all__\b", source, re.MULTILINE):
                    found[name] = source
    return found


def _standard(path: str) -> object:
    """Return what a path of the standard library leads to in this Python, or None."""
    try:
        return pkgutil.resolve_name(path)
    except (ImportError, AttributeError, ValueError):
        return None
