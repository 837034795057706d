"""Requests and tokens a minute, and requests under way: nothing passes a limit.

The window slides: in no 60 seconds are more requests sent, or more tokens reserved, than
the limit. A request reserves the most it can use, and gives back what it did not use.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass

from recode_data.errors import UsageError

WINDOW = 60.0


@dataclass(slots=True)
class Reservation:
    """Tokens held against the window since ``at``."""

    at: float
    tokens: int


class Pace:
    """Waits until the next request may be sent; 0 means that there is no such limit."""

    def __init__(self, requests: int = 0, tokens: int = 0, window: float = WINDOW) -> None:
        self.requests = requests
        self.tokens = tokens
        self.window = window
        self._held: deque[Reservation] = deque()
        self._turn = asyncio.Lock()
        self._paused_until = 0.0

    def renew(self) -> None:
        """Begin under a new event loop; what was sent within the window still counts."""
        self._turn = asyncio.Lock()

    def pause(self, seconds: float) -> None:
        """Let nobody send for ``seconds``: the endpoint asked for it."""
        self._paused_until = max(self._paused_until, time.monotonic() + seconds)

    async def enter(self, tokens: int) -> Reservation:
        """Return when a request of at most ``tokens`` may be sent; first come, first served.

        Raises `UsageError` when it would not fit into an empty window.
        """
        if self.tokens and tokens > self.tokens:
            raise UsageError(
                f"one request may use {tokens:,} tokens, more than --tpm {self.tokens:,} allows",
                "raise --tpm or lower --answer-tokens",
            )
        async with self._turn:
            while (wait := self._wait(tokens)) > 0:
                await asyncio.sleep(wait)
            held = Reservation(time.monotonic(), tokens)
            self._held.append(held)
            return held

    def settle(self, held: Reservation, tokens: int) -> None:
        """Replace what was reserved by what was used."""
        held.tokens = tokens

    def _wait(self, tokens: int) -> float:
        now = time.monotonic()
        while self._held and self._held[0].at <= now - self.window:
            self._held.popleft()
        if now < self._paused_until:
            return self._paused_until - now
        many = self.requests and len(self._held) >= self.requests
        used = sum(held.tokens for held in self._held) if self.tokens else 0
        if not many and (not self.tokens or used + tokens <= self.tokens):
            return 0.0
        oldest = self._held[0].at + self.window - now
        # Tokens given back free the window before its oldest request leaves it.
        return oldest if many else min(oldest, 0.05)


class Ramp:
    """Requests under way, at most ``most``: one at first, twice as many after each good answer,
    half as many after one of no use. What is wrong with a server shows before many are paid.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.allowed = 1
        self.under_way = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    def renew(self) -> None:
        """Begin under a new event loop."""
        self.under_way = 0
        self._waiting.clear()

    async def enter(self) -> None:
        """Wait until one more request may be under way; `leave` it in the end."""
        while self.under_way >= self.allowed:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            await turn
        self.under_way += 1

    def leave(self) -> None:
        """Let another request take the place."""
        self.under_way -= 1
        self._wake()

    def grow(self) -> None:
        """Allow twice as many."""
        self.allowed = min(self.most, self.allowed * 2)
        self._wake()

    def shrink(self) -> None:
        """Allow half as many, one at least."""
        self.allowed = max(1, self.allowed // 2)

    def _wake(self) -> None:
        for _ in range(min(len(self._waiting), self.allowed - self.under_way)):
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
