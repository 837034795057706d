"""How long an answer may run, and how many run at a time."""

from __future__ import annotations

import os
from pathlib import Path

TIMEOUT = 10.0
"""Seconds for one run at the most, whatever its reference needs."""
SHORTEST = 1.0
"""Seconds that any answer has: a program of a few milliseconds may be delayed by the machine."""
SCHEDSTAT = Path("/proc/self/schedstat")
FIRST_TURN, LAST_TURN = 3.0, 10.0
"""Deadlines of an answer, as multiples of its reference's time."""


def deadlines(seconds: float, most: float = TIMEOUT) -> tuple[float, float]:
    """Return the seconds of an answer's first and of its last turn, whose reference took
    ``seconds``: what needs ten times as long, and more than a second of an idle machine, does
    not end."""
    shortest = SHORTEST * crowding()
    first, last = (max(shortest, turn * seconds) for turn in (FIRST_TURN, LAST_TURN))
    return min(first, most), min(last, most)


def crowding() -> float:
    """Return how many processes want each core, 1 at the least: on a crowded machine a second
    of the clock is a fraction of a second of work.

    1 where the kernel tells how long a program waited for a core, for a run has that back.
    """
    try:
        if SCHEDSTAT.exists():
            return 1.0
        return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    except OSError:
        return 1.0


def workers() -> int:
    """Return how many runs this process has at a time: its share of the machine's cores.

    ``RECODE_DATA_JOBS`` says it outright; launchers tell by ``LOCAL_WORLD_SIZE`` how many
    processes train on this machine.
    """
    if jobs := int(os.environ.get("RECODE_DATA_JOBS", "0")):
        return jobs
    return max(1, _cores() // max(1, int(os.environ.get("LOCAL_WORLD_SIZE", "1"))))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
