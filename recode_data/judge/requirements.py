"""The packages that an entry needs besides its library, in both environments of its pair.

An update may move things to a package of their own, as pydantic 2 did with ``BaseSettings``.
A row tells of it in ``requirements``. Where it does not, a package that a program lacked is
asked for if the row's note names it, if the library's own metadata has it under an extra, or
if it is a library that has a definition.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Generator
from dataclasses import dataclass, replace

from packaging.utils import canonicalize_name

from recode_data.errors import EnvironmentUnusable
from recode_data.execute import Job
from recode_data.judge.context import Context
from recode_data.judge.evidence import FourRuns
from recode_data.judge.finding import Finding
from recode_data.judge.trees import walk
from recode_data.library import Library
from recode_data.records import Entry, Environment, Json, Run
from recode_data.requirements import distribution_of, package_of, read_requirements

UNSTATED = 3
"""Packages that are asked for unstated, one after another; further ones are a row's to tell."""
_MISSING = re.compile(r"No module named '(\w+)'$")
_PACKAGE = re.compile(r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?")
_REMOVED = frozenset(
    """
    aifc asynchat asyncore audioop binhex cgi cgitb chunk crypt distutils formatter imghdr imp
    lib2to3 macpath mailcap msilib nis nntplib ossaudiodev parser pipes smtpd sndhdr spwd sunau
    symbol telnetlib uu xdrlib
    """.split()  # noqa: SIM905
)
"""Modules that the standard library of some Python had: packages of their names are others'."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The four runs, where they were made, and with which extra packages."""

    environments: tuple[Environment, Environment]
    runs: FourRuns
    old: tuple[str, ...] = ()
    new: tuple[str, ...] = ()

    @property
    def evidence(self) -> dict[str, Json]:
        """What stands in a verdict's evidence about the extra packages."""
        if not self.old and not self.new:
            return {}
        return {"requirements": {"old": list(self.old), "new": list(self.new)}}


def refused(entry: Entry) -> Finding | None:
    """Return why an entry's requirements are none, `None` where they can be asked for."""
    try:
        read_requirements(entry.requirements)
    except ValueError as error:
        return Finding("no_such_version", f"requirements: {error}")
    return None


def measure(
    entry: Entry, library: Library, context: Context, pair: tuple[Environment, Environment]
) -> Generator[list[Job], list[Run], Measured]:
    """Make the four runs in ``pair``, each environment with what the entry needs besides.

    A package that cannot be installed beside the old version, since it came with the new
    one, is left out there, as long as the old code does without it.
    """
    needed = read_requirements(entry.requirements)
    measured = yield from _runs(entry, library, context, pair, needed, needed)
    for _ in range(UNSTATED):
        package = _lacking(entry, library, context, measured)
        if not package or package in map(package_of, needed):
            break
        needed = (*needed, package)
        measured = yield from _runs(entry, library, context, pair, needed, needed)
    if needed and measured.runs.old_on_old.exception == EnvironmentUnusable.__name__:
        without = yield from _runs(entry, library, context, pair, (), needed)
        if without.runs.old_on_old.exception != "ModuleNotFoundError":
            measured = without
    return measured


def _runs(  # noqa: PLR0917
    entry: Entry,
    library: Library,
    context: Context,
    pair: tuple[Environment, Environment],
    old: tuple[str, ...],
    new: tuple[str, ...],
) -> Generator[list[Job], list[Run], Measured]:
    environments = equipped(pair[0], old), equipped(pair[1], new)
    codes = (entry.old_code, entry.new_code)
    jobs = [
        context.job(code, environment, library) for code in codes for environment in environments
    ]
    return Measured(environments, FourRuns(*(yield jobs)), old, new)


def equipped(environment: Environment, needed: tuple[str, ...]) -> Environment:
    """Return ``environment`` with the packages ``needed`` besides its own."""
    return replace(environment, requirements=(*environment.requirements, *needed))


def needed_by_old(entry: Entry) -> tuple[str, ...]:
    """Return the requirements that the old code may need: all but those of packages that
    the new code alone imports."""
    old, new = imported(entry.old_code), imported(entry.new_code)
    needed = read_requirements(entry.requirements)
    return tuple(one for one in needed if package_of(one) not in new - old)


def _lacking(entry: Entry, library: Library, context: Context, measured: Measured) -> str:
    """Return a package that a program lacked on its own version, empty where none did."""
    runs = measured.runs
    old, new = measured.environments
    for run, environment in ((runs.new_on_new, new), (runs.old_on_old, old)):
        if run.status == "raised" and run.exception in ("ModuleNotFoundError", "ImportError"):
            package = unstated(entry, library, run, context.resolver.optional(environment))
            if package:
                return package
    return ""


def unstated(entry: Entry, library: Library, run: Run, optional: frozenset[str]) -> str:
    """Return the package whose lack ended ``run``, empty where it is none to ask for.

    A module that one of the codes imports, and that is neither the library's nor the standard
    library's, is of a package that the entry's note names, that is among the library's
    ``optional`` ones, or that has a definition. What the library itself lacked is one of the
    ``optional`` ones that its message names.
    """
    missing = _MISSING.search(run.message)
    if not missing:
        return next((word for word in _words(run.message) if word in optional), "")
    if missing[1] in {*sys.stdlib_module_names, *_REMOVED, *library.packages}:
        return ""
    known = Library.matching(missing[1])
    package = canonicalize_name(known.name if known else distribution_of(missing[1]))
    if package in optional:
        return package
    module = canonicalize_name(missing[1])
    if known and module in imported(entry.old_code) | imported(entry.new_code):
        return package
    return package if module in imported(entry.new_code) & {*_words(entry.update_info)} else ""


def imported(code: str) -> set[str]:
    """Return the top-level modules that ``code`` imports, spelled as packages are."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    found: set[str] = set()
    for node in walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return {canonicalize_name(name.partition(".")[0]) for name in found}


def _words(text: str) -> list[str]:
    """Return the words of a text that may be packages, and what stands before a first dot."""
    words = _PACKAGE.findall(text)
    return [canonicalize_name(part) for word in words for part in (word, word.partition(".")[0])]
