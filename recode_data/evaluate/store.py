"""A run of a benchmark on disk: its configuration, raw completions and scores.

    config.json         what was resolved: benchmark, data, model, sampling, seed
    completions.jsonl   one raw completion a line, as it arrived
    scores.jsonl        one score a line, as it was found
    summary.json        counts and scores of what is there

Both JSONL files are only appended to, so that a run goes on where it was stopped; a line
that a kill cut in two is dropped when it is read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from recode_data.errors import BadFile, UsageError
from recode_data.files import mended, read_json, read_text, write_text, writing
from recode_data.records import content_id

NOT_JUDGED = "not judged"
"""Status of an answer that could not be judged for a reason of ours: it is owed."""
UNSCORABLE = "unscorable"
"""Status of an answer to a problem that this machine or its index cannot run at all."""
T = TypeVar("T")
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
    ``unscorable`` on this machine, or ``error``, which is owed again."""
    reason: str = ""
    without: str = ""
    """Status without the update, where the benchmark asks for it."""
    es_star: float | None = None
    em_star: float | None = None
    seconds: float = 0.0
    scorer: str = ""
    """Version of the harness or the judge that found it."""

    @property
    def passed(self) -> bool:
        return self.status == "passed"

    @property
    def follows(self) -> bool:
        """Passed with the update and not without it."""
        return self.passed and self.without not in ("", "passed")


class RunFolder:
    """The files of one run."""

    def __init__(self, folder: Path, config: dict[str, Any]) -> None:
        """Open or begin the run; raises `UsageError` where another configuration was begun."""
        self.folder = folder
        self.config = config
        with writing(folder, "name a folder with --out"):
            folder.mkdir(parents=True, exist_ok=True)
        file = folder / "config.json"
        if file.exists():
            _refuse_other(folder, read_object(file), config)
        else:
            write_text(file, json.dumps(config, indent=1) + "\n")

    def completions(self) -> list[Completion]:
        return [Completion(**row) for row in read_lines(self.folder / "completions.jsonl")]

    def scores(self) -> list[Score]:
        """Return the latest score of each completion."""
        found = [Score(**row) for row in read_lines(self.folder / "scores.jsonl")]
        return list({score.completion: score for score in found}.values())

    def add(self, record: Completion | Score) -> None:
        name = "completions" if isinstance(record, Completion) else "scores"
        append(self.folder / f"{name}.jsonl", asdict(record))

    def summarise(self, summary: dict[str, Any]) -> None:
        text = json.dumps(summary, indent=1) + "\n"
        write_text(self.folder / "summary.json", text)


def open_run(folder: Path) -> RunFolder:
    """Return a run that is there; raises `BadFile` when the folder holds none."""
    file = folder / "config.json"
    if not file.exists():
        raise BadFile(f"no run in {folder}", "recode-data eval writes one and says where")
    return RunFolder(folder, read_object(file))


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


def _refuse_other(folder: Path, before: dict[str, Any], now: dict[str, Any]) -> None:
    differ = [key for key in sorted(before.keys() | now.keys()) if before.get(key) != now.get(key)]
    if differ:
        told = ", ".join(
            f"{key} was {before.get(key)!r}, is {now.get(key)!r}" for key in differ[:4]
        )
        raise UsageError(
            f"{folder} was begun with another configuration: {told}",
            "name another folder with --out, or give the options of before",
        )
