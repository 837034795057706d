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

from recode_data.llm.answer import holds_answer

_EVENT = re.compile(r"(?:data|event|id|retry)?:")
_DONE = re.compile(r"^data: ?\[DONE\]", re.MULTILINE)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_FINISHES = {
    "max_tokens": "length",
    "max_output_tokens": "length",
    "model_length": "length",
    "safety": "content_filter",
}
"""What gateways pass on of other protocols, in the words of this one."""
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

    def joined(self, other: Usage) -> Usage:
        """Return the larger of each count: a stream tells its usage so far more than once, in
        parts, or with zeros at the end."""
        pairs = (
            (self.prompt_tokens, other.prompt_tokens),
            (self.answer_tokens, other.answer_tokens),
            (self.total_tokens, other.total_tokens),
        )
        return Usage(*(max((n for n in pair if n is not None), default=None) for pair in pairs))

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
    ended = True
    if isinstance(body, bytes):
        chunks, ended = _chunks(body)
    else:
        chunks = [body]
    joined = _Joined()
    for chunk in chunks:
        joined.add(chunk)
    if not joined.choices:
        text = joined.complaint or "the response is not a chat completion"
        raise Unread(text, joined.usage)
    found = [choice.completion(joined.usage) for choice in joined.choices.values()]
    # One is asked for: of several, some gateways put the tool call beside the text before it.
    best = max(found, key=lambda one: (holds_answer(one.text), bool(one.text.strip())))
    broken = bool(joined.complaint) or not ended
    finished = any(choice.finish for choice in joined.choices.values())
    if broken and not finished and not holds_answer(best.text):
        raise Unread(joined.complaint or "the stream ended before the answer did", joined.usage)
    return best


def complaint_in(answer: Any) -> str:
    """Return the message of an error in the protocol's form; empty where there is none."""
    error = answer.get("error") if isinstance(answer, dict) else None
    if isinstance(error, dict):
        error = error.get("message") or error.get("code") or error.get("type")
    return str(error) if error else ""


def _chunks(body: bytes) -> tuple[list[Any], bool]:
    """Return the objects that a body holds, one for a plain completion, and whether the body is
    known to be whole."""
    text = body.decode(json.detect_encoding(body), "replace").lstrip("\ufeff \r\n\t")
    if _EVENT.match(text):
        return list(_events(text)), bool(_DONE.search(text))
    try:
        found = json.loads(text)
        return found if isinstance(found, list) else [found], True
    except (ValueError, RecursionError):
        if several := list(_several(text)):
            return several, bool(_DONE.search(text))
    if not text.startswith("<"):
        raise Unread("the response is not a chat completion")
    title = _TITLE.search(text[:20_000])
    named = f" titled {' '.join(title[1].split())!r}" if title else ""
    raise Unread(f"the response is an HTML page{named}")


def _events(text: str) -> Iterator[Any]:
    """Yield the objects in the data of a stream's events; other events are passed over."""
    data: list[str] = []
    for line in [*re.split(r"\r\n|\n|\r", text), ""]:
        if line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
        elif not line and data:
            # Some servers leave the empty line between two events away.
            for part in ("\n".join(data), *data) if len(data) > 1 else data:
                try:
                    yield json.loads(part)
                except (ValueError, RecursionError):
                    continue
            data = []


def _several(text: str) -> Iterator[Any]:
    """Yield the objects that stand one after another where a body is no single one."""
    decoder = json.JSONDecoder()
    position = 0 if text.startswith("{") else -1
    while position >= 0:
        try:
            value, end = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            return
        yield value
        position = text.find("{", end)


class _Choice:
    """One choice, of all the pieces that told of it."""

    def __init__(self) -> None:
        self.finish = ""
        self.content = ""
        self.refusal = ""
        self.reasoning = ""
        self.arguments: dict[str, str] = {}

    def add(self, choice: dict[str, Any]) -> None:
        """Add what one object says of the choice."""
        self.finish = str(choice.get("finish_reason") or self.finish)[:40]
        piece = choice.get("delta") or choice.get("message")
        if not isinstance(piece, dict):
            return
        self.content += _text(piece.get("content"))
        self.refusal += _text(piece.get("refusal"))
        self.reasoning += _text(piece.get("reasoning_content") or piece.get("reasoning"))
        for call, given in _arguments(piece):
            self.arguments[call] = self.arguments.get(call, "") + given

    def completion(self, usage: Usage) -> Completion:
        """Return what the choice says: its content, else the arguments of its tool calls, else,
        where it came to its end, what a server has taken for reasoning."""
        finish = self.finish.lower()
        finish = _FINISHES.get(finish, finish) or "stop"
        finish = "refusal" if self.refusal else finish
        said = self.content
        if not said.strip():
            said = "".join(self.arguments.values()) or said
        if not said.strip() and finish in ("stop", "end_turn", "eos"):
            said = self.reasoning or said
        return Completion(said, finish, usage)


class _Joined:
    """A completion of the objects that tell of it: one, or the chunks of a stream."""

    def __init__(self) -> None:
        self.choices: dict[str, _Choice] = {}
        self.usage = Usage()
        self.complaint = ""

    def add(self, chunk: Any) -> None:
        """Add what one object says."""
        if not isinstance(chunk, dict):
            return
        self.complaint = self.complaint or complaint_in(chunk)
        self.usage = self.usage.joined(_usage(chunk.get("usage")))
        listed = chunk.get("choices")
        for choice in listed if isinstance(listed, list) else ():
            if not isinstance(choice, dict):
                continue
            self.usage = self.usage.joined(_usage(choice.get("usage")))
            index = str(choice.get("index") or 0)
            said = any(isinstance(choice.get(name), dict) for name in ("delta", "message"))
            if said or index in self.choices:
                self.choices.setdefault(index, _Choice()).add(choice)


def _text(content: Any) -> str:
    """Return a content that is a text, or made of parts of which some are texts."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = (part.get("text") if isinstance(part, dict) else part for part in content)
    return "".join(part for part in parts if isinstance(part, str))


def _arguments(piece: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the tool calls in a piece of a message: which one, and the JSON text of its
    arguments."""
    calls = piece.get("tool_calls")
    listed = [call for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []
    told = [(str(call.get("index", at)), call.get("function")) for at, call in enumerate(listed)]
    for which, function in (*told, ("", piece.get("function_call"))):
        given = function.get("arguments") if isinstance(function, dict) else None
        if given:
            yield which, given if isinstance(given, str) else json.dumps(given)


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
