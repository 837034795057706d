"""What a completion is worth as a migration, told without executing anything.

The old code, the new code and the completion are each read as a bag of features
(`recode_data.rewards.structure`), with the variables renamed to the new code's where they
play the same part. For a feature with the counts o, n and c in the three:

- it had to come when n > o; what came is min(c, n) - o, where that is positive;
- it had to go when n < o; what went is o - max(c, n), where that is positive;
- it was lost when c < min(o, n), and is foreign when c > max(o, n).

With the weights below, ``came`` and ``went`` are shares of what had to come and go, and

    progress  = (2 · came + went) / 3         or the one share there is
    harm      = 0.4 · (lost + foreign)        foreign symbols count twice
    migration = max(-1, progress - harm)

So the old code earns exactly 0 and the new code 1 in whatever names, layout, import style
and order of independent statements; deleting an old call loses more than it earns; a
replacement that neither code has, a changed constant or a lost statement cost more than a
migration earns; and each repaired place adds to the reward, because what stands between an
old and a new place is never foreign. What is not Python at all, or no fenced block, earns -1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from recode_data.answers import Completion, program_of
from recode_data.errors import UsageError
from recode_data.rewards.names import Label
from recode_data.rewards.normalise import normalise
from recode_data.rewards.structure import Features, features

WORST = -1.0
HARM = 0.4
WEIGHTS = {
    "symbol": 2.0,
    "constant": 1.0,
    "keyword": 1.0,
    "operator": 1.0,
    "edge": 1.0,
    "slot": 0.5,
    "order": 1.0,
    "import": 0.25,
}
FOREIGN = {"symbol": 2.0, "constant": 1.0, "keyword": 1.0, "operator": 1.0, "import": 1.0}
"""Families whose foreign features do harm, as multiples of their weight. Edges and slots
are left out: one end may be migrated before the other."""


def migration(
    completions: Sequence[Completion],
    target: Sequence[str | None],
    old_code: Sequence[str | None] | None = None,
    **kwargs: Any,
) -> list[float | None]:
    """Pay from 0 for the old code to 1 for the new one, and down to -1 for damage.

    ``target`` and ``old_code`` are the entry's new and old code, one a completion. Returns
    None where the target is missing or is no Python, or where both codes are the same.

    >>> new, old = "import numpy\\nnumpy.isin(1, 2)", "import numpy as np\\nnp.in1d(1, 2)"
    >>> answer = "```python\\nfrom numpy import isin\\nisin(1, 2)\\n```"
    >>> migration([answer], target=[new], old_code=[old])
    [1.0]
    """
    if old_code is None:
        raise UsageError(
            "the reward migration needs the column old_code",
            "keep old_code in the data set, or use es_star",
        )
    rows = zip(completions, target, old_code, strict=True)
    return [_reward(completion, new, old) for completion, new, old in rows]


def _reward(completion: Completion, new: str | None, old: str | None) -> float | None:
    if new is None or old is None:
        return None
    code = program_of(completion)
    return worth(code or "", old, new)


def worth(code: str, old: str, new: str) -> float | None:
    """Return the reward of ``code`` itself, see `migration`."""
    after = features(normalise(new))
    if after is None:
        return None
    before = matched(normalise(old), normalise(new)) or Counter()
    if before == after:
        return None
    found = matched(normalise(code), normalise(new))
    if found is None:
        return WORST
    return max(WORST, _progress(before, after, found) - HARM * _harm(before, after, found))


def _progress(before: Features, after: Features, found: Features) -> float:
    came = went = had_to_come = had_to_go = 0.0
    for feature in before.keys() | after.keys():
        old, new, now = before[feature], after[feature], found[feature]
        weight = WEIGHTS[feature[0]]
        had_to_come += weight * max(0, new - old)
        had_to_go += weight * max(0, old - new)
        came += weight * max(0, min(now, new) - old)
        went += weight * max(0, old - max(now, new))
    if not had_to_come:
        return went / had_to_go
    if not had_to_go:
        return came / had_to_come
    return (2 * came / had_to_come + went / had_to_go) / 3


def _harm(before: Features, after: Features, found: Features) -> float:
    harm = 0.0
    for feature in before.keys() | after.keys() | found.keys():
        old, new, now = before[feature], after[feature], found[feature]
        weight = WEIGHTS[feature[0]]
        harm += weight * max(0, min(old, new) - now)
        harm += weight * FOREIGN.get(feature[0], 0.0) * max(0, now - max(old, new))
    return harm


@lru_cache(maxsize=4096)
def matched(code: str, model: str) -> Features | None:
    """Return the features of ``code`` with its variables named as in ``model``.

    Of two ways, the one with the fewest differences is taken: variables of the same name
    are the same, or names say nothing and only the part that a variable plays counts.
    """
    found, wanted = features(code), features(model)
    if found is None or wanted is None or found == wanted:
        return found
    names, model_names = _profiles(found), _profiles(wanted)
    same = {name: name for name in names if name in model_names}
    ways = [_rename(found, _match(names, model_names, same))]
    if len(names) > 1 or not same:
        ways.append(_rename(found, _match(names, model_names, {})))
    return min(ways, key=lambda way: _distance(way, wanted))


def _distance(left: Features, right: Features) -> float:
    return sum(WEIGHTS[key[0]] * abs(left[key] - right[key]) for key in left.keys() | right.keys())


def _profiles(found: Features) -> dict[Label, Features]:
    """Return for each variable, in order of appearance, the features that mention it."""
    profiles: dict[Label, Features] = {}
    for feature, count in found.items():
        for name in dict.fromkeys(_variables(feature)):
            role = _replace(feature, lambda other, name=name: "self" if other == name else "other")
            profiles.setdefault(name, Counter())[role] += count
    return profiles


def _match(
    names: dict[Label, Features], wanted: dict[Label, Features], chosen: dict[Label, Label]
) -> dict[Label, Label]:
    """Pair variables, the most alike first, where their order decides between equals."""
    chosen = dict(chosen)
    taken = set(chosen.values())
    place = {name: index for index, name in enumerate(wanted)}
    pairs = [
        (-_overlap(profile, wanted[other]), abs(index - place[other]), index, name, other)
        for index, (name, profile) in enumerate(names.items())
        for other in wanted
        if name not in chosen and other not in taken
    ]
    for _, _, _, name, other in sorted(pairs, key=lambda pair: pair[:3]):
        if name not in chosen and other not in taken:
            chosen[name] = other
            taken.add(other)
    return chosen


def _overlap(left: Features, right: Features) -> float:
    return sum(
        WEIGHTS[feature[0]] * min(count, right[feature])
        for feature, count in left.items()
        if feature in right
    )


def _rename(found: Features, names: dict[Label, Label]) -> Features:
    renamed: Features = Counter()
    for feature, count in found.items():
        renamed[_replace(feature, lambda name: names.get(name, ("new", name)), True)] += count
    return renamed


def _variables(part: Any) -> Iterable[Label]:
    if isinstance(part, tuple):
        if part and part[0] == "local":
            yield part[1]
        else:
            for inner in part:
                yield from _variables(inner)


def _replace(part: Any, name: Any, numbered: bool = False) -> Any:
    """Return a feature with each variable's name mapped, and its number kept if wanted."""
    if not isinstance(part, tuple):
        return part
    if part and part[0] == "local":
        return ("local", name(part[1]), part[2] if numbered else 0)
    return tuple(_replace(inner, name, numbered) for inner in part)
