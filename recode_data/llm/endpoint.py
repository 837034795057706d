"""One request to an OpenAI-compatible endpoint, and every way in which it can fail.

The ``openai`` client speaks the protocol; its own retries are off, because they would pass
by the limits on requests a minute and the budget. A failure leaves here as one of three:
`TryAgain` (this request, later), `GiveUp` (this request, not now), or a `RecodeError`
(every request would fail the same way, so the run stops).
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2
import openai

from recode_data.errors import NetworkError, RecodeError, UsageError, nearest
from recode_data.llm.dialect import Dialect
from recode_data.llm.options import KEYS, Endpoint

MAX_BYTES = 400_000
"""Bytes of one response that are read; the rest is never fetched."""
TRANSIENT = frozenset({408, 409, 425, 429})


class TryAgain(Exception):
    """A passing failure; ``wait`` is what the endpoint asked for, in seconds, or None."""

    def __init__(self, text: str, wait: float | None = None) -> None:
        super().__init__(text)
        self.wait = wait


class GiveUp(Exception):
    """This request cannot be answered now; it is owed to the next run."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the text, why it ended, and the tokens where the server counts them."""

    text: str
    finish: str
    prompt_tokens: int | None = None
    answer_tokens: int | None = None
    seconds: float = 0.0


class Client:
    """An open connection to an endpoint; use as an async context manager."""

    def __init__(self, endpoint: Endpoint) -> None:
        # The client logs whole requests at the debug level; a log is no place for them.
        for name in ("openai", "httpx2", "httpcore2"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self.endpoint = endpoint
        self.dialect = Dialect()
        self._client = openai.AsyncOpenAI(
            api_key=endpoint.key or "none",
            base_url=endpoint.base_url,
            max_retries=0,
            timeout=endpoint.timeout,
        )

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    async def complete(self, request: dict[str, Any]) -> Reply:
        """Send ``request`` once. Raises `TryAgain`, `GiveUp` or a `RecodeError`."""
        began = time.monotonic()
        spoken = self.dialect.speak(request)
        try:
            body = await asyncio.wait_for(self._read(spoken), self.endpoint.timeout)
        except openai.APIStatusError as error:
            raise await self._classify(error, spoken) from None
        except (openai.APIConnectionError, TimeoutError) as error:
            raise TryAgain(self._line(error, "no answer")) from None
        except (httpx2.HTTPError, httpx2.StreamError) as error:  # broken in mid-answer
            raise TryAgain(self._line(error, "the connection broke")) from None
        return _read_reply(body, time.monotonic() - began, self.endpoint)

    async def _read(self, spoken: dict[str, Any]) -> bytes | None:
        """Return the body of the response, or None when it is beyond `MAX_BYTES`."""
        calls = self._client.chat.completions.with_streaming_response
        plain = {name: value for name, value in spoken.items() if name != "response_format"}
        # Sent as it is: the client would walk through the whole schema for each request.
        schema = {name: spoken[name] for name in spoken.keys() - plain.keys()}
        async with calls.create(**plain, extra_body=schema) as response:
            body = bytearray()
            async for chunk in response.iter_bytes(65_536):
                body += chunk
                if len(body) > MAX_BYTES:
                    return None
            return bytes(body)

    async def _classify(
        self, error: openai.APIStatusError, spoken: dict[str, Any]
    ) -> TryAgain | GiveUp | RecodeError:
        code, text = error.status_code, self._line(error, f"status {error.status_code}")
        if code in (400, 404, 422) and self.dialect.learn(spoken, str(error.body or error.message)):
            return TryAgain(text, 0.0)
        if code in TRANSIENT or code >= 500:
            return self._transient(error, text)
        if code in (401, 403):
            return UsageError(f"the endpoint refused the key: {text}", f"set {' or '.join(KEYS)}")
        if code == 404:
            return await self._no_model(str(spoken["model"]), text)
        return GiveUp(text)

    def _transient(self, error: openai.APIStatusError, text: str) -> TryAgain | RecodeError:
        wait = _retry_after(error)
        if wait is not None and wait > self.endpoint.max_wait:
            return NetworkError(
                f"the endpoint asks to wait {wait:,.0f} s: {text}",
                "what was answered is kept: run the same command again then",
            )
        if error.code == "insufficient_quota":
            return NetworkError(
                f"the endpoint's quota is used up: {text}",
                "what was answered is kept: add to the quota, then run the same command again",
            )
        return TryAgain(text, wait)

    async def _no_model(self, model: str, text: str) -> RecodeError:
        try:
            models = await asyncio.wait_for(self._client.models.list(), 10)
            known = [entry.id for entry in models.data]
        except Exception:  # the list is only for the tip
            known = []
        tip = nearest(model, known) or ("it has: " + ", ".join(known[:8]) if known else "")
        return UsageError(f"the endpoint has no model {model!r}: {text}", self._clean(tip))

    def _line(self, error: BaseException, fallback: str) -> str:
        text = getattr(error, "message", "") or str(error) or fallback
        return self._clean(f"{type(error).__name__}: {text}")

    def _clean(self, text: str) -> str:
        line = " ".join(self.endpoint.scrub(text).split())
        return "".join(char for char in line if char.isprintable())[:300]


def _retry_after(error: openai.APIStatusError) -> float | None:
    headers = error.response.headers
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) / unit)
        except (KeyError, ValueError):
            continue
    try:
        at = parsedate_to_datetime(headers["retry-after"])
        return max(0.0, (at - datetime.now(UTC)).total_seconds())
    except (KeyError, ValueError, TypeError):  # TypeError: a date without a zone
        return None


def _read_reply(body: bytes | None, seconds: float, endpoint: Endpoint) -> Reply:
    """Return what a response says; raises `TryAgain` when it is no chat completion."""
    if body is None:
        return Reply("", "too_long", seconds=seconds)
    try:
        answer = _joined(body) if body.lstrip().startswith(b"data:") else json.loads(body)
        choice = answer["choices"][0]
        message = choice["message"]
        text, refusal = message.get("content"), message.get("refusal")
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        raise TryAgain("the response is not a chat completion") from None
    if isinstance(text, list):  # some gateways send the parts of a message
        text = "".join(part.get("text", "") for part in text if isinstance(part, dict))
    told = answer.get("usage")
    usage: dict[str, Any] = told if isinstance(told, dict) else {}
    return Reply(
        text=endpoint.scrub(text if isinstance(text, str) else ""),
        finish="refusal" if refusal else str(choice.get("finish_reason") or "stop")[:40],
        prompt_tokens=_count(usage.get("prompt_tokens")),
        answer_tokens=_count(usage.get("completion_tokens")),
        seconds=seconds,
    )


def _joined(body: bytes) -> dict[str, Any]:
    """Return the completion that a server sent as a stream though none was asked for."""
    parts = [line[5:].strip() for line in body.split(b"\n") if line.startswith(b"data:")]
    chunks = [json.loads(part) for part in parts if part and part != b"[DONE]"]
    choices = [chunk["choices"][0] for chunk in chunks if chunk.get("choices")]
    text = "".join(choice.get("delta", {}).get("content") or "" for choice in choices)
    finish = next((c["finish_reason"] for c in choices if c.get("finish_reason")), None)
    usage = next((chunk["usage"] for chunk in chunks if chunk.get("usage")), None)
    return {
        "choices": [{"message": {"content": text}, "finish_reason": finish}] if choices else [],
        "usage": usage,
    }


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and 0 <= value < 1 << 31 else None
