"""Of breakages that users met, how many a workspace has a change and a valid entry for.

    python benchmarks/breakages.py BREAKAGES.jsonl WORKSPACE...

A line of the file has ``library``, ``old_api`` (``pandas.read_csv(sep=)`` for a keyword) and
``id``. Only the libraries that a workspace holds are counted; the others are named.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from pathlib import Path
from typing import TypeAlias

from recode_data.library import Library
from recode_data.workspace import Workspace
from recode_data.workspace.verdicts import LATEST

Api: TypeAlias = tuple[str, str]
"""A symbol and its keyword, empty where the whole symbol is meant."""


def api(text: str) -> Api:
    """Return the symbol and the keyword of ``pandas.read_csv(sep=)``."""
    found = re.fullmatch(r"([\w.]+)(?:\((\w+)=\))?", text)
    if not found:
        raise SystemExit(f"{text!r} is no symbol with or without a keyword")
    return found[1], found[2] or ""


def held(workspace: Workspace) -> tuple[set[str], set[Api], set[Api]]:
    """Return the libraries of a workspace, the APIs of its changes, those of valid entries."""
    columns = "old_symbol AS symbol, old_keyword AS keyword"
    changes = workspace.sql(f"SELECT DISTINCT library AS name, {columns} FROM changes")
    valid = workspace.sql(
        f"""SELECT DISTINCT dependency AS name, {columns} FROM entries
            WHERE id IN (SELECT entry_id FROM ({LATEST}) WHERE status = 'valid')"""
    )
    names = workspace.sql(
        "SELECT dependency AS name FROM entries UNION SELECT library FROM changes"
    )
    return (
        {_library(row["name"]) for row in names.to_pylist()},
        {(row["symbol"], row["keyword"]) for row in changes.to_pylist()},
        {(row["symbol"], row["keyword"]) for row in valid.to_pylist()},
    )


def _library(name: str) -> str:
    known = Library.matching(name)
    return known.name if known else name.lower()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("breakages", type=Path)
    parser.add_argument("workspaces", type=Path, nargs="+")
    asked = parser.parse_args()
    libraries: set[str] = set()
    changes: set[Api] = set()
    valid: set[Api] = set()
    for folder in asked.workspaces:
        with Workspace.open_to_look(folder) as workspace:
            names, found, proved = held(workspace)
        libraries |= names
        changes |= found
        valid |= proved
    counts: Counter[str] = Counter()
    elsewhere: set[str] = set()
    for line in asked.breakages.read_text(encoding="utf-8").splitlines():
        met = json.loads(line)
        if _library(met["library"]) not in libraries:
            elsewhere.add(met["library"])
            continue
        sought = api(met["old_api"])
        state = "entry" if sought in valid else "change only" if sought in changes else "nothing"
        counts[state] += 1
        print(f"{met['id']:32} {met['old_api']:48} {state}")
    print(
        f"{counts.total()} breakages: a valid entry for {counts['entry']}, "
        f"a change alone for {counts['change only']}, nothing for {counts['nothing']}"
    )
    if elsewhere:
        print(f"not counted, for no workspace holds them: {', '.join(sorted(elsewhere))}")


if __name__ == "__main__":
    main()
