"""What a response says: one reading of a chat completion, for live answers and batch files.

Servers and gateways send more than the protocol's plain object: a stream of server-sent events
(WHATWG HTML, section 9.2) though none was asked for, a message in parts, an answer as the
arguments of a tool call, a usage with nulls, or a page of HTML with status 200. A response
that holds a completion in any of these forms is read, because it is paid; `Unread` says what
any other response is, with the usage where it tells one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_EVENT = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*(?:data|event|id|retry)?:")
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
MOST_TOKENS = 1 << 31


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one request as the server counts them; None where it does not say."""

    prompt_tokens: int | None = None
    answer_tokens: int | None = None
    total_tokens: int | None = None

    @property
    def told(self) -> bool:
        """Whether the server counted anything, so that the request was surely paid."""
        return bool(self.prompt_tokens or self.answer_tokens or self.total_tokens)

    def filled(self, prompt: int, answer: int) -> tuple[int, int]:
        """Return tokens of prompt and answer: the server's counts, what follows from its total,
        and the estimates ``prompt`` and ``answer`` for what it does not say."""
        told = (self.prompt_tokens, self.answer_tokens)
        if self.total_tokens is None or None not in told:
            return (
                prompt if self.prompt_tokens is None else self.prompt_tokens,
                answer if self.answer_tokens is None else self.answer_tokens,
            )
        if self.answer_tokens is not None:
            return max(0, self.total_tokens - self.answer_tokens), self.answer_tokens
        known = min(prompt if self.prompt_tokens is None else self.prompt_tokens, self.total_tokens)
        return known, self.total_tokens - known


@dataclass(frozen=True, slots=True)
class Completion:
    """The text of an answer, why it ended, and what it used."""

    text: str
    finish: str
    usage: Usage = Usage()


class Unread(Exception):
    """A response without a completion; ``usage`` is what it cost all the same."""

    def __init__(self, text: str, usage: Usage | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.usage = usage or Usage()


def read_completion(body: bytes | dict[str, Any]) -> Completion:
    """Return the completion in the body of a response; raises `Unread`."""
    answer = _parsed(body) if isinstance(body, bytes) else body
    if not isinstance(answer, dict):
        raise Unread("the response is not a chat completion")
    usage = _usage(answer.get("usage"))
    choices = answer.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        raise Unread(complaint_in(answer) or "the response is not a chat completion", usage)
    finish = str(choice.get("finish_reason") or "stop")[:40]
    if message.get("refusal"):
        finish = "refusal"
    return Completion(_said(message, finish), finish, usage)


def complaint_in(answer: Any) -> str:
    """Return the message of an error in the protocol's form; empty where there is none."""
    error = answer.get("error") if isinstance(answer, dict) else None
    if isinstance(error, dict):
        error = error.get("message") or error.get("code") or error.get("type")
    return str(error) if error else ""


def _parsed(body: bytes) -> Any:
    if _EVENT.match(body):
        return _joined(body)
    try:
        return json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        text = body[:20_000].decode("utf-8", "replace").lstrip("\ufeff \r\n\t")
        if not text.startswith("<"):
            raise Unread("the response is not a chat completion") from None
        title = _TITLE.search(text)
        named = f" titled {' '.join(title[1].split())!r}" if title else ""
        raise Unread(f"the response is an HTML page{named}") from None


def _joined(body: bytes) -> dict[str, Any]:
    """Return the completion whose pieces a stream of events holds."""
    text, reasoning, arguments, refusal = "", "", "", ""
    finish, usage, complaint, any_choice = None, None, "", False
    for chunk in _chunks(body):
        complaint = complaint or complaint_in(chunk)
        usage = chunk.get("usage") or usage
        choice = _first_choice(chunk)
        if choice is None:
            continue
        any_choice = True
        finish = choice.get("finish_reason") or finish
        piece = choice.get("delta") or choice.get("message") or {}
        text += _text(piece.get("content"))
        refusal += _text(piece.get("refusal"))
        reasoning += _text(piece.get("reasoning_content") or piece.get("reasoning"))
        arguments += _arguments(piece)
    message = {
        "content": text,
        "refusal": refusal,
        "reasoning_content": reasoning,
        "tool_calls": [{"function": {"arguments": arguments}}] if arguments else [],
    }
    return {
        "choices": [{"message": message, "finish_reason": finish}] if any_choice else [],
        "usage": usage,
        **({"error": complaint} if complaint else {}),
    }


def _chunks(body: bytes) -> Iterator[dict[str, Any]]:
    """Yield the objects in the data of a stream's events; other events are passed over."""
    text = body.decode("utf-8", "replace").lstrip("\ufeff")
    data: list[str] = []
    for line in [*re.split(r"\r\n|\n|\r", text), ""]:
        if line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
        elif not line and data:
            # Some servers leave the empty line between two events away.
            for part in ("\n".join(data), *data) if len(data) > 1 else data:
                try:
                    found = json.loads(part)
                except (ValueError, RecursionError):
                    continue
                if isinstance(found, dict):
                    yield found
            data = []


def _first_choice(chunk: dict[str, Any]) -> dict[str, Any] | None:
    choices = chunk.get("choices")
    for choice in choices if isinstance(choices, list) else ():
        if isinstance(choice, dict) and not choice.get("index"):
            return choice
    return None


def _said(message: dict[str, Any], finish: str) -> str:
    """Return what a message says: its content, else the arguments of its tool call, else, where
    it came to its end, what a server has taken for reasoning."""
    said = _text(message.get("content"))
    if not said.strip():
        said = _arguments(message) or said
    if not said.strip() and finish in ("stop", "end_turn", "eos"):
        said = _text(message.get("reasoning_content") or message.get("reasoning")) or said
    return said


def _text(content: Any) -> str:
    """Return a content that is a text, or made of parts of which some are texts."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = (part.get("text") if isinstance(part, dict) else part for part in content)
    return "".join(part for part in parts if isinstance(part, str))


def _arguments(message: dict[str, Any]) -> str:
    """Return the arguments of the tool calls in a message, as the JSON text they are."""
    calls = message.get("tool_calls")
    listed = calls if isinstance(calls, list) else []
    functions = [call.get("function") for call in listed if isinstance(call, dict)]
    told = []
    for function in (*functions, message.get("function_call")):
        given = function.get("arguments") if isinstance(function, dict) else None
        told.append(given if isinstance(given, str) else json.dumps(given) if given else "")
    return "".join(told)


def _usage(told: Any) -> Usage:
    if not isinstance(told, dict):
        return Usage()
    return Usage(
        _count(told.get("prompt_tokens", told.get("input_tokens"))),
        _count(told.get("completion_tokens", told.get("output_tokens"))),
        _count(told.get("total_tokens")),
    )


def _count(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value < MOST_TOKENS else None
