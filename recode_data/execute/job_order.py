"""In which order jobs are handed out, so that few servers have to be started."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby, zip_longest

from recode_data.execute.job import Job


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
