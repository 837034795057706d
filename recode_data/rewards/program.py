"""What is known of a program from its text."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TypeAlias

from recode_data.rewards.values import Label

Features: TypeAlias = Counter[Label]


@dataclass(frozen=True)
class Program:
    """What is known of a program from its text."""

    features: Features
    events: Counter[int]
    order: tuple[int, ...]
    worlds: tuple[tuple[str, int], ...]
    finals: Counter[int]
    """The values that its variables hold in the end, which are all that a program leaves
    that prints nothing."""
    faults: frozenset[tuple[str, str]]
    """What will not run: names that nothing defines, arguments that do not fit."""
    idle: frozenset[str]
    """Imports beside the standard library's that nothing uses."""
    loose: bool = False
    """Whether it was read loosely: how often a call is made does not count."""

    @property
    def does_nothing(self) -> bool:
        """Whether nothing is called or printed and no variable is left."""
        return not (self.events or self.order or self.finals)

    def same_as(self, model: Program) -> bool:
        """Say whether this does what ``model`` does, in the same way; False may be either."""
        modules = {f for f in model.features if f[0] == "module"}
        return (
            (
                self.events.keys() == model.events.keys()
                if self.loose
                else self.events == model.events
            )
            and self.order == model.order
            and self.worlds == model.worlds
            and self.faults <= model.faults
            and self.idle <= model.idle
            and modules <= self.features.keys()
            and (bool(model.order) or not model.finals - self.finals)
        )
