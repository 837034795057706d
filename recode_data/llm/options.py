"""What a run of the LLM engine is asked to do, and who answers it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from recode_data.errors import UsageError
from recode_data.llm.prices import Prices

DEFAULT_URL = "https://api.openai.com/v1"
KEY = "RECODE_DATA_API_KEY"
KEYS = (KEY, "OPENAI_API_KEY")


@dataclass(frozen=True)
class Endpoint:
    """An OpenAI-compatible server. The key stays in memory and out of every text."""

    base_url: str
    key: str = field(repr=False)
    timeout: float = 300.0
    """Seconds for one whole answer."""
    attempts: int = 5
    """Tries of one request before it is left for the next run."""
    max_wait: float = 120.0
    """Seconds that a ``Retry-After`` may ask for; beyond it the run stops."""
    first_wait: float = 0.5
    """Seconds before the second try; each further one waits twice as long, up to 8."""

    def scrub(self, text: str) -> str:
        """Return ``text`` without the key, should a server have echoed it."""
        return text.replace(self.key, "[key]") if self.key else text


@dataclass(frozen=True)
class Options:
    """Everything about a run but the endpoint."""

    model: str
    per_change: int = 1
    repair_rounds: int = 2
    temperature: float = 0.7
    seed: int = 0
    answer_tokens: int = 2_048
    kinds: tuple[str, ...] = ()
    """Only changes of these kinds; empty means all."""
    reasons: tuple[str, ...] = ()
    """Only changes that the rules left for one of these reasons; empty means all."""
    limit: int | None = None
    """At most so many changes."""
    concurrency: int = 8
    rpm: int = 0
    tpm: int = 0
    max_requests: int = 0
    max_tokens: int = 0
    max_cost: float = 0.0
    prices: Prices = field(default_factory=Prices)
    prompts: Path | None = None
    """A folder with templates of the user's own."""
    gaps_only: bool = False
    """Only changes for which the rules engine has no entry that may be valid."""
    judge: bool = True
    """False leaves judging to ``validate`` and repairs what it has judged before."""
    jobs: int = 1
    timeout: float = 10.0
    """Seconds for one run of a code by the judge."""

    def __post_init__(self) -> None:
        if self.max_cost and self.prices.of(self.model) is None:
            raise UsageError(
                f"--max-cost needs the price of {self.model!r}, which the price file lacks",
                "write it: [models.NAME] with input and output per million tokens; "
                "then name the file with --prices",
            )

    def sampling(self, sample: int, turn: int) -> dict[str, Any]:
        """Return the parameters of a request that decide its answer.

        A repair has a seed of its own: a model that gives the same wrong answer twice is
        asked a new question, not answered from the cache.
        """
        return {
            "temperature": self.temperature,
            "seed": self.seed + sample + 1_000 * turn,
            "max_tokens": self.answer_tokens,
        }


@dataclass(frozen=True)
class Author:
    """A language model that writes entries: what it is asked to do, and who answers for it."""

    options: Options
    endpoint: Endpoint | None = None
    """None answers from the workspace's cache only, and from ``batch_in``."""
    batch: str = ""
    """Each round is asked for as a batch: ``api``, or a command, see `recode_data.llm.batch`."""
    batch_out: Path | None = None
    """Where the requests that nobody has answered are written."""
    batch_in: Path | None = None
    """A batch's file whose answers are taken into the cache first."""
    descriptions: bool = False
    """Write the descriptions of existing entries anew, and no entries."""


def find_endpoint(base_url: str | None, **settings: float) -> Endpoint:
    """Return the endpoint that the flag or the environment names.

    The key comes from ``RECODE_DATA_API_KEY`` or ``OPENAI_API_KEY`` only. Raises
    `UsageError` when there is neither a key nor an address, or the address holds a secret.
    """
    url = base_url or os.environ.get("OPENAI_BASE_URL") or ""
    key = next((value for name in KEYS if (value := os.environ.get(name, "").strip())), "")
    if not url and not key:
        raise UsageError(
            "the llm engine needs OPENAI_API_KEY in the environment, or --base-url of a server",
            "without either, recode-data synthesize --engine rules works now, with no key",
        )
    if not (key.isascii() and key.isprintable()):
        raise UsageError(
            f"the key in {' or '.join(KEYS)} holds characters that no key has",
            "copy the key again, without quotes and line ends",
        )
    parts = urlsplit(url or DEFAULT_URL)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(
            "--base-url is not an http address", "such as http://localhost:8000/v1 for vLLM"
        )
    if parts.username or parts.password or parts.query:
        raise UsageError(
            "--base-url must not hold a password or a query",
            f"put the key into {KEY} in the environment",
        )
    return Endpoint(url or DEFAULT_URL, key, **settings)  # type: ignore[arg-type]
