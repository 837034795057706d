"""What an executor runs: a program whose run is recorded, or a probe that asks a package."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, zip_longest

from recode_data.adapters import added
from recode_data.execute.sandbox import Limits
from recode_data.records import Environment, RunStatus, content_id

RUNNER = "6"
"""Version of what a run records; another one means that old runs are owed again."""


def runner() -> str:
    """Return `RUNNER`, with a mark of the adapters of others, which change what is recorded."""
    return f"{RUNNER}+{added()[:8]}" if added() else RUNNER


@dataclass(frozen=True, slots=True)
class Job:
    """A program and where to run it."""

    code: str
    environment: Environment
    trace: tuple[str, ...] = ()
    """Packages whose objects are written down in `Run.calls` as the code reaches them."""
    timeout: float = 10.0
    """Seconds of wall clock."""
    fresh: bool = False
    """Run in another process than usual, in another working directory: the way to see
    whether a result depends on either."""
    seed: int = 0
    """``PYTHONHASHSEED`` of a fresh run."""
    imports: tuple[str, ...] = ()
    """Modules that the program's own first lines import: all that a fresh run's process has
    imported before it. One such process forks a child for each job with the same imports;
    without any, it is started for this job alone."""

    @property
    def server(self) -> tuple[str, int, tuple[str, ...]]:
        """What jobs must agree in to share a server: environment, hash seed and imports."""
        return (self.environment.id, *((self.seed, self.imports) if self.fresh else (0, ())))

    @property
    def runner(self) -> str:
        """The runner's version; a fresh run is another run than the usual one, and one in a
        process of its own another than one in a child of a second server."""
        if not self.fresh:
            return runner()
        return f"{runner()}/{'fresh' if self.alone else 'second'}-{self.seed}"

    @property
    def run_id(self) -> str:
        """The id that the run of this job has with that runner."""
        return content_id(content_id(self.code), self.environment.id, self.runner)

    @property
    def alone(self) -> bool:
        """Whether no other job may use the same server."""
        return self.fresh and not self.imports


PROBE = Limits(memory=8 << 30, output=64 << 10, report=64 << 20)
"""Importing every module of a package takes more address space than a program does, and the
largest answer of the sixteen libraries, SymPy's, has 7 MB."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A program of ours that asks an installed package, and leaves its answer in ``answer``.

    It runs in a process of its own in which nothing of the environment has run before: what
    the package does at the interpreter's start (its ``.pth`` files) is shut in as well. When it
    comes to its end, neither threads that the package left running nor exit handlers are
    waited for.
    """

    code: str
    """Python 3.6 and later; ``answer`` must be fit for JSON."""
    environment: Environment
    timeout: float = 120.0
    """Seconds of wall clock."""
    limits: Limits = PROBE
    """``output`` counts from the end: the last that it printed is kept."""

    alone = True
    """No other job may use the same server."""

    @property
    def server(self) -> tuple[str, str]:
        return (self.environment.id, "probe")


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a probe. Its texts are the package's word as much as the probe's own:
    whoever uses them checks each field."""

    status: RunStatus
    """``clean`` when it came to its end."""
    exception: str = ""
    """Why it did not, in a word: an exception's name, a signal's, ``exit``, ``full`` (of files),
    ``large`` (its answer)."""
    message: str = ""
    """Why it did not, in a line."""
    answer: bytes = b""
    """The JSON of ``answer``, whole, when it came to its end."""
    output: bytes = b""
    """The last that it printed."""
    seconds: float = 0.0


def by_server(jobs: Iterable[Job]) -> list[list[Job]]:
    """Return the jobs that may share a server together, those of most jobs first.

    Fresh ones go in the reverse order of the usual ones.
    """
    ordered = sorted(jobs, key=lambda job: (job.server, job.code))
    groups = [list(group) for _, group in groupby(ordered, key=lambda job: job.server)]
    for group in groups:
        if group[0].fresh:
            group.reverse()
    return sorted(groups, key=len, reverse=True)


def interleaved(jobs: Iterable[Job], workers: int, used: Sequence[object] = ()) -> Iterator[Job]:
    """Yield the jobs so that each of ``workers`` finds an environment of its own: a
    second warm server for the same one costs as much as hundreds of runs.

    ``used`` names the servers of earlier jobs (`Job.server`), the last one last. Only some
    of them still wait warm, those used last, so their jobs come first: before the servers
    that the others need have taken their places.

    >>> from recode_data.records import Environment
    >>> one, two = (Environment("numpy", version, "3.12") for version in "12")
    >>> made = [Job(code, one) for code in "abc"] + [Job(code, two) for code in "de"]
    >>> "".join(job.code for job in interleaved(made, 2))
    'adbec'
    """
    shares: list[list[list[Job]]] = [[] for _ in range(max(workers, 1))]
    for group in by_server(jobs):
        min(shares, key=lambda share: sum(map(len, share))).append(group)
    rank = {server: -number for number, server in enumerate(used, 1)}
    for share in shares:
        share.sort(key=lambda group: rank.get(group[0].server, 1))
    lanes = [chain.from_iterable(share) for share in shares]
    return (job for job in chain.from_iterable(zip_longest(*lanes)) if job is not None)
