"""Grounding: is what a note states what the library shows, and since which version?"""

from __future__ import annotations

from recode_data.api.history import History
from recode_data.records import Change, Grounding

_GOING = ("removed", "renamed", "moved")
_KEYWORD_GOING = ("keyword_removed", "keyword_renamed")


def ground(change: Change, history: History) -> Grounding:
    """Hold one change against the snapshots of the library's versions."""
    if not history:
        return Grounding(change.id, None, "", "no snapshot of the library")
    if change.kind == "added":
        verdict = _added(change, history)
    elif not change.old_symbol:
        verdict = (None, "", "names no symbol")
    elif not history.ever(change.old_symbol):
        covered = history.covers(change.version)
        verdict = (False if covered else None, "", "in no introspected version")
    elif change.old_keyword:
        verdict = _keyword(change, history)
    else:
        verdict = _symbol(change, history)
    grounded, flip, reason = verdict
    if grounded and not _replacement_there(change, history):
        reason += f"; {change.new_symbol} is in no version from then on"
    return Grounding(change.id, grounded, flip, reason)


Verdict = tuple[bool | None, str, str]


def _symbol(change: Change, history: History) -> Verdict:
    gone = history.gone_at(change.old_symbol)
    warns = history.warns_at(change.old_symbol)
    last = history.snapshots[-1].version
    if change.kind in _GOING:
        if gone is None:
            return False, "", f"still there in {last}"
        return True, history.snapshots[gone].version, "there before, gone from this version on"
    if change.kind == "deprecated":
        if warns is not None:
            return True, history.snapshots[warns].version, "says so itself from this version on"
        if gone is not None:
            return True, history.snapshots[gone].version, "gone from this version on"
        return None, "", "there, and does not say that it is going"
    return None, "", "there; its behaviour was not looked at"


def _keyword(change: Change, history: History) -> Verdict:
    path, keyword = change.old_symbol, change.old_keyword
    if not history.has_keyword(path, keyword):
        return None, "", "in no signature that tells its parameters"
    gone = history.keyword_gone_at(path, keyword)
    if gone is not None:
        return True, history.snapshots[gone].version, "left the signature in this version"
    if change.kind in _KEYWORD_GOING:
        if history.gone_at(path) is not None:
            flip = history.snapshots[history.gone_at(path) or 0].version
            return True, flip, "its callable is gone from this version on"
        return False, "", f"still in the signature in {history.snapshots[-1].version}"
    return None, "", "in the signature still"


def _added(change: Change, history: History) -> Verdict:
    path = change.new_symbol
    if not path:
        return None, "", "names no symbol"
    there = [i for i, state in enumerate(history.states(path)) if state != "gone"]
    if not there:
        return (False if history.covers(change.version) else None), "", "in no introspected version"
    if there[0] == 0:
        return None, "", "there in every introspected version from the first"
    return True, history.snapshots[there[0]].version, "first seen in this version"


def _replacement_there(change: Change, history: History) -> bool:
    path = change.new_symbol
    if not path or not path.startswith(change.old_symbol.split(".", 1)[0] + "."):
        return True
    return any(state != "gone" for state in history.states(path)[history.at(change.version) :])
