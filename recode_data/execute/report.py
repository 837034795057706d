"""Turns a server's answer into a `Run`. What the child wrote is hostile: every field is
checked for its type and cut to its size before it goes on."""

from __future__ import annotations

import json
import signal
from typing import Any

from recode_data.execute.job import Job, Probe, Reply, runner
from recode_data.execute.warm import Answer
from recode_data.records import Caught, Json, Run, RunStatus, Use, content_id

MOST_TEXT = 4000
MOST_LIST = 5000
ADAPTER = "adapter"
"""`Run.exception` of the one error that only the program's own process tells of: an exit
handler can make it up, so it excuses no answer whose reference ran."""


def to_run(job: Job, answer: Answer, tier: str) -> Run:
    """Return the run of ``job`` that ``answer`` tells of."""
    header, told = answer.header, _parsed(answer.report)
    status, exception, message = _outcome(job, header, told)
    where = _span(told.get("where"))
    return Run(
        **_identity(job),
        status=status,
        exception=exception,
        message=message,
        line=where[0] if where else 0,
        span=where,
        warnings=tuple(_warnings(told.get("warnings"))),
        stdout=answer.output.decode("utf-8", "replace"),
        values=_values(told.get("values")),
        calls=tuple(_texts(told.get("calls"))),
        uses=tuple(_uses(told.get("uses"))),
        seconds=float(header["seconds"]),
        tier=tier,
        files=_whole(told.get("files")),
    )


def failed(job: Job, error: Exception, tier: str) -> Run:
    """Return the run of a job that could not be run for a reason that is not its own."""
    kind, message = type(error).__name__, str(error)[:MOST_TEXT]
    return Run(**_identity(job), status="error", exception=kind, message=message, tier=tier)


def to_reply(probe: Probe, answer: Answer) -> Reply:
    """Return what ``answer`` says of a probe; its own answer is not looked into."""
    header = answer.header
    told = {"answer": True} if header["ended"] else _parsed(answer.report)
    status, exception, message = _outcome(probe, header, told)
    found = b""
    if status == "clean" and header["cut"]:
        status, exception = "killed", "large"
        message = f"its answer is larger than {probe.limits.report} bytes"
    elif status == "clean":
        found = answer.report
    return Reply(status, exception, message, found, answer.output, float(header["seconds"]))


def failed_probe(error: Exception) -> Reply:
    """Return the reply of a probe that could not be run for a reason that is not its own."""
    return Reply("error", type(error).__name__, str(error)[:MOST_TEXT])


def _identity(job: Job) -> dict[str, Any]:
    return {
        "code_id": content_id(job.code),
        "environment_id": job.environment.id,
        "library": job.environment.library,
        "version": job.environment.version,
        "python": job.environment.python,
        "runner": runner(),
    }


def _outcome(
    job: Job | Probe, header: dict[str, Json], told: dict[str, Json]
) -> tuple[RunStatus, str, str]:
    if header["late"]:
        return "timeout", "", f"still running after {job.timeout:g} s"
    if header["full"]:
        return "killed", "full", "wrote more files than it may"
    if header["signal"]:
        return "killed", _signal(header["signal"]), "killed by a signal"
    if header["unready"]:
        return "error", "", f"the sandbox failed: {header['unready']}"
    if header["ended"] and "adapter" in told:
        return "error", ADAPTER, f"an adapter failed: {_text(told['adapter'], MOST_TEXT)}"
    if header["exit"] or not (told if header["ended"] else told.keys() & {"exception", "failure"}):
        return "killed", "exit", f"left with code {header['exit']} before its end"
    if header["ended"]:
        return "clean", "", ""
    return "raised", _text(told.get("exception"), 200), _text(told.get("message"), MOST_TEXT)


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _parsed(report: bytes) -> dict[str, Json]:
    try:
        told = json.loads(report)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _text(value: Json, most: int) -> str:
    return value[:most] if isinstance(value, str) else ""


def _whole(value: Json) -> int:
    return value if isinstance(value, int) and 0 <= value < 1 << 31 else 0


def _texts(value: Json) -> list[str]:
    items = value[:MOST_LIST] if isinstance(value, list) else []
    return [item[:300] for item in items if isinstance(item, str)]


def _span(value: Json) -> tuple[int, ...]:
    """Return a line, or first line, column, last line and last column; empty for neither."""
    if not isinstance(value, list) or len(value) not in (1, 4):
        return ()
    return tuple(_whole(part) for part in value)


def _uses(value: Json) -> list[Use]:
    items = value[:MOST_LIST] if isinstance(value, list) else []
    return [
        Use(_whole(item[0]), _whole(item[1]), item[2][:300])
        for item in items
        if isinstance(item, list) and len(item) == 3 and isinstance(item[2], str)
    ]


def _warnings(value: Json) -> list[Caught]:
    items = value[:MOST_LIST] if isinstance(value, list) else []
    found = []
    for item in items:
        if isinstance(item, list) and len(item) == 3:
            where = _span(item[2])
            line = where[0] if where else 0
            found.append(Caught(_text(item[0], 200), _text(item[1], MOST_TEXT), line, where))
    return found


def _values(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        return {}
    return {k: v for k, v in value.items() if isinstance(v, dict) and "type" in v}


def whole_json(text: bytes) -> bytes:
    """Return the same JSON in UTF-8, each key once and no half of a surrogate pair left, so
    that it can be validated and stored.

    Raises `ValueError` for what is no JSON, or nested too deeply.
    """
    try:
        return json.dumps(json.loads(text), ensure_ascii=False).encode("utf-8", "replace")
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
