"""From when on a model is stale: the month of release from which its answers fall to the old API.

A Bayesian change-point over calendar months: before month c a problem's answers use the old API
with probability p, from c on with q > p, both uniform, and every month from the first release to
after the last one is as likely before anything was seen. A problem counts as one observation,
its share of answers that use the old API, however many answers it has. Months without a release
are as likely as the next one that has one, so a gap in the data is one in the interval.

The interval takes problems as independent. Those of one release of one library are not quite,
so for few releases it is too narrow.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import log
from typing import Any

LEVEL = 0.95
GRID = 200
"""Values of p and of q that are summed over."""
DECIDED = 20.0
"""How many times as likely a turn towards the new API has to be before it is told."""


def staleness(observations: Iterable[tuple[str, float]], level: float = LEVEL) -> dict[str, Any]:
    """Return the staleness date that ``observations`` show: month of release, ``2025-03``, and
    share of a problem's answers that use the old API, from 0 to 1.

    ``date`` is the first month with a release from which on answers use the old API, None where
    they do not come to; ``interval`` the months that hold it with probability ``level``, an
    end None where it never comes. ``always`` says that the first month is
    stale already, so that the date is that or earlier. ``old_before`` and ``old_after`` are the
    shares on both sides. ``new_from`` is the month from which a model falls to the *new* API
    instead, which is no staleness.
    """
    seen = sorted((month, min(1.0, max(0.0, share))) for month, share in observations)
    if not seen:
        return {"date": None, "problems": 0}
    months = _calendar(seen[0][0], seen[-1][0])
    chances, evidence = _posterior(months, seen)
    turned, reverse = _posterior(months, [(month, 1.0 - share) for month, share in seen])
    if reverse > evidence + log(DECIDED):
        return _shares(seen, None) | {"new_from": _dated(turned, months, seen)}
    date = _dated(chances, months, seen)
    ends = _interval(chances, level)
    return _shares(seen, date) | {
        "interval": [months[at] if at < len(months) else None for at in ends],
        "level": level,
        "always": date == seen[0][0],
    }


def _shares(told: list[tuple[str, float]], at: str | None) -> dict[str, Any]:
    sides = [[share for month, share in told if (at is None or month < at) == left]
             for left in (True, False)]  # fmt: skip
    means = [round(sum(side) / len(side), 4) if side else None for side in sides]
    return {"date": at, "problems": len(told), "old_before": means[0], "old_after": means[1]}


def _calendar(first: str, last: str) -> list[str]:
    """Return the months from ``first`` to ``last``."""
    begin, end = (int(month[:4]) * 12 + int(month[5:7]) - 1 for month in (first, last))
    return [f"{number // 12:04}-{number % 12 + 1:02}" for number in range(begin, end + 1)]


def _posterior(months: list[str], told: list[tuple[str, float]]) -> tuple[Any, float]:
    """Return how likely each month is to be the first stale one, and at the end that none is,
    with the logarithm of the evidence for any of it."""
    import numpy as np

    grid = (np.arange(GRID) + 0.5) / GRID
    position = {month: number for number, month in enumerate(months)}
    old, count = np.zeros(len(months)), np.zeros(len(months))
    for month, share in told:
        old[position[month]] += share
        count[position[month]] += 1
    logs = np.outer(old, np.log(grid)) + np.outer(count - old, np.log1p(-grid))
    before = np.vstack([np.zeros(GRID), np.cumsum(logs, axis=0)])
    after = before[-1] - before
    # Of all pairs with p < q: the sums over p up to each q, taken from their largest term.
    top_before, top_after = before.max(axis=1), after.max(axis=1)
    left = np.exp(before - top_before[:, None])
    right = np.exp(after - top_after[:, None])
    below = np.cumsum(left, axis=1) - left / 2
    sums = (below * right).sum(axis=1)
    weights = np.log(np.maximum(sums, 1e-300)) + top_before + top_after
    chances = np.exp(weights - weights.max())
    evidence = float(np.log(chances.mean()) + weights.max())
    return chances / chances.sum(), evidence


def _dated(chances: Any, months: list[str], told: list[tuple[str, float]]) -> str | None:
    """Return the likeliest month, of equally likely ones the first that has a release."""
    best = int(chances.argmax())
    if best == len(months):
        return None
    return next(month for month, _ in told if month >= months[best])


def _interval(chances: Any, level: float) -> tuple[int, int]:
    """Return the first and the last of the likeliest months that together reach ``level``."""
    chosen: list[int] = []
    total = 0.0
    for number in sorted(range(len(chances)), key=lambda n: (-chances[n], n)):
        if total >= level:
            break
        chosen.append(number)
        total += float(chances[number])
    return min(chosen), max(chosen)


def told(found: dict[str, Any]) -> str:
    """Return a staleness date as words for people."""
    if not found.get("problems"):
        return "nothing is known of it"
    if found.get("new_from"):
        return f"no staleness: from {found['new_from']} on it uses the new API"
    low, high = found["interval"]
    span = f"[{low or 'never'}, {high or 'never'}]"
    if found["date"] is None:
        return f"not stale up to the last release {span}, {found['old_before']:.0%} old API"
    begins = "at or before" if found["always"] else "from"
    share = found["old_before"]
    before = "" if share is None else f"{share:.0%} old API before, "
    return f"stale {begins} {found['date']} {span}: {before}{found['old_after']:.0%} after"
