"""How often the old and the new API of a row stand in the installed code of other packages.

The index is made of what is installed beside the libraries of a workspace, in the newest version
of each: the libraries themselves and what they need. It is kept in the workspace, by package and
version, so that workspaces that are merged have one index and an export gives the same numbers.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from importlib.metadata import distributions
from pathlib import Path

from packaging.version import InvalidVersion, Version

from recode_data.errors import RecodeError
from recode_data.execute import ensure, resolve
from recode_data.library import Library
from recode_data.progress import Progress
from recode_data.records import Attempt
from recode_data.usage.counts import ANY, CALL, Use, uses_of
from recode_data.usage.harvest import installed_files, is_test
from recode_data.workspace import Workspace
from recode_data.workspace.attempts import attempted
from recode_data.workspace.libraries import indexed, keep_uses, uses_of_paths

STAGE = "count-uses"
VERSION = "1"
"""Of the index: a new one reads every environment again."""
COMMON = frozenset(
    name for kind in (str, bytes, list, tuple, dict, set, int, float, complex) for name in dir(kind)
)
"""Members of Python's own types: one of an object whose class is not known tells nothing."""


def index_uses(workspace: Workspace, libraries: Sequence[Library], progress: Progress) -> None:
    """Read the packages that are installed with the newest version of each library, once."""
    done = attempted(workspace, STAGE, VERSION)
    for library in libraries:
        with suppress(RecodeError):  # what cannot be installed is told by the stages before
            environment = resolve(library, library.matrix[-1]) if library.matrix else None
            if environment is None or environment.id in done:
                continue
            site = ensure(environment).site_packages
            known = indexed(workspace)
            found = [one for one in _packages(site) if one not in known]
            with progress.task(f"uses in packages of {library.name}", len(found)) as task:
                for package, version in found:
                    keep_uses(workspace, package, version, _counted(site, package))
                    task.advance()
            workspace.add([Attempt(STAGE, environment.id, VERSION, len(found))])


def _packages(site: Path) -> list[tuple[str, str]]:
    """Return the top packages and modules of a folder, with the version that brought each."""
    found: dict[str, str] = {}
    for one in distributions(path=[str(site)]):
        for file in one.files or ():
            if file.suffix == ".py" and file.parts[0] not in ("..", "/"):
                found.setdefault(file.parts[0].removesuffix(".py"), one.version)
    return sorted(found.items())


def _counted(site: Path, package: str) -> Counter[Use]:
    counts: Counter[Use] = Counter()
    for path, text in installed_files(site, [package]):
        if is_test(path):
            continue
        with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            counts += uses_of(text)
    own = f"{package}."
    return Counter({use: count for use, count in counts.items() if not use[0].startswith(own)})


class Popularity:
    """The index of a workspace, for some symbols."""

    def __init__(self, workspace: Workspace, symbols: Iterable[str]) -> None:
        newest = dict(sorted(indexed(workspace), key=lambda one: _order(one[1])))
        self._packages = set(newest)
        self._counts: defaultdict[str, Counter[Use]] = defaultdict(Counter)
        wanted = {path for symbol in symbols for path in _paths(symbol)}
        for package, version, path, keyword, uses in uses_of_paths(workspace, wanted):
            if newest[package] == version:
                self._counts[package][path, keyword] += uses

    def of(self, symbol: str, keyword: str = "") -> int | None:
        """Return the uses of a symbol, or of a keyword of its calls, in other packages.

        A member of a class counts where the class is named, and on any object in a file that
        imports the library unless Python's own types have such a member too. None where no symbol
        is given, or no other package was looked at.
        """
        root, _, rest = symbol.partition(".")
        others = [self._counts[package] for package in sorted(self._packages - {root})]
        if not rest or not others:
            return None
        exact = sum(counts[symbol, keyword] for counts in others)
        outer, _, leaf = symbol.rpartition(".")
        is_member = any(counts[outer, CALL] for counts in others)
        if not is_member or leaf in COMMON:
            return exact
        return exact + sum(counts[f"{root}.{ANY}.{leaf}", keyword] for counts in others)


def _paths(symbol: str) -> Iterator[str]:
    outer, _, leaf = symbol.rpartition(".")
    yield from (symbol, outer, f"{symbol.partition('.')[0]}.{ANY}.{leaf}")


def _order(version: str) -> tuple[bool, Version]:
    try:
        return True, Version(version)
    except InvalidVersion:
        return False, Version("0")
