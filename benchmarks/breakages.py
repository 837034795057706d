"""Of breakages that users met, how many a workspace has a change and a valid entry for.

    python benchmarks/breakages.py benchmarks/breakages.jsonl WORKSPACE...
    python benchmarks/breakages.py benchmarks/breakages.jsonl --check

A line of the file has ``library``, ``old_api`` (``pandas.read_csv(sep=)`` for a keyword) and
``id``. Only the libraries that a workspace holds are counted; the others are named. A breakage
without an entry is told with the reason for which its changes or entries were dropped.

``--check`` runs ``old_code`` and ``new_code`` on ``old_version`` and ``new_version``: each has to
run clean on its own version and print the same, and the old code has to fail, warn or print
something else on the new version, as ``effect`` says.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import TypeAlias

from recode_data.execute import Executor, Job, resolve
from recode_data.library import Library
from recode_data.records import Run
from recode_data.workspace import Workspace
from recode_data.workspace.verdicts import LATEST

Api: TypeAlias = tuple[str, str]
"""A symbol and its keyword, empty where the whole symbol is meant."""
PATIENCE = 60.0
"""Seconds for one program, on a machine that does other things too."""


def api(text: str) -> Api:
    """Return the symbol and the keyword of ``pandas.read_csv(sep=)``."""
    found = re.fullmatch(r"([\w.]+)(?:\((\w+)=\))?", text)
    if not found:
        raise SystemExit(f"{text!r} is no symbol with or without a keyword")
    return found[1], found[2] or ""


def why(workspace: Workspace, sought: Api) -> str:
    """Return the reasons, with counts, for which nothing valid came of the changes of an API."""
    rows = workspace.sql(
        f"""SELECT reason, count(*) AS n FROM (
              SELECT a.reason FROM changes c JOIN attempts a ON a.subject_id = c.id
              WHERE c.old_symbol = $1 AND c.old_keyword = $2 AND a.stage = 'synthesize-rules'
                AND a.reason <> ''
              UNION ALL
              SELECT v.reason FROM entries e JOIN ({LATEST}) v ON v.entry_id = e.id
              WHERE e.old_symbol = $1 AND e.old_keyword = $2 AND v.status <> 'valid')
            GROUP BY ALL ORDER BY n DESC, reason""",
        sought,
    )
    return ", ".join(f"{row['n']} {row['reason']}" for row in rows.to_pylist())


def check(rows: list[dict[str, str]]) -> int:
    """Run the programs of breakages on both versions; return how many are not what they say."""
    jobs: dict[Job, tuple[str, str, str]] = {}
    for row in rows:
        library = Library.matching(row["library"]) or Library(name=row["library"])
        for version in ("old_version", "new_version"):
            environment = resolve(library, row[version])
            for code in ("old_code", "new_code"):
                if (code, version) != ("new_code", "old_version"):
                    job = Job(row[code], environment, timeout=PATIENCE)
                    jobs[job] = (row["id"], code, version)
    runs: dict[tuple[str, str, str], Run] = {}
    with Executor() as executor:
        for job, run in executor.run(jobs):
            runs[jobs[job]] = run
    wrong = 0
    for row in rows:
        before, now, new = (
            runs[row["id"], code, version]
            for code, version in (
                ("old_code", "old_version"),
                ("old_code", "new_version"),
                ("new_code", "new_version"),
            )
        )
        fault = _fault(row["effect"], before, now, new)
        wrong += bool(fault)
        print(f"{row['id']:24} {row['effect']:8} {fault or 'as it says'}")
    print(f"{len(rows)} breakages, {len(rows) - wrong} are what they say")
    return wrong


def _fault(effect: str, before: Run, now: Run, new: Run) -> str:
    for name, run in (("old code, old version", before), ("new code, new version", new)):
        if run.status != "clean":
            return f"{name}: {run.exception} {run.message}"
    if before.stdout != new.stdout:
        return f"prints {before.stdout!r}, then {new.stdout!r}"
    if now.status != "clean":
        seen = "fails"
    elif now.stdout != before.stdout:
        seen = "behaves"
    else:
        seen = "warns" if now.warnings and not new.warnings else "does the same"
    return "" if seen == effect else f"the old code {seen}: {now.message or now.stdout!r}"


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
    parser.add_argument("workspaces", type=Path, nargs="*")
    parser.add_argument("--check", action="store_true", help="run their programs instead")
    asked = parser.parse_args()
    lines = asked.breakages.read_text(encoding="utf-8").splitlines()
    met = [json.loads(line) for line in lines]
    if asked.check:
        raise SystemExit(check(met) > 0)
    count(met, asked.workspaces)


def count(breakages: list[dict[str, str]], folders: list[Path]) -> None:
    """Print what the workspaces together have of each breakage, and the sums."""
    libraries: set[str] = set()
    changes: set[Api] = set()
    valid: set[Api] = set()
    sought = [api(met["old_api"]) for met in breakages]
    reasons: dict[Api, list[str]] = defaultdict(list)
    for folder in folders:
        with Workspace.open_to_look(folder) as workspace:
            names, found, proved = held(workspace)
            for one in set(sought) & found:
                reasons[one] += filter(None, [why(workspace, one)])
        libraries |= names
        changes |= found
        valid |= proved
    counts: Counter[str] = Counter()
    elsewhere: set[str] = set()
    for met, one in zip(breakages, sought, strict=True):
        if _library(met["library"]) not in libraries:
            elsewhere.add(met["library"])
            continue
        state = "entry" if one in valid else "change only" if one in changes else "nothing"
        counts[state] += 1
        told = f"{state}: {'; '.join(reasons[one])}" if state == "change only" else state
        print(f"{met['id']:26} {met['old_api']:52} {told}")
    print(
        f"{counts.total()} breakages: a valid entry for {counts['entry']}, "
        f"a change alone for {counts['change only']}, nothing for {counts['nothing']}"
    )
    if elsewhere:
        print(f"not counted, for no workspace holds them: {', '.join(sorted(elsewhere))}")


if __name__ == "__main__":
    main()
