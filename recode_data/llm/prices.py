"""What a model costs: a TOML file that the user keeps, for prices change every month.

    [models."some-model"]
    input = 2.5       # per million prompt tokens
    output = 10.0     # per million answer tokens
    batch = 0.5       # factor for batch runs

A name may end in ``*``; the longest one that fits counts.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

from pydantic import Field

from recode_data.library import Strict, read_toml

MILLION = 1_000_000


class Price(Strict):
    """Money per million tokens, in the file's currency."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    batch: float = Field(default=0.5, ge=0)

    def of(self, prompt_tokens: int, answer_tokens: int, batch: bool = False) -> float:
        """Return what so many tokens cost."""
        full = (prompt_tokens * self.input + answer_tokens * self.output) / MILLION
        return full * (self.batch if batch else 1.0)


class Prices(Strict):
    """The whole file."""

    currency: str = "$"
    models: dict[str, Price] = Field(default_factory=dict)

    def of(self, model: str) -> Price | None:
        """Return the price of ``model``, or None when the file does not tell."""
        fits = [name for name in self.models if fnmatchcase(model, name)]
        return self.models[max(fits, key=len)] if fits else None


def read_prices(file: Path | None) -> Prices:
    """Return the prices in ``file``, or none. Raises `BadFile`."""
    return read_toml(file, Prices) if file else Prices()
