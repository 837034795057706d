"""Two data sets side by side, both measured by the same code and the same judge.

    recode-data build numpy
    recode-data import api_update.jsonl -w recode && recode-data validate -w recode
    python benchmarks/compare_sets.py workspace recode

Prints a Markdown table with a column for the first workspace as it was written, one for what
of it is published (valid, unique, in no benchmark), and one for the rows of the second,
which were published as they were written.
"""

from __future__ import annotations

import ast
import shutil
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path

import pyarrow as pa

from recode_data.duplicates import compare_new, dedup, forms
from recode_data.duplicates.clusters import components
from recode_data.duplicates.near import numbers
from recode_data.duplicates.normalise import normalise
from recode_data.library import Library, library_files, load_library
from recode_data.progress import Progress
from recode_data.publish import published_rows
from recode_data.records import Entry, Verdict, content_id
from recode_data.workspace import Workspace

KINDS = ("breaking", "deprecated", "additive", "behavioural")
REASONS = {
    "not valid: both versions do the same": ("inert", "warns_other", "identical"),
    "not valid: a code does not run": ("old_fails", "new_fails", "fails_other", "unparsable"),
    "not valid: another result": ("differs", "not_restored"),
    "not valid: the update warns on the wrong side": ("old_warns", "new_warns"),
    "not valid: proves nothing": ("degenerate", "not_exercised", "flaky"),
    "not valid: no such version": ("no_such_version", "no_definition"),
}
Column = dict[str, str]


def measured(entries: list[Entry], verdicts: dict[str, Verdict]) -> Column:
    """Return every line of the table for one set of rows."""
    rows = len(entries)
    seen = [verdicts[entry.id] for entry in entries if entry.id in verdicts]
    judged = [verdict for verdict in seen if verdict.status in ("valid", "invalid")]
    kinds = Counter(verdict.kind for verdict in judged if verdict.status == "valid")
    reasons = Counter(verdict.reason for verdict in judged if verdict.status == "invalid")
    exact, near = duplicates(entries)
    origins = Counter(entry.old_origin for entry in entries)
    column = {
        "rows": f"{rows:,}",
        "libraries": f"{len({library(entry.dependency) for entry in entries}):,}",
        "distinct changes": f"{len({change(entry) for entry in entries}):,}",
        "a code that does not parse": share(sum(map(unreadable, entries)), rows),
        "both codes the same program": share(sum(map(same, entries)), rows),
        "exact duplicates of another row": share(exact, rows),
        "near duplicates of another row": share(near, rows),
        "old code found in a library": share(origins["real"], rows),
        "old code derived from found code": share(origins["derived"], rows),
        "old code written by a model or a person": share(origins["written"], rows),
        "judged": share(len(judged), rows),
        "valid, of those judged": share(kinds.total(), len(judged)),
    }
    column |= {f"valid: {kind}": share(kinds[kind], len(judged)) for kind in KINDS}
    return column | {
        name: share(sum(reasons[code] for code in codes), len(judged))
        for name, codes in REASONS.items()
    }


def share(count: int, of: int) -> str:
    return f"{count:,} ({100 * count / of:.1f} %)" if of else "–"


LIBRARIES: dict[str, Library] = {
    key.lower(): one
    for one in map(load_library, library_files())
    for key in (one.name, one.dependency)
}


def library(name: str) -> str:
    known = LIBRARIES.get(name.strip().lower())
    return known.name if known else name.strip().lower()


def change(entry: Entry) -> tuple[str, ...]:
    """Return the symbols that changed; of a row that names none the text of its update."""
    symbols = (entry.old_symbol or entry.new_symbol, entry.old_keyword or entry.new_keyword)
    return symbols if any(symbols) else (" ".join(entry.update_info.split()),)


def tree(code: str) -> str | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # old strings with odd escapes
        try:
            return ast.dump(ast.parse(code))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def unreadable(entry: Entry) -> bool:
    return tree(entry.old_code) is None or tree(entry.new_code) is None


def same(entry: Entry) -> bool:
    old = tree(entry.old_code)
    return old is not None and old == tree(entry.new_code)


def duplicates(entries: list[Entry]) -> tuple[int, int]:
    """Return how many rows would go, were one kept of each exact, then of each near cluster."""
    pairs = [(normalise(entry.old_code), normalise(entry.new_code)) for entry in entries]
    documents = {int(content_id(*pair), 16): forms.pair_words(*pair) for pair in pairs}
    table = pa.table(
        {"code": pa.array(documents, pa.uint64()), "words": pa.array(documents.values())}
    )
    with tempfile.TemporaryDirectory() as folder, Workspace.open(folder) as scratch:
        scratch.connection.register("incoming", table)
        scratch.execute(f"INSERT INTO documents SELECT code, {numbers('words')} FROM incoming")
        compare_new(scratch)
        found = scratch.sql("SELECT code, other FROM near_pairs")
        roots = components(zip(*(column.to_pylist() for column in found.columns), strict=True))
    return len(entries) - len(documents), len(roots) - len(set(roots.values()))


def read(folder: str) -> tuple[list[Entry], dict[str, Verdict], set[str]]:
    """Return entries, newest verdicts and published ids, of a copy: nothing is changed."""
    with tempfile.TemporaryDirectory() as copy:
        shutil.copy(Path(folder) / "recode.duckdb", copy)
        with Workspace.open(copy) as workspace:
            dedup(workspace, Progress(quiet=True))
            published = {row["id"] for row in published_rows(workspace)}
            verdicts = sorted(workspace.all(Verdict), key=lambda v: (len(v.judge), v.judge))
            newest = {verdict.entry_id: verdict for verdict in verdicts}
            return workspace.all(Entry), newest, published


def main(ours: str, theirs: str) -> None:
    """Print the table."""
    entries, verdicts, published = read(ours)
    columns = [
        measured(entries, verdicts),
        measured([entry for entry in entries if entry.id in published], verdicts),
        measured(*read(theirs)[:2]),
    ]
    print("| | here, as written | here, published | ReCode, published |\n|---|---:|---:|---:|")
    for name in columns[0]:
        print(f"| {name} | {' | '.join(column[name] for column in columns)} |")


if __name__ == "__main__":
    main(*sys.argv[1:3])
