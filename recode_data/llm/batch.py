"""Requests as an OpenAI batch file, and its results back into the cache.

The same file serves the Batch endpoint (half price) and ``vllm run-batch -i IN -o OUT``.
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from recode_data.errors import BadFile, DiskFull
from recode_data.llm.budget import tokens_in
from recode_data.llm.dialect import SCHEMA
from recode_data.llm.options import Options
from recode_data.llm.prices import Prices
from recode_data.records import Call
from recode_data.workspace import Workspace

MOST = 50_000
"""Requests that one batch file may hold."""
MAX_LINE = 8_000_000
"""Bytes of one result; a longer line is no answer to a request of ours."""


def write_batch(workspace: Workspace, calls: Iterable[Call], file: Path) -> int:
    """Write the requests of ``calls`` to ``file`` and note them as asked.

    The file is complete or not there. Returns how many requests it holds, at most `MOST`;
    the rest are written once these are answered.
    """
    unique = list({call.id: call for call in calls}.values())[:MOST]
    workspace.add(unique)
    part = file.with_name(file.name + ".part")
    try:
        with part.open("w", encoding="utf-8") as out:
            for call in unique:
                out.write(json.dumps(_line(call), ensure_ascii=False) + "\n")
        part.replace(file)
    except OSError as error:
        kind = DiskFull if error.errno == 28 else BadFile
        raise kind(
            f"cannot write {file}: {error.strerror}",
            "name a file that can be written, with --batch-out",
        ) from error
    return len(unique)


def read_batch(workspace: Workspace, file: Path, options: Options) -> Counter[str]:
    """Store the answers in a results file; return how many lines came to what.

    ``answered``, ``known`` (was answered before), ``failed`` (is owed again), ``unknown``
    (not a request of this workspace), ``unreadable``.
    """
    asked = {call.id: call for call in workspace.all(Call)}
    counts: Counter[str] = Counter()
    filled: list[Call] = []
    for result in _results(file):
        call = asked.get(str(result.get("custom_id"))) if result else None
        if call is None:
            counts["unknown" if result else "unreadable"] += 1
        elif call.state == "answered":
            counts["known"] += 1
        elif (answer := _filled(call, result, options.prices)) is None:
            counts["failed"] += 1
        else:
            counts["answered"] += 1
            filled.append(answer)
    workspace.replace(filled)
    return counts


def _line(call: Call) -> dict[str, Any]:
    return {
        "custom_id": call.id,
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {**call.request, "response_format": SCHEMA},
    }


def _results(file: Path) -> Iterator[dict[str, Any]]:
    """Yield each line's object, empty when it holds none."""
    try:
        with file.open("rb") as lines:
            while line := lines.readline(MAX_LINE):
                try:
                    value = json.loads(line)
                except (ValueError, RecursionError):
                    value = {}
                yield value if isinstance(value, dict) else {}
    except OSError as error:
        raise BadFile(
            f"cannot read {file}: {error.strerror}",
            "give the file that the batch endpoint returned",
        ) from error


def _filled(call: Call, result: dict[str, Any], prices: Prices) -> Call | None:
    try:
        response = result["response"]
        body = response["body"]
        choice = body["choices"][0]
        message = choice["message"]
        text, refusal = message.get("content"), message.get("refusal")
    except (KeyError, IndexError, TypeError, AttributeError):
        return None
    if result.get("error") or response.get("status_code", 200) != 200:
        return None
    price = prices.of(call.model)
    usage = body.get("usage") or {}
    prompt = usage.get("prompt_tokens", _prompt_tokens(call))
    answer = usage.get("completion_tokens", tokens_in(text or ""))
    return dataclasses.replace(
        call,
        state="answered",
        answer=text if isinstance(text, str) else "",
        finish="refusal" if refusal else str(choice.get("finish_reason") or "stop"),
        prompt_tokens=int(prompt),
        answer_tokens=int(answer),
        cost=price.of(int(prompt), int(answer), batch=True) if price else None,
    )


def _prompt_tokens(call: Call) -> int:
    return sum(tokens_in(message["content"]) for message in call.request["messages"])
