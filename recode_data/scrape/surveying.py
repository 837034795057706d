"""Looks at one installed package; names that end the process which looks at them are left out."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, TypeAlias

from recode_data.errors import EnvironmentFailed

PATIENCE = 300.0
"""Seconds that one survey may take."""
MOST_CRASHES = 40
"""Names of one package that are left out because they end the process."""
TARGET = Path(__file__).parent / "target"
SURVEY = ("__init__.py", "signatures.py", "survey.py")
"""What makes every surface; the rescue makes those only that these cannot."""
Look: TypeAlias = Callable[..., "subprocess.CompletedProcess[bytes]"]


def look_at(python: Path, package: str, where: str) -> bytes:
    """Return the surface of ``package`` as that Python imports it, as JSON.

    Raises `EnvironmentFailed`, which tells ``where`` it was, when the package cannot be
    imported there. Where looking at it ends the process, by a crash or by leaving, the
    surface is without what did so, and ``crashed`` in it lists those steps.
    """
    with tempfile.TemporaryDirectory() as home:
        look = partial(_look, python, Path(home))
        try:
            done = look([str(TARGET / "survey.py"), package])
            if not _modules(done) and done.returncode != 1:  # 1: it could tell the reason itself
                done = _rescue(look, package, Path(home) / "journal") or done
        except subprocess.TimeoutExpired as error:
            raise EnvironmentFailed(
                f"the survey of {where} took too long",
                "run it again when the machine is less busy",
            ) from error
    if not _modules(done):
        reason = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no reason"]
        raise EnvironmentFailed(
            f"{package} cannot be imported in {where}: {reason[0]}",
            "take the version out of the definition's matrix, or name another Python",
        )
    return done.stdout


def _look(
    python: Path, home: Path, arguments: list[str], steps: Sequence[str] = ()
) -> subprocess.CompletedProcess[bytes]:
    """Run one of the target's scripts."""
    variables = {"PATH": os.environ.get("PATH", ""), "HOME": str(home), "MPLBACKEND": "Agg"}
    variables |= {"OMP_NUM_THREADS": "1", "TMPDIR": str(home), "MPLCONFIGDIR": str(home)}
    return subprocess.run(
        [str(python), "-E", "-s", "-B", *arguments], input="\n".join(steps).encode(),
        capture_output=True, timeout=PATIENCE, cwd=home, env=variables, check=False,
    )  # fmt: skip


def _rescue(look: Look, package: str, journal: Path) -> subprocess.CompletedProcess[bytes] | None:
    """Survey without the steps that end the process, found one by one; None where that fails."""
    steps: list[str] = []
    while len(steps) < MOST_CRASHES:
        done = look([str(TARGET / "rescue.py"), package, str(journal)], steps)
        if _modules(done):
            return done
        fatal = _unfinished(journal)
        if not fatal or fatal in steps:
            return None
        steps.append(fatal)
    return None


def _unfinished(journal: Path) -> str:
    """Return the innermost step of a journal that was begun and not ended."""
    begun: list[str] = []
    if journal.exists():
        for line in journal.read_text("utf-8", "replace").splitlines():
            if line.startswith("> "):
                begun.append(line[2:])
            elif begun:
                begun.pop()
    return begun[-1] if begun else ""


def _modules(done: subprocess.CompletedProcess[bytes]) -> dict[str, Any]:
    try:
        modules: dict[str, Any] = json.loads(done.stdout)["modules"]
    except (ValueError, KeyError):
        return {}
    return modules


@lru_cache(maxsize=1)
def survey_version() -> str:
    """A survey that would be made otherwise is made again."""
    return hashlib.sha256(b"".join((TARGET / name).read_bytes() for name in SURVEY)).hexdigest()
