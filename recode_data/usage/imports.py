"""What the names of a program stand for, and the import lines that a program needs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from recode_data.usage.example import Import

USUAL = {
    "np": Import("numpy"),
    "numpy": Import("numpy"),
    "pd": Import("pandas"),
    "nx": Import("networkx"),
    "plt": Import("matplotlib.pyplot"),
    "mpl": Import("matplotlib"),
    "sp": Import("scipy"),
    "xr": Import("xarray"),
    "pl": Import("polars"),
    "sns": Import("seaborn"),
    "sm": Import("statsmodels.api"),
    "da": Import("dask.array"),
    "dd": Import("dask.dataframe"),
    "sa": Import("sqlalchemy"),
}
"""Names that documentation uses without importing them."""
ALIASES = {
    "numpy": "np",
    "pandas": "pd",
    "networkx": "nx",
    "matplotlib.pyplot": "plt",
    "matplotlib": "mpl",
    "xarray": "xr",
    "polars": "pl",
    "seaborn": "sns",
    "statsmodels.api": "sm",
}
"""Modules whose members are written with the module's usual alias in front."""
INTERNAL = {"core", "lib", "ma.core", "ma.extras", "_core", "tests"}


def read_imports(nodes: Iterable[ast.stmt], module: str = "") -> dict[str, Import]:
    """Return what import statements bind; ``module`` resolves relative ones."""
    found: dict[str, Import] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname:
                    found[alias.asname] = Import(alias.name)
                    continue
                top = alias.name.partition(".")[0]
                known = found[top].dotted if top in found else ()
                dotted = (*known, alias.name) if alias.name != top else known
                found[top] = Import(top, "", dotted)
        elif isinstance(node, ast.ImportFrom):
            origin = _absolute(node, module)
            for alias in node.names:
                if alias.name != "*" and origin:
                    found[alias.asname or alias.name] = Import(origin, alias.name)
    return found


def _absolute(node: ast.ImportFrom, module: str) -> str:
    if not node.level:
        return node.module or ""
    parts = module.split(".")[: -node.level]
    return ".".join([*parts, *([node.module] if node.module else [])])


def public(found: Import) -> Import:
    """Return the public place of something that a test imports from inside its library."""
    if not found.attribute:
        return found
    parts = [part for part in found.module.split(".") if not part.startswith("_")]
    top = parts[0] if parts else found.module
    if top in ("numpy", "pandas"):
        inner = ".".join(parts[1:])
        if inner.startswith("ma"):
            return Import("numpy.ma", found.attribute)
        if inner.split(".")[0] in INTERNAL and not inner.startswith("lib.stride_tricks"):
            return Import(top, found.attribute)
    return Import(".".join(parts), found.attribute)


def spelled(name: str, found: Import) -> tuple[str, str]:
    """Return how a program writes a name and the import line that it needs for it.

    Members of a module with a usual alias are written ``np.isin``; modules keep their
    alias; everything else is imported by name.
    """
    if not found.attribute:
        alias = ALIASES.get(found.module)
        if alias and not found.dotted:
            return alias, f"import {found.module} as {alias}"
        if name == found.module.partition(".")[0]:
            return name, "\n".join(f"import {m}" for m in found.dotted or (found.module,))
        return name, f"import {found.module} as {name}"
    whole = f"{found.module}.{found.attribute}"
    if whole in ALIASES:
        return ALIASES[whole], f"import {whole} as {ALIASES[whole]}"
    if found.module in ALIASES and not found.attribute.startswith("_"):
        alias = ALIASES[found.module]
        return f"{alias}.{found.attribute}", f"import {found.module} as {alias}"
    suffix = "" if name == found.attribute else f" as {name}"
    return name, f"from {found.module} import {found.attribute}{suffix}"


def qualified(node: ast.expr, imports: dict[str, Import]) -> str:
    """Return the full path that ``np.linalg.norm`` stands for, or an empty string."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in imports:
        return ""
    return ".".join([imports[node.id].path, *reversed(parts)])


def merged(lines: Iterable[str]) -> list[str]:
    """Return import lines in their usual order, one line for each module."""
    plain: set[str] = set()
    members: dict[str, set[str]] = {}
    for line in lines:
        match = re.match(r"from (\S+) import (.+)$", line)
        if match:
            names = (name.strip() for name in match[2].split(","))
            members.setdefault(match[1], set()).update(names)
        else:
            plain.add(line)
    froms = [f"from {module} import {', '.join(sorted(members[module]))}" for module in members]
    return [*sorted(plain), *sorted(froms)]
