"""What may be spent, in requests, tokens and money, and what has been.

A request reserves the most it can cost before it is sent, so the limits hold however many
are under way. What earlier runs spent in the same workspace counts: a kill and a restart
do not start the budget anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from recode_data.llm.prices import Price

BYTES_PER_TOKEN = 3
"""Lower than any tokenizer's mean on English and code, so an estimate is not too small."""


def tokens_in(text: str) -> int:
    """Return an upper estimate of the tokens in one message."""
    return len(text.encode("utf-8", "replace")) // BYTES_PER_TOKEN + 8


class Spent(Exception):
    """The next request could pass a limit; the text names it."""


@dataclass
class Amount:
    """Requests, tokens and money; money is 0 where no price is known."""

    requests: int = 0
    tokens: int = 0
    cost: float = 0.0

    def __add__(self, other: Amount) -> Amount:
        return Amount(
            self.requests + other.requests, self.tokens + other.tokens, self.cost + other.cost
        )

    def __sub__(self, other: Amount) -> Amount:
        return self + Amount(-other.requests, -other.tokens, -other.cost)


@dataclass
class Budget:
    """Limits and what is used of them; a limit of 0 means none."""

    max_requests: int = 0
    max_tokens: int = 0
    max_cost: float = 0.0
    price: Price | None = None
    spent: Amount = field(default_factory=Amount)
    """What answers used, those of earlier runs included."""
    held: Amount = field(default_factory=Amount)
    """The most that the requests under way can use."""

    def cost(self, prompt_tokens: int, answer_tokens: int, batch: bool = False) -> float | None:
        """Return the price of so many tokens, or None when it is not known."""
        return self.price.of(prompt_tokens, answer_tokens, batch) if self.price else None

    def reserve(self, prompt_tokens: int, answer_tokens: int, batch: bool = False) -> Amount:
        """Hold the most that a request can use; raises `Spent` when that is too much."""
        most = self._amount(prompt_tokens, answer_tokens, batch)
        limit = self._passed(self.spent + self.held + most)
        if limit:
            raise Spent(limit)
        self.held = self.held + most
        return most

    def settle(self, most: Amount, used: tuple[int, int] | None, batch: bool = False) -> None:
        """Replace a reservation by what was used, tokens of prompt and answer; a request that
        was not answered, None, used nothing."""
        self.held = self.held - most
        if used is not None:
            self.spent = self.spent + self._amount(*used, batch)

    def _amount(self, prompt_tokens: int, answer_tokens: int, batch: bool) -> Amount:
        cost = self.cost(prompt_tokens, answer_tokens, batch) or 0.0
        return Amount(1, prompt_tokens + answer_tokens, cost)

    def _passed(self, total: Amount) -> str:
        if self.max_requests and total.requests > self.max_requests:
            return f"--max-requests {self.max_requests:,}"
        if self.max_tokens and total.tokens > self.max_tokens:
            return f"--max-tokens {self.max_tokens:,}"
        if self.max_cost and total.cost > self.max_cost + 1e-9:
            return f"--max-cost {self.max_cost:g}"
        return ""
