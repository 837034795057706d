"""What a user asks of the validation, and when its result is a failure."""

from __future__ import annotations

from recode_data.errors import RecodeError, UsageError, nearest
from recode_data.judge.finding import REASONS
from recode_data.progress import Summary


def reasons(text: str) -> tuple[str, ...]:
    """Return the reason codes in ``error,timeout``; ``none`` is none.

    Raises `UsageError` for a code that the judge does not know.
    """
    words = tuple(word.strip() for word in text.split(",") if word.strip() not in ("", "none"))
    for word in words:
        if word not in REASONS:
            guess = nearest(word, REASONS)
            raise UsageError(
                f"no reason is called {word!r}", guess or f"one of {', '.join(REASONS)}"
            )
    return words


def name_pairs(text: str) -> dict[str, str]:
    """Return the pairs in ``PyTorch=torch,sk=scikit-learn``; raises `UsageError`."""
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    for name, _, meant in pairs:
        if not name.strip() or not meant.strip():
            raise UsageError(
                f"cannot read {text!r}", "write it as in PyTorch=torch,sk=scikit-learn"
            )
    return {name.strip(): meant.strip() for name, _, meant in pairs}


def check(summary: Summary, min_valid_rate: float) -> None:
    """Raise `RecodeError` when entries are owed still, or too few were valid."""
    if summary.owed:
        raise RecodeError(
            f"{summary.owed:,} entries could not be judged (an error or a timeout)",
            "run the same command again; --timeout gives each run more time",
        )
    rate = summary.went_out / summary.came_in if summary.came_in else 1.0
    if rate < min_valid_rate:
        raise RecodeError(
            f"{rate:.1%} of {summary.came_in:,} entries are valid, not {min_valid_rate:.1%}",
            "recode-data status tells why entries were dropped",
        )
