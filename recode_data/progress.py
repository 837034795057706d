"""What a long stage shows: a live bar on a terminal, plain lines otherwise; always stderr."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from recode_data.errors import without_credentials

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

LINE_EVERY = 5.0
"""Seconds between two lines where there is no terminal."""
Callback: TypeAlias = "Callable[[str, int, int | None], None]"
"""Is told of a piece of work its name, how much is done, and of how much where that is known."""


@dataclass
class Summary:
    """What a stage did: how much came in, went out, and was dropped for which reason.

    ``dropped`` counts by reason code; REASONS.md has a sentence on each.
    """

    stage: str
    came_in: int = 0
    went_out: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    owed: int = 0
    """Subjects that failed or timed out and will be tried again by the next run."""
    seconds: float = 0.0
    note: str = ""
    """What else a person should know of the outcome."""
    parts: list[Summary] = field(default_factory=list)
    """What the stages did that this one is made of, where there are several."""

    @classmethod
    def of(cls, stage: str, parts: list[Summary]) -> Summary:
        """Return what several stages did together, one after the other."""
        return cls(
            stage,
            came_in=sum(part.came_in for part in parts),
            went_out=sum(part.went_out for part in parts),
            dropped=sum((part.dropped for part in parts), Counter()),
            owed=sum(part.owed for part in parts),
            seconds=sum(part.seconds for part in parts),
            parts=parts,
        )

    def __str__(self) -> str:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in self.dropped.most_common())
        text = f"{self.stage}: {self.came_in:,} in, {self.went_out:,} out"
        if reasons:
            text += f", dropped {self.dropped.total():,} ({reasons})"
        if self.owed:
            text += f", {self.owed:,} still owed"
        return f"{text}, {self.seconds:.1f} s{f'; {self.note}' if self.note else ''}"


@dataclass
class Task:
    """One counted piece of work; `advance` it and say what has been seen so far."""

    name: str
    total: int | None
    done: int = 0
    bar: Bar | None = None
    bar_id: TaskID | None = None
    started: float = field(default_factory=time.monotonic)
    shown: float = field(default_factory=time.monotonic)
    tell: Callback | None = None

    def advance(self, steps: int = 1, **notes: object) -> None:
        """Count ``steps``; ``notes`` such as ``valid=12`` stand beside the bar."""
        self.done += steps
        if self.tell is not None:
            self.tell(self.name, self.done, self.total)
            return
        text = " ".join(f"{key} {value}" for key, value in notes.items())
        if self.bar is not None and self.bar_id is not None:
            self.bar.update(self.bar_id, advance=steps, notes=text)
            return
        now = time.monotonic()
        if now - self.shown >= LINE_EVERY:
            self.shown = now
            of = f"/{self.total}" if self.total is not None else ""
            rate = self.done / max(now - self.started, 1e-9)
            print(f"{self.name}: {self.done}{of} {rate:.1f}/s {text}".rstrip(), file=sys.stderr)

    def extend(self, steps: int) -> None:
        """Add ``steps`` to a total that has turned out to be larger."""
        if self.total is not None:
            self.total += steps
            if self.bar is not None and self.bar_id is not None:
                self.bar.update(self.bar_id, total=self.total)


class Progress:
    """Shows tasks on stderr; ``quiet`` shows nothing, and a callback is told of them instead."""

    def __init__(self, quiet: bool = False, tell: Callback | None = None) -> None:
        self.quiet = quiet or tell is not None
        self.tell = tell

    @contextmanager
    def task(self, name: str, total: int | None = None) -> Iterator[Task]:
        """Yield a `Task` that is shown until the block ends."""
        if self.tell is not None:
            self.tell(name, 0, total)
            yield Task(name, total, tell=self.tell)
            return
        if self.quiet:
            yield Task(name, total, shown=float("inf"))
            return
        if not sys.stderr.isatty():
            yield Task(name, total)
            return
        with _bar() as bar:
            bar_id = bar.add_task(name, total=total, notes="")
            yield Task(name, total, bar=bar, bar_id=bar_id)

    def say(self, line: str) -> None:
        """Write one line for people."""
        if not self.quiet:
            print(without_credentials(line), file=sys.stderr, flush=True)


def explain(line: str) -> None:
    """Write one line that ``--quiet`` does not keep back."""
    print(without_credentials(line), file=sys.stderr, flush=True)


def _bar() -> Bar:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[notes]}", markup=False),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
