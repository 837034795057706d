"""Behaviour that changed without a word: examples in the docstrings of one version that print
something else on the next, or are warned of there."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from recode_data.api.history import History, release
from recode_data.api.snapshot import Snapshot
from recode_data.errors import RecodeError
from recode_data.execute import Executor, Job, ensure, resolve
from recode_data.library import Library
from recode_data.notes.sources.package import change_of_warning
from recode_data.records import Change, Environment, Grounding, Run
from recode_data.usage import Target, snippets
from recode_data.usage.documented import from_docstrings
from recode_data.usage.example import Example, Import, Wanted
from recode_data.usage.harvest import installed_files
from recode_data.usage.imports import qualified, read_conventions, use_conventions

MOST = 40
"""Programs that are run for one pair of versions."""
LONGEST = 5.0
"""Seconds for one program."""
SHOWN = 300
"""Characters of what a program prints that a change tells."""
_ACCIDENT = re.compile(r"0x[0-9a-f]{4,}|object at |\b\d+\.\d+ ?(?:s|ms|seconds)\b")


@dataclass(frozen=True)
class _Shown:
    """A program that shows what a symbol does."""

    symbol: str
    code: str
    location: str


def observed(
    library: Library,
    history: History,
    spoken: Collection[str],
    changed: Collection[tuple[int, str]],
    jobs: int = 2,
) -> Iterator[tuple[Change, Grounding]]:
    """Yield a change, and what confirms it, for each example of a docstring that runs clean on
    two versions in a row and prints something else on the later one, or is warned of there.

    Only versions that no note speaks of are looked at: ``spoken`` are those that one does.
    ``changed`` are the symbols that are known to differ, each with the index of the version
    from which on it does. What does not print the same twice says nothing.
    """
    pairs = [i for i in range(len(history.snapshots) - 1) if not _spoken_of(history, i, spoken)]
    if not pairs:
        return
    use_conventions(read_conventions())
    with Executor(jobs=jobs) as executor:
        for i in pairs:
            known = {symbol for at, symbol in changed if at == i + 1}
            yield from _between(library, history, i, known, executor)


def _spoken_of(history: History, i: int, spoken: Collection[str]) -> bool:
    low, high = history.versions[i : i + 2]
    return any(low < release(version) <= high for version in spoken)


def _between(
    library: Library, history: History, i: int, known: Collection[str], executor: Executor
) -> Iterator[tuple[Change, Grounding]]:
    before, after = history.snapshots[i : i + 2]
    try:
        old, new = (resolve(library, snapshot.version) for snapshot in (before, after))
        folders = [ensure(environment).site_packages for environment in (old, new)]
    except RecodeError:
        return
    found = _programs(library, before, after, folders, known)[:MOST]
    first = _runs(executor, found, (old, new))
    other = [one for one in found if _differs(first[one.code, old.id], first[one.code, new.id])]
    again = _runs(executor, other, (old, new), library.package)
    told: set[str] = set()
    for one in other:
        earlier, later = (first[one.code, place.id] for place in (old, new))
        if one.symbol in told or any(
            again[one.code, place.id].stdout != first[one.code, place.id].stdout
            for place in (old, new)
        ):
            continue
        change = _warned(library, history, after, one, earlier, later)
        if change is None and earlier.stdout.strip() != later.stdout.strip():
            change = _otherwise(library, before, after, one, earlier.stdout, later.stdout)
        if change is not None:
            told.add(one.symbol)
            reason = f"an example of {before.version} shows it on {after.version}"
            yield change, Grounding(change.id, True, after.version, reason)


def _differs(earlier: Run, later: Run) -> bool:
    """Tell whether a program runs clean on both versions and is not the same on both."""
    if earlier.status != "clean" or later.status != "clean":
        return False
    known = {caught.message for caught in earlier.warnings}
    fresh = any(caught.message not in known for caught in later.warnings)
    return fresh or earlier.stdout.strip() != later.stdout.strip()


def _programs(
    library: Library,
    before: Snapshot,
    after: Snapshot,
    folders: Sequence[Path],
    known: Collection[str],
) -> list[_Shown]:
    """Return the examples of public symbols that both versions have, those in files that the
    later version has otherwise first."""
    later = dict(installed_files(folders[1], library.packages))
    found: list[tuple[bool, _Shown]] = []
    for path, text in sorted(installed_files(folders[0], library.packages)):
        if ">>>" not in text:
            continue
        module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        words = Wanted(re.findall(r"(?:def|class) (\w+)", text))
        location = f"{library.name}-{before.version}:{path}"
        for example in from_docstrings(text, location, words):
            symbol = _symbol(before, module, example.title)
            if symbol and symbol not in known and after.symbol(symbol) is not None:
                same = later.get(path) == text
                found += [(same, one) for one in _shown(symbol, example)]
    return [one for _, one in sorted(found, key=lambda pair: pair[0])]


def _symbol(snapshot: Snapshot, module: str, title: str) -> str:
    """Return the public path of what a docstring is about, or an empty string."""
    owner, _, leaf = title.rpartition(".")
    home = snapshot.home.get(f"{module}:{owner or leaf}", "")
    path = f"{home}.{leaf}" if home and owner else home
    return "" if any(part.startswith("_") for part in path.split(".")) else path


def _shown(symbol: str, example: Example) -> Iterator[_Shown]:
    leaf = symbol.rpartition(".")[2]

    def hit(node: ast.AST, imports: dict[str, Import]) -> bool:
        if not isinstance(node, ast.Attribute | ast.Name) or not isinstance(node.ctx, ast.Load):
            return False
        path = qualified(node, imports)
        return path == symbol or (
            not path and isinstance(node, ast.Attribute) and node.attr == leaf
        )

    for snippet in snippets(example, Target(hit, leaf), most=2):
        yield _Shown(symbol, snippet.code, snippet.location)


def _runs(
    executor: Executor, found: Sequence[_Shown], places: Sequence[Environment], package: str = ""
) -> dict[tuple[str, str], Run]:
    """Run each program on each version; with ``package`` in another process than usual, that has
    imported it, so that what is an accident shows."""
    fresh, imports = bool(package), (package,) if package else ()
    jobs = [
        Job(code, place, timeout=LONGEST, fresh=fresh, seed=int(fresh), imports=imports)
        for place in places
        for code in dict.fromkeys(one.code for one in found)
    ]
    return {(job.code, job.environment.id): run for job, run in executor.run(jobs)}


def _warned(  # noqa: PLR0917
    library: Library, history: History, after: Snapshot, one: _Shown, first: Run, second: Run
) -> Change | None:
    """Return what the later version warns of that the earlier one did not, where it is a text
    about the symbol."""
    known = {caught.message for caught in first.warnings}
    leaf = one.symbol.rpartition(".")[2]
    for caught in second.warnings:
        ends = "Deprecat" in caught.category or "Future" in caught.category
        named = re.search(rf"(?<!\w){re.escape(leaf)}(?!\w)", caught.message)
        if ends and named and caught.message not in known:
            return change_of_warning(library, history, after, one.symbol, caught.message)
    return None


def _otherwise(  # noqa: PLR0917
    library: Library, before: Snapshot, after: Snapshot, one: _Shown, old: str, new: str
) -> Change | None:
    if _ACCIDENT.search(old + new) or not old.strip():
        return None
    text = (
        f"`{one.symbol}` does something else than in {before.version}. This program printed\n\n"
        f"```\n{old.strip()[:SHOWN]}\n```\n\nand prints\n\n```\n{new.strip()[:SHOWN]}\n```\n\n"
        f"```python\n{one.code.strip()}\n```"
    )
    return Change(
        library=library.name,
        version=after.version,
        kind="behaviour",
        text=text,
        section="",
        source="snapshot",
        location=one.location,
        old_symbol=one.symbol,
    )
