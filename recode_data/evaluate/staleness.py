"""From when on a model is stale: the month of release from which its answers fall to the old API.

A Bayesian change-point over calendar months: before month c an answer uses the old API with
probability p, from c on with q > p, both uniform, and every month from the first release to
after the last one is as likely before anything was seen. Answers to one problem are alike to an
extent that the data tell: they are beta-binomial (Skellam 1948), and their correlation is summed
over. So five answers count as one where all problems are answered in one way or the other, and
as five where a model draws anew each time. Months without a release
are as likely as the next one that has one, so a gap in the data is one in the interval.

The interval takes problems as independent. Those of one release of one library are not quite,
so for few releases it is too narrow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from math import log
from typing import Any, TypeAlias

LEVEL = 0.95
GRID = 200
"""Values of p and of q that are summed over."""
ALIKE = (0.0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.98)
"""Correlations of the answers to one problem that are summed over."""
Observation: TypeAlias = tuple[str, int, int]
"""A problem: its month of release, ``2025-03``, how many of its answers use the old API, and how
many answers it has."""
DECIDED = 20.0
"""How many times as likely a turn towards the new API has to be before it is told."""


def staleness(observations: Iterable[Observation], level: float = LEVEL) -> dict[str, Any]:
    """Return the staleness date that ``observations``, one of each problem, show.

    ``date`` is the first month with a release from which on answers use the old API, None where
    they do not come to; ``interval`` the months that hold it with probability ``level``, an
    end None where it never comes. ``always`` says that the first month is
    stale already, so that the date is that or earlier. ``old_before`` and ``old_after`` are the
    shares on both sides. ``new_from`` is the month from which a model falls to the *new* API
    instead, which is no staleness.
    """
    seen = sorted(observations)
    if not seen:
        return {"date": None, "problems": 0}
    months = _calendar(seen[0][0], seen[-1][0])
    chances, evidence = _posterior(months, seen)
    turned, reverse = _posterior(months, [(month, n - old, n) for month, old, n in seen])
    if reverse > evidence + log(DECIDED):
        return _shares(seen, None) | {"new_from": _dated(turned, months, seen)}
    date = _dated(chances, months, seen)
    ends = _interval(chances, level)
    return _shares(seen, date) | {
        "interval": [months[at] if at < len(months) else None for at in ends],
        "level": level,
        "always": date == seen[0][0],
    }


def _shares(told: list[Observation], at: str | None) -> dict[str, Any]:
    sides = [[old / n for month, old, n in told if (at is None or month < at) == left]
             for left in (True, False)]  # fmt: skip
    means = [round(sum(side) / len(side), 4) if side else None for side in sides]
    return {"date": at, "problems": len(told), "old_before": means[0], "old_after": means[1]}


def _calendar(first: str, last: str) -> list[str]:
    """Return the months from ``first`` to ``last``."""
    begin, end = (int(month[:4]) * 12 + int(month[5:7]) - 1 for month in (first, last))
    return [f"{number // 12:04}-{number % 12 + 1:02}" for number in range(begin, end + 1)]


def _posterior(months: list[str], told: list[Observation]) -> tuple[Any, float]:
    """Return how likely each month is to be the first stale one, and at the end that none is,
    with the logarithm of the evidence for any of it."""
    import numpy as np

    weights = np.vstack([_weights(months, told, alike) for alike in ALIKE])
    top = weights.max()
    chances = np.exp(weights - top).mean(axis=0)
    evidence = float(np.log(chances.mean()) + top)
    return chances / chances.sum(), evidence


def _weights(months: list[str], told: list[Observation], alike: float) -> Any:
    """Return the logarithm of how likely the data are with each month as the first stale one,
    where the answers to a problem have the correlation ``alike``."""
    import numpy as np

    grid = (np.arange(GRID) + 0.5) / GRID
    position = {month: number for number, month in enumerate(months)}
    logs = np.zeros((len(months), GRID))
    for (month, old, n), problems in Counter(told).items():
        logs[position[month]] += problems * _beta_binomial(old, n, grid, alike)
    before = np.vstack([np.zeros(GRID), np.cumsum(logs, axis=0)])
    after = before[-1] - before
    # Of all pairs with p < q: the sums over p up to each q, taken from their largest term.
    top_before, top_after = before.max(axis=1), after.max(axis=1)
    left = np.exp(before - top_before[:, None])
    right = np.exp(after - top_after[:, None])
    below = np.cumsum(left, axis=1) - left / 2
    sums = (below * right).sum(axis=1)
    return np.log(np.maximum(sums, 1e-300)) + top_before + top_after


def _beta_binomial(old: int, n: int, mean: Any, alike: float) -> Any:
    """Return the logarithm of the chance of ``old`` given answers of ``n``, for each ``mean``."""
    import numpy as np

    # Each further answer is drawn as from an urn to which every earlier one was added.
    scale = (1.0 - alike, alike)
    one = sum((np.log(mean * scale[0] + i * scale[1]) for i in range(old)), np.zeros(GRID))
    other = sum(
        (np.log((1.0 - mean) * scale[0] + i * scale[1]) for i in range(n - old)), np.zeros(GRID)
    )
    return one + other - sum(log(scale[0] + i * scale[1]) for i in range(n))


def _dated(chances: Any, months: list[str], told: list[Observation]) -> str | None:
    """Return the likeliest month, of equally likely ones the first that has a release."""
    best = int(chances.argmax())
    if best == len(months):
        return None
    return next(month for month, *_ in told if month >= months[best])


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
