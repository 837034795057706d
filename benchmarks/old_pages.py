"""What `migrate` does for the pages and examples of an old sdist: how many of their blocks run
on the newest version as they are, and after it.

    python -m benchmarks.old_pages WORKSPACE LIBRARY SDIST [PART…]

Read are the pages (``.rst``, ``.md``, ``.txt``) and the scripts in folders that have one of the
parts in their names (``doc``, ``example``, ``tutorial``); each runs from first to last block.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from recode_data.definition import define
from recode_data.errors import RecodeError
from recode_data.execute import Executor, ensure, resolve
from recode_data.maintain.check import fixed, statuses_of
from recode_data.maintain.documents import Document, read_document
from recode_data.maintain.migrate import UNPARSED
from recode_data.maintain.sources import as_source
from recode_data.maintain.updates import Updates, updates_of
from recode_data.progress import Progress
from recode_data.usage.harvest import text_files
from recode_data.workspace import Workspace

PARTS = ("doc", "example", "tutorial")


def pages(archive: Path, parts: tuple[str, ...]) -> Iterator[Document]:
    """Yield the pages and scripts of an sdist that have code in them."""
    for name, text in text_files(archive):
        path = Path(name)
        if any(part in folder for folder in path.parts[:-1] for part in parts):
            try:
                document = read_document(as_source(path, text.encode()))
            except RecodeError:
                continue
            if document.blocks:
                yield document


def measure(archive: Path, updates: Updates, parts: tuple[str, ...], jobs: int = 2) -> Counter[str]:
    """Return how many blocks ran before and after; prints what ran and does not any more."""
    counts: Counter[str] = Counter()
    place = resolve(updates.library, updates.target.version)
    ensure(place)
    with Executor(jobs=jobs) as executor:
        for document in pages(archive, parts):
            counts["pages"] += 1
            try:
                after = fixed(document, updates)
            except UNPARSED:
                counts["pages that do not parse"] += 1
                continue
            if after == document.source.text:
                continue
            counts["pages changed"] += 1
            other = read_document(as_source(document.source.path, after.encode()))
            was, now = (statuses_of(one, executor, place) for one in (document, other))
            if was is None or now is None or len(was) != len(now):
                counts["pages that do not run to their end"] += 1
                continue
            counts["blocks"] += len(was)
            counts["run before"] += was.count("clean")
            counts["run after"] += now.count("clean")
            for block, one, two in zip(other.blocks, was, now, strict=True):
                if one == "clean" != two:
                    counts["ran and does not"] += 1
                    print(f"{document.source.path}:{block.line}: {block.code[:200]!r}", flush=True)
    return counts


def main(workspace: Path, name: str, archive: Path, parts: tuple[str, ...]) -> None:
    progress = Progress(quiet=True)
    with Workspace.open(workspace) as opened:
        updates = updates_of(opened, define(name, progress, workspace), progress)
    counts = measure(archive, updates, parts)
    print(f"{archive.name} on {updates.target.version}: {dict(counts)}")


if __name__ == "__main__":
    given = sys.argv[1:]
    main(Path(given[0]), given[1], Path(given[2]), tuple(given[3:]) or PARTS)
