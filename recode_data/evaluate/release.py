"""A release of the benchmark of one month: what changed in it, as questions with hidden checks.

    questions.jsonl     what a model is asked: a row for each task and arm
    checks.jsonl        what answers are held against: a row for each task
    environments.json   the packages in which they run
    guides.json         the guides that questions show
    libraries.json      what was derived of libraries that have no definition of ours
    release.json        the month, the versions of what made it, how many entries became tasks
    README.md           the card
    SHA256SUMS          the checksums of the other files

The same data gives the same bytes. A release of a past month holds nothing from later: no entry
whose update, note or code was released after it, and no package (uv's ``--exclude-newer``).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from recode_data.errors import BadFile, EnvironmentUnusable, RecodeError, UsageError
from recode_data.evaluate.contamination import Shingles
from recode_data.evaluate.dated import DatedExaminer, made
from recode_data.evaluate.heldout import days_of, entry_of, kind_of
from recode_data.evaluate.preparation import TASKS, prepare, task_from, task_text
from recode_data.evaluate.since import (
    ARMS,
    Guides,
    Since,
    benchmark_of,
    cutoff_day,
    version_of,
)
from recode_data.evaluate.split import is_workspace, rows_of
from recode_data.execute import runner
from recode_data.files import (
    read_json,
    read_jsonl,
    read_text,
    refuse_others,
    write_text,
    writing,
)
from recode_data.judge import JUDGE
from recode_data.library import (
    OF_ITS_DAY,
    Library,
    derived_definitions,
    know_derived,
    spelled_alike,
)
from recode_data.progress import Progress
from recode_data.records import Entry

FORMAT = 2
QUESTIONS, CHECKS, PLACES, GUIDES, LIBRARIES, ABOUT, CARD, SUMS = (
    "questions.jsonl",
    "checks.jsonl",
    "environments.json",
    "guides.json",
    "libraries.json",
    "release.json",
    "README.md",
    "SHA256SUMS",
)
FILES = (QUESTIONS, CHECKS, PLACES, GUIDES, LIBRARIES, ABOUT, CARD)
OTHER_MONTH = "the update was not released in the month"
NO_DAY = "the index tells no release day of the update"
LATER_NOTE = "the note is of a later release"
LATER_CODE = "the code was found in a later release"
NO_SOURCE = "the index tells no release day of the release that the code was found in"
LATER_PACKAGES = "its environment needs packages of a later day"
TIP = "recode-data bench-release writes one anew"
_SHOWN = {
    "alone": "the description",
    "update": "with what changed",
    "docs": "with signature and docstring of the new API",
    "guide": "with the index of the library's generated guide",
}
_ASKED = {
    "name": "another name or keyword",
    "form": "another form of a call",
    "argument": "a call without an argument that it had",
}
_FOUND_IN = re.compile(r"(?P<name>[^:]+?)-(?P<version>\d[^-:]*):")


@dataclass(frozen=True)
class Released:
    """What was written."""

    folder: Path
    month: str
    tasks: int
    questions: int
    libraries: int
    entries: int
    """How many entries there were to choose from."""
    refused: dict[str, int]
    checksum: str
    """SHA-256 of `SUMS`."""

    def __str__(self) -> str:
        dropped = sorted(self.refused.items(), key=lambda item: (-item[1], item[0]))
        lines = [
            f"{self.month}: {self.entries:,} entries, {self.tasks:,} tasks of "
            f"{self.libraries:,} libraries, {self.questions:,} questions"
        ]
        lines += [f"  {count:,} × {reason}" for reason, count in dropped]
        return "\n".join([*lines, f"{self.checksum}  {self.folder / SUMS}"])


def before_of(month: str) -> str:
    """Return the first instant after a month, ``2026-11``; raises `UsageError`."""
    if not re.fullmatch(r"\d{4}-\d{2}", month):
        raise UsageError(f"{month!r} is no month of the calendar", "write it as in 2026-11")
    cutoff_day(month)  # whether there is such a month
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12:04}-{number % 12 + 1:02}-01T00:00:00Z"


def release(  # noqa: PLR0917
    where: str | Path,
    month: str,
    folder: Path,
    jobs: int = 1,
    progress: Progress | None = None,
    benchmarks: Mapping[str, Sequence[Shingles]] | None = None,
    guides: Guides | None = None,
) -> Released:
    """Write the release of ``month`` from the entries in ``where``, a workspace or a data set.

    ``benchmarks`` are public ones: a task that is nearly in one of them is marked; ``guides``
    are asked for those that are shown. Raises
    `UsageError` where no entry makes a task or the folder holds something else, and what
    `prepare` raises.
    """
    before = before_of(month)
    refuse_other_files(folder)
    rows = rows_of(where, every=True)
    entries = {entry.id: (entry, kind_of(row)) for row in rows for entry in [entry_of(row)]}
    notes = _note_versions(where) if is_workspace(where) else {}
    chosen, refused = _of_month([entry for entry, _ in entries.values()], month, notes)
    chosen, places = _placed(chosen, before, refused)
    prepared = prepare(chosen, jobs, progress, before)
    refused.update(prepared.refused.values())
    if not prepared.tasks:
        told = "; ".join(f"{count} × {reason}" for reason, count in refused.most_common(4))
        raise UsageError(
            f"none of {len(entries)} entries makes a task of {month}: {told}",
            "name another month, or build the libraries' versions of it",
        )
    asked = [(*entries[id], month, prepared.tasks[id]) for id in sorted(prepared.tasks)]
    shown = guides({version_of(entry) for entry, *_ in asked}) if guides else {}
    bench = benchmark_of(asked, benchmarks=benchmarks, guides=shown)
    used = {place for entry, *_ in asked for place in [places[entry.id]]}
    _refuse_later([json.loads(place) for place in sorted(used)], before)
    about: dict[str, Any] = {
        "format": FORMAT, "month": month, "before": before, "judge": JUDGE, "runner": runner(),
        "tasks_version": TASKS, "entries": len(entries), "tasks": len(asked),
        "questions": len(bench.problems), "arms": list(ARMS),
        "refused": dict(sorted(refused.items())),
        "libraries": dict(sorted(Counter(entry.dependency for entry, *_ in asked).items())),
        "against": sorted(benchmarks or {}),
    }  # fmt: skip
    texts = {
        QUESTIONS: "".join(map(_line, _questions(bench))),
        CHECKS: "".join(map(_line, _checks(asked))),
        PLACES: _json([json.loads(place) for place in sorted(used)]),
        GUIDES: _json([[*version, shown[version]] for version in sorted(shown)]),
        LIBRARIES: _json(_derived(about["libraries"])),
        ABOUT: _json(about),
        CARD: _card(about, bench),
    }
    return Released(
        folder, month, len(asked), len(bench.problems), len(about["libraries"]), len(entries),
        dict(refused), _written(folder, texts),
    )  # fmt: skip


def _written(folder: Path, texts: Mapping[str, str]) -> str:
    """Write the files of a release and their checksums; return the checksum of those."""
    sums = "".join(f"{_sha256(texts[name])}  {name}\n" for name in sorted(texts))
    with writing(folder, "name a folder that can be written to"):
        folder.mkdir(parents=True, exist_ok=True)
    (folder / SUMS).unlink(missing_ok=True)  # what is half written has no checksums
    for name, text in texts.items():
        write_text(folder / name, text)
    write_text(folder / SUMS, sums)
    return _sha256(sums)


def is_release(folder: str | Path) -> bool:
    """Return whether a folder holds a release of the benchmark, whole or not."""
    return (Path(folder) / ABOUT).is_file()


def load_release(folder: Path) -> Since:
    """Return the benchmark that was released into ``folder``.

    Raises `BadFile` where a file of it is missing or is not what its checksum says.
    """
    lines = [line.partition("  ") for line in read_text(folder / SUMS, TIP).splitlines()]
    listed = {name: digest for digest, _, name in lines}
    for name in FILES:
        try:
            digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        except OSError as error:
            raise BadFile(f"cannot read {folder / name}: {error.strerror}", TIP) from error
        if listed.get(name) != digest:
            raise BadFile(f"{folder / name} is not what was released: its checksum differs", TIP)
    about = read_json(folder / ABOUT, TIP)
    if about.get("format") != FORMAT:
        raise BadFile(f"{folder} is of another format", "release it anew with this version")
    for name, table in read_json(folder / LIBRARIES, TIP).items():
        if Library.matching(name) is None:
            know_derived(table["name"], table)
    asked = []
    for _, row in read_jsonl(folder / CHECKS, TIP):
        task = task_from(json.dumps(row["task"]))
        asked.append((entry_of(row["entry"]), row["kind"], row["month"], task))
    marked = {row["id"]: row["seen"] for _, row in read_jsonl(folder / QUESTIONS, TIP)}
    guides = {(name, version): text for name, version, text in read_json(folder / GUIDES, TIP)}
    bench = benchmark_of(asked, before=about["before"], marked=marked, guides=guides)
    bench.name = f"since-{about['month']}"
    return bench


def _derived(names: Iterable[str]) -> dict[str, Any]:
    """Return what was derived of libraries, as far as their programs need it to be run: whoever
    loads the release need not have them."""
    known = {spelled_alike(name): table for name, table in derived_definitions().items()}
    return {
        name: {key: value for key, value in table.items() if key not in OF_ITS_DAY}
        for name in names
        if (library := Library.matching(name)) is not None
        and (table := known.get(spelled_alike(library.name))) is not None
    }


def _of_month(
    entries: list[Entry], month: str, notes: Mapping[str, str]
) -> tuple[list[Entry], Counter[str]]:
    """Return the entries whose update was released in a month and of which nothing is later."""
    last = cutoff_day(month)
    kept, refused = [], Counter[str]()
    days = _Days()
    for entry in entries:
        day = days.of(entry.dependency, entry.new_version.lstrip("= "))
        if not day or day[:7] != month:
            refused[OTHER_MONTH if day else NO_DAY] += 1
            continue
        if (version := notes.get(entry.change_id)) and (
            days.of(entry.dependency, version) or last
        ) > last:
            refused[LATER_NOTE] += 1
            continue
        found = _FOUND_IN.match(entry.location)
        at = days.of(found["name"], found["version"]) if found else month
        if not at or at[: len(last)] > last:
            refused[LATER_CODE if at else NO_SOURCE] += 1
            continue
        kept.append(entry)
    return kept, refused


class _Days:
    """When versions were released; the index is asked once for each library."""

    def __init__(self) -> None:
        self.known: dict[str, dict[str, str]] = {}

    def of(self, name: str, version: str) -> str:
        """Return the day of a version's release, empty where the index does not tell."""
        if name not in self.known:
            library = Library.matching(name)
            self.known[name] = days_of(library.name) if library is not None else {}
        return self.known[name].get(version, "")


def _note_versions(where: str | Path) -> dict[str, str]:
    """Return the version that each change's note announces."""
    from recode_data.records import Change
    from recode_data.workspace import Workspace

    with Workspace.open_to_look(where) as workspace:
        return {change.id: change.version for change in workspace.all(Change)}


def _placed(
    entries: list[Entry], before: str, refused: Counter[str]
) -> tuple[list[Entry], dict[str, str]]:
    """Return the entries whose environments hold nothing later, and what those hold."""
    examiner = DatedExaminer(before=before)
    kept, places, known = [], {}, dict[str, dict[str, Any] | None]()
    for entry in entries:
        place = examiner.environment(entry)
        if isinstance(place, str):
            kept.append(entry)  # `prepare` says why
            continue
        if place.id not in known:
            try:
                known[place.id] = made(place, before)
            except EnvironmentUnusable:
                known[place.id] = None
        if (holds := known[place.id]) is None:
            refused[LATER_PACKAGES] += 1
            continue
        kept.append(entry)
        places[entry.id] = json.dumps(holds, sort_keys=True)
    return kept, places


def _refuse_later(places: list[dict[str, Any]], before: str) -> None:
    """Raise `RecodeError` where an environment holds a package that the index has had only since
    ``before``: uv was asked for none, and nothing is released on its word alone."""
    for package in sorted({package for place in places for package in place["packages"]}):
        name, _, version = package.partition("==")
        day = days_of(canonicalize_name(name)).get(version, "")
        if day >= before[:10]:
            raise RecodeError(
                f"{package} was uploaded on {day}, after the month",
                "recode-data environments prune, then run it again",
            )


def _questions(bench: Since) -> list[dict[str, Any]]:
    return [
        {
            "id": problem.id,
            "library": problem.labels["library"],
            "version": bench.entries[problem.id].new_version.lstrip("= "),
            "arm": problem.labels["arm"],
            "month": problem.labels["month"],
            "kind": problem.labels.get("kind", ""),
            "asks": problem.labels["asks"],
            "seen": problem.labels["seen"],
            "messages": problem.messages,
        }
        for problem in bench.problems
    ]


def _checks(asked: list[tuple[Entry, str, str, Any]]) -> list[dict[str, Any]]:
    rows = []
    for entry, kind, month, task in asked:
        known = asdict(replace(entry, parameters={}))
        known |= {"requirements": ", ".join(entry.requirements)}
        rows.append(
            {"id": entry.id, "kind": kind, "month": month, "entry": known,
             "task": json.loads(task_text(task))}
        )  # fmt: skip
    return rows


def _card(about: dict[str, Any], bench: Since) -> str:
    """Return the card of a release."""
    libraries = "\n".join(f"| {name} | {n} |" for name, n in about["libraries"].items())
    refused = "\n".join(f"| {why} | {n} |" for why, n in about["refused"].items())
    seen = Counter(problem.labels["seen"] for problem in bench.problems)
    arms = ", ".join(
        f"`{arm}` ({_SHOWN[arm]}: {n})"
        for arm, n in Counter(problem.labels["arm"] for problem in bench.problems).items()
    )
    known = Counter(task.api.asks for task in bench.tasks.values())
    asks = ", ".join(f"{n} ask for {_ASKED[what]}" for what, n in sorted(known.items()))
    marked = "; ".join(f"{n} questions: {why}" for why, n in sorted(seen.items()) if why != "none")
    return f"""# What changed in {about["month"]}

{about["tasks"]} tasks of {len(about["libraries"])} libraries whose update was released in
{about["month"]}, asked in {arms}. No question shows the old code. Of the tasks
{asks}.

An answer passes if it does in the new version what the reference does, on other inputs too, and
if the trace of its run shows the new API and not the old one. `{CHECKS}` holds the references:
keep it from whoever is asked.

```
recode-data eval since FOLDER --model NAME
sha256sum -c {SUMS}
```

| library | tasks |
|---|---|
{libraries}

Of {about["entries"]} entries these make no task:

| reason | entries |
|---|---|
{refused}

Nothing in here was released at or after {about["before"]}: no update, no note, no code, and no
package of `{PLACES}`. May have been seen: {marked or "none is marked"}.
Judge {about["judge"]}, runner {about["runner"]}, tasks {about["tasks_version"]}.
"""


def refuse_other_files(folder: Path) -> None:
    """Raise `UsageError` where something else than an earlier release could be lost."""
    refuse_others(folder, {*FILES, SUMS}, "which is no part of a release")


def _line(row: dict[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=True, sort_keys=True) + "\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True, sort_keys=True, indent=1) + "\n"


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
