"""How much of what really changed do the changes of a workspace say, and is what they say true?

    python benchmarks/extraction.py numpy scipy --workspace workspace [--misses]

The stick is made of the snapshots alone: what is a public name in one version and none in the
next vanished, whatever a note says. A name counts as mentioned when a passage of a note of the
new version or an earlier one (`benchmarks/passages.py`) has its last part in code, and a word
of ending and the name of what it is inside are there, in the headings above it or in the
sentence that announces its list; a dotted name, such as ``np.exp``, references no ``scipy.exp``.
The replacement that counts is the one that the library itself shows or states
(`benchmarks/witness.py`), where the same passage names it too.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from dataclasses import dataclass

from passages import Passage, passages_of
from witness import instead_of, keyword_instead

from recode_data.api.diff import RemovedName, removed_keywords, removed_names
from recode_data.api.history import History, release
from recode_data.api.snapshot import Snapshot
from recode_data.api.snapshots import history_of
from recode_data.library import load_library
from recode_data.progress import Progress
from recode_data.records import Change, ReleaseNote
from recode_data.workspace import Workspace

GOING = {"removed", "renamed", "moved", "deprecated"}
CLAIMS = {"removed", "renamed", "moved"}
KEYWORD_CLAIMS = {"keyword_removed", "keyword_renamed"}

SCORES = (
    "symbols", "replacements", "keywords", "keyword replacements", "removals real",
    "keyword removals real", "old names real", "new names real",
)  # fmt: skip


@dataclass
class Score:
    hits: int = 0
    total: int = 0

    def add(self, hit: bool) -> None:
        self.hits += hit
        self.total += 1

    def __str__(self) -> str:
        share = self.hits / self.total if self.total else float("nan")
        return f"{share:.2f} ({self.hits}/{self.total})"


@dataclass
class Step:
    """From snapshot ``i`` to the next one, and what the notes until then say."""

    history: History
    i: int
    passages: list[Passage]
    said: set[str]


def measure(workspace: Workspace, name: str, misses: bool) -> dict[str, Score]:
    library = load_library(name)
    history = history_of(workspace, library, Progress(quiet=True))
    notes = workspace.all(ReleaseNote, "library = ? AND source <> 'package'", [library.name])
    where = "library = ? AND source NOT IN ('package', 'surface')"
    changes = workspace.all(Change, where, [library.name])
    return score(history, notes, changes, misses)


def score(
    history: History, notes: list[ReleaseNote], changes: list[Change], misses: bool
) -> dict[str, Score]:
    scores = {name: Score() for name in SCORES}
    recall(history, notes, changes, scores, misses)
    precision(history, changes, scores, misses)
    return scores


def recall(
    history: History,
    notes: list[ReleaseNote],
    changes: list[Change],
    scores: dict[str, Score],
    misses: bool,
) -> None:
    symbols: dict[str, list[Change]] = defaultdict(list)
    keywords: dict[tuple[str, str], list[Change]] = defaultdict(list)
    notes = [note for note in notes if note.version]
    whole = {note.id: passages_of(note.text) for note in notes}
    for change in changes:
        if change.old_keyword:
            keywords[change.old_symbol, change.old_keyword].append(change)
        elif change.kind in GOING:
            symbols[change.old_symbol.rsplit(".", 1)[-1]].append(change)
    for i in range(len(history.snapshots) - 1):
        low, high = history.versions[i], history.versions[i + 1]
        if not any(low < release(n.version) <= high for n in notes):
            continue  # nobody could have said it
        passages = [p for n in notes if release(n.version) <= high for p in whole[n.id]]
        step = Step(history, i, passages, {word for each in passages for word in each.words})
        missed = symbol_recall(step, symbols, scores)
        missed += keyword_recall(step, keywords, scores)
        if misses:
            print("".join(f"  miss {high} {line}\n" for line in missed), end="")


def symbol_recall(
    step: Step,
    symbols: dict[str, list[Change]],
    scores: dict[str, Score],
) -> list[str]:
    missed = []
    history, i, said = step.history, step.i, step.said
    old = history.snapshots[i]
    for each in removed_names(history, i):
        leaf = min(each.paths).rsplit(".", 1)[-1]
        told = [p for p in step.passages if p.ends(each.paths)] if leaf in said else []
        if not told:
            continue
        found = [c for c in symbols[leaf] if is_one_of(old, c.old_symbol, each)]
        scores["symbols"].add(bool(found))
        if not found:
            missed.append(str(sorted(each.paths)[:3]))
        instead = each.instead | instead_of(history, i, each.paths)
        leaves = {path.rsplit(".", 1)[-1] for path in instead} - {leaf}
        if any(leaves & p.words for p in told):
            right = any(c.new_symbol in instead for c in found)
            scores["replacements"].add(right)
            if found and not right:
                got = sorted({c.new_symbol for c in found})
                missed.append(
                    f"replacement {found[0].old_symbol} {sorted(instead, key=len)[:2]} {got}"
                )
    return missed


def is_one_of(old: Snapshot, path: str, gone: RemovedName) -> bool:
    """Is a path one of the names that went, or another name of the same object?"""
    if path in gone.paths:
        return True
    binding = old.find(path)
    if binding is None:
        return False
    for each in (old.find(each) for each in gone.paths):
        if each is not None and each.identity == binding.identity:
            if not each.identity.startswith("="):
                return True
            owners = [old.find(p.rpartition(".")[0]) for p in (each.path, path)]
            if owners[0] and owners[1] and owners[0].identity == owners[1].identity:
                return True
    return False


def keyword_recall(
    step: Step,
    keywords: dict[tuple[str, str], list[Change]],
    scores: dict[str, Score],
) -> list[str]:
    missed = []
    history, i, said = step.history, step.i, step.said
    groups = defaultdict(list)
    for path, keyword in removed_keywords(history, i):
        leaf = path.rsplit(".", 1)[-1]
        if leaf in said and keyword in said:
            groups[leaf, keyword].append(path)
    for (_, keyword), paths in groups.items():
        told = [p for p in step.passages if p.ends_keyword(paths, keyword)]
        if not told:
            continue
        found = [change for path in paths for change in keywords.get((path, keyword), ())]
        scores["keywords"].add(bool(found))
        if not found:
            missed.append(f"{sorted(paths)[:2]}({keyword}=)")
        instead = {n for path in paths for n in keyword_instead(history, i, path, keyword)}
        if any(name in p.words for p in told for name in instead):
            right = any(change.new_keyword in instead for change in found)
            scores["keyword replacements"].add(right)
            if found and not right:
                got = sorted({c.new_keyword or c.new_symbol for c in found})
                missed.append(f"replacement {found[0].old_symbol}({keyword}=) {instead} {got}")
    return missed


def precision(
    history: History, changes: list[Change], scores: dict[str, Score], misses: bool
) -> None:
    for change in changes:
        if not change.old_symbol or not history.covers(change.version):
            continue
        at = history.at(change.version)
        if change.kind in CLAIMS | KEYWORD_CLAIMS | {"deprecated"}:
            before = history.states(change.old_symbol)[:at]
            known = any(state in ("open", "warns") for state in before)
            scores["old names real"].add(known)
            if misses and not known:
                print(f"  never there {change.version} {change.old_symbol}: {change.text[:90]!r}")
        if change.kind in CLAIMS:
            gone = history.gone_at(change.old_symbol) is not None
            scores["removals real"].add(gone)
            if misses and not gone:
                print(f"  still there {change.version} {change.old_symbol}: {change.text[:90]!r}")
        if change.kind in KEYWORD_CLAIMS:
            gone = history.keyword_gone_at(change.old_symbol, change.old_keyword) is not None
            gone = gone or history.gone_at(change.old_symbol) is not None
            scores["keyword removals real"].add(gone)
        if change.new_symbol.split(".")[0] == change.old_symbol.split(".")[0]:
            later = history.states(change.new_symbol)[at:]
            scores["new names real"].add(not later or any(state != "gone" for state in later))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("libraries", nargs="+")
    parser.add_argument("--workspace", default="workspace")
    parser.add_argument("--misses", action="store_true", help="show what is missed or wrong")
    options = parser.parse_args()
    with Workspace.open(options.workspace) as workspace:
        for name in options.libraries:
            scores = measure(workspace, name, options.misses)
            print(f"{name}: " + ", ".join(f"{key} {score}" for key, score in scores.items()))


if __name__ == "__main__":
    main()
