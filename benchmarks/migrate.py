"""What `migrate` makes of the old programs of a workspace's valid entries that rules wrote: how
many become programs that the judge accepts, and whether a second run changes nothing.

    python -m benchmarks.migrate WORKSPACE [LIBRARY…]

Each program is migrated to the version that its entry was proven for, by what is certain from its
code alone, and is judged as an entry with that program as its new code.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

from recode_data.definition import define
from recode_data.errors import RecodeError
from recode_data.judge import validate_entries
from recode_data.maintain.migrate import migrate
from recode_data.maintain.updates import updates_of
from recode_data.progress import Progress
from recode_data.records import Entry, Verdict
from recode_data.workspace import Workspace
from recode_data.workspace.entries import entries_of_rules
from recode_data.workspace.verdicts import latest_verdicts


def measure(folder: Path, name: str) -> Counter[str]:
    """Return how the old programs of one library came out, and print what did not."""
    progress = Progress(quiet=True)
    library = define(name, progress, folder)
    counts: Counter[str] = Counter()
    with Workspace.open(folder) as workspace:
        entries = entries_of_rules(workspace, library.dependency)
        verdicts = latest_verdicts(workspace, [entry.id for entry in entries])
        by_version: dict[str, list[tuple[Entry, Verdict]]] = defaultdict(list)
        for entry in entries:
            verdict = verdicts.get(entry.id)
            if verdict is not None and verdict.status == "valid":
                by_version[verdict.new_version].append((entry, verdict))
        other: list[tuple[Entry, Entry]] = []
        known = updates_of(workspace, library, progress)
        for version, rows in sorted(by_version.items()):
            updates = known.up_to(version)
            for entry, _ in rows:
                counts["programs"] += 1
                done = migrate(entry.old_code, updates)
                counts["not settled"] += migrate(done.after, updates).after != done.after
                if done.after == done.before:
                    counts["left as it was"] += 1
                    counts[f"left: {entry.author}"] += 1
                elif same(done.after, entry.new_code):
                    counts["the entry's own"] += 1
                else:
                    other.append((entry, replace(entry, new_code=done.after)))
    judged = validate_entries([made for _, made in other])
    for (entry, made), verdict in zip(other, judged, strict=True):
        counts[f"another, {verdict.status}"] += 1
        if verdict.status != "valid":
            print(f"-- {entry.id} {entry.old_symbol} {verdict.reason}: {verdict.detail}")
            print(made.new_code)
    return counts


def same(one: str, other: str) -> bool:
    """Tell whether two programs are one but for their layout."""
    return ast.dump(ast.parse(one)) == ast.dump(ast.parse(other))


def main(folder: Path, libraries: list[str]) -> None:
    total: Counter[str] = Counter()
    for name in libraries:
        try:
            counts = measure(folder, name)
        except RecodeError as error:
            print(f"{name}: {error.message}")
            continue
        print(f"{name}: {line(counts)}")
        total += counts
    print(f"all: {line(total)}")


def line(counts: Counter[str]) -> str:
    """Return the shares as one line."""
    good = counts["the entry's own"] + counts["another, valid"]
    wrong = (
        sum(n for key, n in counts.items() if key.startswith("another")) - counts["another, valid"]
    )
    written = good + wrong
    left = ", ".join(f"{n} {k}" for k, n in sorted(counts.items()) if k.startswith("left: "))
    return (
        f"{counts['programs']} programs; {written} written, of which the judge accepts {good}"
        f" ({good / max(written, 1):.1%}); of all {good / max(counts['programs'], 1):.1%}; "
        f"{counts['left as it was']} left ({left}); {counts['not settled']} not settled"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:] or ["numpy"])
