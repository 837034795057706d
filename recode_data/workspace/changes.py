"""Notes, the changes that they state, and what the library itself says of each change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recode_data.errors import UsageError
from recode_data.records import Change, Grounding, ReleaseNote, SourceKind
from recode_data.workspace import Workspace


def notes_of(workspace: Workspace, library: str) -> list[ReleaseNote]:
    """Return the release notes of a library."""
    return workspace.all(ReleaseNote, "library = ?", [library])


def changes_of(workspace: Workspace, library: str) -> list[Change]:
    """Return the changes of a library."""
    return workspace.all(Change, "library = ?", [library])


def count_changes(workspace: Workspace, library: str) -> int:
    """Return how many changes of a library there are."""
    return workspace.count(Change, "library = ?", [library])


def shows_a_change(workspace: Workspace, library: str) -> bool:
    """Return whether a library's own versions tell of any change, whatever notes say."""
    where = "library = ? AND source IN ('package', 'snapshot')"
    return workspace.count(Change, where, [library]) > 0


def confirms_a_change(workspace: Workspace, library: str) -> bool:
    """Return whether a library's own versions show any change that its notes state."""
    where = "change_id IN (SELECT id FROM changes WHERE library = ?) AND grounded"
    return workspace.count(Grounding, where, [library]) > 0


def contradicted_changes(workspace: Workspace) -> set[str]:
    """Return the ids of the changes that their libraries' versions do not show."""
    return {grounding.change_id for grounding in workspace.all(Grounding, "grounded = false")}


def annotated_changes(workspace: Workspace, libraries: Sequence[str]) -> list[dict[str, Any]]:
    """Return the changes of ``libraries`` as rows, with ``grounded``, ``flip_version`` and
    ``reason``: what the library's versions say of each."""
    rows: list[dict[str, Any]] = workspace.sql(
        """SELECT c.*, g.grounded, coalesce(g.flip_version, '') AS flip_version,
                  coalesce(g.reason, '') AS reason
           FROM changes c LEFT JOIN groundings g ON g.change_id = c.id
           WHERE list_contains(?::VARCHAR[], c.library) ORDER BY c.library, c.version, c.id""",
        [list(libraries)],
    ).to_pylist()
    return rows


def changed_libraries(workspace: Workspace) -> list[str]:
    """Return the names of the libraries of which there are changes."""
    names = workspace.sql("SELECT DISTINCT library FROM changes ORDER BY library")["library"]
    return [str(name) for name in names.to_pylist()]


def scraped_libraries(workspace: Workspace) -> list[str]:
    """Return the names of the libraries whose notes are here.

    Raises `UsageError` when there is none yet.
    """
    names = workspace.sql("SELECT DISTINCT library FROM notes ORDER BY library")["library"]
    if not len(names):
        raise UsageError("no library was scraped yet", "recode-data scrape numpy")
    return [str(name) for name in names.to_pylist()]


def forget_changes(workspace: Workspace, library: str, source: SourceKind) -> None:
    """Remove the changes of a library that came from ``source``."""
    workspace.execute("DELETE FROM changes WHERE library = ? AND source = ?", [library, source])


def forget_other_notes(workspace: Workspace, library: str, note_ids: Sequence[str]) -> None:
    """Remove the notes of a library that are none of these, and the changes read from them:
    their source is in its definition no more."""
    where = "library = ? AND NOT list_contains(?::VARCHAR[], {})"
    with workspace.transaction():
        of_notes = f"{where.format('note_id')} AND note_id <> '' AND source NOT IN ('snapshot')"
        workspace.execute(f"DELETE FROM changes WHERE {of_notes}", [library, list(note_ids)])
        workspace.execute(
            f"DELETE FROM notes WHERE {where.format('id')}", [library, list(note_ids)]
        )


def forget_changes_of_notes(workspace: Workspace, note_ids: Sequence[str]) -> None:
    """Remove the changes that were read from these notes."""
    if note_ids:
        workspace.execute(
            "DELETE FROM changes WHERE list_contains(?::VARCHAR[], note_id)", [list(note_ids)]
        )
