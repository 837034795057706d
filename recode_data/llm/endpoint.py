"""One request to an OpenAI-compatible endpoint, and every way in which it can fail.

The ``openai`` client speaks the protocol; its own retries are off, because they would pass
by the limits on requests a minute and the budget. A failure leaves here as one of four:
`TryAgain` (this request, later), `GiveUp` (this request, not now), `Unread` (a response with
status 200 that holds no completion, though it may be paid), or a `RecodeError` (every request
would fail the same way, so the run stops).
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2
import openai

from recode_data.errors import NetworkError, RecodeError, UsageError, nearest
from recode_data.llm.completion import Completion, Unread, read_completion
from recode_data.llm.dialect import Dialect
from recode_data.llm.options import KEYS, Endpoint

MAX_BYTES = 16_000_000
"""Bytes of one response that are read; the rest is never fetched. A stream of events takes some
250 for each token, those of reasoning included."""
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
    """What came back, and how long it took in seconds."""

    completion: Completion
    seconds: float = 0.0


class Client:
    """An open connection to an endpoint; use as an async context manager."""

    def __init__(self, endpoint: Endpoint, dialect: Dialect | None = None) -> None:
        # The client logs whole requests at the debug level; a log is no place for them.
        for name in ("openai", "httpx2", "httpcore2"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self.endpoint = endpoint
        self.dialect = dialect or Dialect()
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
        """Send ``request`` once. Raises `TryAgain`, `GiveUp`, `Unread` or a `RecodeError`."""
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
        return Reply(self._completion(body), time.monotonic() - began)

    def _completion(self, body: bytes | None) -> Completion:
        if body is None:
            return Completion("", "too_long")
        try:
            read = read_completion(body)
        except Unread as error:
            raise Unread(self.clean(error.text), error.usage) from None
        return replace(read, text=self.endpoint.scrub(read.text))

    async def _read(self, spoken: dict[str, Any]) -> bytes | None:
        """Return the body of the response, or None when it is beyond `MAX_BYTES`."""
        calls = self._client.chat.completions.with_streaming_response
        plain = {name: value for name, value in spoken.items() if name != "response_format"}
        # Sent as it is: the client would walk through the whole schema for each request.
        schema = {name: spoken[name] for name in spoken.keys() - plain.keys()}
        # Of a stream that is compressed piece by piece the client reads the first piece only.
        headers = {"Accept-Encoding": "identity"}
        async with calls.create(**plain, extra_body=schema, extra_headers=headers) as response:
            body = bytearray()
            async for chunk in response.iter_bytes(65_536):
                # Some servers send spaces until they have an answer.
                body += chunk if body else chunk.lstrip()
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
        return UsageError(f"the endpoint has no model {model!r}: {text}", self.clean(tip))

    def _line(self, error: BaseException, fallback: str) -> str:
        text = getattr(error, "message", "") or str(error) or fallback
        return self.clean(f"{type(error).__name__}: {text}")

    def clean(self, text: str) -> str:
        """Return ``text`` as one line without the key, cut to what a person reads."""
        return one_line(self.endpoint.scrub(text))


def one_line(text: str) -> str:
    """Return what a server said as one printable line of at most 300 characters."""
    line = " ".join(text.split())
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
