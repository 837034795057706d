"""Completions that somebody else generated, from a JSONL file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from recode_data.answers import fenced
from recode_data.errors import BadFile, nearest
from recode_data.evaluate.sampling import Request, Sampling
from recode_data.evaluate.store import Completion
from recode_data.files import read_jsonl
from recode_data.records import content_id

IDS = ("problem", "id", "task_id", "example_id", "prog_syn_id")
TIP = "--predictions takes a JSONL file, or `reference`"
TEXTS = ("completions", "completion", "solution", "answer", "text", "prediction")


class PredictionFile:
    """A line for each completion, or for each problem with a list of them.

    The problem's id stands under one of `IDS`, what was generated under one of `TEXTS`.
    """

    def __init__(self, path: Path) -> None:
        self.name = path.stem
        self.texts: dict[str, list[str]] = {}
        for number, row in read_jsonl(path, TIP):
            if not isinstance(row, dict):
                raise BadFile(f"{path}:{number} is no JSON object", TIP)
            self.texts.setdefault(str(_field(row, IDS, path)), []).extend(_texts(row, path))
        if not self.texts:
            raise BadFile(f"{path} holds no predictions", "one JSON object a line")

    @property
    def samples(self) -> int:
        """The most samples that a problem has."""
        return max(map(len, self.texts.values()))

    @property
    def fingerprint(self) -> str:
        """A hash of all that the file holds: another one is another set of answers."""
        return content_id(self.texts)

    def check(self, known: list[str]) -> None:
        """Raise `BadFile` when no id of the file is one of the benchmark's."""
        if not self.texts.keys() & set(known):
            first = next(iter(self.texts))
            raise BadFile(f"no prediction is about a problem of this benchmark: {first!r}",
                          nearest(first, known) or f"its ids look like {known[0]!r}")  # fmt: skip

    def complete(self, requests: list[Request], sampling: Sampling) -> Iterator[Completion]:
        """Yield what the file has; a problem without a prediction has empty ones, as many as
        there are samples, so that silence counts in each pass@k."""
        for request in requests:
            texts = self.texts.get(request.problem, [])
            if request.sample < len(texts):
                yield Completion(request.problem, request.sample, texts[request.sample])
            elif not texts:
                yield Completion(request.problem, request.sample, "")


def _field(row: dict[str, Any], names: tuple[str, ...], path: Path) -> Any:
    for name in names:
        if row.get(name) is not None:
            return row[name]
    raise BadFile(f"{path}: a line without any of {', '.join(names)}", "each line needs one")


def _texts(row: dict[str, Any], path: Path) -> list[str]:
    value = _field(row, TEXTS, path)
    return [str(text) for text in value] if isinstance(value, list) else [str(value)]


class Reference:
    """A benchmark's own solutions, handed in as if a model had written them."""

    name = "reference"

    def __init__(self, solutions: dict[str, str]) -> None:
        self.solutions = solutions

    @property
    def fingerprint(self) -> str:
        """A hash of the solutions."""
        return content_id(self.solutions)

    def complete(self, requests: list[Request], sampling: Sampling) -> Iterator[Completion]:
        for request in requests:
            code = self.solutions[request.problem]
            yield Completion(request.problem, request.sample, fenced(code))
