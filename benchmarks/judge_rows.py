"""Rows of known truth, made from the valid entries of a workspace by operators."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias, TypeVar

from packaging.version import Version

from benchmarks.operators.claims import GENERAL, text_of_another, version_before
from benchmarks.operators.program import Program
from benchmarks.operators.right import RIGHT, renamed_variables
from benchmarks.operators.wrong import OLD_CALLED, VARIED, WRONG
from recode_data import Entry, Run, Verdict, Workspace, load_library
from recode_data.records import ENTRY_FIELDS

T = TypeVar("T")
SYMBOLS = "with symbols, measured version"
MEASURED = "six fields, measured version"
NOTED = "six fields, version of the notes"


@dataclass(frozen=True)
class Base:
    """A valid entry, the pair of versions that it was measured on, and its two programs."""

    entry: Entry
    verdict: Verdict
    new: Program
    old: Program
    old_warns: bool
    python: str

    @property
    def noted_version(self) -> str | None:
        """The version that the entry claims, where it is not the measured one but lies
        between the two that were measured."""
        claimed, old, new = (
            Version(text.removeprefix("=="))
            for text in (self.entry.new_version, self.verdict.old_version, self.verdict.new_version)
        )
        return self.entry.new_version if old < claimed < new else None

    @property
    def change(self) -> tuple[str, str]:
        return self.entry.old_symbol, self.entry.old_keyword


Runner: TypeAlias = Callable[[Sequence[tuple[Base, str]]], list[Run]]
"""Runs programs, each in the new version of its base."""


@dataclass(frozen=True)
class Row:
    """An entry whose truth is known, and by which operator it was made of what."""

    entry: Entry
    truth: bool
    operator: str
    base: Base | None = None
    answer: bool = False
    """Whether only ``new_code`` was altered, so that it is an answer to the base entry."""
    by_execution: bool = True
    """Whether runs can tell the truth; else the text has to be read."""
    form: str = SYMBOLS
    """With what the entry is given to the judge: symbols or not, which version."""
    key: str = ""


Source: TypeAlias = Iterator[Row]


def draw(folder: Path, seed: int) -> list[Base]:
    """Return the valid entries of a workspace, the most different ones first: in turns from
    every library, and from a library in turns from every change."""
    dice = random.Random(seed)
    groups: dict[str, dict[tuple[str, str], list[Base]]] = defaultdict(lambda: defaultdict(list))
    for base in _bases(folder):
        groups[base.entry.dependency][base.change].append(base)
    queues = []
    for library in sorted(groups):
        changes = [groups[library][change] for change in sorted(groups[library])]
        for entries in changes:
            dice.shuffle(entries)
        dice.shuffle(changes)
        queues.append(list(in_turns(changes)))
    return list(in_turns(queues))


def in_turns(queues: Iterable[Iterable[T]]) -> Iterator[T]:
    """Yield from each of ``queues`` in turns until all are empty."""
    waiting = [iter(queue) for queue in queues]
    while waiting:
        for queue in list(waiting):
            item = next(queue, None)
            if item is None:
                waiting.remove(queue)
            else:
                yield item


def _bases(folder: Path) -> Iterator[Base]:
    with Workspace.open(folder, read_only=True) as workspace:
        entries = workspace.all(Entry)
        runs = {run.id: run for run in workspace.all(Run)}
        verdicts = sorted(workspace.all(Verdict), key=lambda v: (len(v.judge), v.judge))
    latest = {verdict.entry_id: verdict for verdict in verdicts}
    for entry in entries:
        verdict = latest.get(entry.id)
        if verdict is None or verdict.status != "valid":
            continue
        told = {name: run.get("run") for name, run in verdict.evidence.get("runs", {}).items()}
        old, new = runs.get(told.get("old_on_old", "")), runs.get(told.get("new_on_new", ""))
        if old is not None and new is not None:
            yield _base(entry, verdict, old, new)


def _base(entry: Entry, verdict: Verdict, old: Run, new: Run) -> Base:
    version = verdict.new_version
    return Base(
        entry,
        verdict,
        Program(entry.new_code, entry.old_code, new.stdout, version),
        Program(entry.old_code, entry.new_code, old.stdout, version),
        bool(old.warnings),
        new.python,
    )


def make(
    bases: Sequence[Base],
    count: int,
    *,
    run: Runner,
    seed: int = 0,
    operators: Sequence[str] = (),
    imported: float = 0.5,
) -> list[Row]:
    """Return ``count`` rows, or fewer where there are no more, in turns from each operator.

    A share of ``imported`` of them is given to the judge as an import from another data set
    would be: six fields, no symbols; half of these with the version of the notes. ``run``
    runs programs in the new version of their base.
    """
    sources = [
        source
        for name, source in _sources(bases, run, max(8, count // 40)).items()
        if not operators or name.split(" ")[0] in operators
    ]
    rows: list[Row] = []
    seen: set[str] = set()
    for row in in_turns(sources):
        assert row.base is not None
        if len(rows) == count:
            break
        if row.entry.id not in seen:
            seen.add(row.entry.id)
            dice = random.Random(f"{seed} {row.operator} {row.base.entry.id}")
            rows.append(_in_form(row, row.base, dice, imported))
    return rows


def _in_form(row: Row, base: Base, dice: random.Random, imported: float) -> Row:
    if row.form != SYMBOLS or (row.by_execution and dice.random() >= imported):
        return row
    noted = base.noted_version if dice.random() < 0.5 else None
    entry = _as_imported(replace(row.entry, new_version=noted) if noted else row.entry)
    return replace(row, entry=entry, form=NOTED if noted else MEASURED)


def operator_names() -> list[str]:
    """Return the names of all operators."""
    return [*RIGHT, *WRONG, *VARIED, *CLAIMS]


def _as_imported(entry: Entry) -> Entry:
    return Entry(**{name: getattr(entry, name) for name in ENTRY_FIELDS})


def _altered(base: Base, **changes: str) -> Entry:
    """Return the base entry with the measured pair of versions and ``changes``."""
    pair = {"new_version": base.verdict.new_version, "old_version": base.verdict.old_version}
    exact = {name: f"=={version}" if version else "" for name, version in pair.items()}
    return replace(base.entry, **{**exact, **changes})  # type: ignore[arg-type]


def _sources(bases: Sequence[Base], run: Runner, varied: int) -> dict[str, Source]:
    """Return the rows of each operator, made as they are asked for; each operator begins at
    another base, so that few rows show as many bases as there are operators."""
    sources: dict[str, Source] = {}
    names = operator_names()

    def turned(name: str) -> Sequence[Base]:
        start = names.index(name) * 7 % max(1, len(bases))
        return [*bases[start:], *bases[:start]]

    for name in RIGHT:
        sources[f"{name} (new)"] = _right(name, turned(name), both=False)
        sources[f"{name} (both)"] = _right(name, turned(name), both=True)
    del sources["unchanged (both)"]
    for name in WRONG:
        sources[name] = _wrong(name, turned(name))
    for name in VARIED:
        sources[name] = _varied(name, turned(name), run, varied)
    for name, claim in CLAIMS.items():
        sources[name] = claim(turned(name), bases)
    return sources


def _right(name: str, bases: Iterable[Base], both: bool) -> Source:
    for base in bases:
        new = RIGHT[name](base.new)
        old = RIGHT[name](base.old) if both else base.entry.old_code
        if new is not None and old is not None:
            entry = _altered(base, old_code=old, new_code=new)
            yield Row(entry, True, f"{name} ({'both' if both else 'new'})", base, answer=not both)


def _wrong(name: str, bases: Iterable[Base]) -> Source:
    for base in bases:
        if base.verdict.kind in WRONG[name].kinds:
            code = WRONG[name].function(base.new)
            if code is not None:
                yield Row(_altered(base, new_code=code), False, name, base, answer=True)


def _varied(
    name: str,
    bases: Iterable[Base],
    run: Runner,
    at_most: int,
) -> Source:
    """Yield the altered programs that run clean and print something else than the new code,
    which prints today what it printed then."""
    made: list[tuple[Base, str]] = []
    for base in bases:
        made += [(base, code) for code in VARIED[name](base.new) if base.new.stdout.strip()]
        if len(made) >= at_most * 2:
            break
    references = run([(base, base.new.code) for base, _ in made])
    for (base, code), reference, found in zip(made, references, run(made), strict=True):
        same = reference.status == "clean" and reference.stdout == base.new.stdout
        if same and found.status == "clean" and found.stdout != reference.stdout:
            yield Row(_altered(base, new_code=code), False, name, base, answer=True)


# What is said of the programs


def _text_of_same_library(bases: Sequence[Base], every: Sequence[Base]) -> Source:
    return _texts("text_of_same_library", bases, every, same=True)


def _text_of_other_library(bases: Sequence[Base], every: Sequence[Base]) -> Source:
    return _texts("text_of_other_library", bases, every, same=False)


def _texts(name: str, bases: Sequence[Base], every: Sequence[Base], same: bool) -> Source:
    for index, base in enumerate(bases):
        entry = base.entry
        others = (
            other.entry.update_info
            for other in [*every[index + 1 :], *every[: index + 1]]
            if (other.entry.dependency == entry.dependency) == same and other.change != base.change
        )
        text = text_of_another(entry.old_code, entry.new_code, others)
        if text is not None:
            yield Row(_altered(base, update_info=text), False, name, base, by_execution=False)


def _text_of_nothing(bases: Sequence[Base], every: Sequence[Base]) -> Source:
    for base in bases:
        entry = _altered(base, update_info=GENERAL)
        yield Row(entry, False, "text_of_nothing", base, by_execution=False)


def _version_too_early(bases: Sequence[Base], every: Sequence[Base]) -> Source:
    """The update is seen in none of the claimed versions: there the old code ran clean,
    which is known where even right before the update it did so without a warning."""
    for base in bases:
        matrix = load_library(base.entry.dependency).matrix
        version = version_before(matrix, base.verdict.new_version)
        if version is not None and not base.old_warns:
            entry = _as_imported(_altered(base, new_version=f"=={version}"))
            yield Row(entry, False, "version_too_early", base, form="six fields, wrong version")


def _cosmetic_pair(bases: Sequence[Base], every: Sequence[Base]) -> Source:
    """The new code twice, once with other variables: nothing is migrated."""
    for base in bases:
        code = renamed_variables(base.new)
        if code is not None:
            entry = _altered(base, old_code=code, new_code=base.entry.new_code)
            yield Row(entry, False, "cosmetic_pair", base)


def _swapped_pair(bases: Sequence[Base], every: Sequence[Base]) -> Source:
    """Old and new code in each other's place."""
    for base in (base for base in bases if base.verdict.kind in OLD_CALLED):
        entry = _altered(base, old_code=base.entry.new_code, new_code=base.entry.old_code)
        yield Row(entry, False, "swapped_pair", base)


CLAIMS: dict[str, Callable[[Sequence[Base], Sequence[Base]], Source]] = {
    "text_of_same_library": _text_of_same_library,
    "text_of_other_library": _text_of_other_library,
    "text_of_nothing": _text_of_nothing,
    "version_too_early": _version_too_early,
    "cosmetic_pair": _cosmetic_pair,
    "swapped_pair": _swapped_pair,
}


def given(path: Path) -> list[Row]:
    """Return the rows of a JSONL file with ``truth`` (``valid``, ``invalid``) besides the six
    fields; ``operator`` or ``kind`` groups them, ``key`` or ``base`` names each."""
    rows = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SystemExit(f"{path} cannot be read: {error}") from None
    for number, line in enumerate(lines, 1):
        try:
            told = json.loads(line)
            entry = Entry(**{name: told[name] for name in ENTRY_FIELDS})
            truth = {"valid": True, "invalid": False}[told["truth"]]
        except (ValueError, KeyError, TypeError) as error:
            raise SystemExit(f"{path}: line {number} is no row with a truth: {error!r}") from None
        group = told.get("operator") or told.get("kind") or path.name
        key = str(told.get("key") or told.get("base") or number)
        rows.append(
            Row(
                entry,
                truth,
                group,
                by_execution=told.get("by_execution", True),
                form="given",
                key=key,
            )
        )
    return rows
