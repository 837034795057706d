"""Audit a foreign data set: what its rows are worth when they are executed.

    recode-data import ROWS.jsonl -w audit
    recode-data validate -w audit --library numpy --library scipy --timeout 60
    python benchmarks/recode_train_audit.py audit

Prints a Markdown table of the validated libraries and one of the reasons.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict

from recode_data.judge import REASONS
from recode_data.library import Library
from recode_data.records import Attempt, Entry
from recode_data.workspace import Workspace
from recode_data.workspace.verdicts import latest_verdicts

KINDS = ("breaking", "deprecated", "additive", "behavioural")
GROUPS = {
    "inert": ("inert", "warns_other", "identical"),
    "not a migration": ("differs", "not_restored", "new_warns", "old_warns", "fails_other"),
    "no evidence": ("degenerate", "not_exercised", "flaky"),
    "not runnable": ("old_fails", "new_fails", "unparsable"),
    "no such version": ("no_such_version",),
    "owed": ("error", "timeout"),
}


def main(folder: str) -> None:
    """Print the tables of the workspace in ``folder``."""
    with Workspace.open(folder, read_only=True) as workspace:
        names = {}
        for entry in workspace.all(Entry, "engine = 'import'"):
            library = Library.matching(entry.dependency)
            names[entry.id] = library.name if library else entry.dependency
        verdicts = list(latest_verdicts(workspace, names).values())
        dropped = Counter(a.reason for a in workspace.all(Attempt, "stage = 'import'"))
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    for verdict in verdicts:
        for name in (names[verdict.entry_id], "all"):
            rows[name]["rows"] += 1
            if verdict.status == "valid":
                rows[name].update(["valid", verdict.kind])
            else:
                rows[name][verdict.reason] += 1
    print_table(rows)
    print_reasons(rows["all"])
    unread = Counter(names.values()) - Counter({name: rows[name]["rows"] for name in rows})
    print(f"\nNot entries: {dict(dropped)}. Not validated: {dict(unread)}.")


def print_table(rows: dict[str, Counter[str]]) -> None:
    columns = ["rows", "valid", *KINDS]
    print(f"| library | {' | '.join([*columns, *GROUPS])} |")
    print(f"|---|{'---:|' * (len(columns) + len(GROUPS))}")
    for name, counts in sorted(rows.items(), key=lambda row: (row[0] == "all", row[0])):
        told = [counts[column] for column in columns]
        told += [sum(counts[reason] for reason in reasons) for reasons in GROUPS.values()]
        print(f"| {name} | {' | '.join(map(str, told))} |")


def print_reasons(counts: Counter[str]) -> None:
    print("\n| reason | rows | what it means |\n|---|---:|---|")
    for reason, meaning in REASONS.items():
        count = counts["valid"] if reason == "ok" else counts[reason]
        if count:
            print(f"| `{reason}` | {count} | {meaning} |")


if __name__ == "__main__":
    main(sys.argv[1])
