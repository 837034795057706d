"""What the names of a program stand for, and the import lines that a program needs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from recode_data.errors import BadFile
from recode_data.library import Library, derived_definitions, library_files, read_toml
from recode_data.usage.example import Import


@dataclass(frozen=True)
class Conventions:
    """How programs import and write what libraries have, as their definitions say."""

    usual: Mapping[str, Import]
    """Names that documentation uses without importing them."""
    aliases: Mapping[str, str]
    """Modules whose members are written with the module's usual alias in front."""
    shallow: frozenset[str]
    """Those of which only what the package itself holds is written so."""
    homes: Mapping[str, str]
    """Modules that tests import from, and the public ones that have the same members."""
    private: re.Pattern[str] | None
    """Finds in a program what only the library itself should import or use."""


_in_use: Conventions | None = None


def conventions() -> Conventions:
    """Return the conventions of all libraries whose definitions are known; those that were
    read first or handed to `use_conventions` hold for the process."""
    return _in_use or use_conventions(read_conventions())


def use_conventions(found: Conventions) -> Conventions:
    """Have the process use conventions, such as those that another process has read."""
    global _in_use  # noqa: PLW0603  # asked for every name of every program
    _in_use = found
    return found


def read_conventions() -> Conventions:
    """Read every definition that is written or derived; one that cannot be read says nothing."""
    usual: dict[str, Import] = {}
    aliases: dict[str, str] = {}
    shallow: set[str] = set()
    homes: dict[str, str] = {}
    private: list[str] = []
    for library in _definitions():
        top = library.package.partition(".")[0]
        usual.setdefault(top, Import(top))
        usual |= {name: Import(module) for name, module in library.aliases.items()}
        homes |= library.usage.homes
        if library.usage.written != "by_name":
            for name, module in library.aliases.items():
                aliases.setdefault(module, name)
        if library.usage.written == "members":
            shallow.add(library.package)
        private += [
            pattern for module in library.usage.private for pattern in _uses_of(module, library)
        ]
    pattern = re.compile("|".join(private), re.MULTILINE) if private else None
    return Conventions(usual, aliases, frozenset(shallow), homes, pattern)


def _definitions() -> Iterator[Library]:
    """Yield what is written of libraries, and what was derived of the others."""
    files = library_files()
    for path in files.values():
        with suppress(BadFile):
            yield read_toml(path, Library)
    for name, table in derived_definitions().items():
        if name not in files:
            yield Library.model_validate(table)


def _uses_of(module: str, library: Library) -> Iterator[str]:
    """Yield regular expressions of the ways to import or use a module."""
    parent, _, leaf = module.rpartition(".")
    yield rf"^(?:from|import) {re.escape(module)}\b"
    yield rf"^from {re.escape(parent)} import (?:.*\b)?{re.escape(leaf)}\b"
    for name, package in library.aliases.items():
        if module.startswith(f"{package}."):
            yield rf"\b{re.escape(name + module.removeprefix(package))}\."


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
    top, *inside = found.module.split(".")
    module = ".".join([top, *(part for part in inside if not part.startswith("_"))])
    homes = conventions().homes
    inner = module
    while inner and inner not in homes:
        inner = inner.rpartition(".")[0]
    return Import(homes.get(inner, module), found.attribute)


def spelled(name: str, found: Import) -> tuple[str, str]:
    """Return how a program writes a name and the import line that it needs for it.

    Members of a module with a usual alias are written ``np.isin``; modules keep their
    alias; everything else is imported by name.
    """
    aliases = conventions().aliases
    if not found.attribute:
        alias = aliases.get(found.module)
        if alias and not found.dotted:
            return alias, imported(found.module, alias)
        if name == found.module.partition(".")[0]:
            return name, "\n".join(f"import {m}" for m in found.dotted or (found.module,))
        return name, f"import {found.module} as {name}"
    whole = f"{found.module}.{found.attribute}"
    if whole in aliases:
        return aliases[whole], imported(whole, aliases[whole])
    if found.module in aliases and not found.attribute.startswith("_"):
        alias = aliases[found.module]
        return f"{alias}.{found.attribute}", imported(found.module, alias)
    suffix = "" if name == found.attribute else f" as {name}"
    return name, f"from {found.module} import {found.attribute}{suffix}"


def imported(module: str, alias: str) -> str:
    """Return the line that imports a module under an alias, plainly where that is its name."""
    return f"import {module}" if alias == module else f"import {module} as {alias}"


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
