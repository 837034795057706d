"""Runs the introspector in an environment, in the sandbox: for a whole package, or for single
names. Names that end the process which looks at them are left out."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from recode_data.api.schema import Details, checked, checked_details
from recode_data.errors import EnvironmentFailed
from recode_data.execute import Executor, Probe, Reply
from recode_data.execute.job import PROBE
from recode_data.records import Environment

LIMITS = PROBE
PATIENCE = 300.0
"""Seconds that one look may take."""
MOST_PATIENCE = 1200.0
"""Seconds after which no further look is begun; three were needed at most (scikit-learn)."""
MOST_CRASHES = 40
"""Names of one package that are left out because they end the process."""
TARGET = Path(__file__).parent / "target"
INTROSPECTOR = ("__init__.py", "signatures.py", "introspect.py")
"""What makes every snapshot; the guard makes those only that these cannot."""
LOOK_UP = ("signatures.py", "look_up.py")

_MODULES = """
import io, os, sys, types
class StringIO(io.StringIO):
    def write(self, text):
        return len(text)
def bring(name, source):
    sys.modules[name] = module = types.ModuleType(name)
    exec(compile(source, name + ".py", "exec"), vars(module))
    return module
signatures = bring("signatures", %r)
journal = os.dup(1)
os.dup2(2, 1)  # what the package prints is no step, and is kept nowhere
sys.stdout = StringIO()
"""
_INTROSPECT = """
introspect = bring("introspect", %r)
"""
_WHOLE = """
answer = introspect.main(%r)
if not answer["modules"]:
    __import__(%r)  # for the reason
"""
_GUARDED = """
bring("guard", %r).guard_all(frozenset(%r), journal)
"""


_LOOK_UP = """
import warnings
warnings.simplefilter("ignore")
answer = bring("look_up", %r).main(%r)
"""


def introspect(executor: Executor, environment: Environment, package: str) -> bytes:
    """Return the snapshot of ``package`` in an environment as JSON.

    Everything of the package runs in the executor's sandbox, and what it answers has been
    checked field by field (`checked`). Where looking at it ends the process, by a crash or by
    leaving, the snapshot is without what did so, and ``crashed`` in it lists those steps.
    Raises `EnvironmentFailed` when the package cannot be imported there or gives no valid
    answer.
    """
    reply = executor.ask(_probe(environment, package))
    if not _stopped(reply):
        return _answer(reply, environment, package)
    steps: list[str] = []
    until = time.monotonic() + MOST_PATIENCE
    while len(steps) < MOST_CRASHES and time.monotonic() < until:
        last = executor.ask(_probe(environment, package, steps))
        if not _stopped(last):
            return _answer(last, environment, package, steps)
        fatal = _unfinished(last.output)
        if not fatal or fatal in steps:
            break
        steps.append(fatal)
    return _answer(reply, environment, package)


def _probe(environment: Environment, package: str, left_out: Sequence[str] | None = None) -> Probe:
    """Return the probe; with ``left_out`` it writes down each step that it takes."""
    code = _MODULES % _source("signatures") + _INTROSPECT % _source("introspect")
    if left_out is not None:
        code += _GUARDED % (_source("guard"), sorted(left_out))
    return Probe(code + _WHOLE % (package, package), environment, PATIENCE, LIMITS)


def look_up(
    executor: Executor, environment: Environment, paths: Sequence[str]
) -> dict[str, Details | None]:
    """Return what an environment tells of single names; None for those that are not there.

    Names of packages that can be imported there, whoever's they are. A name that ends the
    process counts as not there, and costs no other one: the names are halved until it is alone.
    What gives no valid answer tells of no name.
    """
    code = _MODULES % _source("signatures") + _LOOK_UP % (_source("look_up"), list(paths))
    reply = executor.ask(Probe(code, environment, PATIENCE, LIMITS))
    if _stopped(reply):
        if len(paths) == 1:
            return {paths[0]: None}
        half = len(paths) // 2
        first, second = (look_up(executor, environment, p) for p in (paths[:half], paths[half:]))
        return first | second
    if reply.status != "clean":
        return {}
    try:
        return checked_details(reply.answer, paths)
    except ValueError:
        return {}


@lru_cache(maxsize=4)
def _source(name: str) -> str:
    return (TARGET / f"{name}.py").read_text("utf-8")


def _stopped(reply: Reply) -> bool:
    """True where a single step has ended the process."""
    return reply.status == "killed" and reply.exception not in ("full", "large")


def _unfinished(journal: bytes) -> str:
    """Return the step that the journal of a dead process ends in."""
    lines = journal.decode("utf-8", "replace").splitlines()
    return lines[-1][2:] if lines and lines[-1].startswith("> ") else ""


def _answer(
    reply: Reply, environment: Environment, package: str, crashed: Sequence[str] | None = None
) -> bytes:
    if reply.status == "timeout":
        raise EnvironmentFailed(
            f"the introspection of {environment} took too long",
            "run it again when the machine is less busy",
        )
    if reply.status == "error":
        raise EnvironmentFailed(
            f"{environment} cannot be introspected: {_line(reply.message)}",
            "recode-data doctor says what is missing; the same command tries again",
        )
    if reply.status != "clean":
        reason = f"{reply.exception}: " if reply.status == "raised" else ""
        raise EnvironmentFailed(
            f"{package} cannot be imported in {environment}: {_line(reason + reply.message)}",
            "take the version out of the definition's matrix, or name another Python",
        )
    try:
        snapshot: dict[str, Any] = checked(reply.answer, package)
    except ValueError as error:
        raise EnvironmentFailed(
            f"introspecting {package} in {environment} gave no valid answer: {_line(str(error))}",
            "the package changes what is asked of it; take the version out of the matrix",
        ) from error
    if crashed is not None:
        snapshot["crashed"] = [_line(step) for step in crashed]
    return json.dumps(snapshot).encode()


def _line(text: str) -> str:
    """Return what a package says as one line that a terminal can be shown."""
    words = " ".join(text.split())
    return "".join(char for char in words if char.isprintable())[:300] or "no reason"


@lru_cache(maxsize=1)
def introspector_version() -> str:
    """Return a hash of the introspector: a snapshot that another one made is made again."""
    return hashlib.sha256(
        b"".join((TARGET / name).read_bytes() for name in INTROSPECTOR)
    ).hexdigest()


@lru_cache(maxsize=1)
def look_up_version() -> str:
    """Return a hash of what looks single names up."""
    return hashlib.sha256(b"".join((TARGET / name).read_bytes() for name in LOOK_UP)).hexdigest()
