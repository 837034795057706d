"""The stage: libraries in, notes and changes out; what is there already is not read again."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import islice

from recode_data.api.history import History, release
from recode_data.api.introspection import introspector_version
from recode_data.api.snapshots import history_of
from recode_data.errors import RecodeError
from recode_data.execute import ensure, resolve
from recode_data.library import Library
from recode_data.notes.evidence import evident
from recode_data.notes.extract.changes import changes_of as read_changes
from recode_data.notes.markup.reading import read_all
from recode_data.notes.observed import observed
from recode_data.notes.realised import ended
from recode_data.notes.sources.github import notes_from_github
from recode_data.notes.sources.package import changes_from_package
from recode_data.notes.sources.protocol import NoteSource
from recode_data.notes.sources.sdist import notes_from_sdist
from recode_data.notes.sources.web import notes_from_web
from recode_data.notes.verification import ground
from recode_data.progress import Progress, Summary
from recode_data.reasons import Reason
from recode_data.records import Attempt, Change, ReleaseNote, content_id
from recode_data.redo import INSTALLED, generation, suffix
from recode_data.workspace import Workspace
from recode_data.workspace.attempts import attempted
from recode_data.workspace.changes import (
    changes_of,
    count_changes,
    forget_changes,
    forget_changes_of_notes,
    forget_other_notes,
    notes_of,
    shows_a_change,
)

STAGE = "scrape"
VERSION = "11"
"""Of the extraction: a new one reads every note again."""
BATCH = 25
"""Notes whose changes are committed together."""
SOURCES: dict[str, NoteSource] = {
    "sdist": notes_from_sdist,
    "web": notes_from_web,
    "github": notes_from_github,
}


def scrape(
    workspace: Workspace,
    libraries: Sequence[Library],
    progress: Progress,
    grounding: bool = True,
    jobs: int = 2,
) -> Summary:
    """Fetch the notes of ``libraries`` and write the changes that they state.

    With ``grounding`` every version of the matrix is installed, once, and looked at: names
    become the library's real paths, and each change says whether the library agrees. A
    source that fails is named and the others go on. Where notes of the newest versions are
    missing then, that is said, and a library whose versions tell nothing either is owed. Where
    no library has any note or change, the failure is raised.
    """
    began = time.monotonic()
    summary = Summary(STAGE)
    failures: list[RecodeError] = []
    without = 0
    for library in libraries:
        made_of = generation(
            workspace,
            STAGE,
            library,
            (*INSTALLED, "aliases", "sources"),
            progress,
            "its notes are read again",
        )
        notes, failed = _fetch(workspace, library, progress, summary, made_of.broad > 0)
        failures += failed
        without += bool(failed) and not notes
        summary.came_in += len(notes)
        version = _version(library, grounding) + suffix(made_of)
        done = attempted(workspace, STAGE, version)
        owed = [note for note in notes if note.id not in done]
        packages = _says_itself(library) and grounding
        if owed or (packages and library.name not in done):
            history = history_of(workspace, library, progress, jobs) if grounding else History([])
            _read(workspace, library, owed, history, version, progress, summary, jobs)
            if packages and history:
                _look(workspace, library, history, version)
            _end(workspace, library, history, jobs)
        if failed and (missing := _missing(library, notes)):
            summary.owed += not shows_a_change(workspace, library.name)
            summary.note += f"{', ' if summary.note else ''}{missing}"
        summary.went_out += count_changes(workspace, library.name)
    if failures and without == len(libraries) and not summary.went_out:
        raise failures[0]
    summary.dropped = +summary.dropped
    summary.seconds = time.monotonic() - began
    return summary


def _version(library: Library, grounding: bool) -> str:
    """What makes an earlier reading of a note as good as a new one."""
    if not grounding:
        return f"{VERSION} written"
    return f"{VERSION} {content_id(library.matrix, introspector_version())}"


def _says_itself(library: Library) -> bool:
    return any(source.kind == "package" for source in library.sources)


def _fetch(
    workspace: Workspace,
    library: Library,
    progress: Progress,
    summary: Summary,
    edited: bool,
) -> tuple[list[ReleaseNote], list[RecodeError]]:
    """Fetch and keep the notes; a failing source costs its own notes only, and those that an
    earlier run fetched from it still count, unless the definition was ``edited`` since and
    all of its sources answer."""
    found: dict[str, ReleaseNote] = {}
    failures: list[RecodeError] = []
    for source in library.sources:
        fetch = SOURCES.get(source.kind)
        if fetch is None:
            continue
        try:
            found.update((note.id, note) for note in fetch(library, source, progress))
        except RecodeError as error:
            progress.say(f"{library.name}: {source.kind}: {error.message}; {error.tip}")
            summary.dropped[Reason.SOURCE_NOT_REACHED] += 1
            failures.append(error)
    workspace.add(found.values())
    if edited and found and not failures:
        forget_other_notes(workspace, library.name, list(found))
    return notes_of(workspace, library.name), failures


def _missing(library: Library, notes: list[ReleaseNote]) -> str:
    """Say which notes a failing source leaves missing; nothing where the others reach the
    newest version, patch releases apart."""
    newest = max(library.matrix, key=release, default="")
    known = [note.version for note in notes if note.version]
    last = max(known, key=release, default="")
    if last and (not newest or release(last).release[:2] >= release(newest).release[:2]):
        return ""
    return f"{library.name} has no notes{f' after {last}' if last else ''}, run it again"


def _read(  # noqa: PLR0917
    workspace: Workspace,
    library: Library,
    owed: list[ReleaseNote],
    history: History,
    version: str,
    progress: Progress,
    summary: Summary,
    jobs: int,
) -> None:
    """Read notes in workers, write their changes here, a batch at a time."""
    with progress.task(f"reading {library.name}", len(owed)) as task:
        results = read_all(owed, jobs)
        while batch := list(islice(results, BATCH)):
            changes: list[Change] = []
            attempts = []
            for note, items, flaw in batch:
                made = read_changes(note, items, library, history)
                changes += made
                attempts.append(Attempt(STAGE, note.id, version, len(made), *flaw))
                summary.dropped[flaw[0] if flaw else Reason.NO_CHANGE] += not made
            _write(workspace, [note.id for note, _, _ in batch], changes, attempts, history)
            task.advance(len(batch), changes=len(changes))


def _look(workspace: Workspace, library: Library, history: History, version: str) -> None:
    """Write what the packages themselves say."""
    changes = changes_from_package(library, history)
    attempt = Attempt(STAGE, library.name, version, len(changes))
    forget_changes(workspace, library.name, "package")
    _write(workspace, [], changes, [attempt], history)


def _end(workspace: Workspace, library: Library, history: History, jobs: int) -> None:
    """Write what was announced and is gone since, and what nothing states and the versions
    show."""
    forget_changes(workspace, library.name, "surface")
    forget_changes(workspace, library.name, "snapshot")
    if not history:
        return
    # Changes made of examples come after the notes: what is told here must not depend on them.
    noted = [c for c in changes_of(workspace, library.name) if c.source != "example"]
    changes = list(ended(history, noted))
    _write(workspace, [], changes, [], history)

    def installed(version: str, module: str) -> bool:
        try:
            return ensure(resolve(library, version)).has_module(module)
        except RecodeError:
            return False

    shown = list(evident(library, history, [*noted, *changes], installed))
    workspace.add(change for change, _ in shown)
    workspace.replace(grounding for _, grounding in shown)
    every = changes_of(workspace, library.name)
    spoken = {note.version for note in notes_of(workspace, library.name) if note.version}
    differ = {(history.at(change.version), change.old_symbol or change.new_symbol)
              for change in every if change.kind != "behaviour"}  # fmt: skip
    seen = list(observed(library, history, spoken, differ, jobs))
    workspace.add(change for change, _ in seen)
    workspace.replace(grounding for _, grounding in seen)


def _write(
    workspace: Workspace,
    note_ids: list[str],
    changes: list[Change],
    attempts: list[Attempt],
    history: History,
) -> None:
    forget_changes_of_notes(workspace, note_ids)
    workspace.add(changes)
    workspace.replace(ground(change, history) for change in changes)
    workspace.replace(attempts)  # last: what is not whole is owed again
