"""A command of the user's own, such as a model server's batch program, with their rights."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Sequence

from recode_data.errors import NetworkError, UsageError


def run_command(words: Sequence[str], waiting: Callable[[float], None], every: float = 1.0) -> None:
    """Run a command and wait for its end; ``waiting`` is called with the seconds so far.

    Raises `UsageError` when there is no such program, `NetworkError` when it ends with an error.
    """
    began = time.monotonic()
    try:
        # Its own output would run through the progress line; its errors are the reason.
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=None)
    except OSError as error:
        raise UsageError(f"cannot run {words[0]}: {error.strerror}", "is it installed?") from error
    try:
        while process.poll() is None:
            waiting(time.monotonic() - began)
            try:
                process.wait(every)
            except subprocess.TimeoutExpired:
                continue
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
    if process.returncode:
        raise NetworkError(
            f"{words[0]} ended with code {process.returncode}", "its own lines above say why"
        )
