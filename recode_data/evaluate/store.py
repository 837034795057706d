"""A run of a benchmark on disk: its configuration, raw completions and scores.

    config.json         what was resolved: benchmark, data, model, sampling, seed
    completions.jsonl   one raw completion a line, as it arrived
    scores.jsonl        one score a line, as it was found
    summary.json        counts and scores of what is there; not there while they are made

Scores are only appended to, and so are completions that a model draws, so that a run goes on
where it was stopped; a line that a kill cut in two, or that lacks a field, is dropped when it
is read. Completions of a file are written anew when the file has changed. A score counts only
for what it was made of: see `Score.basis` and `Score.place`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import Any

from recode_data.errors import BadFile, RecodeError, UsageError
from recode_data.files import mended, read_json, read_text, write_text, writing
from recode_data.records import content_id

NOT_JUDGED = "not judged"
"""Status of an answer that could not be judged for a reason of ours: it is owed."""
UNSCORABLE = "unscorable"
"""Status of an answer to a problem that this machine or its index cannot run at all."""
TIP = "delete the run's folder to begin anew"


@dataclass(frozen=True, slots=True)
class Completion:
    """One raw answer of a model to one problem."""

    problem: str
    sample: int
    text: str
    seed: int = 0

    @property
    def id(self) -> str:
        return content_id(self.problem, self.sample, self.text)


@dataclass(frozen=True, slots=True)
class Score:
    """What a completion is worth."""

    completion: str
    """Id of the completion."""
    problem: str
    sample: int
    status: str
    """``passed``, ``failed``, ``timeout``, ``memory`` when it wanted more than a run may have,
    `UNSCORABLE`, or `NOT_JUDGED`, which is owed again."""
    reason: str = ""
    without: str = ""
    """Status without the update, where the benchmark asks for it."""
    api: str = ""
    """Which API the answer's run reached: ``old``, ``new``, ``both`` or ``neither``; empty where
    the benchmark does not ask, or nothing ran."""
    es_star: float | None = None
    em_star: float | None = None
    seconds: float = 0.0
    scorer: str = ""
    """Version of the harness or the judge that found it."""
    basis: str = ""
    """Hash of what it was made of: scorer, runner, and what the problem is held against."""
    place: str = ""
    """Hash of what decides where it ran; empty where that cannot be told."""

    @property
    def judged(self) -> bool:
        return self.status not in (NOT_JUDGED, UNSCORABLE)

    @property
    def passed(self) -> bool:
        return self.status == "passed"

    @property
    def old_api(self) -> bool:
        """Used the API of before the update."""
        return self.api in ("old", "both")

    @property
    def follows(self) -> bool:
        """Passed with the update and not without it."""
        return self.passed and self.without not in ("", "passed")


ADOPTED = ("predictions", "samples")
"""What a run takes over from a file of predictions that has changed."""


class RunFolder:
    """The files of one run.

    `stale` is true while the completions are those that a file of predictions held before.
    """

    def __init__(self, folder: Path, config: dict[str, Any]) -> None:
        """Open or begin the run; raises `UsageError` where another configuration was begun."""
        self.folder = folder
        self.config = config
        with writing(folder, "name a folder with --out"):
            folder.mkdir(parents=True, exist_ok=True)
        file = folder / "config.json"
        before = read_object(file) if file.exists() else config
        self.stale = "predictions" in config and before.get("predictions") != config["predictions"]
        _refuse_other(folder, before, config, ADOPTED if self.stale else ())
        if not file.exists():
            write_text(file, json.dumps(config, indent=1) + "\n")

    def completions(self) -> list[Completion]:
        """Return the completions, the latest of each problem and sample."""
        found = [
            Completion(**row)
            for row in read_lines(self.folder / "completions.jsonl")
            if _fits(row, Completion)
        ]
        return list({(one.problem, one.sample): one for one in found}.values())

    def scores(self) -> list[Score]:
        """Return the latest score of each completion that is there."""
        here = {completion.id for completion in self.completions()}
        found = [
            Score(**row) for row in read_lines(self.folder / "scores.jsonl") if _fits(row, Score)
        ]
        return [s for s in {s.completion: s for s in found}.values() if s.completion in here]

    def replace(self, completions: list[Completion]) -> None:
        """Make ``completions`` the run's own in the place of those of before."""
        if completions != self.completions():
            self.reopen()
            lines = [json.dumps(asdict(one), ensure_ascii=True) + "\n" for one in completions]
            write_text(self.folder / "completions.jsonl", "".join(lines))
        # Last, so that a kill leaves a run that is stale still.
        write_text(self.folder / "config.json", json.dumps(self.config, indent=1) + "\n")
        self.stale = False

    def reopen(self) -> None:
        """Take the summary away: what it says is about to be no longer so."""
        with writing(self.folder, "name another folder with --out"):
            (self.folder / "summary.json").unlink(missing_ok=True)

    def state(self) -> str:
        """Return a hash of the completions and their scores, which a summary is true of."""
        scores = sorted((s.completion, s.basis, s.status, s.without) for s in self.scores())
        return content_id(sorted(one.id for one in self.completions()), scores)

    def add(self, record: Completion | Score) -> None:
        name = "completions" if isinstance(record, Completion) else "scores"
        append(self.folder / f"{name}.jsonl", asdict(record))

    def summarise(self, summary: dict[str, Any]) -> None:
        text = json.dumps(summary, indent=1) + "\n"
        write_text(self.folder / "summary.json", text)


def open_run(folder: Path) -> RunFolder:
    """Return a run that is there; raises `BadFile` when the folder holds none, or another's."""
    file, tip = folder / "config.json", "recode-data eval writes one and says where"
    if not file.exists():
        raise BadFile(f"no run in {folder}", tip)
    config = read_object(file)
    lacking = [key for key in ("benchmark", "model") if not isinstance(config.get(key), str)]
    if lacking:
        raise BadFile(f"{file} is of no run: it names no {lacking[0]}", tip)
    return RunFolder(folder, config)


def concluded(run: RunFolder) -> dict[str, Any]:
    """Return the summary of a run that is whole.

    Raises `RecodeError` where a part of it is owed, or was changed after it was summed up.
    """
    again = "run recode-data eval with the run's own options again, which completes it"
    try:
        summary = read_object(run.folder / "summary.json")
    except BadFile:
        summary = {}
    if not summary:
        raise RecodeError(f"the run {run.folder} was not brought to its end", again)
    if not summary.get("final"):
        raise RecodeError(f"the run {run.folder} is not final: {owing(summary)}", again)
    if summary.get("state") != run.state():
        raise RecodeError(f"the run {run.folder} has changed since it was summed up", again)
    return summary


def owing(summary: dict[str, Any]) -> str:
    """Return one line that says what is not judged, and why."""
    if not summary.get("owed"):
        return "no problem of it can be run on this machine"
    reasons = summary.get("not_judged") or {}
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    told = "; ".join(f"{count} × {reason}" for reason, count in ordered[:3])
    return f"{summary['owed']} not judged" + (f" ({told})" if told else "")


def read_object(file: Path) -> dict[str, Any]:
    value = read_json(file, TIP)
    if not isinstance(value, dict):
        raise BadFile(f"{file} holds no object", TIP)
    return value


def read_lines(file: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSONL file; a last line that is cut off is none."""
    if not file.exists():
        return
    for line in read_text(file, TIP).split("\n"):
        try:
            value = mended(json.loads(line))
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            yield value


def append(file: Path, row: dict[str, Any]) -> None:
    """Write one line; after one that a kill cut off, on a line of its own."""
    with writing(file, "name another folder with --out"), file.open("a+b") as stream:
        if stream.tell():
            stream.seek(-1, 2)
            if stream.read(1) != b"\n":
                stream.write(b"\n")
        stream.write(json.dumps(row, ensure_ascii=True).encode() + b"\n")


def _fits(row: dict[str, Any], kind: type[Completion | Score]) -> bool:
    """Say whether a row has the fields of a record, with texts and numbers where they belong."""
    known = {item.name: item for item in fields(kind)}
    needed = {name for name, item in known.items() if item.default is MISSING}
    whole = needed <= row.keys() <= known.keys()
    return whole and all(
        isinstance(value, _KINDS.get(str(known[name].type), object)) for name, value in row.items()
    )


_KINDS: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (int, float),
    "float | None": (int, float, type(None)),
}


def _refuse_other(
    folder: Path, before: dict[str, Any], now: dict[str, Any], adopted: tuple[str, ...]
) -> None:
    keys = sorted((before.keys() | now.keys()) - set(adopted))
    differ = [key for key in keys if before.get(key) != now.get(key)]
    if differ:
        told = ", ".join(
            f"{key} was {before.get(key)!r}, is {now.get(key)!r}" for key in differ[:4]
        )
        raise UsageError(
            f"{folder} was begun with another configuration: {told}",
            "name another folder with --out, or give the options of before",
        )
