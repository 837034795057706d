"""Why an entry or an answer is judged as it is: one code and one sentence for each reason."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from recode_data.records import UpdateKind, VerdictStatus


class Reason(StrEnum):
    """The reasons of a verdict. ``sentence`` says each to people."""

    sentence: str

    def __new__(cls, code: str, sentence: str) -> Reason:
        made = str.__new__(cls, code)
        made._value_ = code
        made.sentence = sentence
        return made

    OK = "ok", "the update is real and the new code does what the old code did"
    UNPARSABLE = "unparsable", "one of the codes is not Python"
    IDENTICAL = "identical", "both codes are the same program"
    NO_DEFINITION = "no_definition", "no library definition matches the dependency"
    NO_SUCH_VERSION = (
        "no_such_version",
        "a version of the pair cannot be installed on this machine",
    )
    OLD_FAILS = "old_fails", "the old code fails on every old version"
    OLD_WARNS = "old_warns", "the old code warns of the update on the old version already"
    NEW_FAILS = "new_fails", "the new code fails on the new version"
    NEW_WARNS = "new_warns", "the new code issues the update's own warning on the new version"
    KEEPS_OLD = "keeps_old", "the new code still reaches for the old API, or puts it back"
    INERT = "inert", "the old code does the same on both versions, and so does the new code"
    OFF_TOPIC = "off_topic", "the update that the runs show is not the one that the text names"
    FAILS_OTHER = "fails_other", "the old code fails on the new version for another reason"
    WARNS_OTHER = "warns_other", "the old code only warns of something else on the new version"
    DIFFERS = "differs", "the two codes do different things"
    NOT_RESTORED = (
        "not_restored",
        "the behaviour changed and the new code does not bring it back",
    )
    NOT_EXERCISED = (
        "not_exercised",
        "the new code uses nothing in place of the old call that the update supports",
    )
    DEGENERATE = "degenerate", "the output would be the same if the replacement were wrong"
    FLAKY = "flaky", "the same code gave different results in another process"
    TIMEOUT = "timeout", "a run took longer than the limit"
    ERROR = "error", "a run could not be made, or the judge itself failed"
    JUDGE_FAILS = "judge_fails", "the judge itself failed on this entry, twice in the same way"


REASONS: dict[str, str] = {str(reason): reason.sentence for reason in Reason}
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
