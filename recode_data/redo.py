"""What is owed follows from what things were made of.

A stage asks, for each library, what its earlier results were made of: the definition as a person
has written it, the Pythons of the machine, the adapters that others have installed, the patterns
of the codemods. Where that has changed, its results get another generation, and what was made
before is owed again. What comes out by itself, a new release or a new note, is no change of this
kind: a stage does what is new.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from packaging.version import Version

from recode_data.adapters import added
from recode_data.execute.interpreters import interpreters
from recode_data.library import Library, written_definition
from recode_data.progress import Progress
from recode_data.records import Json, content_id
from recode_data.workspace import Workspace
from recode_data.workspace.attempts import Inputs, inputs_of, keep_inputs

INSTALLED = ("import_name", "other_imports", "matrix", "pins", "requires")
"""Keys of a definition that decide what is installed and looked at."""


def generation(  # noqa: PLR0917
    workspace: Workspace,
    stage: str,
    library: Library,
    keys: Collection[str],
    progress: Progress,
    what: str,
    more: Mapping[str, Json] | None = None,
) -> Inputs:
    """Return what a stage's results of a library are made of now, with a new generation where
    that is not what they were made of before; and say so.

    Args:
        workspace: Where it is kept.
        stage: The stage's name.
        library: The library.
        keys: Keys of its definition that the results depend on.
        progress: Who is told.
        what: What is done again, ``its notes are read again``.
        more: Further inputs, by a name that a person understands; one that is left out counts
            as it was.
    """
    now: dict[str, Json] = {
        "definition": _written(library, keys),
        "Pythons": list(interpreters()),
        "adapters": added(),
        **(more or {}),
    }
    known = inputs_of(workspace, stage, library.name)
    if known is None:
        found = Inputs(parts=now)
    else:
        now = {**known.parts, **now}  # what is not told now is as it was
        changed = changes(known.parts, now)
        number = known.generation + bool(changed)
        broad = number if any(not one.startswith("Python") for one in changed) else known.broad
        found = Inputs(number, broad, now)
        if changed:
            progress.say(f"{library.name}: {', '.join(changed)} changed: {what}")
    if known != found:
        keep_inputs(workspace, stage, library.name, found)
    return found


def suffix(inputs: Inputs) -> str:
    """Return what tells a stage's attempts of one generation from those of another."""
    return f"#{inputs.generation}" if inputs.generation else ""


def changes(before: Mapping[str, Json], now: Mapping[str, Json]) -> list[str]:
    """Return the names of the inputs that are not what they were.

    A Python that is there now and was not counts; one that is gone does not, since what was
    made with it stays. Nor does a newer version at the end of a matrix.
    """
    told, written = before.get("definition", {}), now.get("definition", {})
    found = [
        f"[{key}]" if isinstance(written.get(key, told.get(key)), dict) else key
        for key in sorted(told.keys() | written.keys())
        if not _same(key, told.get(key), written.get(key))
    ]
    new = [python for python in now["Pythons"] if python not in before.get("Pythons", ())]
    found += [f"Python {', '.join(new)}"] if new else []
    others = sorted((before.keys() & now.keys()) - {"definition", "Pythons"})
    return found + [name for name in others if before[name] != now[name]]


def _same(key: str, before: Json, now: Json) -> bool:
    if key == "matrix" and before and now:
        newest = max(map(Version, before))
        return set(before) == {version for version in now if Version(version) <= newest}
    return bool(before == now)


def _written(library: Library, keys: Collection[str]) -> dict[str, Json]:
    """Return what a person has written of a library under ``keys``; what was derived follows
    the index and is no change of anybody's."""
    _, table = written_definition(library.name)
    values = library.model_dump(mode="json")
    found: dict[str, Json] = {}
    for key in keys:
        if key not in table:
            continue
        given, value = table[key], values[key]
        inner = isinstance(given, dict) and isinstance(value, dict)
        found[key] = {k: value[k] for k in given if k in value} if inner else value
    return found


def fingerprint(*parts: Json) -> str:
    """Return a short text that stands for an input."""
    return content_id(*parts)[:8]
