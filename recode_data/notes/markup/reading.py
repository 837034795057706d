"""Notes to items in worker processes: no document can take the stage down or hold it up."""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from types import FrameType
from typing import TypeAlias

from recode_data.notes.extract.changes import read_note
from recode_data.notes.markup.items import Item
from recode_data.reasons import Reason
from recode_data.records import ReleaseNote

PATIENCE = 20.0
"""Seconds of processor time for one document, so that a loaded machine reads the same notes; the
longest real one takes under 3."""
MEMORY = 4 << 30
"""Bytes of address space of a worker."""

Flaw: TypeAlias = "tuple[()] | tuple[Reason] | tuple[Reason, str]"
"""Why a note could not be read, and the kind of error that it was; empty where it was read."""


class TooSlow(Exception):
    pass


def read_safely(note: ReleaseNote, patience: float = PATIENCE) -> tuple[list[Item], Flaw]:
    """Return the items of a note, and why there are none where reading it failed. ``patience``
    is in seconds of processor time. Call it in a process's main thread."""
    previous = signal.signal(signal.SIGPROF, _ring)
    # It rings again: an alarm that meets a destructor is swallowed there.
    signal.setitimer(signal.ITIMER_PROF, patience, patience)
    try:
        return read_note(note), ()
    except TooSlow:
        return [], (Reason.TOO_SLOW,)
    except RecursionError:
        return [], (Reason.TOO_DEEP,)
    except MemoryError:
        return [], (Reason.TOO_LARGE,)
    except Exception as error:  # a parser's own failure on a document that no one wrote
        return [], (Reason.DAMAGED, type(error).__name__)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)


def read_all(
    notes: Sequence[ReleaseNote], jobs: int
) -> Iterator[tuple[ReleaseNote, list[Item], Flaw]]:
    """Yield each note with its items, or with the reason why it has none, in order."""
    if len(notes) < 4:  # not worth the start of a process
        yield from ((note, *read_safely(note)) for note in notes)
        return
    waiting = list(notes)
    while waiting:
        done = 0
        pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_limit)
        try:
            for note, (items, flaw) in zip(waiting, pool.map(read_safely, waiting), strict=True):
                done += 1
                yield note, items, flaw
        except BrokenProcessPool:  # the kernel ended a worker: this document is the one
            yield waiting[done], [], (Reason.TOO_LARGE,)
            done += 1
        finally:
            pool.shutdown(cancel_futures=True)
        waiting = waiting[done:]


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.RLIM_INFINITY))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent stops the workers


def _ring(number: int, frame: FrameType | None) -> None:
    raise TooSlow
