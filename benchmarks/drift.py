"""Whether `check` finds drift that is planted in a page of a library's own documentation.

    python -m benchmarks.drift WORKSPACE LIBRARY PAGE…

A copy of each page gets each kind of drift at its end, made of what the workspace knows of changes;
printed is what the check finds there, and how many findings it has elsewhere on the page.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from recode_data.definition import define
from recode_data.maintain.check import check_files
from recode_data.maintain.guide import Item, items_of
from recode_data.maintain.updates import Updates, updates_of
from recode_data.progress import Progress
from recode_data.workspace import Workspace


def planted(updates: Updates) -> dict[str, tuple[str, str, int]]:
    """Return what is planted by its name: the text, the kind of finding, and the line of it in the
    text, counted from 0."""
    first = updates.history.snapshots[0].version
    items = sorted(items_of(updates, first), key=lambda item: item.name.count("."))
    gone = [i for i in items if i.group == "removed" and i.fails and _callable(i, updates)]
    name = next(i for i in gone if i.pair and _plain(i.instead, updates))
    word = next((i for i in items if i.group == "keyword" and i.instead.endswith("=")), None)
    old, new = name.update.symbol, name.instead
    package = updates.library.package
    other = next(p for p in sorted(updates.target.paths) if _unrelated(p, name, updates))
    later = next(s.version for s in updates.history.snapshots[::-1] if s.version != name.fails)
    found = {
        "removed name": (f">>> import {package}\n>>> {old}(1)\n1", "fails", 1),
        "changed output": (f">>> import {package}\n>>> len('{package}')\n0", "prints", 1),
        "wrong replacement": (f"`{old}` was removed, use `{other}`.", "false", 0),
        "wrong version": (f"`{old}` was removed in {later}, use `{new}`.", "false", 0),
        "stale claim": (f"`{old}` is deprecated, use `{new}`.", "stale", 0),
    }
    if word is not None:
        call = f"{word.update.symbol}({word.update.keyword}=1)"
        found["renamed keyword"] = (f">>> import {package}\n>>> {call}\n1", "fails", 1)
    return found


def _callable(item: Item, updates: Updates) -> bool:
    plan = item.update.plan
    return plan is not None and not plan.old_fact.member and plan.old_fact.kind == "callable"


def _plain(path: str, updates: Updates) -> bool:
    return updates.target.find(path) is not None


def _unrelated(path: str, item: Item, updates: Updates) -> bool:
    leaf = path.rpartition(".")[2]
    told = " ".join(u.change.text for u in updates.by_symbol.get(item.update.symbol, ()))
    return path.count(".") == 1 and leaf.islower() and "_" not in leaf[:1] and leaf not in told


def main(folder: Path, library: str, pages: list[Path]) -> None:
    with Workspace.open(folder) as workspace:
        defined = define(library, Progress(quiet=True), folder)
        updates = updates_of(workspace, defined, Progress(quiet=True))
    for page in pages:
        measure(page, updates)


def measure(page: Path, updates: Updates) -> None:
    """Plant each kind in a copy of a page, check it, and print what is found."""
    lines = page.read_text(encoding="utf-8").rstrip("\n").split("\n")
    wanted: dict[int, tuple[str, str]] = {}
    for name, (text, kind, offset) in planted(updates).items():
        lines += ["", ""]
        wanted[len(lines) + 1 + offset] = name, kind
        lines += text.split("\n")
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / f"page{page.suffix}"
        copy.write_text("\n".join([*lines, ""]), encoding="utf-8")
        [checked] = check_files([copy], updates, [])
    found = {finding.line: finding for finding in checked.findings}
    print(page)
    for line, (name, kind) in wanted.items():
        finding = found.get(line)
        state = "found" if finding is not None and finding.kind == kind else "MISSED"
        print(f"{name}: line {line}: {state}: {finding.message if finding else ''}")
    print(f"elsewhere on the page: {sum(line not in wanted for line in found)} findings")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], [Path(page) for page in sys.argv[3:]])
