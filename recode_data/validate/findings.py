"""The reasons of the verdict table, and what each says to people."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path

from recode_data.records import UpdateKind, VerdictStatus

REASONS: dict[str, str] = {
    "ok": "the update is real and the new code does what the old code did",
    "unparsable": "one of the codes is not Python",
    "identical": "both codes are the same program",
    "no_definition": "no library definition matches the dependency",
    "no_such_version": "a version of the pair cannot be installed on this machine",
    "old_fails": "the old code fails on every old version",
    "old_warns": "the old code warns of the update on the old version already",
    "new_fails": "the new code fails on the new version",
    "new_warns": "the new code issues the update's own warning on the new version",
    "inert": "the old code does the same on both versions, and so does the new code",
    "fails_other": "the old code fails on the new version for another reason",
    "warns_other": "the old code only warns of something else on the new version",
    "differs": "the two codes do different things",
    "not_restored": "the behaviour changed and the new code does not bring it back",
    "not_exercised": "the changed name was never resolved while the code ran",
    "degenerate": "the output would be the same if the replacement were wrong",
    "flaky": "the same code gave different results in another process",
    "timeout": "a run took longer than the limit",
    "error": "a run could not be made, or the judge itself failed",
    "judge_fails": "the judge itself failed on this entry, twice in the same way",
}
"""Every reason code with one sentence; ``timeout`` and ``error`` are owed again."""

STUCK = "judge_fails"
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
