"""How fast ES* is in full, against the published algorithm, in one run.

    python -m benchmarks.rewards speed

Pairs are made anew for every call, so that no cache of ours is of any help.
"""

from __future__ import annotations

import random
import sys
import time

from benchmarks import published_rewards
from recode_data.rewards import es_star

SIZE = 850
STATEMENT = "values_{0} = transform(data[{1}], axis={2}, weight={3})"


def program(dice: random.Random) -> str:
    """Return a program of about 850 characters with a comment and a blank line."""
    lines = ["import numpy as np", "", "# made for a measurement"]
    while sum(len(line) + 1 for line in lines) < SIZE:
        lines.append(
            STATEMENT.format(
                dice.randrange(999), dice.randrange(99), dice.randrange(4), dice.random()
            )
        )
    return "\n".join(lines)


def pair(dice: random.Random) -> tuple[str, str]:
    """Return a completion and its target: four in ten lines differ."""
    target = program(dice)
    other = program(dice).split("\n")
    code = [line if dice.random() < 0.6 else dice.choice(other[3:]) for line in target.split("\n")]
    fenced = "```python\n" + "\n".join(code) + "\n```"
    return f"<think>\nIt changed.\n</think>\n<answer>\n{fenced}\n</answer>", target


def speed(seed: int = 0, ours: int = 2000, published: int = 24) -> None:
    """Print calls a second of both, and their ratio; both see the same kind of pairs."""
    dice = random.Random(seed)
    pairs = [pair(dice) for _ in range(ours + published)]
    slow = fast = 0.0
    step = ours // published
    for turn in range(published):  # turn by turn, so that a busy moment hits both
        completion, target = pairs[ours + turn]
        started = time.perf_counter()
        value = published_rewards.es_star(completion, target)
        slow += time.perf_counter() - started
        assert abs(es_star([completion], [target])[0] - value) < 1e-9
        batch = pairs[turn * step : (turn + 1) * step]
        started = time.perf_counter()
        es_star([completion for completion, _ in batch], [target for _, target in batch])
        fast += time.perf_counter() - started
    calls, reference = step * published / fast, published / slow
    print(f"pairs of {sum(len(target) for _, target in pairs) / len(pairs):.0f} characters")
    print(f"published algorithm {reference:.1f} calls/s")
    print(f"es_star in full     {calls:.0f} calls/s, {calls / reference:.0f} times as fast")


if __name__ == "__main__":
    {"speed": speed}[sys.argv[1] if len(sys.argv) > 1 else "speed"]()
