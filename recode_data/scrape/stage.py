"""The stage: libraries in, notes and changes out; what is there already is not read again."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from recode_data.errors import RecodeError
from recode_data.library import Library
from recode_data.progress import Progress, Summary
from recode_data.records import Attempt, Change, ReleaseNote
from recode_data.scrape.changes import changes_of, read_note
from recode_data.scrape.ground import ground
from recode_data.scrape.history import History
from recode_data.scrape.sdist import notes_from_sdist
from recode_data.scrape.source import NoteSource
from recode_data.scrape.surfaces import history_of
from recode_data.workspace import Workspace

STAGE = "scrape"
VERSION = "1"
"""Of the extraction: a new one reads every note again."""
SOURCES: dict[str, NoteSource] = {"sdist": notes_from_sdist}


def scrape(
    workspace: Workspace,
    libraries: Sequence[Library],
    progress: Progress,
    ground_them: bool = True,
) -> Summary:
    """Fetch the notes of ``libraries`` and write the changes that they state.

    With ``ground_them`` every version of the matrix is installed, once, and looked at: names
    become the library's real paths, and each change says whether the library agrees. A
    source that fails is named and owed; the others go on.
    """
    began = time.monotonic()
    summary = Summary(STAGE)
    for library in libraries:
        notes = list(_notes(library, progress, summary))
        workspace.add(notes)
        owed = [note for note in notes if not _done(workspace, note)]
        history = history_of(workspace, library, progress) if ground_them and owed else History([])
        with progress.task(f"reading {library.name}", len(owed)) as task:
            for note in owed:
                changes = changes_of(note, read_note(note), library, history)
                _write(workspace, note, changes, history)
                summary.dropped["no change"] += not changes
                task.advance(changes=len(changes))
        summary.came_in += len(notes)
        summary.went_out += workspace.count(Change, "library = ?", [library.name])
    summary.seconds = time.monotonic() - began
    return summary


def _notes(library: Library, progress: Progress, summary: Summary) -> Iterator[ReleaseNote]:
    for source in library.sources:
        fetch = SOURCES.get(source.kind)
        if fetch is None:
            continue
        try:
            yield from fetch(library, source, progress)
        except RecodeError as error:
            progress.say(f"{library.name}: {source.kind}: {error.message}")
            summary.owed += 1


def _done(workspace: Workspace, note: ReleaseNote) -> bool:
    return (
        workspace.count(
            Attempt, "stage = ? AND subject_id = ? AND version = ?", [STAGE, note.id, VERSION]
        )
        > 0
    )


def _write(
    workspace: Workspace, note: ReleaseNote, changes: list[Change], history: History
) -> None:
    workspace.execute("DELETE FROM changes WHERE note_id = ?", [note.id])
    workspace.add([*changes, Attempt(STAGE, note.id, VERSION, len(changes))])
    workspace.replace(ground(change, history) for change in changes)
