"""Keeps the bytecode that a fork server compiled, so that the next one need not.

It is written before the server's first child exists, and only into the environment whose
library the server has imported: a library that hands over something else than its bytecode
reaches no other environment, as its wheel does not.
"""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path

from recode_data.execute.environments import DESCRIPTION

_FILE = re.compile(r"(?P<folder>lib(?:64)?/.+)/__pycache__/(?P<module>\w+)\.cpython-\d+\.pyc")
MOST_FILES = 10_000
"""Files that one server may hand over."""


def keep(environment: Path, path: str, data: bytes) -> None:
    """Write ``path``, relative to ``environment``, unless no module there belongs to it;
    where it cannot be written, nothing is lost but time."""
    found = _FILE.fullmatch(path)
    if found is None or ".." in path.split("/"):
        return
    if not (environment / DESCRIPTION).is_file():
        return  # not one that was made for the runs
    source = environment / found["folder"] / f"{found['module']}.py"
    target = environment / path
    with suppress(OSError):
        if not source.is_file() or not source.resolve().is_relative_to(environment.resolve()):
            return
        target.parent.mkdir(exist_ok=True)
        if target.parent.is_symlink():
            return
        handle, temporary = tempfile.mkstemp(dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                os.fchmod(file.fileno(), 0o644)
            Path(temporary).replace(target)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
