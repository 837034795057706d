"""What a completion is worth as a migration, told without executing anything.

The old code, the new code and the completion are each read as what they do
(`recode_data.rewards.structure`), so that neither names nor layout, a ``main`` function, a
helper function or an inlined variable make a difference. Then, in this order:

- what does not compile is worth -1;
- what does the same as the new code is worth 1, as the old code 0;
- what cannot run, because nothing defines a name or arguments do not fit, -0.5 at the most;
- anything else is weighed by its features. For a feature with the counts o, n and c in the
  three, it had to come when n > o, and what came is min(c, n) - o, where that is positive; it
  had to go when n < o, and what went is o - max(c, n); it was lost when c < min(o, n), and is
  foreign when c > max(o, n). ``came`` and ``went`` are weighted shares of what had to, and

      progress  = (2 · came + went) / 3         or the one share there is
      harm      = 0.4 · (lost + foreign)        foreign symbols count twice
      migration = max(-1, progress - harm)      times 0.75 where it is above 0

So each repaired place adds to the reward, deleting an old call loses more than it earns, and
a changed constant or a lost statement cost more than a migration earns. What is not proven to
be equal stays below 0.75. What only gives an argument by position instead of by keyword, or
makes a call twice instead of keeping its result, is worth 0.6 at least: whether it is right
depends on the function.

The text does not tell what another function returns: another replacement with equal results
is paid like a wrong one. Only ``execution`` can tell these apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from recode_data.answers import Completion, program_of
from recode_data.errors import UsageError
from recode_data.rewards.normalise import compiles
from recode_data.rewards.published import require_column
from recode_data.rewards.signatures import Parameters, of_row
from recode_data.rewards.structure import Features, program
from recode_data.rewards.values import Label

Signatures: TypeAlias = Mapping[str, str] | str | None
"""Symbol → signature as `inspect` writes it, or that as JSON."""
Known: TypeAlias = tuple[tuple[str, Parameters], ...]

WORST = -1.0
CANNOT_RUN = -0.5
UNPROVEN = 0.75
RESPELLED = 0.6
HARM = 0.4
WEIGHTS = {
    "symbol": 2.0,
    "constant": 1.0,
    "keyword": 1.0,
    "operator": 1.0,
    "edge": 1.0,
    "slot": 0.5,
    "place": 0.5,
    "order": 1.0,
    "import": 1.0,
    "module": 1.0,
}
FOREIGN = {
    "symbol": 2.0,
    "constant": 1.0,
    "keyword": 1.0,
    "operator": 1.0,
    "place": 1.0,
    "import": 1.0,
}
"""Families whose foreign features do harm, as multiples of their weight. Edges and slots
are left out: one end may be migrated before the other."""


def migration(
    completions: Sequence[Completion],
    target: Sequence[str | None],
    old_code: Sequence[str | None] | None = None,
    signatures: Sequence[Signatures] | None = None,
    **kwargs: Any,
) -> list[float | None]:
    """Pay from 0 for the old code to 1 for the new one, and down to -1 for damage.

    ``target`` and ``old_code`` are the entry's new and old code, one a completion, and
    ``signatures``, where a data set has them, tells those of the symbols that are called in
    the new version, so that an argument may be given by position or by keyword. Returns None
    where the target is missing, is no Python or does nothing, or where both codes do the same.

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
    require_column("target", target, completions)
    require_column("old_code", old_code, completions)
    told = signatures if signatures is not None else [None] * len(target)
    rows = zip(completions, target, old_code, told, strict=True)
    return [_reward(*row) for row in rows]


def _reward(
    completion: Completion, new: str | None, old: str | None, signatures: Signatures
) -> float | None:
    if new is None or old is None:
        return None
    return worth(program_of(completion) or "", old, new, signatures)


def worth(code: str, old: str, new: str, signatures: Signatures = None) -> float | None:
    """Return the reward of ``code`` itself, see `migration`."""
    known = tuple(sorted(of_row(signatures).items()))
    before, after, found = program(old, known), program(new, known), program(code, known)
    if after is None or after.does_nothing:
        return None
    if before and before.same_as(after) and after.same_as(before):
        return None
    if found is None or not compiles(code):
        return WORST
    if found.same_as(after):
        return 1.0
    if before and found.same_as(before):
        return 0.0
    then, wanted = before.features if before else Features(), after.features
    then, wanted = _settled(then), _settled(wanted)
    now = _settled(found.features, then, wanted)
    value = max(WORST, _progress(then, wanted, now) - HARM * _harm(then, wanted, now))
    if found.faults - after.faults:
        return min(value, CANNOT_RUN)
    value = value * UNPROVEN if value > 0 else value
    return max(value, RESPELLED) if _respelled(code, old, new, known) else value


def _respelled(code: str, old: str, new: str, known: Known) -> bool:
    """Whether a program gives the same values to the same calls, some by position that were
    by keyword, or calls again whose result it could keep, where that is not what the entry
    is about."""
    found, before, after = (program(text, known, loose=True) for text in (code, old, new))
    if found is None or after is None or not found.same_as(after):
        return False
    keywords = {f for f in found.features if f[0] == "keyword"}
    return keywords <= after.features.keys() and not (before and before.same_as(after))


def _settled(
    features: Features, old: Features | None = None, new: Features | None = None
) -> Features:
    """Return features with those of assertions among them; of a completion, whose assertions
    do no harm, only what the entry has as well, and all use of the old API."""
    settled = Features({f: count for f, count in features.items() if f[0] != "aside"})
    for (family, *rest), count in features.items():
        if family != "aside":
            continue
        feature = rest[0]
        if old is None or new is None or old[feature] > new[feature]:
            settled[feature] += count
        else:
            settled[feature] += min(count, max(0, new[feature] - settled[feature]))
    return settled


def _progress(before: Features, after: Features, found: Features) -> float:
    came = went = had_to_come = had_to_go = 0.0
    for feature in before.keys() | after.keys():
        old, new, now = before[feature], after[feature], found[feature]
        weight = _weight(feature)
        had_to_come += weight * max(0, new - old)
        had_to_go += weight * max(0, old - new)
        came += weight * max(0, min(now, new) - old)
        went += weight * max(0, old - max(now, new))
    if not had_to_come:
        return went / had_to_go if had_to_go else 0.0
    if not had_to_go:
        return came / had_to_come
    return (2 * came / had_to_come + went / had_to_go) / 3


def _harm(before: Features, after: Features, found: Features) -> float:
    harm = 0.0
    for feature in before.keys() | after.keys() | found.keys():
        old, new, now = before[feature], after[feature], found[feature]
        harm += _weight(feature) * max(0, min(old, new) - now)
        harm += _weight(feature, FOREIGN) * max(0, now - max(old, new))
    return harm


def _weight(feature: Label, factors: Mapping[str, float] = {}) -> float:
    while feature[0] in ("uncalled", "aside"):
        feature = feature[1]
    family = feature[0]
    return WEIGHTS[family] * (factors.get(family, 0.0) if factors is FOREIGN else 1.0)
