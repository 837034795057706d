"""pass@k without bias, intervals by bootstrap over problems, and paired tests."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

RESAMPLES = 2000
SEED = 0


def pass_at_k(samples: int, passed: int, k: int) -> float | None:
    """Return the chance that one of ``k`` draws out of ``samples`` passes, of which
    ``passed`` do: 1 - C(n - c, k) / C(n, k) (Chen et al., arXiv 2107.03374).

    None where fewer than ``k`` samples were drawn.

    >>> pass_at_k(5, 2, 1), pass_at_k(5, 2, 5), pass_at_k(3, 1, 5)
    (0.4, 1.0, None)
    """
    if samples < k:
        return None
    return 1.0 - math.comb(samples - passed, k) / math.comb(samples, k)


def interval(values: Sequence[float], level: float = 0.95) -> tuple[float, float]:
    """Return the bootstrap interval of the mean: percentiles of `RESAMPLES` means of as many
    problems, drawn with replacement by a fixed seed."""
    import numpy as np

    data = np.asarray(values, dtype=float)
    draws = np.random.default_rng(SEED).integers(0, len(data), (RESAMPLES, len(data)))
    edge = (1 - level) / 2 * 100
    low, high = np.percentile(data[draws].mean(axis=1), [edge, 100 - edge])
    return float(low), float(high)


def holm(values: Sequence[float]) -> list[float]:
    """Return p-values adjusted for their number (Holm, "A simple sequentially rejective multiple
    test procedure", 1979), in the order of ``values``.

    Eight lines here, in the place of a dependency on statsmodels.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    adjusted = [0.0] * len(values)
    largest = 0.0
    for rank, place in enumerate(sorted(range(len(values)), key=lambda one: values[one])):
        largest = max(largest, min(1.0, (len(values) - rank) * values[place]))
        adjusted[place] = largest
    return adjusted


def paired(left: Mapping[str, float], right: Mapping[str, float]) -> tuple[float, float]:
    """Return the mean difference ``right - left`` over the problems of both, and its p.

    The two-sided sign-flip test: the share of `RESAMPLES` random swaps of each problem's
    pair that differ at least as much; exact where there are few differing problems.
    """
    import numpy as np

    shared = sorted(left.keys() & right.keys())
    differences = np.array([right[name] - left[name] for name in shared], dtype=float)
    moved = differences[differences != 0]
    if not len(moved):
        return 0.0, 1.0
    observed = abs(moved.sum())
    if len(moved) <= 12:
        signs = np.array(np.meshgrid(*[[-1, 1]] * len(moved))).reshape(len(moved), -1).T
        extreme = np.abs(signs @ moved) >= observed - 1e-12
        return float(differences.mean()), float(extreme.mean())
    signs = np.random.default_rng(SEED).choice([-1, 1], (RESAMPLES * 5, len(moved)))
    extreme = np.abs(signs @ moved) >= observed - 1e-12
    return float(differences.mean()), float((extreme.sum() + 1) / (len(extreme) + 1))
