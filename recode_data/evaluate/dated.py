"""Environments as they could have been made on a day: nothing in them is from later."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from recode_data.cache import cache_folder
from recode_data.execute import Engine, ensure
from recode_data.execute.environments import DESCRIPTION
from recode_data.records import Entry, Environment
from recode_data.rewards.examiner import Examiner


class DatedExaminer(Examiner):
    """Judges answers in environments whose packages were all released before an instant."""

    def __init__(self, engine: Engine | None = None, before: str = "") -> None:
        """``before`` is an RFC 3339 time, ``2026-12-01T00:00:00Z``; empty for no limit."""
        super().__init__(engine)
        self.before = before

    def environment(self, entry: Entry) -> Environment | str:
        """Return where an entry's new code runs, or the reason why that is nowhere."""
        found = super().environment(entry)
        if isinstance(found, str) or not self.before:
            return found
        return replace(found, until=min(found.until or self.before, self.before))


def made(environment: Environment, before: str) -> dict[str, Any] | None:
    """Return what an environment holds, made now if it is not there yet; None where its packages
    could only be found among later ones.

    Raises what `ensure` raises.
    """
    ensure(environment)
    file = cache_folder("environments") / environment.id / DESCRIPTION
    told = json.loads(file.read_text(encoding="utf-8"))
    solved = str(told.get("solved") or "")
    if not solved or solved > before:
        return None
    return {
        "library": environment.library,
        "version": environment.version,
        "python": environment.python,
        "until": solved,
        "packages": sorted(told.get("packages", [])),
    }
