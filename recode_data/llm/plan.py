"""What is asked for: which changes, between which versions, with which names looked up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from recode_data.library import Library
from recode_data.llm.options import Options
from recode_data.llm.prompts import Material
from recode_data.llm.symbols import look_up, names_of, version_pair
from recode_data.progress import Progress
from recode_data.reasons import Reason
from recode_data.records import Change, Symbol
from recode_data.workspace import Workspace
from recode_data.workspace.changes import changes_of, contradicted_changes, first_versions
from recode_data.workspace.llm import changes_with_rules_entry, symbols_of

VAGUE_KINDS = frozenset({"behaviour", "added", "default_changed"})


def changes_to_write(
    workspace: Workspace, libraries: Sequence[Library], options: Options
) -> tuple[list[tuple[Library, Change]], Counter[str]]:
    """Return the changes to write entries for, in the order of their ids, and how many
    were left out for which reason."""
    left_out: Counter[str] = Counter()
    false = contradicted_changes(workspace)
    served = changes_with_rules_entry(workspace) if options.gaps_only else set()
    chosen: list[tuple[Library, Change]] = []
    for library in libraries:
        for change in changes_of(workspace, library.name):
            if options.kinds and change.kind not in options.kinds:
                left_out[Reason.OTHER_KIND] += 1
            elif change.id in false:
                left_out[Reason.UNGROUNDED] += 1
            elif change.id in served:
                left_out[Reason.HAS_RULES_ENTRY] += 1
            elif vague := _vague(library, change):
                left_out[vague] += 1
            else:
                chosen.append((library, change))
    if options.limit and len(chosen) > options.limit:
        left_out[Reason.BEYOND_LIMIT] = len(chosen) - options.limit
    return chosen[: options.limit], left_out


def materials(
    workspace: Workspace,
    chosen: Sequence[tuple[Library, Change]],
    jobs: int,
    progress: Progress,
) -> list[Material]:
    """Return what prompts tell of each change; looks up the names not known yet."""
    flips = first_versions(workspace)
    pairs = {c.id: version_pair(lib, c, flips.get(c.id, "")) for lib, c in chosen}
    for library in {library.name: library for library, _ in chosen}.values():
        wanted: dict[str, set[str]] = {}
        for owner, change in chosen:
            if owner.name == library.name:
                for version in filter(None, pairs[change.id]):
                    wanted.setdefault(version, set()).update(names_of(library, change))
        look_up(workspace, library, wanted, jobs, progress)
    names = {library.name for library, _ in chosen}
    seen = {
        (symbol.library, symbol.version, symbol.name): symbol
        for symbol in symbols_of(workspace, names)
    }
    return [_material(library, change, pairs[change.id], seen) for library, change in chosen]


def _material(
    library: Library,
    change: Change,
    pair: tuple[str, str],
    seen: dict[tuple[str, str, str], Symbol],
) -> Material:
    names = names_of(library, change)
    before, after = (
        tuple(
            seen[library.name, version, name]
            for name in names
            if (library.name, version, name) in seen
        )
        for version in pair
    )
    return Material(library, change, *pair, before, after)


def _vague(library: Library, change: Change) -> str:
    """Return why no entry could show a change, should that be plain before it is paid for.

    Most items of release notes that fit no other kind tell of builds, fixes and people.
    What was removed or renamed before the matrix begins may still vanish within it.
    """
    if change.kind not in VAGUE_KINDS:
        return ""
    if not names_of(library, change):
        return Reason.NAMES_NO_API
    return "" if version_pair(library, change)[0] else Reason.BEFORE_MATRIX
