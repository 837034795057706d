"""Why an entry or an answer is judged as it is: the judge's reasons, and its findings."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path

from recode_data.reasons import Reason
from recode_data.records import UpdateKind, VerdictStatus

REASONS: dict[str, str] = Reason.of_stage("validate")
"""Every reason code with its sentence; ``timeout`` and ``error`` are judged again."""

STUCK = str(Reason.JUDGE_FAILS)
"""No verdict, and not owed again to this version of the judge: it would fail again."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check of the judge came to: a reason, the kind of update, one line."""

    reason: str
    detail: str = ""
    kind: UpdateKind = ""

    @property
    def status(self) -> VerdictStatus:
        if self.reason == "ok":
            return "valid"
        if self.reason == "timeout":
            return "timeout"
        return "error" if self.reason in ("error", STUCK) else "invalid"


def failure_of(error: Exception) -> Finding:
    """Return the finding for an entry on which the judge itself failed: the exception, its
    text and the place in our code, in one line."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "recode_data" in Path(frame.filename).parts]
    at = f" ({Path(ours[-1].filename).name}, {ours[-1].name})" if ours else ""
    text = " ".join(str(error).split())[:300]
    return Finding("error", f"{type(error).__name__}: {text}{at}")
